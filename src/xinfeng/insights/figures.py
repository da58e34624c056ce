"""Counters for monitoring: what went out and came back so far, and what waits. No personal data, cheap to ask.

Totals come from the lens, so they are those of its last look; `operating_figures` looks again when that is older
than `LOOK_AGAIN_S`. What waits is asked of PostgreSQL's small tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
from django.db import connection
from django.db.models import Count

from xinfeng.delivery.models import Outcome, Plan
from xinfeng.delivery.outcomes import DELIVERED_STATS, DISPLAYED, INTERMEDIATE_STATS
from xinfeng.lens.engine import Lens, lens

LOOK_AGAIN_S = 10.0


@dataclass(frozen=True)
class OperatingFigures:
    """`attempts`, `receipts` by outcome and `replies` by meaning count since the beginning; `attempts` and
    `receipts` in parts. `queued` are messages of running plans not handed to a carrier yet. `jobs` by status,
    finished ones left out."""

    planned: int
    withheld: dict[str, int]
    attempts: dict[str, int]
    receipts: dict[str, int]
    replies: dict[str, int]
    queued: int
    plans: dict[str, int]
    jobs: dict[str, int]
    lens_refresh_s: float
    lens_age_s: float


def operating_figures() -> OperatingFigures:
    """Raises Conflict `lens.owned_elsewhere` in a process that does not own the lens."""
    copy = lens()
    if copy.age_s > LOOK_AGAIN_S:
        copy.refresh()
    outcomes = {outcome.value: outcome.name.lower() for outcome in Outcome}
    return OperatingFigures(
        planned=int(copy.scalar(copy.table("message").count()) or 0),
        withheld=_counted(copy, copy.table("withheld"), "reason"),
        attempts={
            outcomes.get(int(code), "other"): count
            for code, count in _counted(copy, copy.table("attempt"), "outcome").items()
        },
        receipts=_receipts(copy),
        replies=_counted(copy, copy.table("reply"), "meaning"),
        queued=_one(_QUEUED),
        plans=_plans(),
        jobs=dict(_rows(_JOBS)),
        lens_refresh_s=copy.last.seconds,
        lens_age_s=copy.age_s,
    )


def _receipts(copy: Lens) -> dict[str, int]:
    """By what they say: carriers invent codes, and a label must not take any value."""
    receipt = copy.table("receipt")
    kind = ibis.cases(
        (receipt["stat"] == DISPLAYED, "displayed"),
        (receipt["stat"].isin(DELIVERED_STATS), "delivered"),
        (receipt["stat"].isin(INTERMEDIATE_STATS), "intermediate"),
        else_="failed",
    )
    return _counted(copy, receipt.select(kind=kind), "kind")


def _counted(copy: Lens, rows: ibis.Table, column: str) -> dict[str, int]:
    counted = rows.group_by(column).aggregate(n=rows.count())
    return {str(row[column]): int(row["n"]) for row in copy.rows(counted).to_pylist()}


def _plans() -> dict[str, int]:
    found = Plan.objects.values_list("state").annotate(n=Count("pk"))
    return {str(state): int(n) for state, n in found}


_QUEUED = """
select coalesce(sum(last_id - greatest(first_id, coalesce(intent_upto + 1, first_id)) + 1), 0)
from chunk join plan on plan.id = chunk.plan_id
where chunk.state <> 'done' and plan.state in ('running', 'paused')
"""

_JOBS = "select status::text, count(*) from procrastinate_jobs where status in ('todo', 'doing', 'failed') group by 1"


def _one(statement: str) -> int:
    return int(_rows(statement)[0][0])


def _rows(statement: str) -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [(row[0], int(row[-1])) for row in cursor.fetchall()]


@dataclass(frozen=True)
class ChannelFigures:
    """What a channel did in the last 24 hours, in parts."""

    submitted: int = 0
    accepted: int = 0
    refused: int = 0
    uncertain: int = 0
    delivered: int = 0
    reported: int = 0

    @property
    def delivered_share(self) -> float | None:
        """Of the receipts with an end."""
        return self.delivered / self.reported if self.reported else None


def channel_figures(*, now: datetime) -> dict[int, ChannelFigures]:
    """By channel; channels that did nothing are missing."""
    copy = lens()
    copy.refresh()
    since = now - timedelta(hours=24)
    attempt, receipt = copy.table("attempt"), copy.table("receipt")
    attempt, receipt = attempt.filter(attempt["at"] > since), receipt.filter(receipt["received_at"] > since)
    receipt = receipt.filter(receipt["stat"] != DISPLAYED)  # its delivery was told before
    outcome, stat = attempt["outcome"], receipt["stat"]
    tried = attempt.group_by("channel_id").aggregate(
        submitted=(outcome != Outcome.THROTTLED.value).sum(),
        accepted=(outcome == Outcome.ACCEPTED.value).sum(),
        refused=(outcome == Outcome.REFUSED.value).sum(),
        uncertain=(outcome == Outcome.UNCERTAIN.value).sum(),
    )
    told = receipt.group_by("channel_id").aggregate(
        delivered=stat.isin(DELIVERED_STATS).sum(), reported=(~stat.isin(INTERMEDIATE_STATS)).sum()
    )
    found: dict[int, dict[str, int]] = {}
    for question in (tried, told):
        for row in copy.rows(question).to_pylist():
            found.setdefault(row.pop("channel_id"), {}).update(
                {name: int(value or 0) for name, value in row.items()}
            )
    return {channel_id: ChannelFigures(**counts) for channel_id, counts in found.items()}
