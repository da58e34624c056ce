"""The command line: one file per command group, each a thin door into the actions."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of `xinfeng` and `python -m xinfeng`."""
    from xinfeng.cli.commands import commands
    from xinfeng.cli.doorway import run
    from xinfeng.cli.guidance import command_tree

    sys.exit(run(sys.argv[1:], command_tree(commands)))
