"""`insights`: what the report, the live page and a channel's receipts page wait for.

An empty embedded PostgreSQL, and a lens of its own with `--messages` messages of the last six days over one channel, each with an attempt, nearly each with
a receipt; one plan of a million of them, by two channels at two prices. `…_seconds` is the median of the runs,
`…_cpu_seconds` what the processor did for it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.report import emit

PLAN = 1_000_000
BIG, PRICED = 1, 2
"""Plans: one channel; two channels at two prices."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="", help="names that begin so")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xinfeng-bench-") as folder:
        os.environ["XINFENG_DATA"] = folder
        os.environ.pop("XINFENG_DATABASE_URL", None)
        os.environ["DJANGO_SETTINGS_MODULE"] = "xinfeng.foundation.django_settings"
        emit("insights", measure(Path(folder), arguments.messages, arguments.runs, arguments.only))


def measure(folder: Path, messages: int, runs: int, only: str) -> dict[str, Any]:
    from xinfeng.cli.ready import ready

    ready()
    from xinfeng.delivery.outcomes import message_state
    from xinfeng.insights import codes, forensics, live, report, stages, times
    from xinfeng.lens.duck import DuckEngine
    from xinfeng.lens.engine import Lens
    from xinfeng.lens.feeds import declared

    now = datetime.now(UTC)
    engine = DuckEngine(folder / "lens.duckdb", memory_mb=2048)
    mirror = Lens(engine, declared())
    with engine.writing() as writer:
        for name, statement in _FILL.items():
            at = (now - timedelta(days=6)).isoformat()
            writer.generate(name, statement.format(messages=messages, plan=PLAN, at=at))

    def states(plan_id: int) -> list[dict[str, Any]]:
        found = message_state(mirror, [plan_id])
        sums = found.group_by("state", "channel_id").aggregate(n=found.count(), cost=found["cost_li"].sum())
        rows: list[dict[str, Any]] = mirror.rows(sums).to_pylist()
        return rows

    asked: dict[str, Callable[[], Any]] = {
        "channel_figures": lambda: forensics.figures(mirror, now=now, channel_id=1),
        "plan_figures": lambda: forensics.figures(mirror, now=now, plan_id=BIG),
        "evidence": lambda: forensics.evidence(mirror, "before_submit", now=now, channel_id=1),
        "codes_seen": lambda: codes.codes_seen(mirror, now=now),
        "troubles": lambda: codes.troubles(mirror, now=now),
        "states": lambda: states(BIG),
        "states_of_two_prices": lambda: states(PRICED),
        "live_states": lambda: live._states(mirror, BIG, []),
        "live_cost": lambda: stages.cost_of(mirror, BIG),
        "live_rate": lambda: live._parts_per_s(mirror, BIG, now),
        "report_counts": lambda: report._counted(mirror, BIG, []),
        "report_times": lambda: times.part_times(mirror, BIG),
        "report_codes": lambda: report._receipts_by_code(mirror, BIG),
    }
    assert sum(row["n"] for row in states(BIG)) == PLAN
    figures: dict[str, Any] = {"messages": messages}
    for name, deed in asked.items():
        if name.startswith(only):
            figures |= _timed(name, deed, runs)
    mirror.close()
    return figures


def _timed(name: str, deed: Callable[[], Any], runs: int) -> dict[str, float]:
    took, worked = [], []
    for _ in range(runs):
        started, cpu = time.perf_counter(), time.process_time()
        deed()
        took.append(time.perf_counter() - started)
        worked.append(time.process_time() - cpu)
    return {
        f"{name}_seconds": round(statistics.median(took), 3),
        f"{name}_cpu_seconds": round(statistics.median(worked), 3),
    }


_FILL = {
    "contact": """
        select i as id, (1 + i % 3)::smallint as carrier, (i % 6)::smallint as tier, '省' || i % 31 as province,
               '级' || i % 4 as level
        from range(1, {plan} + 1) t(i)""",
    "plan_channel": """
        select * from (values (1, 1, 35), (2, 1, 35), (2, 2, 40)) t(plan_id, channel_id, price_li)""",
    "message": """
        select i as id, 1 + (i - 1) // {plan} as plan_id, 1 + (hash(i) % {plan})::bigint as contact_id,
               1::smallint as parts, 35 as cost_li, timestamptz '{at}' + to_seconds(i / 11) as planned_at
        from range(1, {messages} + 1) t(i)""",
    "withheld": """
        select i as message_id, 'stopped' as reason, timestamptz '{at}' as at from range(1, {messages} + 1, 100) t(i)""",
    "attempt": """
        select i as message_id, 1::smallint as part,
               case when i > {plan} and i <= 2 * {plan} and i % 3 = 0 then 2 else 1 end as channel_id,
               case when i % 80 = 0 then 2 when i % 500 = 3 then 3 else 1 end::smallint as outcome,
               case when i % 80 = 0 then '9' else '0' end as code,
               timestamptz '{at}' + to_seconds(i / 11) as sent_at, sent_at as at
        from range(1, {messages} + 1) t(i) where i % 100 <> 1""",
    "receipt": """
        select i as id, timestamptz '{at}' + to_seconds(i / 11 + 3 + hash(i) % 60) as received_at,
               case when i > {plan} and i <= 2 * {plan} and i % 3 = 0 then 2 else 1 end as channel_id,
               case when i % 40 = 2 then 'MK:0001' else 'DELIVRD' end as stat, received_at as done_at,
               case when i % 1000 <> 5 then i end as message_id, case when i % 1000 <> 5 then 1 end::smallint as part
        from range(1, {messages} + 1) t(i) where i % 100 <> 1 and i % 80 <> 0 and i % 90 <> 7""",
    "receipt_match": """
        select i as receipt_id, i as message_id, 1::smallint as part, 'DELIVRD' as stat, timestamptz '{at}' as at
        from range(5, {messages} + 1, 1000) t(i)""",
}

if __name__ == "__main__":
    main()
