from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from tests.complaints.world import complaint, number_of
from tests.factories import NOW, make_contact

from xinfeng.complaints import actions
from xinfeng.complaints.models import Complaint, ComplaintStanding, ComplaintStep
from xinfeng.consent.models import Standing, Suppression
from xinfeng.foundation.database import bulk_transaction
from xinfeng.kernel.errors import InvalidInput

pytestmark = pytest.mark.usefixtures("db")


def take(contact_id: int, **given: object) -> actions.Taken:
    return actions.take_complaint(complaint(contact_id, **given), actor="ma", now=NOW)


def test_it_bars_marketing_and_lets_service_messages_through() -> None:
    person = make_contact(consent=("marketing", "service"), at=NOW - timedelta(days=30))

    take(person)

    suppression = Suppression.objects.get()
    assert (suppression.scope, suppression.reason, suppression.source) == (
        "marketing",
        "complaint",
        "complaint:12321",
    )
    standing = {
        one.purpose: (one.granted, one.suppressed) for one in Standing.objects.filter(contact_id=person)
    }
    assert standing == {"marketing": (False, "complaint"), "service": (True, None)}


def test_the_withdrawal_is_as_of_when_she_complained() -> None:
    person = make_contact(at=NOW - timedelta(days=30))

    take(person, complained_at=NOW - timedelta(days=2))

    with connection.cursor() as cursor:
        cursor.execute("select at, source from consent_entry where not granted")
        assert cursor.fetchall() == [(NOW - timedelta(days=2), "complaint:12321")]


def test_a_number_nobody_knows_is_barred_too() -> None:
    actions.take_complaint(complaint(0, phone="13800138000"), actor="ma", now=NOW)

    assert Suppression.objects.get().reason == "complaint"
    assert Complaint.objects.get().contact_id is None


def test_the_same_reference_is_taken_once() -> None:
    person = make_contact()

    first = take(person, reference="A-1")
    again = take(person, reference="A-1", about="too_often")

    assert (again.complaint_id, again.known, first.known) == (first.complaint_id, True, False)
    assert Complaint.objects.count() == ComplaintStep.objects.count() == 1


def test_without_a_reference_number_and_time_tell() -> None:
    person = make_contact()

    assert not take(person).known
    assert take(person).known
    assert not take(person, complained_at=NOW - timedelta(hours=2)).known
    assert not take(person, source="10086").known


def test_a_lift_by_a_person_is_not_undone_by_the_same_complaint_again() -> None:
    from xinfeng.consent.actions import lift_suppression

    person = make_contact()
    take(person, reference="A-1")
    lift_suppression(Suppression.objects.get().pk, reason="误登记", actor="ma", now=NOW)

    take(person, reference="A-1")

    assert not Suppression.objects.filter(lifted_at=None).exists()


def test_many_in_one_go_keep_their_order_and_know_each_other() -> None:
    people = [make_contact() for _ in range(3)]
    rows = [complaint(one, reference=f"B-{at}") for at, one in enumerate(people)] + [
        complaint(people[0], reference="B-0")
    ]

    with bulk_transaction() as connection:
        taken = actions.take_many(connection, rows, actor="ma", now=NOW)

    assert [one.known for one in taken] == [False, False, False, True]
    assert taken[3].complaint_id == taken[0].complaint_id
    assert Suppression.objects.filter(lifted_at=None).count() == 3


def test_number_and_words_are_sealed() -> None:
    person = make_contact()
    take(person, said="我从来没有同意过", quoted="【信风商城】满200减50")

    kept = Complaint.objects.get()
    assert number_of(person).encode() not in bytes(kept.phone_sealed or b"")
    assert "同意".encode() not in bytes(kept.text_sealed or b"")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"source": "fax"}, "complaint.source"),
        ({"about": "x"}, "complaint.about"),
        ({"phone": "12345"}, "phone.not_mainland_mobile"),
        ({"complained_at": NOW + timedelta(hours=1)}, "complaint.in_future"),
        ({"complained_at": NOW - timedelta(days=2000)}, "complaint.too_old"),
        ({"reference": "x" * 81}, "complaint.too_long"),
        ({"reference": "a\x00b"}, "complaint.too_long"),
        ({"said": "长" * 2001}, "complaint.too_long"),
    ],
)
def test_what_cannot_be_taken_changes_nothing(given: dict[str, object], code: str) -> None:
    person = make_contact()

    with pytest.raises(InvalidInput) as refused:
        take(person, **given)

    assert refused.value.code == code
    assert not Complaint.objects.exists()
    assert not Suppression.objects.exists()


def test_it_is_due_at_the_end_of_the_third_working_day() -> None:
    take(make_contact())  # Friday

    assert ComplaintStanding.objects.get().due_at.isoformat() == "2026-11-25T15:59:59+00:00"
