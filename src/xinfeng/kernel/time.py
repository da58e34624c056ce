"""Aware UTC inside; the business day lives in the enterprise's zone. Pure code is given `now`."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def utc_now() -> datetime:
    """The one place that reads the wall clock; doors and actions call it and hand the value down."""
    return datetime.now(UTC)


def business_day(at: datetime, zone: ZoneInfo) -> date:
    """The calendar day `at` falls on for the enterprise."""
    return at.astimezone(zone).date()


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """`[start, end)` of a business day as aware UTC."""
    start = datetime.combine(day, time.min, zone)
    end = datetime.combine(day + timedelta(days=1), time.min, zone)
    return start.astimezone(UTC), end.astimezone(UTC)
