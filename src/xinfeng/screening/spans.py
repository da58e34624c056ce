"""Many spans of one text, asked about quickly."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate


class Spans:
    """A set of (start, end), `end` excluded. Each question costs the logarithm of how many there are."""

    __slots__ = ("_furthest", "_starts")

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(spans)
        self._starts = [start for start, _end in ordered]
        self._furthest = list(accumulate((end for _start, end in ordered), max))

    def __bool__(self) -> bool:
        return bool(self._starts)

    def cover(self, start: int, end: int) -> bool:
        """Whether one of them holds all of this span."""
        return self._reach(bisect_right(self._starts, start)) >= end

    def exceed(self, start: int, end: int) -> bool:
        """Whether one of them holds all of this span and more."""
        return (
            self._reach(bisect_left(self._starts, start)) >= end
            or self._reach(bisect_right(self._starts, start)) > end
        )

    def overlap(self, start: int, end: int) -> bool:
        """Whether one of them has a character of this span."""
        return self._reach(bisect_left(self._starts, end)) > start

    def _reach(self, count: int) -> int:
        return self._furthest[count - 1] if count else -1
