"""`preflight`: how long until the gates have judged an audience of a million contacts.

A lens of its own in a temporary folder: contacts with standing, three messages each within the days of the
longest ceiling, the gates and ceilings of a new deployment. `seconds` is the count by reason,
median of the runs; `plan_seconds` is the same expression brought out row by row, as planning reads it;
`rivals_seconds` is the count with five campaigns that go before it on two days, each with two thirds of the audience.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.report import emit

if TYPE_CHECKING:
    from xinfeng.lens.engine import Lens
    from xinfeng.policy.facts import GateContext, Rival


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--messages", type=int, default=3_000_000)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xinfeng-bench-") as folder:
        os.environ["XINFENG_DATA"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "xinfeng.foundation.django_settings"
        emit("preflight", measure(Path(folder), arguments.contacts, arguments.messages, arguments.runs))


def measure(folder: Path, contacts: int, messages: int, runs: int) -> dict[str, float | int]:
    import django

    django.setup()
    from xinfeng.kernel.time import utc_now
    from xinfeng.policy.gates import GateContext, explain_one, first_reason
    from xinfeng.policy.reads import refusals
    from xinfeng.policy.settings import PolicySettings

    mirror = _filled(folder, contacts, messages)
    context = GateContext("marketing", utc_now(), PolicySettings())
    audience = mirror.table("contact").select(contact_id="id")
    counted = [_timed(lambda: refusals(mirror, audience, context)) for _ in range(runs)]
    planned = [_timed(lambda: mirror.rows(first_reason(mirror, audience, context))) for _ in range(runs)]
    contested = GateContext("marketing", utc_now(), PolicySettings(), rivals=_rivals(mirror, context))
    rivalled = [_timed(lambda: refusals(mirror, audience, contested)) for _ in range(runs)]
    explained = [_timed(lambda: explain_one(mirror, contacts // 2, context)) for _ in range(runs)]
    found = counted[0][1]
    assert found.audience == contacts
    mirror.close()
    return {
        "seconds": _median(counted),
        "plan_seconds": _median(planned),
        "rivals": len(contested.rivals),
        "rivals_seconds": _median(rivalled),
        "explain_seconds": _median(explained),
        "contacts": contacts,
        "messages": messages,
        "allowed": found.allowed,
        **{f"refused_{reason}": count for reason, count in found.by_reason.items()},
        "left_to_rivals": rivalled[0][1].by_reason.get("slot_reserved", 0),
    }


def _rivals(mirror: Lens, context: GateContext) -> tuple[Rival, ...]:
    """Five of them: today and the day after tomorrow, for two thirds of all contacts each."""
    from xinfeng.policy.facts import Rival

    contact = mirror.table("contact")
    return tuple(
        Rival(
            number,
            f"活动{number}",
            contact.filter((contact["id"] + number) % 3 > 0).select(contact_id="id"),
            replace(context, day=context.send_day + timedelta(days=2 * (number % 2))),
        )
        for number in range(5)
    )


def _timed(deed: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = deed()
    return time.perf_counter() - started, result


def _median(runs: list[tuple[float, Any]]) -> float:
    return round(statistics.median(seconds for seconds, _ in runs), 3)


def _filled(folder: Path, contacts: int, messages: int) -> Lens:
    """A lens with the tables of all feeds, filled without a PostgreSQL."""
    from xinfeng.lens.duck import DuckEngine
    from xinfeng.lens.engine import Lens
    from xinfeng.lens.feeds import declared

    engine = DuckEngine(folder / "lens.duckdb", memory_mb=2048)
    found = Lens(engine, declared())
    with engine.writing() as writer:
        for name, statement in _FILL.items():
            writer.generate(name, statement.format(contacts=contacts, messages=messages))
    return found


_FILL = {
    "contact": """
        select i as id, (i % 6)::smallint as tier, i % 200 > 0 as has_phone, (i % 3)::smallint as gender,
               '城' || i % 300 as city, date '1960-01-01' + (hash(i) % 20000)::int as birthday, now() as joined_at
        from range(1, {contacts} + 1) t(i)""",
    "standing": """
        select i as contact_id, p as purpose, i % 17 > 0 as granted, i * 2 as entry_seq, now() as since,
               case when i % 50 = 0 then 'opt_out' when i % 211 = 0 then 'complaint' end as suppressed
        from range(1, {contacts} + 1) t(i), (values ('marketing'), ('service')) u(p) where i % 29 > 0""",
    "plan": """
        select i as id, case when i % 10 = 0 then 'service' else 'marketing' end as purpose,
               case when i > 88 then 'running' else 'finished' end as state,
               now() - to_days((90 - i)::int) as planned_at
        from range(1, 181) t(i)""",
    "message": """
        select i as id, p as plan_id, 1 + (hash(i) % {contacts})::bigint as contact_id,
               now() - to_days((90 - p)::int) as planned_at, 1::smallint as parts, 35 as cost_li
        from (select i, 1 + i * 90 // ({messages} + 1) as p from range(1, {messages} + 1) t(i))""",
    "withheld": """
        select i as message_id, 'stopped' as reason, now() as at from range(1, {messages} + 1, 40) t(i)""",
}

if __name__ == "__main__":
    main()
