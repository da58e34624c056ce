"""When a complaint has to be answered: the end of the n-th working day after the day on which it came. Pure.

How many days is a choice of the product, not a rule of law (`settings.WORKDAYS`); sources may demand less. Days of a
year whose calendar nobody knows yet count by their weekday, so that no deadline moves out of sight.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from xinfeng.kernel.time import business_day, day_bounds
from xinfeng.policy.calendar import Calendar, Workday

FARTHEST = timedelta(days=90)


def due_after(at: datetime, workdays: int, *, calendar: Calendar, zone: ZoneInfo) -> datetime:
    """The last moment of that working day, aware UTC."""
    first = day = business_day(at, zone)
    left = workdays
    while left > 0 and day - first < FARTHEST:
        day += timedelta(days=1)
        kind = calendar.workday(day)
        if kind.serves or (kind is Workday.UNKNOWN and day.isoweekday() <= 5):
            left -= 1
    return day_bounds(day, zone)[1] - timedelta(seconds=1)


def days_left(due_at: datetime, now: datetime, zone: ZoneInfo) -> int:
    """Business days' distance in calendar days; negative once it is over."""
    return (business_day(due_at, zone) - business_day(now, zone)).days
