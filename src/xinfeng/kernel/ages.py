"""When somebody is grown up. Pure."""

from __future__ import annotations

from datetime import date

ADULT_YEARS = 18


def youngest_adult(day: date) -> date:
    """The first birthday too late to be an adult on `day`: one is 18 from the day after the birthday on (the
    reading of 法释〔2006〕1号, Art 2, which errs on the careful side)."""
    if (day.month, day.day) == (2, 29):
        return date(day.year - ADULT_YEARS, 3, 1)
    return day.replace(year=day.year - ADULT_YEARS)
