"""A text on its way through review: returned with a comment, amended, approved by somebody else, and voided by a change."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

NAME = "评审流程的龙井"


def test_a_text_is_returned_amended_approved_and_voided_by_a_change(
    house: Any, sign_in: Callable[..., Page]
) -> None:
    house.command("templates", "signature", "评审茶行", "--hotline", "400-820-8820")
    author, reviewer = sign_in("operator"), sign_in("reviewer")

    author.goto("/templates/new")
    author.get_by_label("名称").fill(NAME)
    author.get_by_label("签名").select_option(label="【评审茶行】")
    author.get_by_label("价值").fill("全城销量第一的龙井到店，会员日满200元减30元")
    author.get_by_label("行动").fill("回复1预留，或到店选购")
    expect(author.locator("#studio")).to_contain_text("需要证明")
    author.get_by_role("button", name="保存模板").click()
    expect(author.get_by_role("heading", level=1)).to_have_text(NAME)
    template = author.url
    ask(author)

    open_waiting(reviewer)
    expect(reviewer.locator("mark.xf-mark.is-evidence")).to_contain_text("销量第一")
    expect(reviewer.get_by_role("button", name="通过")).to_be_disabled()
    reviewer.get_by_label("意见").fill("没有凭证，请换一种说法")
    reviewer.get_by_role("button", name="退回修改").click()
    expect(reviewer).to_have_url(re.compile(r"/reviews$"))

    author.goto(template)
    expect(author.get_by_text("没有凭证，请换一种说法").first).to_be_visible()
    amend(author, template, "今年的龙井到店，会员日满200元减30元")
    ask(author)

    open_waiting(reviewer)
    expect(reviewer.locator("mark.xf-mark.is-evidence")).to_have_count(0)
    approved = reviewer.url
    reviewer.get_by_role("button", name="通过").click()
    expect(reviewer).to_have_url(re.compile(r"/reviews$"))
    reviewer.goto(approved)
    expect(reviewer.get_by_role("heading", level=1)).to_contain_text("已通过")

    amend(author, template, "今年的龙井到店，会员日满200元减50元")
    author.get_by_role("link", name="送审").first.click()
    expect(author.get_by_role("heading", level=1)).to_contain_text("第 3 版")
    expect(author.get_by_role("heading", level=1)).not_to_contain_text("已通过")
    expect(author.get_by_text("比上次通过的第 2 版改了什么")).to_be_visible()


def ask(page: Page) -> None:
    """From the template's page to the queue of the reviewers."""
    page.get_by_role("link", name="送审").first.click()
    page.get_by_role("button", name="送审").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("待审核")


def open_waiting(page: Page) -> None:
    page.goto("/reviews")
    page.get_by_role("link", name=NAME).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(NAME)


def amend(page: Page, template: str, value: str) -> None:
    page.goto(f"{template}/edit")
    page.get_by_label("价值").fill(value)
    page.get_by_role("button", name="保存为新版本").click()
    expect(page.get_by_text(value).first).to_be_visible()
