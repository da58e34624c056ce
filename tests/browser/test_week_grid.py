"""Send windows drawn on the week grid: by mouse, by keyboard, on a phone, and not beyond the bounds."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect


def drawn(page: Page, day: int) -> str:
    return page.locator("input[name=week]").input_value().split(".")[day]


def cell(page: Page, day: int, half: int) -> Any:
    return page.locator(f'xf-week td[data-day="{day}"][data-half="{half}"]')


def test_windows_are_drawn_with_keys_and_kept(page: Page) -> None:
    page.goto("/settings/windows/education")
    expect(page.locator("#window-fields")).to_be_hidden()
    before = drawn(page, 2)
    cell(page, 2, 26).click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowDown")
    after = drawn(page, 2)
    assert after == before[:26] + "111" + before[29:]
    expect(cell(page, 2, 27)).to_have_attribute("aria-selected", "true")
    cell(page, 2, 15).click(force=True)
    assert drawn(page, 2) == after
    page.get_by_role("button", name="保存").click()
    expect(page).to_have_url(re.compile("/settings/windows$"))
    expect(page.get_by_role("main")).to_contain_text("13:00–14:30")


def test_a_tap_on_a_phone_chooses_and_the_page_does_not_scroll_sideways(phone_page: Page) -> None:
    phone_page.goto("/settings/windows/catering")
    before = drawn(phone_page, 0)
    cell(phone_page, 0, 30).click()
    assert drawn(phone_page, 0) == before[:30] + "1" + before[31:]
    assert phone_page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_block_is_drawn_from_corner_to_corner_however_fast_the_mouse_and_shrinks_again(page: Page) -> None:
    page.goto("/settings/windows/education")
    before = [drawn(page, day) for day in range(7)]
    cell(page, 0, 20).hover()
    page.mouse.down()
    far = cell(page, 5, 24).bounding_box()
    near = cell(page, 4, 22).bounding_box()
    assert far and near
    page.mouse.move(far["x"] + 4, far["y"] + 4, steps=1)
    page.mouse.move(near["x"] + 4, near["y"] + 4, steps=1)
    page.mouse.up()
    block = [one[:20] + "111" + one[23:] for one in before[:5]]
    assert [drawn(page, day) for day in range(7)] == block + before[5:]
