"""Number ranges and ported numbers in the console: date and source are seen, files are taken row by row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.console.people import signed_in
from tests.factories import make_contact

from xinfeng.contacts import prefixes
from xinfeng.contacts.models import Contact
from xinfeng.foundation.models import AuditEntry
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


def test_ported_numbers_are_taken_from_a_file() -> None:
    contact = make_contact(phone="13900000001")
    admin = signed_in("administrator")
    answer = admin.post(
        "/numbers/ranges/ported", _sent("ported", "手机号,运营商\n13900000001,电信\n13900000009,联通\n")
    )
    assert answer.status_code == 302
    assert number_of(contact).carrier_now == Carrier.TELECOM
    assert Contact.objects.get(pk=contact).carrier == Carrier.TELECOM
    bad = admin.post("/numbers/ranges/ported", _sent("ported", "手机号,运营商\n1390000000,电信\n"))
    assert bad.status_code == 422
    assert "第 2 行：不是内地手机号" in bad.content.decode()
    assert "1390000000" not in bad.content.decode()


def test_who_may_not_change_numbers_sees_no_forms_and_is_refused() -> None:
    analyst = signed_in("analyst")
    assert "ranges/replace" not in analyst.get("/numbers/ranges").content.decode()
    for deed in ("replace", "shipped", "again", "ported"):
        assert analyst.post(f"/numbers/ranges/{deed}").status_code == 403
