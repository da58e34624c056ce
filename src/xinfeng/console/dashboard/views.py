"""The dashboard: the way from a contact file to a report, one step a section, for whoever may open it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from xinfeng.console.navigation import Item, items_for
from xinfeng.console.permissions import allowed

WAY: dict[str, Promise] = {
    "imports": _("上传客户文件，写明来源、用途和授权凭证。每一行不能导入的都会留下原因。"),
    "segments": _("用属性、标签、行为和以往短信的结果选出这次要写给谁。"),
    "templates": _("写短信，看它在手机上的样子、字数和计费条数。"),
    "channels": _("接上运营商的通道，看连接状态和每秒速率。"),
    "campaigns": _("预检谁会收到、谁不会、要花多少钱，审核后发送，随时可以暂停。"),
    "inbox": _("看客户回复了什么。退订的回复立刻生效。"),
}
"""What each section is for, in the order of the main job."""


@dataclass(frozen=True)
class Signpost:
    """A section with what it is for."""

    item: Item
    text: Promise


@require_safe
@allowed("dashboard.view")
def page(request: HttpRequest) -> HttpResponse:
    """The sections this person may open, in the order of the main job."""
    items = {item.section.name: item for item in items_for(request, request.user)}
    signposts = [Signpost(items[name], text) for name, text in WAY.items() if name in items]
    return render(request, "dashboard/page.html", {"signposts": signposts})
