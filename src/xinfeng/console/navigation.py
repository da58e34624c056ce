"""The sections of the console, in the order of daily work, and which of them a person sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xinfeng.console.permissions import may
from xinfeng.console.reviews.waiting import waiting_count


@dataclass(frozen=True)
class Section:
    """One entry of the navigation. `name` is the URL name of its first screen and the prefix of all its others."""

    name: str
    label: Promise
    icon: str
    permission: str
    group: Promise
    on_phone: bool = False
    """Whether it has a place in the bar at the bottom of a phone; the others are under “更多”."""


WORK, PEOPLE, TRUST, HOUSE = _("日常"), _("客户库"), _("授权与合规"), _("系统")

SECTIONS: tuple[Section, ...] = (
    Section("dashboard", _("概览"), "layout-dashboard", "dashboard.view", WORK, on_phone=True),
    Section("campaigns", _("活动"), "speakerphone", "campaign.view", WORK, on_phone=True),
    Section("templates", _("模板"), "template", "template.view", WORK),
    Section("reviews", _("审核"), "eye-check", "template.approve", WORK),
    Section("pressure", _("触达压力"), "scale", "pressure.view", WORK),
    Section("inbox", _("收件箱"), "inbox", "inbox.view", WORK, on_phone=True),
    Section("contacts", _("客户"), "users", "contact.view", PEOPLE, on_phone=True),
    Section("imports", _("导入"), "file-import", "import.view", PEOPLE),
    Section("segments", _("分群"), "filter", "segment.view", PEOPLE),
    Section("tiers", _("分层与标签"), "stairs-up", "tier.view", PEOPLE),
    Section("forms", _("表单"), "forms", "form.view", PEOPLE),
    Section("numbers", _("号码健康"), "device-mobile-check", "number.view", PEOPLE),
    Section("consents", _("授权"), "shield-check", "consent.view", TRUST),
    Section("requests", _("个人信息请求"), "user-shield", "request.view", TRUST),
    Section("contracts", _("共享合同"), "file-certificate", "contract.view", TRUST),
    Section("complaints", _("投诉"), "alert-triangle", "complaint.view", TRUST),
    Section("filings", _("报备"), "certificate", "filing.view", TRUST),
    Section("inspection", _("检查与留痕"), "clipboard-check", "inspection.view", TRUST),
    Section("screening", _("内容规则"), "list-search", "screening.view", TRUST),
    Section("channels", _("通道"), "antenna-bars-5", "channel.view", HOUSE),
    Section("integrations", _("接口"), "plug-connected", "api.view", HOUSE),
    Section("settings", _("设置"), "settings", "settings.view", HOUSE),
    Section("audit", _("审计"), "history-toggle", "audit.view", HOUSE),
)

COUNTS: dict[str, Callable[[], int]] = {"reviews": waiting_count}
"""What waits in a section: cheap counts, asked for every page of those who may see the section."""


@dataclass(frozen=True)
class Item:
    """A section as one reader sees it."""

    section: Section
    url: str
    current: bool
    count: int = 0
    """What waits in it for this reader; shown when it is not 0."""


def items_for(request: HttpRequest, user: Any) -> list[Item]:
    """The sections `user` may open, with the one that `request` is in marked."""
    here = request.resolver_match.view_name if request.resolver_match else ""
    found = []
    for section in SECTIONS:
        url = _address(section.name)
        if url and may(user, section.permission):
            current = here == section.name or here.startswith((f"{section.name}.", f"{section.name}:"))
            count = COUNTS[section.name]() if section.name in COUNTS else 0
            found.append(Item(section, url, current, count))
    return found


def _address(name: str) -> str | None:
    try:
        return reverse(name)
    except NoReverseMatch:
        return None
