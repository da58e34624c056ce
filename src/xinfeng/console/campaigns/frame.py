"""What all pages of one campaign share: tabs, breadcrumbs, the words of steps and the buttons that fit its state."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xinfeng.campaigns import lifecycle
from xinfeng.campaigns.lifecycle import Move
from xinfeng.campaigns.models import Campaign, CampaignState, CampaignStep
from xinfeng.console.components import Crumb, Step, Tab, TimelineItem
from xinfeng.console.components.parts import Text, Tone
from xinfeng.console.content.labels import PURPOSES, TRADES
from xinfeng.console.permissions import may
from xinfeng.console.words import sentence
from xinfeng.kernel.errors import Conflict

PERMISSIONS: dict[Move, str] = {
    Move.SUBMIT: "campaign.edit",
    Move.REVISE: "campaign.edit",
    Move.APPROVE: "campaign.approve",
    Move.SEND_BACK: "campaign.view",
    Move.SCHEDULE: "campaign.run",
    Move.UNSCHEDULE: "campaign.run",
    Move.START: "campaign.run",
    Move.PAUSE: "campaign.run",
    Move.RESUME: "campaign.run",
    Move.STOP: "campaign.run",
}
"""What a person needs for each move. Sending back belongs to reviewers and to the author; see `may_move`."""

STEPS: dict[str, tuple[Text, str, Tone]] = {
    "create": (_("新建"), "plus", "neutral"),
    "change": (_("修改了内容"), "edit", "neutral"),
    "rename": (_("改了名字"), "edit", "neutral"),
    "submit": (_("提交审核"), "send", "info"),
    "approve": (_("批准"), "circle-check", "good"),
    "send_back": (_("退回"), "arrow-left", "warn"),
    "revise": (_("重新编辑"), "edit", "neutral"),
    "schedule": (_("定时"), "calendar", "info"),
    "unschedule": (_("取消定时"), "calendar", "neutral"),
    "start": (_("开始"), "player-play", "accent"),
    "plan": (_("开始生成计划"), "list-details", "neutral"),
    "planned": (_("计划已生成，开始发送"), "send-2", "accent"),
    "nobody": (_("没有可以发送的客户"), "info-circle", "warn"),
    "rank": (_("改了优先级"), "selector", "neutral"),
    "fail": (_("失败"), "alert-triangle", "bad"),
    "pause": (_("暂停"), "player-pause", "warn"),
    "resume": (_("继续"), "player-play", "accent"),
    "stop": (_("停止"), "player-stop", "bad"),
    "finish": (_("完成"), "circle-check", "good"),
}


HELD: dict[str, Text] = {
    "carrier_refuses": _("运营商一直拒绝（结果 {code}），已自动暂停。请核对账号和报备，再点“继续”。"),
    "carrier_silent": _("运营商一直没有应答，已自动暂停。通道恢复后点“继续”。"),
    "carrier_cuts": _("运营商一直断开连接，已自动暂停。通道恢复后点“继续”。"),
    "carrier_throttles": _("运营商的流控一条也不放行，已自动暂停。请核对速率，再点“继续”。"),
    "filing_lapsed": _(
        "依据的报备已失效（到期、撤销，或通道开始要求报备），已自动暂停。到“报备”里让它生效，再点“继续”。"
    ),
    "complaints": _("投诉超过了规定的限额，已自动暂停。到“投诉”里查看并处理，确认可以继续后再点“继续”。"),
    "opt_outs": _(
        "退订明显偏多，已自动暂停。请看退订的是哪些人、文案和人群有没有问题，确认可以继续后再点“继续”。"
    ),
    "text_blocked": _("文案被审核人禁用，已自动暂停，不能继续。要再发，请换一版文案另建活动。"),
    "restored": _(
        "数据库是从备份恢复的，备份之后可能已经发过，已自动暂停。补录这段时间的退订和投诉，核对运营商账单，再点“继续”。"
    ),
    "window_closed": _(
        "发送时段或日历收紧了，现在不能发，已自动暂停。点“继续”，剩下的会在允许的时段里发出。"
    ),
}
"""Why a plan was held by itself: by delivery, or by rules that were tightened."""


def held_because(reason: str) -> str:
    """In words; empty when a person paused it."""
    code, _colon, result = reason.partition(":")
    return str(HELD[code]).replace("{code}", result) if code in HELD else ""


def wizard_steps(campaign: Campaign | None) -> list[Step]:
    """The four steps; those that can be gone to have an address."""
    names = (
        (_("发给谁"), "campaigns.whom"),
        (_("发什么"), "campaigns.what"),
        (_("怎么发"), "campaigns.how"),
        (_("预检并提交"), "campaigns.check"),
    )
    done = reached(campaign)
    return [
        Step(label, reverse(name, args=[campaign.pk]) if campaign and number <= done else "")
        for number, (label, name) in enumerate(names, start=1)
    ]


def reached(campaign: Campaign | None) -> int:
    """The first step that is not filled in yet; 4 when all are."""
    if campaign is None or campaign.segment_id is None:
        return 1
    if campaign.template_version_id is None:
        return 2
    return 3 if campaign.channel_id is None and campaign.route_id is None else 4


def common(request: HttpRequest, campaign: Campaign, *, tab: str) -> dict[str, Any]:
    """The context of every page of a campaign that has left the wizard."""
    pages = [(_("内容与审核"), "campaigns.review")]
    if campaign.plan_id is not None:
        pages = [(_("进展"), "campaigns.live"), (_("报告"), "campaigns.report"), *pages]
    if may(request.user, "pressure.view"):
        pages.append((_("名额"), "pressure.campaign"))
    pages += [(_("为什么发给他"), "campaigns.explain"), (_("经过"), "campaigns.history")]
    return {
        "campaign": campaign,
        "crumbs": [Crumb(_("活动"), reverse("campaigns"))],
        "tabs": [Tab(label, reverse(name, args=[campaign.pk]), current=name == tab) for label, name in pages],
        "purpose": PURPOSES.get(campaign.purpose, campaign.purpose),
        "trade": TRADES.get(campaign.trade, campaign.trade),
        "moves": moves_for(request.user, campaign),
        "here": tab,
        "fault": fault_of(campaign),
    }


def moves_for(user: Any, campaign: Campaign) -> set[str]:
    """The buttons to show: what this state allows and this person may."""
    return {str(move) for move in lifecycle.moves_from(campaign.state) if may_move(user, campaign, move)}


def may_move(user: Any, campaign: Campaign, move: Move) -> bool:
    if move not in PERMISSIONS:
        return False
    if move is Move.SEND_BACK:
        return may(user, "campaign.approve") or (may(user, "campaign.edit") and campaign.author_id == user.pk)
    return may(user, PERMISSIONS[move])


def fault_of(campaign: Campaign) -> str:
    """Why it failed, in words."""
    fault = campaign.fault or {}
    if not fault.get("code"):
        return ""
    return sentence(Conflict(fault["code"], **fault.get("params", {})))


def story(steps: list[CampaignStep]) -> list[TimelineItem]:
    """The steps as a timeline, newest first."""
    return [_item(step) for step in steps]


def _item(step: CampaignStep) -> TimelineItem:
    label, icon, tone = STEPS.get(step.action, (step.action, "point", "neutral"))
    who = _("系统") if step.actor.startswith("system:") else step.actor
    text = f"{who}：{step.comment}" if step.comment else str(who)
    return TimelineItem(step.at, label, text, icon, tone)


def is_before_start(campaign: Campaign) -> bool:
    return campaign.state in (
        CampaignState.DRAFT,
        CampaignState.SUBMITTED,
        CampaignState.APPROVED,
        CampaignState.SCHEDULED,
    )
