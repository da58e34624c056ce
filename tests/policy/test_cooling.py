"""A carrier said too many: marketing waits for a day, service does not, and then it goes on by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import ibis
import pytest
from django.db import connection
from tests.factories import make_contacts

from xinfeng.channels.codes import Phase
from xinfeng.lens.engine import close_lens, lens
from xinfeng.policy.cooling import COOL_DOWN, cooling, frequency_codes

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture(autouse=True)
def _lens_of_its_own() -> Iterator[None]:
    close_lens()
    yield
    close_lens()


def _told(code: str, *, ago: timedelta, refused: bool = False) -> list[int]:
    contacts = make_contacts(2)
    at = NOW - ago
    with connection.cursor() as cursor:
        for number, contact in enumerate(contacts, start=1):
            cursor.execute(
                "insert into message (id, planned_at, plan_id, contact_id, variant, consent_seq, parts, cost_li, body_sealed)"
                " values (%s, %s, 1, %s, 0, 1, 1, 40, '')",
                (number, at, contact),
            )
        if refused:
            cursor.execute(
                "insert into attempt (message_id, part, channel_id, outcome, code, sent_at, at) values (1, 1, 1, 2, %s, %s, %s)",
                (code, at, at),
            )
        else:
            cursor.execute(
                "insert into receipt (id, received_at, channel_id, carrier_id, stat, message_id, part)"
                " values (1, %s, 1, '', %s, 1, 1)",
                (at, code),
            )
    return contacts


def _cooling(until: datetime = NOW) -> list[int]:
    copy = lens()
    copy.refresh()
    people = copy.table("contact").select(contact_id="id")
    found = people.filter(cooling(copy, people.contact_id, until=until))
    return [int(row["contact_id"]) for row in copy.rows(found).to_pylist()]


@pytest.mark.parametrize("code", ["DB:0142", "MILIMIT", "db:0143"])
def test_who_was_refused_as_one_too_many_is_left_in_peace_for_a_day(code: str) -> None:
    first, _ = _told(code, ago=timedelta(hours=2))
    assert _cooling() == [first]
    assert _cooling(NOW - timedelta(hours=2) + COOL_DOWN) == []


def test_a_refused_submit_counts_too() -> None:
    first, _ = _told("isv.BUSINESS_LIMIT_CONTROL", ago=timedelta(hours=2), refused=True)
    assert _cooling() == [first]


@pytest.mark.parametrize("code", ["UNDELIV", "MK:0001", "75", "XX:1"])
def test_other_codes_cool_nobody(code: str) -> None:
    _told(code, ago=timedelta(hours=2))
    assert _cooling() == []


def test_before_anything_was_sent_nobody_cools() -> None:
    make_contacts(1)
    assert _cooling() == []
    assert isinstance(cooling(lens(), ibis.literal(1), until=NOW), ibis.Value)


def test_bare_numbers_are_no_frequency_codes() -> None:
    codes = frequency_codes(Phase.RECEIPT) + frequency_codes(Phase.SUBMIT)
    assert "DB:0142" in codes
    assert not any(code.isdecimal() for code in codes)
