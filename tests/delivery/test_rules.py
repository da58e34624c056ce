"""The small pure rules of delivery: results, health, openings, encoding, rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from xinfeng.channels.codes import Verdict, verdict
from xinfeng.channels.writing import write_parts
from xinfeng.delivery import health, rows
from xinfeng.delivery.health import Health
from xinfeng.delivery.models import Outcome
from xinfeng.delivery.openings import Openings
from xinfeng.kernel.text import billed_parts

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("result", "meaning"),
    [
        (0, Verdict.ACCEPTED),
        (8, Verdict.THROTTLED),
        (13, Verdict.THIS_MESSAGE),
        (10, Verdict.ALL_MESSAGES),
        (199, Verdict.ALL_MESSAGES),
    ],
)
def test_a_result_says_whether_the_next_message_fares_better(result: int, meaning: Verdict) -> None:
    assert verdict("cmpp3", result) is meaning


def test_fifty_refusals_without_an_acceptance_pause_a_plan() -> None:
    found = Health()
    assert [found.refused(10) for _ in range(health.REFUSALS)][-2:] == [None, "carrier_refuses:10"]


def test_an_acceptance_clears_the_record() -> None:
    found = Health()
    for _ in range(health.REFUSALS - 1):
        found.refused(10)
    found.accepted()
    assert found.refused(10) is None


def test_three_silences_pause_a_plan_and_say_of_which_kind() -> None:
    silent, cut = Health(), Health()
    assert [silent.unanswered("timeout") for _ in range(3)] == [None, None, "carrier_silent"]
    assert [cut.unanswered("lost") for _ in range(3)] == [None, None, "carrier_cuts"]


def test_flow_control_alone_pauses_after_minutes() -> None:
    found = Health()
    assert found.throttled(1000.0) is None
    assert found.throttled(1000.0 + health.THROTTLED_S - 1) is None
    assert found.throttled(1000.0 + health.THROTTLED_S) == "carrier_throttles"


def test_a_plan_is_open_within_its_windows_up_to_its_deadline() -> None:
    hour = timedelta(hours=1)
    windows = [
        [(NOON + start * hour).isoformat(), (NOON + end * hour).isoformat()]
        for start, end in ((0, 2), (5, 9))
    ]
    openings = Openings.read(windows, NOON + 6 * hour)

    def until(hours: float) -> float | None:
        found = openings.open_until((NOON + hours * hour).timestamp())
        return None if found is None else (found - NOON.timestamp()) / 3600

    assert [until(at) for at in (-1, 0, 1.9, 2, 4, 5, 5.9, 6, 8)] == [
        None,
        2,
        2,
        None,
        None,
        6,
        6,
        None,
        None,
    ]


@pytest.mark.parametrize(
    "text", ["hello", "a" * 70, "a" * 71, "a" * 140, "字" * 70, "字" * 71, "😀" * 35, "😀" * 36, "字" * 500]
)
def test_as_many_parts_go_out_as_are_billed(text: str) -> None:
    items = write_parts("13900000000", text, reference=300)
    assert len(items) == billed_parts(text)
    assert [item[3:] for item in items] == [(len(items), part + 1) for part in range(len(items))]
    assert all(len(item[1]) <= 140 for item in items)


def test_carrier_times_are_china_time_and_nonsense_is_none() -> None:
    assert rows.as_datetime(rows.carrier_time("2611201200") or 0) == NOON
    assert [rows.carrier_time(text) for text in ("", "2613451200", "26112012", "abcdefghij")] == [None] * 4


def test_a_packed_attempt_tells_its_key() -> None:
    packed = rows.attempt(
        message_id=5, part=3, channel_id=1, outcome=Outcome.REFUSED, code="13", sent_at=1, at=77
    )
    assert rows.attempt_key(packed) == (5, 3, 77)
    assert rows.attempt_key(rows.accepted(6, 1, 1, b"12345678", 1, 78)) == (6, 1, 78)
    assert rows.message_of(rows.withheld(9, "stopped", 1)) == 9


@pytest.mark.parametrize("stat", ["DELIVRD", "", "\0\0", "\xe9" * 90, "退订" * 40])
def test_whatever_a_carrier_calls_a_status_fits_its_column(stat: str) -> None:
    matched = rows.matched_receipt(1, 1, 1, b"12345678", stat, None, 5, 1)
    unmatched = rows.unmatched_receipt(
        receipt_id=1,
        received_at=1,
        channel_id=1,
        carrier_id=b"12345678",
        phone_index=bytes(16),
        stat=stat,
        done_at=None,
    )
    word = _field(matched, 5)
    assert word is not None
    assert _field(unmatched, 5) == word
    assert len(word) <= 60
    assert word.isascii()
    assert b"\0" not in word


@pytest.mark.parametrize("done_at", [None, 9])
def test_a_receipt_that_found_its_message_names_it_instead_of_the_number(done_at: int | None) -> None:
    row = rows.matched_receipt(1, 2, 3, b"12345678", "DELIVRD", done_at, 7, 4)
    numbers = [None if field is None else int.from_bytes(field, "big") for field in _fields(row)]
    assert numbers[:3] == [1, 2, 3]
    assert numbers[4] is None
    assert numbers[6:] == [done_at, 7, 4]


def _fields(row: bytes) -> list[bytes | None]:
    """The fields of a row of binary COPY."""
    found: list[bytes | None] = []
    at = 2
    while at < len(row):
        size = int.from_bytes(row[at : at + 4], "big", signed=True)
        at += 4
        found.append(row[at : at + size] if size >= 0 else None)
        at += max(0, size)
    assert len(found) == int.from_bytes(row[:2], "big")
    return found


def _field(row: bytes, number: int) -> bytes | None:
    return _fields(row)[number]
