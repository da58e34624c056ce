"""A campaign as its author and its reviewer do it: wizard, review, sending with pause and resume, report, inbox.

Service messages may go at any hour, so the test does not depend on the time of day; the way is the same.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.conftest import House
from tests.patience import PATIENCE_S

PEOPLE = 120
RATE = 60
CHANNEL = "模拟服务通道"
SLOW, FAST = "1", "200"
"""Messages per second of the channel. Slow means two minutes for everybody: time for a person, and for a slow machine,
to press a button in mid-campaign."""
SECRET = "carrier-secret"
PATIENCE_MS = PATIENCE_S * 1000


@pytest.fixture(scope="module")
def carrier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A simulated carrier that delivers all but a few, and passes on what some people reply; gives its port."""
    script = tmp_path_factory.mktemp("carrier") / "replies.json"
    script.write_text(json.dumps({_number(0): ["退订"], _number(1): ["<b>几点</b>开门？"]}), "utf-8")
    process = subprocess.Popen(
        [
            sys.executable, "-m", "xinfeng.channels.simulator", "--port", "0", "--control-port", "0",
            "--account", f"900001:{SECRET}", "--reply-script", str(script), "--receipts", "DELIVRD=1",
            "--receipt-delay-ms", "100", "--reply-delay-ms", "100",
        ],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("listening on "):
                break
        yield int(line.rpartition(":")[2])
    finally:
        _end(process)


@pytest.fixture(scope="module")
def prepared(house: Any, carrier: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Contacts with consent, a text, a channel, a segment; and a gateway."""
    file = tmp_path_factory.mktemp("campaign") / "buyers.csv"
    rows = [f"B{number:04d},{_number(number)},王晓明,拉萨" for number in range(PEOPLE)]
    file.write_text("\n".join(["会员号,手机号,姓名,城市", *rows]), "utf-8")
    house.command(
        "contacts", "import", str(file), "--source", "门店订单", "--purpose", "service", "--consent-source",
        "下单页", "--given-at", "2026-03-01T10:00:00", "--evidence", "订单勾选",
    )  # fmt: skip
    house.command("segments", "add", "拉萨的买家", json.dumps(RULE))
    house.command("templates", "signature", "雪域茶行")
    house.command(
        "templates", "add", "到店取货通知", "--signature", "雪域茶行", "--purpose", "service", "--opt-out", "",
        "--value", "{{ contact.name }}您好，您订的茶已到店，请凭订单号取货", "--default", "contact.name=顾客",
    )  # fmt: skip
    house.command(
        "channels", "add", CHANNEL, "--account", "900001", "--secret", SECRET, "--access-code", "10690009",
        "--port", str(carrier), "--purpose", "service", "--rate", FAST, "--no-filing",
    )  # fmt: skip
    gateway = subprocess.Popen(
        [sys.executable, "-m", "xinfeng", "gateway"],
        env=house.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield
    _end(gateway)


RULE = {"all": [{"attribute": "city", "op": "is", "value": "拉萨"}]}


def _number(number: int) -> str:
    return f"1542230{number:04d}"


def _end(process: subprocess.Popen[Any]) -> None:
    process.terminate()
    process.wait(timeout=PATIENCE_S)
    if process.stdout is not None:
        process.stdout.close()


def press(page: Page, label: str, *, then: str | None = None) -> None:
    """A button, and the question it asks."""
    page.get_by_role("button", name=label, exact=True).first.click()
    if then is not None:
        page.locator("dialog[open]").get_by_role("button", name=then, exact=True).click()


def count(page: Page, label: str) -> int:
    """A number of the live page by its label."""
    line = page.locator(".xf-shares-legend li").filter(has_text=re.compile(rf"^{label}"))
    return int(line.locator(".xf-n").inner_text().replace(",", ""))


def count_at_rest(page: Page, label: str) -> int:
    """The number, once it has not changed for two seconds."""
    known = -1
    while (found := count(page, label)) != known:
        known = found
        page.wait_for_timeout(2000)
        page.reload()
    return known


def shown_in_the_end(page: Page, found: Locator) -> None:
    """On a page that does not follow by itself what gateways write down."""
    end = time.monotonic() + PATIENCE_S
    while not found.first.is_visible():
        assert time.monotonic() < end, f"{found} never came: {page.locator('main').inner_text()}"
        page.wait_for_timeout(500)
        page.reload()


def write_campaign(page: Page, name: str) -> None:
    page.goto("/campaigns")
    page.get_by_role("link", name="新建活动").first.click()
    page.get_by_label("活动名称").fill(name)
    page.get_by_label("服务短信").check()
    page.get_by_label("分群").select_option(label="拉萨的买家")
    expect(page.locator("#audience .xf-stat-value").first).to_have_text(str(PEOPLE))
    page.get_by_role("button", name="下一步：发什么").click()
    page.get_by_label("短信模板").select_option(index=1)
    expect(page.locator("#phone .xf-bubble")).to_contain_text("【雪域茶行】王**您好")
    page.get_by_role("button", name="下一步：怎么发").click()
    page.get_by_label(CHANNEL).check()
    page.get_by_label("限速").fill(str(RATE))
    page.get_by_role("button", name="下一步：预检").click()


@pytest.mark.usefixtures("prepared")
def test_a_campaign_goes_from_the_wizard_through_review_to_the_report(
    sign_in: Callable[..., Page], house: House
) -> None:
    house.command("channels", "edit", CHANNEL, "--rate", SLOW)
    author, reviewer = sign_in("operator"), sign_in("reviewer")
    write_campaign(author, "拉萨取货")
    expect(author.locator(".xf-stats").first).to_contain_text(str(PEOPLE))
    author.get_by_label("给审核人的话").fill("已和门店核对")
    press(author, "提交审核")
    expect(author.get_by_text("不能批准活动")).to_be_visible()

    reviewer.goto("/")
    reviewer.get_by_role("link", name="去审核").first.click()
    expect(reviewer.get_by_text("已和门店核对")).to_be_visible()
    press(reviewer, "批准")
    expect(reviewer.get_by_text("已批准。现在可以开始或定时。")).to_be_visible()

    author.reload()
    press(author, "现在开始", then="开始发送")
    expect(author.get_by_text("发送中，每秒")).to_be_visible(timeout=PATIENCE_MS)
    expect(author.locator(".xf-shares-legend li").first).not_to_contain_text(
        re.compile(r"已送达0$"), timeout=PATIENCE_MS
    )
    press(author, "暂停")
    expect(author.get_by_role("button", name="继续")).to_be_visible()
    assert count_at_rest(author, "等待发送") > 0
    house.command("channels", "edit", CHANNEL, "--rate", FAST)
    press(author, "继续", then="继续发送")
    expect(author.get_by_text("发送已结束")).to_be_visible(timeout=PATIENCE_MS)
    expect(author.locator(".xf-shares-legend li").first).to_contain_text(str(PEOPLE), timeout=PATIENCE_MS)

    author.get_by_role("link", name="报告").click()
    expect(author.locator(".xf-funnel tr").nth(3)).to_be_visible()
    shown_in_the_end(author, author.locator(".xf-funnel tr").nth(3).filter(has_text=f"{PEOPLE}"))
    author.locator(".xf-funnel tr").nth(3).get_by_role("link").click()
    expect(author.locator("#people tbody tr").first).to_contain_text("****")
    author.get_by_role("link", name="为什么").first.click()
    expect(author.locator(".xf-chain")).to_contain_text("授权账本")

    author.goto("/inbox")
    shown_in_the_end(author, author.get_by_text("<b>几点</b>开门？"))
    shown_in_the_end(author, author.get_by_text("收到时已经生效"))
    press(author, "标为已处理")
    expect(author.get_by_text("已处理", exact=True)).to_be_visible()


@pytest.mark.usefixtures("prepared")
def test_a_campaign_is_stopped_on_a_phone_and_says_what_it_cancels(
    sign_in: Callable[..., Page], house: House
) -> None:
    house.command("channels", "edit", CHANNEL, "--rate", SLOW)
    author, reviewer = sign_in("operator", size={"width": 390, "height": 844}), sign_in("reviewer")
    write_campaign(author, "拉萨取货第二次")
    press(author, "提交审核")
    expect(author.get_by_text("不能批准活动")).to_be_visible()  # handed in, before the reviewer looks
    reviewer.goto("/")
    reviewer.get_by_role("link", name="去审核").first.click()
    press(reviewer, "批准")
    expect(reviewer.get_by_text("已批准。现在可以开始或定时。")).to_be_visible()
    author.reload()
    press(author, "现在开始", then="开始发送")
    expect(author.get_by_text("发送中，每秒")).to_be_visible(timeout=PATIENCE_MS)
    press(author, "停止")
    expect(author.locator("dialog[open]")).to_contain_text("不能恢复")
    author.locator("dialog[open]").get_by_role("button", name="停止活动").click()
    expect(author.locator(".xf-state-big")).to_have_text("已停止", timeout=PATIENCE_MS)
    author.get_by_role("link", name="进展").click()
    expect(author.get_by_text("活动已停止").first).to_be_visible(timeout=PATIENCE_MS)
    assert author.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
