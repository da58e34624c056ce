"""As what a campaign's contacts are judged when it starts at some moment: its windows, its day, its filings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from xinfeng.campaigns import filing
from xinfeng.campaigns.models import Campaign
from xinfeng.campaigns.ways import Way, way_of
from xinfeng.delivery.planning import Window
from xinfeng.filings.terms import Terms
from xinfeng.kernel.time import business_day
from xinfeng.policy import reads as policy
from xinfeng.policy.gates import GateContext
from xinfeng.policy.timeline import Timeline
from xinfeng.segments import reads as segments

HORIZON = timedelta(days=7)
"""How far ahead a plan takes send windows; the end of the last one is its deadline."""


@dataclass(frozen=True)
class Judging:
    """`windows` are ascending; empty when there is none within HORIZON. `at`: when the first one opens (or the start),
    the moment whose rules hold. `context` has no rivals yet. `filing`: of its one channel; `way`: of its route."""

    windows: tuple[Window, ...]
    at: datetime
    context: GateContext
    filing: Terms | None
    way: Way | None = None

    @property
    def stands(self) -> bool:
        """Whether nothing at its channels stands against it."""
        if self.way is not None:
            return not self.way.routing.carries_nobody
        return self.filing is None or not self.filing.faults


def judging(campaign: Campaign, *, start: datetime, now: datetime, rules: Timeline) -> Judging:
    """By the rules in force when its first message may leave. The campaign has a segment."""
    assert campaign.segment is not None
    windows = tuple(
        policy.windows_ahead(
            campaign.trade,
            start,
            horizon=HORIZON,
            purpose=campaign.purpose,
            narrow_to=campaign.channel.hours if campaign.channel else None,
            rules=rules,
        )
    )
    at = windows[0][0] if windows else start
    settings = rules.at(at)
    day = business_day(at, settings.zone)
    terms = filing.terms_of(campaign, day=day, windows=windows)
    way = way_of(campaign, day=day, windows=windows, now=now)
    context = GateContext(
        campaign.purpose,
        now,
        settings,
        day,
        segments.profiles(campaign.segment),
        filed_carriers=terms.filed_carriers if terms is not None else None,
    )
    if way is not None:
        context = way.judged_by(context)
    return Judging(windows, at, context, terms, way)
