"""Designing a carousel in a real browser: beginnings, pictures, buttons, order, faults, the phone, saving."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect
from tests.browser.conftest import PHONE, House


def png(path: Path, shade: int) -> Path:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60, 40, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + bytes((shade, 120, 90)) * 60 for _ in range(40)))
    end = chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + end)
    return path


def designer(house: House, name: str) -> str:
    house.command("templates", "signature", f"{name}茶")
    house.command(
        "templates", "add", name, "--signature", f"{name}茶", "--value", "明前龙井到店，会员日满200元减30元"
    )
    return name


def open_designer(page: Page, name: str) -> None:
    page.goto(f"/templates?q={name}")
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("link", name="5G 消息").click()


def test_a_carousel_is_designed_seen_on_the_phone_and_saved(page: Page, house: House, tmp_path: Path) -> None:
    open_designer(page, designer(house, "橱窗"))
    page.get_by_role("button", name="商品橱窗").click()
    cards = page.locator("[data-cards] > li")
    phone = page.locator("#rich-preview")
    expect(cards).to_have_count(3)
    expect(phone.locator(".xf-rich-card")).to_have_count(3)

    cards.nth(2).get_by_role("button", name="去掉", exact=True).first.click()
    expect(cards).to_have_count(2)
    for at, title in enumerate(("龙井", "全国销量第一的白茶")):
        cards.nth(at).locator("[data-f=title]").fill(title)
        cards.nth(at).locator("[data-f=description]").fill("¥128 一盒")
        cards.nth(at).locator("[data-f=url]").fill("https://tea.sishicha.cn/p")
    expect(phone).to_contain_text("全国销量第一的白茶")
    expect(cards.nth(1).locator(".xf-marks mark")).to_have_text("全国销量第一")

    cards.nth(0).get_by_role("button", name="选图片").click()
    good = png(tmp_path / "a.png", 30)
    page.set_input_files(".xf-gallery input[type=file]", good)
    expect(page.locator(".xf-gallery")).to_be_hidden()
    expect(phone.locator(".xf-rich-picture")).to_have_count(1)

    second = cards.nth(1)
    second.get_by_role("button", name="前移").first.focus()
    page.keyboard.press("Enter")
    expect(phone.locator(".xf-rich-card strong").first).to_have_text("全国销量第一的白茶")
    expect(cards.nth(0).locator("[data-called]")).to_have_text("卡片 1")

    page.get_by_role("button", name="保存为新版本").click()
    number = page.locator("[data-chips] [data-f=number]")
    expect(number).to_have_attribute("aria-invalid", "true")
    expect(number).to_be_focused()
    number.fill("4008208820")
    expect(page.get_by_text("还不能保存")).to_have_count(0)
    page.get_by_role("button", name="保存为新版本").click()
    expect(page.get_by_text("5G 消息已保存为第 2 版")).to_be_visible()
    expect(page.locator(".xf-rich-card")).to_have_count(2)


def test_enter_in_a_field_neither_breaks_the_line_nor_saves(page: Page, house: House) -> None:
    open_designer(page, designer(house, "回车"))
    page.get_by_role("button", name="单张卡片").click()
    title = page.locator("[data-cards] [data-f=title]")
    title.fill("龙井")
    title.press("Enter")
    title.press_sequentially("到店")
    expect(title).to_have_value("龙井到店")
    assert page.url.endswith("/rich")


def test_what_is_no_picture_is_said_and_the_gallery_stays(sign_in: Callable[..., Page], house: House) -> None:
    page = sign_in("administrator", size=PHONE)
    open_designer(page, designer(house, "图片"))
    page.get_by_role("button", name="单张卡片").click()
    page.get_by_role("button", name="选图片").click()
    large = {"name": "a.png", "mimeType": "image/png", "buffer": bytes(2 * 1024 * 1024 + 1)}
    page.set_input_files(".xf-gallery input[type=file]", [large])
    expect(page.locator(".xf-gallery [role=alert]")).to_contain_text("2 MB")
    page.get_by_role("button", name="关闭").click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
