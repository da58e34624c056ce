"""`traits`: all ready-made traits of 5 M contacts over 50 M events, computed and kept in the lens.

Then a few people do something, and only theirs are computed again. DuckDB fills the lens directly.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

from benchmarks.report import emit
from benchmarks.segment import NOW, filled_lens

FRESH_EVENTS = 5_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=5_000_000)
    parser.add_argument("--events", type=int, default=50_000_000)
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
            emit("traits", measure(Path(folder), arguments.contacts, arguments.events))
        finally:
            server.stop()


def measure(folder: Path, contacts: int, events: int) -> dict[str, float | int]:
    from django.core.management import call_command
    from django.db import connection

    from xinfeng.contacts import traits
    from xinfeng.contacts.trait_values import TABLE
    from xinfeng.lens.truth import Truth

    call_command("migrate", verbosity=0)
    with Truth().look() as look:
        mark = look.mark
    declared = traits.install_ready_made(actor="system:benchmark")
    with filled_lens(folder, contacts, events, mark=mark) as lens:
        lens.refresh()  # the definitions; nothing else is in this PostgreSQL
        started = time.perf_counter()
        people = traits.refresh_traits(lens, now=NOW)
        seconds = time.perf_counter() - started
        newest = lens.scalar(lens.table(TABLE)["event_id"].max())
        with connection.cursor() as cursor:
            cursor.execute(_EVENTS, [newest, FRESH_EVENTS, contacts])
        lens.refresh()
        started = time.perf_counter()
        again = traits.catch_up_traits(lens, now=NOW)
        caught_up = time.perf_counter() - started
    return {
        "seconds": round(seconds, 3),
        "traits": declared,
        "people": people,
        "catch_up_seconds": round(caught_up, 3),
        "catch_up_people": again,
        "contacts": contacts,
        "events": events,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


_EVENTS = """
insert into event (id, contact_id, kind, at, amount_fen, category, source, source_id, received_at)
select %s + i, 1 + (i * 7919) %% n, 1, timestamptz '2026-05-30 12:00:00+08', 100, '类1', 'shop', i::text, now()
from generate_series(1, %s) i, (select %s::bigint as n) sizes
"""

if __name__ == "__main__":
    main()
