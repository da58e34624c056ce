"""Unusual receipts are found; honest carriers, good evenings and bad ones, are not flagged."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from tests.factories import make_contacts

from xinfeng.insights import forensics
from xinfeng.insights.codes import codes_seen, troubles, unknown_codes
from xinfeng.insights.forensics import Figures, judge
from xinfeng.lens.engine import Lens, close_lens, lens

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
FIRST = NOW - timedelta(hours=20)

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture(autouse=True)
def _lens_of_its_own() -> Iterator[None]:
    close_lens()
    yield
    close_lens()


Tell = Callable[[random.Random, int, datetime], tuple[str, datetime, datetime]]
"""For a part and when it was sent: the stat, the carrier's time, when the receipt came."""


def carrier(
    tell: Tell, *, count: int = 600, spread: timedelta = timedelta(hours=2), first: int = 1, channel: int = 1
) -> Lens:
    """A plan of so many messages sent over `spread`, and their receipts as this carrier tells them."""
    contacts = make_contacts(count)
    chance = random.Random(7)
    messages, attempts, receipts = [], [], []
    for position, contact in enumerate(contacts):
        sent = FIRST + spread * (position / count)
        stat, done, came = tell(chance, position, sent)
        number = first + position
        messages.append((number, sent, contact))
        attempts.append((number, channel, sent, sent))
        receipts.append((number, came, channel, stat, done.replace(second=0, microsecond=0), number))
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into message (id, planned_at, plan_id, contact_id, variant, consent_seq, parts, cost_li, body_sealed)"
            " values (%s, %s, 1, %s, 0, 1, 1, 40, '')",
            messages,
        )
        cursor.executemany(
            "insert into attempt (message_id, part, channel_id, outcome, code, sent_at, at)"
            " values (%s, 1, %s, 1, '0', %s, %s)",
            attempts,
        )
        cursor.executemany(
            "insert into receipt (id, received_at, channel_id, carrier_id, stat, done_at, message_id, part)"
            " values (%s, %s, %s, '', %s, %s, %s, 1)",
            receipts,
        )
    copy = lens()
    copy.refresh()
    return copy


def honest(chance: random.Random, position: int, sent: datetime) -> tuple[str, datetime, datetime]:
    """95 of 100 are delivered, most within seconds, some after hours; the carrier's clock is 20 s off."""
    fine = chance.random() < 0.95
    delay = timedelta(seconds=min(chance.lognormvariate(2.0, 1.5), 40_000))
    return "DELIVRD" if fine else "MK:0010", sent + delay - timedelta(seconds=20), sent + delay


def bad_evening(chance: random.Random, position: int, sent: datetime) -> tuple[str, datetime, datetime]:
    """The carrier's network hangs and catches up: many late, a third not at all."""
    stat, done, came = honest(chance, position, sent)
    hang = timedelta(minutes=chance.randrange(5, 90))
    return "UNDELIV" if chance.random() < 0.33 else stat, done + hang, came + hang


def found(copy: Lens, **about: int) -> set[str]:
    return {one.kind for one in judge(forensics.figures(copy, now=NOW, **(about or {"channel_id": 1})))}


@pytest.mark.parametrize("tell", [honest, bad_evening])
def test_honest_carriers_are_not_flagged(tell: Tell) -> None:
    copy = carrier(tell)
    assert forensics.figures(copy, now=NOW, channel_id=1).receipts == 600
    assert found(copy) == set()
    assert found(copy, plan_id=1) == set()


def test_a_burst_sent_within_a_minute_and_reported_within_it_is_honest() -> None:
    assert found(carrier(honest, spread=timedelta(seconds=40))) == set()


def test_one_moment_for_all_is_unusual() -> None:
    stamp = FIRST + timedelta(hours=3)
    copy = carrier(lambda chance, _, sent: ("DELIVRD" if chance.random() < 0.95 else "UNDELIV", stamp, stamp))
    assert "same_moment" in found(copy)
    assert "same_moment" in found(copy, plan_id=1)
    rows = forensics.evidence(copy, "same_moment", now=NOW, channel_id=1)
    assert len(rows) == 50
    assert {row["done_at"] for row in rows} == {stamp}


def test_done_before_it_was_submitted_is_impossible() -> None:
    def tell(chance: random.Random, position: int, sent: datetime) -> tuple[str, datetime, datetime]:
        stat, done, came = honest(chance, position, sent)
        return stat, sent - timedelta(minutes=30) if position % 20 == 0 else done, came

    copy = carrier(tell)
    assert found(copy) == {"before_submit"}
    assert len(forensics.evidence(copy, "before_submit", now=NOW, plan_id=1)) == 30


def test_everything_delivered_within_seconds_is_too_good() -> None:
    copy = carrier(
        lambda chance, _, sent: ("DELIVRD", sent, sent + timedelta(seconds=chance.uniform(0.2, 3)))
    )
    assert found(copy) == {"all_at_once"}


def test_one_and_the_same_delay_is_unusual() -> None:
    half_a_minute = timedelta(seconds=30)
    copy = carrier(
        lambda chance, _, sent: (
            "DELIVRD" if chance.random() < 0.96 else "MK:0010",
            sent + half_a_minute,
            sent + half_a_minute,
        )
    )
    assert "one_delay" in found(copy)


def test_receipts_for_what_was_never_sent_are_told() -> None:
    copy = carrier(honest)
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into receipt (id, received_at, channel_id, carrier_id, phone_index, stat)"
            " values (%s, %s, 1, %s, '\\x02', 'DELIVRD')",
            [(10_000 + n, NOW - timedelta(hours=3), bytes([n])) for n in range(40)],
        )
    copy.refresh()
    assert found(copy) == {"never_sent"}
    assert len(forensics.evidence(copy, "never_sent", now=NOW, channel_id=1)) == 40


def test_delivered_to_numbers_that_were_dead_a_week_ago_is_unusual() -> None:
    copy = carrier(honest)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into message (id, planned_at, plan_id, contact_id, variant, consent_seq, parts, cost_li, body_sealed)"
            " select id + 50000, %s, 2, contact_id, 0, 1, 1, 40, '' from message where id <= 30",
            (NOW - timedelta(days=8),),
        )
        cursor.execute(
            "insert into receipt (id, received_at, channel_id, carrier_id, stat, message_id, part)"
            " select id, %s, 2, '', 'MK:0001', id, 1 from message where plan_id = 2",
            (NOW - timedelta(days=8),),
        )
    copy.refresh()
    assert found(copy) == {"dead_delivered"}
    assert len(forensics.evidence(copy, "dead_delivered", now=NOW, channel_id=1)) >= 25


def test_a_handful_says_nothing() -> None:
    stamp = FIRST + timedelta(hours=3)
    assert found(carrier(lambda *_: ("DELIVRD", stamp, stamp), count=50)) == set()
    assert judge(Figures()) == ()


def test_codes_that_came_lately_are_counted_and_the_unknown_and_troubling_told_apart() -> None:
    def tell(chance: random.Random, position: int, sent: datetime) -> tuple[str, datetime, datetime]:
        return ("QX:0001", "KEYWORD", "DELIVRD")[position % 3], sent, sent

    copy = carrier(tell, count=30, spread=timedelta(minutes=1))
    seen = codes_seen(copy, now=NOW)
    assert {(one.info.code, one.parts) for one in seen} == {("QX:0001", 10), ("KEYWORD", 10), ("DELIVRD", 10)}
    assert [one.info.code for one in unknown_codes(seen)] == ["QX:0001"]
    assert [one.info.code for one in troubles(copy, now=NOW)] == ["KEYWORD"]


def test_of_very_many_receipts_every_so_manieth_is_looked_at(monkeypatch):
    """Shares stay what they are; the dead are still followed up."""
    copy = carrier(honest, count=900)
    whole = forensics.figures(copy, now=NOW, channel_id=1)
    monkeypatch.setattr(forensics, "LOOKED_AT", 300)
    part = forensics.figures(copy, now=NOW, channel_id=1)
    assert (whole.one_in, part.one_in) == (1, 3)
    assert whole.receipts == 900 and part.receipts == 300
    assert abs(part.delivered / part.receipts - whole.delivered / whole.receipts) < 0.05
    assert part.told == whole.told == 900
    assert len(forensics.evidence(copy, "one_delay", now=NOW, channel_id=1, limit=5)) == 5


def test_receipts_of_nothing_are_found_on_a_channel_that_sent_nothing():
    """Somebody else uses the account."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into receipt (id, received_at, channel_id, carrier_id, stat)"
            " select i, %s, 1, '', 'DELIVRD' from generate_series(1, 50) i",
            (NOW - timedelta(hours=3),),
        )
    copy = lens()
    copy.refresh()
    found = forensics.figures(copy, now=NOW, channel_id=1)
    assert (found.receipts, found.strays) == (0, 50)
    assert [one.kind for one in judge(found)] == ["never_sent"]
