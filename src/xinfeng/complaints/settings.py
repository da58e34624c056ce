"""What people may set about complaints: deadlines, limits with their sources, when a campaign is paused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from xinfeng.complaints.models import Source
from xinfeng.foundation import audit, stored
from xinfeng.kernel.errors import InvalidInput

STORED_KEY = "complaints"
WORKDAYS = 3
"""Working days to answer within, whatever the source. A choice of the product: no rule we know of sets a number."""

CONSEQUENCES = ("alarm", "suspend", "close")
COUNTS = ("undismissed", "valid")
MOST_THRESHOLDS = 30


@dataclass(frozen=True, slots=True)
class Threshold:
    """A rate that has consequences. `per_million` of messages (who sets it says which: sent or delivered, a month).

    `alarm`: we want to know. `suspend`, `close`: what the carrier or vendor does to the account.
    """

    key: str
    label: str
    label_en: str
    per_million: float
    consequence: str
    source: str
    source_en: str
    as_of: str
    enabled: bool = True


THRESHOLDS: tuple[Threshold, ...] = (
    Threshold(
        "huawei_suspend",
        "华为云：暂停并整改",
        "Huawei Cloud: suspension until remedied",
        0.25,
        "suspend",
        "华为云短信服务使用规范：有效投诉率按月超过百万分之 0.25（有一份副本误印为万分之）",
        "Huawei Cloud SMS rules: valid complaints above 0.25 per million a month (one copy misprints per 10,000)",
        "2026-11",
    ),
    Threshold(
        "huawei_close",
        "华为云：关闭账号",
        "Huawei Cloud: account closed",
        0.4,
        "close",
        "华为云短信服务使用规范：有效投诉率按月超过百万分之 0.4",
        "Huawei Cloud SMS rules: valid complaints above 0.4 per million a month",
        "2026-11",
    ),
    Threshold(
        "volcengine_close",
        "火山引擎：关闭",
        "Volcengine: closed",
        0.4,
        "close",
        "火山引擎短信服务规范：投诉率超过千万分之 4",
        "Volcengine SMS rules: complaints above 4 per ten million",
        "2026-11",
    ),
    Threshold(
        "house",
        "产品基准：投诉不超过 0.1%",
        "The product's benchmark: complaints at most 0.1 %",
        1000.0,
        "alarm",
        "产品默认（功能 F3）；运营商自己的限额严得多",
        "A default of the product (feature F3); the carriers' own limits are far stricter",
        "2026-11",
    ),
)


OPT_OUT_SOURCE = (
    "Klaviyo 帮助中心的短信基准：退订率 2% 起为严重（美国；国内没有找到有方法可查的基准，请按自己的历史改）",
    "Klaviyo's help centre on SMS: an unsubscribe rate from 2 % is critical (US; no Chinese benchmark with a method was "
    "found, set it by your own history)",
)
"""Where the default of `opt_out_percent` is from, Chinese and English."""


@dataclass(frozen=True, slots=True)
class Rules:
    """`counts`: whether complaints count until dismissed, or only once found valid. `look_back_days`: how long before
    a complaint its message may lie. A running campaign is paused at `at_least` complaints, if the exact one-sided
    lower bound of its rate (with `confidence`) lies above the strictest `suspend` limit. Signatures and templates are
    looked at over `window_days`. Opt-outs stand out at `opt_out_at_least` people and above `opt_out_percent` of those
    reached, bounded in the same way; they pause a campaign only if `opt_out_pauses`."""

    workdays: Mapping[str, int] = field(default_factory=dict)
    look_back_days: int = 7
    counts: str = "undismissed"
    pauses: bool = True
    at_least: int = 2
    confidence: float = 0.95
    window_days: int = 30
    opt_out_pauses: bool = False
    opt_out_at_least: int = 20
    opt_out_percent: float = 2.0
    thresholds: tuple[Threshold, ...] = THRESHOLDS

    def workdays_of(self, source: str) -> int:
        return self.workdays.get(source, WORKDAYS)

    def limit(self, consequence: str) -> Threshold | None:
        """The strictest of its kind that is enabled."""
        found = [one for one in self.thresholds if one.enabled and one.consequence == consequence]
        return min(found, key=lambda one: one.per_million, default=None)


def current() -> Rules:
    """The rules in force."""
    kept = stored.read(STORED_KEY, None)
    if kept is None:
        return Rules()
    thresholds = tuple(
        Threshold(**one) for one in kept.get("thresholds", [asdict(one) for one in THRESHOLDS])
    )
    return replace(
        Rules(), **{**{name: kept[name] for name in _PLAIN if name in kept}, "thresholds": thresholds}
    )


def save(rules: Rules, *, actor: str) -> None:
    """Raises InvalidInput `complaint.rules` with the field that cannot be taken."""
    check(rules)
    value = {name: getattr(rules, name) for name in _PLAIN}
    value["workdays"] = dict(rules.workdays)
    value["thresholds"] = [asdict(one) for one in rules.thresholds]
    stored.write(STORED_KEY, value, actor=actor)
    audit.record(actor=actor, action="complaint.rules", kind="setting", subject=STORED_KEY, **value)


_PLAIN = (
    "workdays",
    "look_back_days",
    "counts",
    "pauses",
    "at_least",
    "confidence",
    "window_days",
    "opt_out_pauses",
    "opt_out_at_least",
    "opt_out_percent",
)


def check(rules: Rules) -> None:
    """Whether they make sense."""
    _within("look_back_days", rules.look_back_days, 1, 60)
    _within("at_least", rules.at_least, 1, 1_000)
    _within("window_days", rules.window_days, 1, 366)
    _within("opt_out_at_least", rules.opt_out_at_least, 1, 100_000)
    _within("opt_out_percent", rules.opt_out_percent, 0.01, 100)
    _within("confidence", rules.confidence, 0.5, 0.999)
    if rules.counts not in COUNTS:
        raise InvalidInput("complaint.rules", field="counts")
    for source, days in rules.workdays.items():
        if source not in Source.values:
            raise InvalidInput("complaint.rules", field="workdays")
        _within("workdays", days, 1, 30)
    keys = [one.key for one in rules.thresholds]
    if len(set(keys)) != len(keys) or len(keys) > MOST_THRESHOLDS:
        raise InvalidInput("complaint.rules", field="thresholds")
    for one in rules.thresholds:
        _check_threshold(one)


def _check_threshold(one: Threshold) -> None:
    _within("per_million", one.per_million, 0.000001, 1_000_000)
    fits = (
        one.consequence in CONSEQUENCES
        and 1 <= len(one.label) <= 80
        and len(one.label_en) <= 120
        and 1 <= len(one.source) <= 300
        and len(one.source_en) <= 300
        and len(one.as_of) <= 20
        and 1 <= len(one.key) <= 40
    )
    if not fits:
        raise InvalidInput("complaint.rules", field="thresholds")


def _within(name: str, value: Any, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InvalidInput("complaint.rules", field=name)
