"""The command line: one file per command group, each a thin door into the actions."""

from __future__ import annotations

import io
import sys


def main() -> None:
    """Entry point of `xinfeng` and `python -m xinfeng`."""
    from xinfeng.cli.commands import commands
    from xinfeng.cli.doorway import run
    from xinfeng.cli.guidance import command_tree

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a locale that lacks Chinese garbles it, and ends nothing
            stream.reconfigure(errors="replace")
    sys.exit(run(sys.argv[1:], command_tree(commands)))
