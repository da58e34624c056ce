"""Standing: what the entries and suppressions add up to."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.factories import NOW, make_contact, phone
from tests.patience import ONE_WORLD

from xinfeng.consent import actions
from xinfeng.consent.actions import OptOut, append_entries, record_opt_outs
from xinfeng.consent.ledger import NewEntry
from xinfeng.consent.models import ConsentEntry, Scope, Standing, Suppression
from xinfeng.consent.reads import (
    SuppressionQuery,
    entries_of,
    proof,
    standing_of,
    suppressions,
    suppressions_of,
)
from xinfeng.contacts.models import Contact, ContactState
from xinfeng.contacts.records import ContactRecord
from xinfeng.contacts.sql import upsert_contacts
from xinfeng.foundation.database import bulk_transaction, connect, connect_async
from xinfeng.foundation.models import AuditEntry
from xinfeng.foundation.vault import vault
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound

DAY = timedelta(days=1)


def say(
    contact_id: int, granted: bool, *, at: datetime = NOW, source: str = "form:a", purpose: str = "marketing"
) -> int:
    entry = NewEntry(contact_id, purpose, granted, at, source, None, "e", "test")
    with bulk_transaction() as raw:
        return append_entries(raw, [entry], now=NOW + 30 * DAY)[0]


def may_write(contact_id: int, purpose: str = "marketing") -> bool:
    return next(row for row in standing_of(contact_id) if row.purpose == purpose).may_be_written_to


def index_of(contact_id: int) -> bytes:
    index = Contact.objects.get(pk=contact_id).phone_index
    assert index is not None
    return bytes(index)


def opt_out(contact_id: int, *, at: datetime = NOW, scope: Scope = Scope.MARKETING) -> None:
    with bulk_transaction() as raw:
        record_opt_outs(raw, [OptOut(index_of(contact_id), None, at, "reply", scope=scope)], now=NOW)


def test_a_contact_without_entries_may_not_be_written_to(db: None) -> None:
    assert not may_write(make_contact(consent=()))


def test_consent_is_for_its_purpose_only(db: None) -> None:
    contact = make_contact(consent=("service",))
    assert may_write(contact, "service")
    assert not may_write(contact, "marketing")


def test_an_opt_out_withdraws_marketing_and_suppresses_the_number(db: None) -> None:
    contact = make_contact(consent=("marketing", "service"))
    opt_out(contact, at=NOW + DAY)
    assert not may_write(contact)
    assert may_write(contact, "service")
    [row] = suppressions_of(contact)
    assert (row.scope, row.reason, row.source) == ("marketing", "opt_out", "reply")
    assert [entry.granted for entry in entries_of(contact)] == [False, True, True]


def test_an_opt_out_of_everything_silences_service_too(db: None) -> None:
    contact = make_contact(consent=("marketing", "service"))
    opt_out(contact, at=NOW + DAY, scope=Scope.ALL)
    assert not may_write(contact, "service")


def test_the_same_opt_out_twice_leaves_one_suppression(db: None) -> None:
    contact = make_contact()
    opt_out(contact)
    opt_out(contact)
    assert Suppression.objects.count() == 1


def test_an_unknown_number_stays_suppressed_when_it_becomes_a_contact(db: None) -> None:
    number = phone()
    index = vault().phone_index(number)
    with bulk_transaction() as raw:
        record_opt_outs(raw, [OptOut(index, None, NOW, "reply")], now=NOW)
    contact = make_contact(phone=number, at=NOW + DAY)
    assert not may_write(contact)
    assert next(iter(standing_of(contact))).suppressed == "opt_out"


def test_a_grant_older_than_the_withdrawal_never_counts(db: None) -> None:
    contact = make_contact(consent=())
    say(contact, False, at=NOW)
    say(contact, True, at=NOW)
    say(contact, True, at=NOW - DAY)
    assert not may_write(contact)


def test_a_later_grant_by_the_person_counts_but_the_suppression_stays(db: None) -> None:
    contact = make_contact()
    opt_out(contact)
    say(contact, True, at=NOW + DAY)
    row = next(iter(standing_of(contact)))
    assert row.granted
    assert row.suppressed == "opt_out"


def test_a_file_never_brings_back_who_has_opted_out(db: None) -> None:
    contact = make_contact()
    opt_out(contact)
    say(contact, True, at=NOW + 20 * DAY, source="import:名单")
    actions.lift_suppression(suppressions_of(contact)[0].id, reason="误报", actor="li", now=NOW)
    assert not may_write(contact)


def test_a_form_that_asks_for_it_lifts_the_opt_out(db: None) -> None:
    contact = make_contact()
    opt_out(contact)
    seq = actions.grant(
        contact,
        "marketing",
        at=NOW + DAY,
        source="form:again",
        notice_id=None,
        evidence="ip",
        actor="form",
        now=NOW + DAY,
        lifts_opt_out=True,
    )
    assert may_write(contact)
    assert proof(contact, "marketing").standing.entry_seq == seq
    assert suppressions(SuppressionQuery()) == []
    assert AuditEntry.objects.filter(action="suppression.lift").count() == 1


@pytest.mark.parametrize("source", ["form:again", "import:x"])
def test_a_grant_that_does_not_qualify_lifts_nothing(db: None, source: str) -> None:
    contact = make_contact()
    opt_out(contact, at=NOW)

    def grant(at: datetime) -> None:
        actions.grant(
            contact, "marketing", at=at, source=source, notice_id=None, evidence="x", actor="x", now=NOW + DAY,
            lifts_opt_out=True,
        )  # fmt: skip

    if source.startswith("import:"):
        with pytest.raises(InvalidInput, match=r"consent\.import_cannot_lift"):
            grant(NOW + DAY)
    else:
        grant(NOW - DAY)
    assert not may_write(contact)
    assert suppressions_of(contact)[0].lifted_at is None


def test_lifting_a_manual_block_does_not_lift_an_opt_out_under_it(db: None) -> None:
    contact = make_contact()
    index = index_of(contact)
    actions.suppress_numbers(
        [index], scope="marketing", reason="manual", source="console", actor="li", now=NOW
    )
    opt_out(contact)
    manual = Suppression.objects.get(reason="manual")
    assert manual.lifted_reason == "superseded: opt_out"
    with pytest.raises(Conflict):
        actions.lift_suppression(manual.pk, reason="x", actor="li", now=NOW)
    actions.suppress_numbers(
        [index], scope="marketing", reason="manual", source="console", actor="li", now=NOW
    )
    assert [row.reason for row in suppressions(SuppressionQuery())] == ["opt_out"]


def test_a_complaint_withdraws_consent_and_leaves_service_alone(db: None) -> None:
    contact = make_contact(consent=("marketing", "service"))
    actions.suppress_numbers(
        [index_of(contact)], scope="marketing", reason="complaint", source="12321", actor="li", now=NOW + DAY
    )
    assert not next(iter(standing_of(contact))).granted
    assert may_write(contact, "service")


def test_lifting_needs_a_reason_and_is_audited(db: None) -> None:
    contact = make_contact()
    actions.suppress_numbers(
        [index_of(contact)], scope="all", reason="manual", source="console", actor="li", now=NOW
    )
    [row] = suppressions_of(contact)
    with pytest.raises(InvalidInput):
        actions.lift_suppression(row.id, reason=" ", actor="li", now=NOW)
    with pytest.raises(NotFound):
        actions.lift_suppression(row.id + 1, reason="x", actor="li", now=NOW)
    assert not may_write(contact)
    actions.lift_suppression(row.id, reason="号码写错了", actor="li", now=NOW)
    assert may_write(contact)
    audited = AuditEntry.objects.get(action="suppression.lift")
    assert (audited.actor, audited.detail["why"]) == ("li", "号码写错了")


def test_a_new_number_does_not_carry_an_opt_out_away(db: None) -> None:
    contact = make_contact(external_id="M1")
    opt_out(contact)
    with bulk_transaction() as raw:
        upsert_contacts(raw, [ContactRecord(phone=phone(), external_id="M1")], actor="x", now=NOW)
        actions.refresh_standing(raw, [contact])
    row = next(iter(standing_of(contact)))
    assert (row.granted, row.suppressed) == (False, None)


_said = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["marketing", "service"]),
        st.booleans(),
        st.integers(-3, 3),
        st.sampled_from(["form:a", "import:x"]),
    ),
    max_size=6,
)
_suppressed = st.lists(
    st.tuples(
        st.integers(0, 2), st.sampled_from(["all", "marketing"]), st.sampled_from(["manual", "carrier"])
    ),
    max_size=3,
)


@settings(max_examples=60, suppress_health_check=ONE_WORLD)
@given(said=_said, suppressed=_suppressed, known=st.booleans())
def test_what_is_written_of_the_newborn_is_what_would_be_derived(
    db: None,
    said: list[tuple[int, str, bool, int, str]],
    suppressed: list[tuple[int, str, str]],
    known: bool,
) -> None:
    numbers = [phone() for _ in range(3)]
    for at, scope, reason in suppressed:
        index = vault().phone_index(numbers[at])
        actions.suppress_numbers([index], scope=scope, reason=reason, source="x", at=NOW, actor="li", now=NOW)
    with bulk_transaction() as raw:
        made = upsert_contacts(raw, [ContactRecord(phone=number) for number in numbers], actor="x", now=NOW)
        ids = [one.contact_id for one in made if one.contact_id is not None]
        entries = [
            NewEntry(ids[at], purpose, granted, NOW + days * DAY, source, None, "e", "x")
            for at, purpose, granted, days, source in said
        ]
        append_entries(raw, entries, now=NOW, newborn=() if known else set(ids))
        written = _standings(ids, {(entry.contact_id, entry.purpose) for entry in entries})
        actions.refresh_standing(raw, ids)
    assert written == _standings(ids, {(entry.contact_id, entry.purpose) for entry in entries})
    assert len(written) == len({(at, purpose) for at, purpose, *_ in said})


def _standings(ids: list[int], about: set[tuple[int, str]]) -> dict[tuple[int, str], tuple[object, ...]]:
    return {
        (one.contact_id, one.purpose): (one.granted, one.entry_seq, one.since, one.source, one.suppressed)
        for one in Standing.objects.filter(contact_id__in=ids)
        if (one.contact_id, one.purpose) in about
    }


def test_searching_the_suppression_list(db: None) -> None:
    number = phone()
    contact = make_contact(phone=number)
    opt_out(contact)
    opt_out(make_contact())
    [row] = suppressions(SuppressionQuery(phone=f"+86 {number}"))
    assert row.contact_id == contact
    assert suppressions(SuppressionQuery(phone="not a number")) == []
    assert len(suppressions(SuppressionQuery(reason="opt_out"))) == 2
    first, second = suppressions(SuppressionQuery())
    assert suppressions(SuppressionQuery(after=first.id)) == [second]


def test_the_suppression_of_a_merged_number_leads_to_who_speaks_now(db: None) -> None:
    number = phone()
    survivor, absorbed = make_contact(), make_contact(phone=number)
    opt_out(absorbed)
    Contact.objects.filter(pk=absorbed).update(state=ContactState.MERGED, merged_into=survivor)
    [row] = suppressions(SuppressionQuery(phone=number))
    assert row.contact_id == survivor


def test_a_complaint_outweighs_an_opt_out_whichever_came_first(db: None) -> None:
    first_complained, first_opted_out = make_contact(), make_contact()
    for contact in (first_complained, first_opted_out):
        if contact == first_opted_out:
            opt_out(contact)
        actions.suppress_contact(
            contact, scope="marketing", reason="complaint", source="12321", actor="x", now=NOW
        )
        opt_out(contact)
    in_force = suppressions(SuppressionQuery())
    assert {(row.contact_id, row.reason) for row in in_force} == {
        (first_complained, "complaint"),
        (first_opted_out, "complaint"),
    }


def test_proof_carries_the_wording_and_fits_its_hash(db: None) -> None:
    notice = actions.publish_notice(
        key="privacy", version="3", purpose="marketing", text="每月至多四条", effective_at=NOW, actor="li"
    )
    contact = make_contact(consent=())
    actions.grant(
        contact,
        "marketing",
        at=NOW,
        source="form:a",
        notice_id=notice.pk,
        evidence="ip",
        actor="form",
        now=NOW,
    )
    found = proof(contact, "marketing")
    assert found.hash_fits
    assert found.notice_text == "每月至多四条"
    assert found.entry.notice == "privacy 3"
    with pytest.raises(NotFound):
        proof(contact, "service")


def test_a_notice_version_never_changes(db: None) -> None:
    def publish(text: str) -> int:
        notice = actions.publish_notice(
            key="p", version="1", purpose="marketing", text=text, effective_at=NOW, actor="li"
        )
        return int(notice.pk)

    assert publish("a") == publish("a")
    with pytest.raises(Conflict):
        publish("b")


def test_the_gateway_records_opt_outs_on_its_own_async_connection(committed_db: str) -> None:
    contact = make_contact()
    connection.close()
    index = index_of(contact)

    async def gateway() -> None:
        async with await connect_async() as own:
            await actions.record_opt_outs_async(own, [OptOut(index, None, NOW + DAY, "reply")], now=NOW + DAY)

    asyncio.run(gateway())
    assert not may_write(contact)
    assert ConsentEntry.objects.filter(granted=False).get().actor == "system:replies"


def test_an_opt_out_waits_for_the_wire_and_holds_it_until_its_commit(committed_db: str) -> None:
    from xinfeng.foundation import locks

    contact = make_contact()
    index = index_of(contact)
    gateway, other = connect(autocommit=True), connect()
    try:
        gateway.execute("select pg_advisory_lock_shared(%s)", (locks.WIRE,))
        other.execute("set lock_timeout = '100ms'")
        with pytest.raises(Exception, match="lock timeout"):
            record_opt_outs(other, [OptOut(index, None, NOW, "reply")], now=NOW)
        other.rollback()
        gateway.execute("select pg_advisory_unlock_shared(%s)", (locks.WIRE,))
        record_opt_outs(other, [OptOut(index, None, NOW, "reply")], now=NOW)
        [[granted]] = gateway.execute("select pg_try_advisory_lock_shared(%s)", (locks.WIRE,)).fetchall()
        assert not granted
        other.commit()
        [[granted]] = gateway.execute("select pg_try_advisory_lock_shared(%s)", (locks.WIRE,)).fetchall()
        assert granted
    finally:
        gateway.close()
        other.close()


Step = tuple[str, int, int, str]
_steps = st.lists(
    st.tuples(
        st.sampled_from(["grant", "import", "withdraw", "opt_out", "complain", "block", "lift", "move"]),
        st.integers(0, 2),
        st.integers(-3, 3),
        st.sampled_from(["marketing", "service"]),
    ),
    max_size=8,
)


@settings(max_examples=15, suppress_health_check=ONE_WORLD)
@given(steps=_steps)
def test_rebuilt_standing_equals_the_one_kept_up_step_by_step(db: None, steps: list[Step]) -> None:
    contacts = [make_contact(consent=(), external_id=phone()) for _ in range(3)]
    for step in steps:
        _do(contacts[step[1]], step)
        for contact in contacts:
            for row in standing_of(contact):
                assert row.may_be_written_to == (_by_the_law(contact, row.purpose) and row.suppressed is None)
    before = _snapshot()
    actions.rebuild_standing()
    assert _snapshot() == before
    Standing.objects.all().delete()
    actions.rebuild_standing()
    assert _spoken(_snapshot()) == _spoken(before)


def _do(contact: int, step: Step) -> None:
    kind, _, days, purpose = step
    at = NOW + days * DAY
    index = index_of(contact)
    if kind in ("grant", "withdraw"):
        say(contact, kind == "grant", at=at, purpose=purpose)
    elif kind == "import":
        say(contact, True, at=at, purpose=purpose, source="import:x")
    elif kind == "opt_out":
        opt_out(contact, at=at)
    elif kind == "complain":
        actions.suppress_numbers(
            [index], scope="marketing", reason="complaint", source="x", actor="x", now=at
        )
    elif kind == "block":
        actions.suppress_numbers([index], scope="all", reason="manual", source="x", actor="x", now=at)
    elif kind == "lift":
        for row in suppressions_of(contact):
            if row.lifted_at is None:
                actions.lift_suppression(row.id, reason="x", actor="x", now=at)
    else:
        external = Contact.objects.get(pk=contact).external_id
        with bulk_transaction() as raw:
            upsert_contacts(raw, [ContactRecord(phone=phone(), external_id=external)], actor="x", now=at)
            actions.refresh_standing(raw, [contact])


def _by_the_law(contact: int, purpose: str) -> bool:
    """The rule in plain Python, over the ledger itself."""
    entries = list(ConsentEntry.objects.filter(contact_id=contact, purpose=purpose))
    said_no = [entry.at for entry in entries if not entry.granted]
    return any(
        entry.granted
        and (not said_no or (entry.at > max(said_no) and not entry.source.startswith("import:")))
        for entry in entries
    )


def _snapshot() -> set[tuple[object, ...]]:
    names = ("contact_id", "purpose", "granted", "entry_seq", "since", "source", "suppressed")
    return set(Standing.objects.values_list(*names))


def _spoken(rows: set[tuple[object, ...]]) -> set[tuple[object, ...]]:
    """Without the rows that say nothing any more; they are kept for the lens."""
    return {row for row in rows if row[3] is not None or row[6] is not None}
