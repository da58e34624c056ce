"""Receipts teach what becomes of numbers: each once, in whatever order gateways commit."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.delivery.world import agreed, ask, make_channel, make_plan, one

from xinfeng.delivery import number_news
from xinfeng.foundation.database import Connection, bulk_transaction, connect
from xinfeng.hygiene.models import NumberState, State
from xinfeng.kernel.time import utc_now

pytestmark = pytest.mark.usefixtures("committed_db")

_RECEIPT = (
    "insert into receipt (id, received_at, channel_id, carrier_id, stat, message_id, part)"
    " values (%s, %s, 1, '\\x01', %s, %s, 1)"
)


class _World:
    """Contacts with a message each, whose receipts the test writes."""

    def __init__(self, count: int = 1) -> None:
        self.contacts = agreed(count)
        channel = make_channel(7890)
        make_plan(self.contacts, channel)
        make_plan(self.contacts, channel)
        self.messages = [row[0] for row in ask("select id from message order by id")]
        self._ids = iter(range(1, 1000))

    def receipt(
        self, message: int, stat: str, *, at: datetime | None = None, on: Connection | None = None
    ) -> None:
        values = (next(self._ids), at or utc_now(), stat, self.messages[message])
        if on is not None:
            on.execute(_RECEIPT, values)
            return
        with connect(autocommit=True) as connection:
            connection.execute(_RECEIPT, values)

    def state(self, which: int = 0) -> NumberState:
        return NumberState.objects.get(pk=self.contacts[which])


def _facts() -> list[tuple[Any, ...]]:
    return ask("select contact_id, code, state, quarantined, source from number_fact order by id")


def test_a_delivery_proves_life_and_is_noted_once() -> None:
    world = _World()
    world.receipt(0, "DELIVRD")
    assert number_news.hand_on(now=utc_now()).changed == 1
    assert world.state().state == State.VALID
    assert world.state().alive_at is not None
    world.receipt(1, "DELIVRD")
    assert number_news.hand_on(now=utc_now()).changed == 0, "it was alive a moment ago"
    assert len(_facts()) == 1


def test_two_permanent_failures_of_different_days_and_messages_quarantine() -> None:
    world = _World()
    now = utc_now()
    world.receipt(0, "MK:0001", at=now - timedelta(days=2))
    world.receipt(0, "MK:0001", at=now - timedelta(days=1))
    assert number_news.hand_on(now=now).quarantined == 0, "one message failed, however many receipts say so"
    assert world.state().failures == 1
    world.receipt(1, "MK:0001", at=now)
    assert number_news.hand_on(now=utc_now()).quarantined == 1
    assert (world.state().state, world.state().quarantine) == (State.NOT_EXISTING, "receipts")
    assert [fact[3] for fact in _facts()] == [False, True]


def test_what_was_handed_on_is_not_handed_on_again() -> None:
    world = _World()
    world.receipt(0, "MK:0005")
    assert number_news.hand_on(now=utc_now()).looked_at == 1
    assert number_news.hand_on(now=utc_now()).looked_at == 0


def test_a_receipt_that_commits_late_is_not_lost() -> None:
    world = _World(2)
    with connect() as slow:
        world.receipt(0, "DELIVRD", on=slow)  # its transaction is older …
        world.receipt(1, "DELIVRD")  # … but this one commits first
        assert number_news.hand_on(now=utc_now()).looked_at == 1
        assert number_news.hand_on(now=utc_now()).looked_at == 0
        slow.commit()
    assert number_news.hand_on(now=utc_now()).looked_at == 1
    assert NumberState.objects.filter(state=State.VALID).count() == 2


def test_a_match_found_later_counts_as_well() -> None:
    world = _World()
    with connect(autocommit=True) as connection:
        connection.execute(
            "insert into receipt_match (receipt_id, message_id, part, stat, at) values (9, %s, 1, 'DELIVRD', %s)",
            (world.messages[0], utc_now()),
        )
    assert number_news.hand_on(now=utc_now()).changed == 1


def test_batches_are_resumed_where_the_last_one_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(5)
    with connect() as connection:
        for which in range(5):
            world.receipt(which, "DELIVRD", on=connection)
        connection.commit()
    monkeypatch.setattr(number_news, "STEP", 2)
    first, more = number_news._hand_on_batch("receipt", now=utc_now())
    assert (first.looked_at, more) == (2, True)
    assert number_news.hand_on(now=utc_now()).looked_at == 3
    assert NumberState.objects.filter(state=State.VALID).count() == 5


def test_a_batch_that_fails_is_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World()
    world.receipt(0, "DELIVRD")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as broken, pytest.raises(RuntimeError):
        broken.setattr(number_news, "learn_from_receipts", fail)
        number_news.hand_on(now=utc_now())
    assert number_news.hand_on(now=utc_now()).looked_at == 1


def test_a_receipt_for_the_number_before_says_nothing_about_the_one_now() -> None:
    world = _World()
    with bulk_transaction() as connection:
        connection.execute(
            "update contact set phone_index = %s where id = %s", (b"x" * 16, world.contacts[0])
        )
    world.receipt(0, "DELIVRD")
    assert number_news.hand_on(now=utc_now()).changed == 0
    assert world.state().state == State.UNKNOWN


@pytest.mark.parametrize("code", ["", "AF:4", "MK:0000", "x" * 20, "REJECTD", "\\N", "ACCEPTD", "失败"])
def test_codes_nobody_agrees_on_teach_nothing(code: str) -> None:
    world = _World()
    world.receipt(0, code)
    assert number_news.hand_on(now=utc_now()).changed == 0
    assert one("select count(*) from number_state") == 0
