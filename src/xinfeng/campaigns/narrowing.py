"""Rules on when may be sent that were tightened after a plan was made bind that plan too.

A plan keeps the windows it was made with, and the gateways obey those. When somebody narrows a trade's windows or
a channel's hours, or marks a day on which nothing may go out, every plan that is still sending is cut to what is
allowed now; it never gains time. One that would be sending at this moment is paused, and a person resumes it: into the windows left.
What no window is left for is withheld at the plan's deadline.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import product

from xinfeng.campaigns import actions, lifecycle
from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.delivery.models import Plan
from xinfeng.kernel.errors import Conflict
from xinfeng.policy import reads as policy
from xinfeng.policy.windows import Interval, is_open, merged

POLICY = "system:policy"
CLOSED = "window_closed"
"""`plan.reason` of a plan that was paused because its hour is no longer allowed."""


def narrow(*, now: datetime) -> list[int]:
    """Cut what is sending to the rules in force; returns the campaigns whose windows changed. Every few seconds."""
    changed = []
    for campaign in Campaign.objects.filter(state__in=lifecycle.SENDING).select_related("plan", "channel"):
        plan = campaign.plan
        if plan is None or plan.deadline <= now:
            continue
        planned = [
            (datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in plan.windows
        ]
        left = _within(planned, _in_force(campaign, plan, now), now)
        if left == merged(planned):
            continue
        stored = [[start.isoformat(), end.isoformat()] for start, end in left]
        Plan.objects.filter(pk=plan.pk).update(windows=stored)
        if campaign.state == CampaignState.RUNNING and is_open(planned, now) and not is_open(left, now):
            _hold(campaign, now)
        changed.append(campaign.pk)
    return changed


def _in_force(campaign: Campaign, plan: Plan, now: datetime) -> list[Interval]:
    return policy.windows_ahead(
        campaign.trade,
        now,
        horizon=plan.deadline - now,
        purpose=campaign.purpose,
        narrow_to=campaign.channel.hours if campaign.channel else None,
    )


def _within(planned: Sequence[Interval], allowed: Sequence[Interval], now: datetime) -> list[Interval]:
    """What has been stays as it was; what is to come is cut to `allowed`."""
    past = [(start, min(end, now)) for start, end in planned if start < now]
    pairs = product(((max(start, now), end) for start, end in planned if end > now), allowed)
    ahead = [(max(a[0], b[0]), min(a[1], b[1])) for a, b in pairs]
    return merged([*past, *((start, end) for start, end in ahead if start < end)])


def _hold(campaign: Campaign, now: datetime) -> None:
    try:
        actions.pause(campaign.pk, actor=POLICY, now=now, reason=CLOSED)
    except Conflict:  # somebody was faster
        return
