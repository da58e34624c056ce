"""Campaigns that a watch pauses, and what was counted then: the same is not held against them once a person let them go on."""

from __future__ import annotations

from django.db import transaction

from xinfeng.campaigns import actions
from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.complaints.models import Pause
from xinfeng.kernel.errors import Conflict

OPT_OUTS = "opt_outs"
"""Under this `limit_key` a pause for opt-outs is kept, its counts being people who opted out; all others are limits on
complaints."""


def running_marketing() -> dict[int, int]:
    """Campaigns that are being sent, by plan."""
    rows = Campaign.objects.filter(state=CampaignState.RUNNING, purpose="marketing", plan__isnull=False)
    return {int(plan_id): pk for pk, plan_id in rows.values_list("pk", "plan_id") if plan_id is not None}


def last_pause(plan_id: int, *, for_opt_outs: bool = False) -> Pause | None:
    """What was known when it was paused last, for its complaints or for its opt-outs."""
    kept = Pause.objects.filter(plan_id=plan_id)
    kept = kept.filter(limit_key=OPT_OUTS) if for_opt_outs else kept.exclude(limit_key=OPT_OUTS)
    return kept.order_by("-pk").first()


def counted_then(plan_id: int, *, for_opt_outs: bool = False) -> int:
    """With how many complaints, or people who opted out, it was paused last; 0: never."""
    kept = last_pause(plan_id, for_opt_outs=for_opt_outs)
    return kept.complaints if kept is not None else 0


def hold(campaign_id: int, pause: Pause, *, actor: str, reason: str, comment: str) -> bool:
    """Pause a campaign as of `pause.at` and keep what was counted; whether it was not paused already."""
    try:
        with transaction.atomic():
            actions.pause(campaign_id, actor=actor, now=pause.at, comment=comment, reason=reason)
            pause.save()
    except Conflict:  # somebody was faster
        return False
    return True
