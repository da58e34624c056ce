"""The ledger's chain: whole when it was only appended to, and it names the first line that doesn't fit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from tests.factories import NOW, make_contact, make_contacts

from xinfeng.consent.actions import append_entries
from xinfeng.consent.ledger import GENESIS, NewEntry, chain
from xinfeng.consent.verify import LedgerReport, verify_ledger
from xinfeng.foundation.database import bulk_transaction
from xinfeng.kernel.errors import InvalidInput


def verify() -> LedgerReport:
    with bulk_transaction() as raw:
        return verify_ledger(connection=raw)


def tamper(statement: str) -> None:
    """What an intruder with the database's own password could do."""
    with connection.cursor() as cursor:
        cursor.execute("alter table consent_entry disable trigger user")
        cursor.execute(statement)


def test_an_empty_ledger_is_whole(db: None) -> None:
    assert verify() == LedgerReport(0, 0)


def test_what_was_appended_verifies(db: None) -> None:
    make_contacts(3, consent=("marketing", "service"))
    make_contact()
    report = verify()
    assert report.whole
    assert (report.entries, report.head_seq) == (7, 7)


def test_the_database_refuses_to_change_a_line(db: None) -> None:
    make_contact()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("update consent_entry set granted = false")


@pytest.mark.parametrize(
    "change",
    [
        "recorded_at = recorded_at + interval '1 microsecond'",
        "contact_id = contact_id + 1",
        "purpose = 'service'",
        "granted = not granted",
        "at = at - interval '1 day'",
        "source = 'form:other'",
        "notice_id = 7",
        "evidence = 'forged'",
        "actor = 'nobody'",
        "hash = decode(repeat('ab', 32), 'hex')",
    ],
)
def test_a_changed_column_is_found(db: None, change: str) -> None:
    make_contacts(5)
    tamper(f"update consent_entry set {change} where seq = 3")
    assert (verify().fault, verify().broken_seq) == ("changed", 3)


def test_a_missing_line_is_found(db: None) -> None:
    make_contacts(5)
    tamper("delete from consent_entry where seq = 2")
    assert (verify().fault, verify().broken_seq) == ("missing", 2)


def test_reordered_lines_are_found(db: None) -> None:
    make_contacts(5)
    tamper("update consent_entry set seq = case seq when 2 then 3 else 2 end where seq in (2, 3)")
    assert (verify().fault, verify().broken_seq) == ("link", 2)


def test_lines_cut_off_at_the_end_are_found(db: None) -> None:
    make_contacts(5)
    tamper("delete from consent_entry where seq = 5")
    assert (verify().fault, verify().broken_seq) == ("head", 5)


def test_a_head_that_does_not_fit_is_found(db: None) -> None:
    make_contacts(2)
    tamper("update ledger_head set hash = decode(repeat('00', 32), 'hex')")
    assert verify().fault == "head"


def test_columns_cannot_be_shifted_into_each_other() -> None:
    def digest(source: str, evidence: str) -> bytes:
        entry = NewEntry(1, "marketing", True, NOW, source, None, evidence, "x")
        return chain([entry], after_seq=0, after_hash=GENESIS, recorded_at=NOW)[0].hash

    assert digest("a|1:b", "c") != digest("a", "b|1:c")
    assert digest("ab", "c") != digest("a", "bc")


@pytest.mark.parametrize("field", ["source", "evidence", "actor"])
def test_text_the_table_cannot_hold_is_refused_before_anything_is_written(db: None, field: str) -> None:
    contact_id = make_contact(consent=())
    values = {"source": "s", "evidence": "e", "actor": "a"}
    for bad in ("nul\x00", "x" * 501):
        given = values | {field: bad}
        entry = NewEntry(
            contact_id, "marketing", True, NOW, given["source"], None, given["evidence"], given["actor"]
        )
        with pytest.raises(InvalidInput) as caught, bulk_transaction() as raw:
            append_entries(raw, [entry], now=NOW)
        assert caught.value.code == "consent.unfit"
    assert verify() == LedgerReport(0, 0)


def test_times_keep_their_microseconds_in_any_zone(db: None) -> None:
    contact_id = make_contact(consent=())
    at = NOW.replace(microsecond=123457) - timedelta(days=400)
    with bulk_transaction() as raw:
        append_entries(
            raw,
            [NewEntry(contact_id, "marketing", True, at, "form:x", None, "签名表 \\ \t 第1页", "小王")],
            now=NOW,
        )
    assert verify().whole


def test_the_ledger_verifies_while_others_append(committed_db: str) -> None:
    make_contacts(4)
    assert verify_ledger() == LedgerReport(4, 4)
