"""Codes from a file at the command line: what is wrong is named at its place, with what may stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.cli.inside import run_here

from xinfeng.channels.codes.book import classes
from xinfeng.channels.codes.own import KINDS, UNOFFERED, own_codes
from xinfeng.cli import codes as commands

HEAD = "code,kind,phase,category,zh,en\n"
BAD = HEAD + "XX:1,*,receipt,off,关机,off\n\nXX:2-XX:4,cmpp9,receipt,offf,关机,off\n,*,receipt,off,,\n"
BAD_TOML = """[[group]]
phase = "receipt"
kinds = ["cmpp3"]
source = "x"
date = "2026-11"
[group.codes]
"ZZ:1" = ["offf", "关机", "off"]
"""

OWN_ACTION = '{ class = "off", zh = "关机", en = "off", action = "suppress" }'


def test_the_help_names_what_the_tables_take() -> None:
    assert set(re.split(r",\s+", commands.CATEGORIES)) == set(classes()) - UNOFFERED
    assert set(commands.KINDS.split(", ")) == set(KINDS)
    said = run_here("channels", "codes", "import", "--help").stdout
    assert all(word in said for word in ("refused_by_reader", "maap_mobile", "receipt"))


@pytest.mark.usefixtures("committed_db")
def test_each_fault_of_a_file_is_told_in_both_languages_and_nothing_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_text(BAD, encoding="utf-8")
    done = run_here("channels", "codes", "import", str(file), "--why", "邮件")
    lines = done.stdout.splitlines()
    assert done.returncode == 1 and own_codes() == []
    assert "第 4 行 · category: “offf” 不是可以选择的值。" in lines
    assert any(line.startswith("Line 4 · kind: “cmpp9” ") for line in lines)
    assert "第 5 行 · code: 请填写。" in lines and "第 5 行 · zh: 请填写。" in lines
    assert sum("第 4 行 · category" in line for line in lines) == 1, "a range is one line of the file"
    assert any(line.startswith("category 可以填：") and "off 关机" in line for line in lines)
    assert any(line.startswith("category may be: ") and "off " in line for line in lines)
    assert "XX:1" not in done.stdout


@pytest.mark.usefixtures("committed_db")
def test_a_toml_file_is_told_what_it_may_say(tmp_path: Path) -> None:
    file = tmp_path / "codes.toml"
    file.write_text(BAD_TOML, encoding="utf-8")
    said = run_here("channels", "codes", "import", str(file), "--why", "邮件").stdout
    assert "offf" in said and "category may be: " in said and "phase may be: " in said
    file.write_text(BAD_TOML.replace("offf", "off").replace("cmpp3", "cmpp9"), encoding="utf-8")
    said = run_here("channels", "codes", "import", str(file), "--why", "邮件").stdout
    assert '"ZZ:1" · kind: “cmpp9”' in said and own_codes() == []


@pytest.mark.usefixtures("committed_db")
def test_what_a_category_decides_is_refused_in_a_file_by_its_line(tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    head = "code,kind,phase,category,zh,side,action\n"
    file.write_text(f"{head}XX:1,*,receipt,off,关机,,\nXX:2,*,receipt,off,关机,carrier,suppress\n", "utf-8")
    lines = run_here("channels", "codes", "import", str(file), "--why", "邮件").stdout.splitlines()
    assert "第 3 行 · side: “carrier” 由类别（category）决定，不能另外填。" in lines
    assert any(line.startswith("Line 3 · action: “suppress” ") for line in lines)
    assert own_codes() == [] and not any("第 2 行" in line for line in lines)
    file.write_text(BAD_TOML.replace('["offf", "关机", "off"]', OWN_ACTION), "utf-8")
    said = run_here("channels", "codes", "import", str(file), "--why", "邮件").stdout
    assert '"ZZ:1" · action: “suppress” 由类别（category）决定，不能另外填。' in said and own_codes() == []
