"""Counters for monitoring: what went out and came back so far, and what waits. No personal data, cheap to ask.

Totals come from the lens and are counted as `running_totals` says, so they are those of its last look; `operating_figures` looks again when that is older
than `LOOK_AGAIN_S`. What waits is asked of PostgreSQL's small tables.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Sum

from xinfeng.channels.codes import Phase, explain
from xinfeng.channels.models import Channel
from xinfeng.delivery.models import ChunkMove, Outcome, Plan
from xinfeng.delivery.outcomes import DELIVERED_STATS, DISPLAYED, INTERMEDIATE_STATS
from xinfeng.insights import running_totals
from xinfeng.lens.engine import Lens, lens

LOOK_AGAIN_S = 10.0
WAITS = timedelta(hours=72)
"""How long a receipt may still find its message (`delivery.matching.REACH`)."""


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
    lines: dict[int, LineTotals] = field(default_factory=dict)
    moves: dict[tuple[int, int], int] = field(default_factory=dict)
    receipts_waiting: int = 0


@dataclass
class LineTotals:
    """What a channel's carrier did not take, in parts: refused by whose side it is, throttled by whom (`carrier` says
    so; no other side does), uncertain. And how its receipts ended: delivered, failed by whose side it is."""

    refused: Counter[str] = field(default_factory=Counter)
    throttled: int = 0
    uncertain: int = 0
    delivered: int = 0
    failed: Counter[str] = field(default_factory=Counter)


def operating_figures(*, now: datetime) -> OperatingFigures:
    """`lines` by channel, `moves`: messages that went from one channel to another, `receipts_waiting`: of the last three
    days, for a message nobody has found yet.

    Raises Conflict `lens.owned_elsewhere` in a process that does not own the lens."""
    copy = lens()
    if copy.age_s > LOOK_AGAIN_S:
        copy.refresh()
    attempts = running_totals.ATTEMPTS.of(copy, now=now)
    receipts = running_totals.RECEIPTS.of(copy, now=now)
    return OperatingFigures(
        planned=running_totals.MESSAGES.of(copy, now=now)[()],
        withheld=_named(running_totals.WITHHELD.of(copy, now=now)),
        attempts=_outcomes(attempts),
        receipts=_receipts(receipts),
        replies=_named(running_totals.REPLIES.of(copy, now=now)),
        lines=_lines(attempts, receipts),
        moves=_moves(),
        receipts_waiting=_receipts_waiting(copy, now),
        queued=_one(_QUEUED),
        plans=_plans(),
        jobs=dict(_rows(_JOBS)),
        lens_refresh_s=copy.last.seconds,
        lens_age_s=copy.age_s,
    )


def _named(counted: Counter[running_totals.Key]) -> dict[str, int]:
    return {str(key): count for (key,), count in counted.items()}


def _outcomes(attempts: Counter[running_totals.Key]) -> dict[str, int]:
    names = {outcome.value: outcome.name.lower() for outcome in Outcome}
    found: Counter[str] = Counter()
    for (_channel, outcome, _code), count in attempts.items():
        found[names.get(int(str(outcome)), "other")] += count
    return dict(found)


def _receipts(counted: Counter[running_totals.Key]) -> dict[str, int]:
    """By what they say: carriers invent codes, and a label must not take any value."""
    found: Counter[str] = Counter()
    for (_channel, stat), count in counted.items():
        kind = "intermediate" if stat in INTERMEDIATE_STATS else "failed"
        found["delivered" if stat in DELIVERED_STATS else kind] += count
    return dict(found)


def _lines(
    attempts: Counter[running_totals.Key], receipts: Counter[running_totals.Key]
) -> dict[int, LineTotals]:
    kinds: dict[int, str] = dict(Channel.objects.values_list("pk", "kind"))
    found: dict[int, LineTotals] = {}
    for (channel_id, outcome, code), count in attempts.items():
        line = found.setdefault(int(str(channel_id)), LineTotals())
        if outcome == Outcome.REFUSED:
            side = explain(kinds.get(int(str(channel_id)), ""), str(code), phase=Phase.SUBMIT).side
            line.refused[str(side.value)] += count
        elif outcome == Outcome.THROTTLED:
            line.throttled += count
        elif outcome == Outcome.UNCERTAIN:
            line.uncertain += count
    for (channel_id, stat), count in receipts.items():
        line = found.setdefault(int(str(channel_id)), LineTotals())
        if stat in DELIVERED_STATS:
            line.delivered += count if stat != DISPLAYED else 0  # its delivery was told before
        elif stat not in INTERMEDIATE_STATS:
            side = explain(kinds.get(int(str(channel_id)), ""), str(stat), phase=Phase.RECEIPT).side
            line.failed[str(side.value)] += count
    return found


def _moves() -> dict[tuple[int, int], int]:
    """A row a chunk of up to a thousand messages."""
    rows = ChunkMove.objects.values_list("from_channel_id", "to_channel_id").annotate(n=Sum("messages"))
    return {(int(one), int(other)): int(n) for one, other, n in rows}


def _receipts_waiting(copy: Lens, now: datetime) -> int:
    receipt, match = copy.table("receipt"), copy.table("receipt_match")
    lately = receipt.filter((receipt["received_at"] > now - WAITS) & receipt["message_id"].isnull())
    matched = match.filter(match["at"] > now - WAITS).select("receipt_id")
    waiting = lately.anti_join(matched, lately["id"] == matched["receipt_id"])
    return int(copy.scalar(waiting.count()) or 0)


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


LATELY, BEFORE = timedelta(hours=24), timedelta(days=7)
ENOUGH = 200
"""Receipts with an end below which a share says little: with 200 its error is about three hundredths."""
FALL = 0.10
"""By how much a channel's share of deliveries falls below its own of the days before; ours, three times that error."""


@dataclass(frozen=True)
class Falling:
    """A channel that delivers less than it used to: shares of 1, `ended` receipts with an end in the last 24 hours."""

    channel_id: int
    ended: int
    share: float
    before: float


def falling_channels(copy: Lens, *, now: datetime) -> list[Falling]:
    """The worst first; one question to the lens as it is. A channel that is new has nothing to be compared with."""
    receipt = copy.table("receipt")
    stat = receipt["stat"]
    receipt = receipt.filter(
        receipt["received_at"] > now - BEFORE, stat != DISPLAYED, ~stat.isin(INTERMEDIATE_STATS)
    )
    lately, good = receipt["received_at"] > now - LATELY, receipt["stat"].isin(DELIVERED_STATS)
    asked = receipt.group_by("channel_id").aggregate(
        ended=lately.sum(),
        good=(lately & good).sum(),
        ended_before=(~lately).sum(),
        good_before=(~lately & good).sum(),
    )
    found = [
        Falling(
            row["channel_id"],
            row["ended"],
            row["good"] / row["ended"],
            row["good_before"] / row["ended_before"],
        )
        for row in copy.rows(asked).to_pylist()
        if row["ended"] >= ENOUGH and row["ended_before"] >= ENOUGH
    ]
    falling = [one for one in found if one.share < one.before - FALL]
    return sorted(falling, key=lambda one: one.share - one.before)
