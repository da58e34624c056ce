"""How many numbers may be asked about, today and until the quarter ends. Pure: counts, money, calendar days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from xinfeng.hygiene.settings import PlanSettings
from xinfeng.kernel.money import LI_PER_FEN


@dataclass(frozen=True, slots=True)
class Spent:
    """What was asked and paid for already, at most: today and in this month; `of_provider` today with this account."""

    today: int = 0
    month: int = 0
    today_li: int = 0
    month_li: int = 0
    of_provider: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """An account's price for one number in tenths of a fen, and how many it answers a day (0: no limit)."""

    price_li: int
    per_day: int


def quarter_of(day: date) -> tuple[date, date]:
    """The first and the last day of the calendar quarter."""
    first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    after = date(first.year + (first.month == 10), (first.month + 3 - 1) % 12 + 1, 1)
    return first, after - timedelta(days=1)


def allowance(settings: PlanSettings, terms: Terms, spent: Spent) -> int | None:
    """How many numbers may still be asked about today; None: as many as one likes."""
    today = _least(
        _left(settings.per_day, spent.today),
        _affordable(settings.per_day_fen, spent.today_li, terms),
        _left(terms.per_day, spent.of_provider),
    )
    return _least(today, _month(settings, terms, spent))


def share_of_today(needed: int, days_left: int) -> int:
    """An even share of what the quarter still needs; `days_left` counts today."""
    return -(-max(0, needed) // max(1, days_left))


def capacity(settings: PlanSettings, terms: Terms, spent: Spent, *, today: date, last: date) -> int | None:
    """How many may be asked about from today to the last day of the quarter; None: as many as one likes."""
    whole_day = _least(
        _left(settings.per_day, 0), _affordable(settings.per_day_fen, 0, terms), _left(terms.per_day, 0)
    )
    whole_month = _month(settings, terms, Spent())
    total = 0
    month = today
    while month <= last:
        after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        days = (min(last + timedelta(days=1), after) - month).days
        here = month == today
        by_days = None if whole_day is None else whole_day * (days - here)
        if here and by_days is not None:
            by_days += allowance(settings, terms, spent) or 0
        possible = _least(by_days, _month(settings, terms, spent) if here else whole_month)
        if possible is None:
            return None
        total += possible
        month = after
    return total


def _month(settings: PlanSettings, terms: Terms, spent: Spent) -> int | None:
    return _least(
        _left(settings.per_month, spent.month), _affordable(settings.per_month_fen, spent.month_li, terms)
    )


def _left(limit: int, used: int) -> int | None:
    return max(0, limit - used) if limit else None


def _affordable(limit_fen: int, used_li: int, terms: Terms) -> int | None:
    if not limit_fen or not terms.price_li:
        return None
    return max(0, limit_fen * LI_PER_FEN - used_li) // terms.price_li


def _least(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)
