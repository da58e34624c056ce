"""Errors are told in the reader's language, known code or not."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest
from django.utils import translation

import xinfeng
from xinfeng.cli.words import SENTENCES as cli_sentences
from xinfeng.console.words import SENTENCES, sentence, status
from xinfeng.integrations.words import SENTENCES as api_sentences
from xinfeng.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound, ProviderFailure


def test_a_known_code_is_told_with_its_parameters():
    error = InvalidInput("money.unreadable", text="十二块")
    with translation.override("zh-hans"):
        assert "十二块" in sentence(error)
    with translation.override("en"):
        assert "“十二块” is not an amount" in sentence(error)


def test_an_unknown_code_is_named_honestly():
    with translation.override("zh-hans"):
        assert "plan.overlaps" in sentence(Conflict("plan.overlaps"))


def test_a_missing_parameter_does_not_hide_the_message():
    with translation.override("zh-hans"):
        assert "？" in sentence(InvalidInput("money.unreadable")) or "?" in sentence(
            InvalidInput("money.unreadable")
        )


def test_parameters_are_never_read_as_patterns():
    assert "{code.__class__}" in sentence(InvalidInput("money.unreadable", text="{code.__class__}"))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFound("x"), 404),
        (NotAllowed("x"), 403),
        (Conflict("x"), 409),
        (ProviderFailure("x", retryable=True), 502),
    ],
)
def test_each_family_has_its_status(error, code):
    assert status(error) == code


def test_every_sentence_is_there_in_both_languages():
    assert all(words.zh and words.en and words.zh != words.en for words in SENTENCES.values())


FAMILIES = {
    "InvalidInput",
    "NotFound",
    "NotAllowed",
    "Conflict",
    "RefusedByPolicy",
    "ProviderFailure",
    "RemoteProtocolError",
    "LocalProtocolError",
}


def raised_codes() -> dict[str, str]:
    """Every code that stands as a literal where an error is made, with the file it was found in."""
    root = Path(xinfeng.__file__).parent
    found = {}
    for file in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FAMILIES:
                code = node.args[0] if node.args else None
                if isinstance(code, ast.Constant):
                    found[code.value] = str(file.relative_to(root))
    return found


def test_every_code_that_is_raised_has_words():
    codes = raised_codes()
    assert len(codes) > 100
    wordless = {
        code: file
        for code, file in codes.items()
        if code not in SENTENCES
        and not (file.startswith("cli/") and code in cli_sentences)
        and not (file.startswith("integrations/") and code in api_sentences)
    }
    assert not wordless


def test_words_name_only_parameters_in_braces_that_can_be_filled():
    for code, words in SENTENCES.items():
        for text in words:
            for _, name, _, _ in Formatter().parse(text):
                assert name is None or name.isidentifier(), code


SLICES = ("contacts", "consent", "intake", "segments", "content", "lens")
RAISED = re.compile(r'(?:InvalidInput|NotFound|Conflict|NotAllowed|_refuse)\(\s*"([a-z_]+\.[a-z_]+)"')


@pytest.mark.parametrize("name", SLICES)
def test_every_refusal_of_a_slice_has_words(name):
    files = (Path(xinfeng.__file__).parent / name).rglob("*.py")
    raised = {code for file in files for code in RAISED.findall(file.read_text())}
    assert raised and raised <= set(SENTENCES), raised - set(SENTENCES)
