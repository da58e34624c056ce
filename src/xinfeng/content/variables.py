"""What a text may say about its reader and its moment: the catalogue of variables.

Names are what a template writes between `{{ }}`. A value is text, a whole or decimal number, a day, a yes/no,
a code, or missing (None); it is never empty text, so `{% if contact.city %}` asks "do we know the city?".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

Value = str | int | float | bool | date | None


class Kind(Enum):
    """How a value may be used. CODE and BOOL are for conditions only: nobody wants to read `dormant` or `true`."""

    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    BOOL = "bool"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Variable:
    """One entry of the catalogue.

    `longest` is the greatest length in UTF-16 units; longer values are cut, so that the longest text of a
    template is known without an audience. `may_lack`: some contacts have no value, so a text that shows it needs a
    default. `columns` are the fields of contact it is made from. `codes` lists the values of a CODE, `choices` those of
    an attribute that a deployment has declared one by one. `sensitive`: only
    those who consented to its use separately have a value (PIPL Art 29); the others read the default.
    """

    name: str
    label: str
    label_en: str
    kind: Kind
    example: Value
    longest: int
    may_lack: bool
    columns: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    sensitive: bool = False
    choices: tuple[str, ...] = ()


Catalogue = Mapping[str, Variable]

TIER_CODES = {0: "none", 1: "new", 2: "active", 3: "dormant", 4: "potential", 5: "industry"}
"""contacts.Tier by the word a template compares with."""

LONGEST_NUMBER = 21
LONGEST_DAY = 10
LONGEST_HOLIDAY = 10
LONGEST_ATTRIBUTE = 40

_ENTRIES = (
    Variable("contact.name", "姓名", "Name", Kind.TEXT, "王小明", 20, True, ("name_sealed",)),
    Variable("contact.surname", "姓", "Family name", Kind.TEXT, "王", 4, True, ("name_sealed",)),
    Variable("contact.salutation", "称呼（先生/女士/会员）", "Form of address", Kind.TEXT, "先生", 2, False, ("gender",)),
    Variable("contact.province", "省份", "Province", Kind.TEXT, "浙江", 20, True, ("province",)),
    Variable("contact.city", "城市", "City", Kind.TEXT, "杭州", 30, True, ("city",)),
    Variable("contact.level", "会员等级", "Member level", Kind.TEXT, "金卡", 30, True, ("level",)),
    Variable(
        "contact.tier", "客户分层（仅用于条件）", "Tier (in conditions)", Kind.CODE, "active", 9, False, ("tier",),
        tuple(TIER_CODES.values()),
    ),
    Variable("contact.birthday_month", "生日月份", "Month of birth", Kind.NUMBER, 11, 2, True, ("birthday",)),
    Variable("contact.days_joined", "加入天数", "Days since joining", Kind.NUMBER, 365, 6, False, ("joined_at",)),
    Variable("brand.name", "签名", "Signature", Kind.TEXT, "信风", 20, False),
    Variable("brand.hotline", "服务热线", "Hotline", Kind.TEXT, "400-000-0000", 30, True),
    Variable("today", "发送日期", "Day of sending", Kind.DAY, date(2026, 11, 22), LONGEST_DAY, False),
    Variable("month", "发送月份", "Month of sending", Kind.NUMBER, 11, 2, False),
    Variable("weekday", "星期", "Weekday", Kind.TEXT, "周日", 2, False),
    Variable("part_of_day", "时段（早上/中午/下午/晚上）", "Part of the day", Kind.TEXT, "早上", 2, False),
    Variable("holiday", "当天的法定节假日", "Public holiday of the day", Kind.TEXT, "国庆节", LONGEST_HOLIDAY, True),
)  # fmt: skip

CATALOGUE: Catalogue = {entry.name: entry for entry in _ENTRIES}
"""What every deployment has; `content.reads.catalogue()` adds the declared attributes."""

_ATTRIBUTE_KINDS = {
    "text": Kind.TEXT,
    "choice": Kind.TEXT,
    "number": Kind.NUMBER,
    "date": Kind.DAY,
    "bool": Kind.BOOL,
}
_ATTRIBUTE_EXAMPLES: dict[Kind, Value] = {
    Kind.TEXT: "示例",
    Kind.NUMBER: 100,
    Kind.DAY: date(2026, 11, 22),
    Kind.BOOL: True,
}


@dataclass(frozen=True, slots=True)
class DeclaredAttribute:
    """What is needed of contacts.Attribute; `kind` is one of its AttributeKind values."""

    key: str
    label: str
    label_en: str
    kind: str
    choices: tuple[str, ...]
    sensitive: bool


def attribute_variable(attribute: DeclaredAttribute) -> Variable:
    """The catalogue entry of a declared attribute; any contact may lack it."""
    kind = _ATTRIBUTE_KINDS[attribute.kind]
    longest = {Kind.NUMBER: LONGEST_NUMBER, Kind.DAY: LONGEST_DAY, Kind.BOOL: 0}.get(kind, LONGEST_ATTRIBUTE)
    example: Value = attribute.choices[0] if attribute.choices else _ATTRIBUTE_EXAMPLES[kind]
    return Variable(
        f"attr.{attribute.key}",
        attribute.label,
        attribute.label_en or attribute.label,
        kind,
        example,
        longest,
        may_lack=True,
        columns=("attrs",),
        sensitive=attribute.sensitive,
        choices=attribute.choices if attribute.kind == "choice" else (),
    )


def with_attributes(attributes: Iterable[DeclaredAttribute]) -> Catalogue:
    """The catalogue with the declared attributes."""
    return {**CATALOGUE, **{f"attr.{found.key}": attribute_variable(found) for found in attributes}}


def examples(catalogue: Catalogue, names: Iterable[str]) -> dict[str, Any]:
    """An example value for each of `names`."""
    return {name: catalogue[name].example for name in names}
