"""A reassigned number at the doors: files, the API, events, and all of them at the moment it changes hands."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as django_connection
from tests.factories import make_contact, phone
from tests.intake.test_import import take
from tests.integrations.callers import Caller, make_key

from xinfeng.consent.reads import standing_of
from xinfeng.consent.verify import verify_ledger
from xinfeng.contacts.models import Contact, Event, FormerNumber, MergeSuggestion
from xinfeng.contacts.records import ContactRecord
from xinfeng.contacts.sql import upsert_contacts
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.vault import vault
from xinfeng.hygiene import reads
from xinfeng.hygiene.actions import LookupNews, learn_from_lookup, mark_ported, mark_reassigned, release
from xinfeng.hygiene.models import State
from xinfeng.hygiene.states import Answer
from xinfeng.intake.claims import ConsentClaim
from xinfeng.kernel.phones import Carrier
from xinfeng.lens.engine import close_lens, lens

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
CLAIM = ConsentClaim("marketing", source="门店入会表", given_at=NOW - 30 * DAY, evidence="档案 A-17")


def holder_of(number: str) -> int | None:
    return (
        Contact.objects.filter(phone_index=vault().phone_index(number)).values_list("pk", flat=True).first()
    )


def former_owner(number: str) -> int:
    contact = make_contact(phone=number, external_id="M-1", name="王伟", level="金卡", at=NOW - 90 * DAY)
    mark_reassigned(contact, reason="新机主来电", actor="lin", now=NOW)
    return contact


def may_be_written_to(contact_id: int) -> bool:
    return any(one.may_be_written_to for one in standing_of(contact_id))


@pytest.mark.usefixtures("db")
class TestFiles:
    def test_a_row_with_the_number_is_a_new_contact_that_nobody_writes_to(self) -> None:
        number = phone()
        former = former_owner(number)
        done = take(f"手机号,姓名\n{number},李娜\n", consent=CLAIM)
        assert (done.rows_new, done.rows_changed, done.rows_rejected) == (1, 0, 0)
        fresh = holder_of(number)
        assert fresh is not None and fresh != former
        assert Contact.objects.get(pk=fresh).level is None
        assert not may_be_written_to(fresh) and not may_be_written_to(former)

    def test_a_row_of_the_former_owner_is_taken_without_the_number(self) -> None:
        number = phone()
        former = former_owner(number)
        text = f"手机号,会员号,等级\n{number},M-1,白金\n{number},M-2,新人\n"
        done = take(text, consent=CLAIM)
        assert (done.rows_new, done.rows_changed, done.rows_rejected) == (1, 1, 0)
        assert (
            Contact.objects.get(pk=former).level == "白金"
            and Contact.objects.get(pk=former).phone_index is None
        )
        assert Contact.objects.get(pk=holder_of(number)).external_id == "M-2"
        again = take(text, consent=CLAIM)
        assert (again.rows_same, again.rows_rejected) == (2, 0)
        assert not MergeSuggestion.objects.exists()

    def test_his_purchases_are_his_and_hers_are_hers(self) -> None:
        number = phone()
        former = former_owner(number)
        take(f"手机号,会员号\n{number},M-2\n")
        rows = (
            f"手机号,会员号,行为,时间\n{number},M-1,购买,2026-11-01 10:00\n{number},,购买,2026-11-02 10:00\n"
        )
        done = take(rows, kind="events")
        assert done.rows_rejected == 0
        assert Event.objects.filter(contact_id=former).count() == 1
        assert Event.objects.filter(contact_id=holder_of(number)).count() == 1


@pytest.mark.usefixtures("db")
class TestTheApi:
    def test_a_contact_with_the_number_is_new_and_his_own_id_still_means_him(self) -> None:
        number = phone()
        former = former_owner(number)
        caller = Caller(make_key().token)
        rows: list[dict[str, Any]] = [
            {"phone": number, "external_id": "M-2"},
            {"phone": number, "external_id": "M-1"},
        ]
        found = caller.post("/contacts/batch", {"source": "crm", "contacts": rows}).json()["results"]
        assert [one["status"] for one in found] == ["new", "changed"]
        assert found[0]["id"] == holder_of(number) != former and found[1]["id"] == former
        bought = {"id": "e1", "kind": "purchase", "at": "2026-11-05T20:15:00+08:00", "phone": number}
        given = [
            bought,
            bought | {"id": "e2", "external_id": "M-1"},
            bought | {"id": "e3", "external_id": "M-2"},
        ]
        told = caller.post("/events/batch", {"source": "shop", "events": given}).json()
        assert told["counts"]["rejected"] == 0
        assert Event.objects.filter(contact_id=former).values_list("source_id", flat=True).get() == "e2"
        assert Event.objects.filter(contact_id=holder_of(number)).count() == 2


@pytest.mark.usefixtures("db")
def test_a_ported_number_stays_with_its_contact_and_every_source_finds_her() -> None:
    number = phone()
    contact = make_contact(phone=number, external_id="M-1", at=NOW - 90 * DAY)
    mark_ported(contact, int(Carrier.TELECOM), actor="lin", now=NOW)
    done = take(f"手机号,会员号\n{number},M-1\n", consent=CLAIM)
    assert done.rows_new == done.rows_rejected == 0
    assert holder_of(number) == contact and may_be_written_to(contact)
    assert Contact.objects.get(pk=contact).carrier == Carrier.TELECOM
    assert not FormerNumber.objects.exists()


@pytest.mark.usefixtures("committed_db")
def test_files_and_lookups_at_the_same_moment_leave_no_number_with_two_and_nobody_half_done() -> None:
    """Twenty numbers change hands while sources send them, some are given back: whatever came first, each number has
    one holder at most, whoever lost it is not written to, and no consent of a former owner reaches the new one."""
    numbers = [phone() for _ in range(20)]
    former = [
        make_contact(phone=number, external_id=f"R-{nr}", at=NOW - 90 * DAY)
        for nr, number in enumerate(numbers)
    ]

    def send(nr: int) -> None:
        fresh = ContactRecord(phone=numbers[nr])
        stale = ContactRecord(phone=numbers[nr], external_id=f"R-{nr}")
        with bulk_transaction() as connection:
            upsert_contacts(connection, [stale, fresh], actor="test", now=NOW + DAY)

    def reassign(nr: int) -> None:
        news = LookupNews(former[nr], vault().phone_index(numbers[nr]), Answer(reassigned=True), "1", NOW)
        with bulk_transaction() as connection:
            learn_from_lookup(connection, [news], provider="sim", now=NOW)
        if nr % 4 == 0:
            release(former[nr], reason="误标", actor="lin", now=NOW + DAY)

    def run(work: tuple[Any, int]) -> None:
        try:
            work[0](work[1])
        finally:
            django_connection.close()

    work = [(one, nr) for nr in range(20) for one in (send, reassign, send)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, work))
    for nr, number in enumerate(numbers):
        if nr % 4:
            assert holder_of(number) != former[nr]
            assert FormerNumber.objects.get(contact_id=former[nr]).returned_at is None
        else:
            assert holder_of(number) is not None
        assert not may_be_written_to(former[nr])
        holder = holder_of(number)
        assert holder is None or not may_be_written_to(holder)
    assert verify_ledger().fault is None


@pytest.mark.usefixtures("committed_db")
def test_the_lens_counts_him_as_reassigned_and_nobody_as_unknown_for_it() -> None:
    former_owner(phone())
    make_contact(at=NOW - 9 * DAY)
    try:
        lens().refresh()
        counts = reads.counts(lens())
    finally:
        close_lens()
    assert (counts.base, counts.by_state[State.REASSIGNED], counts.by_state[State.UNKNOWN]) == (1, 1, 1)
