"""Campaigns that want the same people: how they rank, who leaves whom to whom, and what that gains."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from xinfeng.campaigns import allocation, audience, rivals
from xinfeng.campaigns import reads as campaigns
from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.campaigns.value import WITHIN, Observed, observed
from xinfeng.console.components import Crumb
from xinfeng.console.components.faults import show_fault
from xinfeng.console.permissions import allowed, may
from xinfeng.console.pressure.labels import PRIORITIES
from xinfeng.console.pressure.tabs import tabs
from xinfeng.console.words import sentence
from xinfeng.kernel.errors import Conflict, InvalidInput, XinfengError
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import lens

MOST_SHOWN = 50
AHEAD = (CampaignState.APPROVED, CampaignState.SCHEDULED, CampaignState.PLANNING)
OPEN = (CampaignState.DRAFT, CampaignState.SUBMITTED, *AHEAD)


class RankForm(forms.Form):
    priority = forms.TypedChoiceField(label=_("优先级"), coerce=int, choices=PRIORITIES)
    expected_yuan = forms.DecimalField(
        label=_("每条的预期价值"),
        required=False,
        min_value=0,
        max_value=allocation.MOST_EXPECTED_FEN // 100,
        decimal_places=2,
        help_text=_("您自己估计的；留空表示不知道，同级里排在写了的后面。"),
    )

    @property
    def expected_fen(self) -> int | None:
        given: Decimal | None = self.cleaned_data["expected_yuan"]
        return None if given is None else int(given * 100)


@require_safe
@allowed("pressure.view")
def page(request: HttpRequest) -> HttpResponse:
    """All campaigns that wait, in the order of their rank."""
    now = utc_now()
    found = list(
        Campaign.objects.filter(state__in=OPEN, plan__isnull=True).select_related("segment")[: MOST_SHOWN * 4]
    )
    found.sort(key=lambda one: rivals.rank(one, start=now))
    decided = list(
        Campaign.objects.filter(allocations__isnull=False).distinct().order_by("-updated_at")[:MOST_SHOWN]
    )
    context = {
        "tabs": tabs("pressure.between"),
        "waiting": [(one, one.state in AHEAD) for one in found[:MOST_SHOWN]],
        "decided": [(one, allocation.yielded_by(one)) for one in decided],
    }
    return render(request, "pressure/between.html", context)


@require_safe
@allowed("pressure.view")
def one(request: HttpRequest, campaign_id: int) -> HttpResponse:
    campaign = campaigns.campaign(campaign_id)
    return _one(request, campaign, RankForm(initial=_initial(campaign)))


@require_POST
@allowed("campaign.edit")
def rank(request: HttpRequest, campaign_id: int) -> HttpResponse:
    form = RankForm(request.POST)
    if form.is_valid():
        try:
            allocation.rank_campaign(
                campaign_id,
                priority=form.cleaned_data["priority"],
                expected_fen=form.expected_fen,
                actor=request.user.get_username(),
            )
        except XinfengError as fault:
            show_fault(form, fault, {"campaign.expected": "expected_yuan", "campaign.priority": "priority"})
        else:
            messages.success(request, gettext("已保存。已经生成的计划不变，往后的按新的顺序。"))
            return redirect("pressure.campaign", campaign_id=campaign_id)
    return _one(request, campaigns.campaign(campaign_id), form, status=400)


def _initial(campaign: Campaign) -> dict[str, Any]:
    value = campaign.expected_fen
    return {
        "priority": campaign.priority,
        "expected_yuan": None if value is None else Decimal(value) / 100,
    }


def _one(request: HttpRequest, campaign: Campaign, form: RankForm, status: int = 200) -> HttpResponse:
    planned = campaign.plan_id is not None
    context: dict[str, Any] = {
        "campaign": campaign,
        "planned": planned,
        "form": form,
        "may_rank": may(request.user, "campaign.edit") and not planned,
        "yielded_to": allocation.yielded_to(campaign),
        "crumbs": [
            Crumb(_("触达压力"), reverse("pressure")),
            Crumb(_("活动之间"), reverse("pressure.between")),
        ],
        "days": WITHIN.days,
    }
    if planned:
        context |= _sums(allocation.yielded_by(campaign))
    else:
        context |= _foreseen(campaign)
    return render(request, "pressure/campaign.html", context, status=status)


def _foreseen(campaign: Campaign) -> dict[str, Any]:
    now = utc_now()
    if campaign.segment is None:
        return {"incomplete": True}
    try:
        ground = audience.ground(campaign, now=now, starts_at=campaign.scheduled_at)
        found = _sums(allocation.foresee(campaign, ground))
        copy = lens()
        seen: Observed | None = observed(campaign, copy, now=now)
    except (Conflict, InvalidInput) as fault:
        return {"fault": sentence(fault)}
    ahead = Campaign.objects.in_bulk([one.campaign_id for one in ground.context.rivals])
    return {
        **found,
        "rivals": [
            (ahead[one.campaign_id], one.day) for one in ground.context.rivals if one.campaign_id in ahead
        ],
        "beyond": ground.rivals_beyond,
        "observed": seen,
    }


def _sums(found: list[allocation.Yield]) -> dict[str, Any]:
    gains = [each.gained_fen for each in found]
    return {
        "yields": found,
        "contacts": sum(each.contacts for each in found),
        "gained": sum(gain for gain in gains if gain is not None),
        "unstated": any(gain is None for gain in gains),
    }
