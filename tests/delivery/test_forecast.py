"""When a number of parts will have left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.delivery.forecast import forecast
from xinfeng.kernel.errors import InvalidInput

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def hours(start: float, end: float) -> tuple[datetime, datetime]:
    return NOON + timedelta(hours=start), NOON + timedelta(hours=end)


def test_an_open_window_with_room_finishes_at_the_rate() -> None:
    answer = forecast(36_000, per_s=100, windows=[hours(-1, 1)], now=NOON)
    assert answer.open_now
    assert answer.finishes_at == NOON + timedelta(minutes=6)
    assert answer.in_first_window


def test_a_closed_window_waits_for_the_next() -> None:
    answer = forecast(100, per_s=100, windows=[hours(-2, -1), hours(3, 4)], now=NOON)
    assert not answer.open_now
    assert answer.starts_at == NOON + timedelta(hours=3)
    assert answer.finishes_at == NOON + timedelta(hours=3, seconds=1)
    assert answer.in_first_window


def test_what_does_not_fit_goes_on_in_the_next_window() -> None:
    answer = forecast(3600 * 10 + 5, per_s=10, windows=[hours(0, 1), hours(20, 21)], now=NOON)
    assert answer.sent_in_first == 36_000
    assert answer.windows_used == 2
    assert answer.finishes_at == NOON + timedelta(hours=20, seconds=0.5)
    assert not answer.in_first_window


def test_what_never_fits_is_left_over() -> None:
    answer = forecast(40_000, per_s=10, windows=[hours(0, 1)], now=NOON)
    assert answer.finishes_at is None
    assert answer.left_over == 4_000


def test_no_window_at_all() -> None:
    answer = forecast(1, per_s=10, windows=[], now=NOON)
    assert answer.starts_at is None
    assert answer.finishes_at is None
    assert answer.left_over == 1


def test_nothing_to_send_is_finished_now() -> None:
    assert forecast(0, per_s=1, windows=[], now=NOON).finishes_at == NOON


def test_a_rate_below_one_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"forecast\.rate"):
        forecast(1, per_s=0, windows=[hours(0, 1)], now=NOON)


@given(
    parts=st.integers(0, 10**6),
    per_s=st.integers(1, 5000),
    gaps=st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 5000)), max_size=6),
    shift=st.integers(-3000, 3000),
)
def test_it_never_sends_faster_than_the_rate_nor_outside_the_windows(
    parts: int, per_s: int, gaps: list[tuple[int, int]], shift: int
) -> None:
    at, windows = NOON + timedelta(seconds=shift), []
    for gap, length in gaps:
        start = at + timedelta(seconds=gap)
        at = start + timedelta(seconds=length)
        windows.append((start, at))
    answer = forecast(parts, per_s=per_s, windows=windows, now=NOON)
    room = sum(
        (end - max(start, NOON)) // timedelta(seconds=1) * per_s for start, end in windows if end > NOON
    )
    assert (answer.finishes_at is None) == (parts > room)
    assert answer.left_over == max(0, parts - room)
    if answer.finishes_at is not None and parts:
        assert any(max(start, NOON) < answer.finishes_at <= end for start, end in windows)
        assert (answer.finishes_at - NOON).total_seconds() >= parts / per_s - 1e-3
