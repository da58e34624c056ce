from __future__ import annotations

from string import Formatter

import pytest

from xinfeng.cli.words import SENTENCES, sentence
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound


@pytest.mark.parametrize("code", SENTENCES)
def test_both_languages_ask_for_the_same_parameters(code: str) -> None:
    chinese, english = (
        {name for _, name, _, _ in Formatter().parse(text) if name} for text in SENTENCES[code]
    )
    assert chinese == english


def test_an_error_is_said_in_chinese_and_in_english() -> None:
    said = sentence(Conflict("up.already_running", folder="/data"))
    assert "已经有一个信风在运行" in said
    assert "already running on this data folder (/data)" in said


def test_an_unknown_code_is_named() -> None:
    assert sentence(NotFound("nothing.like_this")).count("nothing.like_this") == 2


def test_a_fault_in_a_rule_names_its_place() -> None:
    said = sentence(InvalidInput("rule.missing", path="rule.all[2].value")).splitlines()
    assert all(line.endswith("[rule.all[2].value]") for line in said)
