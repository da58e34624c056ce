"""The report of a plan: its numbers, broken down, with cost, time to delivery and benchmark lines.

Every line of a breakdown counts messages in the same stages as the total, so lines always add up to it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

import ibis

from xinfeng.channels.reads import telling_displayed
from xinfeng.contacts.models import Tier
from xinfeng.delivery.models import Outcome, Plan, ReplyMeaning
from xinfeng.delivery.outcomes import DELIVERED_STATS, MessageState, message_state
from xinfeng.insights.live import LiveNumbers, live_numbers
from xinfeng.insights.stages import attempts_of, billed_parts, handed_over, receipts_of, staged
from xinfeng.kernel.errors import NotFound
from xinfeng.kernel.phones import Carrier
from xinfeng.lens.engine import Lens, lens

DELIVERED_TARGET = 0.98
TARGET_SOURCE = (
    "产品默认目标：送达率 ≥ 98 %；中国营销短信的送达率没有公开且说明算法的行业基准",
    "the product's own target: delivered ≥ 98 %; no public benchmark for China states its method",
)


@dataclass(frozen=True)
class Line:
    """One line of a breakdown. `key` is what `drill.Selection` takes.

    messages = waiting + accepted + delivered + failed + uncertain + withheld (`waiting` includes the wire). `displayed` of
    those delivered were shown by a handset, among `displayed_of` whose channel can know.
    """

    key: str | int
    messages: int
    waiting: int
    accepted: int
    delivered: int
    failed: int
    uncertain: int
    withheld: int
    replied: int
    opted_out: int
    cost_li: int
    displayed: int = 0
    displayed_of: int = 0

    @property
    def displayed_share(self) -> float | None:
        return self.displayed / self.displayed_of if self.displayed_of else None

    @property
    def delivered_share(self) -> float | None:
        ended = self.delivered + self.failed
        return self.delivered / ended if ended else None


@dataclass(frozen=True)
class Hour:
    """An hour, aware UTC: parts handed to carriers, messages delivered (by receipt), contacts who replied."""

    starts: datetime
    submitted_parts: int
    delivered_parts: int
    replies: int


@dataclass(frozen=True)
class DeliveryTime:
    """Seconds from handing over a part to its receipt of delivery, over all delivered parts."""

    parts: int
    median_s: float
    p90_s: float
    p99_s: float


@dataclass(frozen=True)
class Benchmark:
    """A figure against its target. `met` is None as long as the figure says nothing."""

    name: str
    figure: float | None
    target: float
    source: tuple[str, str]

    @property
    def met(self) -> bool | None:
        return None if self.figure is None else self.figure >= self.target


@dataclass(frozen=True)
class Report:
    """Everything about a plan. Breakdowns are by contact's tier, province, carrier (by number range) and level.

    `sent_per_s` is the mean rate in messages over the seconds in which something was handed over; None before.
    """

    plan_id: int
    purpose: str
    planned_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    numbers: LiveNumbers
    first_sent_at: datetime | None
    last_sent_at: datetime | None
    sent_per_s: float | None
    by_tier: tuple[Line, ...]
    by_province: tuple[Line, ...]
    by_carrier: tuple[Line, ...]
    by_level: tuple[Line, ...]
    by_hour: tuple[Hour, ...]
    receipts_by_code: tuple[tuple[str, int], ...]
    delivery_time: DeliveryTime | None
    benchmarks: tuple[Benchmark, ...]


TIER_NAMES = {int(tier): (tier.label, tier.name.capitalize()) for tier in Tier}
CARRIER_NAMES = {
    int(Carrier.UNKNOWN): ("未知", "Unknown"),
    int(Carrier.MOBILE): ("移动", "China Mobile"),
    int(Carrier.UNICOM): ("联通", "China Unicom"),
    int(Carrier.TELECOM): ("电信", "China Telecom"),
    int(Carrier.BROADNET): ("广电", "China Broadnet"),
}


def report(plan_id: int, *, now: datetime) -> Report:
    """Raises NotFound `plan.unknown`."""
    numbers = live_numbers(plan_id, now=now)
    plan = Plan.objects.filter(pk=plan_id).first()
    if plan is None or plan.planned_at is None:
        raise NotFound("plan.unknown", plan=plan_id)
    copy = lens()
    groups = _groups(copy, plan_id)
    first, last, rate = _pace(copy, plan_id)
    return Report(
        plan_id=plan_id,
        purpose=plan.purpose,
        planned_at=plan.planned_at,
        started_at=plan.started_at,
        finished_at=plan.finished_at,
        numbers=numbers,
        first_sent_at=first,
        last_sent_at=last,
        sent_per_s=rate,
        by_tier=_lines(groups, "tier"),
        by_province=_lines(groups, "province"),
        by_carrier=_lines(groups, "carrier"),
        by_level=_lines(groups, "level"),
        by_hour=_hours(copy, plan_id),
        receipts_by_code=_receipts_by_code(copy, plan_id),
        delivery_time=_delivery_time(copy, plan_id),
        benchmarks=(Benchmark("delivered", numbers.delivered_share, DELIVERED_TARGET, TARGET_SOURCE),),
    )


_BROKEN_DOWN_BY = ("tier", "province", "carrier", "level")


def _groups(copy: Lens, plan_id: int) -> list[dict[str, Any]]:
    """The plan's messages counted by every combination of the columns at once: a few thousand rows at most."""
    people = _people(copy, plan_id)
    stage = people["stage"]
    ended = [state.value for state in MessageState if state is not MessageState.PLANNED]
    asked = people.group_by(*_BROKEN_DOWN_BY).aggregate(
        messages=people.count(),
        waiting=stage.notin(ended).sum(),
        **{state: (stage == state).sum() for state in ended},
        replied=people["replied"].sum(),
        opted_out=people["opted_out"].sum(),
        cost_li=people["billed_li"].sum().round().cast("int64"),
        displayed=people["displayed"].sum(),
        displayed_of=people["can_know"].sum(),
    )
    rows: list[dict[str, Any]] = copy.rows(asked).to_pylist()
    return rows


def _people(copy: Lens, plan_id: int) -> ibis.Table:
    """One row per message: its stage, what was billed for it, whether its contact read it, replied or opted out, and the
    contact's columns."""
    rows = staged(message_state(copy, [plan_id]), handed_over(plan_id))
    reply = copy.table("reply")
    reply = reply.filter(reply["plan_id"] == plan_id, reply["message_id"].notnull())
    # by message: the contact of a reply is who speaks for the person now, after a merge another row than was written to
    answers = reply.group_by(answered=reply["message_id"]).aggregate(
        answers=reply.count(), refusals=(reply["meaning"] == ReplyMeaning.OPT_OUT.value).sum()
    )
    billed = billed_parts(copy, plan_id)
    billed = billed.group_by(billed_id=billed["message_id"]).aggregate(billed=billed.count())
    contact = copy.table("contact").select("id", "tier", "province", "carrier", "level")
    telling = sorted(telling_displayed())
    rows = rows.left_join(contact, rows["contact_id"] == contact["id"])
    rows = rows.left_join(answers, rows["message_id"] == answers["answered"])
    rows = rows.left_join(billed, rows["message_id"] == billed["billed_id"])
    return rows.select(
        "stage",
        "displayed",
        can_know=(rows["stage"] == MessageState.DELIVERED.value)
        & rows["channel_id"].isin(telling or [-1]).fill_null(False),
        tier=rows["tier"].fill_null(0),
        carrier=rows["carrier"].fill_null(0),
        province=rows["province"].fill_null(""),
        level=rows["level"].fill_null(""),
        replied=rows["answers"].fill_null(0) > 0,
        opted_out=rows["refusals"].fill_null(0) > 0,
        billed_li=rows["billed"].fill_null(0) * rows["cost_li"] / rows["parts"],
    )


def _lines(groups: list[dict[str, Any]], column: str) -> tuple[Line, ...]:
    """The groups added up by one column, the largest first."""
    sums: dict[str | int, Counter[str]] = {}
    for row in groups:
        counts = {name: int(row[name] or 0) for name in row if name not in _BROKEN_DOWN_BY}
        sums.setdefault(row[column], Counter()).update(counts)
    lines = (Line(key=key, **{name: found[name] for name in _COUNTED}) for key, found in sums.items())
    return tuple(sorted(lines, key=lambda line: (-line.messages, str(line.key))))


_COUNTED = tuple(field.name for field in fields(Line) if field.name != "key")


def _pace(copy: Lens, plan_id: int) -> tuple[datetime | None, datetime | None, float | None]:
    """When the first and the last part was handed over, and messages per second over the busy seconds."""
    sent = attempts_of(copy, plan_id)
    sent = sent.filter(sent["outcome"] != Outcome.THROTTLED.value)
    asked = sent.aggregate(
        first=sent["sent_at"].min(),
        last=sent["sent_at"].max(),
        busy=sent["sent_at"].epoch_seconds().floor().nunique(),
        messages=sent["message_id"].nunique(),
    )
    row = copy.rows(asked).to_pylist()[0]
    return row["first"], row["last"], row["messages"] / row["busy"] if row["busy"] else None


def _hours(copy: Lens, plan_id: int) -> tuple[Hour, ...]:
    sent = attempts_of(copy, plan_id)
    sent = sent.filter(sent["outcome"] != Outcome.THROTTLED.value)
    reports = receipts_of(copy, plan_id)
    reports = reports.filter(reports["stat"].isin(DELIVERED_STATS))
    delivered = reports.group_by("message_id", "part").aggregate(at=reports["at"].min())
    reply = copy.table("reply")
    reply = reply.filter(reply["plan_id"] == plan_id)
    submitted = _per_hour(copy, sent, "sent_at")
    arrived = _per_hour(copy, delivered, "at")
    answered = _per_hour(copy, reply, "received_at")
    hours = sorted({*submitted, *arrived, *answered})
    return tuple(
        Hour(hour, submitted.get(hour, 0), arrived.get(hour, 0), answered.get(hour, 0)) for hour in hours
    )


def _per_hour(copy: Lens, rows: ibis.Table, column: str) -> dict[datetime, int]:
    hour = (rows[column].epoch_seconds() / 3600).floor().cast("int64")
    asked = rows.group_by(hour=hour).aggregate(number=rows.count())
    return {
        datetime.fromtimestamp(row["hour"] * 3600, UTC): row["number"] for row in copy.rows(asked).to_pylist()
    }


def _receipts_by_code(copy: Lens, plan_id: int) -> tuple[tuple[str, int], ...]:
    """Parts by the code of their receipt, repeated receipts of one part and code once."""
    reports = receipts_of(copy, plan_id).select("message_id", "part", "stat").distinct()
    rows = copy.rows(reports.group_by("stat").aggregate(number=reports.count())).to_pylist()
    return tuple(sorted(((row["stat"], row["number"]) for row in rows), key=lambda pair: (-pair[1], pair[0])))


def _delivery_time(copy: Lens, plan_id: int) -> DeliveryTime | None:
    sent = attempts_of(copy, plan_id)
    sent = sent.filter(sent["outcome"] != Outcome.THROTTLED.value)
    sent = sent.group_by("message_id", "part").aggregate(sent_at=sent["sent_at"].max())
    reports = receipts_of(copy, plan_id)
    reports = reports.filter(reports["stat"].isin(DELIVERED_STATS))
    arrived = reports.group_by("message_id", "part").aggregate(at=reports["at"].min())
    both = sent.inner_join(arrived, ["message_id", "part"])
    took = both.select(seconds=(both["at"].epoch_seconds() - both["sent_at"].epoch_seconds()).cast("float64"))
    asked = took.aggregate(
        parts=took.count(),
        median_s=took["seconds"].quantile(0.5),
        p90_s=took["seconds"].quantile(0.9),
        p99_s=took["seconds"].quantile(0.99),
    )
    row: dict[str, Any] = copy.rows(asked).to_pylist()[0]
    return DeliveryTime(**row) if row["parts"] else None
