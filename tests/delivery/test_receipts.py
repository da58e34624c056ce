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
    recent.remember([(_carrier_id(7), 123_456_789_012, 2)])
    assert recent.find([_carrier_id(7), _carrier_id(8)]) == [(123_456_789_012, 2), None]


def test_at_least_one_generation_is_known_and_at_most_two_are_kept() -> None:
    recent = RecentIds()
    for number in range(1, 36):
        recent.remember([(_carrier_id(number), number, 1)])
        found = recent.find(_carrier_id(one) for one in range(1, number + 1))
        known = [one for one, about in enumerate(found, start=1) if about]
        assert known == list(range(known[0], number + 1))
        assert min(number, 10) <= len(known) <= 20


def test_a_report_is_a_repeat_when_the_same_was_committed_lately() -> None:
    recent = RecentIds()

    def is_repeat(number: int, stat: str) -> bool:
        return recent.are_repeats([(_carrier_id(number), stat)]) == [True]

    recent.reported([(_carrier_id(1), "ACCEPTD")])
    assert is_repeat(1, "ACCEPTD")
    assert not is_repeat(1, "DELIVRD")
    recent.reported((_carrier_id(number), "DELIVRD") for number in range(1, 11))
    assert is_repeat(1, "DELIVRD")
    for number in range(11, 31):
        recent.reported([(_carrier_id(number), "DELIVRD")])
    assert not is_repeat(1, "DELIVRD")
    assert is_repeat(30, "DELIVRD")
