"""Number ranges and ported numbers in the console: date and source are seen, files are taken row by row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.console.people import signed_in
from tests.factories import make_contact

from xinfeng.console.numbers import ranges
from xinfeng.contacts import prefixes
from xinfeng.contacts.models import Contact
from xinfeng.contacts.number_files import LARGEST_FILE
from xinfeng.foundation.models import AuditEntry
from xinfeng.hygiene import ported_uploads
from xinfeng.hygiene.reads import number_of
from xinfeng.kernel.phones import Carrier
from xinfeng.kernel.time import utc_now

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(autouse=True)
def _put_back(db: None) -> Iterator[None]:
    yield
    prefixes.use_shipped(actor="test")


def _sent(kind: str, text: str, *, encoding: str = "utf-8", ago: int = 1) -> dict[str, object]:
    day = (utc_now() - timedelta(days=ago)).date().isoformat()
    file = SimpleUploadedFile("file.csv", text.encode(encoding))
    return {f"{kind}-file": file, f"{kind}-drawn_up": day, f"{kind}-source": "工信部"}


def test_the_table_in_force_is_shown_with_its_date_and_source() -> None:
    html = signed_in("administrator").get("/numbers/ranges").content.decode()
    table = prefixes.table()
    assert table.drawn_up.isoformat() in html
    assert table.source[:10] in html
    assert "自带" in html


def test_a_file_takes_its_place_and_can_be_taken_back() -> None:
    admin = signed_in("administrator")
    answer = admin.post(
        "/numbers/ranges/replace", _sent("ranges", "号段,运营商\r\n139,联通\r\n", encoding="gbk")
    )
    assert answer.status_code == 302
    html = admin.get("/numbers/ranges").content.decode()
    assert "工信部" in html and "改回自带的号段" in html
    assert prefixes.carrier_of("13900000001") is Carrier.UNICOM
    admin.post("/numbers/ranges/shipped")
    assert prefixes.carrier_of("13900000001") is Carrier.MOBILE
    assert AuditEntry.objects.filter(action__startswith="prefixes.").count() == 2


def test_rows_that_are_wrong_are_listed_and_nothing_is_replaced() -> None:
    text = "号段,运营商\n139,火星<script>\n13,移动\n"
    answer = signed_in("administrator").post("/numbers/ranges/replace", _sent("ranges", text))
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "第 2 行“火星&lt;script&gt;”：不认识这个运营商" in html and "第 3 行“13”" in html
    assert "2 行不对" in html
    assert not prefixes.is_own()


def test_a_file_of_tomorrow_and_no_file_are_refused() -> None:
    admin = signed_in("administrator")
    answer = admin.post("/numbers/ranges/replace", _sent("ranges", "号段,运营商\n139,移动\n", ago=-3))
    assert answer.status_code == 422 and "在今天" in answer.content.decode()
    assert admin.post("/numbers/ranges/replace", {}).status_code == 422
    assert admin.post("/numbers/ranges/ported", {}).status_code == 422


def test_ported_numbers_are_taken_from_a_file_in_the_background() -> None:
    contact = make_contact(phone="13900000001")
    admin = signed_in("administrator")
    answer = admin.post(
        "/numbers/ranges/ported", _sent("ported", "手机号,运营商\n13900000001,电信\n13900000009,联通\n")
    )
    assert answer.status_code == 302
    assert number_of(contact).carrier_now == 0
    waiting = admin.get("/numbers/ranges").content.decode()
    assert 'hx-get="/numbers/ranges/ported/progress"' in waiting and "正在读 file.csv" in waiting
    busy = admin.post("/numbers/ranges/ported", _sent("ported", "手机号,运营商\n13900000001,联通\n"))
    assert busy.status_code == 422 and "还没有做完" in busy.content.decode()
    _work()
    assert number_of(contact).carrier_now == Carrier.TELECOM
    assert Contact.objects.get(pk=contact).carrier == Carrier.TELECOM
    told = admin.get("/numbers/ranges/ported/progress").content.decode()
    assert "2 个号码里有 1 个是客户的，更新了 1 个" in told and "hx-get" not in told


def test_rows_of_ported_numbers_that_are_wrong_are_listed_without_the_numbers() -> None:
    admin = signed_in("administrator")
    admin.post("/numbers/ranges/ported", _sent("ported", "手机号,运营商\n1390000000,电信\n"))
    _work()
    html = admin.get("/numbers/ranges").content.decode()
    assert "第 2 行：不是内地手机号" in html and "1390000000" not in html and "1 行不对" in html


def test_files_of_their_full_size_come_in() -> None:
    assert ranges.replace.takes_bytes > LARGEST_FILE  # type: ignore[attr-defined]
    assert ranges.ported.takes_bytes > LARGEST_FILE  # type: ignore[attr-defined]


def _work() -> None:
    """What the job does."""
    upload = ported_uploads.latest()
    assert upload is not None
    ported_uploads.run(upload.id, now=utc_now())


def test_who_may_not_change_numbers_sees_no_forms_and_is_refused() -> None:
    analyst = signed_in("analyst")
    assert "ranges/replace" not in analyst.get("/numbers/ranges").content.decode()
    for deed in ("replace", "shipped", "again", "ported"):
        assert analyst.post(f"/numbers/ranges/{deed}").status_code == 403
    assert analyst.get("/numbers/ranges/ported/progress").status_code == 403
