"""Whether a text is one that was filed: filed text with variables against a rendering. Pure.

A filed text marks its variables `${name}`, `{1}` or `{name}`; each stands for up to a number of characters. The text is
looked at as a set of positions, one bit each: a character of the filed text moves the set one on where the text agrees, a
variable smears it. So nothing is ever tried again: a filed text of m characters against a text of n takes m steps on
n bits, whatever either says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

LONGEST_FILED = 2_000
_variable = re.compile(r"\$\{[^{}]{1,40}\}|\{\w{1,40}\}")


@dataclass(frozen=True, slots=True)
class Filed:
    """A filed text, read: constant pieces, between each two of which stands one variable."""

    pieces: tuple[str, ...]

    @property
    def variables(self) -> int:
        return len(self.pieces) - 1


def read_filed(text: str) -> Filed:
    """A filed text with its variables found; blanks at both ends don't count."""
    return Filed(tuple(_variable.split(text.strip()[:LONGEST_FILED])))


def matches(filed: Filed, text: str, *, longest_value: int | None = None) -> bool:
    """Whether `text` is `filed` with each variable standing for at most `longest_value` characters (None: any)."""
    where: dict[str, int] = {}
    for position, character in enumerate(text):
        where[character] = where.get(character, 0) | 1 << position
    everywhere = (1 << len(text) + 1) - 1
    reached = 1
    for number, piece in enumerate(filed.pieces):
        if number:
            reached = _smear(reached, longest_value, everywhere)
        for character in piece:
            reached = (reached & where.get(character, 0)) << 1
            if not reached:
                return False
    return bool(reached >> len(text) & 1)


def _smear(reached: int, most: int | None, everywhere: int) -> int:
    """Every position up to `most` behind one that was reached."""
    if most is None or most >= everywhere.bit_length():
        lowest = reached & -reached
        return everywhere & ~(lowest - 1) if reached else 0
    done = 0
    while done < most:
        step = min(done + 1, most - done)
        reached |= reached << step
        done += step
    return reached & everywhere


class Stretch(NamedTuple):
    """A stretch of a comparison: `same`, `filed` (only in what was filed) or `now` (only in the text as it is now)."""

    kind: str
    text: str


def difference(filed: str, now: str) -> list[Stretch]:
    """What changed since it was filed, in reading order."""
    found: list[Stretch] = []
    for tag, start, end, start_now, end_now in SequenceMatcher(
        None, filed, now, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            found.append(Stretch("same", filed[start:end]))
            continue
        if end > start:
            found.append(Stretch("filed", filed[start:end]))
        if end_now > start_now:
            found.append(Stretch("now", now[start_now:end_now]))
    return found
