"""Two rows become one person, or two again: the stricter side wins and no "no" is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.factories import NOW, make_contact

from xinfeng.consent import actions
from xinfeng.consent.actions import OptOut, append_entries, reconcile_merge, record_opt_outs
from xinfeng.consent.ledger import NewEntry
from xinfeng.consent.models import Standing, Suppression
from xinfeng.consent.reads import entries_of, proof, standing_of
from xinfeng.consent.verify import verify_ledger
from xinfeng.contacts.models import Contact, ContactState
from xinfeng.foundation.database import bulk_transaction

DAY = timedelta(days=1)


def merge(survivor: int, absorbed: int) -> None:
    Contact.objects.filter(pk=absorbed).update(state=ContactState.MERGED, merged_into=survivor)
    reconcile(survivor, absorbed)


def part(survivor: int, absorbed: int) -> None:
    Contact.objects.filter(pk=absorbed).update(state=ContactState.ALIVE, merged_into=None)
    reconcile(survivor, absorbed)


def reconcile(*ids: int) -> None:
    with bulk_transaction() as raw:
        reconcile_merge(raw, ids, actor="li", now=NOW + DAY)
        assert verify_ledger(connection=raw).whole


def say(contact_id: int, granted: bool, *, purpose: str = "marketing", source: str = "form:a") -> None:
    with bulk_transaction() as raw:
        entry = NewEntry(contact_id, purpose, granted, NOW, source, None, "签名表", "t")
        append_entries(raw, [entry], now=NOW)


def index_of(contact_id: int) -> bytes:
    index = Contact.objects.get(pk=contact_id).phone_index
    assert index is not None
    return bytes(index)


def may_write(contact_id: int, purpose: str = "marketing") -> bool:
    return next(row for row in standing_of(contact_id) if row.purpose == purpose).may_be_written_to


@pytest.mark.parametrize("refuses", ["survivor", "absorbed"])
def test_a_no_on_either_side_is_the_persons(db: None, refuses: str) -> None:
    one, other = make_contact(), make_contact()
    say(one if refuses == "survivor" else other, False)
    merge(one, other)
    assert not may_write(one)
    assert not may_write(other)


@pytest.mark.parametrize("reason", ["opt_out", "complaint"])
def test_a_number_that_refused_binds_the_person_under_her_other_number(db: None, reason: str) -> None:
    one, other = make_contact(consent=("marketing", "service")), make_contact(consent=())
    actions.suppress_numbers(
        [index_of(other)], scope="marketing", reason=reason, source="x", actor="x", now=NOW
    )
    Standing.objects.filter(contact_id=other).update(granted=False)
    merge(one, other)
    assert not may_write(one)
    assert may_write(one, "service")


def test_a_manual_block_stays_with_its_number(db: None) -> None:
    one, other = make_contact(), make_contact()
    actions.suppress_numbers([index_of(other)], scope="all", reason="manual", source="x", actor="x", now=NOW)
    merge(one, other)
    assert may_write(one)


def test_a_grant_that_nobody_contradicts_is_hers_with_its_proof(db: None) -> None:
    one, other = make_contact(consent=()), make_contact(consent=())
    say(other, True)
    original = proof(other, "marketing").entry.seq
    merge(one, other)
    assert may_write(one)
    found = proof(one, "marketing").entry
    assert found.evidence == f"merge: entry {original} of contact {other}: 签名表"
    assert (found.source, found.at) == ("form:a", NOW)
    assert {entry.seq for entry in entries_of(one)} == {original, found.seq}


def test_a_grant_from_a_file_stays_one_from_a_file(db: None) -> None:
    one, other = make_contact(consent=()), make_contact(consent=())
    say(other, True, source="import:名单")
    merge(one, other)
    assert proof(one, "marketing").entry.source == "import:名单"


def test_merging_twice_writes_nothing_new(db: None) -> None:
    one, other = make_contact(), make_contact()
    say(other, False)
    merge(one, other)
    before = len(entries_of(one))
    reconcile(one, other)
    assert len(entries_of(one)) == before


def test_parting_leaves_the_no_with_both(db: None) -> None:
    one, other = make_contact(), make_contact()
    merge(one, other)
    with bulk_transaction() as raw:
        record_opt_outs(raw, [OptOut(index_of(one), None, NOW + DAY, "reply")], now=NOW + DAY)
    part(one, other)
    assert not may_write(one)
    assert not may_write(other)


def test_parting_takes_back_what_was_somebody_elses_word(db: None) -> None:
    one, other = make_contact(consent=()), make_contact()
    merge(one, other)
    assert may_write(one)
    part(one, other)
    assert not may_write(one)
    assert may_write(other)


def test_parting_takes_back_a_word_that_came_by_way_of_another(db: None) -> None:
    first, middle, last = make_contact(), make_contact(consent=()), make_contact(consent=())
    merge(middle, first)
    Contact.objects.filter(pk=first).update(merged_into=last)
    merge(last, middle)
    reconcile(last, middle, first)
    assert may_write(last)
    Contact.objects.filter(pk=first).update(merged_into=middle)
    Contact.objects.filter(pk=middle).update(state=ContactState.ALIVE, merged_into=None)
    reconcile(last, middle, first)
    assert [may_write(one) for one in (last, middle)] == [False, True]


def test_a_reply_from_the_merged_number_is_the_persons_no(db: None) -> None:
    one, other = make_contact(), make_contact()
    merge(one, other)
    with bulk_transaction() as raw:
        record_opt_outs(raw, [OptOut(index_of(other), None, NOW + DAY, "reply")], now=NOW + DAY)
    assert not may_write(one)
    assert not may_write(other)
    assert Suppression.objects.filter(phone_index=index_of(other), lifted_at=None).count() == 1


@pytest.mark.parametrize("named", ["one", "other", "third"])
def test_a_withdrawal_said_to_any_row_binds_all_of_them(db: None, named: str) -> None:
    one, other, third, stranger = (make_contact() for _ in range(4))
    merge(one, other)
    merge(one, third)
    actions.withdraw(
        {"one": one, "other": other, "third": third}[named],
        "marketing",
        at=NOW + DAY,
        source="console",
        evidence="电话",
        actor="li",
        now=NOW + DAY,
    )
    assert [may_write(row) for row in (one, other, third, stranger)] == [False, False, False, True]


def test_the_stricter_side_wins_for_every_purpose(db: None) -> None:
    one, other = (
        make_contact(consent=("marketing", "profiling")),
        make_contact(consent=("service", "location")),
    )
    say(other, False, purpose="profiling")
    merge(one, other)
    standing = {row.purpose: row.granted for row in standing_of(one)}
    assert standing == {
        "marketing": True,
        "service": True,
        "location": True,
        "profiling": False,
        "sharing": False,
    }


def test_two_numbers_of_one_person_that_complain_are_one_no(db: None) -> None:
    one, other = make_contact(), make_contact()
    merge(one, other)
    actions.suppress_numbers(
        [index_of(one), index_of(other)],
        scope="marketing",
        reason="complaint",
        source="12321",
        actor="x",
        now=NOW + DAY,
    )
    said_no = [entry for entry in entries_of(one) if not entry.granted]
    assert len(said_no) == 2  # once for each row
    assert not may_write(one)
