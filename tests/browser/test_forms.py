"""A form, from the first click in the console to a stranger's prize on a phone without scripts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import PHONE, House
from tests.patience import PATIENCE_S

NOTICE = "信风商城（电话 400-000-0000）用您的手机号发送优惠短信，每月不超过 4 条，期限 24 个月，可随时退订。"


def make_notice(house: House) -> None:
    """The wording behind the box; the console's own page for it has its own test."""
    import os
    import subprocess
    import sys

    code = (
        "from xinfeng.cli.ready import ready; ready()\n"
        "from xinfeng.consent.actions import publish_notice\n"
        "from xinfeng.kernel.time import utc_now\n"
        f"publish_notice(key='browser-form', version='1', purpose='marketing', text={NOTICE!r},"
        " effective_at=utc_now(), actor='test')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **house.environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr


def test_a_lottery_is_built_published_and_won_without_scripts(
    page: Page, chromium: Browser, house: House
) -> None:
    make_notice(house)
    page.goto("/forms")
    page.click("text=新建表单 >> nth=0")
    page.fill("[name=name]", "浏览器抽奖")
    page.fill("[name=slug]", "browser-draw")
    page.check("[name=kind][value=lottery]")
    page.click("button:has-text('继续')")
    page.wait_for_url("**/edit")

    page.fill("[name='title.zh-hans']", "秋日抽奖")
    page.uncheck("[name=with_code]")
    page.click("button[value='remove:prizes:0']")
    page.wait_for_url("**/edit#incentive")
    page.fill("[name='prizes-0-odds']", "100")
    page.fill("[name='prizes-0-stock']", "5")
    page.click("button[value='add:fields:name']")
    page.wait_for_url("**/edit#fields")
    page.select_option("[name='boxes-0-notice.zh-hans']", label="browser-form 1")
    preview = page.frame_locator("#beside iframe")
    preview.locator("h1:has-text('秋日抽奖')").wait_for()
    page.locator("#beside >> text=中奖概率合计 100%").wait_for()
    page.click("button:has-text('保存草稿') >> nth=-1")
    page.click("[data-open]:has-text('发布')")
    page.click("dialog[open] [data-confirm]")
    page.wait_for_selector("text=第 1 版已发布")
    expect(page.locator("img.xf-qr")).not_to_have_js_property("naturalWidth", 0)

    stranger = chromium.new_context(
        base_url=house.url, viewport=PHONE, locale="zh-CN", java_script_enabled=False
    )
    visit = stranger.new_page()
    visit.goto("/f/browser-draw?source=poster")
    visit.wait_for_timeout(2_100)  # nobody fills a form in within two seconds: faster ones are asked again
    assert not visit.locator("[name=agree]").is_checked()
    visit.fill("[name=phone]", "123")
    visit.click("button.go")
    visit.wait_for_selector("text=请填写大陆的 11 位手机号")
    visit.fill("[name=phone]", "13912340001")
    visit.fill("[name=name]", "{{ 7 }}<b>")
    visit.locator(".tick").click()
    visit.click("button.go")
    visit.wait_for_selector("text=恭喜您获得")
    visit.wait_for_selector("text=100 积分")
    visit.wait_for_selector("text=接收营销短信")
    assert stranger.cookies() == []
    stranger.close()

    page.goto("/forms?q=浏览器抽奖")
    page.click("a:has-text('浏览器抽奖')")
    page.wait_for_selector("text=poster")
    page.click("a:has-text('奖品与发放')")
    page.wait_for_selector("text=抽到")
    page.click("a:has-text('提交记录')")
    page.wait_for_selector("text=139****0001")


@pytest.fixture
def other_site() -> Iterator[tuple[str, Callable[[str], None]]]:
    """A site of somebody else: its origin, and a way to say what its page is."""
    shown = [""]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(shown[0].encode())

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}", lambda html: shown.__setitem__(0, html)
    server.shutdown()
    server.server_close()


def test_the_snippet_grows_with_its_form_on_another_site(page: Page, house: House, other_site) -> None:
    """Another site frames it, because the form names that site; without cookies, as browsers have it there."""
    page.goto("/forms/new")
    page.fill("[name=name]", "嵌入")
    page.fill("[name=slug]", "browser-embed")
    page.click("button:has-text('继续')")
    page.wait_for_url("**/edit")
    page.uncheck("[name=with_code]")
    page.click("button[value='remove:boxes:0']")
    page.wait_for_url("**/edit#boxes")
    expect(page.locator("button[value='remove:boxes:0']")).to_have_count(0)
    origin, serve = other_site
    page.fill("[name=origins]", origin)
    page.click("button:has-text('保存草稿') >> nth=-1")
    page.click("[data-open]:has-text('发布')")
    page.click("dialog[open] [data-confirm]")
    page.wait_for_selector("text=第 1 版已发布")
    site = page.context.browser
    assert site is not None
    context = site.new_context(viewport=PHONE)
    elsewhere = context.new_page()
    snippet = (
        f'<!doctype html><body><script src="{house.url}/f/browser-embed/embed.js" async></script></body>'
    )
    serve(snippet)
    elsewhere.goto(origin)
    frame = elsewhere.frame_locator("iframe")
    frame.locator("[name=phone]").fill("13912340002")
    elsewhere.wait_for_function("document.querySelector('iframe').getAttribute('height') !== '560'")
    elsewhere.wait_for_timeout(2_100)
    frame.locator("button.go").click()
    frame.locator("text=提交成功").wait_for()
    context.close()
