"""The filters a template may use: few, pure, and each with a known longest result.

The time of the wall clock, arrays, HTML and anything that multiplies text have no place here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from xinfeng.content.values import cut
from xinfeng.content.variables import LONGEST_NUMBER, Kind
from xinfeng.kernel import money
from xinfeng.kernel.text import utf16_units

_DIRECTIVES: dict[str, Callable[[date], str]] = {
    "%Y": lambda day: f"{day.year:04d}",
    "%y": lambda day: f"{day.year % 100:02d}",
    "%m": lambda day: f"{day.month:02d}",
    "%-m": lambda day: str(day.month),
    "%d": lambda day: f"{day.day:02d}",
    "%-d": lambda day: str(day.day),
    "%%": lambda day: "%",
}
_directive = re.compile("%-?.")


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def default(value: Any, instead: Any) -> Any:
    """`instead` where the value is missing."""
    return instead if value is None or value == "" else value


def format_day(value: Any, layout: str) -> str:
    """A day by %Y %y %m %-m %d %-d, for example `%-m月%-d日`; nothing where there is no day."""
    if not isinstance(value, date):
        return ""
    return _directive.sub(lambda found: _DIRECTIVES[found.group()](value), layout)


def upcase(value: Any) -> str:
    return _same_length(_text(value), str.upper)


def downcase(value: Any) -> str:
    return _same_length(_text(value), str.lower)


def _same_length(text: str, change: Callable[[str], str]) -> str:
    changed = change(text)
    return changed if utf16_units(changed) <= utf16_units(text) else text


def strip(value: Any) -> str:
    return _text(value).strip()


def append(value: Any, more: Any) -> str:
    return _text(value) + _text(more)


def prepend(value: Any, more: Any) -> str:
    return _text(more) + _text(value)


def truncate(value: Any, units: int, ending: str = "") -> str:
    """At most `units` UTF-16 units, the ending included."""
    text = _text(value)
    if utf16_units(text) <= units:
        return text
    return cut(text, max(units - utf16_units(ending), 0)) + ending


def round_number(value: Any, decimals: int = 0) -> Any:
    if not isinstance(value, int | float):
        return value
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return int(exact) if decimals == 0 else float(exact)


def _within(number: int | float) -> int | float:
    bounded = max(min(number, 10**15 - 1), 1 - 10**15)
    if isinstance(bounded, int):
        return bounded
    return int(bounded) if bounded.is_integer() else round(bounded, 4)


def plus(value: Any, other: int | float) -> Any:
    return _within(value + other) if isinstance(value, int | float) else value


def minus(value: Any, other: int | float) -> Any:
    return _within(value - other) if isinstance(value, int | float) else value


def yuan(value: Any) -> Any:
    """Fen as yuan: 1250 → 12.50."""
    return money.yuan(int(value)) if isinstance(value, int | float) else value


@dataclass(frozen=True, slots=True)
class FilterRule:
    """What a filter takes and gives, checked when a template is saved.

    `takes` None: any kind. `arguments` are the Python types of its literals, the first `required` must be
    there. `bound` gives the longest result in UTF-16 units from the longest input and the arguments.
    """

    apply: Callable[..., Any]
    takes: Kind | None
    gives: Kind
    arguments: tuple[type | tuple[type, ...], ...]
    required: int
    bound: Callable[[int, tuple[Any, ...]], int]
    words: str
    words_en: str


_NUMBERS = (int, float)
_ANY_LITERAL = (str, int, float)


def _longest(literal: Any) -> int:
    return utf16_units(_text(literal))


FILTERS: dict[str, FilterRule] = {
    "default": FilterRule(
        default, None, Kind.TEXT, (_ANY_LITERAL,), 1,
        lambda longest, args: max(longest, _longest(args[0])), "缺失时使用", "value where it is missing",
    ),
    "date": FilterRule(
        format_day, Kind.DAY, Kind.TEXT, (str,), 1,
        lambda longest, args: utf16_units(args[0]) + 2 * len(_directive.findall(args[0])), "日期格式", "format of a day",
    ),
    "upcase": FilterRule(upcase, None, Kind.TEXT, (), 0, lambda longest, args: longest, "转大写", "upper case"),
    "downcase": FilterRule(downcase, None, Kind.TEXT, (), 0, lambda longest, args: longest, "转小写", "lower case"),
    "strip": FilterRule(strip, None, Kind.TEXT, (), 0, lambda longest, args: longest, "去首尾空格", "trim spaces"),
    "append": FilterRule(
        append, None, Kind.TEXT, (_ANY_LITERAL,), 1,
        lambda longest, args: longest + _longest(args[0]), "后面加上", "add behind",
    ),
    "prepend": FilterRule(
        prepend, None, Kind.TEXT, (_ANY_LITERAL,), 1,
        lambda longest, args: longest + _longest(args[0]), "前面加上", "add in front",
    ),
    "truncate": FilterRule(
        truncate, None, Kind.TEXT, (int, str), 1,
        lambda longest, args: min(longest, max(args[0], _longest(args[1]) if len(args) > 1 else 0)),
        "最多几个字", "cut to a length",
    ),
    "round": FilterRule(
        round_number, Kind.NUMBER, Kind.NUMBER, (int,), 0,
        lambda longest, args: LONGEST_NUMBER, "四舍五入", "round",
    ),
    "plus": FilterRule(
        plus, Kind.NUMBER, Kind.NUMBER, (_NUMBERS,), 1, lambda longest, args: LONGEST_NUMBER, "加", "add a number",
    ),
    "minus": FilterRule(
        minus, Kind.NUMBER, Kind.NUMBER, (_NUMBERS,), 1,
        lambda longest, args: LONGEST_NUMBER, "减", "subtract a number",
    ),
    "yuan": FilterRule(
        yuan, Kind.NUMBER, Kind.TEXT, (), 0, lambda longest, args: LONGEST_NUMBER, "分换算为元", "fen as yuan",
    ),
}  # fmt: skip
"""Every filter by its name; nothing else can be called from a template."""

LARGEST_DECIMALS = 4


def fault_in_arguments(name: str, arguments: tuple[Any, ...]) -> bool:
    """Whether the literals are unfit for the filter: wrong number, type or range."""
    rule = FILTERS[name]
    if not rule.required <= len(arguments) <= len(rule.arguments):
        return True
    for value, expected in zip(arguments, rule.arguments, strict=False):
        if not isinstance(value, expected):
            return True
    if name == "date":
        return not set(_directive.findall(arguments[0])) <= _DIRECTIVES.keys()
    if name == "truncate":
        return not 1 <= arguments[0] <= 1000
    if name == "round":
        return bool(arguments) and not 0 <= arguments[0] <= LARGEST_DECIMALS
    if name in ("plus", "minus"):
        return not abs(arguments[0]) < 10**15
    return False
