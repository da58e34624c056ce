"""Local days and hours as questions to the lens, for any zone and without the engine's own calendar.

A zone is a few spans with a fixed offset from UTC (Asia/Shanghai: one since 1991), so local time is arithmetic.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.datatypes as dt

_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
"""Before it, the offset of that day stands in."""

_STEP = timedelta(hours=1)
DAY_S = 86_400


@lru_cache(maxsize=64)
def offsets(zone: ZoneInfo, until_year: int) -> tuple[tuple[int, int], ...]:
    """Spans of constant offset up to the end of a year: (first second since 1970, offset in seconds), in order."""
    found: list[tuple[int, int]] = []
    day, last = _FIRST, datetime(until_year + 1, 1, 1, tzinfo=UTC)
    while day <= last:
        offset = _offset(day, zone)
        if not found:
            found.append((0, offset))
        elif offset != found[-1][1]:
            change = day - timedelta(days=1)
            while _offset(change, zone) == found[-1][1]:
                change += _STEP
            found.append((int(change.timestamp()), _offset(change, zone)))
        day += timedelta(days=1)
    return tuple(found)


def _offset(at: datetime, zone: ZoneInfo) -> int:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


@ibis.udf.scalar.builtin(name="epoch_us", signature=((dt.Timestamp("UTC"),), dt.int64))
def _epoch_us(at): ...  # type: ignore[no-untyped-def]


def seconds(at: Any) -> Any:
    """A time column as whole seconds since 1970-01-01 00:00 UTC.

    By DuckDB's own function: Ibis's `epoch_seconds` goes over another type and takes eight times as long.
    """
    return _epoch_us(at) // 1_000_000


def local_seconds(at: Any, zone: ZoneInfo, *, until_year: int) -> Any:
    """A time column as seconds since 1970-01-01 00:00 of the local clock (whole numbers)."""
    plain = seconds(at)
    spans = offsets(zone, until_year)
    if len(spans) == 1:
        return plain + spans[0][1]
    later = [(plain >= start, plain + offset) for start, offset in reversed(spans[1:])]
    return ibis.cases(*later, else_=plain + spans[0][1])


def local_hour(at: Any, zone: ZoneInfo, *, until_year: int) -> Any:
    """0 to 23."""
    in_day = local_seconds(at, zone, until_year=until_year) % DAY_S
    return ((in_day + DAY_S) % DAY_S) // 3600  # before 1970 the first remainder is negative


def local_day(at: Any, zone: ZoneInfo, *, until_year: int) -> Any:
    """Days since 1970-01-01 of the local calendar."""
    return local_seconds(at, zone, until_year=until_year) // DAY_S
