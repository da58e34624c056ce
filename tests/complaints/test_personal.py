"""What is told to a person about her complaints, and what is left when she was erased."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.complaints.world import complaint, number_of, sent
from tests.factories import NOW, make_contact

from xinfeng.complaints import actions
from xinfeng.complaints.exhibits import EXHIBITORS
from xinfeng.complaints.models import (
    Complaint,
    ComplaintAttachment,
    ComplaintFile,
    ComplaintFileRow,
    ComplaintStanding,
    ComplaintStep,
)
from xinfeng.complaints.personal import HOLDINGS
from xinfeng.consent.exhibits import Reference, exhibitors
from xinfeng.consent.models import ConsentEntry
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.personal import erasing, holdings
from xinfeng.foundation.vault import vault

pytestmark = pytest.mark.usefixtures("db")

[HOLDING] = HOLDINGS
LATER = NOW + timedelta(days=200)


def complained(person: int, **given: object) -> int:
    taken = actions.take_complaint(
        complaint(person, said="别再发了", quoted="满200减50", **given), actor="ma", now=NOW
    )
    actions.note(taken.complaint_id, text="电话 010-1234", actor="ma", now=NOW)
    actions.attach(taken.complaint_id, name="来函.pdf", content=b"%PDF", actor="ma", now=NOW)
    return taken.complaint_id


def erase(person: int, *, now: object = NOW) -> int:
    assert HOLDING.erase is not None
    with bulk_transaction() as connection, erasing(connection):
        return HOLDING.erase(connection, [person], now)  # type: ignore[arg-type]


def test_it_is_among_what_is_held() -> None:
    assert HOLDING in holdings()


def test_she_gets_all_of_it() -> None:
    person, other = make_contact(), make_contact()
    message = sent(person)
    complained(person, reference="A-1")
    complained(other)

    [row] = HOLDING.rows([person])

    assert (row["said"], row["quoted"], row["number"], row["message"]) == (
        "别再发了",
        "满200减50",
        number_of(person),
        message,
    )
    assert [step["words"] for step in row["steps"]] == ["", "电话 010-1234", ""]
    assert row["attachments"] == 1


def test_while_it_is_open_or_young_it_stays() -> None:
    person = make_contact()
    complaint_id = complained(person)

    assert erase(person, now=LATER) == 0
    actions.answer(complaint_id, valid=True, how="道歉", actor="ma", now=LATER)
    assert erase(person, now=LATER) == 0
    assert Complaint.objects.get().phone_sealed is not None


@pytest.mark.parametrize("reference", ["A-1", ""])
def test_six_months_after_its_end_nothing_names_her(reference: str) -> None:
    person = make_contact()
    complaint_id = complained(person, reference=reference)
    actions.answer(complaint_id, valid=True, how="已向王女士道歉", actor="ma", now=NOW)
    before = bytes(Complaint.objects.get().once)

    assert erase(person, now=LATER) > 0
    assert erase(person, now=LATER) == 0

    left = Complaint.objects.get()
    assert (left.phone_sealed, left.phone_index, left.text_sealed) == (None, None, None)
    assert (bytes(left.once) == before) is bool(reference)
    assert not ComplaintStep.objects.exclude(words_sealed=None).exists()
    assert not ComplaintAttachment.objects.exists()
    standing = ComplaintStanding.objects.get()
    assert (standing.state, standing.valid) == ("answered", True)
    assert actions.rebuild_standings() == 1


def test_refused_rows_of_files_go_at_once() -> None:
    person = make_contact()
    index = bytes(vault().phone_index(number_of(person)))
    file = ComplaintFile.objects.create(
        file_name="a", file_path="a", shape={}, created_by="ma", created_at=NOW
    )
    ComplaintFileRow.objects.create(
        file_id=file.pk, line=2, code="time.unreadable", phone_index=index, row_sealed=b"x"
    )

    assert erase(person) == 1
    assert not ComplaintFileRow.objects.exists()


def test_a_proof_bundle_shows_the_complaint_behind_a_withdrawal() -> None:
    person = make_contact(at=NOW - timedelta(days=30))
    complained(person, reference="A-1")
    entry = ConsentEntry.objects.get(granted=False)
    [exhibitor] = EXHIBITORS
    assert exhibitor in exhibitors()

    [shown] = exhibitor.shown([Reference(entry.seq, person, entry.source, entry.evidence)])

    assert (shown["seq"], shown["source"], shown["about"]) == (entry.seq, "12321", "unsolicited")
    assert number_of(person) not in str(shown)
    assert "别再发了" not in str(shown)
    assert list(exhibitor.shown([Reference(1, person, "form:x", "")])) == []
