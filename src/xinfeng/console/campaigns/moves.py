"""The buttons: each posts one move of a campaign to its action."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from xinfeng.campaigns import actions, reads
from xinfeng.campaigns.lifecycle import Move
from xinfeng.console.campaigns.frame import PERMISSIONS, may_move
from xinfeng.console.components.parts import Text
from xinfeng.console.permissions import allowed
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import InvalidInput, NotAllowed
from xinfeng.kernel.time import utc_now

SAID: dict[Move, Text] = {
    Move.SUBMIT: _("已提交审核。审核人会在活动列表里看到它。"),
    Move.APPROVE: _("已批准。现在可以开始或定时。"),
    Move.SEND_BACK: _("已退回草稿。"),
    Move.REVISE: _("已回到草稿，改好后重新提交。"),
    Move.SCHEDULE: _("已定时，到时自动开始。"),
    Move.UNSCHEDULE: _("已取消定时，批准仍然有效。"),
    Move.START: _("已开始，正在生成计划。"),
    Move.PAUSE: _("已暂停，没有提交的短信都留着。"),
    Move.RESUME: _("已继续。"),
    Move.STOP: _("已停止，没有提交的短信不会再发。"),
}


@require_POST
@allowed("campaign.view")
def move(request: HttpRequest, campaign_id: int, move: str) -> HttpResponse:
    """Do it, say so, and go to the page that matters then."""
    wanted = _move(move)
    if not may_move(request.user, reads.campaign(campaign_id), wanted):
        raise NotAllowed("permission.missing", permission=PERMISSIONS[wanted])
    given: dict[str, Any] = {"actor": request.user.get_username()}
    comment = request.POST.get("comment", "").strip()[:500]
    now = utc_now()
    match wanted:
        case Move.SUBMIT:
            actions.submit(campaign_id, comment=comment, **given)
        case Move.APPROVE:
            actions.approve(campaign_id, now=now, comment=comment, **given)
        case Move.SEND_BACK:
            actions.send_back(campaign_id, comment=comment, **given)
        case Move.REVISE:
            actions.revise(campaign_id, **given)
        case Move.SCHEDULE:
            actions.schedule(campaign_id, _moment(request), now=now, **given)
        case Move.UNSCHEDULE:
            actions.unschedule(campaign_id, **given)
        case Move.START:
            actions.start(campaign_id, **given)
        case Move.PAUSE:
            actions.pause(campaign_id, now=now, comment=comment, **given)
        case Move.RESUME:
            actions.resume(campaign_id, now=now, **given)
        case _:
            actions.stop(campaign_id, now=now, comment=comment, **given)
    messages.success(request, str(SAID[wanted]))
    return redirect("campaigns.detail", campaign_id=campaign_id)


def _move(name: str) -> Move:
    try:
        wanted = Move(name)
    except ValueError:
        raise Http404(name) from None
    if wanted not in PERMISSIONS:
        raise Http404(name)
    return wanted


def _moment(request: HttpRequest) -> datetime:
    """What was typed, in the enterprise's zone."""
    try:
        typed = datetime.fromisoformat(request.POST.get("at", ""))
    except ValueError:
        raise InvalidInput("campaign.schedule_time") from None
    return typed.replace(tzinfo=xinfeng_settings.load().zone) if typed.tzinfo is None else typed
