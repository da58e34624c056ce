"""What the builder calls operators, measures and outcomes, and everything it offers, as data for the browser."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from xinfeng.console.components.parts import Text
from xinfeng.console.content.labels import PURPOSES
from xinfeng.contacts.models import Tag
from xinfeng.segments import reads
from xinfeng.segments.attributes import BUILT_IN, COMPARISONS, EVENTS, OPERATORS, Attribute, Op
from xinfeng.segments.rules import ConsentOp, Measure, MessageOutcome

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
    Measure.AMOUNT: _("金额合计（元）"),
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
    MessageOutcome.FAILED: _("未送达"),
    MessageOutcome.REPLIED: _("已回复"),
}
PHRASES: dict[str, Text] = {
    "match": _("满足以下"),
    "all": _("全部条件"),
    "any": _("任一条件"),
    "negated": _("取反"),
    "addCondition": _("条件"),
    "addGroup": _("条件组"),
    "remove": _("移除"),
    "removeGroup": _("移除这一组"),
    "subject": _("条件对象"),
    "operator": _("比较"),
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
            "attributes": [_attribute(one, custom=one.name not in BUILT_IN) for one in attributes.values()],
            "operators": {
                kind.value: [[op.value, OPS[op], takes.value] for op, takes in found.items()]
                for kind, found in OPERATORS.items()
            },
            "comparisons": [[op.value, OPS[op], takes.value] for op, takes in COMPARISONS.items()],
            "recency": [[op.value, OPS[op], "days"] for op in (Op.IN_LAST_DAYS, Op.NOT_IN_LAST_DAYS)],
            "tags": [[one.pk, one.name] for one in Tag.objects.order_by("name")],
            "consents": [[code, label] for code, label in PURPOSES.items()],
            "consentOps": [[op.value, label] for op, label in CONSENT_OPS.items()],
            "events": [[one.word, one.label.in_language(language())] for one in EVENTS],
            "measures": [[one.value, label] for one, label in MEASURES.items()],
            "outcomes": [[one.value, label] for one, label in OUTCOMES.items()],
            "phrases": PHRASES,
        }
    )
    return offered


def _attribute(one: Attribute, *, custom: bool) -> dict[str, Any]:
    spoken = language()
    return {
        "name": one.name,
        "label": one.label.in_language(spoken),
        "kind": one.kind.value,
        "codes": [[code.word, code.label.in_language(spoken)] for code in one.codes],
        "choices": list(one.choices),
        "custom": custom,
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
