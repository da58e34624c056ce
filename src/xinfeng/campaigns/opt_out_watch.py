"""A campaign that makes many people opt out stands out, and is paused where that is switched on.

Complaints are rare and come days later; opt-outs come within the hour, and foretell them. The limit is a share of the
people reached (`complaints.settings.Rules.opt_out_percent`), and counts only with enough of them and with the exact
lower bound above it. Once somebody resumed a campaign, only a doubled number of opt-outs pauses it again: they go on
coming for a while from people who were written to before.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from xinfeng.campaigns.models import Campaign
from xinfeng.campaigns.watch_pauses import OPT_OUTS, counted_then, hold, running_marketing
from xinfeng.complaints import settings
from xinfeng.complaints.models import Pause
from xinfeng.complaints.settings import OPT_OUT_SOURCE, Rules
from xinfeng.insights import totals
from xinfeng.kernel.gamma import poisson_lower_bound
from xinfeng.lens.engine import lens

WATCHER = "system:opt_outs"
REASON = "opt_outs"
"""`plan.reason` of a plan that was paused because of its opt-outs."""

LOOK_BACK = timedelta(days=3)
"""How long after its plan was made a campaign is still looked at: replies are counted to a message for 72 hours."""

_MOST = 200
_AGAIN = 2


@dataclass(frozen=True, slots=True)
class OptOuts:
    """People who opted out by answering, and messages that reached somebody (delivered, or taken by the carrier and not
    answered for yet)."""

    opted_out: int
    reached: int

    @property
    def share(self) -> float | None:
        return self.opted_out / self.reached if self.reached else None

    def stands_out(self, rules: Rules) -> bool:
        """Whether there are enough of them, and the one-sided exact lower bound of their share is above the limit."""
        if self.opted_out < rules.opt_out_at_least:
            return False
        bound = poisson_lower_bound(self.opted_out, confidence=rules.confidence)
        return bound * 100 > rules.opt_out_percent * self.reached


def watch(*, now: datetime) -> list[int]:
    """Pause the running campaigns whose opt-outs stand out, where the rules say so; returns them."""
    rules = settings.current()
    if not rules.opt_out_pauses:
        return []
    running = running_marketing()
    if not running:
        return []
    lens().refresh()
    return [
        campaign_id
        for plan_id, found in standing_out(running, rules=rules).items()
        for campaign_id in [running[plan_id]]
        if found.opted_out >= _AGAIN * counted_then(plan_id, for_opt_outs=True)
        and _hold(campaign_id, plan_id, found, rules=rules, now=now)
    ]


def standing_out(plan_ids: Collection[int], *, rules: Rules) -> dict[int, OptOuts]:
    """Those of the plans whose opt-outs stand out. Asks for what was reached of those with enough opt-outs only."""
    answers = totals.answers(plan_ids)
    many = [one for one, answer in answers.items() if answer.opted_out >= rules.opt_out_at_least]
    if not many:
        return {}
    sums = totals.totals(many)
    found = {
        one: OptOuts(answers[one].opted_out, sums[one].delivered + sums[one].accepted)
        for one in many
        if one in sums
    }
    return {plan_id: one for plan_id, one in found.items() if one.stands_out(rules)}


def recent(*, now: datetime) -> list[tuple[Campaign, OptOuts]]:
    """Marketing campaigns of the last days that stand out, whoever paused them or not; the latest first."""
    since = now - LOOK_BACK
    campaigns = Campaign.objects.filter(purpose="marketing", plan__planned_at__gte=since).order_by("-pk")[
        :_MOST
    ]
    by_plan = {int(one.plan_id): one for one in campaigns if one.plan_id is not None}
    found = standing_out(list(by_plan), rules=settings.current())
    return [(by_plan[plan_id], one) for plan_id, one in sorted(found.items(), reverse=True)]


def of_plan(plan_id: int) -> OptOuts | None:
    """What stands out about one plan; None: nothing does."""
    return standing_out([plan_id], rules=settings.current()).get(plan_id)


def _hold(campaign_id: int, plan_id: int, found: OptOuts, *, rules: Rules, now: datetime) -> bool:
    shown = f"{found.share:.2%}" if found.share is not None else "—"
    comment = (
        f"退订 {found.opted_out} 人，送到 {found.reached} 条，占 {shown}，下限高于 {rules.opt_out_percent:g}%"
        f"（{OPT_OUT_SOURCE[0]}）"
    )
    kept = Pause(
        plan_id=plan_id,
        at=now,
        complaints=found.opted_out,
        delivered=found.reached,
        limit_key=OPT_OUTS,
        per_million=rules.opt_out_percent * 10_000,
        confidence=rules.confidence,
    )
    return hold(campaign_id, kept, actor=WATCHER, reason=REASON, comment=comment)
