"""A campaign's numbers on the terminal."""

from __future__ import annotations

from xinfeng.campaigns.models import Campaign
from xinfeng.cli.output import say
from xinfeng.delivery.models import PlanState
from xinfeng.insights.live import LiveNumbers, live_numbers
from xinfeng.insights.printing import as_text
from xinfeng.insights.report import report
from xinfeng.kernel.time import utc_now


def print_report(campaign: Campaign) -> None:
    assert campaign.plan_id is not None
    say(as_text(report(campaign.plan_id, now=utc_now()), title=campaign.name))


def print_live(campaign: Campaign) -> None:
    assert campaign.plan_id is not None
    say(live_line(live_numbers(campaign.plan_id, now=utc_now())))


def live_line(numbers: LiveNumbers) -> str:
    """One line that says where a campaign stands, and what holds it."""
    held = f" ({numbers.state_reason})" if numbers.state_reason else ""
    return (
        f"{PlanState(numbers.state).label} {numbers.state}{held}: 计划 planned {numbers.planned:,} · 等待 waiting {numbers.waiting:,} · "
        f"在途 on wire {numbers.on_wire:,} · 已接收 accepted {numbers.accepted:,} · "
        f"送达 delivered {numbers.delivered:,} · 失败 failed {numbers.failed:,} · "
        f"未知 uncertain {numbers.uncertain:,} · 未发 withheld {numbers.withheld:,} · "
        f"回复 replied {numbers.replied:,} · 退订 opted out {numbers.opted_out:,}"
    )
