"""To whom the ranges of mobile numbers were given: data with a date and a source. Pure but for reading its own file.

`prefixes.txt` beside this module is what we ship: `#` lines say when it was drawn up and from what, then one line a
range: prefix (3 to 7 digits), carrier, kind. The longest prefix of a number holds. A ported number keeps its prefix, so
this is a first guess only. A deployment may bring a table of its own (`contacts.prefixes`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import Carrier

SHORTEST, LONGEST = 3, 7
MOST_RANGES = 700_000
"""As many as there are prefixes of seven digits from 1300000 to 1999999."""
LONGEST_SOURCE = 300

SHIPPED = Path(__file__).parent / "prefixes.txt"

_HEAD = "#xinfeng prefixes 1"
_is_prefix = re.compile(r"1[3-9][0-9]{1,5}").fullmatch


def is_prefix(text: str) -> bool:
    """Whether it can be a range of mobile numbers: 3 to 7 digits."""
    return _is_prefix(text) is not None


_NAMES = {"none": Carrier.UNKNOWN} | {one.name.lower(): one for one in Carrier if one is not Carrier.UNKNOWN}


class RangeKind(StrEnum):
    """What numbers of a range are for. VIRTUAL: resold by an operator without a network of its own."""

    MOBILE = "mobile"
    VIRTUAL = "virtual"
    IOT = "iot"
    SATELLITE = "satellite"


@dataclass(frozen=True, slots=True)
class PrefixRange:
    """Numbers that begin with `prefix` were given to `carrier`."""

    prefix: str
    carrier: Carrier
    kind: RangeKind = RangeKind.MOBILE

    @property
    def virtual(self) -> bool:
        return self.kind is RangeKind.VIRTUAL


UNALLOCATED = PrefixRange("", Carrier.UNKNOWN)


class PrefixTable:
    """Ranges by prefix. `width`: a number's carrier depends on no more than so many of its digits."""

    def __init__(self, ranges: Iterable[PrefixRange], *, drawn_up: date, source: str) -> None:
        self.drawn_up = drawn_up
        self.source = source
        self._by_length: dict[int, dict[str, PrefixRange]] = {}
        for one in ranges:
            known = self._by_length.setdefault(len(one.prefix), {})
            if one.prefix in known and known[one.prefix] != one:
                raise InvalidInput("prefixes.twice", prefix=one.prefix)
            known[one.prefix] = one
        self._lengths = sorted(self._by_length, reverse=True)
        self.width = self._lengths[0] if self._lengths else SHORTEST

    def of(self, number: str) -> PrefixRange:
        """The range of a bare number (or of its first `width` digits); UNALLOCATED for one that nobody was given."""
        for length in self._lengths:
            if (found := self._by_length[length].get(number[:length])) is not None:
                return found
        return UNALLOCATED

    def carrier_of(self, number: str) -> Carrier:
        """Who was given this range."""
        return self.of(number).carrier

    @property
    def ranges(self) -> list[PrefixRange]:
        """All, by prefix."""
        return sorted(
            (one for known in self._by_length.values() for one in known.values()), key=lambda one: one.prefix
        )


def dump(ranges: Iterable[PrefixRange], *, drawn_up: date, source: str) -> str:
    """The file's text. Raises InvalidInput `prefixes.source`."""
    said = " ".join(source.split())
    if not said or len(said) > LONGEST_SOURCE or not said.isprintable():
        raise InvalidInput("prefixes.source", longest=LONGEST_SOURCE)
    names = {carrier: name for name, carrier in _NAMES.items()}
    lines = [f"{one.prefix} {names[one.carrier]} {one.kind.value}" for one in ranges]
    return "\n".join([_HEAD, f"#date {drawn_up.isoformat()}", f"#source {said}", *lines, ""])


def load(text: str) -> PrefixTable:
    """A table from a file's text. Raises InvalidInput `prefixes.unreadable` with the line, `prefixes.twice`,
    `prefixes.too_many`."""
    lines = text.splitlines()
    if not lines or lines[0] != _HEAD:
        raise InvalidInput("prefixes.unreadable", line=1)
    if len(lines) > MOST_RANGES + 10:
        raise InvalidInput("prefixes.too_many", at_most=MOST_RANGES)
    said: dict[str, str] = {}
    ranges: list[PrefixRange] = []
    for number, line in enumerate(lines[1:], start=2):
        if line.startswith("#"):
            name, _, value = line[1:].partition(" ")
            said[name] = value
        elif line:
            ranges.append(_range(line.split(), number))
    try:
        return PrefixTable(ranges, drawn_up=date.fromisoformat(said["date"]), source=said["source"])
    except (KeyError, ValueError):
        raise InvalidInput("prefixes.unreadable", line=2) from None


def _range(words: list[str], line: int) -> PrefixRange:
    if len(words) != 3 or not _is_prefix(words[0]) or words[1] not in _NAMES:
        raise InvalidInput("prefixes.unreadable", line=line)
    try:
        return PrefixRange(words[0], _NAMES[words[1]], RangeKind(words[2]))
    except ValueError:
        raise InvalidInput("prefixes.unreadable", line=line) from None


@lru_cache(maxsize=1)
def shipped() -> PrefixTable:
    """The table that comes with the product."""
    return load(SHIPPED.read_text(encoding="utf-8"))
