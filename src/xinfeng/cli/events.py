"""Commands about events."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xinfeng.cli.ready import ready

group = typer.Typer(help="行为 events", no_args_is_help=True)
ACTOR = "system:command line"


@group.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="events.csv 或 .xlsx")],
    source: Annotated[str, typer.Option(help="来源系统 the system they come from")],
    column: Annotated[
        list[str] | None, typer.Option(help="列名=字段，可重复 COLUMN=FIELD, repeatable")
    ] = None,
    rejects: Annotated[Path | None, typer.Option(help="未导入的行写到这里 where refused rows go")] = None,
) -> None:
    """导入行为文件；同一事件编号只算一次。 Import events; an event id counts once."""
    ready()
    from xinfeng.cli.importing import Terms, bring_in, check_file, columns_of

    bring_in(check_file(file), Terms("events", source, None, ACTOR, columns_of(column or []), rejects))
