"""`lens`: how long until a million new events, committed in PostgreSQL, are seen by questions.

An embedded PostgreSQL in a temporary folder, migrated as in production; an earlier million events and contacts
are already in the lens, so that the catch-up goes the way of every day and not that of a first load.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import emit

CONTACTS = 200_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xinfeng-bench-") as folder:
        os.environ["XINFENG_DATA"] = folder
        os.environ.pop("XINFENG_DATABASE_URL", None)
        os.environ["DJANGO_SETTINGS_MODULE"] = "xinfeng.foundation.django_settings"
        emit("lens", measure(Path(folder), arguments.events))


def measure(folder: Path, events: int) -> dict[str, float | int]:
    import django

    django.setup()
    from django.core.management import call_command

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
        with connect() as connection:
            cover_around(connection, utc_now())
            connection.execute(_CONTACTS, (CONTACTS,))
            connection.execute(_EVENTS, (1, events, CONTACTS))
        first = lens().refresh()
        nothing = [_seconds(lens().refresh) for _ in range(20)]
        with connect() as connection:
            started = time.perf_counter()
            connection.execute(_EVENTS, (events + 1, 2 * events, CONTACTS))
            inserted = time.perf_counter() - started
        started = time.perf_counter()
        lens().refresh()
        seen = lens().scalar(lens().table("event").count())
        seconds = time.perf_counter() - started
        assert seen == 2 * events
        with connect() as connection:
            connection.execute("update contact set level = '金卡' where id <= %s", (CONTACTS // 2,))
        changed = _seconds(lens().refresh)
        with connect() as connection:
            connection.execute(_EVENTS, (2 * events + 1, 2 * events + 100, CONTACTS))
        hundred = _seconds(lens().refresh)
        return {
            "seconds": round(seconds, 3),
            "events": events,
            "first_load_seconds": round(first.seconds, 3),
            "insert_seconds": round(inserted, 3),
            "contacts_changed": CONTACTS // 2,
            "contacts_changed_seconds": round(changed, 3),
            "hundred_events_seconds": round(hundred, 4),
            "nothing_new_seconds": round(sorted(nothing)[len(nothing) // 2], 4),
        }
    finally:
        close_lens()
        server.stop()


def _seconds(deed: Callable[[], object]) -> float:
    started = time.perf_counter()
    deed()
    return time.perf_counter() - started


_CONTACTS = """
insert into contact (id, gender, province, city, tags, joined_at, created_at, updated_at)
select i, i %% 3, '浙江', '城' || i %% 90, array[i %% 40], now(), now(), now()
from generate_series(1, %s) i
"""

_EVENTS = """
insert into event (id, contact_id, kind, at, amount_fen, item, category, source, source_id, received_at)
select i, 1 + (hashint8(i)::bigint & 2147483647) %% n, 1 + i %% 4, now() - (i %% 86400) * interval '20 s',
       case when i %% 4 = 0 then 100 * (i %% 900) end, '商品' || i %% 5000, '类' || i %% 20, 'shop', i::text, now()
from generate_series(%s::bigint, %s) i, (select %s::bigint as n) sizes
"""

if __name__ == "__main__":
    main()
