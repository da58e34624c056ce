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
from xinfeng.campaigns.ways import Way
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
    and `entry_seq`, with a `way` also `carrier`. `windows` are ascending; empty when there is none within HORIZON.
    `filing`: what is filed over the campaign's channel, None while it has no channel or text. `way`: how it goes by its
    route, None without one. `rivals_beyond`: campaigns that go before this one and were
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
    way: Way | None = None

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What at its channels stops the campaign as a whole."""
        if self.way is not None:
            return self.way.faults
        return self.filing.faults if self.filing is not None else ()

    def within_bulk(self, channel_id: int | None, messages: int) -> tuple[Ground, Mapping[date, Fault]]:
        """The same without the peak days on which so many messages may not be sent, and what is missing on those."""
        if self.way is not None:
            return self._route_within_bulk(self.way, messages)
        assert channel_id is not None
        bulk = filing.bulk_of(self.filing, channel_id=channel_id, windows=self.windows, messages=messages)
        rules = self.policy
        if self.filing is not None and bulk.relied_on:
            rules = {**rules, "filing": self.filing.to_json(bulk_days=bulk.relied_on)}
        windows = filing.without(self.windows, bulk.held) if bulk.held else self.windows
        return replace(self, windows=windows, policy=rules), bulk.held

    def _route_within_bulk(self, way: Way, messages: int) -> tuple[Ground, Mapping[date, Fault]]:
        """Any channel may have to carry all of it, so each is asked about all of it. One that may not on the first day is
        not used; later days on which one may not are left out for all."""
        first = self.context.send_day
        bulk = {
            one: filing.bulk_of(way.terms.get(one), channel_id=one, windows=self.windows, messages=messages)
            for one in way.routing.channels
        }
        held = {one: found.held[first] for one, found in bulk.items() if first in found.held}
        left = way.without(held) if held else way
        if held and left.routing.carries_nobody:
            return self, {first: next(iter(held.values()))}
        used = set(left.routing.channels)
        days = {day: fault for one in used for day, fault in bulk[one].held.items()}
        relied_on = {one: bulk[one].relied_on for one in used}
        context = left.judged_by(self.context)
        changed = replace(
            self,
            way=left,
            context=context,
            decisions=first_reason(self.lens, self.people, context) if held else self.decisions,
            windows=filing.without(self.windows, days) if days else self.windows,
            policy={**self.policy, "route": left.to_json(bulk_days=relied_on)},
        )
        return changed, days

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
    if found.way is not None:
        kept["route"] = found.way.to_json()
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
        way=found.way,
    )


def judgement_on(found: Ground, contact_id: int) -> Judgement | None:
    """What every gate says about one contact now; None: not in the audience."""
    people = found.people
    if not found.lens.scalar(people.filter(people["contact_id"] == contact_id).count()):
        return None
    return explain_one(found.lens, contact_id, found.context)
