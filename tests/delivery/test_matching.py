"""Receipts that find their message later, by SQL alone."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.delivery.world import agreed, ask, make_channel, make_plan, one

from xinfeng.delivery.matching import match_receipts
from xinfeng.delivery.receipts import find_in_attempts
from xinfeng.foundation.database import connect_async
from xinfeng.kernel.time import utc_now

pytestmark = pytest.mark.usefixtures("committed_db")


class _World:
    """Two contacts with a message each, on channel 1."""

    def __init__(self) -> None:
        self.contacts = agreed(2)
        self.channel = make_channel(7890)
        make_plan(self.contacts, self.channel)
        self.messages = [row[0] for row in ask("select id from message order by id")]
        self.indexes = [
            bytes(one("select phone_index from contact where id = %s", contact)) for contact in self.contacts
        ]
        self.now = utc_now()
        self._receipts = 0

    def attempt(
        self, which: int, outcome: int, *, carrier_id: bytes | None = None, ago_s: float = 60
    ) -> None:
        at = self.now - timedelta(seconds=ago_s)
        _run(
            "insert into attempt (message_id, part, channel_id, outcome, carrier_id, sent_at, at)"
            " values (%s, 1, %s, %s, %s, %s, %s)",
            (self.messages[which], self.channel, outcome, carrier_id, at, at),
        )

    def receipt(self, which: int, carrier_id: bytes, *, ago_s: float = 30, channel: int | None = None) -> int:
        self._receipts += 1
        at = self.now - timedelta(seconds=ago_s)
        _run(
            "insert into receipt (id, received_at, channel_id, carrier_id, phone_index, stat)"
            " values (%s, %s, %s, %s, %s, 'DELIVRD')",
            (self._receipts, at, channel or self.channel, carrier_id, self.indexes[which]),
        )
        return self._receipts

    def match(self, *, now: datetime | None = None) -> dict[int, int]:
        """Receipt → index of the message it has found, after one round of matching."""

        async def go() -> None:
            async with await connect_async(autocommit=True) as connection:
                await match_receipts(connection, since=self.now - timedelta(days=3), now=now or self.now)

        asyncio.run(go())
        found = ask("select receipt_id, message_id from receipt_match")
        assert len({row[0] for row in found}) == len(found)
        return {receipt: self.messages.index(message) for receipt, message in found}


def _run(statement: str, values: tuple[Any, ...]) -> None:
    from xinfeng.foundation.database import connect

    with connect(autocommit=True) as connection:
        connection.execute(statement, values)


def test_a_receipt_before_its_response_finds_it_and_is_matched_once() -> None:
    world = _World()
    receipt = world.receipt(1, b"carrier1")
    assert world.match() == {}
    world.attempt(1, 1, carrier_id=b"carrier1")
    assert world.match() == {receipt: 1}
    assert world.match() == {receipt: 1}


def test_a_receipt_a_day_late_still_finds_its_message() -> None:
    world = _World()
    world.attempt(0, 1, carrier_id=b"carrier1", ago_s=86_400)
    receipt = world.receipt(0, b"carrier1", ago_s=1)
    assert world.match() == {receipt: 0}


def test_the_same_carrier_id_of_another_carrier_is_another_message() -> None:
    world = _World()
    world.attempt(0, 1, carrier_id=b"carrier1")
    world.attempt(1, 4)
    elsewhere = make_channel(7891, name="elsewhere")
    world.receipt(0, b"carrier1", channel=elsewhere)
    world.receipt(1, b"carrier2", channel=elsewhere)
    assert world.match() == {}


def test_channels_of_one_account_share_their_receipts() -> None:
    """Carriers report over any connection of an account: its service port may bring what marketing sent."""
    world = _World()
    world.attempt(0, 1, carrier_id=b"carrier1")
    world.attempt(1, 4)
    service = make_channel(7890, name="service", purpose="service", access_code="1069000102")
    by_id = world.receipt(0, b"carrier1", channel=service)
    settling = world.receipt(1, b"carrier2", channel=service)
    again = world.receipt(1, b"carrier2")
    assert world.match() == {by_id: 0, settling: 1, again: 1}


def test_a_receipt_is_known_at_once_over_another_channel_of_the_account() -> None:
    world = _World()
    world.attempt(0, 1, carrier_id=b"carrier1")
    service = make_channel(7890, name="service", purpose="service")
    elsewhere = make_channel(7891, name="elsewhere")

    async def go() -> dict[tuple[int, bytes], tuple[int, int]]:
        async with await connect_async(autocommit=True) as connection:
            return await find_in_attempts(
                connection, [(one, b"carrier1") for one in (world.channel, service, elsewhere)]
            )

    message = (world.messages[0], 1)
    assert asyncio.run(go()) == {(world.channel, b"carrier1"): message, (service, b"carrier1"): message}


@pytest.mark.parametrize(
    ("kind", "answered", "reported"),
    [
        ("smpp34", b"33e95179", b"870928761"),  # jSMPP's simulator
        ("smpp34", b"33E95179", b"0870928761"),
        ("smpp34", b"0000001a", b"26"),  # smscsim
        ("smpp34", b"59113978", b"38601fa"),
        ("smpp34", b"0059113978", b"38601FA"),
        ("smpp34", b"7", b"0000000007"),
        ("smpp34", b"abcdef-0001", b"ABCDEF-0001"),
        ("cmpp3", bytes.fromhex("b2b9da8000010000"), bytes.fromhex("0000010080dab9b2")),
    ],
)
def test_a_receipt_that_spells_the_id_otherwise_finds_its_message(
    kind: str, answered: bytes, reported: bytes
) -> None:
    world = _World()
    _run("update channel set kind = %s", (kind,))
    world.attempt(0, 1, carrier_id=answered)
    receipt = world.receipt(0, reported)
    stranger = world.receipt(1, reported)
    assert world.match() == {receipt: 0}, "the number must be the same"
    assert world.match() == {receipt: 0}
    assert stranger != receipt


def test_an_id_as_it_stands_goes_before_any_other_spelling() -> None:
    """10 in hexadecimal is 16; both are to the same number."""
    world = _World()
    _run("update channel set kind = 'smpp34'", ())
    world.attempt(0, 1, carrier_id=b"16", ago_s=40)
    world.attempt(1, 1, carrier_id=b"10", ago_s=60)
    receipt = world.receipt(0, b"10")
    assert world.match() == {receipt: 1}


def test_another_spelling_of_what_left_later_or_long_ago_is_not_meant() -> None:
    world = _World()
    _run("update channel set kind = 'smpp34'", ())
    world.attempt(0, 1, carrier_id=b"1a", ago_s=5)
    world.receipt(0, b"26", ago_s=30)
    world.attempt(1, 1, carrier_id=b"1b", ago_s=90 * 3600)
    world.receipt(1, b"27", ago_s=30)
    assert world.match() == {}


def test_an_uncertain_message_is_settled_by_a_receipt_for_its_number() -> None:
    world = _World()
    world.attempt(0, 4)
    receipt, twin = world.receipt(0, b"carrierX"), world.receipt(0, b"carrierX", ago_s=29)
    stranger = world.receipt(1, b"carrierY")
    found = world.match()
    assert found == {receipt: 0, twin: 0}
    assert stranger not in found


def test_a_receipt_that_came_again_later_follows_the_first() -> None:
    world = _World()
    world.attempt(0, 4)
    receipt = world.receipt(0, b"carrierX")
    assert world.match() == {receipt: 0}
    again = world.receipt(0, b"carrierX", ago_s=1)
    assert world.match() == {receipt: 0, again: 0}


def test_a_receipt_from_before_the_message_left_settles_nothing() -> None:
    world = _World()
    world.attempt(0, 4, ago_s=60)
    world.receipt(0, b"carrierX", ago_s=120)
    assert world.match() == {}


def test_a_fresh_receipt_waits_for_its_response_before_it_settles_what_is_uncertain() -> None:
    world = _World()
    world.attempt(0, 4)
    receipt = world.receipt(0, b"carrierX", ago_s=1)
    assert world.match() == {}
    assert world.match(now=world.now + timedelta(seconds=10)) == {receipt: 0}


def test_a_message_that_turned_out_accepted_is_not_uncertain_any_more() -> None:
    world = _World()
    world.attempt(0, 4)
    world.attempt(0, 1, carrier_id=b"carrier1")
    world.receipt(0, b"carrierX")
    assert world.match() == {}
