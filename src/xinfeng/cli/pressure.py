"""Commands about contact pressure: how much people get, the rules over time, ranks, strategies."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.cli.templates import tell_examples
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import business_day, day_bounds, utc_now

group = typer.Typer(help="触达压力 contact pressure", no_args_is_help=True)
ACTOR = "system:command line"

Days = Annotated[int, typer.Option("--days", min=1, max=366, help="最近多少天 how many days back")]
As = Annotated[str, typer.Option("--as", help="以谁的名义 the username it is done as")]


@group.command("show")
def show(days: Days = 30) -> None:
    """多少人收到了多少条营销短信。 How many people got how many marketing messages."""
    settings = ready()
    from xinfeng.contacts.models import Tier
    from xinfeng.lens.engine import lens
    from xinfeng.policy import fatigue

    mirror = lens()
    mirror.refresh()
    found = fatigue.spread(mirror, "marketing", days=days, now=utc_now(), zone=settings.zone)
    heads = [*map(str, range(fatigue.MOST_TOLD)), f"{fatigue.MOST_TOLD}+"]
    rows = [[Tier(tier).label, *(f"{one:,}" for one in counts)] for tier, counts in found.by_tier.items()]
    table(
        f"营销短信 Marketing messages, {days} 天 days",
        ["分层 tier", *heads],
        rows,
        right=tuple(range(1, len(heads) + 1)),
    )


@group.command("rules")
def rules(
    at: Annotated[str, typer.Option("--at", help="哪一天的规则 the rules of which day, YYYY-MM-DD")] = "",
) -> None:
    """某一天的上限，和规则的修改记录。 The ceilings of a day, and how the rules changed."""
    settings = ready()
    from xinfeng.policy import reads

    now = utc_now()
    moment = day_bounds(_day(at), settings.zone)[0] if at else now
    held = reads.settings_at(moment)
    ceilings = [
        [purpose, *("—" if one is None else str(one) for one in (limit.day, limit.week, limit.month))]
        for purpose, limit in held.ceilings.items()
    ]
    table(
        f"上限 Ceilings, {business_day(moment, settings.zone)}",
        ["用途 purpose", "每天 day", "7 天", "30 天"],
        ceilings,
        right=(1, 2, 3),
    )
    rows = [
        [
            str(one.id),
            f"{one.effective_from.astimezone(settings.zone):%Y-%m-%d %H:%M}",
            "未生效 to come" if one.effective_from > now else "",
            f"{one.kind} {one.subject}".strip(),
            one.actor,
            one.why,
        ]
        for one in reads.changes()[:30]
    ]
    table("修改 Changes", ["id", "生效 from", "", "什么 what", "谁 who", "为什么 why"], rows)


@group.command("withdraw")
def withdraw(change: int, actor: As = ACTOR) -> None:
    """撤回还没有生效的修改。 Take back a change that has not taken effect."""
    ready()
    from xinfeng.campaigns.binding import withdraw_change

    withdraw_change(change, actor=actor, now=utc_now())
    say(f"已撤回 withdrawn: {change}")


@group.command("rank")
def rank(
    campaign: int,
    priority: Annotated[int, typer.Option("--priority", help="1 最低 low … 5 最高 high")] = 3,
    value: Annotated[str, typer.Option("--value", help="每条的预期价值（元） expected yuan a message")] = "",
    actor: As = ACTOR,
) -> None:
    """给活动定优先级和预期价值。 Say how a campaign ranks among those that want the same people."""
    ready()
    from xinfeng.campaigns.allocation import rank_campaign
    from xinfeng.kernel.money import fen_from_yuan

    ranked = rank_campaign(
        campaign, priority=priority, expected_fen=fen_from_yuan(value) if value else None, actor=actor
    )
    say(f"{ranked.name}: {ranked.priority}")


@group.command("yields")
def yields(campaign: int) -> None:
    """活动让出了哪些名额。 What a planned campaign left to others."""
    ready()
    from xinfeng.campaigns import allocation, reads

    found = allocation.yielded_by(reads.campaign(campaign))
    rows = [
        [
            str(one.rival.pk),
            one.rival.name,
            f"{one.contacts:,}",
            "—" if one.gained_fen is None else f"{one.gained_fen / 100:,.2f}",
        ]
        for one in found
    ]
    table(
        "让出 Left to others", ["id", "活动 campaign", "人 people", "多得（元） gained"], rows, right=(2, 3)
    )


@group.command("strategies")
def strategies() -> None:
    """列出各分层的策略。 List the strategies of the tiers."""
    ready()
    from xinfeng.campaigns.playbooks import playbooks

    rows = [
        [
            one.tier,
            one.title,
            one.title_en,
            f"{one.cap.messages}/{one.cap.days}",
            ", ".join(text.key for text in one.texts),
        ]
        for one in playbooks()
    ]
    table("策略 Strategies", ["分层 tier", "名称", "title", "条/天 per days", "文案 texts"], rows)


@group.command("start-strategy")
def start_strategy(
    tier: str,
    trade: Annotated[str, typer.Option("--trade", help="行业 trade")],
    signature: Annotated[int, typer.Option("--signature", help="签名编号 id of the signature")],
    actor: As,
    text: Annotated[str, typer.Option("--text", help="文案 key of the text")] = "",
) -> None:
    """用一套策略建分群、模板和活动草稿。 Make segment, template and draft campaign from a strategy; nothing is sent."""
    ready()
    from xinfeng.campaigns.playbooks import Choice, create

    made = create(Choice(tier, trade, signature, text), actor=actor, now=utc_now())
    say(
        f"分群 segment {made.segment.pk} · 模板 template {made.version.template_id} · 活动 campaign {made.campaign.pk}"
    )
    tell_examples(made.version)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("policy.day", day=text[:20]) from None
