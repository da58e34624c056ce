"""Which message a complaint is about."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.complaints.world import TEXT, complaint, number_of, plan_at, send, sent
from tests.factories import NOW, make_contact

from xinfeng.complaints import actions, settings
from xinfeng.complaints.matches import candidates_of
from xinfeng.complaints.matching import alike
from xinfeng.complaints.models import Complaint, ComplaintMatch, ComplaintStanding
from xinfeng.contacts.former_numbers import release_numbers
from xinfeng.contacts.models import Contact
from xinfeng.foundation.database import bulk_transaction
from xinfeng.intake.people import merge_people
from xinfeng.kernel.errors import NotFound

pytestmark = pytest.mark.usefixtures("db")


def found(contact_id: int, **given: object) -> tuple[str, int | None, set[str]]:
    """Certainty, message and what speaks for it."""
    taken = actions.take_complaint(complaint(contact_id, **given), actor="ma", now=NOW)
    match = ComplaintMatch.objects.get(complaint_id=taken.complaint_id)
    standing = ComplaintStanding.objects.get(pk=taken.complaint_id)
    assert (standing.certainty, standing.message_id, standing.plan_id) == (
        match.certainty,
        match.message_id,
        match.plan_id,
    )
    return match.certainty, match.message_id, set(match.why)


def test_the_only_message_before_it_is_likely() -> None:
    person = make_contact()
    message = sent(person)

    assert found(person) == ("likely", message, {"latest", "only_one", "delivered"})


def test_of_several_the_latest_before_it() -> None:
    person = make_contact()
    sent(person, ago=timedelta(days=3))
    latest = sent(person, ago=timedelta(hours=2))
    sent(person, ago=timedelta(minutes=10))  # after the complaint

    certainty, message, why = found(person)

    assert (certainty, message) == ("likely", latest)
    assert "only_one" not in why


def test_a_named_message_is_exact() -> None:
    person = make_contact()
    older = sent(person, ago=timedelta(days=30))
    sent(person)

    assert found(person, names_message=str(older))[:2] == ("exact", older)


@pytest.mark.parametrize("form", ["hex", "decimal"])
def test_a_carriers_id_is_exact(form: str) -> None:
    person = make_contact()
    at = NOW - timedelta(days=2)
    _, [message] = plan_at([person], at)
    carrier_id = send(message, at)
    sent(person)
    named = carrier_id if form == "hex" else str(int(carrier_id, 16))

    certainty, chosen, why = found(person, names_message=named)

    assert (certainty, chosen) == ("exact", message)
    assert "named_carrier_id" in why


def test_a_named_message_to_somebody_else_is_only_likely() -> None:
    person, other = make_contact(), make_contact()
    message = sent(other)

    assert found(person, names_message=str(message))[:2] == ("likely", message)


def test_a_quoted_text_finds_its_message() -> None:
    person = make_contact()
    older = sent(person, ago=timedelta(days=2))
    sent(person, text="【信风商城】积分即将到期，可兑换雨伞，拒收请回复R")

    quoted = "[信风商城] 王小明您好, 满200减50，周五到店即用"
    certainty, message, why = found(person, quoted=quoted)

    assert (certainty, message) == ("exact", older)
    assert "same_text" in why


def test_two_messages_with_the_quoted_text_stay_a_guess() -> None:
    person = make_contact()
    sent(person, ago=timedelta(days=2))
    latest = sent(person)

    assert found(person, quoted=TEXT)[:2] == ("likely", latest)


def test_somebody_elses_text_matches_nothing() -> None:
    person = make_contact()
    sent(person)

    certainty, message, why = found(person, quoted="【某某贷款】额度已批，点击领取，退订回T")

    assert (certainty, message, why) == ("none", None, set())


def test_failed_unsent_and_service_messages_are_no_cause() -> None:
    person = make_contact()
    sent(person, stat="UNDELIV")
    sent(person, purpose="service")
    plan_at([person], NOW - timedelta(hours=2))

    assert found(person)[:2] == ("none", None)


def test_without_a_receipt_it_may_have_arrived() -> None:
    person = make_contact()
    message = sent(person, stat="")

    assert found(person)[:2] == ("likely", message)


def test_what_was_sent_long_before_is_no_cause() -> None:
    person = make_contact()
    message = sent(person, ago=timedelta(days=9))
    assert found(person)[:2] == ("none", None)

    settings.save(settings.Rules(look_back_days=14), actor="ma")
    assert found(person, reference="again")[:2] == ("likely", message)


def test_a_merged_persons_message_went_to_the_row_with_the_number() -> None:
    survivor, absorbed = make_contact(), make_contact()
    number = number_of(absorbed)
    message = sent(absorbed)
    merge_people(survivor, absorbed, how="manual", actor="ma", reason="同一人", now=NOW)

    certainty, chosen, _ = found(survivor, phone=number)

    assert (certainty, chosen) == ("likely", message)
    assert Complaint.objects.get().contact_id == survivor


def test_a_message_to_her_other_number_is_offered_but_not_chosen() -> None:
    survivor, absorbed = make_contact(), make_contact()
    number = number_of(absorbed)
    sent(survivor)
    merge_people(survivor, absorbed, how="manual", actor="ma", reason="同一人", now=NOW)

    assert found(survivor, phone=number)[:2] == ("none", None)
    [offered] = candidates_of(Complaint.objects.get()).candidates
    assert "other_number" in offered.why


def test_a_reassigned_number_leads_to_who_had_it_then() -> None:
    former = make_contact()
    number = number_of(former)
    message = sent(former)
    with bulk_transaction() as connection:
        release_numbers(connection, [former], actor="ma", now=NOW - timedelta(hours=2))
    holder = make_contact(phone=number)

    certainty, chosen, why = found(former, phone=number)

    assert (certainty, chosen) == ("likely", message)
    assert "formerly" in why
    assert Complaint.objects.get().contact_id == holder


def test_a_person_can_set_another_and_none() -> None:
    person = make_contact()
    older, latest = sent(person, ago=timedelta(days=2)), sent(person)
    taken = actions.take_complaint(complaint(person), actor="ma", now=NOW)
    assert ComplaintStanding.objects.get().message_id == latest

    actions.set_message(taken.complaint_id, message_id=older, actor="ma", now=NOW)
    standing = ComplaintStanding.objects.get()
    assert (standing.certainty, standing.message_id) == ("exact", older)

    actions.set_message(taken.complaint_id, message_id=None, actor="ma", now=NOW)
    assert ComplaintStanding.objects.get().certainty == "none"
    assert ComplaintMatch.objects.count() == 3

    with pytest.raises(NotFound):
        actions.set_message(taken.complaint_id, message_id=10**15, actor="ma", now=NOW)


def test_an_erased_contact_is_found_by_nothing() -> None:
    person = make_contact()
    sent(person)
    number = number_of(person)
    Contact.objects.filter(pk=person).update(phone_index=None, phone_sealed=None, tail_index=None)

    assert found(person, phone=number)[:2] == ("none", None)


@pytest.mark.parametrize(
    ("quoted", "body", "least", "most"),
    [
        (TEXT, TEXT, 1.0, 1.0),
        ("满２００减５０，周五到店即用", TEXT, 0.99, 1.0),
        ("满200减50…", TEXT, 0.99, 1.0),
        ("您有一笔贷款待领取", TEXT, 0.0, 0.1),
        ("", TEXT, 0.0, 0.0),
    ],
)
def test_likeness(quoted: str, body: str, least: float, most: float) -> None:
    assert least <= alike(quoted, body) <= most


def test_many_are_matched_by_the_job() -> None:
    people = [make_contact() for _ in range(5)]
    messages = {person: sent(person) for person in people}
    with bulk_transaction() as connection:
        actions.take_many(connection, [complaint(one) for one in people], actor="ma", now=NOW)
    assert set(ComplaintStanding.objects.values_list("certainty", flat=True)) == {""}

    assert actions.match_waiting(now=NOW) == 5
    assert actions.match_waiting(now=NOW) == 0

    assert dict(ComplaintStanding.objects.values_list("contact_id", "message_id")) == messages
