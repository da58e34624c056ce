"""The table of codes: searched, changed, taken back; and where codes are shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.console.people import signed_in

from xinfeng.channels import codes
from xinfeng.channels.codes.own import OwnCode, own_codes, set_codes
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens


@pytest.fixture(autouse=True)
def _as_shipped() -> Iterator[None]:
    yield
    codes.lookup.install([], None)
    close_lens()


@pytest.fixture
def admin(committed_db: str) -> Client:
    close_lens()
    return signed_in("administrator")


GIVEN = {
    "code": "QX:0001",
    "kind": "cmpp3",
    "phase": "receipt",
    "category": "off",
    "zh": "关机",
    "en": "off",
    "why": "客户经理邮件",
}


def test_codes_are_searched_and_filtered(admin: Client) -> None:
    page = admin.get("/channels/codes?q=MB:1048").content.decode()
    assert "MB:1048" in page
    assert "已携出" in page
    assert "MK:0001" not in page
    disputed = admin.get("/channels/codes?own=disputed&kind=sgip12").content.decode()
    assert "平台：空号" in disputed
    assert admin.get("/channels/codes?side=martian").status_code in (400, 422)


def test_a_code_is_said_shown_and_taken_back(admin: Client) -> None:
    form = admin.get("/channels/codes/say?code=QX:0001&kind=cmpp3&phase=receipt").content.decode()
    assert "不在代码表里" in form
    assert admin.post("/channels/codes/say", GIVEN).status_code == 302
    assert [one.entry.code for one in own_codes()] == ["QX:0001"]
    own = admin.get("/channels/codes/own").content.decode()
    assert "QX:0001" in own
    assert "客户经理邮件" in own
    gone = {"code": "QX:0001", "kind": "cmpp3", "phase": "receipt", "carrier": ""}
    assert admin.post("/channels/codes/remove", gone).status_code == 302
    assert own_codes() == []


def test_what_is_wrong_is_said_at_the_field_and_nothing_is_kept(admin: Client) -> None:
    for change in ({"code": "空号"}, {"why": ""}, {"category": "delivered"}, {"kind": "fax"}):
        answer = admin.post("/channels/codes/say", GIVEN | change)
        assert answer.status_code == 200, change
    assert own_codes() == []


def test_markup_in_a_code_is_only_text(admin: Client) -> None:
    page = admin.get('/channels/codes/say?code="><script>alert(1)</script>').content.decode()
    assert "<script>alert" not in page


def test_a_refused_file_says_at_which_line_and_what_may_stand_there(admin: Client) -> None:
    text = "code,kind,phase,category,zh\nQQ:1,*,receipt,<b>off,关机\n"
    bad = SimpleUploadedFile("codes.csv", text.encode())
    html = admin.post("/channels/codes/import", {"file": bad, "why": "x"}).content.decode()
    assert "第 2 行 · category: “&lt;b&gt;off” 不是可以选择的值。" in html
    assert "category 可以填：" in html and "off 关机" in html


def test_a_file_is_taken_in_or_refused_whole(admin: Client) -> None:
    good = SimpleUploadedFile("codes.csv", "code,kind,phase,category,zh\nZZ:1,*,receipt,off,关机\n".encode())
    answer = admin.post("/channels/codes/import", {"file": good, "why": "合同附件"})
    assert answer.status_code == 302
    for content in (b"\xff\xfe\x00", b"a,b\n1,2\n", b"code,kind,phase,category,zh\nZZ:2,*,receipt,x,y\n"):
        bad = SimpleUploadedFile("codes.csv", content)
        assert admin.post("/channels/codes/import", {"file": bad, "why": "x"}).status_code == 422
    assert [one.entry.code for one in own_codes()] == ["ZZ:1"]


def test_own_words_hold_on_every_page_at_once(admin: Client) -> None:
    entry = OwnCode("QX:0001", "*", "receipt", "blacklist", "平台黑名单")
    set_codes([entry], why="x", actor="boss", now=utc_now())
    assert "平台黑名单" in admin.get("/channels/codes?q=QX:").content.decode()
