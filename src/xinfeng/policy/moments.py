"""The moment at which a text will be read, with what the calendar says of that day."""

from __future__ import annotations

from datetime import datetime

from xinfeng.content.values import Moment
from xinfeng.kernel.time import business_day
from xinfeng.policy.calendar import Mark
from xinfeng.policy.models import CalendarDay
from xinfeng.policy.reads import current_settings


def reading_moment(at: datetime) -> Moment:
    """For texts that are read at `at`: the enterprise's zone, and the public holiday of that day by name."""
    zone = current_settings().zone
    day = CalendarDay.objects.filter(day=business_day(at, zone), kind=Mark.HOLIDAY).first()
    return Moment(at, zone, day.name if day else None)
