"""Commands about bulk sending on peak days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import typer

from xinfeng.cli.filings.common import ACTOR, DAY_FORMATS, STATES, add_moves, both, days
from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.kernel.time import utc_now

group = typer.Typer(help="大促报备 bulk sending on peak days", no_args_is_help=True)


@group.command("list")
def list_filings() -> None:
    """将来的大促日、报备截止日，和已有的报备。 Peak days ahead, their deadlines, and what is filed."""
    ready()
    from xinfeng.campaigns.filing import next_peak_days
    from xinfeng.filings import bulk
    from xinfeng.filings.days import business_day_of
    from xinfeng.filings.peaks import SOURCE, ahead

    today = business_day_of(utc_now())
    settings = bulk.current_peaks()
    covered = bulk.covered_days(today, today + timedelta(days=120))
    peaks = ahead(next_peak_days(today), today, lead_days=settings.lead_days, covered=covered)
    rows = [
        [
            both(one.name),
            days(one.first_day, one.last_day),
            one.ask_by,
            one.days_left,
            "有 yes" if one.covered else "没有 no",
        ]
        for one in peaks
    ]
    columns = ["大促 peak", "日期 days", "报备截止 ask by", "还有几天 days left", "已有编号 number"]
    table(
        f"超过 {settings.threshold:,} 条要报备 messages a day that need a number", columns, rows, right=(3,)
    )
    say(f"{SOURCE[0]}\n{SOURCE[1]}", style="dim")
    filed = [
        [
            one.pk,
            one.channel.name,
            days(one.first_day, one.last_day),
            STATES[str(one.state)],
            one.number,
            f"{one.at_most:,}" if one.at_most else "不限 any",
        ]
        for one in bulk.filings(since=today)
    ]
    columns = ["编号 id", "通道 channel", "日期 days", "状态 state", "编号 number", "每天最多 a day"]
    table("大促报备 Bulk filings", columns, filed, right=(0, 5))


@group.command("add")
def add(
    channel: Annotated[str, typer.Option(help="通道的名称或编号 the channel's name or id")],
    first: Annotated[datetime, typer.Option(formats=DAY_FORMATS, help="第一天 first day")],
    last: Annotated[
        datetime | None, typer.Option(formats=DAY_FORMATS, help="最后一天；不写同一天 last day")
    ] = None,
    at_most: Annotated[int | None, typer.Option(help="每天最多多少条；不写不限 most messages a day")] = None,
) -> None:
    """准备一份大促报备。 Prepare the filing of bulk sending."""
    ready()
    from xinfeng.cli.named import channel as channel_named
    from xinfeng.filings import bulk

    draft = bulk.BulkDraft(
        channel_id=channel_named(channel),
        first_day=first.date(),
        last_day=(last or first).date(),
        at_most=at_most,
    )
    say(f"报备 filing {bulk.add(draft, actor=ACTOR, now=utc_now())}")


def _move(filing_id: int, move: str, *, number: str = "", reason: str = "") -> None:
    ready()
    from xinfeng.campaigns.filing_watch import move_bulk
    from xinfeng.filings.lifecycle import Move

    move_bulk(filing_id, Move(move), number=number, reason=reason, actor=ACTOR, now=utc_now())


add_moves(group, _move, taker=("运营商", "carrier"))
