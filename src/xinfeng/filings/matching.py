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
    """A filed text, read: constant pieces, between each two of which stands one variable; `names` are theirs."""

    pieces: tuple[str, ...]
    names: tuple[str, ...] = ()

    @property
    def variables(self) -> int:
        return len(self.pieces) - 1


def read_filed(text: str) -> Filed:
    """A filed text with its variables found; blanks at both ends don't count."""
    taken = text.strip()[:LONGEST_FILED]
    names = tuple(one.strip("${}") for one in _variable.findall(taken))
    return Filed(tuple(_variable.split(taken)), names)


def matches(filed: Filed, text: str, *, longest_value: int | None = None) -> bool:
    """Whether `text` is `filed` with each variable standing for at most `longest_value` characters (None: any)."""
    return _ends(filed, text, longest_value) is not None


def values(filed: Filed, text: str, *, longest_value: int | None = None) -> dict[str, str] | None:
    """What each variable of `filed` stands for in `text`; put in their places they give `text` to the letter. None where
    it is no such text, or a variable that stands twice would have to stand for two things.

    Where a text can be read in several ways, the last variables are the shortest they can be without being empty.
    """
    ends = _ends(filed, text, longest_value)
    if ends is None:
        return None
    found: dict[str, str] = {}
    stop = len(text)
    for number in range(len(filed.pieces) - 1, 0, -1):
        stop -= len(filed.pieces[number])
        most = stop if longest_value is None else min(stop, longest_value)
        start = _nearest(ends[number - 1], stop, most)
        value, name = text[start:stop], filed.names[number - 1]
        if found.setdefault(name, value) != value:
            return None
        stop = start
    return dict(reversed(found.items()))


def _nearest(reached: int, stop: int, most: int) -> int:
    """The last position before `stop` that was reached, or `stop` itself where there is none within `most` of it."""
    within = reached & ((1 << stop) - 1) & ~((1 << max(0, stop - most)) - 1)
    return within.bit_length() - 1 if within else stop


def _ends(filed: Filed, text: str, longest_value: int | None) -> list[int] | None:
    """Where each piece may end, as sets of positions; None where the last can't end with the text."""
    where: dict[str, int] = {}
    for position, character in enumerate(text):
        where[character] = where.get(character, 0) | 1 << position
    everywhere = (1 << len(text) + 1) - 1
    reached, ends = 1, []
    for number, piece in enumerate(filed.pieces):
        if number:
            reached = _smear(reached, longest_value, everywhere)
        for character in piece:
            reached = (reached & where.get(character, 0)) << 1
            if not reached:
                return None
        ends.append(reached)
    return ends if reached >> len(text) & 1 else None


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
