"""What a campaign's decisions stand on: its audience, the rules in force, and the verdict on each contact.

The planner, the preflight and explain ask the same expression, so they cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import ibis

from xinfeng.campaigns.models import Campaign
from xinfeng.delivery.planning import Window
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
    and `entry_seq`. `windows` are ascending; empty when there is none within HORIZON.
    """

    lens: Lens
    people: ibis.Table
    decisions: ibis.Table
    context: GateContext
    windows: tuple[Window, ...]
    policy: dict[str, Any]

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
    context = GateContext(campaign.purpose, now, settings, day, profiled)
    copy = lens()
    copy.refresh()
    people = segments.audience(copy, campaign.segment, now)
    return Ground(
        lens=copy,
        people=people,
        decisions=first_reason(copy, people, context),
        context=context,
        windows=windows,
        policy=policy.snapshot(around=day),
    )


def judgement_on(found: Ground, contact_id: int) -> Judgement | None:
    """What every gate says about one contact now; None: not in the audience."""
    people = found.people
    if not found.lens.scalar(people.filter(people["contact_id"] == contact_id).count()):
        return None
    return explain_one(found.lens, contact_id, found.context)
