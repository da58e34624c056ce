"""What somebody does on a page whose scripts are still on their way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Route, expect

DEFERRED = re.compile(r"/(htmx|app|writer)\b[^/]*\.js")


@contextmanager
def scripts_held(page: Page) -> Iterator[None]:
    """Within it the scripts that a page does not wait for don't come; at its end they do."""
    held: list[Route] = []
    over = False
    page.route(DEFERRED, lambda route: route.continue_() if over else held.append(route))
    yield
    over = True
    for route in held:
        route.continue_()


def test_a_choice_made_before_the_scripts_came_is_followed(sign_in: Callable[..., Page]) -> None:
    page = sign_in("operator")
    with scripts_held(page):
        page.goto("/templates/library", wait_until="commit")
        page.get_by_label("行业").select_option("catering")
        expect(page.locator("#library")).to_contain_text("新会员见面礼")
    expect(page.locator("#library")).not_to_contain_text("新会员见面礼")
    expect(page.locator("#library")).to_contain_text("长寿面")


def test_what_was_typed_into_a_search_before_the_scripts_came_is_looked_for(
    sign_in: Callable[..., Page],
) -> None:
    page = sign_in("operator")
    with scripts_held(page):
        page.goto("/templates/library", wait_until="commit")
        page.locator(".xf-table-tools [type=search]").fill("长寿面")
    expect(page.locator("#library tbody tr")).to_have_count(1)


def test_a_button_pressed_before_the_scripts_came_is_pressed_once(sign_in: Callable[..., Page]) -> None:
    page = sign_in("operator")
    with scripts_held(page):
        page.goto("/templates/new", wait_until="commit")
        variable = page.get_by_role("button", name="姓名 contact.name")
        variable.click()
        variable.click()
    expect(page.locator("xf-writer textarea").first).to_have_value("{{ contact.name }}")


def test_a_page_that_nobody_touched_asks_for_nothing(sign_in: Callable[..., Page]) -> None:
    page = sign_in("operator")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "hx-request" in request.headers else None)
    page.goto("/templates/library", wait_until="networkidle")
    assert asked == []
