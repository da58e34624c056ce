"""Nobody is asked again and again."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from tests.factories import NOW, make_contact

from xinfeng.consent import actions
from xinfeng.consent.asking import COOL_DOWN_DAYS, Asking, change_cool_down, cool_down_days, may_ask
from xinfeng.contacts.models import Contact, ContactState
from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.errors import InvalidInput, NotFound

DAY = timedelta(days=1)


def refuse(contact: int, *, at: datetime = NOW, purpose: str = "marketing") -> None:
    actions.withdraw(contact, purpose, at=at, source="form:a", evidence="e", actor="x", now=at)


def test_who_never_said_anything_may_be_asked_but_not_by_sms(db: None) -> None:
    contact = make_contact(consent=())
    assert may_ask(contact, "marketing", by="form", now=NOW) == Asking(True)
    assert may_ask(contact, "marketing", by="sms", now=NOW) == Asking(False, "by_sms")


def test_who_agreed_need_not_be_asked(db: None) -> None:
    assert may_ask(make_contact(), "marketing", by="form", now=NOW) == Asking(False, "granted")


def test_after_a_refusal_only_after_the_cool_down_and_never_by_sms(db: None) -> None:
    contact = make_contact()
    refuse(contact)
    end = NOW + COOL_DOWN_DAYS * DAY
    moment = timedelta(microseconds=1)
    assert may_ask(contact, "marketing", by="staff", now=end - moment) == Asking(False, "cooling_down", end)
    assert may_ask(contact, "marketing", by="staff", now=end) == Asking(True)
    assert may_ask(contact, "marketing", by="sms", now=end) == Asking(False, "by_sms")
    assert may_ask(contact, "service", by="form", now=NOW) == Asking(True)


def test_the_last_of_several_refusals_counts(db: None) -> None:
    contact = make_contact(consent=("profiling",))
    refuse(contact, purpose="profiling", at=NOW + 5 * DAY)
    refuse(contact, purpose="profiling", at=NOW + 2 * DAY)
    found = may_ask(contact, "profiling", by="form", now=NOW + 6 * DAY)
    assert found.from_when == NOW + (5 + COOL_DOWN_DAYS) * DAY


def test_a_refusal_by_a_merged_row_counts(db: None) -> None:
    contact, merged = make_contact(consent=()), make_contact()
    refuse(merged)
    Contact.objects.filter(pk=merged).update(state=ContactState.MERGED, merged_into=contact)
    assert may_ask(contact, "marketing", by="form", now=NOW).reason == "cooling_down"
    assert may_ask(merged, "marketing", by="form", now=NOW) == Asking(False, "gone")


def test_who_complained_is_not_asked_for_marketing_ever(db: None) -> None:
    contact = make_contact(consent=())
    actions.suppress_contact(
        contact, scope="marketing", reason="complaint", source="12321", actor="x", now=NOW
    )
    later = NOW + 9_000 * DAY
    assert may_ask(contact, "marketing", by="form", now=later) == Asking(False, "complained")
    assert may_ask(contact, "service", by="form", now=later) == Asking(True)


def test_minors_are_never_asked_for_marketing(db: None) -> None:
    contact = make_contact(consent=(), birthday=date(2010, 1, 1))
    assert may_ask(contact, "marketing", by="form", now=NOW) == Asking(False, "minor")
    assert may_ask(contact, "service", by="form", now=NOW) == Asking(True)


def test_the_cool_down_is_a_setting(db: None) -> None:
    contact = make_contact()
    refuse(contact)
    change_cool_down(30, actor="li")
    assert cool_down_days() == 30
    assert may_ask(contact, "marketing", by="form", now=NOW + 30 * DAY) == Asking(True)
    assert AuditEntry.objects.get(action="consent.cool_down").detail == {
        "before": COOL_DOWN_DAYS,
        "after": 30,
    }
    for days in (0, -1, 3_651):
        with pytest.raises(InvalidInput, match="asking"):
            change_cool_down(days, actor="li")
    assert cool_down_days() == 30


def test_questions_about_nobody_or_nothing(db: None) -> None:
    contact = make_contact()
    with pytest.raises(InvalidInput, match=r"asking\.way"):
        may_ask(contact, "marketing", by="pigeon", now=NOW)
    with pytest.raises(InvalidInput, match=r"consent\.purpose"):
        may_ask(contact, "fun", by="form", now=NOW)
    with pytest.raises(NotFound):
        may_ask(contact + 1, "marketing", by="form", now=NOW)
