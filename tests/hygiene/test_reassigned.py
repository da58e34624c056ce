"""A number that went over to somebody else: who keeps what, who begins anew, and how a mistake is undone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from tests.factories import make_contact, phone

from xinfeng.consent.actions import suppress_numbers
from xinfeng.consent.models import Suppression
from xinfeng.consent.reads import standing_of
from xinfeng.contacts.actions import put_tag
from xinfeng.contacts.former_numbers import sealed_of
from xinfeng.contacts.models import Contact, ContactState, Event, EventKind, FormerNumber, MergeSuggestion
from xinfeng.contacts.personal import HOLDINGS
from xinfeng.contacts.records import ContactRecord, EventRecord, Upserted
from xinfeng.contacts.sql import append_events, upsert_contacts
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.vault import Kind, vault
from xinfeng.hygiene import actions, reads
from xinfeng.hygiene.actions import LookupNews, learn_from_lookup
from xinfeng.hygiene.models import Quarantine, State
from xinfeng.hygiene.states import Answer
from xinfeng.intake.editing import edit_contact
from xinfeng.intake.people import merge_people, undo_merge
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound

pytestmark = pytest.mark.usefixtures("db")

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def upsert(*records: ContactRecord) -> list[Upserted]:
    with bulk_transaction() as connection:
        return upsert_contacts(connection, records, source_tags=("名单",), actor="test", now=NOW + DAY)


def holder_of(number: str) -> int | None:
    return (
        Contact.objects.filter(phone_index=vault().phone_index(number)).values_list("pk", flat=True).first()
    )


def former_owner(number: str, *, member: str | None = "M-1") -> int:
    """Somebody with a past, whose number was found to be somebody else's."""
    contact = make_contact(
        phone=number, external_id=member, name="王伟", consent=("marketing", "service"), at=NOW - 90 * DAY
    )
    put_tag(contact, "老客", actor="li", now=NOW - 80 * DAY)
    with bulk_transaction() as connection:
        bought = EventRecord(
            contact, EventKind.PURCHASE, NOW - 70 * DAY, "shop", f"o-{contact}", amount_fen=990
        )
        append_events(connection, [bought], now=NOW - 70 * DAY)
    actions.mark_reassigned(contact, reason="新机主来电", actor="lin", now=NOW)
    return contact


def test_the_former_owner_stays_with_his_past_and_without_a_number() -> None:
    number = phone()
    contact = former_owner(number)
    row = Contact.objects.get(pk=contact)
    assert (row.phone_index, row.phone_sealed, row.tail_index, row.state) == (
        None,
        None,
        None,
        ContactState.ALIVE,
    )
    assert row.name_index is not None and row.external_id == "M-1" and row.tags
    assert Event.objects.filter(contact_id=contact).count() == 1
    card = reads.number_of(contact)
    assert (card.state, card.quarantine) == (State.REASSIGNED, Quarantine.REASSIGNED)
    assert contact in {one.contact_id for one in reads.numbers("reassigned").cards}
    assert not any(one.granted or one.suppressed for one in standing_of(contact))


def test_the_number_is_kept_sealed_for_the_proof_and_goes_when_he_is_erased() -> None:
    number = phone()
    contact = former_owner(number)
    with bulk_transaction() as connection:
        assert [vault().open(Kind.PHONE, one) for one in sealed_of(connection, [contact])] == [number]
    [holding] = [one for one in HOLDINGS if one.name == "contact.former_numbers"]
    assert [row["phone"] for row in holding.rows([contact])] == [number]
    assert holding.erase is not None
    with bulk_transaction() as connection:
        assert holding.erase(connection, [contact], NOW) == 1
        assert sealed_of(connection, [contact]) == []


def test_whoever_comes_with_the_number_is_somebody_new() -> None:
    number = phone()
    contact = former_owner(number)
    [done] = upsert(ContactRecord(phone=number))
    assert done.change == "new" and done.contact_id != contact
    fresh = Contact.objects.get(pk=done.contact_id)
    assert (fresh.name_index, fresh.external_id, fresh.level) == (None, None, None)
    assert not set(fresh.tags) & set(Contact.objects.get(pk=contact).tags)
    assert reads.number_of(fresh.pk).quarantine is Quarantine.FREE
    assert not Event.objects.filter(contact_id=fresh.pk).exists()


@pytest.mark.parametrize("taken", [False, True])
def test_a_source_that_lags_behind_does_not_give_him_the_number_back(taken: bool) -> None:
    number = phone()
    contact = former_owner(number)
    if taken:
        upsert(ContactRecord(phone=number, external_id="M-2"))
    now_with = holder_of(number)
    [done] = upsert(ContactRecord(phone=number, external_id="M-1", level="金卡"))
    assert (done.contact_id, done.change) == (contact, "changed")
    assert holder_of(number) == now_with
    row = Contact.objects.get(pk=contact)
    assert (row.phone_index, row.phone_sealed, row.tail_index, row.carrier) == (None, None, None, 0)
    assert row.level == "金卡"
    assert not MergeSuggestion.objects.exists()


def test_both_in_one_batch_are_told_apart_whatever_their_order() -> None:
    number = phone()
    contact = former_owner(number)
    stale, hers = (
        ContactRecord(phone=number, external_id="M-1"),
        ContactRecord(phone=number, external_id="M-2"),
    )
    done = upsert(stale, hers, stale, ContactRecord(phone=number))
    assert [one.contact_id == contact for one in done] == [True, False, True, False]
    assert done[1].change == "new" and done[3].contact_id == done[1].contact_id == holder_of(number)


def test_by_his_member_id_he_gets_his_new_number() -> None:
    contact, other = former_owner(phone()), phone()
    [done] = upsert(ContactRecord(phone=other, external_id="M-1"))
    assert (done.contact_id, done.change) == (contact, "changed")
    assert holder_of(other) == contact
    card = reads.number_of(contact)
    assert (card.state, card.quarantined) == (State.UNKNOWN, False)
    assert not any(one.granted for one in standing_of(contact)), "he is asked again"


def test_a_number_that_is_reassigned_twice_leaves_both() -> None:
    number = phone()
    first = former_owner(number)
    [second] = upsert(ContactRecord(phone=number, external_id="M-2"))
    assert second.contact_id is not None
    actions.mark_reassigned(second.contact_id, reason="又换了人", actor="lin", now=NOW + 2 * DAY)
    [third] = upsert(ContactRecord(phone=number, external_id="M-3"))
    done = upsert(
        ContactRecord(phone=number, external_id="M-2"), ContactRecord(phone=number, external_id="M-1")
    )
    assert [one.contact_id for one in done] == [second.contact_id, first]
    assert holder_of(number) == third.contact_id


def test_a_person_who_types_it_in_again_is_told() -> None:
    number = phone()
    contact = former_owner(number)
    with pytest.raises(Conflict, match=r"contact\.reassigned"):
        edit_contact(contact, ContactRecord(phone=number), actor="lin", now=NOW)
    edit_contact(contact, ContactRecord(phone=phone()), actor="lin", now=NOW)


class TestMerging:
    def test_the_new_owner_and_the_former_one_are_not_one_person(self) -> None:
        number = phone()
        contact = former_owner(number)
        [new] = upsert(ContactRecord(phone=number))
        assert new.contact_id is not None
        for one, other in ((contact, new.contact_id), (new.contact_id, contact)):
            with pytest.raises(Conflict, match=r"merge\.reassigned"):
                merge_people(one, other, how="phone", actor="lin", reason="同号", now=NOW)

    def test_nor_by_way_of_a_third_row(self) -> None:
        number = phone()
        contact = former_owner(number)
        [new] = upsert(ContactRecord(phone=number))
        assert new.contact_id is not None
        head = make_contact()
        merge_people(head, contact, how="manual", actor="lin", reason="x", now=NOW)
        with pytest.raises(Conflict, match=r"merge\.reassigned"):
            merge_people(head, new.contact_id, how="manual", actor="lin", reason="x", now=NOW)

    def test_a_source_that_lags_behind_is_understood_through_a_merge(self) -> None:
        number = phone()
        contact, head = former_owner(number), make_contact(external_id="H-1")
        merge_people(head, contact, how="manual", actor="lin", reason="x", now=NOW)
        [done] = upsert(ContactRecord(phone=number, external_id="M-1"))
        assert done.contact_id == head and holder_of(number) is None

    def test_parting_rows_brings_no_lost_number_back(self) -> None:
        number = phone()
        head = make_contact(phone=None, external_id="H-1", at=NOW - 9 * DAY)
        absorbed = make_contact(phone=number, at=NOW - 9 * DAY)
        merge_id = merge_people(head, absorbed, how="manual", actor="lin", reason="x", now=NOW - DAY)
        assert holder_of(number) == head
        actions.mark_reassigned(head, reason="新机主来电", actor="lin", now=NOW)
        [new] = upsert(ContactRecord(phone=number))
        undo_merge(merge_id, actor="lin", reason="x", now=NOW + DAY)
        assert holder_of(number) == new.contact_id
        assert set(Contact.objects.filter(pk__in=[head, absorbed]).values_list("phone_index", flat=True)) == {
            None
        }
        assert FormerNumber.objects.get().contact_id == absorbed


class TestUndoing:
    def test_he_has_his_number_again_and_is_asked_anew(self) -> None:
        number = phone()
        contact = former_owner(number)
        before = Contact.objects.get(pk=contact).carrier
        actions.release(contact, reason="误标", actor="lin", now=NOW + DAY)
        row = Contact.objects.get(pk=contact)
        assert holder_of(number) == contact
        assert vault().open(Kind.PHONE, bytes(row.phone_sealed or b"")) == number
        assert row.tail_index == vault().tail_index(number) and row.carrier != before
        card = reads.number_of(contact)
        assert (card.state, card.quarantine) == (State.UNKNOWN, Quarantine.FREE)
        assert [one.code for one in reads.history_of(contact)][0] == "returned"
        assert not Suppression.objects.filter(lifted_at=None).exists()
        assert not any(one.granted for one in standing_of(contact))
        [done] = upsert(ContactRecord(phone=number, external_id="M-1"))
        assert (done.contact_id, done.change) == (contact, "changed")  # the source's tag

    def test_what_the_mistake_had_replaced_is_in_force_again(self) -> None:
        number = phone()
        contact = make_contact(phone=number, at=NOW - 9 * DAY)
        given = {"scope": "all", "reason": "manual", "source": "desk", "actor": "li"}
        suppress_numbers([vault().phone_index(number)], now=NOW - DAY, **given)
        actions.mark_reassigned(contact, reason="x", actor="lin", now=NOW)
        actions.release(contact, reason="误标", actor="lin", now=NOW + DAY)
        [left] = Suppression.objects.filter(lifted_at=None)
        assert (left.scope, left.reason, left.source) == ("all", "manual", "desk")
        said = {one.purpose: one.suppressed for one in standing_of(contact)}
        assert (said["marketing"], said["service"]) == ("manual", "manual")

    def test_whoever_came_with_it_keeps_it_and_a_person_decides(self) -> None:
        number = phone()
        contact = former_owner(number)
        [new] = upsert(ContactRecord(phone=number))
        assert new.contact_id is not None
        actions.release(contact, reason="误标", actor="lin", now=NOW + DAY)
        assert holder_of(number) == new.contact_id
        [pair] = MergeSuggestion.objects.all()
        assert (pair.one_id, pair.other_id) == tuple(sorted((contact, new.contact_id)))
        assert contact not in {one.contact_id for one in reads.numbers("all").cards}
        merge_people(contact, new.contact_id, how="suggested", actor="lin", reason="x", now=NOW + DAY)
        assert holder_of(number) == contact

    def test_a_reason_is_asked_for_and_twice_is_once(self) -> None:
        contact = former_owner(phone())
        with pytest.raises(InvalidInput, match=r"number\.no_reason"):
            actions.release(contact, reason=" ", actor="lin", now=NOW)
        actions.release(contact, reason="误标", actor="lin", now=NOW)
        with pytest.raises(Conflict, match=r"number\.not_quarantined"):
            actions.release(contact, reason="误标", actor="lin", now=NOW)

    def test_who_has_another_number_by_now_keeps_that(self) -> None:
        contact = former_owner(phone())
        upsert(ContactRecord(phone=phone(), external_id="M-1"))
        with pytest.raises(Conflict, match=r"number\.not_quarantined"):
            actions.release(contact, reason="误标", actor="lin", now=NOW + 2 * DAY)


def test_a_lookup_about_many_takes_each_number_from_its_owner() -> None:
    numbers = [phone() for _ in range(3)]
    contacts = [make_contact(phone=one, at=NOW - 9 * DAY) for one in numbers]
    news = [
        LookupNews(contact, vault().phone_index(number), Answer(reassigned=nr != 1), "verify", NOW)
        for nr, (contact, number) in enumerate(zip(contacts, numbers, strict=True))
    ]
    for _ in range(2):
        with bulk_transaction() as connection:
            learn_from_lookup(connection, news, provider="sim", now=NOW)
    assert [holder_of(number) for number in numbers] == [None, contacts[1], None]
    assert Suppression.objects.count() == FormerNumber.objects.count() == 2
    assert reads.number_of(contacts[0]).state is State.REASSIGNED
    with pytest.raises(NotFound, match=r"contact\.no_phone"):
        actions.mark_reassigned(contacts[0], reason="x", actor="lin", now=NOW)


def test_numbers_found_reassigned_before_rows_gave_them_up_leave_too() -> None:
    """What an earlier version had left: the row with its number, the state beside it."""
    number = phone()
    contact, other = former_owner(number), make_contact(at=NOW - 9 * DAY)
    actions.quarantine(other, reason="x", actor="li", now=NOW)
    step = import_module("xinfeng.hygiene.migrations.0003_reassigned_leave").LEAVE
    with bulk_transaction() as connection:
        connection.execute(
            "update contact c set phone_index = f.phone_index, phone_sealed = f.phone_sealed,"
            " tail_index = f.tail_index from former_number f where f.contact_id = c.id"
        )
        connection.execute("delete from former_number")
        connection.execute(
            "update number_state set state = 7, quarantined = true, quarantine = 'reassigned',"
            " quarantined_at = now() where contact_id = %s",
            (contact,),
        )
    with bulk_transaction() as connection:
        connection.execute(step)
        connection.execute("drop table reassigned_before")
    assert holder_of(number) is None and holder_of(phone()) is None
    assert FormerNumber.objects.get().contact_id == contact
    assert reads.number_of(contact).quarantine is Quarantine.REASSIGNED
    assert contact in {one.contact_id for one in reads.numbers("reassigned").cards}
    assert reads.number_of(other).quarantine is Quarantine.MANUAL
    actions.release(contact, reason="误标", actor="lin", now=NOW + DAY)
    assert holder_of(number) == contact
