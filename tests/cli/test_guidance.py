from __future__ import annotations

from typing import Any

import pytest

from xinfeng.cli.commands import commands
from xinfeng.cli.doorway import run
from xinfeng.cli.guidance import command_tree


def _leaves(command: Any, path: str) -> list[tuple[str, Any]]:
    inner = getattr(command, "commands", {})
    if not inner:
        return [(path, command)]
    return [leaf for name, one in inner.items() for leaf in _leaves(one, f"{path} {name}")]


def _chinese(text: str) -> bool:
    return any("一" <= sign <= "鿿" for sign in text)


def test_every_parameter_is_explained_to_a_chinese_reader() -> None:
    unexplained = [
        f"{path} {parameter.name}"
        for path, command in _leaves(command_tree(commands), "xinfeng")
        for parameter in command.params
        if not getattr(parameter, "hidden", False) and not _chinese(getattr(parameter, "help", None) or "")
    ]
    assert unexplained == []


@pytest.mark.parametrize(
    ("arguments", "chinese", "english"),
    [
        (["campaign"], "没有这个命令", "No such command 'campaign'"),
        (["campaigns", "add", "x"], "缺少 '--segment'", "Missing option '--segment'"),
        (["segments", "list", "--pag", "2"], "没有 --pag 这个选项。是不是 --page？", "No such option: --pag"),
        (["segments", "show", "one"], "'segment_id' 的值不能用", "Invalid value for 'segment_id'"),
        (["consent", "notice", "a", "v1", "/nowhere.txt"], "没有 'text' 这个文件", "does not exist"),
        (["campaigns", "report", "1", "2"], "多了内容", "unexpected extra argument"),
    ],
)
def test_a_misused_command_says_so_in_both_languages(
    arguments: list[str], chinese: str, english: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments, command_tree(commands)) == 2
    said = capsys.readouterr().err
    assert chinese in said
    assert english in said


def test_help_gives_each_language_a_line_and_cuts_no_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"], command_tree(commands)) == 0
    said = capsys.readouterr().out
    assert "选项 Options" in said
    assert "显示这段说明" in said
    assert "…" not in said
    lines = [line.strip("│ ") for line in said.splitlines()]
    assert "Console, API and jobs (one process; owns the lens)." in lines
