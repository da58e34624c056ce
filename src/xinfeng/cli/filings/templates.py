"""Commands about filings of templates."""

from __future__ import annotations

from typing import Annotated

import typer

from xinfeng.cli.filings.common import ACTOR, STATES, add_moves
from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.kernel.time import utc_now

group = typer.Typer(help="模板报备 filings of templates", no_args_is_help=True)


@group.command("list")
def list_filings() -> None:
    """已报备的模板，和要报备而没有的。 Filed templates, and those that should be."""
    ready()
    from xinfeng.filings.days import business_day_of
    from xinfeng.filings.templates import filings, unfiled

    day = business_day_of(utc_now())
    rows = [
        [
            one.pk,
            one.version.template.name,
            one.version.number,
            one.channel.name,
            STATES[str(one.state_on(day))],
            one.number,
        ]
        for one in filings()
    ]
    columns = ["编号 id", "模板 template", "第几版 no.", "通道 channel", "状态 state", "模板号 vendor's id"]
    table("模板报备 Template filings", columns, rows, right=(0, 2))
    missing = [[one.version.pk, one.version.template.name, one.channel.name] for one in unfiled(day)]
    if missing:
        table(
            "还没有报备 Not filed",
            ["版本号 version id", "模板 template", "通道 channel"],
            missing,
            right=(0,),
        )


@group.command("add")
def add(
    template: Annotated[str, typer.Argument(help="模板的名称，或版本号 template's name, or version id")],
    channel: Annotated[str, typer.Option(help="通道的名称或编号 the channel's name or id")],
    text: Annotated[
        str, typer.Option(help="要报备的文字；不写由系统生成 text to file; proposed without")
    ] = "",
) -> None:
    """准备报备一个模板。 Prepare the filing of a template."""
    ready()
    from xinfeng.cli import named
    from xinfeng.filings import templates

    filing_id = templates.add(
        named.template_version(template), named.channel(channel), text=text, actor=ACTOR, now=utc_now()
    )
    say(f"报备 filing {filing_id}: {templates.filing_of(filing_id).text}")


def _move(filing_id: int, move: str, *, number: str = "", reason: str = "") -> None:
    ready()
    from xinfeng.campaigns.filing_watch import move_template
    from xinfeng.filings.lifecycle import Move

    move_template(filing_id, Move(move), number=number, reason=reason, actor=ACTOR, now=utc_now())


add_moves(group, _move, taker=("服务商", "vendor"))
