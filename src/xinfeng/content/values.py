"""Values on their way into a text: made from contacts, cleaned, cut. Pure.

Values come from files and forms that strangers filled in. Here they become harmless: one line, no control or
direction characters, no 【】 (nobody's name may forge a signature), no longer than the catalogue says. They are
never parsed as Liquid.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from xinfeng.content.variables import LONGEST_HOLIDAY, TIER_CODES, Kind, Value, Variable

_ZERO_WIDTH_JOINER = "\u200d"  # holds family and profession emoji together

suspicious = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u0300-\u036f\u061c\u115f\u1160\u17b4\u17b5\u180e\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800"
    "\u3000\u3010\u3011\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]| {2}|^ | $"
).search
"""Whether a value needs a closer look; nearly none does."""

_INVISIBLE = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # letters and symbols without a shape
_BRACKETS = str.maketrans("【】", "[]")
_is_cjk_name = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]{2,}").fullmatch

COMPOUND_SURNAMES = frozenset(
    [
        "欧阳",
        "太史",
        "端木",
        "上官",
        "司马",
        "东方",
        "独孤",
        "南宫",
        "夏侯",
        "诸葛",
        "尉迟",
        "公羊",
        "赫连",
        "澹台",
        "皇甫",
        "宗政",
        "濮阳",
        "公冶",
        "申屠",
        "公孙",
        "慕容",
        "仲孙",
        "钟离",
        "长孙",
        "宇文",
        "司徒",
        "鲜于",
        "司空",
        "闾丘",
        "令狐",
        "轩辕",
        "百里",
        "呼延",
        "东郭",
        "西门",
        "第五",
        "公良",
        "拓跋",
        "夹谷",
        "宰父",
        "谷梁",
        "段干",
        "东门",
        "南门",
    ]
)

_SALUTATIONS = {1: "先生", 2: "女士"}
_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_PARTS_OF_DAY = ((5, "晚上"), (11, "早上"), (13, "中午"), (18, "下午"), (24, "晚上"))


class Day(date):
    """A day that reads as a text message says it: 11月22日."""

    def __str__(self) -> str:
        return f"{self.month}月{self.day}日"


@dataclass(frozen=True, slots=True)
class Moment:
    """When a text is expected to be read, in the enterprise's zone; gives the campaign-time variables. `holiday`: the
    public holiday of that day, by name."""

    at: datetime
    zone: ZoneInfo
    holiday: str | None = None

    def values(self) -> dict[str, Value]:
        here = self.at.astimezone(self.zone)
        part = next(name for end, name in _PARTS_OF_DAY if here.hour < end)
        return {
            "today": Day(here.year, here.month, here.day),
            "month": here.month,
            "weekday": _WEEKDAYS[here.weekday()],
            "part_of_day": part,
            "holiday": self.holiday[:LONGEST_HOLIDAY] if self.holiday else None,
        }


@dataclass(frozen=True, slots=True)
class ContactFields:
    """What of a contact a text may be about; the name is unsealed."""

    name: str | None = None
    gender: int = 0
    birthday: date | None = None
    province: str | None = None
    city: str | None = None
    level: str | None = None
    tier: int | None = None
    joined_at: datetime | None = None
    attrs: Mapping[str, Any] = field(default_factory=dict)


def contact_values(
    contact: ContactFields, moment: Moment, variables: Mapping[str, Variable]
) -> dict[str, Value]:
    """The values of the contact's `variables` (others are left out), not yet cleaned."""
    values: dict[str, Value] = {}
    for name in variables:
        if name.startswith("attr."):
            values[name] = contact.attrs.get(name[5:])
        elif name.startswith("contact."):
            values[name] = _READERS[name](contact, moment)
    return values


def surname(name: str | None) -> str | None:
    """The family name of a Chinese name; None where it can't be told."""
    if not name or not _is_cjk_name(name):
        return None
    if len(name) > 2 and name[:2] in COMPOUND_SURNAMES:
        return name[:2]
    return name[0] if len(name) <= 4 else None


def _days_joined(contact: ContactFields, moment: Moment) -> int:
    if contact.joined_at is None:
        return 0
    days = moment.at.astimezone(moment.zone).date() - contact.joined_at.astimezone(moment.zone).date()
    return min(max(days.days, 0), 999_999)


_READERS = {
    "contact.name": lambda contact, moment: contact.name,
    "contact.surname": lambda contact, moment: surname(contact.name),
    "contact.salutation": lambda contact, moment: _SALUTATIONS.get(contact.gender, "会员"),
    "contact.province": lambda contact, moment: contact.province,
    "contact.city": lambda contact, moment: contact.city,
    "contact.level": lambda contact, moment: contact.level,
    "contact.tier": lambda contact, moment: TIER_CODES.get(contact.tier or 0, "none"),
    "contact.birthday_month": lambda contact, moment: contact.birthday.month if contact.birthday else None,
    "contact.days_joined": _days_joined,
}


def clean_text(text: str, longest: int) -> str | None:
    """One harmless line of at most `longest` UTF-16 units; None when nothing is left."""
    if suspicious(text):
        text = _scrub(text)
    if len(text) * 2 > longest:
        text = cut(text, longest)
    return text or None


def _scrub(text: str) -> str:
    kept = []
    previous = ""
    for character in text:
        category = unicodedata.category(character)
        if character.isspace() or category == "Cc":
            kept.append(" ")
        elif character in _INVISIBLE or category in ("Cf", "Cs"):
            if character == _ZERO_WIDTH_JOINER and _joins(previous):
                kept.append(character)
        else:
            kept.append(character)
        previous = character
    return " ".join("".join(kept).translate(_BRACKETS).split())


def _joins(previous: str) -> bool:
    return previous == "\ufe0f" or unicodedata.category(previous or " ") in ("So", "Sk")


def cut(text: str, longest: int) -> str:
    """At most `longest` UTF-16 units, never half a surrogate pair."""
    if len(text) <= longest and text.isascii():
        return text
    encoded = text.encode("utf-16-le")
    if len(encoded) <= longest * 2:
        return text
    return encoded[: longest * 2].decode("utf-16-le", "ignore").rstrip(" " + _ZERO_WIDTH_JOINER)


def clean(value: Value, variable: Variable) -> Value:
    """The value as its variable's kind, or None where it does not fit."""
    if value is None:
        return None
    if variable.kind is Kind.TEXT or variable.kind is Kind.CODE:
        return clean_text(value if isinstance(value, str) else str(value), variable.longest)
    if variable.kind is Kind.NUMBER:
        number = _number(value)
        return number if len(str(number)) <= variable.longest else None
    if variable.kind is Kind.DAY:
        return _day(value)
    return value if isinstance(value, bool) else None


def _number(value: Value) -> int | float | None:
    """Whole numbers stay whole; others keep four decimals. Beyond ±10^15 it is no number for a text."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 10**15:
        return None
    if isinstance(value, int):
        return value
    return int(value) if value.is_integer() else round(value, 4)


def _day(value: Value) -> Day | None:
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value[:10])
        except ValueError:
            return None
    if isinstance(value, datetime):
        value = value.astimezone(UTC).date() if value.tzinfo else value.date()
    return Day(value.year, value.month, value.day) if isinstance(value, date) else None
