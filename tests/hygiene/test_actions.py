"""What is decided about numbers, and what follows for consent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from tests.factories import NOW, make_contact

from xinfeng.consent.models import Suppression
from xinfeng.consent.reads import standing_of
from xinfeng.contacts.models import Contact
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.models import AuditEntry
from xinfeng.hygiene import actions, reads
from xinfeng.hygiene.actions import LookupNews, ReceiptNews, learn_from_lookup, learn_from_receipts
from xinfeng.hygiene.models import NumberFact, NumberState, Quarantine, State
from xinfeng.hygiene.personal import HOLDINGS
from xinfeng.hygiene.states import Answer
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.kernel.phones import Carrier

pytestmark = pytest.mark.usefixtures("db")

DAY = timedelta(days=1)


def lookup(contact_id: int, answer: Answer, *, code: str = "x", phone_index: bytes | None = None) -> None:
    index = phone_index or bytes(Contact.objects.get(pk=contact_id).phone_index or b"")
    with bulk_transaction() as connection:
        learn_from_lookup(
            connection, [LookupNews(contact_id, index, answer, code, NOW)], provider="sim", now=NOW
        )


def receipt(contact_id: int, code: str, *, message_id: int = 1, ago: timedelta = DAY) -> ReceiptNews:
    return ReceiptNews(contact_id, message_id, NOW - 3 * DAY, code, 1, NOW - ago)


def learn(*news: ReceiptNews) -> actions.Learned:
    with bulk_transaction() as connection:
        return learn_from_receipts(connection, list(news), now=NOW)


def granted(contact_id: int) -> set[str]:
    return {row.purpose for row in standing_of(contact_id) if row.granted and not row.suppressed}


def test_quarantine_and_release_by_hand_leave_a_reason() -> None:
    contact = make_contact()
    actions.quarantine(contact, reason="客服核实为空号", actor="lin", now=NOW)
    assert reads.number_of(contact).quarantine is Quarantine.MANUAL
    actions.release(contact, reason="客户来电", actor="lin", now=NOW + DAY)
    assert not reads.number_of(contact).quarantined
    assert [(one.code, one.detail) for one in reads.history_of(contact)] == [
        ("release", "客户来电"),
        ("quarantine", "客服核实为空号"),
    ]
    assert AuditEntry.objects.filter(action__startswith="number.").count() == 2


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_reason_is_asked_for(reason: str) -> None:
    with pytest.raises(InvalidInput, match=r"number\.no_reason"):
        actions.quarantine(make_contact(), reason=reason, actor="lin", now=NOW)


def test_only_what_is_shut_can_be_released() -> None:
    with pytest.raises(Conflict, match=r"number\.not_quarantined"):
        actions.release(make_contact(), reason="x", actor="lin", now=NOW)


@pytest.mark.parametrize("act", [actions.quarantine, actions.release, actions.mark_reassigned])
def test_nobody_and_nothing(act: Any) -> None:
    with pytest.raises(NotFound, match=r"contact\.unknown"):
        act(987654321, reason="x", actor="lin", now=NOW)
    with pytest.raises(NotFound, match=r"contact\.no_phone"):
        act(make_contact(phone=None, external_id="no-phone"), reason="x", actor="lin", now=NOW)


def test_a_reassigned_number_takes_every_consent_with_it() -> None:
    contact = make_contact(consent=("marketing", "service", "profiling"), at=NOW - 9 * DAY)
    lookup(contact, Answer(reassigned=True), code="verify:1")
    assert granted(contact) == set()
    suppression = Suppression.objects.get(lifted_at=None)
    assert (suppression.scope, suppression.reason) == ("all", "reassigned")
    card = reads.number_of(contact)
    assert (card.state, card.quarantine) == (State.REASSIGNED, Quarantine.REASSIGNED)
    lookup(contact, Answer(reassigned=True))
    assert Suppression.objects.count() == 1


def test_by_hand_it_is_the_same() -> None:
    contact = make_contact(consent=("marketing", "service"), at=NOW - 9 * DAY)
    actions.mark_reassigned(contact, reason="新机主来电", actor="lin", now=NOW)
    assert granted(contact) == set()
    assert Suppression.objects.filter(reason="reassigned", scope="all").count() == 1


def test_a_ported_number_keeps_its_consent_and_changes_its_carrier() -> None:
    contact = make_contact(consent=("marketing",), at=NOW - 9 * DAY)
    before = Contact.objects.get(pk=contact).carrier
    lookup(contact, Answer(State.VALID, carrier=int(Carrier.TELECOM), ported=True))
    assert granted(contact) == {"marketing"}
    assert (before, Contact.objects.get(pk=contact).carrier) == (Carrier.MOBILE, Carrier.TELECOM)
    assert reads.number_of(contact).ported
    actions.mark_ported(contact, int(Carrier.UNICOM), actor="lin", now=NOW)
    assert Contact.objects.get(pk=contact).carrier == Carrier.UNICOM
    assert not Suppression.objects.exists()


def test_an_answer_about_a_number_she_no_longer_has_is_left_alone() -> None:
    contact = make_contact()
    lookup(contact, Answer(reassigned=True), phone_index=b"another number  ")
    assert granted(contact) == {"marketing"}
    assert not NumberFact.objects.exists()


def test_another_number_is_one_of_which_nothing_is_known() -> None:
    contact = make_contact()
    actions.quarantine(contact, reason="x", actor="lin", now=NOW)
    Contact.objects.filter(pk=contact).update(phone_index=b"y" * 16)
    card = reads.number_of(contact)
    assert (card.state, card.quarantined) == (State.UNKNOWN, False)
    assert learn(receipt(contact, "DELIVRD")).changed == 0, "planned for the number before"


def test_who_is_no_longer_alive_is_gone_from_lists() -> None:
    contact = make_contact()
    actions.quarantine(contact, reason="x", actor="lin", now=NOW)
    assert [card.contact_id for card in reads.numbers("quarantined").cards] == [contact]
    Contact.objects.filter(pk=contact).update(state=2)
    assert reads.numbers("quarantined").cards == ()
    Contact.objects.filter(pk=contact).update(state=0)
    assert len(reads.numbers("quarantined").cards) == 1


def test_the_fast_way_past_settled_numbers_says_what_the_rule_says() -> None:
    contacts = [make_contact() for _ in range(4)]
    for contact in contacts[:3]:
        learn(receipt(contact, "DELIVRD"))
    learn(receipt(contacts[1], "MK:0001", message_id=2, ago=DAY / 2))
    actions.quarantine(contacts[2], reason="x", actor="lin", now=NOW)
    later = [receipt(contact, "DELIVRD", message_id=3, ago=timedelta(hours=1)) for contact in contacts]
    assert learn(*later).changed == 2, "one had failed, of one nothing was known"
    assert [reads.number_of(contact).failures for contact in contacts] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    "code", ["\t\n\\N", "'; drop table number_fact; --", "\ud800", "x\x00y", "空号" * 50]
)
def test_codes_of_strangers_are_only_text(code: str) -> None:
    contact = make_contact()
    lookup(contact, Answer(State.SILENT), code=code)
    [lesson] = reads.history_of(contact)
    assert len(lesson.code) <= 40


def test_facts_stay_but_for_the_hash_that_erasure_takes() -> None:
    contact = make_contact()
    lookup(contact, Answer(State.SILENT))
    with (
        pytest.raises(psycopg.errors.IntegrityConstraintViolation),
        bulk_transaction() as connection,
        connection.transaction(),
    ):
        connection.execute("update number_fact set state = 1")
    with bulk_transaction() as connection:
        assert [holding.erase(connection, [contact], NOW) for holding in HOLDINGS if holding.erase] == [1, 1]
        assert [holding.erase(connection, [contact], NOW) for holding in HOLDINGS if holding.erase] == [0, 0]
    assert NumberFact.objects.get().phone_index is None
    assert NumberState.objects.get().gone


def test_what_is_held_about_a_person_can_be_read() -> None:
    contact = make_contact()
    lookup(contact, Answer(State.SILENT), code="4")
    state, history = (list(holding.rows([contact])) for holding in HOLDINGS)
    assert state[0]["state"] == "silent"
    assert (history[0]["provider"], history[0]["code"]) == ("sim", "4")


def test_lists_go_page_by_page() -> None:
    contacts = [make_contact() for _ in range(5)]
    for contact in contacts:
        lookup(contact, Answer(State.SILENT))
    first = reads.numbers("silent", limit=3)
    second = reads.numbers("silent", after=first.next_after, limit=3)
    assert [card.contact_id for card in (*first.cards, *second.cards)] == sorted(contacts, reverse=True)
    assert second.next_after is None
    for after in ("x", "-1", "9" * 40, "٣"):
        with pytest.raises(InvalidInput, match=r"request\.page"):
            reads.numbers("silent", after=after)
    with pytest.raises(InvalidInput, match=r"number\.no_such_list"):
        reads.numbers("; drop")
