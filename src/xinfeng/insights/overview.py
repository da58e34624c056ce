"""The numbers of the dashboard: how large the base is, what went out and came back lately. Asked of the lens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import ibis

from xinfeng.delivery.models import Outcome, ReplyMeaning
from xinfeng.delivery.outcomes import DELIVERED_STATS, DISPLAYED, INTERMEDIATE_STATS
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.time import business_day, day_bounds
from xinfeng.lens.engine import Lens, lens

DAYS = 7

Bounds = list[tuple[datetime, datetime]]


@dataclass(frozen=True)
class Day:
    """A business day: parts accepted by carriers, final receipts and those of them that say delivered, people
    who opted out by reply, and all who replied."""

    day: date
    accepted: int = 0
    reported: int = 0
    delivered: int = 0
    opted_out: int = 0
    replied: int = 0


@dataclass(frozen=True)
class Overview:
    """`reachable` may be written to for marketing: number, consent in force, not suppressed. `days` are the last
    DAYS business days, oldest first, today the last."""

    contacts: int
    reachable: int
    days: tuple[Day, ...]

    @property
    def today(self) -> Day:
        return self.days[-1]

    @property
    def accepted(self) -> int:
        return sum(day.accepted for day in self.days)

    @property
    def delivered_share(self) -> float | None:
        """Of all final receipts of these days."""
        reported = sum(day.reported for day in self.days)
        return sum(day.delivered for day in self.days) / reported if reported else None


def overview(*, now: datetime) -> Overview:
    """Brings the lens up to date first."""
    copy = lens()
    copy.refresh()
    zone = xinfeng_settings.load().zone
    today = business_day(now, zone)
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    counts: dict[date, dict[str, int]] = {day: {} for day in days}
    for question in _questions(copy, [day_bounds(day, zone) for day in days]):
        for row in copy.rows(question).to_pylist():
            counts[days[row.pop("number")]] |= {name: int(value or 0) for name, value in row.items()}
    size, reachable = _base(copy)
    return Overview(size, reachable, tuple(Day(day, **counts[day]) for day in days))


def _base(copy: Lens) -> tuple[int, int]:
    contact, standing = copy.table("contact"), copy.table("standing")
    standing = standing.filter(
        standing["purpose"] == "marketing", standing["granted"], standing["suppressed"].isnull()
    )
    reachable = contact.filter(contact["has_phone"]).semi_join(
        standing, contact["id"] == standing["contact_id"]
    )
    return int(copy.scalar(contact.count())), int(copy.scalar(reachable.count()))


def _questions(copy: Lens, bounds: Bounds) -> tuple[ibis.Table, ...]:
    since, until = bounds[0][0], bounds[-1][1]
    attempt, receipt, reply = copy.table("attempt"), copy.table("receipt"), copy.table("reply")
    taken = attempt.filter(attempt["at"].between(since, until), attempt["outcome"] == Outcome.ACCEPTED.value)
    told = receipt.filter(receipt["received_at"].between(since, until), receipt["stat"] != DISPLAYED)
    said = reply.filter(reply["received_at"].between(since, until))
    stat, optout = told["stat"], said["meaning"] == ReplyMeaning.OPT_OUT.value
    return (
        _by_day(taken, "at", bounds, {"accepted": taken.count()}),
        _by_day(
            told,
            "received_at",
            bounds,
            {
                "reported": (~stat.isin(INTERMEDIATE_STATS)).sum(),
                "delivered": stat.isin(DELIVERED_STATS).sum(),
            },
        ),
        _by_day(said, "received_at", bounds, {"replied": said.count(), "opted_out": optout.sum()}),
    )


def _by_day(rows: ibis.Table, column: str, bounds: Bounds, figures: dict[str, Any]) -> ibis.Table:
    """Grouped by the how-manieth of the days; which day it is was decided outside, in the enterprise's zone."""
    number = ibis.cases(
        *((rows[column] < end, at) for at, (_, end) in enumerate(bounds[:-1])), else_=len(bounds) - 1
    )
    return rows.group_by(number=number).aggregate(**figures)
