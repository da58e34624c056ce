"""What came of a template so far: its latest campaigns, with what was delivered and who opted out (feature C4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from xinfeng.campaigns.models import Campaign
from xinfeng.insights.totals import Answers, Totals, answers, totals

MOST_SHOWN = 10


@dataclass(frozen=True)
class Result:
    """One campaign that sent a version of the template. Shares are None while nothing definite has come back."""

    campaign_id: int
    name: str
    version: int
    planned_at: datetime | None
    sent: Totals
    answers: Answers

    @property
    def opted_out_share(self) -> float | None:
        return self.answers.opted_out / self.sent.delivered if self.sent.delivered else None


@dataclass(frozen=True)
class Results:
    """The latest campaigns, newest first; `more` when there are others before them."""

    campaigns: tuple[Result, ...]
    more: bool


def results_of(template_id: int) -> Results:
    """Brings the lens up to date where there is something to count."""
    found = list(
        Campaign.objects.filter(template_version__template_id=template_id, plan__isnull=False)
        .select_related("template_version", "plan")
        .order_by("-plan_id")[: MOST_SHOWN + 1]
    )
    shown = found[:MOST_SHOWN]
    plans = [one.plan_id for one in shown if one.plan_id is not None]
    sent, said = totals(plans), answers(plans)
    rows = [
        Result(
            one.pk,
            one.name,
            one.template_version.number,
            one.plan.planned_at,
            sent.get(one.plan.pk, Totals()),
            said.get(one.plan.pk, Answers()),
        )
        for one in shown
        if one.template_version is not None and one.plan is not None
    ]
    return Results(tuple(rows), len(found) > MOST_SHOWN)
