"""The command line: one file per command group, each a thin door into the actions."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of `xinfeng` and `python -m xinfeng`."""
    import typer

    from xinfeng.cli.commands import commands
    from xinfeng.cli.doorway import run

    sys.exit(run(sys.argv[1:], typer.main.get_command(commands)))
