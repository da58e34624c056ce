"""The report of a plan: its numbers, broken down, with cost, time to delivery and benchmark lines.

Every line of a breakdown counts messages in the same stages as the total, so lines always add up to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import ibis
import pyarrow as pa

from xinfeng.channels.reads import telling_displayed
from xinfeng.contacts.models import Tier
from xinfeng.delivery.models import Plan, ReplyMeaning
from xinfeng.delivery.outcomes import MessageState, message_state
from xinfeng.insights.live import LiveNumbers, kept_numbers, numbers_of
from xinfeng.insights.stages import IdRange, billed_li, handed_over, receipts_of, staged
from xinfeng.insights.times import DeliveryTime, Hour, part_times
from xinfeng.kernel.errors import NotFound
from xinfeng.kernel.phones import Carrier
from xinfeng.lens.engine import Lens, lens

DELIVERED_TARGET = 0.98
TARGET_SOURCE = (
    "产品默认目标：送达率 ≥ 98%；中国营销短信的送达率没有公开且说明算法的行业基准",
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
    """Brings the lens up to date first. Raises NotFound `plan.unknown`."""
    plan = Plan.objects.filter(pk=plan_id).first()
    if plan is None or plan.planned_at is None:
        raise NotFound("plan.unknown", plan=plan_id)
    on_wire = handed_over(plan_id)  # before the refresh: what is answered by then is not on the wire
    copy = lens()
    copy.refresh()
    counted = _counted(copy, plan_id, on_wire)
    states = _added(counted, "stage", "code", "channel_id")
    cost_li = round(sum(row["billed_li"] for row in states))
    numbers = kept_numbers(plan, now=now) or numbers_of(plan, copy, states, cost_li=cost_li, now=now)
    times = part_times(copy, plan_id)
    return Report(
        plan_id=plan_id,
        purpose=plan.purpose,
        planned_at=plan.planned_at,
        started_at=plan.started_at,
        finished_at=plan.finished_at,
        numbers=numbers,
        first_sent_at=times.first_sent_at,
        last_sent_at=times.last_sent_at,
        sent_per_s=times.sent_per_s,
        by_tier=_lines(counted, "tier"),
        by_province=_lines(counted, "province"),
        by_carrier=_lines(counted, "carrier"),
        by_level=_lines(counted, "level"),
        by_hour=times.by_hour,
        receipts_by_code=_receipts_by_code(copy, plan_id),
        delivery_time=times.delivery_time,
        benchmarks=(Benchmark("delivered", numbers.delivered_share, DELIVERED_TARGET, TARGET_SOURCE),),
    )


_BROKEN_DOWN_BY = ("tier", "province", "carrier", "level")
_TOLD = ("stage", "code", "channel_id")
_SUMS = ("messages", "parts", "displayed", "replied", "opted_out", "billed_li")


def _counted(copy: Lens, plan_id: int, on_wire: Sequence[IdRange]) -> pa.Table:
    """The plan's messages, judged once and counted by everything that is told of them: some ten thousand rows."""
    people = _people(copy, plan_id, on_wire)
    asked = people.group_by(*_BROKEN_DOWN_BY, *_TOLD).aggregate(
        messages=people.count(),
        parts=people["parts"].sum(),
        displayed=people["displayed"].sum(),
        replied=people["replied"].sum(),
        opted_out=people["opted_out"].sum(),
        billed_li=people["billed_li"].sum(),
    )
    return copy.rows(asked)


def _added(counted: pa.Table, *columns: str) -> list[dict[str, Any]]:
    """What was counted, added up by some of its columns."""
    sums = counted.group_by(list(columns)).aggregate([(name, "sum") for name in _SUMS])
    rows = sums.rename_columns([name.removesuffix("_sum") for name in sums.column_names]).to_pylist()
    return [{name: row[name] or 0 if name in _SUMS else row[name] for name in row} for row in rows]


def _people(copy: Lens, plan_id: int, on_wire: Sequence[IdRange]) -> ibis.Table:
    """One row per message: its stage, what was billed for it, whether its contact read it, replied or opted out, and the
    contact's columns."""
    rows = staged(message_state(copy, [plan_id]), on_wire)
    reply = copy.table("reply")
    reply = reply.filter(reply["plan_id"] == plan_id, reply["message_id"].notnull())
    # by message: the contact of a reply is who speaks for the person now, after a merge another row than was written to
    answers = reply.group_by(answered=reply["message_id"]).aggregate(
        answers=reply.count(), refusals=(reply["meaning"] == ReplyMeaning.OPT_OUT.value).sum()
    )
    billed = billed_li(copy, plan_id)
    contact = copy.table("contact").select("id", "tier", "province", "carrier", "level")
    rows = rows.left_join(contact, rows["contact_id"] == contact["id"])
    rows = rows.left_join(answers, rows["message_id"] == answers["answered"])
    rows = rows.left_join(billed, rows["message_id"] == billed["billed_id"])
    return rows.select(
        *_TOLD,
        "parts",
        "displayed",
        tier=rows["tier"].fill_null(0),
        carrier=rows["carrier"].fill_null(0),
        province=rows["province"].fill_null(""),
        level=rows["level"].fill_null(""),
        replied=rows["answers"].fill_null(0) > 0,
        opted_out=rows["refusals"].fill_null(0) > 0,
        billed_li=rows["billed"].fill_null(0.0),
    )


def _lines(counted: pa.Table, column: str) -> tuple[Line, ...]:
    """What was counted by one column, the largest first."""
    telling = telling_displayed()
    sums: dict[str | int, Counter[str]] = {}
    for row in _added(counted, column, "stage", "channel_id"):
        line, stage = sums.setdefault(row[column], Counter()), row["stage"]
        line.update(
            {name: row[name] for name in ("messages", "displayed", "replied", "opted_out", "billed_li")}
        )
        line[stage if stage in _ENDED else "waiting"] += row["messages"]
        if stage == MessageState.DELIVERED and row["channel_id"] in telling:
            line["displayed_of"] += row["messages"]
    lines = (
        Line(key=key, cost_li=round(found["billed_li"]), **{name: found[name] for name in _COUNTED})
        for key, found in sums.items()
    )
    return tuple(sorted(lines, key=lambda line: (-line.messages, str(line.key))))


_ENDED = frozenset(state.value for state in MessageState if state is not MessageState.PLANNED)
_COUNTED = tuple(field.name for field in fields(Line) if field.name not in ("key", "cost_li"))


def _receipts_by_code(copy: Lens, plan_id: int) -> tuple[tuple[str, int], ...]:
    """Parts by the code of their receipt, repeated receipts of one part and code once."""
    reports = receipts_of(copy, plan_id).select("message_id", "part", "stat").distinct()
    rows = copy.rows(reports.group_by("stat").aggregate(number=reports.count())).to_pylist()
    return tuple(sorted(((row["stat"], row["number"]) for row in rows), key=lambda pair: (-pair[1], pair[0])))
