"""`search`: finding contacts and reading one, at the size of a large enterprise.

An embedded PostgreSQL in a temporary folder, migrated as in production, filled by COPY with contacts whose names
repeat as Chinese names do (a few hundred thousand people share the commonest), an eighth of them under one tag that
came with the first import, and a few events, tag facts and ledger lines each for the contacts that are opened. Each
question is asked many times, each time for other people, through the reads that the console uses; in milliseconds.
At the end the nightly search for contacts that may be one person, over everybody.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable
from typing import Any

from benchmarks.report import emit

ROUNDS = 60
STEP = 50_000
OPENED = 2_000
"""Contacts that have a history, at the end of the ids."""

_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国文"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=5_000_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xinfeng-bench-") as folder:
        os.environ["XINFENG_DATA"] = folder
        os.environ.pop("XINFENG_DATABASE_URL", None)
        os.environ["DJANGO_SETTINGS_MODULE"] = "xinfeng.foundation.django_settings"
        emit("search", measure(arguments.contacts))


def measure(contacts: int) -> dict[str, float | int]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from xinfeng.contacts.suggesting import find_suggestions
    from xinfeng.foundation import settings
    from xinfeng.foundation.database import connect
    from xinfeng.foundation.partitions import cover_around
    from xinfeng.foundation.postgres import EmbeddedPostgres
    from xinfeng.kernel.time import utc_now
    from xinfeng.lens.engine import close_lens, lens

    server = EmbeddedPostgres(settings.load())
    server.start()
    try:
        call_command("migrate", verbosity=0)
        started = time.perf_counter()
        with connect() as raw:
            cover_around(raw, utc_now())
            fill(raw, contacts)
        with connect(autocommit=True) as raw:
            raw.execute("vacuum analyze contact")
            raw.execute("analyze")
        filled = time.perf_counter() - started
        lens().refresh()
        figures: dict[str, float | int] = {"contacts": contacts, "fill_seconds": round(filled, 1)}
        for name, ask in questions(contacts).items():
            times = sorted(_milliseconds(ask, nr) for nr in range(ROUNDS))
            figures[f"{name}_p50_ms"] = round(times[ROUNDS // 2], 1)
            figures[f"{name}_p95_ms"] = round(times[int(ROUNDS * 0.95)], 1)
        started = time.perf_counter()
        figures["pairs_suggested"] = find_suggestions(now=utc_now())
        figures["suggest_seconds"] = round(time.perf_counter() - started, 1)
        figures["worst_p95_ms"] = max(value for name, value in figures.items() if name.endswith("_p95_ms"))
        return figures
    finally:
        close_lens()
        connection.close()
        server.stop()


def number_of(nr: int) -> str:
    """Every contact's number, unlike those of neighbours."""
    return f"13{nr * 7_368_787 % 1_000_000_000:09d}"


def name_of(nr: int) -> str:
    pick = random.Random(nr)
    family = _FAMILY[int(len(_FAMILY) * pick.random() ** 2)]
    return family + "".join(
        _GIVEN[int(len(_GIVEN) * pick.random() ** 2)] for _ in range(pick.choice((1, 2, 2)))
    )


def fill(raw: Any, contacts: int) -> None:
    """Contacts by COPY, as an import leaves them; all of an import changed at one moment."""
    from xinfeng.contacts import copying, regions
    from xinfeng.contacts.prefixes import carrier_of
    from xinfeng.foundation.vault import Kind, vault

    raw.execute(
        "insert into tag (name, kind, description, created_at) "
        "select '标签' || i, 'manual', '', now() from generate_series(1, 40) i"
    )
    tags = [row[0] for row in raw.execute("select id from tag order by id").fetchall()]
    safe, table = vault(), regions.table()
    at = "2026-03-01 04:00:00+00"
    for first in range(1, contacts + 1, STEP):
        ids = range(first, min(first + STEP, contacts + 1))
        numbers = [number_of(nr) for nr in ids]
        names = [name_of(nr) for nr in ids]
        cells = zip(
            ids,
            numbers,
            safe.seal_many(Kind.PHONE, numbers),
            safe.phone_indexes(numbers),
            safe.tail_indexes(numbers),
            safe.seal_many(Kind.NAME, names),
            safe.indexes(names),
            strict=True,
        )
        lines = []
        for nr, number, sealed, index, tail, name, name_index in cells:
            region = table.of(number)
            province, city = region or (r"\N", r"\N")
            on = [tags[1 + nr % 30]] if nr % 7 else []
            on += [tags[0]] if nr <= contacts // 8 else []  # came with the first import
            on += [tags[35]] if nr % 5_000 == 7 else []  # rare
            lines.append(
                f"{nr}\tM{nr:08d}\t{copying.octets(sealed)}\t{copying.octets(index)}\t{copying.octets(name)}"
                f"\t{copying.octets(name_index)}\t{nr % 3}\t{1950 + nr % 55}-{1 + nr % 12:02d}-{1 + nr % 28:02d}"
                f"\t{province}\t{city}\t{int(carrier_of(number))}\t{copying.integers(on)}\t{tail}"
                f"\t{'t' if region else 'f'}\t{at}\t{at}\t{at}\n"
            )
        with raw.cursor().copy(_COPY) as copy:
            copy.write("".join(lines))
    raw.execute(
        "insert into placement (contact_id, tier) select id, id % 6 from contact where id % 6 > 0 order by id"
    )
    raw.execute(_HISTORY, {"first": contacts - OPENED, "tag": tags[3]})
    raw.execute("update id_block set next_id = %s where name = 'contact'", (contacts + 1,))


_COPY = """\
copy contact (id, external_id, phone_sealed, phone_index, name_sealed, name_index, gender, birthday, province, city,
  carrier, tags, tail_index, region_guessed, joined_at, created_at, updated_at) from stdin"""

_HISTORY = """
with people as (select id from contact where id > %(first)s), facts as (
  insert into tag_fact (contact_id, tag_id, added, at, actor, reason)
  select p.id, %(tag)s, true, now() - nr * interval '3 days', 'bench', '' from people p, generate_series(1, 5) nr
), tiers as (
  insert into tier_fact (contact_id, before, tier, at, cause)
  select p.id, nr %% 6, (nr + 1) %% 6, now() - nr * interval '20 days', 'nightly'
  from people p, generate_series(1, 4) nr
)
insert into event (id, contact_id, kind, at, amount_fen, item, category, source, source_id, received_at)
select p.id * 100 + nr, p.id, 1 + nr %% 4, now() - nr * interval '1 day', 100 * nr, '商品', '类', 'shop', nr::text, now()
from people p, generate_series(1, 60) nr
"""


def questions(contacts: int) -> dict[str, Callable[[int], object]]:
    """What is asked, by name; each gets the number of the round."""
    from xinfeng.contacts.reads import ContactQuery, contact_card, search_contacts, timeline
    from xinfeng.kernel.phones import mask
    from xinfeng.lens.engine import lens

    pick = random.Random(1)
    who = [pick.randint(1, contacts) for _ in range(ROUNDS)]
    opened = [contacts - pick.randint(0, OPENED - 1) for _ in range(ROUNDS)]
    moment = "2026-03-01T04:00:00+00:00"
    copy = lens()

    def listed(**query: Any) -> object:
        copy.refresh()
        found = search_contacts(ContactQuery(**query), copy)
        assert found.rows, query
        return found

    def page(nr: int) -> object:
        answer = browser.get(f"/contacts/{opened[nr]}")
        assert answer.status_code == 200
        return answer

    browser = _browser()
    return {
        "first_page": lambda nr: listed(),
        "deep_page": lambda nr: listed(after=f"{moment}_{who[nr] + 60}"),
        "number": lambda nr: listed(text=number_of(who[nr])),
        "masked_number": lambda nr: listed(text=mask(number_of(who[nr]))),
        "last_four": lambda nr: listed(text=number_of(who[nr])[-4:]),
        "member_id": lambda nr: listed(text=f"M{who[nr]:08d}"),
        "name": lambda nr: listed(text=name_of(who[nr])),
        "tag": lambda nr: listed(tag=f"标签{2 + nr % 30}"),
        "tag_of_first_import": lambda nr: listed(tag="标签1"),
        "rare_tag": lambda nr: listed(tag="标签36"),
        "deep_page_of_tag": lambda nr: listed(tag="标签1", after=str(contacts // 9)),
        "tier": lambda nr: listed(tier=nr % 6),
        "tier_and_province": lambda nr: listed(tier=nr % 6, province="浙江"),
        "rare_province": lambda nr: listed(province="西藏"),
        "card": lambda nr: contact_card(opened[nr]),
        "timeline": lambda nr: timeline(opened[nr]),
        "contact_page": page,
    }


def _browser() -> Any:
    """Somebody signed in, asking for whole pages."""
    from django.test import Client

    from xinfeng.foundation.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.create_user("bench", password="tea-and-wind-9", role="operator"))
    return client


def _milliseconds(ask: Callable[[int], object], nr: int) -> float:
    started = time.perf_counter()
    ask(nr)
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
