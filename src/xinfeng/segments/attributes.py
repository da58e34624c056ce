"""What a rule may ask about a contact's attributes: their kinds, the operators that fit, and their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum

from xinfeng.contacts.models import AttributeKind, EventKind, Gender, Tier
from xinfeng.kernel.phones import Carrier


class Kind(StrEnum):
    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    BOOL = "bool"


class Op(StrEnum):
    """Comparisons. Each negation is the exact opposite: it holds for contacts without a value, too."""

    IS = "is"
    IS_NOT = "is_not"
    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    STARTS_WITH = "starts_with"
    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    MORE_THAN = "more_than"
    LESS_THAN = "less_than"
    BETWEEN = "between"
    ON = "on"
    BEFORE = "before"
    AFTER = "after"
    IN_LAST_DAYS = "in_last_days"
    NOT_IN_LAST_DAYS = "not_in_last_days"
    IN_NEXT_DAYS = "in_next_days"
    ANNIVERSARY_TODAY = "anniversary_today"
    ANNIVERSARY_THIS_WEEK = "anniversary_this_week"
    ANNIVERSARY_THIS_MONTH = "anniversary_this_month"
    ANNIVERSARY_IN_DAYS = "anniversary_in_days"
    IS_TRUE = "is_true"
    IS_FALSE = "is_false"
    IS_SET = "is_set"
    IS_NOT_SET = "is_not_set"


NEGATIONS = {
    Op.IS_NOT: Op.IS,
    Op.NOT_IN: Op.IN,
    Op.NOT_CONTAINS: Op.CONTAINS,
    Op.NOT_EQUALS: Op.EQUALS,
    Op.NOT_IN_LAST_DAYS: Op.IN_LAST_DAYS,
    Op.IS_NOT_SET: Op.IS_SET,
}
"""Operators that say no, and what they deny. (`is_false` is none: it wants a stated no.)"""


class Takes(Enum):
    """What stands to the right of an operator."""

    NOTHING = "nothing"
    TEXT = "text"
    TEXTS = "texts"
    CODE = "code"
    CODES = "codes"
    NUMBER = "number"
    TWO_NUMBERS = "two_numbers"
    DATE = "date"
    TWO_DATES = "two_dates"
    DAYS = "days"


_SET = {Op.IS_SET: Takes.NOTHING, Op.IS_NOT_SET: Takes.NOTHING}

COMPARISONS: Mapping[Op, Takes] = {
    Op.EQUALS: Takes.NUMBER,
    Op.NOT_EQUALS: Takes.NUMBER,
    Op.AT_LEAST: Takes.NUMBER,
    Op.AT_MOST: Takes.NUMBER,
    Op.MORE_THAN: Takes.NUMBER,
    Op.LESS_THAN: Takes.NUMBER,
    Op.BETWEEN: Takes.TWO_NUMBERS,
}

_DAYS: Mapping[Op, Takes] = {
    Op.ON: Takes.DATE,
    Op.BEFORE: Takes.DATE,
    Op.AFTER: Takes.DATE,
    Op.BETWEEN: Takes.TWO_DATES,
    Op.IN_LAST_DAYS: Takes.DAYS,
    Op.NOT_IN_LAST_DAYS: Takes.DAYS,
}

OPERATORS: Mapping[Kind, Mapping[Op, Takes]] = {
    Kind.TEXT: {
        Op.IS: Takes.TEXT,
        Op.IS_NOT: Takes.TEXT,
        Op.IN: Takes.TEXTS,
        Op.NOT_IN: Takes.TEXTS,
        Op.CONTAINS: Takes.TEXT,
        Op.NOT_CONTAINS: Takes.TEXT,
        Op.STARTS_WITH: Takes.TEXT,
        **_SET,
    },
    Kind.CHOICE: {
        Op.IS: Takes.CODE,
        Op.IS_NOT: Takes.CODE,
        Op.IN: Takes.CODES,
        Op.NOT_IN: Takes.CODES,
        **_SET,
    },
    Kind.NUMBER: {**COMPARISONS, **_SET},
    Kind.DATE: {
        **_DAYS,
        Op.IN_NEXT_DAYS: Takes.DAYS,
        Op.ANNIVERSARY_TODAY: Takes.NOTHING,
        Op.ANNIVERSARY_THIS_WEEK: Takes.NOTHING,
        Op.ANNIVERSARY_THIS_MONTH: Takes.NOTHING,
        Op.ANNIVERSARY_IN_DAYS: Takes.DAYS,
        **_SET,
    },
    Kind.TIME: {**_DAYS},
    Kind.BOOL: {Op.IS_TRUE: Takes.NOTHING, Op.IS_FALSE: Takes.NOTHING, **_SET},
}


@dataclass(frozen=True)
class Label:
    zh: str
    en: str

    def in_language(self, language: str) -> str:
        return self.en if language == "en" and self.en else self.zh


@dataclass(frozen=True)
class Code:
    """One value of a coded attribute: its word in rules, its number in the lens, its label."""

    word: str
    number: int
    label: Label


class Source(StrEnum):
    """Where an attribute comes from; all but CONTACT and CUSTOM are tables of the lens of their own."""

    CONTACT = "contact"
    CUSTOM = "custom"
    TRAIT = "trait"
    NUMBER = "number"

    @property
    def table(self) -> str:
        """The lens's table that holds it."""
        return "contact" if self in (Source.CONTACT, Source.CUSTOM) else self.value


@dataclass(frozen=True)
class Attribute:
    """An attribute as rules see it. `column` is the lens's; `choices` are suggestions for a text attribute.

    `sensitive`: a condition on it holds only for those who agreed to its use. `scale`: how many of the stored
    unit make one of the unit that people read and write (100 for fen, shown in yuan).
    """

    name: str
    kind: Kind
    label: Label
    column: str
    codes: tuple[Code, ...] = ()
    choices: tuple[str, ...] = ()
    source: Source = Source.CONTACT
    sensitive: str = ""
    scale: int = 1

    def code(self, word: str) -> Code | None:
        return next((code for code in self.codes if code.word == word), None)


TIERS = (
    Code("none", Tier.NONE, Label("未分层", "no tier")),
    Code("new", Tier.NEW, Label("新客", "new")),
    Code("active", Tier.ACTIVE, Label("活跃", "active")),
    Code("dormant", Tier.DORMANT, Label("沉睡", "dormant")),
    Code("potential", Tier.POTENTIAL, Label("潜在", "potential")),
    Code("industry", Tier.INDUSTRY, Label("同业", "industry")),
)
GENDERS = (
    Code("unknown", Gender.UNKNOWN, Label("未知", "unknown")),
    Code("male", Gender.MALE, Label("男", "male")),
    Code("female", Gender.FEMALE, Label("女", "female")),
)
CARRIERS = (
    Code("unknown", Carrier.UNKNOWN, Label("未知", "unknown")),
    Code("mobile", Carrier.MOBILE, Label("中国移动", "China Mobile")),
    Code("unicom", Carrier.UNICOM, Label("中国联通", "China Unicom")),
    Code("telecom", Carrier.TELECOM, Label("中国电信", "China Telecom")),
    Code("broadnet", Carrier.BROADNET, Label("中国广电", "China Broadnet")),
)

NUMBER_STATES = (
    Code("unknown", 0, Label("未知", "unknown")),
    Code("valid", 1, Label("正常", "valid")),
    Code("out_of_service", 2, Label("停机", "out of service")),
    Code("not_existing", 3, Label("空号", "not existing")),
    Code("silent", 4, Label("沉默", "silent")),
    Code("risky", 5, Label("风险", "risky")),
    Code("powered_off", 6, Label("关机", "switched off")),
    Code("reassigned", 7, Label("易主", "reassigned")),
)
"""As `hygiene.models.State`, a neighbour whose codes are stable; a test keeps the two alike."""

EVENTS = (
    Code("purchase", EventKind.PURCHASE, Label("购买", "bought")),
    Code("view", EventKind.VIEW, Label("浏览", "viewed")),
    Code("cart", EventKind.CART, Label("加购", "added to cart")),
    Code("checkout", EventKind.CHECKOUT, Label("结算", "checked out")),
    Code("visit", EventKind.VISIT, Label("到店", "visited a store")),
    Code("booking", EventKind.BOOKING, Label("预约", "booked")),
    Code("participation", EventKind.PARTICIPATION, Label("参与活动", "took part in an activity")),
    Code("click", EventKind.CLICK, Label("点击链接", "clicked a link")),
    Code("reply", EventKind.REPLY, Label("回复短信", "replied")),
    Code("custom", EventKind.CUSTOM, Label("其他行为", "did something else")),
)

BUILT_IN: Mapping[str, Attribute] = {
    attribute.name: attribute
    for attribute in (
        Attribute("gender", Kind.CHOICE, Label("性别", "gender"), "gender", GENDERS),
        Attribute("birthday", Kind.DATE, Label("生日", "birthday"), "birthday"),
        Attribute("age", Kind.NUMBER, Label("年龄", "age"), "birthday"),
        Attribute("province", Kind.TEXT, Label("省份", "province"), "province"),
        Attribute("city", Kind.TEXT, Label("城市", "city"), "city"),
        Attribute("carrier", Kind.CHOICE, Label("运营商", "carrier"), "carrier", CARRIERS),
        Attribute("language", Kind.TEXT, Label("语言", "language"), "language", choices=("zh-hans", "en")),
        Attribute("level", Kind.TEXT, Label("会员等级", "member level"), "level"),
        Attribute("tier", Kind.CHOICE, Label("分层", "tier"), "tier", TIERS),
        Attribute("joined", Kind.TIME, Label("加入时间", "joined"), "joined_at"),
        Attribute("has_phone", Kind.BOOL, Label("有手机号", "has a phone number"), "has_phone"),
        Attribute(
            "number:state",
            Kind.CHOICE,
            Label("号码状态", "number state"),
            "state",
            NUMBER_STATES,
            source=Source.NUMBER,
        ),
        Attribute(
            "number:quarantined",
            Kind.BOOL,
            Label("号码已隔离", "number is quarantined"),
            "quarantined",
            source=Source.NUMBER,
        ),
        Attribute(
            "number:ported", Kind.BOOL, Label("携号转网", "number was ported"), "ported", source=Source.NUMBER
        ),
        Attribute(
            "number:alive",
            Kind.TIME,
            Label("最近确认号码有效", "number last known to be alive"),
            "alive_at",
            source=Source.NUMBER,
        ),
    )
}

_CUSTOM_KINDS = {
    AttributeKind.TEXT: Kind.TEXT,
    AttributeKind.CHOICE: Kind.TEXT,
    AttributeKind.NUMBER: Kind.NUMBER,
    AttributeKind.DATE: Kind.DATE,
    AttributeKind.BOOL: Kind.BOOL,
}


def custom_attribute(
    key: str,
    kind: str,
    *,
    label: str,
    label_en: str = "",
    choices: tuple[str, ...] = (),
    sensitive: bool = False,
) -> Attribute:
    """A declared attribute, under the name `attr_<key>`, which is also its column in the lens."""
    name = f"attr_{key}"
    return Attribute(
        name,
        _CUSTOM_KINDS[AttributeKind(kind)],
        Label(label, label_en),
        name,
        choices=choices,
        source=Source.CUSTOM,
        sensitive=key if sensitive else "",
    )


def trait_attribute(key: str, kind: Kind, *, label: str, label_en: str = "", scale: int = 1) -> Attribute:
    """A computed trait, under the name `trait:<key>`; its column in the lens is `t_<key>`."""
    return Attribute(
        f"trait:{key}", kind, Label(label, label_en), f"t_{key}", source=Source.TRAIT, scale=scale
    )
