"""Purposes, and wordings that overtake each other."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.factories import NOW, make_contact, make_notice

from xinfeng.consent import actions, notices
from xinfeng.consent.actions import append_entries, publish_notice
from xinfeng.consent.ledger import NewEntry
from xinfeng.consent.models import Notice
from xinfeng.consent.purposes import check, known, names
from xinfeng.consent.reads import StandingRow, proof, standing_of
from xinfeng.consent.verify import verify_ledger
from xinfeng.contacts.models import Attribute
from xinfeng.contacts.records import ContactRecord
from xinfeng.contacts.sql import upsert_contacts
from xinfeng.foundation.database import bulk_transaction
from xinfeng.kernel.errors import InvalidInput

DAY = timedelta(days=1)


def declare(key: str, *, sensitive: bool) -> None:
    Attribute.objects.create(key=key, label=key, kind="text", sensitive=sensitive)


def agree(contact_id: int, notice: Notice, *, days: int = 0, source: str = "form:a") -> None:
    with bulk_transaction() as raw:
        entry = NewEntry(
            contact_id, notice.purpose, True, NOW + days * DAY, source, notice.pk, "表单", "form"
        )
        append_entries(raw, [entry], now=NOW + days * DAY)


def standing(contact_id: int, purpose: str = "marketing") -> StandingRow:
    return next(row for row in standing_of(contact_id) if row.purpose == purpose)


def renew(*, after: int = 1) -> Notice:
    """A second version of `privacy` that everybody has to be asked about again."""
    return publish_notice(
        key="privacy",
        version="2",
        purpose="marketing",
        text="用途变了",
        effective_at=NOW + after * DAY,
        actor="li",
        requires_renewal=True,
    )


def test_five_purposes_and_the_declared_sensitive_ones(db: None) -> None:
    declare("allergy", sensitive=True)
    declare("colour", sensitive=False)
    assert known() == ("marketing", "service", "location", "profiling", "sharing", "sensitive:allergy")
    assert check("sensitive:allergy") == "sensitive:allergy"
    assert names(english=True)["sensitive:allergy"] == "sensitive: allergy"
    assert set(names()) == set(known())
    for unknown in ("sensitive:colour", "sensitive:", "sensitive:x' or 1=1", "marketing ", "", "x" * 900):
        with pytest.raises(InvalidInput, match=r"consent\.purpose"):
            check(unknown)


@pytest.mark.parametrize("purpose", ["location", "profiling", "sharing", "sensitive:allergy"])
def test_every_purpose_is_granted_withdrawn_and_rebuilt(db: None, purpose: str) -> None:
    declare("allergy", sensitive=True)
    contact = make_contact(consent=())

    def say(yes: bool, days: int) -> None:
        given = {"at": NOW + days * DAY, "source": "form:a", "evidence": "e", "actor": "x"}
        if yes:
            actions.grant(contact, purpose, notice_id=None, now=NOW + 9 * DAY, **given)  # type: ignore[arg-type]
        else:
            actions.withdraw(contact, purpose, now=NOW + 9 * DAY, **given)  # type: ignore[arg-type]

    say(True, 0)
    assert standing(contact, purpose).granted
    say(False, 1)
    assert not standing(contact, purpose).granted
    say(True, 2)
    before = standing(contact, purpose)
    assert before.granted
    actions.rebuild_standing()
    assert standing(contact, purpose) == before
    with bulk_transaction() as raw:
        assert verify_ledger(connection=raw).whole


def test_a_suppression_of_all_messages_says_nothing_about_profiling(db: None) -> None:
    contact = make_contact(consent=("marketing", "profiling"))
    actions.suppress_contact(contact, scope="all", reason="manual", source="x", actor="x", now=NOW)
    assert standing(contact).suppressed == "manual"
    assert standing(contact, "profiling").suppressed is None


def test_marketing_may_not_be_written_to_a_known_minor_whatever_was_agreed_to(db: None) -> None:
    minor, grown = (
        make_contact(consent=("marketing", "service"), birthday=on)
        for on in (date(2015, 1, 1), date(1990, 1, 1))
    )
    assert standing(minor).granted and not standing(minor).may_be_written_to
    assert standing(minor, "service").may_be_written_to
    assert standing(grown).may_be_written_to and standing(grown, "service").may_be_written_to


def test_consent_goes_stale_when_the_new_wording_takes_effect_not_before(db: None) -> None:
    contact, newer = make_contact(consent=()), make_contact(consent=())
    agree(contact, make_notice())
    agree(newer, renew(after=2))
    assert notices.retire_overtaken(now=NOW + DAY) == 0
    assert standing(contact).may_be_written_to
    assert notices.retire_overtaken(now=NOW + 2 * DAY) == 1
    row = standing(contact)
    assert (row.granted, row.stale) == (False, True)
    assert proof(contact, "marketing").entry.granted
    assert standing(newer).may_be_written_to
    assert notices.retire_overtaken(now=NOW + 3 * DAY) == 0
    actions.rebuild_standing()
    assert standing(contact).stale


def test_agreeing_to_the_new_wording_counts_again(db: None) -> None:
    contact = make_contact(consent=())
    agree(contact, make_notice())
    new = renew()
    notices.retire_overtaken(now=NOW + DAY)
    agree(contact, new, days=2)
    assert standing(contact).may_be_written_to
    assert not standing(contact).stale


def test_who_withdrew_is_withdrawn_not_stale(db: None) -> None:
    contact = make_contact(consent=())
    agree(contact, make_notice())
    actions.withdraw(contact, "marketing", at=NOW + DAY, source="x", evidence="e", actor="x", now=NOW + DAY)
    renew()
    notices.retire_overtaken(now=NOW + DAY)
    row = standing(contact)
    assert (row.granted, row.stale) == (False, False)


def test_a_file_that_claims_an_outdated_wording_brings_stale_consent(db: None) -> None:
    old = make_notice()
    renew()
    notices.retire_overtaken(now=NOW + DAY)
    with bulk_transaction() as raw:
        [made] = upsert_contacts(raw, [ContactRecord(external_id="X1")], actor="x", now=NOW)
        assert made.contact_id is not None
        entry = NewEntry(made.contact_id, "marketing", True, NOW, "import:x", old.pk, "e", "x")
        append_entries(raw, [entry], now=NOW + DAY, newborn={made.contact_id})
    row = standing(made.contact_id)
    assert (row.granted, row.stale) == (False, True)


def test_a_version_without_renewal_leaves_consent_as_it_is(db: None) -> None:
    contact = make_contact(consent=())
    agree(contact, make_notice())
    publish_notice(key="privacy", version="2", purpose="marketing", text="错字", effective_at=NOW, actor="li")
    assert notices.retire_overtaken(now=NOW + DAY) == 0
    assert standing(contact).may_be_written_to


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"key": " "}, "notice.incomplete"),
        ({"text": ""}, "notice.incomplete"),
        ({"text": "a\x00"}, "notice.too_long"),
        ({"text": "a" * 20_001}, "notice.too_long"),
        ({"version": "9" * 21}, "notice.too_long"),
        ({"purpose": "everything"}, "consent.purpose"),
        ({"key": "fresh", "requires_renewal": True}, "notice.nothing_to_renew"),
        ({"purpose": "service", "requires_renewal": True}, "notice.other_purpose"),
    ],
)
def test_notices_that_cannot_be_published(db: None, given: dict[str, object], code: str) -> None:
    make_notice()
    whole = {"key": "privacy", "version": "2", "purpose": "marketing", "text": "x", "effective_at": NOW}
    with pytest.raises(InvalidInput) as caught:
        publish_notice(actor="li", **(whole | given))  # type: ignore[arg-type]
    assert caught.value.code == code
    assert Notice.objects.count() == 1
