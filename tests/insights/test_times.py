"""Quantiles of a histogram are those of its values."""

from __future__ import annotations

from collections import Counter
from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.insights.times import quantile


@given(st.lists(st.integers(-5, 300_000), min_size=2, max_size=60))
def test_a_quantile_is_that_of_the_values(values: list[int]) -> None:
    counts = sorted(Counter(values).items())
    cuts = quantiles(values, n=100, method="inclusive")
    for percent in (50, 90, 99):
        assert quantile(counts, percent / 100) == pytest.approx(cuts[percent - 1])


def test_of_one_value_every_quantile_is_that_value() -> None:
    assert [quantile([(7, 1)], share) for share in (0.5, 0.9, 0.99)] == [7, 7, 7]


def test_half_a_million_alike_are_not_written_out() -> None:
    assert quantile([(2, 500_000), (9, 500_000)], 0.5) == 5.5
