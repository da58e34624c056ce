"""Commands about campaigns: from preflight to report, and why one person did or didn't get it."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from xinfeng.cli.acting import As, ready_as
from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.cli.rehearsing import rehearse
from xinfeng.cli.templates import tell_examples
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import InvalidInput, NotFound, XinfengError
from xinfeng.kernel.money import yuan
from xinfeng.kernel.time import utc_now

if TYPE_CHECKING:
    from xinfeng.campaigns.models import Campaign

group = typer.Typer(help="活动 campaigns", no_args_is_help=True)

_PLANNING_PATIENCE_S = 20.0


@group.command("list")
def list_campaigns() -> None:
    """列出活动。 List campaigns, newest first."""
    ready()
    from xinfeng.campaigns.models import Campaign

    rows = [
        [
            campaign.pk,
            campaign.name,
            campaign.get_state_display(),
            campaign.plan.messages if campaign.plan else None,
        ]
        for campaign in Campaign.objects.select_related("plan").order_by("-created_at")[:100]
    ]
    table("活动 Campaigns", ["编号 id", "名称 name", "状态 state", "计划条数 messages"], rows, right=(0, 3))


@group.command("add")
def add(
    name: str,
    segment: Annotated[str, typer.Option(help="分群的名称或编号 a segment, by name or id")],
    template: Annotated[
        str, typer.Option(help="模板的名称（用最新一版）或版本号 a template's name, or the id of a version")
    ],
    author: As,
    channel: Annotated[str, typer.Option(help="通道的名称或编号 a channel, by name or id")] = "",
    route: Annotated[
        str, typer.Option(help="路由的名称或编号，与通道二选一 a route, by name or id, instead of a channel")
    ] = "",
    trade: Annotated[str, typer.Option()] = "retail",
    purpose: Annotated[str, typer.Option()] = "marketing",
    rate: Annotated[int | None, typer.Option(help="限速 parts per second, below the channel's")] = None,
) -> None:
    """新建活动草稿。 Make a draft."""
    ready_as(author)
    from xinfeng.campaigns.actions import CampaignDraft, save_campaign
    from xinfeng.cli import named

    draft = CampaignDraft(
        name=name,
        purpose=purpose,
        trade=trade,
        segment_id=named.segment(segment),
        template_version_id=named.template_version(template),
        channel_id=named.channel(channel) if channel else None,
        route_id=named.route(route) if route else None,
        rate_per_s=rate,
    )
    made = save_campaign(draft, actor=author)
    say(f"活动 campaign {made.pk}: {name}")
    if made.template_version is not None:
        tell_examples(made.template_version)


@group.command("preflight")
def preflight(campaign_id: int) -> None:
    """起飞检查：人数、拦截原因、条数、费用、完成时间。 Audience, gates, parts, cost, finishing time."""
    ready()
    from xinfeng.campaigns.preflight import preflight as ask
    from xinfeng.cli.reviews import print_findings
    from xinfeng.cli.routes import print_table
    from xinfeng.policy.reasons import reason_name

    found = ask(_campaign(campaign_id), utc_now())
    zone = xinfeng_settings.load().zone
    rows = [["人群 audience", f"{found.audience:,}"]]
    rows += [
        [f"  − {reason_name(gate.reason, 'zh')} ({gate.reason})", f"{gate.contacts:,}"]
        for gate in found.left_out
    ]
    rows += [
        ["可发送 reachable", f"{found.reachable:,}"],
        ["计费条 parts" + ("" if found.cost.exact else "（估计 estimated）"), f"{found.cost.parts:,}"],
        ["费用 cost", f"¥{yuan(found.cost.cost_fen)}"],
        ["速率 parts/s", f"{found.per_s:,}"],
        ["预计完成 finishes", _local(found.forecast.finishes_at, zone)],
    ]
    table(f"起飞检查 Preflight #{campaign_id}", ["", ""], rows, right=(1,))
    if found.table is not None:
        print_table(found.table)
    if found.cost.spread is not None:
        longest = found.cost.spread.longest
        say(f"最长文本 longest: {longest.units} 字 = {longest.parts} 条 parts")
    print_findings(found.wording.today)
    if not found.cautions and not found.wording.today.judged.findings:
        say("没有发现问题。 Nothing found.")
    for caution in found.cautions:
        say(
            f"⚠ {caution.words('zh', zone=zone)}\n  {caution.words('en', zone=zone)}",
            style="red" if caution.stops else "yellow",
        )


group.command("rehearse")(rehearse)


@group.command("submit")
def submit(campaign_id: int, author: As) -> None:
    """提交审批。 Ask for approval."""
    ready_as(author)
    from xinfeng.campaigns import actions

    actions.submit(campaign_id, actor=author)
    say("已提交审批。 Submitted.")


@group.command("approve")
def approve(campaign_id: int, reviewer: As, comment: Annotated[str, typer.Option()] = "") -> None:
    """批准（须由作者以外的人）。 Approve; by another person than the author."""
    ready_as(reviewer)
    from xinfeng.campaigns import actions

    actions.approve(campaign_id, actor=reviewer, now=utc_now(), comment=comment)
    say("已批准。 Approved.")


@group.command("start")
def start(campaign_id: int, operator: As) -> None:
    """立即开始。 Start now."""
    ready_as(operator)
    from xinfeng.campaigns import actions

    actions.start(campaign_id, actor=operator)
    say("已开始，正在生成计划。 Started; the plan is being made.")


@group.command("schedule")
def schedule(
    campaign_id: int,
    at: Annotated[datetime, typer.Argument(help="2026-11-23T10:00，企业时区 enterprise time")],
    operator: As,
) -> None:
    """定时开始。 Start at a time."""
    ready_as(operator)
    from xinfeng.campaigns import actions

    moment = at.replace(tzinfo=xinfeng_settings.load().zone)
    actions.schedule(campaign_id, moment, actor=operator, now=utc_now())
    say(f"已定时 scheduled: {moment:%Y-%m-%d %H:%M %Z}")


@group.command("pause")
def pause(campaign_id: int, operator: As) -> None:
    """暂停。 Pause."""
    ready_as(operator)
    from xinfeng.campaigns import actions

    actions.pause(campaign_id, actor=operator, now=utc_now())
    say("已暂停。 Paused.")


@group.command("resume")
def resume(campaign_id: int, operator: As) -> None:
    """继续。 Resume."""
    ready_as(operator)
    from xinfeng.campaigns import actions

    actions.resume(campaign_id, actor=operator, now=utc_now())
    say("已继续。 Resumed.")


@group.command("stop")
def stop(campaign_id: int, operator: As) -> None:
    """停止，未发出的不再发送。 Stop; what has not left will not be sent."""
    ready_as(operator)
    from xinfeng.campaigns import actions

    actions.stop(campaign_id, actor=operator, now=utc_now())
    say("已停止。 Stopped.")


@group.command("report")
def report(campaign_id: int) -> None:
    """报告。 The report: what came of it."""
    ready()
    from xinfeng.cli.reporting import print_report

    print_report(_planned(campaign_id))


@group.command("live")
def live(campaign_id: int) -> None:
    """此刻的数字。 The numbers of this moment."""
    ready()
    from xinfeng.cli.reporting import print_live

    print_live(_planned(campaign_id))


def explain_one(
    phone: Annotated[str, typer.Argument(help="手机号 phone number")],
    campaign_id: Annotated[int, typer.Argument(metavar="CAMPAIGN", help="活动编号 campaign id")],
) -> None:
    """某人为什么收到、或没有收到某个活动。 Why a person did or didn't get a campaign."""
    ready()
    from django.utils import translation

    from xinfeng.campaigns.explain import explain
    from xinfeng.console.words import sentence as console_sentence

    explanation = explain(phone=phone, campaign_id=campaign_id, now=utc_now())
    for language, code in (("zh", "zh-hans"), ("en", "en")):
        with translation.override(code):
            fault_words = console_sentence(explanation.failure) if explanation.failure else ""
        for sentence in explanation.words(language, fault_words=fault_words):
            say(sentence)
        say()


def _campaign(campaign_id: int) -> Campaign:
    from xinfeng.campaigns.models import Campaign

    found = Campaign.objects.filter(pk=campaign_id).first()
    if found is None:
        raise NotFound("campaign.unknown", campaign_id=campaign_id)
    return found


def _planned(campaign_id: int) -> Campaign:
    campaign = _campaign(campaign_id)
    patience = time.monotonic() + _PLANNING_PATIENCE_S
    while campaign.state == "planning" and time.monotonic() < patience:  # `start` has just been said
        time.sleep(0.2)
        campaign.refresh_from_db()
    if campaign.state == "failed" and campaign.fault:
        raise XinfengError(campaign.fault["code"], **campaign.fault["params"])
    if campaign.plan_id is None:
        raise InvalidInput("campaign.not_planned", campaign_id=campaign_id)
    return campaign


def _local(at: datetime | None, zone: ZoneInfo) -> str:
    return "—" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
