"""From the library of texts to a template of one's own, as a person does it."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect


def test_a_text_is_found_begun_from_and_saved_as_ones_own(sign_in: Callable[..., Page]) -> None:
    page = sign_in("operator")
    page.goto("/templates/signatures")
    page.get_by_label("签名", exact=True).fill("文案库茶社")
    page.get_by_label("服务热线").locator("visible=true").first.fill("400-820-8820")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("main table")).to_contain_text("文案库茶社")

    page.goto("/templates")
    page.get_by_role("link", name="文案库", exact=True).first.click()
    page.get_by_label("行业").select_option("catering")
    expect(page.locator("#library")).not_to_contain_text("新会员见面礼")
    page.get_by_label("用在").select_option("birthday")
    expect(page.locator("#library tbody tr")).to_have_count(1)
    page.get_by_role("link", name="长寿面").click()
    expect(page.locator(".xf-phone .xf-bubble")).to_contain_text("长寿面算我们的")

    page.get_by_role("link", name="用这个开头").click()
    expect(page.get_by_text("保存前请换成自己的")).to_be_visible()
    action = page.get_by_label("行动")
    action.fill("报手机号就好，11点到14点都在。")
    expect(page.locator("#preview .xf-bubble")).to_contain_text("11点到14点都在")
    page.get_by_role("button", name="保存模板").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("长寿面")
    expect(page.get_by_text("报手机号就好，11点到14点都在。").first).to_be_visible()
