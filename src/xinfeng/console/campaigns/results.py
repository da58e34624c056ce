"""While it is being sent and afterwards: the live page, the report, what happened when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from xinfeng.campaigns import actions, opt_out_watch, reads
from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.campaigns.watch_pauses import last_pause
from xinfeng.channels.models import Channel
from xinfeng.complaints import reads as complaints
from xinfeng.complaints import settings as complaint_settings
from xinfeng.complaints.rates import rate_of_plans
from xinfeng.console.campaigns.frame import common, held_because, story
from xinfeng.console.campaigns.routed import carried, waiting
from xinfeng.console.campaigns.samples import language
from xinfeng.console.codes.receipts import ShownFinding, shown
from xinfeng.console.codes.shown import CodeRow, by_side
from xinfeng.console.complaints.labels import per_million
from xinfeng.console.complaints.listing import shown as shown_complaints
from xinfeng.console.components import Share, Stat
from xinfeng.console.middleware import wants_fragment
from xinfeng.console.permissions import allowed
from xinfeng.console.templatetags.xinfeng_format import num, pct, yuan
from xinfeng.content.parts import fen
from xinfeng.delivery.models import PlanChannel
from xinfeng.insights import report as reports
from xinfeng.insights import unusual
from xinfeng.insights.drill import Group
from xinfeng.insights.live import Count, LiveNumbers, live_numbers
from xinfeng.insights.report import Line, Report
from xinfeng.insights.words import code_name
from xinfeng.kernel.money import Fen
from xinfeng.kernel.time import utc_now

MOVING = (CampaignState.PLANNING, CampaignState.RUNNING, CampaignState.PAUSED)
MOST_PROVINCES = 12


@require_safe
@allowed("campaign.view")
def live(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The numbers of this moment; htmx asks for them every second or two as long as something moves."""
    now = utc_now()
    actions.settle_finished(now=now)
    campaign = reads.campaign(campaign_id)
    if wants_fragment(request) and request.GET.get("was", campaign.state) != campaign.state:
        return HttpResponse(headers={"HX-Refresh": "true"})  # other buttons, other tabs
    context = common(request, campaign, tab="campaigns.live")
    context["moving"] = campaign.state in MOVING or _settling(campaign)
    context["planning"] = campaign.state == CampaignState.PLANNING
    if campaign.plan_id is not None:
        numbers = live_numbers(campaign.plan_id, now=now)
        context |= _live_context(campaign, numbers)
    elif not context["planning"]:
        return redirect("campaigns.review", campaign_id=campaign_id)
    template = "campaigns/live_numbers.html" if wants_fragment(request) else "campaigns/live.html"
    return render(request, template, context)


@require_safe
@allowed("campaign.view")
def report(request: HttpRequest, campaign_id: int) -> HttpResponse:
    campaign = reads.campaign(campaign_id)
    if campaign.plan_id is None:
        return redirect("campaigns.detail", campaign_id=campaign_id)
    found = reports.report(campaign.plan_id, now=utc_now())
    context = common(request, campaign, tab="campaigns.report") | _report_context(campaign, found)
    return render(request, "campaigns/report.html", context)


@require_safe
@allowed("campaign.view")
def history(request: HttpRequest, campaign_id: int) -> HttpResponse:
    campaign = reads.campaign(campaign_id)
    context = common(request, campaign, tab="campaigns.history")
    return render(request, "campaigns/history.html", {**context, "story": story(reads.steps(campaign_id))})


def people_url(campaign: Campaign, group: str, **narrowed: Any) -> str:
    """The contacts behind a number."""
    address = reverse("campaigns.people", args=[campaign.pk])
    asked = {"group": group, **{name: value for name, value in narrowed.items() if value is not None}}
    return f"{address}?{urlencode(asked)}"


def _settling(campaign: Campaign) -> bool:
    """Receipts and replies keep coming for a while after the end."""
    ended = campaign.plan.finished_at if campaign.plan else None
    return ended is not None and (utc_now() - ended).total_seconds() < 600


def _live_context(campaign: Campaign, numbers: LiveNumbers) -> dict[str, Any]:
    def to(group: Group) -> str:
        return people_url(campaign, group)

    waits = waiting(campaign)
    return {
        "numbers": numbers,
        "carried": carried(campaign, numbers),
        "waiting_for": waits,
        "all_wait": bool(waits) and sum(one.messages for one in waits) >= numbers.waiting + numbers.on_wire,
        "shares": [
            Share(_("已送达"), numbers.delivered, "good", to(Group.DELIVERED)),
            Share(_("已接收，等回执"), numbers.accepted, "info", to(Group.ACCEPTED)),
            Share(_("提交中"), numbers.on_wire, "accent", to(Group.ON_WIRE)),
            Share(_("未送达"), numbers.failed, "bad", to(Group.FAILED)),
            Share(_("待定"), numbers.uncertain, "warn", to(Group.UNCERTAIN)),
            Share(_("等待发送"), numbers.waiting, "neutral", to(Group.WAITING)),
            Share(_("未发出"), numbers.withheld, "neutral", to(Group.WITHHELD)),
        ],
        "stats": [
            Stat(_("受众"), num(numbers.audience)),
            Stat(_("已计划"), num(numbers.planned), to(Group.PLANNED)),
            Stat(_("已送达"), num(numbers.delivered), to(Group.DELIVERED), pct(numbers.delivered_share)),
            *_read(campaign, numbers),
            Stat(_("回复"), num(numbers.replied), to(Group.REPLIED)),
            Stat(
                _("退订"),
                num(numbers.opted_out),
                to(Group.OPTED_OUT),
                pct(numbers.opted_out, numbers.delivered) if numbers.delivered else "",
                tone="bad",
            ),
            Stat(_("费用"), yuan(fen(numbers.cost_li))),
        ],
        "failed_by": _codes(campaign, numbers.failed_by, Group.FAILED),
        "failed_sides": by_side(_codes(campaign, numbers.failed_by, Group.FAILED)),
        "uncertain_by": _codes(campaign, numbers.uncertain_by, Group.UNCERTAIN),
        "withheld_by": _codes(campaign, numbers.withheld_by, Group.WITHHELD),
        "left_out_by": _codes(campaign, numbers.left_out_by, Group.LEFT_OUT),
        "held": held_because(numbers.state_reason),
        "opt_outs": _opt_outs(campaign),
    }


def _opt_outs(campaign: Campaign) -> str:
    """In words, where they stand out."""
    found = (
        opt_out_watch.of_plan(campaign.plan_id)
        if campaign.plan_id and campaign.purpose == "marketing"
        else None
    )
    if found is None:
        return ""
    return _("%(n)s 人回复退订，占送到的 %(share)s，明显高于 %(limit)s%%。") % {
        "n": num(found.opted_out),
        "share": pct(found.share),
        "limit": f"{complaint_settings.current().opt_out_percent:g}",
    }


def _read(campaign: Campaign, numbers: LiveNumbers) -> list[Stat]:
    """What only 5G channels tell: shown on the handset, or sent as an SMS instead."""
    read, fallen = (people_url(campaign, group) for group in (Group.DISPLAYED, Group.FELL_BACK))
    shown = [Stat(_("已读"), num(numbers.displayed), read, pct(numbers.displayed_share))]
    return [
        *(shown if numbers.displayed_of else []),
        *([Stat(_("已转短信"), num(numbers.fell_back), fallen)] if numbers.fell_back else []),
    ]


def _kind(campaign: Campaign) -> str:
    """The kind of its channels, where they are of one: a bare number means something else with each protocol."""
    if campaign.channel is not None:
        return str(campaign.channel.kind)
    over = PlanChannel.objects.filter(plan=campaign.plan).values("channel_id")
    kinds = set(Channel.objects.filter(pk__in=over).values_list("kind", flat=True))
    return kinds.pop() if len(kinds) == 1 else ""


def _codes(campaign: Campaign, counts: Iterable[Count], group: Group) -> list[CodeRow]:
    """Code, meaning, number, address and kind of channel of each. By a route the same code may come over channels of
    different kinds: then it stands once for each, and its address is narrowed."""
    counts = list(counts)
    often = Counter(count.code for count in counts)
    found, one_kind = [], _kind(campaign) if counts else ""
    for count in counts:
        kind = count.kind or one_kind
        narrowed = kind if often[count.code] > 1 and kind else None
        url = people_url(campaign, group, code=count.code, kind=narrowed)
        found.append((count.code, code_name(count.code, language(), kind), count.messages, url, kind))
    return found


def _report_context(campaign: Campaign, found: Report) -> dict[str, Any]:
    numbers, kind = found.numbers, _kind(campaign)
    return {
        **_live_context(campaign, numbers),
        "report": found,
        "kind": kind,
        "tells_read": numbers.displayed_of > 0,
        "funnel": _funnel(campaign, numbers),
        "hours": _hours(found),
        "breakdowns": [
            (_("按分层"), _lines(campaign, found.by_tier, "tier", reports.TIER_NAMES)),
            (_("按运营商"), _lines(campaign, found.by_carrier, "carrier", reports.CARRIER_NAMES)),
            (_("按省份"), _lines(campaign, found.by_province[:MOST_PROVINCES], "province", {})),
            (_("按会员等级"), _lines(campaign, found.by_level, "level", {})),
        ],
        "complaints": _complaints(campaign),
        "opt_outs": _opt_outs(campaign),
        "benchmarks": [
            (one, one.source[1 if language().startswith("en") else 0]) for one in found.benchmarks
        ],
        "unusual": _unusual(campaign),
        "receipts": [
            (code, code_name(code, language(), kind), count) for code, count in found.receipts_by_code
        ],
    }


def _unusual(campaign: Campaign) -> list[ShownFinding]:
    """What is unusual about its receipts, as the hourly look found it."""
    assert campaign.plan_id is not None
    address = reverse("channels.receipts.plan", args=[campaign.plan_id])
    return shown(unusual.of_plan(campaign.plan_id).findings, address)


def _complaints(campaign: Campaign) -> dict[str, Any]:
    """What people complained about, and the rate with its exact interval."""
    assert campaign.plan_id is not None
    rate = rate_of_plans([campaign.plan_id])
    interval = rate.interval
    return {
        "rows": shown_complaints(complaints.of_plan(campaign.plan_id, now=utc_now())),
        "rate": rate,
        "per_million": per_million(rate.per_million),
        "low": per_million(interval.low) if interval else "",
        "high": per_million(interval.high) if interval else "",
        "pause": last_pause(campaign.plan_id),
    }


def _funnel(campaign: Campaign, numbers: LiveNumbers) -> list[tuple[str, int, str, int]]:
    """Label, number, address and what it is a share of."""
    return [
        (_("受众"), numbers.audience, "", numbers.audience),
        (_("已计划"), numbers.planned, people_url(campaign, Group.PLANNED), numbers.audience),
        (_("已提交运营商"), numbers.submitted, "", numbers.planned),
        (_("已送达"), numbers.delivered, people_url(campaign, Group.DELIVERED), numbers.submitted),
        *(
            [(_("已读"), numbers.displayed, people_url(campaign, Group.DISPLAYED), numbers.displayed_of)]
            if numbers.displayed_of
            else []
        ),
        (_("回复"), numbers.replied, people_url(campaign, Group.REPLIED), numbers.delivered),
        (_("退订"), numbers.opted_out, people_url(campaign, Group.OPTED_OUT), numbers.delivered),
    ]


def _hours(found: Report) -> dict[str, Any]:
    labels = [f"{timezone.localtime(hour.starts):%m-%d %H:00}" for hour in found.by_hour]
    return {
        "kind": "bar",
        "x": labels,
        "series": [
            {"name": _("提交"), "data": [hour.submitted_parts for hour in found.by_hour], "tone": "accent"},
            {"name": _("送达"), "data": [hour.delivered_parts for hour in found.by_hour], "tone": "good"},
            {"name": _("回复"), "data": [hour.replies for hour in found.by_hour], "tone": "info"},
        ],
    }


def _lines(
    campaign: Campaign, lines: Iterable[Line], axis: str, names: dict[int, tuple[str, str]]
) -> list[tuple[str, Line, Fen, str, str, str, str]]:
    """Name, line, cost in fen, and the addresses of its planned, delivered, read and failed."""
    english = language().startswith("en")
    rows = []
    for line in lines:
        pair = names.get(line.key) if isinstance(line.key, int) else None
        label = pair[1 if english else 0] if pair else (str(line.key) or _("未知"))
        planned, delivered, read, failed = (
            people_url(campaign, group, **{axis: line.key})
            for group in (Group.PLANNED, Group.DELIVERED, Group.DISPLAYED, Group.FAILED)
        )
        rows.append((label, line, fen(line.cost_li), planned, delivered, read, failed))
    return rows
