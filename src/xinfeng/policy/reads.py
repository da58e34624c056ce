"""Questions to the policy slice: the rules in force, and what the gates say about an audience."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import ibis

from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.time import utc_now
from xinfeng.policy.calendar import Calendar, Mark, MarkedDay
from xinfeng.policy.facts import Asked
from xinfeng.policy.gates import GateContext, concerned, first_reason
from xinfeng.policy.models import CalendarDay, RuleChange
from xinfeng.policy.settings import DailyWindow, PolicySettings, window_as_json
from xinfeng.policy.timeline import Change, Kind, Timeline
from xinfeng.policy.windows import DEFAULT_HORIZON, Hours, Interval, windows_over

SNAPSHOT_DAYS = 62
"""How far ahead a snapshot keeps the calendar: further than any plan's deadline."""


def timeline() -> Timeline:
    """How the rules changed and will change; withdrawn changes never were."""
    return Timeline(changes(), xinfeng_settings.load().zone)


def changes(kind: Kind | None = None, subject: str | None = None) -> list[Change]:
    """The changes of the rules, the last recorded first; of one kind and subject where given."""
    found = RuleChange.objects.filter(withdrawn_at__isnull=True).order_by("-id")
    if kind is not None:
        found = found.filter(kind=kind)
    if subject is not None:
        found = found.filter(subject=subject)
    return [
        Change(
            row.pk,
            Kind(row.kind),
            row.subject,
            row.value,
            row.effective_from,
            row.recorded_at,
            row.actor,
            row.why,
        )
        for row in found
    ]


def settings_at(moment: datetime) -> PolicySettings:
    """The rules in force at a moment, past or to come, with the windows of all trades."""
    return timeline().at(moment)


def current_settings() -> PolicySettings:
    """The rules in force now."""
    return settings_at(utc_now())


def trade_windows(at: datetime | None = None) -> dict[str, tuple[DailyWindow, ...]]:
    """The daily windows of each trade, by time of day; now, or at a moment."""
    found = settings_at(at or utc_now()).windows
    return {
        trade: tuple(sorted(windows, key=lambda one: one.starts)) for trade, windows in sorted(found.items())
    }


def windows_ahead(
    trade: str,
    now: datetime,
    *,
    horizon: timedelta = DEFAULT_HORIZON,
    purpose: str = "marketing",
    narrow_to: Hours | None = None,
    rules: Timeline | None = None,
) -> list[Interval]:
    """`windows.windows_over` with the rules and the calendar as they are kept."""
    return windows_over(
        rules or timeline(),
        trade,
        now,
        calendar=calendar(),
        horizon=horizon,
        purpose=purpose,
        narrow_to=narrow_to,
    )


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


def snapshot(around: date | None = None, *, at: datetime | None = None) -> dict[str, Any]:
    """The rules in force as JSON, to be kept with a plan; with `around`, only the calendar days near it.

    `at`: as of that moment instead of now. `changes` are those that made the rules what they were: since when each
    holds, and who recorded it.
    """
    rules, moment = timeline(), at or utc_now()
    settings = rules.at(moment)
    first = around - timedelta(days=1) if around else None
    last = around + timedelta(days=SNAPSHOT_DAYS) if around else None
    return {
        "zone": settings.zone.key,
        **settings.stored(),
        "changes": [
            {
                "id": one.id,
                "kind": str(one.kind),
                "subject": one.subject,
                "from": one.effective_from.isoformat(),
                "by": one.actor,
            }
            for one in rules.in_force(moment)
        ],
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
