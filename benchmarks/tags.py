"""`tags`: a rule tag for 5 M contacts: evaluated, put on half a million people for the first time, then kept up to date.

Everything is real: contacts with their indexes in PostgreSQL, events in the lens, differences written through
`contacts.tagging` in steps, tag facts included. The events are given to the lens directly; the contacts go the
usual way, through PostgreSQL. The first run writes about a tenth of all contacts; then one in a hundred of those
buys again (a day passes), and the second run writes only these differences.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.report import emit

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
SILENT = {
    "all": [
        {"event": "purchase", "measure": "last", "op": "not_in_last_days", "value": 90},
        {"event": "view", "measure": "count", "op": "at_least", "value": 1, "period": {"days": 365}},
        {"attribute": "carrier", "op": "is", "value": "mobile"},
    ]
}
MONTHS = 24


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=5_000_000)
    parser.add_argument("--events", type=int, default=50_000_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xinfeng-bench-") as folder:
        os.environ["XINFENG_DATA"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "xinfeng.foundation.django_settings"
        for name in ("XINFENG_DATABASE_URL", "XINFENG_KEY_FILE"):
            os.environ.pop(name, None)
        emit("tags", measure(arguments.contacts, arguments.events))


def measure(contacts: int, events: int) -> dict[str, float | int]:
    import django

    django.setup()
    from django.core.management import call_command

    from xinfeng.foundation import settings as xinfeng_settings
    from xinfeng.foundation.postgres import EmbeddedPostgres

    server = EmbeddedPostgres(xinfeng_settings.load())
    server.folder.mkdir(parents=True, exist_ok=True)
    server.start()
    try:
        call_command("migrate", verbosity=0)
        return _measured(contacts, events)
    finally:
        from django.db import connection

        from xinfeng.lens.engine import close_lens

        close_lens()
        connection.close()
        server.stop()


def _measured(contacts: int, events: int) -> dict[str, float | int]:
    from django.db import connection

    from xinfeng.foundation.partitions import cover_around
    from xinfeng.lens.engine import lens
    from xinfeng.segments import rule_tags

    started = time.perf_counter()
    with connection.cursor() as cursor:
        cover_around(cursor, NOW)
        cursor.execute(_CONTACTS, {"contacts": contacts, "now": NOW})
        cursor.execute("analyze contact")
    mirror = lens()
    mirror.refresh()
    _add_events(mirror, _EVENTS, contacts=contacts, events=events)
    filled = time.perf_counter() - started

    row = rule_tags.define(name="沉默 90 天", rule=SILENT, actor="benchmark")
    first, first_s = _run(mirror, row.pk, NOW)
    with connection.cursor() as cursor:
        cursor.execute("select id from contact where tags @> array[%s] and id %% 100 = 7", [row.tag_id])
        back = [each[0] for each in cursor.fetchall()]
    _add_purchases(mirror, back)
    steady, steady_s = _run(mirror, row.pk, NOW + timedelta(hours=12))
    idle, idle_s = _run(mirror, row.pk, NOW + timedelta(hours=12, minutes=1))
    return {
        "first_seconds": round(first_s, 1),
        "first_added": first.added,
        "steady_seconds": round(steady_s, 2),
        "steady_changed": steady.added + steady.removed,
        "idle_seconds": round(idle_s, 2),
        "idle_changed": idle.added + idle.removed,
        "contacts": contacts,
        "events": events,
        "fill_seconds": round(filled, 1),
    }


def _run(mirror: Any, rule_id: int, now: datetime) -> tuple[Any, float]:
    from xinfeng.segments import rule_tags

    started = time.perf_counter()
    done = rule_tags.run(rule_id, lens=mirror, now=now)
    return done, time.perf_counter() - started


def _add_events(mirror: Any, select: str, *, contacts: int, events: int) -> None:
    for month in range(MONTHS):
        with mirror._engine.writing() as writer:
            count = events * (month + 1) // MONTHS - events * month // MONTHS
            writer.generate("event", select.format(contacts=contacts, events=count, back=MONTHS - month))


def _add_purchases(mirror: Any, contact_ids: list[int]) -> None:
    ids = ", ".join(map(str, contact_ids))
    with mirror._engine.writing() as writer:
        writer.generate("event", _AGAIN.format(ids=ids))


_CONTACTS = """
insert into contact (id, external_id, phone_index, province, city, carrier, tags, attrs, joined_at,
                     created_at, updated_at)
select i, 'V' || i, decode(md5(i::text), 'hex'), '浙江', '城' || i %% 90, 1 + i %% 4,
       array[(1000 + i %% 40)::int], '{}'::jsonb, %(now)s, %(now)s, %(now)s
from generate_series(1, %(contacts)s::bigint) i
"""

_EVENTS = """
select i as id, 1 + floor({contacts} * pow(random(), 2))::bigint as contact_id,
       case when random() < 0.12 then 1 when random() < 0.7 then 2 when random() < 0.6 then 3 else 5 end as kind,
       timestamptz '2026-06-01 00:00:00+00' - {back} * interval 30 days
           + to_seconds((i * 2592000 // {events})::bigint) as "at",
       (random() * 60000)::bigint as amount_fen, '商品' || floor(5000 * random())::int as item,
       '类' || floor(20 * random())::int as category, 'shop' as source
from range({events}) r(i)
"""

_AGAIN = """
select 1000000000 + id as id, id as contact_id, 1 as kind, timestamptz '2026-06-01 05:00:00+00' as "at",
       1000 as amount_fen, null as item, null as category, 'shop' as source
from (select unnest([{ids}]) as id)
"""

if __name__ == "__main__":
    main()
