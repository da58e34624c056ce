"""Mainland China mobile numbers: reading what people and spreadsheets write, masking, carrier by prefix.

Inside, a number is its bare 11 digits. Errors never carry the number itself: they end up in logs.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum

from xinfeng.kernel.errors import InvalidInput

LONGEST_INPUT = 64
"""Characters; nothing longer is a phone number, however it is decorated."""

_is_bare = re.compile(r"1[3-9][0-9]{9}").fullmatch
_is_iot = re.compile(r"(?:106|14[0-9])[0-9]{10}").fullmatch
_is_whole_float = re.compile(r"([0-9]+)\.0*").fullmatch
_is_scientific = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{1,2}").fullmatch

_DECORATION = dict.fromkeys(
    map(
        ord,
        " \t\r\n\v\f\u00a0\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff()-'\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
    )
)
"""What stands between the digits of a number copied from a document, chat or address book."""

_FEWEST_MANTISSA_DIGITS = 8
"""Spreadsheets show a wide number as `1.38001E+10`, six digits at most: the rest of the number is lost. A
mantissa with more digits was written by a program, from the number itself."""


def parse_mainland(text: str) -> str:
    """The bare 11 digits of a mainland mobile number.

    Takes `+86`, `0086` and `86`, spaces, dashes, brackets, full-width digits, and what spreadsheets make of a
    number (`13800138000.0`; `1.3800138E10` where no digit was lost).

    Raises InvalidInput: `phone.empty`, `phone.unreadable`, `phone.iot` (13-digit 106… and 14x… numbers of
    machines), `phone.not_mainland_mobile`.
    """
    if _is_bare(text):
        return text
    return _parse_decorated(text)


def _parse_decorated(text: str) -> str:
    if len(text) > LONGEST_INPUT:
        raise InvalidInput("phone.unreadable")
    cleaned = unicodedata.normalize("NFKC", text).translate(_DECORATION)
    if not cleaned:
        raise InvalidInput("phone.empty")
    digits = _without_country_code(_undo_spreadsheet(cleaned.removeprefix("tel:")))
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidInput("phone.unreadable")
    if _is_bare(digits):
        return digits
    raise InvalidInput("phone.iot" if _is_iot(digits) else "phone.not_mainland_mobile")


def _undo_spreadsheet(text: str) -> str:
    if whole := _is_whole_float(text):
        return whole.group(1)
    if not _is_scientific(text):
        return text
    value = Decimal(text)
    exact = value == value.to_integral_value() and len(value.as_tuple().digits) >= _FEWEST_MANTISSA_DIGITS
    return str(int(value)) if exact and value < 10**15 else text


def _without_country_code(text: str) -> str:
    for code in ("+86", "0086"):
        if text.startswith(code):
            return text[len(code) :]
    if text.startswith("86") and len(text) in (13, 15):
        return text[2:]
    return text.removeprefix("+")


def mask(number: str) -> str:
    """`13800138000` → `138****8000`. Shorter numbers (service codes, strays) keep their last two digits."""
    if len(number) >= 11:
        return f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}"
    return "*" * (len(number) - 2) + number[-2:] if len(number) > 4 else "*" * len(number)


class Carrier(IntEnum):
    """The four mobile carriers of the mainland."""

    UNKNOWN = 0
    MOBILE = 1
    UNICOM = 2
    TELECOM = 3
    BROADNET = 4


@dataclass(frozen=True, slots=True)
class PrefixRange:
    """Numbers that begin with `prefix` (3 to 5 digits) were allocated to `carrier`.

    `virtual`: resold by a mobile virtual network operator on that carrier's network.
    """

    prefix: str
    carrier: Carrier
    virtual: bool = False


PREFIX_TABLE_DATE = date(2023, 3, 31)
PREFIX_TABLE_SOURCE = "MIIT number allocation as published at the end of March 2023; majority per prefix"


def _ranges(carrier: Carrier, prefixes: str, *, virtual: bool = False) -> list[PrefixRange]:
    return [PrefixRange(prefix, carrier, virtual) for prefix in prefixes.split()]


PREFIX_RANGES: tuple[PrefixRange, ...] = (
    *_ranges(Carrier.MOBILE, "134 135 136 137 138 139 147 148 150 151 152 157 158 159 172 178"),
    *_ranges(Carrier.MOBILE, "182 183 184 187 188 195 197 198"),
    *_ranges(Carrier.MOBILE, "165 1703 1705 1706", virtual=True),
    *_ranges(Carrier.UNICOM, "130 131 132 145 146 155 156 166 175 176 185 186 196"),
    *_ranges(Carrier.UNICOM, "167 171 1704 1707 1708 1709", virtual=True),
    *_ranges(Carrier.TELECOM, "133 149 153 173 177 180 181 189 190 191 193 199"),
    *_ranges(Carrier.TELECOM, "162 1700 1701 1702", virtual=True),
    *_ranges(Carrier.TELECOM, "1349 17400 17401 17402 17403 17404 17405"),  # satellite
    *_ranges(Carrier.BROADNET, "192"),
)


def _by_five_digits() -> dict[str, PrefixRange]:
    """Longest prefix wins, spelt out to five digits so that a lookup is a single one."""
    table: dict[str, PrefixRange] = {}
    for entry in sorted(PREFIX_RANGES, key=lambda entry: len(entry.prefix)):
        missing = 5 - len(entry.prefix)
        for rest in range(10**missing):
            table[f"{entry.prefix}{rest:0{missing}d}" if missing else entry.prefix] = entry
    return table


_TABLE = _by_five_digits()
_UNALLOCATED = PrefixRange("", Carrier.UNKNOWN)


def range_of(number: str) -> PrefixRange:
    """The allocation a bare number falls into; an unallocated one has an empty prefix and no carrier."""
    return _TABLE.get(number[:5], _UNALLOCATED)


def carrier_by_prefix(number: str) -> Carrier:
    """Who was given this range. A ported number keeps its prefix, so this is a first guess only."""
    return _TABLE.get(number[:5], _UNALLOCATED).carrier


def is_virtual(number: str) -> bool:
    """Whether the range is resold by a virtual operator; some channels refuse such numbers."""
    return _TABLE.get(number[:5], _UNALLOCATED).virtual
