"""After a restore no campaign goes on by itself.

One that was scheduled may have been sent since; one that was being planned too. A person looks at what is known and
decides. Plans are held by `delivery`, whose part comes after this one.
"""

from __future__ import annotations

from collections.abc import Mapping

from xinfeng.campaigns import actions
from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.delivery.models import PlanState
from xinfeng.foundation.backups.settling import ACTOR, Gap, Restored
from xinfeng.foundation.database import Connection

REASON = "restored"


def _settle(connection: Connection, gap: Gap) -> Mapping[str, int]:
    """The caller's transaction is Django's own."""
    taken_back = _of(CampaignState.SCHEDULED)
    for campaign_id in taken_back:
        actions.unschedule(campaign_id, actor=ACTOR)
    failed = _of(CampaignState.PLANNING)
    for campaign_id in failed:
        actions.fail(campaign_id, "campaign.restored", actor=ACTOR)
    paused = list(
        Campaign.objects.filter(state=CampaignState.RUNNING, plan__state=PlanState.RUNNING)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    for campaign_id in paused:
        actions.pause(campaign_id, actor=ACTOR, now=gap.now, reason=REASON)
    return {
        "campaigns_unscheduled": len(taken_back),
        "campaigns_failed": len(failed),
        "campaigns_paused": len(paused),
    }


def _of(state: CampaignState) -> list[int]:
    return list(Campaign.objects.filter(state=state).order_by("pk").values_list("pk", flat=True))


RESTORED = (Restored("campaigns", settle=_settle, order=10),)
