"""What is said about how long data is kept."""

from __future__ import annotations

from typer.testing import CliRunner

from xinfeng.cli.commands import commands
from xinfeng.foundation import retention


def test_what_goes_by_itself_is_not_said_to_be_kept(db: None) -> None:
    said = CliRunner().invoke(commands, ["retention", "show"], env={"COLUMNS": "400"})
    assert said.exit_code == 0, said.output
    lines = said.output.splitlines()
    for one in retention.settings():
        (line,) = [each for each in lines if each.startswith(f"{one.kept.kind} ")]
        assert (str(one.days) if one.days else one.kept.why[0]) in line
