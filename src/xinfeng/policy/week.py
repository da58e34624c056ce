"""A week of half hours, as people draw windows on a grid: to windows and back. Pure.

A cell is (ISO weekday, half hour of the day from 0 to 47). Written, it is seven groups of 48 digits, Monday first:
`1` where may be sent. Windows that don't begin and end on half hours, or of which only some ask for workdays, can't be
drawn; their fields remain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import time

from xinfeng.kernel.errors import InvalidInput
from xinfeng.policy.settings import HARD_EARLIEST, HARD_LATEST, DailyWindow

Cells = frozenset[tuple[int, int]]
HALVES = 48
_is_written = re.compile(r"[01]{48}(\.[01]{48}){6}").fullmatch


def half_of(at: time) -> int | None:
    """The half hour that begins at this time; None for another time."""
    return (
        at.hour * 2 + at.minute // 30 if at.minute in (0, 30) and not (at.second or at.microsecond) else None
    )


def time_of(half: int) -> time:
    return time(half // 2, 30 * (half % 2))


FIRST, LAST = half_of(HARD_EARLIEST) or 0, half_of(HARD_LATEST) or HALVES
"""The half hours within the hard bounds: `[FIRST, LAST)`."""


def cells_of(windows: Sequence[DailyWindow]) -> Cells | None:
    """The windows as cells; None where they can't be drawn."""
    if len({one.workdays_only for one in windows}) > 1:
        return None
    found: set[tuple[int, int]] = set()
    for window in windows:
        first, last = half_of(window.starts), half_of(window.ends)
        if first is None or last is None:
            return None
        found |= {(day, half) for day in window.weekdays for half in range(first, last)}
    return frozenset(found)


def windows_from(
    cells: Cells, *, workdays_only: bool, source: str, old: Sequence[DailyWindow] = ()
) -> tuple[DailyWindow, ...]:
    """The fewest windows with whole runs of cells, by time of day. One that was there before keeps its source."""
    runs: dict[tuple[int, int], set[int]] = {}
    for day in range(1, 8):
        for run in _runs(sorted(half for each, half in cells if each == day)):
            runs.setdefault(run, set()).add(day)
    sources = {(one.starts, one.ends, one.weekdays, one.workdays_only): one.source for one in old}
    found = []
    for (first, last), days in sorted(runs.items()):
        key = (time_of(first), time_of(last), frozenset(days), workdays_only)
        found.append(DailyWindow(*key, source=sources.get(key, source)))
    return tuple(found)


def _runs(halves: Sequence[int]) -> Iterator[tuple[int, int]]:
    """`[first, last)` of what is consecutive."""
    start = 0
    for at in range(1, len(halves) + 1):
        if at == len(halves) or halves[at] != halves[at - 1] + 1:
            yield halves[start], halves[at - 1] + 1
            start = at


def write_cells(cells: Cells) -> str:
    return ".".join(
        "".join("1" if (day, half) in cells else "0" for half in range(HALVES)) for day in range(1, 8)
    )


def read_cells(text: str) -> Cells:
    """Raises InvalidInput `policy.week` for another form, or a cell outside the hard bounds."""
    if not _is_written(text):
        raise InvalidInput("policy.week")
    found = frozenset(
        (day, half)
        for day, row in enumerate(text.split("."), start=1)
        for half, digit in enumerate(row)
        if digit == "1"
    )
    if any(not FIRST <= half < LAST for _, half in found):
        raise InvalidInput("policy.week")
    return found
