"""The 5G message of a template from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from xinfeng.cli import output, templates
from xinfeng.cli.commands import commands
from xinfeng.content import reads
from xinfeng.content.actions import add_signature, save_template
from xinfeng.content.models import TemplateVersion
from xinfeng.foundation import settings
from xinfeng.kernel.errors import InvalidInput, NotFound

FACE = {
    "cards": [{"title": "明前龙井", "buttons": [{"kind": "dial", "label": "问客服", "number": "4008208820"}]}]
}


@pytest.fixture
def run(db: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(templates, "ready", settings.load)
    output.redirect(None, 200)  # type: ignore[arg-type]

    def invoke(*arguments: str, given: str = "") -> Result:
        return CliRunner().invoke(commands, ["templates", "rich", *arguments], input=given)

    return invoke


@pytest.fixture
def version(db: None) -> TemplateVersion:
    signature = add_signature("四时茶", hotline="400-820-8820", actor="li")
    return save_template(
        name="龙井", purpose="marketing", signature_id=signature.pk, value="龙井到店，会员日满200元减30元",
        action="到店选购", opt_out="拒收请回复R", actor="li",
    )  # fmt: skip


def test_a_face_goes_in_comes_out_and_goes(run, version, tmp_path: Path) -> None:
    file = tmp_path / "face.json"
    file.write_text(json.dumps(FACE))
    assert json.loads(run("show", "龙井").output) is None
    assert run("set", "龙井", str(file)).exit_code == 0
    shown = run("show", "龙井").output
    assert json.loads(shown) == reads.newest_version(version.template_id).rich
    assert run("set", "龙井", "-", given=shown).exit_code == 0
    assert reads.newest_version(version.template_id).number == 2, "the same again adds no version"
    assert run("drop", "龙井").exit_code == 0
    assert reads.newest_version(version.template_id).rich is None


@pytest.mark.parametrize(
    ("given", "code"),
    [("{", "rich.not_json"), ("[" * 100_000, "rich.not_json"), ("[]", "rich.shape"), ('{"cards": 7}', "rich.shape"),
     ('{"cards": [{"title": "〔名称〕"}]}', "rich.faults")],
)  # fmt: skip
def test_what_cannot_be_a_face_is_refused(run, version, given: str, code: str) -> None:
    refused = run("set", "龙井", "-", given=given).exception
    assert isinstance(refused, InvalidInput) and refused.code == code
    assert reads.newest_version(version.template_id).number == 1


def test_each_fault_is_told_with_its_place(run, version) -> None:
    face = {"cards": [{"title": "茶"}], "chips": [{"kind": "link", "label": "", "url": "ftp://x"}]}
    told = run("set", "龙井", "-", given=json.dumps(face)).output
    assert "chips.0.label" in told and "chips.0.url" in told


def test_unknown_names_are_said(run, version, tmp_path: Path) -> None:
    assert isinstance(run("show", "白茶").exception, NotFound)
    missing = run("set", "龙井", str(tmp_path / "none.json")).exception
    assert isinstance(missing, InvalidInput) and missing.code == "rich.no_file"
