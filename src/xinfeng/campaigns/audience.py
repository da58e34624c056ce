"""What a campaign's decisions stand on: its audience, the rules in force, and the verdict on each contact.

The planner, the preflight and explain ask the same expression, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import ibis

from xinfeng.campaigns import filing
from xinfeng.campaigns.models import Campaign
from xinfeng.delivery.planning import Window
from xinfeng.filings.faults import Fault
from xinfeng.filings.terms import Terms
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import business_day
from xinfeng.lens.engine import Lens, lens
from xinfeng.policy import reads as policy
from xinfeng.policy.gates import GateContext, Judgement, explain_one, first_reason
from xinfeng.policy.windows import next_windows
from xinfeng.segments import reads as segments

HORIZON = timedelta(days=7)
"""How far ahead a plan takes send windows; the end of the last one is its deadline."""


@dataclass(frozen=True)
class Ground:
    """As of one moment, with the lens just brought up to date.

    `people` has the one column `contact_id`; `decisions` has `contact_id`, `reason` (null: may be written to)
    and `entry_seq`. `windows` are ascending; empty when there is none within HORIZON. `filing`: what is filed over the
    campaign's channel, None while it has no channel or text.
    """

    lens: Lens
    people: ibis.Table
    decisions: ibis.Table
    context: GateContext
    windows: tuple[Window, ...]
    policy: dict[str, Any]
    filing: Terms | None = None

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
    settings = policy.current_settings()
    windows = tuple(
        next_windows(
            campaign.trade,
            start,
            calendar=policy.calendar(),
            settings=settings,
            horizon=HORIZON,
            purpose=campaign.purpose,
            narrow_to=campaign.channel.hours if campaign.channel else None,
        )
    )
    day = business_day(windows[0][0] if windows else start, settings.zone)
    profiled = segments.profiles(campaign.segment)
    terms = filing.terms_of(campaign, day=day, windows=windows)
    context = GateContext(
        campaign.purpose,
        now,
        settings,
        day,
        profiled,
        filed_carriers=terms.filed_carriers if terms is not None else None,
    )
    copy = lens()
    copy.refresh()
    people = segments.audience(copy, campaign.segment, now)
    return Ground(
        lens=copy,
        people=people,
        decisions=first_reason(copy, people, context),
        context=context,
        windows=windows,
        policy=policy.snapshot(around=day) | ({"filing": terms.to_json()} if terms is not None else {}),
        filing=terms,
    )


def judgement_on(found: Ground, contact_id: int) -> Judgement | None:
    """What every gate says about one contact now; None: not in the audience."""
    people = found.people
    if not found.lens.scalar(people.filter(people["contact_id"] == contact_id).count()):
        return None
    return explain_one(found.lens, contact_id, found.context)
