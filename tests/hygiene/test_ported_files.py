"""Who serves ported numbers now, taken from a file."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from tests.factories import make_contact

from xinfeng.consent.models import ConsentEntry
from xinfeng.contacts.models import Contact
from xinfeng.contacts.number_files import faults_of
from xinfeng.foundation.models import AuditEntry
from xinfeng.hygiene import carriers, ported_files
from xinfeng.hygiene.actions import mark_ported
from xinfeng.hygiene.models import NumberFact
from xinfeng.hygiene.ported_files import TakenIn
from xinfeng.hygiene.reads import number_of
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import Carrier

pytestmark = pytest.mark.usefixtures("db")

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
DAY = date(2026, 11, 20)
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


def _take(folder: Path, text: str, *, drawn_up: date = DAY, encoding: str = "utf-8") -> TakenIn:
    path = folder / "ported.csv"
    path.write_bytes(text.encode(encoding))
    return ported_files.take_in(path, drawn_up=drawn_up, source="携号转网数据库", actor="li", now=NOW)


def _of(contact: int) -> tuple[bool, int, int]:
    card = number_of(contact)
    return card.ported, card.carrier_now, Contact.objects.get(pk=contact).carrier


def test_contacts_get_the_carrier_that_serves_them_and_consent_stays(tmp_path: Path) -> None:
    moved = make_contact(phone="13900000001", at=BEFORE)
    stayed = make_contact(phone="13900000002", at=BEFORE)
    consents = ConsentEntry.objects.count()
    text = "手机号,运营商\r\n+86 139-0000-0001,联通\r\n13900000002,移动\r\n13900009999,电信\r\n"
    assert _take(tmp_path, text, encoding="gbk") == TakenIn(rows=3, contacts=2, changed=1, newer=0)
    assert _of(moved) == (True, Carrier.UNICOM, Carrier.UNICOM)
    assert _of(stayed) == (False, 0, Carrier.MOBILE)
    assert ConsentEntry.objects.count() == consents
    fact = NumberFact.objects.get()
    assert (fact.contact_id, fact.source, fact.provider, fact.code) == (
        moved,
        "import",
        "携号转网数据库",
        "unicom",
    )
    entry = AuditEntry.objects.get(action="number.ported_file")
    assert entry.detail["drawn_up"] == "2026-11-20"
    assert _take(tmp_path, text, encoding="gbk").changed == 0  # again changes nothing
    assert NumberFact.objects.count() == 1


def test_a_number_that_moved_back_is_its_ranges_again(tmp_path: Path) -> None:
    contact = make_contact(phone="13900000001", at=BEFORE)
    _take(tmp_path, "number,carrier\n13900000001,telecom\n", drawn_up=DAY - timedelta(days=5))
    assert _of(contact)[0]
    assert _take(tmp_path, "number,carrier\n13900000001,none\n").changed == 1
    assert _of(contact) == (False, 0, Carrier.MOBILE)


def test_what_was_learned_since_the_file_was_drawn_up_stays(tmp_path: Path) -> None:
    contact = make_contact(phone="13900000001", at=BEFORE)
    mark_ported(contact, Carrier.TELECOM, actor="li", now=NOW)
    connection.cursor().execute("update number_state set carrier_at = %s", (NOW,))
    assert _take(tmp_path, "number,carrier\n13900000001,unicom\n") == TakenIn(1, 1, 0, 1)
    assert _of(contact)[1] == Carrier.TELECOM


def test_it_is_believed_from_the_day_of_the_data_on(tmp_path: Path) -> None:
    contact = make_contact(phone="13900000001", at=BEFORE)
    _take(tmp_path, "number,carrier\n13900000001,unicom\n", drawn_up=date(2026, 10, 1))
    carriers.forget_old(now=datetime(2026, 11, 29, tzinfo=UTC))
    assert _of(contact)[0]
    carriers.forget_old(now=datetime(2026, 12, 1, tzinfo=UTC))
    assert _of(contact) == (False, 0, Carrier.MOBILE)


def test_every_row_that_is_wrong_is_named_without_the_number_and_nothing_is_changed(tmp_path: Path) -> None:
    contact = make_contact(phone="13900000001", at=BEFORE)
    text = "number,carrier\n13900000001,unicom\n1390000000,unicom\n13900000003,火星\n13900000001,telecom\n13900000004\n"
    with pytest.raises(InvalidInput) as caught:
        _take(tmp_path, text)
    assert caught.value.code == "ported.rows"
    assert [(one.line, one.code, one.shown) for one in faults_of(caught.value)] == [
        (3, "number", ""),
        (4, "carrier", "火星"),
        (5, "twice", ""),
        (6, "columns", ""),
    ]
    assert _of(contact) == (False, 0, Carrier.MOBILE)


@pytest.mark.parametrize(
    ("drawn_up", "code"), [(date(2026, 11, 23), "ported.future"), (date(2026, 9, 1), "ported.too_old")]
)
def test_data_of_tomorrow_and_data_that_would_be_forgotten_tonight_are_refused(
    tmp_path: Path, drawn_up: date, code: str
) -> None:
    with pytest.raises(InvalidInput, match=code.replace(".", r"\.")):
        _take(tmp_path, "number,carrier\n13900000001,unicom\n", drawn_up=drawn_up)


def test_a_file_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"ported\.empty"):
        _take(tmp_path, "number,carrier\n")
