"""Windows as cells of a week, and back."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.kernel.errors import InvalidInput
from xinfeng.policy.defaults import WINDOWS
from xinfeng.policy.settings import DailyWindow, check_windows
from xinfeng.policy.week import FIRST, LAST, cells_of, read_cells, windows_from, write_cells

cells = st.frozensets(st.tuples(st.integers(1, 7), st.integers(FIRST, LAST - 1)))


@given(drawn=cells, workdays_only=st.booleans())
def test_what_is_drawn_comes_back_and_keeps_the_bounds(
    drawn: frozenset[tuple[int, int]], workdays_only: bool
) -> None:
    windows = windows_from(drawn, workdays_only=workdays_only, source="公司决定")
    check_windows(windows)
    assert cells_of(windows) == drawn == read_cells(write_cells(drawn))


def test_the_windows_of_a_new_deployment_can_be_drawn_and_keep_their_sources() -> None:
    for windows in WINDOWS.values():
        drawn = cells_of(windows)
        assert drawn is not None
        workdays = any(one.workdays_only for one in windows)
        assert windows_from(drawn, workdays_only=workdays, source="另写的", old=windows) == windows


@pytest.mark.parametrize(
    "windows",
    [
        [DailyWindow(time(9, 15), time(10), source="x")],
        [
            DailyWindow(time(9), time(10), source="x"),
            DailyWindow(time(11), time(12), workdays_only=True, source="x"),
        ],
    ],
)
def test_what_cannot_be_drawn_is_said(windows: list[DailyWindow]) -> None:
    assert cells_of(windows) is None


@pytest.mark.parametrize(
    "text", ["", "0" * 48, ".".join(["0" * 47] * 7), ".".join(["2" * 48] * 7), "0" * 400]
)
def test_other_text_is_no_week(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"policy\.week"):
        read_cells(text)


@given(drawn=st.frozensets(st.tuples(st.integers(1, 7), st.integers(0, 47)), min_size=1))
def test_cells_outside_the_hard_bounds_are_refused(drawn: frozenset[tuple[int, int]]) -> None:
    text = write_cells(drawn)
    if all(FIRST <= half < LAST for _, half in drawn):
        assert read_cells(text) == drawn
    else:
        with pytest.raises(InvalidInput, match=r"policy\.week"):
            read_cells(text)
