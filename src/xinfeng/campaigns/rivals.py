"""The campaigns that go before another one where a person may get only one more message.

They rank by priority, then by the expected value of a message (who states none comes after those who do), then by the
earlier start, then by age. A rival claims only what it could send: it is approved, as it was approved, has a window,
and nothing at its channel stands against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from xinfeng.campaigns import approval
from xinfeng.campaigns.judging import judging
from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.lens.engine import Lens
from xinfeng.policy.facts import Rival
from xinfeng.policy.gates import GateContext
from xinfeng.policy.timeline import Timeline
from xinfeng.segments import reads as segments

MOST_RIVALS = 12
"""Only the best so many are asked: each takes a join over its audience. More campaigns that wait approved are rare, and
the page says when some were left aside."""

WAITS = timedelta(days=7)
"""How long an approved campaign without a time keeps slots: as long as a plan looks ahead for windows."""

_WAITING = (CampaignState.APPROVED, CampaignState.SCHEDULED, CampaignState.PLANNING)


@dataclass(frozen=True, order=True)
class Rank:
    """What campaigns are sorted by; the smallest goes first."""

    below: int
    unstated: bool
    worth: int
    start: datetime
    id: int


def rank(campaign: Campaign, *, start: datetime) -> Rank:
    """`start`: when it would start, for one that has no time of its own."""
    value = campaign.expected_fen
    at = campaign.scheduled_at or start
    return Rank(-campaign.priority, value is None, -(value or 0), max(at, start), campaign.pk or 2**62)


@dataclass(frozen=True)
class Standing:
    """The campaigns that go before one and may share a ceiling with it, the best first; how many more there are."""

    rivals: tuple[Rival, ...] = ()
    beyond: int = 0


def standing(
    campaign: Campaign, context: GateContext, *, copy: Lens, now: datetime, start: datetime, rules: Timeline
) -> Standing:
    """Who goes before `campaign` when it starts at `start`. Two queries when nobody waits."""
    if not context.spans:
        return Standing()
    mine = rank(campaign, start=start)
    better = sorted(
        (rank(one, start=now), one) for one in _waiting(campaign, now) if rank(one, start=now) < mine
    )
    found: list[Rival] = []
    beyond = 0
    longest = timedelta(days=context.spans[-1])
    for ranked, one in better:
        made = _rival(one, at=ranked.start, copy=copy, now=now, rules=rules)
        if made is None or abs(made.day - context.send_day) >= longest:
            continue
        if len(found) == MOST_RIVALS:
            beyond += 1
        else:
            found.append(made)
    return Standing(tuple(found), beyond)


def _waiting(campaign: Campaign, now: datetime) -> list[Campaign]:
    found = Campaign.objects.filter(state__in=_WAITING, purpose=campaign.purpose, plan__isnull=True)
    found = found.exclude(pk=campaign.pk).exclude(state=CampaignState.APPROVED, approved_at__lt=now - WAITS)
    return list(
        found.select_related(
            "segment", "channel", "route", "template_version__signature", "template_version__template"
        ).order_by("pk")
    )


def _rival(campaign: Campaign, *, at: datetime, copy: Lens, now: datetime, rules: Timeline) -> Rival | None:
    """None for one that could not be sent as it is."""
    try:
        if campaign.segment is None or not approval.holds(campaign):
            return None
        judged = judging(campaign, start=max(at, now), now=now, rules=rules)
        if not judged.windows or not judged.stands:
            return None
        people = segments.audience(copy, campaign.segment, now)
    except (InvalidInput, NotFound):  # a rule that cannot be read any more makes no claims
        return None
    return Rival(campaign.pk, campaign.name, people, judged.context)
