"""Fields a column may become, in the reader's language, in the groups of the select."""

from __future__ import annotations

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from xinfeng.console.components.parts import Text
from xinfeng.contacts.models import Attribute
from xinfeng.intake.mapping import KINDS as NEW_KINDS
from xinfeng.intake.mapping import SKIP

IMPORT_KINDS: dict[str, Text] = {"contacts": _("客户"), "events": _("行为")}

PROFILE: dict[str, Text] = {
    "phone": _("手机号"),
    "external_id": _("会员号"),
    "name": _("姓名"),
    "gender": _("性别"),
    "birthday": _("生日"),
    "province": _("省份"),
    "city": _("城市"),
    "level": _("会员等级"),
    "language": _("语言"),
    "tags": _("标签"),
    "joined_at": _("加入时间"),
}
CONSENT: dict[str, Text] = {
    "consent_granted": _("是否同意"),
    "consent_at": _("同意时间"),
    "consent_source": _("授权来源"),
    "consent_evidence": _("授权凭证"),
    "consent_notice": _("告知版本"),
    "opted_out": _("已退订"),
}
EVENT: dict[str, Text] = {
    "phone": _("手机号"),
    "external_id": _("会员号"),
    "kind": _("行为类型"),
    "at": _("发生时间"),
    "amount": _("金额（元）"),
    "item": _("商品"),
    "category": _("品类"),
    "event_id": _("行为编号（订单号）"),
}
ATTRIBUTE_KINDS: dict[str, Text] = {
    "text": _("文本"),
    "number": _("数字"),
    "date": _("日期"),
    "bool": _("是否"),
    "choice": _("选项"),
}

Group = tuple[Text, list[tuple[str, Text]]]


def field_groups(kind: str, attributes: list[Attribute]) -> list[Group]:
    """The groups of the select on the mapping screen: (label, [(field, label)])."""
    groups: list[Group] = [("", [(SKIP, _("不导入"))])]
    if kind == "events":
        return [*groups, (_("行为"), list(EVENT.items()))]
    groups += [(_("资料"), list(PROFILE.items())), (_("授权"), list(CONSENT.items()))]
    if attributes:
        groups.append((_("自定义属性"), [(f"attr:{one.key}", label_of(one)) for one in attributes]))
    new = [(f"new:{kind}", ATTRIBUTE_KINDS[kind]) for kind in NEW_KINDS]
    return [*groups, (_("新建属性，类型为"), new)]


def label_of(attribute: Attribute) -> str:
    """An attribute's name in the reader's language."""
    english = (get_language() or "").startswith("en")
    return attribute.label_en if english and attribute.label_en else attribute.label


def field_label(kind: str, field: str, attributes: list[Attribute]) -> Text:
    """The name of one field."""
    for _group, entries in field_groups(kind, attributes):
        for code, label in entries:
            if code == field:
                return label
    return field
