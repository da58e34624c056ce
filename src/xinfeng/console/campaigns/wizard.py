"""The wizard: whom, what, how. Each step saves the draft; the fourth, the check, is in `review`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from xinfeng.campaigns import actions, allocation, reads
from xinfeng.campaigns.actions import CampaignDraft
from xinfeng.campaigns.models import Campaign
from xinfeng.channels import reads as channels
from xinfeng.channels import routes
from xinfeng.console.campaigns.frame import is_before_start, wizard_steps
from xinfeng.console.campaigns.samples import language, samples
from xinfeng.console.components import Crumb
from xinfeng.console.components.faults import show_fault
from xinfeng.console.content.labels import PURPOSES, TRADES
from xinfeng.console.permissions import allowed
from xinfeng.console.pressure.labels import PRIORITIES
from xinfeng.console.templatetags.xinfeng_format import as_ready
from xinfeng.content import reads as content
from xinfeng.kernel.errors import Conflict, InvalidInput, XinfengError
from xinfeng.kernel.time import business_day, day_bounds, utc_now
from xinfeng.lens.engine import lens
from xinfeng.policy import reads as policy
from xinfeng.policy.windows import next_windows
from xinfeng.segments import reads as segments
from xinfeng.segments.models import Segment

DAY = timedelta(days=1)
AHEAD = 3 * DAY
MOST_TEMPLATES = 200


class WhomForm(forms.Form):
    name = forms.CharField(label=_("活动名称"), max_length=80, help_text=_("只有同事看得到。"))
    purpose = forms.ChoiceField(
        label=_("用途"),
        choices=list(PURPOSES.items()),
        widget=forms.RadioSelect,
        help_text=_("营销和服务要的授权不同，走的通道也不同。"),
    )
    segment = forms.TypedChoiceField(label=_("分群"), coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = segments.page_of_segments(limit=segments.MOST_OFFERED)
        known = {str(one.pk): as_ready(one.name, one.ready_key) for one in found.rows}
        self.segments = found.total
        self.not_offered = max(0, found.total - len(found.rows))
        present = str(self.initial.get("segment") or "")
        if present not in known and (one := _segment(present)) is not None:
            known[present] = as_ready(one.name, one.ready_key)
        cast(forms.ChoiceField, self.fields["segment"]).choices = [("", _("请选择")), *known.items()]


def _segment(chosen: str) -> Segment | None:
    """The one that a campaign has, or whose page led here; it is offered whether or not it is among the latest."""
    if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 10):
        return None
    return Segment.objects.filter(pk=int(chosen)).first()


ROUTE = "route:"


class WhatForm(forms.Form):
    version = forms.TypedChoiceField(label=_("短信模板"), coerce=int)

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = content.library(purpose=campaign.purpose, limit=MOST_TEMPLATES)
        known = [(str(row.version_id), f"{row.name}（【{row.signature}】）") for row in found.rows]
        present = campaign.template_version
        if present is not None and str(present.pk) not in dict(known):
            older = gettext("%(name)s（第 %(number)s 版）") % {
                "name": present.template.name,
                "number": present.number,
            }
            known.insert(0, (str(present.pk), older))
        cast(forms.ChoiceField, self.fields["version"]).choices = [("", _("请选择")), *known]
        self.known = bool(known)


class HowForm(forms.Form):
    channel = forms.ChoiceField(label=_("路由或通道"), widget=forms.RadioSelect)
    """A channel's id, or `route:` with a route's."""

    trade = forms.ChoiceField(
        label=_("行业"), choices=list(TRADES.items()), help_text=_("决定可以发送的时段。")
    )
    rate_per_s = forms.IntegerField(
        label=_("限速"),
        required=False,
        min_value=1,
        max_value=100_000,
        help_text=_("每秒最多多少计费条；留空就按通道的速率。"),
    )

    priority = forms.TypedChoiceField(
        label=_("优先级"),
        coerce=int,
        choices=PRIORITIES,
        required=False,
        help_text=_("几个活动要发给同一批人时，名额先给优先级高的。"),
    )

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usable = [one for one in channels.channels(now=utc_now()) if one.purpose == campaign.purpose]
        by = [one for one in routes.routes(now=utc_now()) if one.purpose == campaign.purpose]
        cast(forms.ChoiceField, self.fields["channel"]).choices = [
            *((f"{ROUTE}{one.id}", _route_words(one)) for one in by),
            *((str(one.id), _channel_words(one)) for one in usable),
        ]
        self.known = bool(usable)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("campaign.edit")
def new(request: HttpRequest) -> HttpResponse:
    """Step 1 of a campaign that does not exist yet; `?segment=ID` comes from a segment's page."""
    initial = {"purpose": "marketing", "segment": request.GET.get("segment", "")}
    return _whom(request, None, WhomForm(request.POST or None, initial=initial))


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("campaign.edit")
def whom(request: HttpRequest, campaign_id: int) -> HttpResponse:
    campaign = _editable(campaign_id)
    initial = {"name": campaign.name, "purpose": campaign.purpose, "segment": campaign.segment_id}
    return _whom(request, campaign, WhomForm(request.POST or None, initial=initial))


def _whom(request: HttpRequest, campaign: Campaign | None, form: WhomForm) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        changes = {"name": given["name"], "purpose": given["purpose"], "segment_id": given["segment"]}
        if campaign is not None and campaign.purpose != given["purpose"]:
            changes |= {"template_version_id": None, "channel_id": None, "route_id": None}
        saved = _save(request, form, campaign, changes, {"campaign.name": "name"})
        if saved is not None:
            return redirect("campaigns.what", campaign_id=saved.pk)
    context = {
        "form": form,
        "campaign": campaign,
        "steps": wizard_steps(campaign),
        "numbers": _numbers(form["segment"].value(), form["purpose"].value()),
        "crumbs": _crumbs(),
    }
    return render(request, "campaigns/whom.html", context)


@require_safe
@allowed("campaign.edit")
def audience(request: HttpRequest) -> HttpResponse:
    """The live size of a segment, for step 1."""
    numbers = _numbers(request.GET.get("segment"), request.GET.get("purpose"))
    return render(request, "campaigns/audience.html", {"numbers": numbers})


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("campaign.edit")
def what(request: HttpRequest, campaign_id: int) -> HttpResponse:
    campaign = _editable(campaign_id)
    initial = {"version": campaign.template_version_id}
    form = WhatForm(request.POST or None, initial=initial, campaign=campaign)
    if request.method == "POST" and form.is_valid():
        changes = {"template_version_id": form.cleaned_data["version"]}
        if _save(request, form, campaign, changes, {"campaign.purpose_mismatch": "version"}):
            return redirect("campaigns.how", campaign_id=campaign_id)
    context = {
        "form": form,
        "campaign": campaign,
        "steps": wizard_steps(campaign),
        "samples": _samples(campaign, form["version"].value(), at=0),
        "crumbs": _crumbs(),
    }
    return render(request, "campaigns/what.html", context)


@require_safe
@allowed("campaign.view")
def preview(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The phone beside step 2 and on the review, for one contact after the other."""
    campaign = reads.campaign(campaign_id)
    at = request.GET.get("at", "0")
    shown = _samples(campaign, request.GET.get("version"), at=int(at) if at.isdigit() else 0)
    return render(request, "campaigns/phone.html", {"samples": shown, "campaign": campaign})


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("campaign.edit")
def how(request: HttpRequest, campaign_id: int) -> HttpResponse:
    campaign = _editable(campaign_id)
    initial = {
        "channel": campaign.channel_id or (f"{ROUTE}{campaign.route_id}" if campaign.route_id else None),
        "trade": _trade(campaign),
        "rate_per_s": campaign.rate_per_s,
        "priority": campaign.priority,
    }
    form = HowForm(request.POST or None, initial=initial, campaign=campaign)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        route = given["channel"].removeprefix(ROUTE) if given["channel"].startswith(ROUTE) else ""
        changes = {
            "channel_id": None if route else int(given["channel"]),
            "route_id": int(route) if route else None,
            "trade": given["trade"],
            "rate_per_s": given["rate_per_s"],
        }
        if _save(request, form, campaign, changes, {"campaign.rate": "rate_per_s"}):
            allocation.rank_campaign(
                campaign_id,
                priority=given["priority"] or campaign.priority,
                expected_fen=campaign.expected_fen,
                actor=request.user.get_username(),
            )
            return redirect("campaigns.check", campaign_id=campaign_id)
    context = {
        "form": form,
        "campaign": campaign,
        "steps": wizard_steps(campaign),
        "windows": _windows(form["trade"].value(), campaign.purpose),
        "crumbs": _crumbs(),
    }
    return render(request, "campaigns/how.html", context)


@require_safe
@allowed("campaign.edit")
def windows(request: HttpRequest) -> HttpResponse:
    """When a trade may send in the next days, for step 3."""
    found = _windows(request.GET.get("trade"), request.GET.get("purpose"))
    return render(request, "campaigns/windows.html", {"windows": found})


def _editable(campaign_id: int) -> Campaign:
    campaign = reads.campaign(campaign_id)
    if not is_before_start(campaign):
        raise Conflict("campaign.state", state=campaign.state, move="change", allowed=[])
    return campaign


def _save(
    request: HttpRequest,
    form: forms.Form,
    campaign: Campaign | None,
    changes: dict[str, Any],
    fields: dict[str, str],
) -> Campaign | None:
    present = CampaignDraft(name="") if campaign is None else _draft_of(campaign)
    draft = CampaignDraft(**{**present.__dict__, **changes})
    try:
        return actions.save_campaign(
            draft, actor=request.user.get_username(), campaign_id=campaign.pk if campaign else None
        )
    except XinfengError as fault:
        show_fault(form, fault, fields)
        return None


def _draft_of(campaign: Campaign) -> CampaignDraft:
    return CampaignDraft(
        name=campaign.name,
        purpose=campaign.purpose,
        trade=campaign.trade,
        segment_id=campaign.segment_id,
        template_version_id=campaign.template_version_id,
        channel_id=campaign.channel_id,
        route_id=campaign.route_id,
        rate_per_s=campaign.rate_per_s,
    )


def _trade(campaign: Campaign) -> str:
    """The template's trade is the best guess until somebody has chosen."""
    version = campaign.template_version
    chosen = campaign.channel_id is not None or campaign.route_id is not None
    if not chosen and version is not None and version.template.trade in TRADES:
        return version.template.trade
    return campaign.trade


def _numbers(segment: Any, purpose: Any) -> dict[str, Any] | None:
    """Size and reachable size, the rule in words, a few of the people; None without a segment."""
    chosen = str(segment or "")
    if not (chosen.isascii() and chosen.isdigit()) or purpose not in PURPOSES:
        return None
    found = segments.get_segment(int(chosen))
    copy = lens()
    copy.refresh()
    numbers = segments.segment_numbers(copy, found, str(purpose), utc_now())
    return {
        "segment": found,
        "size": numbers.size,
        "reachable": numbers.reachable,
        "reading": segments.reading(found, language()),
        "people": reads.people(numbers.sample),
    }


def _samples(campaign: Campaign, version: Any, *, at: int) -> dict[str, Any] | None:
    chosen = str(version or "")
    if not (chosen.isascii() and chosen.isdigit()):
        return None
    try:
        return samples(campaign, content.version(int(chosen)), at=at, now=utc_now())
    except InvalidInput as fault:
        return {"fault": fault}


def _windows(trade: Any, purpose: Any) -> list[tuple[Any, Any]]:
    if trade not in TRADES or purpose not in PURPOSES:
        return []
    now = utc_now()
    settings = policy.current_settings()
    until = day_bounds(business_day(now, settings.zone) + AHEAD, settings.zone)[0]
    found = next_windows(
        trade, now, calendar=policy.calendar(), settings=settings, horizon=AHEAD + DAY, purpose=purpose
    )
    return [span for span in found if span[0] < until]


def _route_words(route: routes.RouteRow) -> str:
    names = "、".join(one.channel.name for one in route.entries)
    words = gettext("路由：%(name)s（%(channels)s）") % {"name": route.name, "channels": names}
    return words if any(one.alive for one in route.entries) else words + gettext("（没有连上）")


def _channel_words(channel: channels.ChannelRow) -> str:
    price = f"{channel.price_li / 10:g}"
    words = gettext("%(name)s · 每秒 %(rate)s 条 · 每条 %(price)s 分") % {
        "name": channel.name,
        "rate": f"{channel.rate_per_s:,}",
        "price": price,
    }
    if not channel.enabled:
        return words + gettext("（已停用）")
    return words if channel.ready else words + gettext("（没有连上）")


def _crumbs() -> list[Crumb]:
    return [Crumb(_("活动"), reverse("campaigns"))]
