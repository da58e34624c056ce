"""Before the start: the preflight with its numbers, what the reviewer sees, the people behind each gate."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from xinfeng.campaigns import approval, reads
from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.campaigns.preflight import Preflight, contacts_refused_by, preflight
from xinfeng.campaigns.wording import wording_of
from xinfeng.console.campaigns.frame import common, is_before_start, reached, story, wizard_steps
from xinfeng.console.campaigns.rehearsed import summary
from xinfeng.console.campaigns.routed import routed
from xinfeng.console.campaigns.samples import language, samples
from xinfeng.console.components import Column, Crumb, Empty, Listing, Query, Share, Table, answer_with_table
from xinfeng.console.components.parts import Text
from xinfeng.console.marking import mark
from xinfeng.console.permissions import allowed
from xinfeng.console.words import sentence
from xinfeng.content.review_queue import risk_now
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.models import User
from xinfeng.kernel.errors import InvalidInput, NotAllowed, XinfengError
from xinfeng.kernel.phones import Carrier
from xinfeng.kernel.time import utc_now
from xinfeng.policy.reasons import REASONS, reason_name, reason_sentence, reason_source

PEOPLE = (
    Column("phone", _("手机号")),
    Column("place", _("地区")),
    Column("level", _("会员等级"), hide_on_phone=True),
)


@require_safe
@allowed("campaign.edit")
def check(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Step 4: what would happen, and the button to submit it."""
    campaign = reads.campaign(campaign_id)
    if campaign.state != CampaignState.DRAFT:
        return redirect("campaigns.review", campaign_id=campaign_id)
    names = {1: "campaigns.whom", 2: "campaigns.what", 3: "campaigns.how"}
    if reached(campaign) in names:
        return redirect(names[reached(campaign)], campaign_id=campaign_id)
    context = {
        "campaign": campaign,
        "steps": wizard_steps(campaign),
        "crumbs": [Crumb(_("活动"), reverse("campaigns"))],
        **_outlook(campaign),
        "text": _text(campaign),
        "lonely": approval.approvers().count() <= 1,
        "reviewers": _others(request),
        "rehearsed": summary(campaign),
    }
    return render(request, "campaigns/check.html", context)


@require_safe
@allowed("campaign.view")
def review(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """What exactly will be sent, to whom, for how much; approve or send back; start or schedule."""
    campaign = reads.campaign(campaign_id)
    before_start = is_before_start(campaign)
    outlook: dict[str, Any] = (
        _outlook(campaign) if before_start and reached(campaign) == 4 else {"before_start": False}
    )
    version = campaign.template_version
    if not before_start and version is not None:
        outlook["samples"] = samples(campaign, version, at=0, now=utc_now())
    context = {
        **common(request, campaign, tab="campaigns.review"),
        **outlook,
        "before_start": before_start,
        "rehearsed": summary(campaign) if before_start and reached(campaign) == 4 else None,
        "text": _text(campaign),
        "complete": reached(campaign) == 4,
        "decision": _decision(request, campaign),
        "holds": approval.holds(campaign) if campaign.approved_digest else None,
        "alone": _approved_alone(campaign),
        "story": story(reads.steps(campaign_id))[:5],
        "earliest": timezone.localtime(utc_now() + timedelta(minutes=1)),
    }
    return render(request, "campaigns/review.html", context)


@require_safe
@allowed("campaign.view")
def gate(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The contacts behind a number of the preflight; no reason: those who would get it."""
    campaign = reads.campaign(campaign_id)
    query = Query.read(request, columns=PEOPLE, keep=("reason", "carrier"))
    reason = query.kept.get("reason", "")
    if reason and reason not in REASONS:
        raise InvalidInput("request.filter", name="reason")
    after = _number(query.after)
    carrier = _carrier(query.kept.get("carrier", ""))
    ids = contacts_refused_by(
        campaign, reason, now=utc_now(), after=after, limit=query.per_page + 1, carrier=carrier
    )
    shown = ids[: query.per_page]
    table = Table(
        id="people",
        columns=PEOPLE,
        query=query,
        listing=Listing(reads.people(shown), next_after=str(shown[-1]) if len(ids) > query.per_page else ""),
        row_template="campaigns/gate_row.html",
        empty=Empty(_("现在一个也没有"), _("情况在预检之后变了。"), icon="users"),
    )
    context = {
        "campaign": campaign,
        "crumbs": [
            Crumb(_("活动"), reverse("campaigns")),
            Crumb(campaign.name, reverse("campaigns.detail", args=[campaign_id])),
        ],
        "title": reason_name(reason, language()) if reason else _("会收到的客户"),
        "sentence": reason_sentence(reason, language()) if reason else "",
        "source": reason_source(reason, language()) if reason else "",
    }
    return answer_with_table(request, "campaigns/people.html", table, context)


def _text(campaign: Campaign) -> dict[str, Any] | None:
    """The campaign's wording with what is objected to; None while it has none."""
    if campaign.template_version is None:
        return None
    try:
        found = wording_of(campaign, at=utc_now())
    except XinfengError as fault:  # a text that cannot be read any more; the preflight says the same
        return {"refused": sentence(fault)}
    judged = found.today.judged
    return {
        "version": found.version,
        "approved": found.is_approved,
        "row": found.row,
        "risk": risk_now(found.today),
        "marked": mark(judged.source.text, judged.findings, language=language()),
    }


def _outlook(campaign: Campaign) -> dict[str, Any]:
    """The preflight in the shape of the page; what a rule or a text refuses is said instead."""
    now = utc_now()
    try:
        found = preflight(campaign, now)
        version = campaign.template_version
        assert version is not None
        people = contacts_refused_by(campaign, "", now=now, limit=50)
        shown = samples(campaign, version, at=0, now=now, contact_ids=people)
    except XinfengError as fault:
        return {"refused": sentence(fault)}
    zone = xinfeng_settings.load().zone
    return {
        "preflight": found,
        "samples": shown,
        "gates": _gates(campaign, found),
        "cautions": [
            (caution.words(language(), zone=zone), "bad" if caution.stops else "warn")
            for caution in found.cautions
        ],
        "shares": _shares(campaign, found),
        "route": routed(campaign, found.table) if found.table is not None else None,
    }


def _gates(campaign: Campaign, found: Preflight) -> list[tuple[str, str, int, str]]:
    """Name, sentence, contacts and address of each gate that refuses somebody."""
    return [
        (
            reason_name(one.reason, language()),
            reason_sentence(one.reason, language()),
            one.contacts,
            _gate_url(campaign, one.reason),
        )
        for one in found.left_out
    ]


def _shares(campaign: Campaign, found: Preflight) -> list[Share]:
    out = found.audience - found.reachable
    return [
        Share(_("会收到"), found.reachable, "good", _gate_url(campaign, "")),
        Share(_("不会收到"), out, "neutral"),
    ]


def _gate_url(campaign: Campaign, reason: str) -> str:
    address = reverse("campaigns.gate", args=[campaign.pk])
    return f"{address}?reason={reason}" if reason else address


def _decision(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    """Whether this person may approve, and if not, why; asked of the rule itself."""
    if campaign.state != CampaignState.SUBMITTED:
        return {}
    try:
        who = approval.approver(request.user.get_username(), campaign)
    except NotAllowed as fault:
        return {"may": False, "why": sentence(fault)}
    return {"may": True, "alone": who.alone}


def _approved_alone(campaign: Campaign) -> bool:
    step = next((one for one in reads.steps(campaign.pk) if one.action == "approve"), None)
    return bool(campaign.approver_id and step and step.detail.get("alone"))


def _others(request: HttpRequest) -> list[Text]:
    found: list[User] = list(
        approval.approvers().exclude(username=request.user.get_username()).order_by("username")
    )
    return [one.get_full_name() for one in found]


def _carrier(text: str) -> int | None:
    """One of the carriers, or 0 for those of whom it is not known; None: all."""
    if not text:
        return None
    if text not in {str(int(one)) for one in Carrier}:
        raise InvalidInput("request.filter", name="carrier")
    return int(text)


def _number(text: str) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidInput("request.page")
    return int(text)
