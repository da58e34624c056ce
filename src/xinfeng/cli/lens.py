"""Commands about the lens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready

if TYPE_CHECKING:
    from xinfeng.lens.engine import Refreshed

group = typer.Typer(help="分析镜像 lens", no_args_is_help=True)


@group.command("rebuild")
def rebuild() -> None:
    """从 PostgreSQL 重建。 Drop the copy and read everything anew."""
    ready()
    from xinfeng.lens.engine import lens

    _say(lens().rebuild(), "已重建 rebuilt")


@group.command("refresh")
def refresh() -> None:
    """读入新提交的数据。 Bring in what has committed since."""
    ready()
    from xinfeng.lens.engine import lens

    _say(lens().refresh(), "已更新 refreshed")


def _say(done: Refreshed, title: str) -> None:
    if done.rows:
        table(
            title,
            ["表 table", "行 rows"],
            [[name, f"{count:,}"] for name, count in done.rows.items()],
            right=(1,),
        )
    say(f"{title}: {done.total:,} 行 rows, {done.seconds:.2f} s")
