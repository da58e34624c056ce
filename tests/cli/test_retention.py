"""What is said about how long data is kept."""

from __future__ import annotations

from contextvars import copy_context
from io import StringIO

from typer.testing import CliRunner

from xinfeng.cli import output
from xinfeng.cli.commands import commands
from xinfeng.foundation import retention


def test_what_goes_by_itself_is_not_said_to_be_kept(db: None) -> None:
    stream = StringIO()

    def show() -> None:
        output.redirect(stream, 400)
        assert CliRunner().invoke(commands, ["retention", "show"]).exit_code == 0

    copy_context().run(show)
    lines = stream.getvalue().splitlines()
    for one in retention.settings():
        (line,) = [each for each in lines if each.startswith(f"{one.kept.kind} ")]
        assert (str(one.days) if one.days else one.kept.why[0]) in line
