"""The dashboard: numbers people act on, each a link; before the first campaign, a checklist that checks itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from xinfeng.campaigns import opt_out_watch
from xinfeng.campaigns import reads as campaigns
from xinfeng.campaigns.complaint_watch import held_campaigns
from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.campaigns.reads import CampaignQuery
from xinfeng.channels import reads as channels
from xinfeng.channels.models import Channel
from xinfeng.complaints import reads as complaints
from xinfeng.consent import contracts
from xinfeng.console.channels.views import Shown as ShownChannel
from xinfeng.console.components import Stat
from xinfeng.console.content.labels import TRADES
from xinfeng.console.dashboard.backups import backup_chores
from xinfeng.console.dashboard.chores import Chore
from xinfeng.console.dashboard.codes import code_chores
from xinfeng.console.dashboard.filings import filing_chores
from xinfeng.console.dashboard.operation import channel_chores, disk_chores
from xinfeng.console.dashboard.reviews import review_chores
from xinfeng.console.middleware import wants_fragment
from xinfeng.console.permissions import allowed, may
from xinfeng.console.templatetags.xinfeng_format import compact, num, pct
from xinfeng.contacts.models import Contact
from xinfeng.content.models import TemplateVersion
from xinfeng.delivery.inbox import unhandled
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.hygiene.reads import rate_lately
from xinfeng.insights.figures import ChannelFigures
from xinfeng.insights.overview import Overview, overview
from xinfeng.intake.models import ImportJob
from xinfeng.kernel.time import business_day, day_bounds, utc_now
from xinfeng.lens.engine import lens
from xinfeng.policy import reads as policy
from xinfeng.policy.windows import is_open, next_windows
from xinfeng.privacy import reads as privacy
from xinfeng.privacy.models import RequestState
from xinfeng.segments.models import Segment

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Task:
    """One step on the way to the first campaign."""

    title: str
    text: str
    done: bool
    url: str
    action: str


@require_safe
@allowed("dashboard.view")
def page(request: HttpRequest) -> HttpResponse:
    tasks = _checklist()
    context: dict[str, Any] = {"tasks": tasks, "fresh": not all(task.done for task in tasks)}
    context["done"] = sum(task.done for task in tasks)
    if any(task.done for task in tasks):
        context |= _figures(request)
    template = "dashboard/live.html" if wants_fragment(request) else "dashboard/page.html"
    return render(request, template, context)


def _figures(request: HttpRequest) -> dict[str, Any]:
    now = utc_now()
    found = overview(now=now)
    user = request.user
    shown = (
        [ShownChannel(row, ChannelFigures()) for row in channels.channels(now=now)]
        if may(user, "channel.view")
        else []
    )
    return {
        "overview": found,
        "stats": _stats(request, found),
        "chart": _chart(found),
        "campaigns": campaigns.under_way() if may(user, "campaign.view") else [],
        "waiting": campaigns.campaigns(CampaignQuery(state="submitted", limit=5)).rows
        if may(user, "campaign.approve")
        else (),
        "channels": shown,
        "imports": _imports() if may(user, "import.view") else [],
        "numbers": rate_lately(now, lens=lens()) if may(user, "number.view") else None,
        "windows": _windows(),
        "chores": [
            *(channel_chores(shown, now) if shown else ()),
            *(disk_chores() if may(user, "settings.view") else ()),
            *_chores(user, now=now),
        ],
    }


MOST_CONTRACTS = 3
"""Contracts named one by one; more are counted."""


def _chores(user: Any, *, now: datetime) -> list[Chore]:
    """Requests, contracts and filings that run out, for those who may see to them; a query for each."""
    return [
        *(_requests(now) if may(user, "request.view") else ()),
        *(_contracts(now) if may(user, "contract.view") else ()),
        *(_complaints(now) if may(user, "complaint.view") else ()),
        *(filing_chores(now) if may(user, "filing.view") else ()),
        *(review_chores(now) if may(user, "template.approve") else ()),
        *(code_chores(now) if may(user, "channel.view") else ()),
        *(backup_chores(now) if may(user, "settings.view") else ()),
    ]


def _requests(now: datetime) -> Iterator[Chore]:
    found = privacy.counts(now=now)
    url = reverse("requests")
    if found.overdue:
        words = _("%(n)s 件个人信息请求已逾期") % {"n": num(found.overdue)}
        yield Chore(words, _("先处理这些。"), f"{url}?due=overdue", "bad")
    if found.due_soon:
        words = _("%(n)s 件个人信息请求三天内到期") % {"n": num(found.due_soon)}
        yield Chore(words, "", f"{url}?due=soon", "warn")
    if found.unchecked:
        words = _("%(n)s 件个人信息请求等待核实身份") % {"n": num(found.unchecked)}
        yield Chore(words, "", f"{url}?state={RequestState.RECEIVED.value}", "info")


def _complaints(now: datetime) -> Iterator[Chore]:
    url = reverse("complaints")
    for campaign in held_campaigns():
        words = _("活动“%(name)s”因投诉自动暂停") % {"name": campaign.name}
        yield Chore(
            words,
            _("查看投诉，由人决定继续还是停止。"),
            reverse("campaigns.report", args=[campaign.pk]),
            "bad",
            badge=_("已暂停"),
        )
    yield from _opt_outs(now)
    found = complaints.counts(now=now)
    if found.overdue:
        words = _("%(n)s 件投诉已逾期") % {"n": num(found.overdue)}
        yield Chore(words, _("先处理这些。"), f"{url}?state=overdue", "bad")
    if found.due_soon:
        words = _("%(n)s 件投诉一天内到期") % {"n": num(found.due_soon)}
        yield Chore(words, "", f"{url}?state=unfinished", "warn")


def _opt_outs(now: datetime) -> Iterator[Chore]:
    for campaign, found in opt_out_watch.recent(now=now)[:5]:
        words = _("活动“%(name)s”退订偏多：%(n)s 人，占送到的 %(share)s")
        said = {"name": campaign.name, "n": num(found.opted_out), "share": pct(found.share)}
        held = campaign.state == CampaignState.PAUSED
        yield Chore(
            words % said,
            _("看看退订的是哪些人，由人决定继续还是停止。")
            if held
            else _("看看退订的是哪些人，必要时暂停。"),
            reverse("campaigns.report", args=[campaign.pk]),
            "bad",
            badge=_("已暂停") if held else "",
        )


def _contracts(now: datetime) -> Iterator[Chore]:
    today = business_day(now, xinfeng_settings.load().zone)
    ending = contracts.ending_soon(today)
    for one in ending[:MOST_CONTRACTS]:
        days = (one.ends_on - today).days
        left = _("还有 %(days)s 天") % {"days": days} if days else _("今天到期")
        words = _("与 %(partner)s 的共享合同 %(day)s 到期") % {
            "partner": one.partner,
            "day": f"{one.ends_on:%Y-%m-%d}",
        }
        yield Chore(words, f"{one.number} · {left}", reverse("contracts.detail", args=[one.pk]), "warn")
    if len(ending) > MOST_CONTRACTS:
        words = _("另有 %(n)s 份共享合同即将到期") % {"n": num(len(ending) - MOST_CONTRACTS)}
        yield Chore(words, "", reverse("contracts"), "warn")


def _stats(request: HttpRequest, found: Overview) -> list[Stat]:
    waiting = unhandled(now=utc_now())
    today = found.today
    return [
        Stat(_("客户"), compact(found.contacts), _to(request, "contacts", "contact.view")),
        Stat(
            _("营销可达"),
            compact(found.reachable),
            _to(request, "contacts", "contact.view", "?consent=reachable"),
            hint=_("占 %(share)s") % {"share": pct(found.reachable, found.contacts)},
        ),
        Stat(
            _("今天已发"),
            num(today.accepted),
            _to(request, "campaigns", "campaign.view"),
            hint=_("七天 %(n)s 条") % {"n": num(found.accepted)},
            trend=[float(day.accepted) for day in found.days],
            unit=_("条"),
        ),
        Stat(
            _("送达率"),
            pct(found.delivered_share),
            _to(request, "campaigns", "campaign.view"),
            hint=_("最近七天"),
        ),
        Stat(
            _("今天退订"),
            num(today.opted_out),
            _to(request, "inbox", "inbox.view", "?show=opt_out"),
            trend=[float(day.opted_out) for day in found.days],
        ),
        Stat(
            _("待处理回复"),
            num(waiting),
            _to(request, "inbox", "inbox.view", "?show=waiting"),
            tone="warn" if waiting else "neutral",
            hint=_("去处理") if waiting else "",
        ),
    ]


def _chart(found: Overview) -> dict[str, Any]:
    return {
        "kind": "bar",
        "x": [f"{day.day:%m-%d}" for day in found.days],
        "series": [
            {"name": _("运营商接收"), "data": [day.accepted for day in found.days], "tone": "accent"},
            {"name": _("送达"), "data": [day.delivered for day in found.days], "tone": "good"},
        ],
        "unit": _("条"),
    }


def _windows() -> list[tuple[str, list[tuple[Any, Any]], bool]]:
    """What is left of today's windows, and whether one is open now; trades alike share a line."""
    now = utc_now()
    settings, calendar = policy.current_settings(), policy.calendar()
    midnight = day_bounds(business_day(now, settings.zone), settings.zone)[1]
    alike: dict[tuple[tuple[Any, Any], ...], list[str]] = {}
    for trade, label in TRADES.items():
        if trade in settings.windows:
            found = next_windows(trade, now, calendar=calendar, settings=settings, horizon=DAY)
            today = tuple(span for span in found if span[0] < midnight)
            alike.setdefault(today, []).append(str(label))
    return [(_("、").join(labels), list(spans), is_open(spans, now)) for spans, labels in alike.items()]


def _imports() -> list[ImportJob]:
    return list(ImportJob.objects.filter(state__in=("queued", "checking", "running")).order_by("-id")[:5])


def _checklist() -> list[Task]:
    """What has to be there before a campaign can be sent, in the order in which it is made."""
    return [
        Task(
            _("接上通道"),
            _("填好和运营商的合同参数，网关就会连上。"),
            Channel.objects.exists(),
            _address("channels.new"),
            _("添加通道"),
        ),
        Task(
            _("写一条短信"),
            _("先添加签名，再写模板，看它在手机上的样子和计费条数。"),
            TemplateVersion.objects.exists(),
            _address("templates.new"),
            _("写模板"),
        ),
        Task(
            _("导入客户"),
            _("上传客户文件，写明来源、用途和授权凭证。没有授权的客户不会收到短信。"),
            Contact.objects.exists(),
            _address("imports.new"),
            _("导入客户"),
        ),
        Task(
            _("选出分群"),
            _("用属性、标签、行为和以往的结果选出这次写给谁。"),
            Segment.objects.exists(),
            _address("segments.new"),
            _("新建分群"),
        ),
        Task(
            _("发起活动"),
            _("预检谁会收到、要花多少钱，审核后发送。"),
            Campaign.objects.exists(),
            _address("campaigns.new"),
            _("新建活动"),
        ),
    ]


def _to(request: HttpRequest, name: str, permission: str, query: str = "") -> str:
    address = _address(name) if may(request.user, permission) else ""
    return address + query if address else ""


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
