"""Against published tables: NIST/SEMATECH e-Handbook 1.3.6.7.4 (chi-square), Garwood's intervals as in Pearson and
Hartley's Table 40 (Poisson)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.kernel.gamma import (
    chi_square_quantile,
    lower,
    poisson_interval,
    poisson_lower_bound,
    probability_above,
    quantile,
    upper,
)


@pytest.mark.parametrize(
    ("p", "degrees", "tabled"),
    [
        (0.95, 1, 3.841),
        (0.99, 1, 6.635),
        (0.95, 2, 5.991),
        (0.975, 10, 20.483),
        (0.05, 10, 3.940),
        (0.025, 4, 0.484),
        (0.95, 30, 43.773),
        (0.99, 100, 135.807),
        (0.025, 100, 74.222),
    ],
)
def test_chi_square(p: float, degrees: int, tabled: float) -> None:
    assert chi_square_quantile(p, degrees) == pytest.approx(tabled, abs=5e-4)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [
        (0, 0.0, 3.69),
        (1, 0.0253, 5.57),
        (2, 0.242, 7.22),
        (3, 0.619, 8.77),
        (5, 1.62, 11.67),
        (10, 4.80, 18.39),
        (20, 12.22, 30.89),
        (50, 37.11, 65.92),
        (100, 81.36, 121.63),
    ],
)
def test_poisson_95_per_cent(count: int, low: float, high: float) -> None:
    found = poisson_interval(count)

    assert found.low == pytest.approx(low, rel=3e-3)
    assert found.high == pytest.approx(high, rel=3e-3)


def test_poisson_99_per_cent() -> None:
    found = poisson_interval(10, confidence=0.99)

    assert (round(found.low, 2), round(found.high, 2)) == (3.72, 21.40)


@pytest.mark.parametrize(("count", "low"), [(0, 0.0), (1, 0.0513), (2, 0.355), (3, 0.818), (5, 1.970)])
def test_the_one_sided_bound(count: int, low: float) -> None:
    assert poisson_lower_bound(count) == pytest.approx(low, rel=2e-3)


@given(count=st.integers(1, 400), tail=st.sampled_from([0.005, 0.025, 0.05]))
def test_the_interval_is_exact(count: int, tail: float) -> None:
    """At its ends, as few or as many as were seen come out with exactly the probability of the tail."""
    found = poisson_interval(count, confidence=1 - 2 * tail)

    assert 1 - _cumulative(count - 1, found.low) == pytest.approx(tail, rel=1e-6)
    assert _cumulative(count, found.high) == pytest.approx(tail, rel=1e-6)


def _cumulative(count: int, mean: float) -> float:
    return math.fsum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count + 1))


@given(a=st.floats(0.05, 5_000), x=st.floats(0, 20_000))
def test_the_two_tails_add_up(a: float, x: float) -> None:
    assert 0 <= lower(a, x) <= 1
    assert lower(a, x) + upper(a, x) == pytest.approx(1, abs=1e-9)


@given(a=st.floats(0.1, 2_000), p=st.floats(0.0001, 0.9999))
def test_a_quantile_is_where_it_should_be(a: float, p: float) -> None:
    assert lower(a, quantile(a, p)) == pytest.approx(p, abs=1e-9)


def test_an_exponential_is_known_in_closed_form() -> None:
    assert lower(1, 0.7) == pytest.approx(1 - math.exp(-0.7), rel=1e-12)
    assert upper(1, 60) == pytest.approx(math.exp(-60), rel=1e-10)


def test_large_counts_come_near_the_normal_approximation() -> None:
    found = poisson_interval(1_000_000)

    assert found.low == pytest.approx(1_000_000 - 1.959964 * 1000, rel=1e-5)
    assert found.high == pytest.approx(1_000_000 + 1.959964 * 1000, rel=1e-5)


def test_how_probable_it_is_to_be_above() -> None:
    assert probability_above(0.4e-6, count=0, exposure=0) == 1.0
    assert probability_above(0.4e-6, count=5, exposure=1e6) > 0.99
    assert probability_above(0.4e-6, count=0, exposure=1e8) < 1e-9


@pytest.mark.parametrize(("a", "x"), [(0, 1), (-1, 1), (1, -0.1), (math.inf, 1), (math.nan, 1)])
def test_outside_of_what_is_defined(a: float, x: float) -> None:
    with pytest.raises(ValueError):
        lower(a, x)


@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5])
def test_no_probability(p: float) -> None:
    with pytest.raises(ValueError):
        quantile(1, p)


def test_counts_are_not_negative() -> None:
    with pytest.raises(ValueError):
        poisson_interval(-1)
    with pytest.raises(ValueError):
        probability_above(1, count=-1, exposure=1)
