"""A word about profiling binds at once: tiers are profiling, so they come and go with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.factories import make_contact, phone

from xinfeng.consent.actions import grant, reconcile_merge, withdraw
from xinfeng.contacts.masked import tiers_of
from xinfeng.contacts.merging import merge
from xinfeng.contacts.models import Tier, TierFact
from xinfeng.contacts.tiers import recompute_tiers_of
from xinfeng.foundation.database import bulk_transaction

pytestmark = pytest.mark.usefixtures("db")
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def person() -> int:
    made = make_contact(phone=phone(), at=NOW)
    with bulk_transaction() as connection:
        recompute_tiers_of(connection, [made], now=NOW)
    return made


def tier(contact_id: int) -> int:
    return tiers_of([contact_id]).get(contact_id, Tier.NONE)


def says(contact_id: int, yes: bool, *, at: datetime, purpose: str = "profiling") -> None:
    given = {"at": at, "source": "console", "evidence": "call 17", "actor": "li", "now": at}
    if yes:
        grant(contact_id, purpose, notice_id=None, **given)  # type: ignore[arg-type]
    else:
        withdraw(contact_id, purpose, **given)  # type: ignore[arg-type]


def test_who_says_no_loses_her_tier_at_once_and_gets_it_back_with_a_yes() -> None:
    one, other = person(), person()
    before = tier(one)
    assert before != Tier.NONE
    says(one, False, at=NOW + MINUTE)
    assert (tier(one), tier(other)) == (Tier.NONE, before)
    says(one, True, at=NOW + 2 * MINUTE)
    assert tier(one) == before
    facts = TierFact.objects.filter(contact_id=one).order_by("at").values_list("before", "tier")
    assert list(facts)[-2:] == [(before, Tier.NONE), (Tier.NONE, before)]


def test_a_no_to_something_else_is_none_to_profiling() -> None:
    one = person()
    says(one, False, at=NOW + MINUTE, purpose="marketing")
    assert tier(one) != Tier.NONE


def test_the_no_of_a_merged_row_takes_the_tier_of_the_person() -> None:
    one, other = person(), person()
    says(other, False, at=NOW + MINUTE)
    with bulk_transaction() as connection:
        merge(one, other, how="manual", actor="li", reason="", now=NOW + 2 * MINUTE)
        reconcile_merge(connection, [one, other], actor="li", now=NOW + 2 * MINUTE)
    assert tier(one) == Tier.NONE
