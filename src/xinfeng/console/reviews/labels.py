"""Words of the reviewer's desk."""

from __future__ import annotations

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xinfeng.console.components import Tab
from xinfeng.console.components.parts import Text, Tone
from xinfeng.content.models import Evidence
from xinfeng.content.risky import Why

STATES: dict[str, tuple[Text, Tone]] = {
    "draft": (_("草稿"), "neutral"),
    "in_review": (_("待审核"), "warn"),
    "approved": (_("已通过"), "good"),
    "returned": (_("已退回"), "warn"),
    "blocked": (_("已禁用"), "bad"),
}
WHY: dict[Why, tuple[Text, Tone]] = {
    Why.FINDING: (_("客户资料带来的问题"), "bad"),
    Why.LONGEST: (_("最长"), "neutral"),
    Why.MOST_PARTS: (_("计费条最多"), "neutral"),
    Why.EMPTY: (_("缺的资料最多"), "warn"),
    Why.TYPICAL: (_("一般"), "neutral"),
}
TABS = (
    ("reviews", _("待审核")),
    ("reviews.done", _("最近处理")),
    ("reviews.proofs", _("凭证")),
)
ENDING_DAYS = 30


def tabs(here: str, counts: dict[str, int] | None = None) -> list[Tab]:
    """The tabs of the desk, with the one that `here` names marked."""
    known = counts or {}
    return [Tab(label, reverse(name), current=name == here, count=known.get(name)) for name, label in TABS]


def proof_state(evidence: Evidence, day: date) -> tuple[Text, Tone]:
    """Whether a proof may be relied on, in words."""
    if evidence.withdrawn_at is not None:
        return _("已撤回"), "bad"
    if day > evidence.valid_until:
        return _("已过期"), "bad"
    if (evidence.valid_until - day).days <= ENDING_DAYS:
        return _("即将到期"), "warn"
    return _("有效"), "good"
