"""When may be sent: the windows of a trade as intervals of UTC, from now on. Pure.

Marketing: the trade's windows of the day, cut to the outer bounds and to what the channel takes, on no blackout
day. Service: at any time, or within `service_hours`. Windows are times of day in the enterprise's zone and do
not cross midnight.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from xinfeng.kernel.time import business_day
from xinfeng.policy.calendar import Calendar
from xinfeng.policy.settings import DailyWindow, PolicySettings
from xinfeng.policy.timeline import Timeline

Interval = tuple[datetime, datetime]
"""`[start, end)`, aware UTC."""

Hours = tuple[time, time]
"""`[start, end)` of a day in the enterprise's zone."""

DEFAULT_HORIZON = timedelta(days=14)


def next_windows(
    trade: str,
    now: datetime,
    *,
    calendar: Calendar,
    settings: PolicySettings,
    horizon: timedelta = DEFAULT_HORIZON,
    purpose: str = "marketing",
    narrow_to: Hours | None = None,
) -> list[Interval]:
    """The intervals in which messages may leave between `now` and `now + horizon`: ascending, disjoint, the
    first one beginning at `now` if it is open. Empty when there are none.

    A trade without windows of its own has those of `other`. `narrow_to`: the hours of the channel.
    """
    end = now + horizon
    if purpose != "marketing" and settings.service_hours is None and narrow_to is None:
        return [(now.astimezone(UTC), end.astimezone(UTC))]
    found: list[Interval] = []
    for day in _days(business_day(now, settings.zone), business_day(end, settings.zone)):
        for starts, ends in _hours_of(day, trade, purpose=purpose, calendar=calendar, settings=settings):
            if narrow_to is not None:
                starts, ends = max(starts, narrow_to[0]), min(ends, narrow_to[1])
            first, last = max(_instant(day, starts, settings), now), min(_instant(day, ends, settings), end)
            if first < last:
                found.append((first.astimezone(UTC), last.astimezone(UTC)))
    return merged(found)


def windows_over(
    rules: Timeline,
    trade: str,
    now: datetime,
    *,
    calendar: Calendar,
    horizon: timedelta = DEFAULT_HORIZON,
    purpose: str = "marketing",
    narrow_to: Hours | None = None,
) -> list[Interval]:
    """`next_windows` by the rules of each moment: a change that takes effect on the way holds from then on."""
    return merged(
        window
        for start, end, settings in rules.pieces(now, now + horizon)
        for window in next_windows(
            trade,
            start,
            calendar=calendar,
            settings=settings,
            horizon=end - start,
            purpose=purpose,
            narrow_to=narrow_to,
        )
    )


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


_WHOLE_DAY = (time.min, time.max)


def _hours_of(
    day: date, trade: str, *, purpose: str, calendar: Calendar, settings: PolicySettings
) -> Iterator[Hours]:
    if purpose != "marketing":
        yield settings.service_hours or _WHOLE_DAY
        return
    if calendar.is_blackout(day):
        return
    for window in windows_of(trade, settings):
        if day.isoweekday() not in window.weekdays:
            continue
        if not window.workdays_only or calendar.workday(day).serves:
            yield max(window.starts, settings.earliest), min(window.ends, settings.latest)


def windows_of(trade: str, settings: PolicySettings) -> Sequence[DailyWindow]:
    """The daily windows of a trade, or those of `other`."""
    return settings.windows.get(trade) or settings.windows.get("other", ())


def _instant(day: date, at: time, settings: PolicySettings) -> datetime:
    if at == time.max:
        return datetime.combine(day + timedelta(days=1), time.min, settings.zone).astimezone(UTC)
    return datetime.combine(day, at, settings.zone).astimezone(UTC)


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Ascending, overlapping and touching ones joined."""
    joined: list[Interval] = []
    for start, end in sorted(intervals):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def is_open(windows: Iterable[Interval], at: datetime) -> bool:
    """Whether `at` lies in one of the windows; their end does not belong to them."""
    return any(start <= at < end for start, end in windows)
