"""Small drawings made on the server, so that they need neither scripts nor inline styles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xinfeng.console.components.parts import Share

SPARK_WIDTH, SPARK_HEIGHT = 96, 28
BAR_WIDTH = 1000
LEAST_VISIBLE = 4


@dataclass(frozen=True)
class Piece:
    """A share with its place on a bar that is 1000 wide."""

    share: Share
    x: float
    width: float
    ratio: float


def spark_points(values: Sequence[float]) -> str:
    """`points` of an SVG polyline 96 wide and 28 high; empty for fewer than two values."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1
    step = SPARK_WIDTH / (len(values) - 1)
    return " ".join(
        f"{index * step:.1f},{SPARK_HEIGHT - 2 - (value - low) / span * (SPARK_HEIGHT - 4):.1f}"
        for index, value in enumerate(values)
    )


def share_pieces(items: Sequence[Share]) -> list[Piece]:
    """Places side by side; a piece that is there at all stays visible, at the expense of the largest."""
    total = sum(item.count for item in items)
    if not total:
        return [Piece(item, 0, 0, 0) for item in items]
    widths = [max(LEAST_VISIBLE, item.count / total * BAR_WIDTH) if item.count else 0.0 for item in items]
    widths[widths.index(max(widths))] -= sum(widths) - BAR_WIDTH
    pieces, x = [], 0.0
    for item, width in zip(items, widths, strict=True):
        pieces.append(Piece(item, round(x, 2), round(width, 2), item.count / total))
        x += width
    return pieces
