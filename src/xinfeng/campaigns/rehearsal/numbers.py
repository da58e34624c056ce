"""Numbers that nobody has, in the place of the recipients'. Pure."""

from __future__ import annotations

RANGES = ("154", "160", "163", "164", "168", "169", "179")
"""Given to no carrier by the Ministry (电信网编号计划, as of March 2023), so none of them can be anyone's."""

_PER_RANGE = 100_000_000
_STRIDE = 4_100_003
"""Coprime with 10^8, so that no two places of a range are alike."""


def number_of(place: int) -> str:
    """The number for the recipient at this place of the run; no two are alike."""
    return f"{RANGES[place % len(RANGES)]}{(place // len(RANGES) * _STRIDE + 271_828) % _PER_RANGE:08d}"


def is_nobodys(number: str) -> bool:
    """Whether it is one of those numbers."""
    return len(number) == 11 and number.isdecimal() and number[:3] in RANGES
