"""Questions to the policy slice: the rules in force, and what the gates say about an audience."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis

from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation import stored
from xinfeng.policy.calendar import Calendar, Mark, MarkedDay
from xinfeng.policy.facts import Asked
from xinfeng.policy.gates import GateContext, concerned, first_reason
from xinfeng.policy.models import CalendarDay, SendWindow
from xinfeng.policy.settings import DailyWindow, PolicySettings, read_stored, window_as_json

STORED_KEY = "policy"
SNAPSHOT_DAYS = 62
"""How far ahead a snapshot keeps the calendar: further than any plan's deadline."""


def current_settings() -> PolicySettings:
    """The rules in force, with the windows of all trades."""
    base = PolicySettings(windows=trade_windows(), zone=xinfeng_settings.load().zone)
    return read_stored(stored.read(STORED_KEY, {}), base)


def trade_windows() -> dict[str, tuple[DailyWindow, ...]]:
    """The daily windows of each trade, by time of day."""
    found: dict[str, tuple[DailyWindow, ...]] = {}
    for row in SendWindow.objects.order_by("trade", "starts"):
        window = DailyWindow(row.starts, row.ends, frozenset(row.weekdays), row.workdays_only, row.source)
        found[row.trade] = (*found.get(row.trade, ()), window)
    return found


def calendar() -> Calendar:
    """All marked days."""
    return Calendar.of(calendar_days())


def calendar_days(first: date | None = None, last: date | None = None) -> list[MarkedDay]:
    """Marked days in order, from `first` to `last` (both included) where given."""
    rows = CalendarDay.objects.order_by("day")
    if first is not None:
        rows = rows.filter(day__gte=first)
    if last is not None:
        rows = rows.filter(day__lte=last)
    return [MarkedDay(row.day, Mark(row.kind), row.name, row.source, row.provisional) for row in rows]


def snapshot(around: date | None = None) -> dict[str, Any]:
    """The rules in force as JSON, to be kept with a plan; with `around`, only the calendar days near it."""
    settings = current_settings()
    first = around - timedelta(days=1) if around else None
    last = around + timedelta(days=SNAPSHOT_DAYS) if around else None
    return {
        "zone": settings.zone.key,
        **settings.stored(),
        "windows": {
            trade: [window_as_json(window) for window in windows]
            for trade, windows in settings.windows.items()
        },
        "calendar": [
            {
                "day": marked.day.isoformat(),
                "kind": str(marked.mark),
                "name": marked.name,
                "provisional": marked.provisional,
            }
            for marked in calendar_days(first, last)
        ],
    }


@dataclass(frozen=True, slots=True)
class Refusals:
    """How many of an audience each gate refuses, as the first; in the order of the gates, zeros left out."""

    audience: int
    allowed: int
    by_reason: dict[str, int]

    @property
    def refused(self) -> int:
        return self.audience - self.allowed


def refusals(lens: Asked, audience: ibis.Table, context: GateContext) -> Refusals:
    """Count the audience by first reason, with the expression that will plan it. Refresh the lens before."""
    judged = first_reason(lens, audience, context)
    counted = lens.rows(judged.group_by("reason").aggregate(contacts=judged.count()))
    counts: dict[str | None, int] = {row["reason"]: row["contacts"] for row in counted.to_pylist()}
    ordered = {gate.code: counts[gate.code] for gate in concerned(context) if gate.code in counts}
    return Refusals(sum(counts.values()), counts.get(None, 0), ordered)
