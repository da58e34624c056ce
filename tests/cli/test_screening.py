"""The command line about content rules."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.inside import run_here as run

pytestmark = pytest.mark.usefixtures("committed_db")


def test_a_text_is_judged_with_reasons_in_both_languages() -> None:
    done = run("screening", "check", "国家级品质，加·微·信", "--trade", "retail")
    assert done.returncode == 1
    for said in ("absolute.named", "evasion", "广告法", "Advertising Law", "0–3"):
        assert said in done.stdout
    passed = run("screening", "check", "周六上新")
    assert passed.returncode == 0
    assert "通过 pass" in passed.stdout


def test_a_file_is_judged_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "texts.txt"
    file.write_text("周六上新\n全网最低价\n\n国家级\n", "utf-8")
    done = run("screening", "check", "--file", str(file))
    assert done.returncode == 1
    assert "3 条 texts" in done.stdout
    file.write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in run("screening", "check", "--file", str(file)).stdout
    assert "UTF-8" in run("screening", "check", "--file", str(tmp_path / "none")).stdout


def test_rules_are_listed_and_words_come_and_go() -> None:
    assert "absolute.named" in run("screening", "rules", "--search", "国家级").stdout
    added = run("screening", "words", "add", "蓝鲸计划", "旧口号", "--reason", "停用的活动")
    assert "添加了 2 个词" in added.stdout
    assert "own.block" in run("screening", "check", "蓝鲸计划").stdout
    listed = run("screening", "words", "list", "--search", "蓝鲸").stdout
    number = next(part for part in listed.split() if part.isdigit())
    assert run("screening", "words", "retire", number, "--reason", "恢复").returncode == 0
    assert "蓝鲸计划" not in run("screening", "words", "list").stdout
    assert "蓝鲸计划" in run("screening", "words", "list", "--retired").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "你好", "--trade", "rocketry"), "没有“rocketry”这个行业"),
        (("check", "你好", "--purpose", "gossip"), "没有“gossip”这个用途"),
        (("words", "add", "一", "--reason", "试"), "不能作为词"),
        (("words", "add", "甲甲", "--reason", " "), "请写明原因"),
        (("words", "retire", "999999", "--reason", "试"), "没有这个词"),
    ],
)
def test_what_cannot_be_done_is_said_without_a_traceback(arguments: tuple[str, ...], said: str) -> None:
    done = run("screening", *arguments)
    assert done.returncode != 0
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
