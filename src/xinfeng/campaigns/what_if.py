"""What a change of the rules would do: the same gates and windows, asked with settings that nobody has saved.

The trial is an ordinary set of settings (`policy.settings.read_stored` reads it and refuses what a change may not be);
nothing here writes. Applying it is `binding.save_settings` and `save_windows`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import ibis

from xinfeng.channels.models import Channel
from xinfeng.kernel.time import day_bounds
from xinfeng.lens.engine import Lens
from xinfeng.policy import reads as policy
from xinfeng.policy.calendar import Calendar
from xinfeng.policy.gates import GATES, GateContext
from xinfeng.policy.models import Trade
from xinfeng.policy.reads import Refusals, refusals
from xinfeng.policy.settings import DailyWindow, PolicySettings, check_windows, read_stored
from xinfeng.policy.windows import Hours, next_windows
from xinfeng.segments import reads as segments
from xinfeng.segments.models import Segment


@dataclass(frozen=True)
class Trial:
    """`value` as `PolicySettings.stored`, in part; `windows` of the trades that would have others."""

    value: Mapping[str, Any] = field(default_factory=dict)
    windows: Mapping[str, Sequence[DailyWindow]] = field(default_factory=dict)


def tried(settings: PolicySettings, trial: Trial) -> PolicySettings:
    """The settings with the trial in them. Raises InvalidInput as saving them would."""
    for windows in trial.windows.values():
        check_windows(windows)
    found = read_stored(trial.value, settings)
    return replace(found, windows={**found.windows, **trial.windows})


@dataclass(frozen=True)
class Reach:
    """How many of an audience could be written to on a day, before and after the change."""

    day: date
    before: Refusals
    after: Refusals

    @property
    def difference(self) -> int:
        return self.after.allowed - self.before.allowed

    @property
    def by_reason(self) -> list[tuple[str, int, int]]:
        """Reason, before, after; in the order of the gates."""
        named = {*self.before.by_reason, *self.after.by_reason}
        codes = [gate.code for gate in GATES if gate.code in named]
        return [
            (code, self.before.by_reason.get(code, 0), self.after.by_reason.get(code, 0)) for code in codes
        ]


def reach(
    copy: Lens,
    *,
    purpose: str,
    segment: Segment | None,
    day: date,
    now: datetime,
    before: PolicySettings,
    after: PolicySettings,
) -> Reach:
    """Of a segment, or of everybody who consented to the purpose. Bring the lens up to date first."""
    people, profiled = _people(copy, purpose, segment, now)
    contexts = [GateContext(purpose, now, settings, day, profiled) for settings in (before, after)]
    first, then = (refusals(copy, people, context) for context in contexts)
    return Reach(day, first, then)


def _people(copy: Lens, purpose: str, segment: Segment | None, now: datetime) -> tuple[ibis.Table, bool]:
    if segment is None:
        return segments.reachable(copy, purpose, profiled=False, now=now), False
    return segments.audience(copy, segment, now), segments.profiles(segment)


@dataclass(frozen=True)
class Room:
    """How many parts fit into a trade's windows of a day at the rates of the channels in use; minutes open."""

    trade: str
    minutes: int
    parts: int


@dataclass(frozen=True)
class Line:
    """What is needed of a channel: parts a second, and its own hours."""

    rate_per_s: int
    hours: Hours | None


def lines(purpose: str) -> list[Line]:
    """The channels in use for a purpose."""
    return [Line(one.rate_per_s, one.hours) for one in Channel.objects.filter(enabled=True, purpose=purpose)]


def rooms(
    settings: PolicySettings, day: date, *, calendar: Calendar, purpose: str, by: Sequence[Line]
) -> list[Room]:
    """For every trade. Pure."""
    start, end = day_bounds(day, settings.zone)
    found = []
    for trade in Trade.values:

        def open_s(hours: tuple[time, time] | None, trade: str = trade) -> int:
            windows = next_windows(
                trade,
                start,
                calendar=calendar,
                settings=settings,
                horizon=end - start,
                purpose=purpose,
                narrow_to=hours,
            )
            return int(sum((last - first for first, last in windows), timedelta()).total_seconds())

        parts = sum(open_s(line.hours) * line.rate_per_s for line in by)
        found.append(Room(trade, open_s(None) // 60, parts))
    return found


def rooms_before_and_after(
    day: date, *, purpose: str, before: PolicySettings, after: PolicySettings
) -> list[tuple[Room, Room]]:
    calendar, by = policy.calendar(), lines(purpose)
    return list(
        zip(
            rooms(before, day, calendar=calendar, purpose=purpose, by=by),
            rooms(after, day, calendar=calendar, purpose=purpose, by=by),
            strict=True,
        )
    )
