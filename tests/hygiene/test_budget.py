"""How much may be asked, today and until the quarter ends."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.hygiene.budget import Spent, Terms, allowance, capacity, quarter_of, share_of_today
from xinfeng.hygiene.settings import PlanSettings

FREE = PlanSettings(per_month_fen=0)
TEN_FEN = Terms(price_li=100, per_day=0)


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 11, 22), date(2026, 10, 1), date(2026, 12, 31)),
        (date(2026, 1, 1), date(2026, 1, 1), date(2026, 3, 31)),
        (date(2028, 2, 29), date(2028, 1, 1), date(2028, 3, 31)),
        (date(2026, 6, 30), date(2026, 4, 1), date(2026, 6, 30)),
    ],
)
def test_quarters_are_the_calendars(day: date, first: date, last: date) -> None:
    assert quarter_of(day) == (first, last)


def test_without_limits_there_is_none() -> None:
    assert allowance(FREE, TEN_FEN, Spent()) is None
    assert capacity(FREE, TEN_FEN, Spent(), today=date(2026, 11, 22), last=date(2026, 12, 31)) is None


@pytest.mark.parametrize(
    ("settings", "terms", "spent", "expected"),
    [
        (PlanSettings(per_day=100, per_month_fen=0), TEN_FEN, Spent(today=40), 60),
        (PlanSettings(per_month=100, per_month_fen=0), TEN_FEN, Spent(month=100), 0),
        (PlanSettings(per_day_fen=55, per_month_fen=0), TEN_FEN, Spent(today_li=100), 4),
        (PlanSettings(per_month_fen=100), TEN_FEN, Spent(month_li=1000), 0),
        (FREE, Terms(100, per_day=7), Spent(of_provider=5), 2),
        (PlanSettings(per_day=9, per_month_fen=20), TEN_FEN, Spent(), 2),
        (PlanSettings(per_day=9, per_month_fen=20), Terms(0, 0), Spent(), 9),
    ],
)
def test_the_tightest_limit_holds(settings: PlanSettings, terms: Terms, spent: Spent, expected: int) -> None:
    assert allowance(settings, terms, spent) == expected


def test_capacity_adds_up_months() -> None:
    settings = PlanSettings(per_day=10, per_month=100, per_month_fen=0)
    # November: 9 days left but 70 of the month; December: 100 of the month
    spent = Spent(today=4, month=30)
    assert capacity(settings, TEN_FEN, spent, today=date(2026, 11, 22), last=date(2026, 12, 31)) == 70 + 100
    assert capacity(settings, TEN_FEN, spent, today=date(2026, 12, 30), last=date(2026, 12, 31)) == 6 + 10


@given(st.integers(-5, 10**7), st.integers(1, 92))
def test_even_shares_reach_the_need(needed: int, days: int) -> None:
    share = share_of_today(needed, days)
    assert share >= 0
    assert share * days >= needed
    assert share * days < max(0, needed) + days


limits = st.integers(0, 50)


@given(
    limits, limits, limits, limits, st.integers(0, 20), limits, st.dates(date(2026, 1, 1), date(2027, 12, 31))
)
def test_a_day_never_has_more_than_the_quarter(
    per_day: int, per_month: int, day_fen: int, month_fen: int, price: int, of_day: int, today: date
) -> None:
    settings = PlanSettings(
        per_day=per_day, per_month=per_month, per_day_fen=day_fen, per_month_fen=month_fen
    )
    terms = Terms(price, of_day)
    one, all_ = (
        allowance(settings, terms, Spent()),
        capacity(settings, terms, Spent(), today=today, last=quarter_of(today)[1]),
    )
    assert all_ is None or (one is not None and one <= all_)
