"""`segment`: one segment with two behavioural conditions over 5 M contacts and 50 M events.

The lens's tables are filled directly by DuckDB (through the lens's own DDL), the question goes the public way:
a rule in JSON is parsed, compiled and counted. The median of several runs is reported.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from benchmarks.report import emit

if TYPE_CHECKING:
    from xinfeng.lens.engine import Lens
    from xinfeng.lens.truth import Mark

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
RULE = {
    "all": [
        {"event": "purchase", "measure": "count", "op": "at_least", "value": 2, "period": {"days": 180}},
        {"event": "view", "measure": "count", "op": "at_least", "value": 3, "period": {"days": 90}},
    ]
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=5_000_000)
    parser.add_argument("--events", type=int, default=50_000_000)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xinfeng-bench-") as folder:
        os.environ["XINFENG_DATA"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "xinfeng.foundation.django_settings"
        emit("segment", measure(Path(folder), arguments.contacts, arguments.events, arguments.runs))


def measure(folder: Path, contacts: int, events: int, runs: int) -> dict[str, float | int]:
    import django

    django.setup()
    from xinfeng.segments.compile import members
    from xinfeng.segments.parsing import parse

    with filled_lens(folder, contacts, events) as lens:
        times = []
        for _ in range(runs):
            started = time.perf_counter()
            question = members(parse(RULE), lens, now=NOW, zone=ZoneInfo("Asia/Shanghai"))
            size = lens.scalar(question.count())
            times.append(time.perf_counter() - started)
    return {
        "seconds": round(statistics.median(times), 3),
        "worst_seconds": round(max(times), 3),
        "size": size,
        "contacts": contacts,
        "events": events,
    }


@contextmanager
def filled_lens(folder: Path, contacts: int, events: int, *, mark: Mark | None = None) -> Iterator[Lens]:
    """A lens of its own with made-up contacts and events of two years, skewed towards the earlier contacts.

    With the mark of an empty PostgreSQL it can be refreshed from there, and keeps what it was filled with.
    """
    from xinfeng.lens.duck import DuckEngine
    from xinfeng.lens.engine import Lens
    from xinfeng.lens.feeds import declared

    engine = DuckEngine(folder / "lens.duckdb", memory_mb=2048)
    try:
        lens = Lens(engine, declared())
        with engine.writing() as writer:
            writer.generate("contact", _CONTACTS.format(contacts=contacts))
        first = 0
        for month in range(MONTHS):
            with engine.writing() as writer:
                count = events * (month + 1) // MONTHS - first
                given = {"contacts": contacts, "first": first, "events": count, "back": MONTHS - month}
                writer.generate("event", _EVENTS.format(**given))
                first += count
        with engine.writing() as writer:
            for feed in declared():
                writer.set_loaded(feed)
            if mark is not None:
                writer.set_mark(mark)
        yield lens
    finally:
        engine.close()


MONTHS = 24

_CONTACTS = """
select i as id, i % 3 as gender, date '1960-01-01' + (hash(i) % 16000)::int as birthday, '浙江' as province,
       '城' || i % 90 as city, 1 + i % 4 as carrier, 'zh-hans' as language, 'L' || i % 5 as level, i % 6 as tier,
       [(i % 40)::int] as tags, true as has_phone, timestamptz '2024-01-01 00:00:00+00' as joined_at,
       timestamptz '2024-01-01 00:00:00+00' as created_at
from range(1, {contacts} + 1) r(i)
"""

_EVENTS = """
select {first} + i as id, 1 + floor({contacts} * pow(random(), 2))::bigint as contact_id,
       case when random() < 0.12 then 1 when random() < 0.7 then 2 when random() < 0.6 then 3 else 5 end as kind,
       timestamptz '2026-06-01 00:00:00+00' - {back} * interval 30 days
           + to_seconds((i * 2592000 // {events})::bigint) as "at",
       (random() * 60000)::bigint as amount_fen, '商品' || floor(5000 * random())::int as item,
       '类' || floor(20 * random())::int as category, 'shop' as source
from range({events}) r(i)
"""

if __name__ == "__main__":
    main()
