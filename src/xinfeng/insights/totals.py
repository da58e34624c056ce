"""What came of several plans at a glance: one line each, for lists and the dashboard."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from xinfeng.delivery.models import PlanTotals, ReplyMeaning
from xinfeng.delivery.outcomes import MessageState, message_state
from xinfeng.lens.engine import lens


@dataclass(frozen=True)
class Totals:
    """Messages of one plan by state; they add up to `messages`."""

    messages: int = 0
    planned: int = 0
    withheld: int = 0
    uncertain: int = 0
    accepted: int = 0
    delivered: int = 0
    failed: int = 0

    @property
    def done(self) -> int:
        """Messages that nothing more will be tried for."""
        return self.messages - self.planned

    @property
    def delivered_share(self) -> float | None:
        """Of those with a definite end at the carrier."""
        ended = self.delivered + self.failed
        return self.delivered / ended if ended else None


def totals(plan_ids: Collection[int]) -> dict[int, Totals]:
    """By plan id; a plan without messages is missing. Brings the lens up to date first."""
    if not plan_ids:
        return {}
    copy = lens()
    copy.refresh()
    states = message_state(copy, plan_ids)
    counted = states.group_by("plan_id", "state").aggregate(n=states.count())
    found: dict[int, dict[str, int]] = {}
    for row in copy.rows(counted).to_pylist():
        found.setdefault(row["plan_id"], {})[MessageState(row["state"]).value] = int(row["n"])
    counted_now = {
        plan_id: Totals(messages=sum(counts.values()), **counts) for plan_id, counts in found.items()
    }
    return counted_now | _kept(set(plan_ids) - counted_now.keys())


@dataclass(frozen=True)
class Answers:
    """People who replied to a plan's messages, and of these, those who opted out."""

    replied: int = 0
    opted_out: int = 0


def answers(plan_ids: Collection[int]) -> dict[int, Answers]:
    """By plan id; a plan nobody replied to is missing. As up to date as the lens is."""
    if not plan_ids:
        return {}
    copy = lens()
    reply = copy.table("reply")
    reply = reply.filter(reply["plan_id"].isin(list(plan_ids)))
    opted_out = reply["meaning"] == ReplyMeaning.OPT_OUT.value
    counted = reply.group_by("plan_id").aggregate(
        replied=reply["contact_id"].nunique(), opted_out=reply["contact_id"].nunique(where=opted_out)
    )
    rows = copy.rows(counted).to_pylist()
    return {row["plan_id"]: Answers(int(row["replied"]), int(row["opted_out"])) for row in rows}


def _kept(plan_ids: Collection[int]) -> dict[int, Totals]:
    """Of plans whose messages are past their retention."""
    return {
        one.plan_id: Totals(
            one.messages, one.planned, one.withheld, one.uncertain, one.accepted, one.delivered, one.failed
        )
        for one in PlanTotals.objects.filter(plan_id__in=plan_ids)
    }
