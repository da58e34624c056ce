"""The command line: one file per command group, each a thin door into the actions."""

from __future__ import annotations

import io
import sys

INTERRUPTED = 130
"""Exit code of what Ctrl+C has ended, as shells have it."""


def main() -> None:
    """Entry point of `xinfeng` and `python -m xinfeng`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a locale that lacks Chinese garbles it, and ends nothing
            stream.reconfigure(errors="replace")
    try:
        from xinfeng.cli.commands import commands
        from xinfeng.cli.doorway import run
        from xinfeng.cli.guidance import command_tree

        code = run(sys.argv[1:], command_tree(commands))
    except KeyboardInterrupt:  # before a command has begun
        code = INTERRUPTED
    if code == INTERRUPTED:
        print(
            "已中断：没有做完；已经保存的都在。 Interrupted before the end; what was saved is kept.",
            file=sys.stderr,
        )
    sys.exit(code)
