"""A zone's clock over the years, as few steps as it took: engines are told offsets, not names of zones."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

YEARS_BACK = 12


def offsets(zone: ZoneInfo, now: datetime) -> list[tuple[datetime, int]]:
    """`(until, seconds)`, ascending: before `until` the zone was so many seconds ahead of UTC. The last one has
    no end; what lies more than twelve years back has the first."""
    return list(_offsets(zone, now.replace(hour=0, minute=0, second=0, microsecond=0)))


@lru_cache(maxsize=8)
def _offsets(zone: ZoneInfo, today: datetime) -> tuple[tuple[datetime, int], ...]:
    hour = timedelta(hours=1)
    end = today + timedelta(days=2)
    at = today - timedelta(days=366 * YEARS_BACK)
    found = []
    while at < end:
        after = at + timedelta(days=1)
        if _seconds(zone, after) != _seconds(zone, at):
            found.append((_turn(zone, at, hour), _seconds(zone, at)))
        at = after
    return (*found, (end, _seconds(zone, end)))


def _turn(zone: ZoneInfo, day: datetime, hour: timedelta) -> datetime:
    """The first quarter of an hour of the day on which the clock differs; clocks turn on none other."""
    before = _seconds(zone, day)
    at = day
    while _seconds(zone, at) == before:
        at += hour / 4
    return at


def _seconds(zone: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())
