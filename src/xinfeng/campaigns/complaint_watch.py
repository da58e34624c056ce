"""A campaign that makes people complain is paused while it is still being sent; only a person lets it go on.

Asked every minute, and cheap: only running campaigns with enough complaints are counted in the lens. The rule is
`complaints.settings.Rules`: so many complaints, and the exact lower bound of the rate above the strictest limit at
which a carrier or vendor suspends. After somebody resumed it, further complaints pause it again; the same ones don't.

Before a start, the signature's and the template's rates of the last weeks are cautions. Above the limit at which
accounts are closed they stop the campaign, unless somebody who handles complaints has waived that, with a reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from xinfeng.campaigns.complaint_rates import rate_of
from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.campaigns.watch_pauses import counted_then, hold, running_marketing
from xinfeng.complaints import rates, settings
from xinfeng.complaints.models import Pause
from xinfeng.complaints.rates import Rate
from xinfeng.complaints.settings import Rules, Threshold
from xinfeng.complaints.waivers import waived
from xinfeng.kernel.errors import RefusedByPolicy
from xinfeng.lens.engine import lens

COMPLAINTS = "system:complaints"
REASON = "complaints"
"""`plan.reason` of a plan that was paused because of its complaints."""


def watch(*, now: datetime) -> list[int]:
    """Pause the running campaigns whose complaints are beyond the rule; returns them."""
    rules = settings.current()
    limit = rules.limit("suspend")
    if not rules.pauses or limit is None:
        return []
    campaign_of = running_marketing()
    if not campaign_of:
        return []
    complaints = rates.complaints_by_plan(rules, plan_ids=campaign_of)
    suspects = [
        plan_id for plan_id, n in complaints.items() if n >= rules.at_least and n > counted_then(plan_id)
    ]
    if not suspects:
        return []
    copy = lens()
    copy.refresh()
    delivered = rates.count_plans(copy, suspects, now=now)
    return [
        campaign_of[plan_id]
        for plan_id in suspects
        if _hold(
            campaign_of[plan_id],
            plan_id,
            Rate(complaints[plan_id], delivered.get(plan_id, 0)),
            rules=rules,
            limit=limit,
            now=now,
        )
    ]


def _hold(
    campaign_id: int, plan_id: int, rate: Rate, *, rules: Rules, limit: Threshold, now: datetime
) -> bool:
    if not rate.surely_above(limit.per_million, rules=rules):
        return False
    per_million = rate.per_million
    shown = f"{per_million:.2f}" if per_million is not None else "—"
    comment = (
        f"投诉 {rate.complaints} 件，送达 {rate.delivered} 条，百万投诉比 {shown}，"
        f"下限高于 {limit.per_million:g}（{limit.label}）"
    )
    kept = Pause(
        plan_id=plan_id,
        at=now,
        complaints=rate.complaints,
        delivered=rate.delivered,
        limit_key=limit.key,
        per_million=limit.per_million,
        confidence=rules.confidence,
    )
    return hold(campaign_id, kept, actor=COMPLAINTS, reason=REASON, comment=comment)


def held_campaigns() -> list[Campaign]:
    """Those that wait for a person because of their complaints."""
    return list(
        Campaign.objects.filter(state=CampaignState.PAUSED, plan__reason=REASON).order_by("-updated_at")[:5]
    )


@dataclass(frozen=True, slots=True)
class RateWarning:
    """A signature or template whose rate is above a limit. `stops`: above the closing one, and nobody waived it."""

    dimension: str
    dimension_id: int
    name: str
    rate: Rate
    limit: Threshold
    stops: bool
    waived_by: str = ""

    def params(self) -> dict[str, Any]:
        """For the words of a caution."""
        per_million = self.rate.per_million
        return {
            "name": self.name,
            "complaints": self.rate.complaints,
            "delivered": self.rate.delivered,
            "per_million": f"{per_million:.2f}" if per_million is not None else "—",
            "limit": f"{self.limit.per_million:g}",
            "label": self.limit.label,
            "label_en": self.limit.label_en or self.limit.label,
            "by": self.waived_by,
        }

    @property
    def code(self) -> str:
        """Which words."""
        return "complaint_rate_waived" if self.waived_by else "complaint_rate_high"


WORDS: dict[str, tuple[str, str]] = {
    "complaint_rate_high": (
        "“{name}”近期投诉 {complaints} 件（送达 {delivered} 条，百万投诉比 {per_million}），高于限额 {limit}（{label}）。"
        "超过关停限额时，需要处理投诉的同事写明原因才能放行。",
        "“{name}” has lately had {complaints} complaints ({delivered} delivered, {per_million} per million), above the "
        "limit of {limit} ({label_en}). Above a closing limit, somebody who handles complaints must let it pass with "
        "a reason.",
    ),
    "complaint_rate_waived": (
        "“{name}”近期投诉 {complaints} 件，高于限额 {limit}（{label}）；{by} 已写明原因放行。",
        "“{name}” has lately had {complaints} complaints, above the limit of {limit} ({label_en}); {by} let it pass "
        "with a reason.",
    ),
}


def warnings(campaign: Campaign, *, now: datetime) -> Iterator[RateWarning]:
    """What complaints say about starting it."""
    version = campaign.template_version
    if version is None or campaign.purpose != "marketing":
        return
    rules = settings.current()
    things = (
        ("signature", version.signature_id, f"【{version.signature.text}】"),
        ("template", version.template_id, version.template.name),
    )
    for dimension, id_, name in things:
        rate = rate_of(dimension, id_, now=now, rules=rules)
        closing, suspending = rules.limit("close"), rules.limit("suspend")
        if closing is not None and rate.surely_above(closing.per_million, rules=rules):
            let = waived(dimension, id_, now=now)
            yield RateWarning(
                dimension, id_, name, rate, closing, stops=let is None, waived_by=let.actor if let else ""
            )
        elif suspending is not None and rate.surely_above(suspending.per_million, rules=rules):
            yield RateWarning(dimension, id_, name, rate, suspending, stops=False)


def refuse_start(campaign: Campaign, *, now: datetime) -> None:
    """Raises RefusedByPolicy `complaint.rate_high` where a warning stops it: at planning, whoever or whatever
    started it."""
    for warning in warnings(campaign, now=now):
        if warning.stops:
            raise RefusedByPolicy("complaint.rate_high", **warning.params())
