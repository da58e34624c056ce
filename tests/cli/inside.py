"""Commands run in the test's own process, on the test's own database.

That a command brings its own PostgreSQL, and what a process has to do for that, is proved in test_commands.py.
"""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

import pytest

from xinfeng.cli import output, ready
from xinfeng.cli.commands import commands
from xinfeng.cli.doorway import run as run_command
from xinfeng.cli.guidance import command_tree
from xinfeng.lens.engine import close_lens


@dataclass(frozen=True)
class Done:
    """Named as `subprocess.CompletedProcess` names them."""

    returncode: int
    stdout: str
    stderr: str


def run_here(*arguments: str) -> Done:
    """What `xinfeng *arguments` does and says. The test must have asked for `committed_db`."""
    said, complained = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as changed, redirect_stdout(said), redirect_stderr(complained):
        changed.setenv("COLUMNS", "160")
        changed.setattr(ready, "_is_ready", False)
        output.redirect(None, 160)  # type: ignore[arg-type]
        try:
            code = run_command(list(arguments), command_tree(commands))
        finally:
            close_lens()
    return Done(code, said.getvalue(), complained.getvalue())
