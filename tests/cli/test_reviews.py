"""Reviews from the command line: who asks, who decides, what is said of a text."""

from __future__ import annotations

import re

import pytest
from tests.factories import make_user
from typer.testing import CliRunner, Result

from xinfeng.cli import acting, output, pressure, reviews
from xinfeng.cli.commands import commands
from xinfeng.content import review
from xinfeng.content.actions import add_signature, save_template
from xinfeng.content.models import TemplateVersion
from xinfeng.foundation import settings
from xinfeng.kernel.errors import Conflict, InvalidInput, NotAllowed


@pytest.fixture
def run(db: None, monkeypatch: pytest.MonkeyPatch):
    for module in (acting, pressure, reviews):
        monkeypatch.setattr(module, "ready", settings.load)
    output.redirect(None, 200)  # type: ignore[arg-type]
    make_user("li", role="operator")
    make_user("chen", role="reviewer")

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(commands, ["reviews", *arguments])

    return invoke


def text(value: str = "今年的龙井到店，会员日满200元减30元", name: str = "龙井") -> TemplateVersion:
    from xinfeng.content.models import Signature

    signature = Signature.objects.first() or add_signature("四时茶", hotline="400-820-8820", actor="li")
    return save_template(
        name=name, purpose="marketing", signature_id=signature.pk, value=value, action="到店选购",
        opt_out="拒收请回复R", actor="li",
    )  # fmt: skip


def test_a_text_is_asked_for_returned_and_approved(run) -> None:
    one = text()
    assert run("ask", "龙井", "--as", "li").exit_code == 0
    listed = run("list").output
    assert "龙井 #1" in listed and "0 / 0" in listed
    assert isinstance(run("approve", "龙井", "--as", "li").exception, NotAllowed)
    assert isinstance(run("return", "龙井", "--as", "chen").exception, InvalidInput), "it wants a comment"
    assert run("return", "龙井", "--as", "chen", "--comment", "写清楚到哪天").exit_code == 0
    shown = run("show", str(one.pk)).output
    assert "写清楚到哪天" in shown and "没有发现问题" in shown
    assert run("ask", "龙井", "--as", "li").exit_code == 0
    assert run("approve", "龙井", "--as", "chen").exit_code == 0
    assert review.state_of(one.pk) == "approved"
    assert "龙井" not in run("list").output


def test_what_is_found_is_called_as_on_the_screens(run) -> None:
    text("国家级品质，全城销量第一的龙井到店")
    shown = run("show", "龙井").output
    assert "禁止 blocked “国家级”" in shown and "需要证明 needs proof “" in shown
    assert "没有发现问题" not in shown and "广告法" in shown and "Advertising Law" in shown


def test_examples_left_in_are_not_asked_for(run) -> None:
    text("激活码 HUILAI 给您留着，到店可用")
    refused = run("ask", "龙井", "--as", "li").exception
    assert isinstance(refused, Conflict) and refused.params["places"] == ["HUILAI"]
    assert "HUILAI" in run("show", "龙井").output


def test_a_strategy_says_which_examples_to_replace(run) -> None:
    signature = add_signature("四时茶", hotline="400-820-8820", actor="li")
    done = CliRunner().invoke(
        commands,
        [
            "pressure",
            "start-strategy",
            "dormant",
            "--trade",
            "retail",
            "--signature",
            str(signature.pk),
            "--as",
            "li",
        ],
    )
    assert done.exit_code == 0, done.output
    assert "还有没换掉的示例：入会礼、HUILAI" in done.output and "Examples are left in" in done.output
    assert re.search(r"campaign \d+", done.output)


def test_ranks_rules_and_strategies_of_pressure_are_told(run) -> None:
    def told(*arguments: str) -> str:
        done = CliRunner().invoke(commands, ["pressure", *arguments])
        assert done.exit_code == 0, done.output
        return done.output

    assert "marketing" in told("rules") and "marketing" in told("rules", "--at", "2026-01-01")
    assert all(tier in told("strategies") for tier in ("dormant", "potential", "active", "new", "industry"))
    refused = CliRunner().invoke(commands, ["pressure", "rules", "--at", "yesterday"]).exception
    assert isinstance(refused, InvalidInput) and refused.code == "policy.day"
