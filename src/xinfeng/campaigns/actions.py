"""What people do to a campaign, and what befalls it. Each one transaction, with a step and an audit entry.

`actor` is a username or `system:<what>`. Making the plan is in `planning`; this module defers it as a job in the
same transaction, so that a start that was committed is never forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from procrastinate.exceptions import AlreadyEnqueued

from xinfeng.campaigns import approval, filing, lifecycle, wording
from xinfeng.campaigns.lifecycle import Move
from xinfeng.campaigns.models import Campaign, CampaignState, CampaignStep
from xinfeng.channels.models import Channel, Route
from xinfeng.consent.models import Purpose
from xinfeng.content.models import TemplateVersion, VersionReview
from xinfeng.content.review import approve_with_campaign, check_usable, refuse_examples, review_of
from xinfeng.delivery import actions as delivery
from xinfeng.delivery.models import Plan, PlanState
from xinfeng.filings.terms import card_faults
from xinfeng.foundation import audit
from xinfeng.foundation.jobs import app
from xinfeng.foundation.locks import PLANNING
from xinfeng.foundation.models import User
from xinfeng.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound, RefusedByPolicy
from xinfeng.kernel.purposes import MESSAGE_PURPOSES
from xinfeng.kernel.time import utc_now
from xinfeng.policy.models import Trade
from xinfeng.segments.models import Segment

DELIVERY = "system:delivery"
PLANNER = "system:planner"


@dataclass(frozen=True)
class CampaignDraft:
    """What a person enters. `rate_per_s` (parts) throttles below the channel's rate; None means the channel's. It goes
    over one channel or by a route, never both."""

    name: str
    purpose: str = Purpose.MARKETING
    trade: str = Trade.RETAIL
    segment_id: int | None = None
    template_version_id: int | None = None
    channel_id: int | None = None
    rate_per_s: int | None = None
    route_id: int | None = None


def save_campaign(draft: CampaignDraft, *, actor: str, campaign_id: int | None = None) -> Campaign:
    """Make a campaign, or change one that has not started. A change of what is sent voids its approval.

    Raises InvalidInput: `campaign.name`, `campaign.purpose`, `campaign.trade`, `campaign.rate`,
    `campaign.channel_or_route`, `campaign.purpose_mismatch` (segment, template and channel or route must fit together);
    NotFound: `segment.unknown`, `template.unknown_version`, `channel.unknown`, `route.unknown`; NotAllowed `approval.unknown_user`, as anybody
    could approve what nobody wrote; Conflict `campaign.state`.
    """
    name = draft.name.strip()
    if not 1 <= len(name) <= 80:
        raise InvalidInput("campaign.name", at_most=80)
    _check_choice("campaign.purpose", draft.purpose, list(MESSAGE_PURPOSES))
    _check_choice("campaign.trade", draft.trade, Trade.values)
    if draft.rate_per_s is not None and not 1 <= draft.rate_per_s <= 100_000:
        raise InvalidInput("campaign.rate", rate_per_s=draft.rate_per_s)
    _check_chosen(draft)
    writer = User.objects.filter(username=actor, is_active=True).first()
    if writer is None:
        raise NotAllowed("approval.unknown_user", user=actor)
    with transaction.atomic():
        if campaign_id is None:
            campaign = Campaign(author=writer)
            _assign(campaign, draft, name)
            _check_fit(campaign)
            campaign.save()
            _note(campaign, "create", actor=actor)
            return campaign
        campaign = _locked(campaign_id)
        lifecycle.after(campaign.state, Move.CHANGE)
        changed = _assign(campaign, draft, name)
        _check_fit(campaign)
        if set(changed) - {"name"}:
            _void(campaign)
            _note(campaign, Move.CHANGE, actor=actor, to=CampaignState.DRAFT, changed=changed)
        elif changed:
            _note(campaign, "rename", actor=actor)
        campaign.save()
    return campaign


def submit(campaign_id: int, *, actor: str, comment: str = "") -> Campaign:
    """Ask for approval. Raises InvalidInput `campaign.incomplete` with what is missing; Conflict `review.examples`."""
    with _moving(campaign_id, Move.SUBMIT, actor=actor, comment=comment) as campaign:
        approval.content_of(campaign)
        text = wording.wording_of(campaign, at=utc_now())
        refuse_examples(text.today.judged, text.version)
    return campaign


def approve(campaign_id: int, *, actor: str, now: datetime, comment: str = "") -> Campaign:
    """Approve exactly what the campaign says now, its text included.

    Raises NotAllowed as `approval.approver` does; Conflict as `content.review.approve_with_campaign` does (a text that
    is blocked, returned, or makes claims without proof).
    """
    with transaction.atomic():
        campaign = _locked(campaign_id)
        target = lifecycle.after(campaign.state, Move.APPROVE)
        who = approval.approver(actor, campaign)
        text = _approve_text(campaign, actor=actor, alone=who.alone, now=now)
        campaign.approver, campaign.approved_at = who.user, now
        campaign.approved_digest = approval.content_of(campaign).digest()
        _move(campaign, target, Move.APPROVE, actor=actor, comment=comment, alone=who.alone, review=text.pk)
    return campaign


def _approve_text(campaign: Campaign, *, actor: str, alone: bool, now: datetime) -> VersionReview:
    if campaign.template_version_id is None:
        raise InvalidInput("campaign.incomplete", missing=["template_version"])
    return approve_with_campaign(
        campaign.template_version_id,
        campaign_id=campaign.pk,
        trade=campaign.trade,
        actor=actor,
        alone=alone,
        now=now,
    )


def send_back(campaign_id: int, *, actor: str, comment: str = "") -> Campaign:
    """Back to draft, with a word why: by the reviewer, or by the author who thought better of it."""
    with _moving(campaign_id, Move.SEND_BACK, actor=actor, comment=comment) as campaign:
        _void(campaign)
    return campaign


def revise(campaign_id: int, *, actor: str) -> Campaign:
    """Take a failed campaign back to draft."""
    with _moving(campaign_id, Move.REVISE, actor=actor) as campaign:
        _void(campaign)
        campaign.fault = None
    return campaign


def schedule(campaign_id: int, at: datetime, *, actor: str, now: datetime) -> Campaign:
    """Start at `at`. Raises InvalidInput `campaign.schedule_past`, Conflict `campaign.changed_since_approval`, and as
    `wording.sendable` by the rules in force then."""
    if at <= now:
        raise InvalidInput("campaign.schedule_past", at=at.isoformat())
    with _moving(campaign_id, Move.SCHEDULE, actor=actor, at=at.isoformat()) as campaign:
        _check_approved(campaign, at=at)
        campaign.scheduled_at = at
        app.configure_task("campaigns.start_scheduled", schedule_at=at).defer(campaign_id=campaign_id)
    return campaign


def unschedule(campaign_id: int, *, actor: str) -> Campaign:
    """Take the time away; the approval stays."""
    with _moving(campaign_id, Move.UNSCHEDULE, actor=actor) as campaign:
        campaign.scheduled_at = None
    return campaign


def start(campaign_id: int, *, actor: str, now: datetime | None = None) -> Campaign:
    """Make the plan and send. Raises Conflict `campaign.changed_since_approval`, `acceptance.no_card` or
    `acceptance.media_address` (a channel for 5G messages), and as `wording.sendable`."""
    with _moving(campaign_id, Move.START, actor=actor) as campaign:
        _check_approved(campaign, at=now or utc_now())
        campaign.scheduled_at = None
        _defer_planning(campaign_id)
    return campaign


def start_due(*, now: datetime) -> list[int]:
    """Start every campaign whose time has come; returns their ids. One that changed since its approval fails,
    with that reason on it."""
    due = Campaign.objects.filter(state=CampaignState.SCHEDULED, scheduled_at__lte=now).values_list(
        "pk", flat=True
    )
    started = []
    for campaign_id in list(due):
        try:
            start(campaign_id, actor="system:schedule", now=now)
        except Conflict as fault:
            if fault.code == "campaign.state":  # somebody was faster
                continue
            fail(campaign_id, fault.code, actor="system:schedule", params=fault.params)
        else:
            started.append(campaign_id)
    return started


def recover_planning() -> list[int]:
    """Defer again the planning of campaigns that wait for it; at start-up and every few seconds.

    A plan is made in one transaction, so a crash leaves nothing of it, and making it twice is impossible: the
    second planner finds the campaign no longer PLANNING. While a planner is at work they keep waiting.
    """
    if _planner_at_work():
        return []
    waiting = list(Campaign.objects.filter(state=CampaignState.PLANNING).values_list("pk", flat=True))
    for campaign_id in waiting:
        _defer_planning(campaign_id)
    return waiting


def pause(
    campaign_id: int, *, actor: str, now: datetime, comment: str = "", reason: str = "person"
) -> Campaign:
    """Hold what has not been handed to a carrier; within a fraction of a second. `reason` is kept on the plan."""
    with _moving(campaign_id, Move.PAUSE, actor=actor, comment=comment, reason=reason) as campaign:
        delivery.pause_plan(_plan_id(campaign), reason, actor=actor, now=now)
    return campaign


def resume(campaign_id: int, *, actor: str, now: datetime) -> Campaign:
    """Go on. Raises RefusedByPolicy `filing.lapsed` while a filing that the plan relies on is not in force."""
    with _moving(campaign_id, Move.RESUME, actor=actor) as campaign:
        if campaign.template_version is not None:
            check_usable(review_of(campaign.template_version.pk), campaign.template_version)
        if lapsed := filing.lapsed(campaign, now=now):
            raise RefusedByPolicy("filing.lapsed", what=lapsed)
        delivery.resume_plan(_plan_id(campaign), actor=actor, now=now)
    return campaign


def stop(campaign_id: int, *, actor: str, now: datetime, comment: str = "") -> Campaign:
    """End it for good. A plan that is just being made is thrown away."""
    with _moving(campaign_id, Move.STOP, actor=actor, comment=comment) as campaign:
        if campaign.plan_id is not None:
            delivery.stop_plan(campaign.plan_id, "person", actor=actor, now=now)
    return campaign


def fail(campaign_id: int, code: str, *, actor: str, params: Mapping[str, Any] | None = None) -> Campaign:
    """It can't be sent; the reason stays on it as `fault`. Nothing was sent."""
    with _moving(campaign_id, Move.FAIL, actor=actor, code=code) as campaign:
        campaign.fault = {"code": code, "params": _plain(params or {})}
    return campaign


def note_planning(campaign: Campaign) -> int:
    """Note that a plan is being tried; returns the how-manieth try since the start this is."""
    with transaction.atomic():
        _note(campaign, "plan", actor=PLANNER)
        started = CampaignStep.objects.filter(campaign=campaign, action=Move.START).order_by("-id").first()
        tries = CampaignStep.objects.filter(campaign=campaign, action="plan")
        return tries.filter(pk__gt=started.pk).count() if started else tries.count()


def _plain(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of an error as JSON keeps them."""
    return {
        name: value if isinstance(value, str | int | float | bool | list) or value is None else str(value)
        for name, value in params.items()
    }


def settle_finished(*, now: datetime) -> list[int]:
    """Bring campaigns in line with their plans: finished, or paused, resumed and stopped by delivery itself.

    Returns the campaigns that moved. Called every few seconds and by the live page.
    """
    moved = []
    candidates = Campaign.objects.filter(state__in=lifecycle.SENDING).select_related("plan")
    for campaign in candidates:
        plan = campaign.plan
        if plan is None:
            continue
        if plan.state in (PlanState.RUNNING, PlanState.PAUSED):
            delivery.finish_if_done(plan.pk, now=now)
            plan.refresh_from_db()
        move = _FOLLOW.get((campaign.state, plan.state))
        if move is None:
            continue
        try:
            with _moving(campaign.pk, move, actor=DELIVERY, reason=plan.reason):
                pass
        except Conflict:  # somebody was faster
            continue
        moved.append(campaign.pk)
    return moved


_FOLLOW: dict[tuple[str, str], Move] = {
    (CampaignState.RUNNING, PlanState.FINISHED): Move.FINISH,
    (CampaignState.PAUSED, PlanState.FINISHED): Move.FINISH,
    (CampaignState.RUNNING, PlanState.PAUSED): Move.PAUSE,
    (CampaignState.PAUSED, PlanState.RUNNING): Move.RESUME,
    (CampaignState.RUNNING, PlanState.STOPPED): Move.STOP,
    (CampaignState.PAUSED, PlanState.STOPPED): Move.STOP,
}


def settle_planned(campaign: Campaign, plan: Plan, *, now: datetime, counts: Mapping[str, int]) -> None:
    """The plan stands: start it, or finish where there is nobody to write to. In the planner's transaction,
    with the campaign locked."""
    campaign.plan = plan
    detail: dict[str, Any] = dict(counts)
    if plan.messages == 0:
        Plan.objects.filter(pk=plan.pk).update(state=PlanState.FINISHED, reason="nobody", finished_at=now)
        campaign.fault = {"code": "campaign.nobody", "params": detail}
        _move(campaign, lifecycle.after(campaign.state, Move.NOBODY), Move.NOBODY, actor=PLANNER, **detail)
        return
    delivery.start_plan(plan.pk, actor=PLANNER, now=now)
    _move(campaign, lifecycle.after(campaign.state, Move.PLANNED), Move.PLANNED, actor=PLANNER, **detail)


@contextmanager
def _moving(
    campaign_id: int, move: Move, *, actor: str, comment: str = "", **detail: Any
) -> Iterator[Campaign]:
    """A transaction around one move of the locked campaign; the body checks and adds what goes with it."""
    with transaction.atomic():
        campaign = _locked(campaign_id)
        target = lifecycle.after(campaign.state, move)
        yield campaign
        _move(campaign, target, move, actor=actor, comment=comment, **detail)


def _move(
    campaign: Campaign, target: CampaignState, move: Move, *, actor: str, comment: str = "", **detail: Any
) -> None:
    before, campaign.state = campaign.state, target
    campaign.save()
    _note(campaign, move, actor=actor, comment=comment, to=target, **{"from": before}, **detail)


def _note(campaign: Campaign, action: str, *, actor: str, comment: str = "", **detail: Any) -> None:
    CampaignStep.objects.create(
        campaign=campaign, actor=actor, action=str(action), comment=comment[:500], detail=detail
    )
    audit.record(actor=actor, action=f"campaign.{action}", kind="campaign", subject=campaign.pk, **detail)


def _locked(campaign_id: int) -> Campaign:
    campaign = Campaign.objects.select_for_update().filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound("campaign.unknown", campaign=campaign_id)
    return campaign


_FIELDS = ("purpose", "trade", "segment_id", "template_version_id", "channel_id", "route_id", "rate_per_s")


def _assign(campaign: Campaign, draft: CampaignDraft, name: str) -> list[str]:
    """Take over what was entered; returns the names of the fields that changed."""
    changed = [field for field in _FIELDS if getattr(campaign, field) != getattr(draft, field)]
    for field in changed:
        setattr(campaign, field, getattr(draft, field))
    if campaign.name != name:
        campaign.name = name
        changed.append("name")
    return changed


def _check_fit(campaign: Campaign) -> None:
    """Purposes are kept apart: a marketing text never leaves on a service channel (law 1)."""
    version, channel = campaign.template_version, campaign.channel
    if version is not None and version.template.purpose != campaign.purpose:
        raise InvalidInput("campaign.purpose_mismatch", what="template", purpose=version.template.purpose)
    if channel is not None and channel.purpose != campaign.purpose:
        raise InvalidInput("campaign.purpose_mismatch", what="channel", purpose=channel.purpose)
    if campaign.route is not None and campaign.route.purpose != campaign.purpose:
        raise InvalidInput("campaign.purpose_mismatch", what="route", purpose=campaign.route.purpose)


def _check_chosen(draft: CampaignDraft) -> None:
    if draft.channel_id is not None and draft.route_id is not None:
        raise InvalidInput("campaign.channel_or_route")
    chosen = (
        (Segment, draft.segment_id, "segment.unknown"),
        (TemplateVersion, draft.template_version_id, "template.unknown_version"),
        (Channel, draft.channel_id, "channel.unknown"),
        (Route, draft.route_id, "route.unknown"),
    )
    for model, chosen_id, code in chosen:
        if chosen_id is not None and not model.objects.filter(pk=chosen_id).exists():
            raise NotFound(code, id=chosen_id)


def _check_choice(code: str, value: str, known: list[str]) -> None:
    if value not in known:
        raise InvalidInput(code, value=value, known=known)


def _check_approved(campaign: Campaign, *, at: datetime) -> None:
    if not approval.holds(campaign):
        raise Conflict("campaign.changed_since_approval", campaign=campaign.pk)
    wording.sendable(campaign, at=at)
    if campaign.channel is not None and campaign.template_version is not None:
        for fault in card_faults(campaign.template_version, campaign.channel):
            raise Conflict(fault.code, **fault.params)


def _void(campaign: Campaign) -> None:
    campaign.state = CampaignState.DRAFT
    campaign.approver, campaign.approved_at, campaign.approved_digest = None, None, ""
    campaign.scheduled_at = None


def _plan_id(campaign: Campaign) -> int:
    if campaign.plan_id is None:
        raise Conflict("campaign.not_planned", campaign=campaign.pk)
    return campaign.plan_id


def _planner_at_work() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from pg_locks where locktype = 'advisory' and granted and classid = 0"
            " and objid = %s and objsubid = 1 and database = (select oid from pg_database"
            " where datname = current_database()))",
            (PLANNING,),
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def _defer_planning(campaign_id: int) -> None:
    try:
        with transaction.atomic():
            app.configure_task("campaigns.plan", queueing_lock=f"campaigns.plan:{campaign_id}").defer(
                campaign_id=campaign_id
            )
    except AlreadyEnqueued:
        return
