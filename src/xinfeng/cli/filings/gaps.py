"""Commands about the gap calendar."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from xinfeng.cli.filings.common import ACTOR, DAY_FORMATS, both, days
from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.kernel.time import utc_now

group = typer.Typer(help="停报期：不受理报备的日子 days on which no filings are taken", no_args_is_help=True)


@group.command("list")
def list_gaps(
    all_of_them: Annotated[bool, typer.Option("--all", help="连过去的 past ones too")] = False,
) -> None:
    """停报期。 Periods in which carriers take no filings."""
    ready()
    from xinfeng.filings.days import business_day_of
    from xinfeng.filings.gaps import gaps

    today = business_day_of(utc_now())
    rows = [
        [
            one.id,
            both(one.name),
            days(one.first_day, one.last_day),
            one.vendor or "全部 all",
            "暂定 provisional" if one.provisional else "已公告 announced",
            one.source,
        ]
        for one in gaps(since=None if all_of_them else today)
    ]
    columns = ["编号 id", "名称 name", "日期 days", "服务商 vendor", "", "来源 source"]
    table("停报期 Gaps", columns, rows, right=(0,))


@group.command("set")
def set_gap(
    name: str,
    first: Annotated[datetime, typer.Option(formats=DAY_FORMATS, help="第一天 first day")],
    last: Annotated[datetime, typer.Option(formats=DAY_FORMATS, help="最后一天 last day")],
    source: Annotated[str, typer.Option(help="谁公告的 where this comes from")],
    vendor: Annotated[str, typer.Option(help="只限这家服务商 only this vendor")] = "",
    gap_id: Annotated[int | None, typer.Option("--id", help="修改这一段 change this one")] = None,
) -> None:
    """登记或修改一段停报期。 Put a gap in, or correct one."""
    ready()
    from xinfeng.filings import gaps
    from xinfeng.filings.gap_rules import Gap

    gap = Gap(name, first.date(), last.date(), source, vendor=vendor, id=gap_id)
    say(f"停报期 gap {gaps.save(gap, actor=ACTOR, now=utc_now())}")


@group.command("remove")
def remove(gap_id: Annotated[int, typer.Argument(help="停报期编号 gap id")]) -> None:
    """删去一段停报期。 Take a gap out."""
    ready()
    from xinfeng.filings import gaps

    gaps.remove(gap_id, actor=ACTOR, now=utc_now())
    say("已删去。 Removed.")
