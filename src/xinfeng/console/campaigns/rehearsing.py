"""The page of a campaign's rehearsal: start one, watch it, read what came of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from xinfeng.campaigns import reads as campaigns
from xinfeng.campaigns.rehearsal import actions, reads
from xinfeng.console.campaigns.frame import reached
from xinfeng.console.campaigns.rehearsed import FAULTS, whole
from xinfeng.console.components import Crumb
from xinfeng.console.middleware import wants_fragment
from xinfeng.console.permissions import allowed
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now


@require_safe
@allowed("campaign.view")
def page(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The last rehearsal; htmx asks for it every second while it runs."""
    campaign, now = campaigns.campaign(campaign_id), utc_now()
    if reached(campaign) != 4:
        return redirect("campaigns.detail", campaign_id=campaign_id)
    found = reads.last(campaign, now=now)
    running = found is not None and found.running
    if wants_fragment(request) and not running:
        return HttpResponse(headers={"HX-Refresh": "true"})
    other = None if running else reads.under_way(now=now)
    context = {
        "campaign": campaign,
        "crumbs": [
            Crumb(_("活动"), reverse("campaigns")),
            Crumb(campaign.name, reverse("campaigns.detail", args=[campaign_id])),
        ],
        "rehearsable": campaign.state in actions.REHEARSABLE,
        "most": actions.MOST,
        "usual": min(actions.USUAL, actions.MOST),
        "faults": [(fault.value, *words) for fault, words in FAULTS.items()],
        "other": other,
        **whole(campaign, found),
    }
    template = "campaigns/rehearsal_progress.html" if wants_fragment(request) else "campaigns/rehearsal.html"
    return render(request, template, context)


@require_POST
@allowed("campaign.edit")
def start(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Ask for one."""
    typed = request.POST.get("messages", "").strip()
    if not (typed.isascii() and typed.isdigit() and len(typed) < 7):
        raise InvalidInput("rehearsal.messages", at_most=actions.MOST)
    actions.ask(
        campaign_id,
        actor=request.user.get_username(),
        now=utc_now(),
        messages=int(typed),
        fault=request.POST.get("fault", ""),
    )
    return redirect("campaigns.rehearsal", campaign_id=campaign_id)


@require_POST
@allowed("campaign.edit")
def cancel(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Have the campaign's rehearsal end."""
    found = reads.last(campaigns.campaign(campaign_id), now=utc_now())
    if found is not None:
        actions.cancel(found.row.pk, actor=request.user.get_username())
    return redirect("campaigns.rehearsal", campaign_id=campaign_id)
