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
    assert recent.find(_carrier_id(7)) == (123_456_789_012, 2)
    assert recent.find(_carrier_id(8)) is None


def test_at_least_one_generation_is_known_and_at_most_two_are_kept() -> None:
    recent = RecentIds()
    for number in range(1, 36):
        recent.remember([(_carrier_id(number), number, 1)])
        known = [one for one in range(1, number + 1) if recent.find(_carrier_id(one))]
        assert known == list(range(known[0], number + 1))
        assert min(number, 10) <= len(known) <= 20


def test_a_report_is_a_repeat_when_the_same_was_committed_lately() -> None:
    recent = RecentIds()
    recent.reported([(_carrier_id(1), "ACCEPTD")])
    assert recent.is_repeat(_carrier_id(1), "ACCEPTD")
    assert not recent.is_repeat(_carrier_id(1), "DELIVRD")
    recent.reported((_carrier_id(number), "DELIVRD") for number in range(1, 11))
    assert recent.is_repeat(_carrier_id(1), "DELIVRD")
    for number in range(11, 31):
        recent.reported([(_carrier_id(number), "DELIVRD")])
    assert not recent.is_repeat(_carrier_id(1), "DELIVRD")
    assert recent.is_repeat(_carrier_id(30), "DELIVRD")
