"""Words for what screening knows."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from xinfeng.console.components.parts import Text, Tone
from xinfeng.console.content.labels import PURPOSES, TRADES

__all__ = ["CATEGORIES", "CHANGES", "PURPOSES", "TRADES", "WORD_OUTCOMES"]

CHANGES: dict[str, Text] = {
    "block": _("改为禁止"),
    "evidence": _("改为需要证明"),
    "remark": _("改为只提示"),
    "off": _("停用"),
}
WORD_OUTCOMES: dict[str, tuple[Text, Tone]] = {
    "block": (_("禁用"), "bad"),
    "evidence": (_("需要证明"), "warn"),
    "allow": (_("放行"), "good"),
}
CATEGORIES: dict[str, Text] = {
    "absolute": _("绝对化用语"),
    "state": _("国家与公共秩序"),
    "promotion": _("赠品、价格、期限"),
    "fairness": _("贬低他人、未成年人"),
    "medicine": _("医药、保健、烟酒"),
    "education": _("教育培训"),
    "finance": _("金融、房产"),
    "fraud": _("诈骗与引流"),
    "form": _("链接、格式、规避"),
    "vendors": _("服务商限制"),
}
