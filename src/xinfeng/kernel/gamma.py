"""The gamma distribution, and exact bounds for counts of rare events that rest on it. Pure.

`lower(a, x)` is the regularised incomplete gamma function P(a, x): the probability that a Gamma(a, 1) variable is at
most x. Below a + 1 it is summed as a series, above as a continued fraction by Lentz's method (Abramowitz and Stegun,
6.5.29 and 6.5.31; Press et al., Numerical Recipes, 6.2). Quantiles are found by bisection, which cannot run away.
"""

from __future__ import annotations

import math
from typing import NamedTuple

_EPSILON = 1e-15
_TINY = 1e-300
_MOST_TERMS = 100_000


class Interval(NamedTuple):
    """Both ends belong to it."""

    low: float
    high: float


def lower(a: float, x: float) -> float:
    """P(a, x) for a > 0 and x ≥ 0; ValueError otherwise."""
    _check(a, x)
    if x == 0:
        return 0.0
    if math.isinf(x):
        return 1.0
    return _series(a, x) if x < a + 1 else 1.0 - _fraction(a, x)


def upper(a: float, x: float) -> float:
    """1 − P(a, x), exact in the far tail too, where the difference would have lost every digit."""
    _check(a, x)
    if x == 0:
        return 1.0
    if math.isinf(x):
        return 0.0
    return 1.0 - _series(a, x) if x < a + 1 else _fraction(a, x)


def quantile(a: float, p: float) -> float:
    """The x with P(a, x) = p, for 0 ≤ p < 1."""
    if not 0 <= p < 1:
        raise ValueError(f"not a probability below 1: {p}")
    _check(a, 0.0)
    if p == 0:
        return 0.0
    low, high = 0.0, max(1.0, a)
    while lower(a, high) < p:
        low, high = high, 2 * high
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if lower(a, middle) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def chi_square_quantile(p: float, degrees: float) -> float:
    """The p-quantile of the chi-square distribution."""
    return 2 * quantile(degrees / 2, p)


def poisson_interval(count: int, *, confidence: float = 0.95) -> Interval:
    """The exact two-sided interval for the mean of a Poisson variable that came out as `count`
    (F. Garwood, Biometrika 28, 1936): χ²(α/2; 2k)/2 to χ²(1 − α/2; 2k + 2)/2."""
    if count < 0:
        raise ValueError(f"not a count: {count}")
    tail = (1 - confidence) / 2
    low = quantile(count, tail) if count else 0.0
    return Interval(low, quantile(count + 1, 1 - tail))


def poisson_lower_bound(count: int, *, confidence: float = 0.95) -> float:
    """The exact one-sided lower bound: the mean is at least this, with that confidence."""
    return quantile(count, 1 - confidence) if count > 0 else 0.0


def probability_above(rate: float, *, count: int, exposure: float) -> float:
    """How probable it is that the true rate (events per unit of exposure) lies above `rate`, after `count` events in
    `exposure`: the posterior Gamma(count + ½, exposure) of Jeffreys' prior, which prefers no rate over another."""
    if count < 0 or exposure < 0 or rate < 0:
        raise ValueError("counts, exposures and rates are not negative")
    return upper(count + 0.5, rate * exposure)


def _check(a: float, x: float) -> None:
    if not (a > 0 and math.isfinite(a) and x >= 0):
        raise ValueError(f"outside of what is defined: a={a}, x={x}")


def _front(a: float, x: float) -> float:
    return math.exp(a * math.log(x) - x - math.lgamma(a))


def _series(a: float, x: float) -> float:
    term = total = 1.0 / a
    for n in range(1, _MOST_TERMS):
        term *= x / (a + n)
        total += term
        if term < total * _EPSILON:
            break
    return min(1.0, total * _front(a, x))


def _fraction(a: float, x: float) -> float:
    b = x + 1 - a
    c = 1 / _TINY
    d = 1 / b if b else 1 / _TINY
    h = d
    for n in range(1, _MOST_TERMS):
        numerator = -n * (n - a)
        b += 2
        d = numerator * d + b
        d = 1 / (d if abs(d) > _TINY else _TINY)
        c = b + numerator / c
        c = c if abs(c) > _TINY else _TINY
        step = c * d
        h *= step
        if abs(step - 1) < _EPSILON:
            break
    return min(1.0, h * _front(a, x))
