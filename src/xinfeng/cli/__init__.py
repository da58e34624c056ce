"""The command line: one file per command group, each a thin door into the actions."""

from __future__ import annotations

import sys

from xinfeng.cli.doorway import run


def main() -> None:
    """Entry point of `xinfeng` and `python -m xinfeng`."""
    sys.exit(run(sys.argv[1:]))
