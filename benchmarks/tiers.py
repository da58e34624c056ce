"""`tiers`: everybody's tier by the rules over 5 M contacts and 50 M events, and writing what changed.

Deciding happens in the lens, which DuckDB fills directly; so does the preview of other rules. Writing happens in an
embedded PostgreSQL of its own with as many contacts: once a fiftieth of them change, once all, each change with its
fact, in the steps of production.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.report import emit
from benchmarks.segment import NOW, filled_lens


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=5_000_000)
    parser.add_argument("--events", type=int, default=50_000_000)
    parser.add_argument("--written-contacts", type=int, default=1_000_000)
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
            decided = deciding(Path(folder), arguments.contacts, arguments.events)
            emit("tiers", decided | writing(arguments.written_contacts))
        finally:
            server.stop()


def deciding(folder: Path, contacts: int, events: int) -> dict[str, float | int]:
    from django.core.management import call_command

    from xinfeng.contacts import tier_flows
    from xinfeng.contacts.tier_rules import TierRules
    from xinfeng.contacts.tiers import placed

    call_command("migrate", verbosity=0)
    with filled_lens(folder, contacts, events) as lens:
        table = placed(lens, TierRules(), now=NOW)
        seconds, differences = _timed(lambda: lens.rows(table.filter(table["tier"] != table["before"])))
        preview, flows = _timed(lambda: tier_flows.preview(lens, TierRules(active_days=60), now=NOW))
    return {
        "seconds": round(seconds, 3),
        "differences": differences.num_rows,
        "preview_seconds": round(preview, 3),
        "preview_moves": flows.changed,
        "contacts": contacts,
        "events": events,
    }


def writing(contacts: int) -> dict[str, float | int]:
    """In the database of the settings: a fiftieth of the contacts change their tier, then all."""
    import pyarrow as pa
    from django.db import connection

    from xinfeng.contacts import tiers
    from xinfeng.foundation.partitions import cover_around
    from xinfeng.kernel.time import utc_now

    now = utc_now()
    with connection.cursor() as cursor:
        cover_around(cursor, now)
        cursor.execute(_CONTACTS, [contacts])
        cursor.execute("analyze contact")
    measured: dict[str, float | int] = {"written_contacts": contacts}
    for name, step, before, tier in (("some", 50, 2, 3), ("all", 1, 3, 4)):
        ids = pa.array(range(1, contacts + 1, step), pa.int64())
        if name == "all":
            with connection.cursor() as cursor:
                cursor.execute("update contact set tier = 3 where tier <> 3")
                cursor.execute("vacuum analyze contact")
        differences = pa.table(
            {
                "id": ids,
                "before": pa.array([before] * len(ids), pa.int16()),
                "tier": pa.array([tier] * len(ids), pa.int16()),
            }
        )
        seconds, changed = _timed(partial(tiers.write_changes, differences, now=now, cause="nightly"))
        assert changed == len(ids)
        measured |= {f"write_{name}_seconds": round(seconds, 3), f"write_{name}_changes": changed}
    return measured


def _timed(deed: Any) -> tuple[float, Any]:
    started = time.perf_counter()
    done = deed()
    return time.perf_counter() - started, done


_CONTACTS = """
insert into contact (id, external_id, phone_index, phone_sealed, gender, province, city, tier, tags, joined_at,
  created_at, updated_at)
select i, 'C' || i, decode(md5(i::text), 'hex'), decode(md5(i::text), 'hex'), i %% 3, '浙江', '城' || i %% 90, 2,
  array[i %% 40], now(), now(), now()
from generate_series(1, %s) i
"""

if __name__ == "__main__":
    main()
