"""What the builder calls operators, measures and outcomes, and everything it offers, as data for the browser."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from xinfeng.campaigns.models import Campaign
from xinfeng.console.components.parts import Text
from xinfeng.contacts.models import Tag
from xinfeng.kernel.purposes import sensitive_purpose
from xinfeng.segments import reads
from xinfeng.segments.attributes import COMPARISONS, EVENTS, OPERATORS, TIERS, Attribute, Op
from xinfeng.segments.rules import ConsentOp, Interaction, Measure, MessageOutcome

MOST_CAMPAIGNS = 200
"""The latest campaigns are offered; one that a rule names already is always among them."""

KINDS: dict[str, Text] = {"dynamic": _("动态"), "snapshot": _("快照"), "list": _("名单")}

OPS: dict[Op, Text] = {
    Op.IS: _("为"),
    Op.IS_NOT: _("不为"),
    Op.IN: _("为其中之一"),
    Op.NOT_IN: _("不在其中"),
    Op.CONTAINS: _("包含"),
    Op.NOT_CONTAINS: _("不包含"),
    Op.STARTS_WITH: _("开头是"),
    Op.EQUALS: _("等于"),
    Op.NOT_EQUALS: _("不等于"),
    Op.AT_LEAST: _("至少"),
    Op.AT_MOST: _("至多"),
    Op.MORE_THAN: _("多于"),
    Op.LESS_THAN: _("少于"),
    Op.BETWEEN: _("介于"),
    Op.ON: _("在这一天"),
    Op.BEFORE: _("早于"),
    Op.AFTER: _("晚于"),
    Op.IN_LAST_DAYS: _("在最近几天内"),
    Op.NOT_IN_LAST_DAYS: _("不在最近几天内"),
    Op.IN_NEXT_DAYS: _("在未来几天内"),
    Op.ANNIVERSARY_TODAY: _("周年是今天"),
    Op.ANNIVERSARY_THIS_WEEK: _("周年在本周"),
    Op.ANNIVERSARY_THIS_MONTH: _("周年在本月"),
    Op.ANNIVERSARY_IN_DAYS: _("周年在几天后"),
    Op.IS_TRUE: _("为是"),
    Op.IS_FALSE: _("为否"),
    Op.IS_SET: _("有值"),
    Op.IS_NOT_SET: _("没有值"),
}
MEASURES: dict[Measure, Text] = {
    Measure.COUNT: _("次数"),
    Measure.DAYS: _("有几天"),
    Measure.AMOUNT: _("金额合计（元）"),
    Measure.AVERAGE: _("平均每次金额（元）"),
    Measure.LAST: _("最近一次"),
    Measure.FIRST: _("第一次"),
}
CONSENT_OPS: dict[ConsentOp, Text] = {
    ConsentOp.GRANTED: _("已授权"),
    ConsentOp.NOT_GRANTED: _("未授权"),
    ConsentOp.WITHDRAWN: _("已撤回"),
}
OUTCOMES: dict[MessageOutcome, Text] = {
    MessageOutcome.SENT: _("已提交给运营商"),
    MessageOutcome.DELIVERED: _("已送达"),
    MessageOutcome.READ: _("已读（5G 消息）"),
    MessageOutcome.FAILED: _("未送达"),
    MessageOutcome.REPLIED: _("已回复"),
}
PURPOSES: dict[str, Text] = {
    "marketing": _("营销短信"),
    "service": _("服务短信"),
    "location": _("使用位置"),
    "profiling": _("个性化推荐"),
    "sharing": _("提供给合作方"),
}
INTERACTIONS: dict[Interaction, Text] = {
    Interaction.OPTED_OUT: _("已退订"),
    Interaction.COMPLAINED: _("投诉过"),
    Interaction.BLOCKED: _("被运营商拉黑"),
    Interaction.BOUNCED: _("最近一条未送达"),
    Interaction.REPLIED: _("回复过"),
}
PHRASES: dict[str, Text] = {
    "traits": _("计算特征"),
    "numbers": _("号码健康"),
    "sensitive": _("敏感"),
    "sensitiveHint": _("敏感信息：只对单独同意使用它的客户成立。"),
    "segments": _("其他分群"),
    "segment": _("属于分群"),
    "in": _("属于"),
    "notIn": _("不属于"),
    "interactions": _("互动状态"),
    "yes": _("是"),
    "no": _("否"),
    "rhythms": _("购买节奏"),
    "rhythm": _("沉默超过本人节奏"),
    "silent": _("已超过"),
    "notSilent": _("没有超过"),
    "times": _("倍平均间隔"),
    "tierChanges": _("分层变化"),
    "tierChange": _("分层变化"),
    "from": _("从"),
    "to": _("变为"),
    "anyTier": _("任何分层"),
    "yuan": _("元"),
    "allCampaigns": _("所有活动"),
    "addCampaign": _("指定活动…"),
    "match": _("满足以下"),
    "all": _("全部条件"),
    "any": _("任一条件"),
    "negated": _("取反"),
    "addCondition": _("条件"),
    "addGroup": _("条件组"),
    "remove": _("移除"),
    "removeGroup": _("移除这一组"),
    "subject": _("条件对象"),
    "operator": _("比较方式"),
    "value": _("值"),
    "attributes": _("资料"),
    "custom": _("自定义属性"),
    "tag": _("标签"),
    "tags": _("标签"),
    "consent": _("授权"),
    "events": _("行为"),
    "messages": _("短信结果"),
    "has": _("有"),
    "hasNot": _("没有"),
    "did": _("有过"),
    "didNot": _("没有过"),
    "days": _("天"),
    "and": _("到"),
    "commas": _("多个用逗号分开"),
    "period": _("时间"),
    "anytime": _("任何时候"),
    "lastDays": _("最近"),
    "range": _("日期之间"),
    "category": _("品类"),
    "item": _("商品包含"),
    "narrow": _("品类和商品"),
    "choose": _("请选择"),
    "empty": _("还没有条件：现在是所有客户。"),
    "campaigns": _("指定活动"),
}


def catalogue() -> dict[str, Any]:
    """Everything the builder offers, in the reader's language, ready for JSON."""
    attributes = reads.attributes()
    offered: dict[str, Any] = _plain(
        {
            "attributes": [_attribute(one) for one in attributes.values()],
            "operators": {
                kind.value: [[op.value, OPS[op], takes.value] for op, takes in found.items()]
                for kind, found in OPERATORS.items()
            },
            "comparisons": [[op.value, OPS[op], takes.value] for op, takes in COMPARISONS.items()],
            "recency": [[op.value, OPS[op], "days"] for op in (Op.IN_LAST_DAYS, Op.NOT_IN_LAST_DAYS)],
            "tags": [[one.pk, one.name] for one in Tag.objects.filter(merged_into=None).order_by("name")],
            "segments": [[one.pk, one.name] for one in reads.segments()],
            "consents": [[code, label] for code, label in PURPOSES.items()]
            + [
                [sensitive_purpose(one.sensitive), one.label.in_language(language())]
                for one in attributes.values()
                if one.sensitive
            ],
            "interactions": [[one.value, label] for one, label in INTERACTIONS.items()],
            "tiers": [[code.word, code.label.in_language(language())] for code in TIERS],
            "campaigns": campaigns(),
            "consentOps": [[op.value, label] for op, label in CONSENT_OPS.items()],
            "events": [[one.word, one.label.in_language(language())] for one in EVENTS],
            "measures": [[one.value, label] for one, label in MEASURES.items()],
            "outcomes": [[one.value, label] for one, label in OUTCOMES.items()],
            "phrases": PHRASES,
        }
    )
    return offered


def campaigns() -> list[list[Any]]:
    """The latest campaigns that have written to anybody: plan and name, newest first."""
    found = Campaign.objects.filter(plan__isnull=False).order_by("-id")[:MOST_CAMPAIGNS]
    return [[plan_id, name] for plan_id, name in found.values_list("plan_id", "name")]


def _attribute(one: Attribute) -> dict[str, Any]:
    spoken = language()
    return {
        "name": one.name,
        "label": one.label.in_language(spoken),
        "kind": one.kind.value,
        "codes": [[code.word, code.label.in_language(spoken)] for code in one.codes],
        "choices": list(one.choices),
        "source": one.source.value,
        "sensitive": bool(one.sensitive),
        "scale": one.scale,
    }


def language() -> str:
    """The reader's language as `segments` names it."""
    return "en" if (get_language() or "").startswith("en") else "zh-hans"


def _plain(value: Any) -> Any:
    """Lazy translations as text."""
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
