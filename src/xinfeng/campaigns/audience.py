"""What a campaign's decisions stand on: its audience, the rules in force, and the verdict on each contact.

The planner, the preflight and explain ask the same expression, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import ibis

from xinfeng.campaigns import filing
from xinfeng.campaigns.judging import HORIZON, judging
from xinfeng.campaigns.models import Campaign
from xinfeng.campaigns.rivals import standing
from xinfeng.delivery.planning import Window
from xinfeng.filings.faults import Fault
from xinfeng.filings.terms import Terms
from xinfeng.kernel.errors import InvalidInput
from xinfeng.lens.engine import Lens, lens
from xinfeng.policy import reads as policy
from xinfeng.policy.gates import GateContext, Judgement, explain_one, first_reason
from xinfeng.segments import reads as segments

__all__ = ["HORIZON", "Ground", "ground", "judgement_on"]


@dataclass(frozen=True)
class Ground:
    """As of one moment, with the lens just brought up to date.

    `people` has the one column `contact_id`; `decisions` has `contact_id`, `reason` (null: may be written to)
    and `entry_seq`. `windows` are ascending; empty when there is none within HORIZON. `filing`: what is filed over the
    campaign's channel, None while it has no channel or text. `rivals_beyond`: campaigns that go before this one and were
    left aside, as there are too many.
    """

    lens: Lens
    people: ibis.Table
    decisions: ibis.Table
    context: GateContext
    windows: tuple[Window, ...]
    policy: dict[str, Any]
    filing: Terms | None = None
    rivals_beyond: int = 0

    def within_bulk(self, channel_id: int, messages: int) -> tuple[Ground, Mapping[date, Fault]]:
        """The same without the peak days on which so many messages may not be sent, and what is missing on those."""
        bulk = filing.bulk_of(self.filing, channel_id=channel_id, windows=self.windows, messages=messages)
        rules = self.policy
        if self.filing is not None and bulk.relied_on:
            rules = {**rules, "filing": self.filing.to_json(bulk_days=bulk.relied_on)}
        windows = filing.without(self.windows, bulk.held) if bulk.held else self.windows
        return replace(self, windows=windows, policy=rules), bulk.held

    @property
    def deadline(self) -> datetime:
        """The end of the last window: what has not left by then never will."""
        return self.windows[-1][1]


def ground(campaign: Campaign, *, now: datetime, starts_at: datetime | None = None) -> Ground:
    """Everything that decides who gets the campaign when it starts at `starts_at` (by default, now).

    Raises InvalidInput `campaign.incomplete` without a segment.
    """
    if campaign.segment is None:
        raise InvalidInput("campaign.incomplete", missing=["segment"])
    start = max(starts_at or now, now)
    rules = policy.timeline()
    found = judging(campaign, start=start, now=now, rules=rules)
    copy = lens()
    copy.refresh()
    ahead = standing(campaign, found.context, copy=copy, now=now, start=start, rules=rules)
    context = replace(found.context, rivals=ahead.rivals)
    people = segments.audience(copy, campaign.segment, now)
    kept = policy.snapshot(around=context.send_day, at=found.at)
    if found.filing is not None:
        kept["filing"] = found.filing.to_json()
    if ahead.rivals:
        kept["rivals"] = [one.campaign_id for one in ahead.rivals]
    return Ground(
        lens=copy,
        people=people,
        decisions=first_reason(copy, people, context),
        context=context,
        windows=found.windows,
        policy=kept,
        filing=found.filing,
        rivals_beyond=ahead.beyond,
    )


def judgement_on(found: Ground, contact_id: int) -> Judgement | None:
    """What every gate says about one contact now; None: not in the audience."""
    people = found.people
    if not found.lens.scalar(people.filter(people["contact_id"] == contact_id).count()):
        return None
    return explain_one(found.lens, contact_id, found.context)
