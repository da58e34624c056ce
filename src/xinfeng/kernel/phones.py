"""Mainland China mobile numbers: reading what people and spreadsheets write, masking, the carriers. Whose a range is,
`kernel.prefixes` knows.

Inside, a number is its bare 11 digits. Errors never carry the number itself: they end up in logs.
"""

from __future__ import annotations

import re
import unicodedata
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
