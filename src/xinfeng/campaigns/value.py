"""What a message was worth before: a suggestion for `expected_fen`, from what people bought afterwards.

It is what those who were written to bought within WITHIN days, per message: an observation, not an effect, since some of
them would have bought anyway. Without earlier campaigns, or without purchases on record, there is no suggestion.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
from django.db.models import Q

from xinfeng.campaigns.models import Campaign
from xinfeng.contacts.feed import of_person
from xinfeng.contacts.models import EventKind
from xinfeng.lens.engine import Lens

WITHIN = timedelta(days=7)
MOST_CAMPAIGNS = 10
"""The latest ones; older habits say little."""


@dataclass(frozen=True)
class Observed:
    """`per_message_fen` is rounded down. `same`: `template` or `segment`, what the campaigns have in common."""

    same: str
    campaigns: int
    messages: int
    bought_fen: int

    @property
    def per_message_fen(self) -> int:
        return self.bought_fen // self.messages


def observed(campaign: Campaign, copy: Lens, *, now: datetime) -> Observed | None:
    """Of campaigns with the same template, else with the same segment, whose days are over. Refresh the lens before."""
    version = campaign.template_version
    ways = {
        "template": Q(template_version__template_id=version.template_id) if version is not None else None,
        "segment": Q(segment_id=campaign.segment_id) if campaign.segment_id is not None else None,
    }
    for same, condition in ways.items():
        if condition is None:
            continue
        past = Campaign.objects.filter(
            condition, plan__state="finished", plan__finished_at__lte=now - WITHIN, plan__messages__gt=0
        )
        plans = list(
            past.exclude(pk=campaign.pk)
            .order_by("-plan__finished_at")
            .values_list("plan_id", flat=True)[:MOST_CAMPAIGNS]
        )
        if plans and (found := _bought(copy, [one for one in plans if one is not None], same)):
            return found
    return None


def _bought(copy: Lens, plans: list[int], same: str) -> Observed | None:
    message, withheld, event = copy.table("message"), copy.table("withheld"), copy.table("event")
    sent = message.filter(message.plan_id.isin(plans))
    sent = sent.anti_join(withheld, sent.id == withheld.message_id)
    sent = of_person(copy, sent.select("id", "plan_id", "contact_id", sent_at="planned_at"))
    bought = event.filter(event.kind == int(EventKind.PURCHASE), event.amount_fen > 0)
    bought = of_person(copy, bought.select("contact_id", "at", "amount_fen"))
    both = sent.join(bought, "contact_id")
    later = both.filter(both.at >= both.sent_at, both.at < both.sent_at + ibis.interval(days=WITHIN.days))
    messages = int(copy.scalar(sent.count()))
    amount = int(copy.scalar(later.amount_fen.sum()) or 0)
    return Observed(same, len(plans), messages, amount) if messages and amount else None
