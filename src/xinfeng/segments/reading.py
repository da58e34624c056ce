"""A rule in words, as a marketer would say it, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from xinfeng.kernel.money import yuan
from xinfeng.kernel.purposes import sensitive_key
from xinfeng.segments.attributes import EVENTS, TIERS, Kind, Label, Op
from xinfeng.segments.rules import (
    All,
    AnyOf,
    AttributeIs,
    Between,
    Consented,
    ConsentOp,
    Did,
    InSegment,
    Interacted,
    Interaction,
    LastDays,
    Measure,
    Not,
    Period,
    Rhythm,
    Rule,
    Tagged,
    TierChanged,
    WasWritten,
)

LONGEST_ENUMERATION = 6
"""Values named before the rest is only counted."""


@dataclass(frozen=True)
class Names:
    """What ids in a rule are called: tags and segments by id, campaigns by plan id, sensitive attributes by key.
    Unknown ones are shown as they are."""

    tags: Mapping[int, str] = field(default_factory=dict)
    plans: Mapping[int, str] = field(default_factory=dict)
    segments: Mapping[int, str] = field(default_factory=dict)
    sensitive: Mapping[str, Label] = field(default_factory=dict)


PURPOSE_WORDS = {
    "marketing": Label("营销短信", "marketing messages"),
    "service": Label("服务短信", "service messages"),
    "location": Label("使用位置", "the use of her location"),
    "profiling": Label("个性化推荐", "being profiled"),
    "sharing": Label("提供给合作方", "being passed on to partners"),
}


def _purpose(purpose: str, names: Names, language: str) -> str:
    key = sensitive_key(purpose)
    if key is None:
        return PURPOSE_WORDS[purpose].in_language(language)
    label = names.sensitive.get(key, Label(key, key)).in_language(language)
    return f"the use of {label} (sensitive)" if language == "en" else f"使用敏感信息「{label}」"


def _tier(word: str, language: str) -> str:
    return next(code.label for code in TIERS if code.word == word).in_language(language)


def in_words(rule: Rule, language: str = "zh-hans", names: Names | None = None) -> str:
    """The rule as one sentence without a full stop; `language` is `en` or else Chinese."""
    names = names or Names()
    if rule == All(()):
        return "everybody" if language == "en" else "所有客户"
    return _English(names).rule(rule) if language == "en" else _Chinese(names).rule(rule)


class _Chinese:
    language = "zh-hans"

    def __init__(self, names: Names) -> None:
        self._names = names

    def rule(self, rule: Rule, *, inner: bool = False) -> str:
        match rule:
            case All(()):
                return "所有客户"
            case All(rules) | AnyOf(rules):
                joint = "，并且" if isinstance(rule, All) else "，或者"
                text = joint.join(self.rule(each, inner=len(rules) > 1) for each in rules)
                return f"（{text}）" if inner and len(rules) > 1 else text
            case Not(each):
                return f"不满足（{self.rule(each)}）"
            case AttributeIs():
                return self._attribute(rule)
            case Tagged(tag_id, has):
                return f"{'有' if has else '没有'}标签「{self._names.tags.get(tag_id, f'#{tag_id}')}」"
            case Consented(purpose, op):
                what = _purpose(purpose, self._names, self.language)
                return {
                    ConsentOp.GRANTED: f"已授权{what}",
                    ConsentOp.NOT_GRANTED: f"未授权{what}",
                    ConsentOp.WITHDRAWN: f"已撤回{what}授权",
                }[op]
            case InSegment(segment_id, inside):
                name = self._names.segments.get(segment_id, f"#{segment_id}")
                return f"{'属于' if inside else '不属于'}分群「{name}」"
            case Did():
                return self._event(rule)
            case Rhythm(event, silent, times):
                done = next(code.label.zh for code in EVENTS if code.word == event)
                said = f"距上次{done}已超过本人平均间隔的 {_number(times, 1)} 倍"
                return said if silent else f"没有出现“{said}”"
            case Interacted(state, holds):
                return _INTERACTIONS[state][0 if holds else 1].zh
            case TierChanged(did, into, out_of, period):
                path = f"从{_tier(out_of, self.language)}" if out_of else ""
                path += f"变为{_tier(into, self.language)}" if into else "离开" if out_of else "换过分层"
                return f"{self._period(period)}{'' if did else '没有'}{path}"
            case WasWritten(outcome, did, period, plans):
                done = {
                    "sent": "发送过",
                    "delivered": "成功送达过",
                    "read": "在手机上读过",
                    "failed": "发送失败过",
                    "replied": "回复过",
                }[outcome]
                where = "、".join(f"「{self._names.plans.get(plan, f'#{plan}')}」" for plan in plans)
                return f"{self._period(period)}{'' if did else '没有'}{done}{f'活动{where}的短信' if where else '短信'}"

    def _attribute(self, rule: AttributeIs) -> str:
        label, value = rule.attribute.label.in_language(self.language), rule.value
        if rule.attribute.kind is Kind.TIME and rule.op in (Op.IN_LAST_DAYS, Op.NOT_IN_LAST_DAYS):
            return f"{label}{'在' if rule.op is Op.IN_LAST_DAYS else '不在'}近 {value} 天内"
        if rule.attribute.kind in (Kind.DATE, Kind.TIME) and rule.op is Op.BETWEEN:
            return f"{label}在 {_first(value)} 至 {_last(value)} 之间"
        said = {
            Op.IS: "是{}",
            Op.IS_NOT: "不是{}",
            Op.IN: "是{}之一" if isinstance(value, tuple) and len(value) > 1 else "是{}",
            Op.NOT_IN: "不是{}中的任何一个" if isinstance(value, tuple) and len(value) > 1 else "不是{}",
            Op.CONTAINS: "包含{}",
            Op.NOT_CONTAINS: "不包含{}",
            Op.STARTS_WITH: "以{}开头",
            Op.ON: "是 {}",
            Op.BEFORE: "早于 {}",
            Op.AFTER: "晚于 {}",
            Op.IN_LAST_DAYS: "在近 {} 天内",
            Op.NOT_IN_LAST_DAYS: "不在近 {} 天内",
            Op.IN_NEXT_DAYS: "在未来 {} 天内",
            Op.ANNIVERSARY_TODAY: "是今天",
            Op.ANNIVERSARY_THIS_WEEK: "在本周",
            Op.ANNIVERSARY_THIS_MONTH: "在本月",
            Op.ANNIVERSARY_IN_DAYS: "在今天起 {} 天内（不论年份）",
            Op.IS_TRUE: "为是",
            Op.IS_FALSE: "为否",
            Op.IS_SET: "已填写",
            Op.IS_NOT_SET: "未填写",
        }
        if rule.op in said:
            return label + said[rule.op].format(self._value(rule))
        unit, scale = ("", 1) if rule.attribute.scale == 1 else (" 元", rule.attribute.scale)
        return f"{label}{self._compare(rule.op, value, unit, scale=scale)}"

    def _value(self, rule: AttributeIs) -> str:
        values = rule.value if isinstance(rule.value, tuple) else (rule.value,)
        labels = [_quoted(rule, value, self.language, "「{}」") for value in values]
        if len(labels) > LONGEST_ENUMERATION:
            return "、".join(labels[:LONGEST_ENUMERATION]) + f"等 {len(labels)} 个"
        return "、".join(labels)

    def _event(self, rule: Did) -> str:
        done = next(code.label.zh for code in EVENTS if code.word == rule.event)
        what = f"「{rule.category}」类" if rule.category else ""
        what += f"名称含「{rule.item}」的商品" if rule.item else ""
        period = self._period(rule.period)
        if rule.measure is Measure.AMOUNT:
            return f"{period}{done}{what}金额{self._compare(rule.op, rule.value, ' 元', scale=100)}"
        if rule.measure is Measure.AVERAGE:
            return f"{period}{done}{what}平均每次金额{self._compare(rule.op, rule.value, ' 元', scale=100)}"
        if rule.measure is Measure.DAYS:
            return f"{period}有{done}{what}的天数{self._compare(rule.op, rule.value, ' 天')}"
        if rule.measure is Measure.COUNT:
            if never(rule):
                return f"{period}没有{done}{what}"
            if ever(rule):
                return f"{period}{done}过{what}"
            return f"{period}{done}{what}{self._compare(rule.op, rule.value, ' 次')}"
        which = "最近" if rule.measure is Measure.LAST else "首"
        when = f"在近 {rule.value} 天内" if rule.op is Op.IN_LAST_DAYS else f"在 {rule.value} 天以前"
        return f"{period}{which}一次{done}{what}{when}"

    def _period(self, period: Period | None) -> str:
        match period:
            case None:
                return ""
            case LastDays(days):
                return f"近 {days} 天内"
            case Between(first, last):
                if first and last:
                    return f"{first} 至 {last} "
                return f"{first} 起" if first else f"截至 {last} "

    def _compare(self, op: Op, value: Any, unit: str, *, scale: int = 1) -> str:
        if op is Op.BETWEEN:
            return f"在 {_number(value[0], scale)} 到 {_number(value[1], scale)}{unit or ' '}之间"
        said = {
            Op.EQUALS: "等于",
            Op.NOT_EQUALS: "不等于",
            Op.AT_LEAST: "至少",
            Op.AT_MOST: "至多",
            Op.MORE_THAN: "超过",
            Op.LESS_THAN: "少于",
        }
        return f"{said[op]} {_number(value, scale)}{unit}"


class _English:
    language = "en"

    def __init__(self, names: Names) -> None:
        self._names = names

    def rule(self, rule: Rule, *, inner: bool = False) -> str:
        match rule:
            case All(()):
                return "everybody"
            case All(rules) | AnyOf(rules):
                joint = " and " if isinstance(rule, All) else " or "
                text = joint.join(self.rule(each, inner=len(rules) > 1) for each in rules)
                return f"({text})" if inner and len(rules) > 1 else text
            case Not(each):
                return f"not ({self.rule(each)})"
            case AttributeIs():
                return self._attribute(rule)
            case Tagged(tag_id, has):
                return f"{'has' if has else 'lacks'} the tag “{self._names.tags.get(tag_id, f'#{tag_id}')}”"
            case Consented(purpose, op):
                what = _purpose(purpose, self._names, self.language)
                return {
                    ConsentOp.GRANTED: f"agreed to {what}",
                    ConsentOp.NOT_GRANTED: f"has not agreed to {what}",
                    ConsentOp.WITHDRAWN: f"withdrew consent to {what}",
                }[op]
            case InSegment(segment_id, inside):
                name = self._names.segments.get(segment_id, f"#{segment_id}")
                return f"is {'' if inside else 'not '}in the segment “{name}”"
            case Did():
                return self._event(rule)
            case Rhythm(event, silent, times):
                done = next(code.label.en for code in EVENTS if code.word == event)
                said = f"{_number(times, 1)} times her own mean interval since she last {done}"
                return f"more than {said}" if silent else f"not more than {said}"
            case Interacted(state, holds):
                return _INTERACTIONS[state][0 if holds else 1].en
            case TierChanged(did, into, out_of, period):
                path = f" out of “{_tier(out_of, self.language)}”" if out_of else ""
                path += f" into “{_tier(into, self.language)}”" if into else ""
                path = path or " into another tier"
                return f"{'moved' if did else 'did not move'}{path}{self._period(period)}"
            case WasWritten(outcome, did, period, plans):
                verbs = {
                    "sent": ("was sent", "was not sent"),
                    "delivered": ("received", "did not receive"),
                    "read": ("read", "did not read"),
                    "failed": ("could not be reached by", "was not missed by"),
                    "replied": ("replied to", "did not reply to"),
                }
                where = ", ".join(f"“{self._names.plans.get(plan, f'#{plan}')}”" for plan in plans)
                what = f"a message of {where}" if where else "a message"
                return f"{verbs[outcome][0 if did else 1]} {what}{self._period(period)}"

    def _attribute(self, rule: AttributeIs) -> str:
        label, value = rule.attribute.label.in_language(self.language), rule.value
        if rule.attribute.kind in (Kind.DATE, Kind.TIME) and rule.op is Op.BETWEEN:
            return f"{label} is between {_first(value)} and {_last(value)}"
        said = {
            Op.IS: "is {}",
            Op.IS_NOT: "is not {}",
            Op.IN: "is one of {}" if isinstance(value, tuple) and len(value) > 1 else "is {}",
            Op.NOT_IN: "is none of {}" if isinstance(value, tuple) and len(value) > 1 else "is not {}",
            Op.CONTAINS: "contains {}",
            Op.NOT_CONTAINS: "does not contain {}",
            Op.STARTS_WITH: "starts with {}",
            Op.ON: "is on {}",
            Op.BEFORE: "is before {}",
            Op.AFTER: "is after {}",
            Op.IN_LAST_DAYS: "is in the last {} days",
            Op.NOT_IN_LAST_DAYS: "is not in the last {} days",
            Op.IN_NEXT_DAYS: "is in the next {} days",
            Op.ANNIVERSARY_TODAY: "is today",
            Op.ANNIVERSARY_THIS_WEEK: "is this week",
            Op.ANNIVERSARY_THIS_MONTH: "is this month",
            Op.ANNIVERSARY_IN_DAYS: "comes up within {} days",
            Op.IS_TRUE: "is yes",
            Op.IS_FALSE: "is no",
            Op.IS_SET: "is filled in",
            Op.IS_NOT_SET: "is not filled in",
        }
        if rule.op in said:
            return f"{label} {said[rule.op].format(self._value(rule))}".rstrip()
        return f"{label} is {self._compare(rule.op, value, scale=rule.attribute.scale)}"

    def _value(self, rule: AttributeIs) -> str:
        values = rule.value if isinstance(rule.value, tuple) else (rule.value,)
        labels = [_quoted(rule, value, self.language, "“{}”") for value in values]
        if len(labels) > LONGEST_ENUMERATION:
            return ", ".join(labels[:LONGEST_ENUMERATION]) + f" and {len(labels) - LONGEST_ENUMERATION} more"
        return ", ".join(labels)

    def _event(self, rule: Did) -> str:
        done = next(code.label.en for code in EVENTS if code.word == rule.event)
        of = [f"category “{rule.category}”"] if rule.category else []
        of += [f"items with “{rule.item}”"] if rule.item else []
        what, period = (f" ({', '.join(of)})" if of else ""), self._period(rule.period)
        if rule.measure is Measure.AMOUNT:
            return f"{done}{what} for {self._compare(rule.op, rule.value, scale=100)}{period}"
        if rule.measure is Measure.AVERAGE:
            return f"{done}{what} for {self._compare(rule.op, rule.value, scale=100)} each time on average{period}"
        if rule.measure is Measure.DAYS:
            return f"{done}{what} on {self._compare(rule.op, rule.value)} days{period}"
        if rule.measure is Measure.COUNT:
            if never(rule):
                return f"never {done}{what}{period}"
            if ever(rule):
                return f"{done}{what}{period}"
            return f"{done}{what} {self._compare(rule.op, rule.value)} times{period}"
        when = "in the last {} days" if rule.op is Op.IN_LAST_DAYS else "more than {} days ago"
        return f"{rule.measure.value} {done}{what} {when.format(rule.value)}{period}"

    def _period(self, period: Period | None) -> str:
        match period:
            case None:
                return ""
            case LastDays(days):
                return f" in the last {days} days"
            case Between(first, last):
                if first and last:
                    return f" from {first} to {last}"
                return f" since {first}" if first else f" until {last}"

    def _compare(self, op: Op, value: Any, *, scale: int = 1) -> str:
        sign = "" if scale == 1 else "¥"
        if op is Op.BETWEEN:
            return f"between {sign}{_number(value[0], scale)} and {sign}{_number(value[1], scale)}"
        said = {
            Op.EQUALS: "exactly",
            Op.NOT_EQUALS: "anything but",
            Op.AT_LEAST: "at least",
            Op.AT_MOST: "at most",
            Op.MORE_THAN: "more than",
            Op.LESS_THAN: "less than",
        }
        return f"{said[op]} {sign}{_number(value, scale)}"


def ever(rule: Did) -> bool:
    """Whether a count only asks for at least once."""
    return (rule.op, rule.value) in ((Op.AT_LEAST, 1), (Op.MORE_THAN, 0))


def never(rule: Did) -> bool:
    """Whether a count asks for none at all."""
    return (rule.op, rule.value) in ((Op.EQUALS, 0), (Op.AT_MOST, 0), (Op.LESS_THAN, 1))


_INTERACTIONS = {
    Interaction.OPTED_OUT: (
        Label("已退订营销短信", "opted out of marketing"),
        Label("没有退订营销短信", "has not opted out of marketing"),
    ),
    Interaction.COMPLAINED: (Label("投诉过", "complained"), Label("没有投诉过", "never complained")),
    Interaction.BLOCKED: (
        Label("被运营商拉黑", "is blocked by the carrier"),
        Label("没有被运营商拉黑", "is not blocked by the carrier"),
    ),
    Interaction.BOUNCED: (
        Label("最近一条短信没有送达", "did not get the last message"),
        Label("最近没有送达失败", "did not miss the last message"),
    ),
    Interaction.REPLIED: (
        Label("回复过短信", "replied at least once"),
        Label("从未回复短信", "never replied"),
    ),
}
"""Each state, and its opposite."""


def _number(value: float, scale: int) -> str:
    if scale == 100:
        return yuan(round(value)).removesuffix(".00")
    return f"{value:,.10g}" if isinstance(value, float) else f"{value:,}"


def _quoted(rule: AttributeIs, value: Any, language: str, quotes: str) -> str:
    if value is None:
        return ""
    if isinstance(value, date) or not isinstance(value, str):
        return str(value)
    code = rule.attribute.code(value)
    return code.label.in_language(language) if code else quotes.format(value)


def _first(value: Any) -> Any:
    return value[0]


def _last(value: Any) -> Any:
    return value[1]
