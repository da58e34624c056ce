"""From open to answered or dismissed: every step a fact, the standing derived."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from tests.complaints.world import complaint, sent
from tests.factories import NOW, make_contact, make_user

from xinfeng.complaints import actions, reads
from xinfeng.complaints.models import ComplaintStanding, ComplaintStep
from xinfeng.complaints.reads import ComplaintQuery
from xinfeng.consent.models import Suppression
from xinfeng.foundation.models import Role
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def taken() -> int:
    person = make_contact(at=NOW - timedelta(days=30))
    sent(person)
    return actions.take_complaint(
        complaint(person, reference="A-1", said="不要再发了", quoted="满200减50"), actor="ma", now=NOW
    ).complaint_id


def state(complaint_id: int) -> str:
    return ComplaintStanding.objects.get(pk=complaint_id).state


def test_it_is_taken_up_noted_and_answered(taken: int) -> None:
    actions.take_up(taken, actor="ma", now=NOW)
    actions.note(taken, text="已电话联系", actor="ma", now=NOW)
    actions.save_letter(taken, text="您好……", to="complainant", actor="ma", now=NOW)
    actions.answer(taken, valid=True, how="电话答复，已道歉", actor="ma", now=NOW)

    card = reads.complaint(taken, reader="ma", now=NOW)
    assert (card.row.state, card.row.valid, card.row.assigned_to) == ("answered", True, "ma")
    assert [step.action for step in card.steps] == ["take", "take_up", "note", "letter", "answer"]
    assert card.letter == "您好……"
    assert (card.said, card.quoted) == ("不要再发了", "满200减50")


def test_dismissing_needs_a_reason_and_lifts_nothing(taken: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        actions.dismiss(taken, why="because", explanation="x", actor="ma", now=NOW)
    assert refused.value.code == "complaint.dismissal"
    with pytest.raises(InvalidInput) as refused:
        actions.dismiss(taken, why="not_ours", explanation="  ", actor="ma", now=NOW)
    assert refused.value.code == "complaint.empty"

    actions.dismiss(taken, why="not_ours", explanation="签名不是我们的", actor="ma", now=NOW)

    standing = ComplaintStanding.objects.get()
    assert (standing.state, standing.valid, standing.dismissal) == ("dismissed", False, "not_ours")
    assert Suppression.objects.filter(lifted_at=None, reason="complaint").exists()


def test_it_can_be_reopened_and_is_then_undecided(taken: int) -> None:
    actions.answer(taken, valid=True, how="短信答复", actor="ma", now=NOW)
    actions.reopen(taken, reason="又来投诉", actor="ma", now=NOW)

    standing = ComplaintStanding.objects.get()
    assert (standing.state, standing.valid, standing.closed_at) == ("handling", None, None)


def test_what_is_over_takes_no_answer(taken: int) -> None:
    actions.answer(taken, valid=False, how="解释过", actor="ma", now=NOW)

    for again in (
        lambda: actions.answer(taken, valid=True, how="x", actor="ma", now=NOW),
        lambda: actions.take_up(taken, actor="ma", now=NOW),
        lambda: actions.extend(taken, workdays=1, reason="x", actor="ma", now=NOW),
    ):
        with pytest.raises(Conflict) as refused:
            again()
        assert refused.value.code == "complaint.state"


def test_more_time_is_counted_in_working_days_from_the_deadline(taken: int) -> None:
    due_at = actions.extend(taken, workdays=2, reason="等运营商回执", actor="ma", now=NOW)

    assert due_at.isoformat() == "2026-11-27T15:59:59+00:00"
    assert ComplaintStanding.objects.get().due_at == due_at


def test_somebody_else_can_be_asked_to(taken: int) -> None:
    make_user("zhao", role=Role.COMPLIANCE)
    actions.assign(taken, to="zhao", actor="ma", now=NOW)
    assert ComplaintStanding.objects.get().assigned_to == "zhao"

    with pytest.raises(NotFound):
        actions.assign(taken, to="nobody", actor="ma", now=NOW)


def test_attachments_are_sealed_and_come_back(taken: int) -> None:
    kept = actions.attach(taken, name="../截图 1.png", content=b"\x89PNG\x00secret", actor="ma", now=NOW)

    with connection.cursor() as cursor:
        cursor.execute("select content_sealed, name_sealed from complaint_attachment")
        content, name = cursor.fetchone()
    assert b"secret" not in bytes(content)
    assert "截图".encode() not in bytes(name)
    assert reads.attachment(taken, kept, actor="ma") == (".._截图 1.png", b"\x89PNG\x00secret")
    with pytest.raises(NotFound):
        reads.attachment(taken + 1, kept, actor="ma")
    with pytest.raises(InvalidInput):
        actions.attach(taken, name="big", content=b"x" * (5 * 1024 * 1024 + 1), actor="ma", now=NOW)
    with pytest.raises(InvalidInput):
        actions.attach(taken, name="none", content=b"", actor="ma", now=NOW)


@pytest.mark.parametrize(
    "statement",
    [
        "update complaint set about = 'other'",
        "delete from complaint",
        "update complaint_step set actor = 'x'",
        "delete from complaint_match",
    ],
)
def test_facts_stay(taken: int, statement: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_standings_can_be_derived_again(taken: int) -> None:
    actions.take_up(taken, actor="ma", now=NOW)
    actions.answer(taken, valid=True, how="x", actor="ma", now=NOW)
    fields = [field.name for field in ComplaintStanding._meta.get_fields() if field.name not in ("xid",)]
    before = list(ComplaintStanding.objects.values(*fields))

    ComplaintStanding.objects.all().delete()
    assert actions.rebuild_standings() == 1

    assert list(ComplaintStanding.objects.values(*fields)) == before


def test_who_may_not_read_sees_no_words(taken: int) -> None:
    actions.note(taken, text="她的地址是……", actor="ma", now=NOW)

    card = reads.complaint(taken, reader=None, now=NOW)

    assert (card.said, card.quoted, card.attachments) == ("", "", ())
    assert {step.words for step in card.steps} == {""}


def test_the_list_finds_by_number_reference_and_ours(taken: int) -> None:
    row = reads.complaints(ComplaintQuery(), now=NOW).rows[0]
    number = reads.complaint(taken, reader="ma", now=NOW).row.phone
    assert "****" in number

    from xinfeng.complaints.models import Complaint
    from xinfeng.foundation.vault import Kind, vault

    whole = vault().open(Kind.PHONE, bytes(Complaint.objects.get().phone_sealed or b""))
    for text in (whole, "A-1", row.reference, row.reference.lower()):
        assert [one.id for one in reads.complaints(ComplaintQuery(search=text), now=NOW).rows] == [taken]
    assert reads.complaints(ComplaintQuery(search="B-2"), now=NOW).rows == ()


def test_the_list_pages_through_all_of_them_once() -> None:
    people = [make_contact() for _ in range(7)]
    for at, person in enumerate(people):
        actions.take_complaint(
            complaint(person, complained_at=NOW - timedelta(hours=at % 3)), actor="ma", now=NOW
        )
    for state_ in ("", "unfinished"):
        seen: list[int] = []
        after = ""
        while True:
            page = reads.complaints(ComplaintQuery(state=state_, after=after, limit=3), now=NOW)
            seen += [one.id for one in page.rows]
            if page.after is None:
                break
            after = page.after
        assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize("after", ["x", "2026-01-01,1", "2026-01-01T00:00:00+00:00,99999999999999999999"])
def test_a_cursor_that_was_tampered_with(after: str) -> None:
    with pytest.raises(InvalidInput):
        reads.complaints(ComplaintQuery(after=after), now=NOW)


def test_counts(taken: int) -> None:
    now = NOW + timedelta(days=10)

    found = reads.counts(now=now)

    assert (found.open, found.overdue, found.due_soon, found.lately) == (1, 1, 0, 0)
    assert reads.counts(now=NOW).lately == 1
    assert ComplaintStep.objects.count() == 1
    assert state(taken) == "open"
