"""What was decided where campaigns want the same people: who goes first, and how many were left to whom.

A campaign that is planned leaves contacts to the campaigns that rank higher (`rivals`) and will start soon enough to
share a ceiling with it (gate `slot_reserved`, `policy.claims`). A rival that is stopped, sent back or changed no longer
claims anything: whoever is planned afterwards takes its slots. What was planned before stays as it is; contacts that
yielded are not planned anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from xinfeng.campaigns.audience import Ground
from xinfeng.campaigns.models import Allocation, Campaign, CampaignStep
from xinfeng.delivery.models import Message
from xinfeng.foundation import audit
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.policy.facts import Rival
from xinfeng.policy.reasons import SLOT_RESERVED

LOWEST, USUAL, HIGHEST = 1, 3, 5
MOST_EXPECTED_FEN = 100_000_000
"""A million yuan a message: more is a slip of the hand."""


def rank_campaign(campaign_id: int, *, priority: int, expected_fen: int | None, actor: str) -> Campaign:
    """Say how a campaign ranks; not part of what is approved. Raises InvalidInput `campaign.priority`,
    `campaign.expected`; NotFound `campaign.unknown`; Conflict `campaign.planned` once its plan was made."""
    if not LOWEST <= priority <= HIGHEST:
        raise InvalidInput("campaign.priority", least=LOWEST, most=HIGHEST)
    if expected_fen is not None and not 0 <= expected_fen <= MOST_EXPECTED_FEN:
        raise InvalidInput("campaign.expected", at_most=MOST_EXPECTED_FEN)
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update().filter(pk=campaign_id).first()
        if campaign is None:
            raise NotFound("campaign.unknown", campaign=campaign_id)
        if campaign.plan_id is not None:
            raise Conflict("campaign.planned", campaign=campaign_id)
        if (campaign.priority, campaign.expected_fen) == (priority, expected_fen):
            return campaign
        campaign.priority, campaign.expected_fen = priority, expected_fen
        campaign.save(update_fields=["priority", "expected_fen", "updated_at"])
        detail: dict[str, Any] = {"priority": priority, "expected_fen": expected_fen}
        CampaignStep.objects.create(campaign=campaign, actor=actor, action="rank", detail=detail)
        audit.record(actor=actor, action="campaign.rank", kind="campaign", subject=campaign_id, **detail)
    return campaign


@dataclass(frozen=True)
class Yield:
    """How many contacts a campaign leaves to a rival (to the best one that claims them), and what that gains.

    `gained_fen` is contacts × the difference of the stated values; None where one of the two states none.
    """

    rival: Campaign
    contacts: int
    rival_fen: int | None
    own_fen: int | None
    at: datetime | None = None

    @property
    def gained_fen(self) -> int | None:
        if self.rival_fen is None or self.own_fen is None:
            return None
        return self.contacts * (self.rival_fen - self.own_fen)


def foresee(campaign: Campaign, ground: Ground) -> list[Yield]:
    """What it would come to if it were planned now."""
    rivals = ground.context.rivals
    if not rivals:
        return []
    decided = ground.decisions
    yielded = decided.filter(decided["reason"] == SLOT_RESERVED)
    counted = ground.lens.rows(yielded.group_by("rival").aggregate(contacts=yielded.count())).to_pylist()
    counts = {rivals[row["rival"]].campaign_id: row["contacts"] for row in counted}
    known = Campaign.objects.in_bulk(list(counts))
    return [
        Yield(
            known[one.campaign_id],
            counts[one.campaign_id],
            known[one.campaign_id].expected_fen,
            campaign.expected_fen,
        )
        for one in rivals
        if one.campaign_id in counts
    ]


def record(
    campaign: Campaign, plan_id: int, rivals: tuple[Rival, ...], counts: Mapping[int, int], *, now: datetime
) -> None:
    """Keep what a plan left to whom; `counts` by position of the rival. In the planner's transaction."""
    values = dict(
        Campaign.objects.filter(pk__in=[one.campaign_id for one in rivals]).values_list("pk", "expected_fen")
    )
    priorities = dict(
        Campaign.objects.filter(pk__in=[one.campaign_id for one in rivals]).values_list("pk", "priority")
    )
    Allocation.objects.bulk_create(
        Allocation(
            plan_id=plan_id,
            campaign=campaign,
            rival_id=rivals[position].campaign_id,
            contacts=contacts,
            own_fen=campaign.expected_fen,
            rival_fen=values.get(rivals[position].campaign_id),
            own_priority=campaign.priority,
            rival_priority=priorities.get(rivals[position].campaign_id, USUAL),
            at=now,
        )
        for position, contacts in sorted(counts.items())
    )


def yielded_by(campaign: Campaign) -> list[Yield]:
    """What its plan left to others, most contacts first."""
    rows = Allocation.objects.filter(campaign=campaign).select_related("rival").order_by("-contacts", "pk")
    return [Yield(row.rival, row.contacts, row.rival_fen, row.own_fen, row.at) for row in rows]


def yielded_to(campaign: Campaign) -> list[tuple[Campaign, int, datetime]]:
    """The campaigns whose plans left contacts to this one."""
    rows = Allocation.objects.filter(rival=campaign).select_related("campaign").order_by("-contacts", "pk")
    return [(row.campaign, row.contacts, row.at) for row in rows]


def yielded_in_plan(plan_id: int, contact_id: int) -> list[str]:
    """The names of the campaigns that a plan may have left this contact to: the one that wrote to her, and while none
    has, all that the plan left somebody to."""
    rivals = list(
        Allocation.objects.filter(plan_id=plan_id)
        .order_by("-contacts", "pk")
        .values_list("rival__name", "rival__plan_id")
    )
    plans = [plan for _name, plan in rivals if plan is not None]
    wrote = set(
        Message.objects.filter(contact_id=contact_id, plan_id__in=plans).values_list("plan_id", flat=True)
    )
    return [name for name, plan in rivals if not wrote or plan in wrote]


def counts_of(decided: Any) -> dict[int, int]:
    """By position of the rival, from the decisions as the planner brought them out (pyarrow); empty without rivals."""
    if "rival" not in decided.column_names:
        return {}
    counts: dict[int, int] = {}
    for pair in (
        decided.select(["reason", "rival"])
        .group_by(["reason", "rival"])
        .aggregate([([], "count_all")])
        .to_pylist()
    ):
        if pair["reason"] == SLOT_RESERVED and pair["rival"] is not None:
            counts[pair["rival"]] = pair["count_all"]
    return counts
