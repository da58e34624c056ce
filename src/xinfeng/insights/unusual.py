"""What `forensics` found about channels and plans, kept so that pages show it without counting again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from xinfeng.channels.models import Channel
from xinfeng.delivery.models import Plan
from xinfeng.foundation import stored
from xinfeng.insights.forensics import Finding, figures, judge
from xinfeng.lens.engine import Lens, lens

KEY = "insights.unusual_receipts"
ACTOR = "system:forensics"
PLANS_SINCE = timedelta(days=4)
"""Receipts come within 72 hours; a plan is looked at until they have."""
MOST_PLANS = 200
"""Plans whose findings are kept, the latest."""


@dataclass(frozen=True)
class Found:
    """`at`: when it was looked at; None: not yet."""

    at: datetime | None
    findings: tuple[Finding, ...] = ()


def look(*, now: datetime, copy: Lens | None = None) -> int:
    """Look at every channel and at plans of the last days; returns how many findings there are."""
    copy = copy or lens()
    copy.refresh()
    kept: dict[str, Any] = stored.read(KEY, {})
    plans: dict[str, Any] = dict(kept.get("plans", {}))
    channels = {
        str(channel): _rows(judge(figures(copy, now=now, channel_id=channel)), now)
        for channel in Channel.objects.order_by("pk").values_list("pk", flat=True)
    }
    recent = Plan.objects.filter(started_at__gt=now - PLANS_SINCE).order_by("pk")
    for plan in recent.values_list("pk", flat=True):
        plans[str(plan)] = _rows(judge(figures(copy, now=now, plan_id=plan)), now)
    latest = sorted(plans, key=int)[-MOST_PLANS:]
    value = {"channels": channels, "plans": {plan: plans[plan] for plan in latest}}
    stored.write(KEY, value, actor=ACTOR)
    return sum(len(one["findings"]) for group in value.values() for one in group.values())


def of_channel(channel_id: int) -> Found:
    """What was found about a channel's last seven days."""
    return _found(stored.read(KEY, {}).get("channels", {}).get(str(channel_id)))


def of_plan(plan_id: int) -> Found:
    """What was found about a plan."""
    return _found(stored.read(KEY, {}).get("plans", {}).get(str(plan_id)))


def _rows(findings: tuple[Finding, ...], now: datetime) -> dict[str, Any]:
    return {"at": now.isoformat(), "findings": [asdict(one) for one in findings]}


def _found(row: Mapping[str, Any] | None) -> Found:
    if row is None:
        return Found(None)
    return Found(datetime.fromisoformat(row["at"]), tuple(Finding(**one) for one in row["findings"]))
