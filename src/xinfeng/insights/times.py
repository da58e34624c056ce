"""When the parts of a plan were handed to carriers and when they arrived: pace, hours, time to delivery.

Two questions: parts by the second in which they were handed over, and parts by the hour of their receipt of delivery and
the seconds it took. Both are histograms, which hold everything the report wants of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import floor
from typing import Any

import ibis

from xinfeng.delivery.models import Outcome
from xinfeng.delivery.outcomes import DELIVERED_STATS
from xinfeng.insights.stages import attempts_of, receipts_of
from xinfeng.lens.engine import Lens

_HOUR_S = 3600


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
class Times:
    """`sent_per_s`: messages a second over the seconds in which something was handed over; None before."""

    first_sent_at: datetime | None
    last_sent_at: datetime | None
    sent_per_s: float | None
    by_hour: tuple[Hour, ...]
    delivery_time: DeliveryTime | None


def part_times(copy: Lens, plan_id: int) -> Times:
    """Refresh the lens before."""
    sent = attempts_of(copy, plan_id)
    sent = sent.filter(sent["outcome"] != Outcome.THROTTLED.value)
    seconds = copy.rows(
        sent.group_by(second=_epoch_s(sent["sent_at"])).aggregate(
            parts=sent.count(), first=sent["sent_at"].min(), last=sent["sent_at"].max()
        )
    ).to_pydict()
    messages = int(copy.scalar(sent["message_id"].nunique()) or 0)
    submitted: Counter[int] = Counter()
    for second, parts in zip(seconds["second"], seconds["parts"], strict=True):
        submitted[second // _HOUR_S] += parts
    arrived, took = _arrivals(copy, plan_id, sent)
    busy = len(seconds["second"])
    return Times(
        first_sent_at=min(seconds["first"], default=None),
        last_sent_at=max(seconds["last"], default=None),
        sent_per_s=messages / busy if busy else None,
        by_hour=_by_hour(submitted, arrived, _answered(copy, plan_id)),
        delivery_time=_delivery_time(took),
    )


def _arrivals(copy: Lens, plan_id: int, sent: ibis.Table) -> tuple[Counter[int], Counter[int]]:
    """Delivered parts by the hour of their first receipt that says so, and by the seconds since they were handed over last."""
    reports = receipts_of(copy, plan_id)
    reports = reports.filter(reports["stat"].isin(DELIVERED_STATS))
    arrived = reports.group_by("message_id", "part").aggregate(at=reports["at"].min())
    left = sent.group_by(sent_id=sent["message_id"], sent_part=sent["part"]).aggregate(
        sent_at=sent["sent_at"].max()
    )
    both = arrived.left_join(
        left, [arrived["message_id"] == left["sent_id"], arrived["part"] == left["sent_part"]]
    )
    second = _epoch_s(both["at"])
    asked = both.group_by(
        hour=(second / _HOUR_S).floor().cast("int64"), took=second - _epoch_s(both["sent_at"])
    ).aggregate(parts=both.count())
    rows = copy.rows(asked).to_pydict()
    hours: Counter[int] = Counter()
    took_s: Counter[int] = Counter()
    for hour, took, parts in zip(rows["hour"], rows["took"], rows["parts"], strict=True):
        hours[hour] += parts
        if took is not None:
            took_s[took] += parts
    return hours, took_s


def _answered(copy: Lens, plan_id: int) -> Counter[int]:
    reply = copy.table("reply")
    reply = reply.filter(reply["plan_id"] == plan_id)
    hour = (_epoch_s(reply["received_at"]) / _HOUR_S).floor().cast("int64")
    rows = copy.rows(reply.group_by(hour=hour).aggregate(replies=reply.count())).to_pylist()
    return Counter({row["hour"]: row["replies"] for row in rows})


def _by_hour(
    submitted: Mapping[int, int], arrived: Mapping[int, int], answered: Mapping[int, int]
) -> tuple[Hour, ...]:
    return tuple(
        Hour(
            datetime.fromtimestamp(hour * _HOUR_S, UTC),
            submitted.get(hour, 0),
            arrived.get(hour, 0),
            answered.get(hour, 0),
        )
        for hour in sorted({*submitted, *arrived, *answered})
    )


def _delivery_time(took_s: Mapping[int, int]) -> DeliveryTime | None:
    parts = sum(took_s.values())
    if not parts:
        return None
    ordered = sorted(took_s.items())
    return DeliveryTime(parts, quantile(ordered, 0.5), quantile(ordered, 0.9), quantile(ordered, 0.99))


def quantile(counts: Sequence[tuple[int, int]], share: float) -> float:
    """The value below which a `share` lies, between neighbours by how near they are, of values in order with how often
    each comes."""
    place = share * (sum(number for _, number in counts) - 1)
    below, within = _value_at(counts, floor(place)), place - floor(place)
    return below + within * (_value_at(counts, floor(place) + 1) - below) if within else float(below)


def _value_at(counts: Sequence[tuple[int, int]], place: int) -> int:
    for value, number in counts:
        if place < number:
            return value
        place -= number
    return counts[-1][0]


def _epoch_s(moment: Any) -> Any:
    return moment.epoch_seconds().floor().cast("int64")
