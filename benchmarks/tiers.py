"""`tiers`: everybody's tier by the rules over 5 M contacts and 50 M events, and writing what changed.

Deciding happens in the lens, which DuckDB fills directly; so does the preview of other rules. Writing happens in an
embedded PostgreSQL of its own with as many contacts, in the steps of production, each change with its fact: everybody
gets a first tier, then everybody another one, then a fiftieth of them. `take_in`: what the lens then needs to see it.
`seconds` is a whole recomputation in which everybody changes: deciding, writing, taking in.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.report import emit
from benchmarks.segment import NOW, filled_lens

if TYPE_CHECKING:
    from xinfeng.lens.engine import Lens


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=5_000_000)
    parser.add_argument("--events", type=int, default=50_000_000)
    parser.add_argument("--written-contacts", type=int, default=5_000_000, help="no more than --contacts")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xinfeng-bench-") as folder:
        os.environ["XINFENG_DATA"] = folder
        os.environ.pop("XINFENG_DATABASE_URL", None)
        os.environ["DJANGO_SETTINGS_MODULE"] = "xinfeng.foundation.django_settings"
        import django

        django.setup()
        from xinfeng.foundation import settings
        from xinfeng.foundation.postgres import EmbeddedPostgres

        server = EmbeddedPostgres(settings.load())
        server.start()
        try:
            emit(
                "tiers",
                measure(Path(folder), arguments.contacts, arguments.events, arguments.written_contacts),
            )
        finally:
            server.stop()


def measure(folder: Path, contacts: int, events: int, written: int) -> dict[str, float | int]:
    from xinfeng.lens.truth import Truth

    written = min(written, contacts)
    preparing, _ = _timed(partial(prepare, written))
    truth = Truth()
    with truth.look() as look:
        mark = look.mark
    truth.close()
    with filled_lens(folder, contacts, events, mark=mark) as lens:
        decided = deciding(lens)
        wrote = writing(lens, written)
    return {
        "seconds": round(
            decided["decide_seconds"] + wrote["write_all_seconds"] + wrote["take_in_all_seconds"], 3
        ),
        **decided,
        **wrote,
        "prepare_seconds": round(preparing, 1),
        "contacts": contacts,
        "events": events,
    }


def prepare(contacts: int) -> None:
    """Contacts in PostgreSQL, as wide as in life."""
    from django.core.management import call_command
    from django.db import connection

    from xinfeng.foundation.partitions import cover_around
    from xinfeng.kernel.time import utc_now

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cover_around(cursor, utc_now())
        cursor.execute(_CONTACTS, [contacts])
        cursor.execute("vacuum analyze contact")
        cursor.execute("checkpoint")


def deciding(lens: Lens) -> dict[str, float | int]:
    from xinfeng.contacts import tier_flows
    from xinfeng.contacts.tier_placing import placed
    from xinfeng.contacts.tier_rules import TierRules

    table = placed(lens, TierRules(), now=NOW)
    question = table.filter(table["tier"] != table["before"]).order_by("id")
    seconds, differences = _timed(lambda: lens.rows(question))
    preview, flows = _timed(lambda: tier_flows.preview(lens, TierRules(active_days=60), now=NOW))
    return {
        "decide_seconds": round(seconds, 3),
        "differences": differences.num_rows,
        "preview_seconds": round(preview, 3),
        "preview_moves": flows.changed,
    }


def writing(lens: Lens, contacts: int) -> dict[str, float | int]:
    """Everybody gets a first tier, then another one, then some do: written, and taken into the lens."""
    from xinfeng.contacts import tier_placing
    from xinfeng.kernel.time import utc_now

    now = utc_now()
    measured: dict[str, float | int] = {"written_contacts": contacts}
    contact = lens.table("contact").filter(lambda one: one["id"] <= contacts)
    some = contact.filter(contact["id"] % 50 == 0)
    for name, who, before, tier in (
        ("first", contact, lambda one: 0, _turn(0)),
        ("all", contact, _turn(0), _turn(1)),
        ("some", some, _turn(1), _turn(2)),
    ):
        differences = lens.rows(who.select("id", before=before, tier=tier).order_by("id"))
        seconds, changed = _timed(partial(tier_placing.write_changes, differences, now=now, cause="nightly"))
        taking, _ = _timed(lens.refresh)
        assert changed == differences.num_rows
        measured |= {
            f"write_{name}_changes": changed,
            f"write_{name}_seconds": round(seconds, 3),
            f"take_in_{name}_seconds": round(taking, 3),
        }
        assert lens.scalar(who.filter(who["tier"] != tier(who)).count()) == 0
    return measured


def _turn(times: int) -> Callable[[Any], Any]:
    """A tier by the contact's number, another one each time."""
    return lambda one: (1 + (one["id"] + times) % 5).cast("int16")


def _timed(deed: Any) -> tuple[float, Any]:
    started = time.perf_counter()
    done = deed()
    return time.perf_counter() - started, done


_CONTACTS = """
insert into contact (id, external_id, phone_index, phone_sealed, name_sealed, gender, province, city, tags, joined_at,
  created_at, updated_at)
select i, 'C' || i, decode(md5(i::text), 'hex'), decode(repeat(md5(i::text), 2), 'hex'), decode(md5(i::text), 'hex'),
  i %% 3, '浙江', '城' || i %% 90, array[i %% 40], now(), now(), now()
from generate_series(1, %s) i
"""

if __name__ == "__main__":
    main()
