"""Codes of filings in the reader's language."""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol

from django.urls import reverse
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from xinfeng.channels.capabilities import PRESETS
from xinfeng.console.components import Crumb, Tab, TimelineItem
from xinfeng.console.components.parts import Text, Tone
from xinfeng.console.contacts.labels import CARRIERS as CARRIERS
from xinfeng.filings.lifecycle import Move
from xinfeng.filings.models import Basis, FilingStep, QualificationKind
from xinfeng.filings.states import FilingState


class Sourced(Protocol):
    """What names its source in both languages."""

    @property
    def source(self) -> str: ...
    @property
    def source_en(self) -> str: ...


STATES: dict[str, tuple[Text, Tone]] = {
    FilingState.PREPARING: (_("准备中"), "neutral"),
    FilingState.SUBMITTED: (_("已提交"), "info"),
    FilingState.IN_FORCE: (_("已生效"), "good"),
    FilingState.REFUSED: (_("被驳回"), "bad"),
    FilingState.EXPIRED: (_("已到期"), "bad"),
    FilingState.WITHDRAWN: (_("已撤销"), "neutral"),
}
SHORT_CARRIERS: dict[int, Text] = {1: _("移动"), 2: _("联通"), 3: _("电信"), 4: _("广电")}
BASES: dict[str, Text] = {
    Basis.COMPANY: _("企业全称"),
    Basis.SHORT_NAME: _("企业简称"),
    Basis.TRADEMARK: _("注册商标"),
    Basis.APP: _("已备案的 APP"),
    Basis.GOVERNMENT: _("机关事业单位"),
}
KINDS: dict[str, Text] = {
    QualificationKind.LICENCE: _("营业执照"),
    QualificationKind.ICP: _("ICP 备案"),
    QualificationKind.TELECOM: _("增值电信业务许可证"),
    QualificationKind.TRADEMARK: _("商标注册证"),
    QualificationKind.AUTHORISATION: _("授权书"),
    QualificationKind.CONTRACT: _("服务商合同"),
    QualificationKind.OTHER: _("其他"),
}
STEPS: dict[str, tuple[Text, str, Tone]] = {
    "add": (_("登记"), "plus", "neutral"),
    "edit": (_("修改"), "edit", "neutral"),
    Move.SUBMIT: (_("提交"), "send", "info"),
    Move.CONFIRM: (_("生效"), "circle-check", "good"),
    Move.REFUSE: (_("被驳回"), "circle-x", "bad"),
    Move.EXPIRE: (_("到期"), "clock", "bad"),
    Move.WITHDRAW: (_("撤销"), "ban", "bad"),
    "document": (_("上传材料"), "upload", "neutral"),
    "retire": (_("停用"), "archive", "warn"),
}
_PARTICULARS: dict[str, Text] = {
    "number": _("编号"),
    "reason": _("原因"),
    "effective_on": _("生效日"),
    "expires_on": _("到期日"),
    "port": _("号码"),
}


def vendor_name(key: str) -> str:
    """A vendor's name; the key itself for one that has no preset."""
    preset = PRESETS.get(key)
    if preset is None:
        return {"baidu": gettext("百度智能云"), "youzan": gettext("有赞")}.get(key, key)
    return preset.name_en if (get_language() or "").startswith("en") else preset.name


def in_words(sourced: Sourced) -> str:
    """Where a number or rule comes from, in the reader's language."""
    return sourced.source_en if (get_language() or "").startswith("en") else sourced.source


def timeline(steps: list[FilingStep]) -> list[TimelineItem]:
    """What happened to a filing or qualification."""
    return [_item(step) for step in steps]


def _item(step: FilingStep) -> TimelineItem:
    from xinfeng.console.actors import actor_words

    title, icon, tone = STEPS.get(step.action, (step.action, "point", "neutral"))
    told = [f"{_PARTICULARS[name]} {value}" for name, value in step.detail.items() if name in _PARTICULARS]
    return TimelineItem(step.at, title, " · ".join([str(actor_words(step.actor)), *told]), icon, tone)


def left_words(days: int | None) -> str:
    """How long something holds: "" while nobody needs to know."""
    if days is None:
        return ""
    if days < 0:
        return gettext("已过期")
    if days == 0:
        return gettext("今天到期")
    return ngettext("还有 %(n)s 天", "还有 %(n)s 天", days) % {"n": days}


def urgency_tone(days: int | None) -> Tone:
    """The colour of a day that comes near: within a week bad, within a month warn."""
    if days is None or days > 60:
        return "neutral"
    return "bad" if days <= 7 else "warn" if days <= 30 else "info"


def tabs(here: str) -> list[Tab]:
    """The pages of the section."""
    pages = (
        (_("签名"), "filings"),
        (_("模板"), "filings.templates"),
        (_("大促"), "filings.bulk"),
        (_("资质"), "filings.qualifications"),
        (_("停报期"), "filings.gaps"),
    )
    return [Tab(label, reverse(name), current=name == here) for label, name in pages]


def crumbs(*more: tuple[Text, str]) -> list[Crumb]:
    """From the section's first page on."""
    return [Crumb(_("报备"), reverse("filings")), *(Crumb(label, url) for label, url in more)]


def span(first: date, last: date) -> str:
    """Days as lists show them."""
    return f"{first:%Y-%m-%d}" if first == last else f"{first:%Y-%m-%d} – {last:%Y-%m-%d}"


def state_of(filing: Any, day: date) -> tuple[Text, Tone]:
    """Word and colour of where a filing stands."""
    return STATES[filing.state_on(day)]
