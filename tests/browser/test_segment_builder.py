"""The rule builder as a person uses it: every kind of condition can be chosen, edited and saved."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from tests.browser.conftest import House


def _choose(page: Page, subject: str) -> None:
    page.locator(".xf-rule-row select").first.select_option(subject)


def test_every_condition_can_be_chosen_and_read(sign_in: Callable[..., Page], house: House) -> None:
    house.command("segments", "add", "被引用的", '{"all": []}')
    page = sign_in()
    page.goto("/segments/new")
    page.get_by_role("button", name="条件", exact=True).click()
    first = page.locator(".xf-rule-row select").first
    subjects = first.evaluate("e => [...e.options].map((one) => one.value)")
    assert {"rhythm", "tier_change", "segment", "interaction:bounced", "attribute:number:state"} <= set(
        subjects
    )
    for subject in subjects:
        _choose(page, subject)
        (condition,) = json.loads(page.locator("#rule").input_value())["all"]
        kind, _, name = subject.partition(":")
        assert name in ("", condition.get(kind)), subject

    _choose(page, "rhythm")
    page.locator(".xf-rule-row input[type=number]").fill("3")
    expect(page.locator(".xf-live-words")).to_contain_text("超过本人平均间隔的 3 倍")
    _choose(page, "tier_change")
    page.locator(".xf-rule-row select").nth(2).select_option("active")
    expect(page.locator(".xf-live-words")).to_contain_text("从活跃变为沉睡")
    _choose(page, "segment")
    expect(page.locator(".xf-live-words")).to_contain_text("属于分群")
    page.get_by_label("分群名称").fill("浏览器里的分群")
    page.get_by_role("button", name="保存分群").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("浏览器里的分群")


def test_a_cell_of_the_grid_becomes_a_rule(sign_in: Callable[..., Page]) -> None:
    page = sign_in("operator")
    page.goto("/segments/rfm")
    page.locator(".xf-rfm-cell").first.click()
    expect(page.locator(".xf-rule-row")).to_have_count(4)
    expect(page.locator(".xf-live-words")).to_contain_text("最近一次购买在近 30 天内")


def test_a_rule_tag_is_made_and_runs_by_itself(sign_in: Callable[..., Page]) -> None:
    page = sign_in()
    page.goto("/segments/tags/new")
    page.get_by_label("标签名称").fill("浏览器里的标签")
    page.get_by_role("button", name="条件", exact=True).click()
    _choose(page, "attribute:has_phone")
    expect(page.locator(".xf-live-words")).to_contain_text("有手机号为是")
    page.get_by_role("button", name="保存并更新标签").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("浏览器里的标签")
    expect(page.locator("main")).to_contain_text("有手机号为是")
