"""Intervals drawn on a logarithmic scale, as numbers for an inline SVG: rates span five orders of magnitude. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xinfeng.kernel.gamma import Interval

WIDTH = 600
MARGIN = 8
FLOOR = 0.01
"""Per million; what is below, 0 included, lies at the left edge."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One line: the interval from `x` over `width`, the estimate at `dot`."""

    x: float
    width: float
    dot: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line: a limit or a power of ten."""

    x: float
    label: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Scale:
    """From FLOOR to a power of ten, per million."""

    top: float

    @classmethod
    def over(cls, values: Iterable[float]) -> Scale:
        highest = max([1.0, *values])
        return cls(10.0 ** math.ceil(math.log10(highest)))

    def at(self, value: float) -> float:
        """Where a value lies, in units of the drawing."""
        bounded = min(max(value, FLOOR), self.top)
        share = math.log(bounded / FLOOR) / math.log(self.top / FLOOR)
        return round(MARGIN + share * (WIDTH - 2 * MARGIN), 1)

    def bar(self, interval: Interval, estimate: float) -> Bar:
        left, right = self.at(interval.low), self.at(interval.high)
        return Bar(left, round(max(right - left, 1.0), 1), self.at(estimate))

    def ticks(self) -> list[Mark]:
        powers = range(round(math.log10(FLOOR)), round(math.log10(self.top)) + 1)
        return [Mark(self.at(10.0**power), f"{10.0**power:g}") for power in powers]

    def limits(self, limits: Sequence[tuple[float, str, str]]) -> list[Mark]:
        """(per million, label, tone) of each."""
        return [Mark(self.at(value), label, tone) for value, label, tone in limits if value <= self.top]
