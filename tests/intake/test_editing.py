"""Editing one contact: with another number comes another standing."""

from __future__ import annotations

import pytest
from tests.factories import NOW, make_contact

from xinfeng.consent.actions import OptOut, record_opt_outs
from xinfeng.consent.reads import standing_of
from xinfeng.contacts.models import Contact
from xinfeng.contacts.records import ContactRecord
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.vault import vault
from xinfeng.intake.editing import edit_contact
from xinfeng.kernel.errors import Conflict

OPTED_OUT = "18900138000"


@pytest.fixture
def opted_out(db: None) -> None:
    with bulk_transaction() as raw:
        record_opt_outs(raw, [OptOut(vault().phone_index(OPTED_OUT), None, NOW, "reply")], now=NOW)


def may_write(contact_id: int) -> bool:
    return standing_of(contact_id)[0].may_be_written_to


def test_who_gets_a_suppressed_number_may_not_be_written_to(opted_out: None) -> None:
    contact = make_contact()
    assert may_write(contact)
    edit_contact(contact, ContactRecord(phone=OPTED_OUT), actor="li", now=NOW)
    assert standing_of(contact)[0].suppressed == "opt_out"
    assert not may_write(contact)


def test_who_gives_a_suppressed_number_up_may_be_written_to_again(opted_out: None) -> None:
    contact = make_contact(phone=OPTED_OUT)
    assert not may_write(contact)
    edit_contact(contact, ContactRecord(phone="13800138000"), actor="li", now=NOW)
    assert may_write(contact)


def test_a_refused_edit_leaves_standing_and_profile_alone(opted_out: None) -> None:
    make_contact(phone=OPTED_OUT)
    contact = make_contact(phone="13800138000", city="深圳")
    with pytest.raises(Conflict, match=r"contact\.exists"):
        edit_contact(contact, ContactRecord(phone=OPTED_OUT, city="广州"), actor="li", now=NOW)
    assert Contact.objects.get(pk=contact).city == "深圳"
    assert may_write(contact)
