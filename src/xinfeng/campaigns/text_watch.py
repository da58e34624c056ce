"""A text that is blocked while it is being sent: what has not left does not leave."""

from __future__ import annotations

from datetime import datetime

from xinfeng.campaigns import actions
from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.content import review
from xinfeng.kernel.errors import Conflict

BLOCKED = "text_blocked"
"""`plan.reason` of a plan that was paused because its text was blocked."""


def block(version_id: int, *, comment: str, actor: str, now: datetime) -> list[int]:
    """Block a text, binding what is being sent at once: campaigns that send it are paused. Returns these.

    Raises as `content.review.block_version`.
    """
    review.block_version(version_id, comment=comment, actor=actor, now=now)
    held = []
    running = Campaign.objects.filter(template_version=version_id, state=CampaignState.RUNNING)
    for campaign_id in running.values_list("pk", flat=True):
        try:
            actions.pause(campaign_id, actor=actor, now=now, comment=comment, reason=BLOCKED)
        except Conflict:  # somebody was faster
            continue
        held.append(campaign_id)
    return held
