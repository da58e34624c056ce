"""Where the names of the columns stand.

Exports put things above them: the shop's name, when the file was made, a row of groups (`基本信息`, `消费信息`)
whose cells are merged over the names below. Data begins with the first row that has a phone number; the names are
looked for between the top and there. Where the first row can be the names, it is taken for them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import parse_mainland

_like_data = re.compile(r"\d{4}").search


Cells = Sequence[str]


def find_header(rows: Sequence[Cells]) -> tuple[Cells, int] | None:
    """The names of the columns, and at which row they end; None: the file begins with data.

    `rows`: the first of the file, without blank ones, at least one.
    """
    first_data = next((at for at, row in enumerate(rows) if any(map(_is_phone, row))), None)
    if first_data == 0:
        return None
    above = rows[:first_data]
    width = max(map(_filled, rows))
    at = next((at for at, row in enumerate(above) if not _is_title(row, width)), None)
    if at is None:  # nothing but titles: the last above the data may be a name after all
        at = 0 if first_data is None else first_data - 1
        return above[at], at
    names = above[at]
    if first_data is not None:
        while at + 1 < first_data and _names_below(names, above[at + 1], width):
            names, at = _laid_over(names, above[at + 1]), at + 1
    return names, at


def _is_title(row: Cells, width: int) -> bool:
    """Whether this says something about the file: one cell of a wider table, or two, one of them a date."""
    filled = [cell for cell in row if cell.strip()]
    if len(filled) == 1:
        return width > 1
    return len(filled) == 2 < width and any(map(_like_data, filled))


def _names_below(names: Cells, row: Cells, width: int) -> bool:
    """Whether the row names what is still open: single columns under groups, and nothing under a name."""
    if _filled(names) >= width or any(map(_like_data, row)):
        return False
    length = max(len(names), len(row))
    above = [cell.strip() for cell in _padded(names, length)]
    below = [cell.strip() for cell in _padded(row, length)]
    columns = list(zip(above, below, [*above[1:], "end"], strict=True))
    fills_a_gap = any(under and not over for over, under, _ in columns)
    return fills_a_gap and not any(over and under and right for over, under, right in columns)


def _laid_over(above: Cells, below: Cells) -> list[str]:
    length = max(len(above), len(below))
    pairs = zip(_padded(above, length), _padded(below, length), strict=True)
    return [lower if lower.strip() else upper for upper, lower in pairs]


def _padded(cells: Cells, length: int) -> list[str]:
    return [*cells, *[""] * (length - len(cells))]


def _filled(row: Cells) -> int:
    return sum(1 for cell in row if cell.strip())


def _is_phone(cell: str) -> bool:
    try:
        parse_mainland(cell)
    except InvalidInput:
        return False
    return True
