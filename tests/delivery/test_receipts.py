from __future__ import annotations

import pytest

from xinfeng.delivery import receipts
from xinfeng.delivery.receipts import RecentIds


def _carrier_id(number: int) -> bytes:
    return number.to_bytes(8, "big")


@pytest.fixture(autouse=True)
def small_generations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "REMEMBERED", 10)


def test_a_carrier_id_finds_its_message_and_part() -> None:
    recent = RecentIds()
    recent.remember(1, [(_carrier_id(7), 123_456_789_012, 2)])
    assert recent.find([(1, _carrier_id(7)), (1, _carrier_id(8))]) == [(123_456_789_012, 2), None]


def test_carriers_may_call_their_messages_alike() -> None:
    """Two that count from 1, as centres of SMPP do: neither the messages nor the reports are mixed up."""
    recent = RecentIds()
    recent.remember(1, [(b"1", 11, 1)])
    recent.remember(2, [(b"1", 22, 1)])
    assert recent.find([(1, b"1"), (2, b"1"), (3, b"1")]) == [(11, 1), (22, 1), None]
    recent.reported([((1, b"1"), "DELIVRD")])
    assert recent.are_repeats([((1, b"1"), "DELIVRD"), ((2, b"1"), "DELIVRD")]) == [True, False]


def test_an_id_that_is_given_out_again_is_about_the_later_message() -> None:
    """A centre that was restarted counts from 1 again; what it reports then was never reported before."""
    recent = RecentIds()
    recent.remember(1, [(b"1", 11, 1), (b"2", 12, 1)])
    recent.reported([((1, b"1"), "DELIVRD"), ((1, b"2"), "DELIVRD")])
    recent.remember(1, [(b"1", 33, 1)])
    assert recent.find([(1, b"1")]) == [(33, 1)]
    assert recent.are_repeats([((1, b"1"), "DELIVRD"), ((1, b"2"), "DELIVRD")]) == [False, True]


def test_at_least_one_generation_is_known_and_at_most_two_are_kept() -> None:
    recent = RecentIds()
    for number in range(1, 36):
        recent.remember(1, [(_carrier_id(number), number, 1)])
        found = recent.find((1, _carrier_id(one)) for one in range(1, number + 1))
        known = [one for one, about in enumerate(found, start=1) if about]
        assert known == list(range(known[0], number + 1))
        assert min(number, 10) <= len(known) <= 20


def test_a_report_is_a_repeat_when_the_same_was_committed_lately() -> None:
    recent = RecentIds()

    def is_repeat(number: int, stat: str) -> bool:
        return recent.are_repeats([((1, _carrier_id(number)), stat)]) == [True]

    recent.reported([((1, _carrier_id(1)), "ACCEPTD")])
    assert is_repeat(1, "ACCEPTD")
    assert not is_repeat(1, "DELIVRD")
    recent.reported(((1, _carrier_id(number)), "DELIVRD") for number in range(1, 11))
    assert is_repeat(1, "DELIVRD")
    for number in range(11, 31):
        recent.reported([((1, _carrier_id(number)), "DELIVRD")])
    assert not is_repeat(1, "DELIVRD")
    assert is_repeat(30, "DELIVRD")
