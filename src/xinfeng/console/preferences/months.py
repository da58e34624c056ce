"""Months as people hang them on the wall: holidays, make-up workdays, days on which nothing is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from xinfeng.console.components.parts import Text
from xinfeng.kernel.time import day_bounds
from xinfeng.policy import reads
from xinfeng.policy.calendar import Calendar, MarkedDay
from xinfeng.policy.defaults import in_language
from xinfeng.policy.settings import PolicySettings
from xinfeng.policy.windows import next_windows

SHORT: dict[str, Text] = {"holiday": _("休"), "workday": _("班"), "blackout": _("禁发")}


@dataclass(frozen=True)
class Day:
    """`mark` is calendar.Mark or empty; `open_minutes` None where no trade was asked about."""

    day: date
    mark: str
    short: Text
    name: str
    provisional: bool
    today: bool
    open_minutes: int | None = None

    @property
    def is_closed(self) -> bool:
        return self.open_minutes == 0


@dataclass(frozen=True)
class Month:
    first: date
    weeks: list[list[Day | None]]


def month_of(
    first: date,
    *,
    today: date,
    settings: PolicySettings | None = None,
    trade: str = "",
    days: Calendar | None = None,
) -> Month:
    """The month that begins with `first`; with a trade, how long each day is open for it."""
    calendar = days or reads.calendar()
    following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    cells: list[Day | None] = [None] * first.weekday()
    for offset in range((following - first).days):
        day = first + timedelta(days=offset)
        minutes = _minutes(day, settings, trade, calendar) if settings is not None else None
        cells.append(_day(day, calendar.days.get(day), today, minutes))
    cells += [None] * (-len(cells) % 7)
    return Month(first, [cells[at : at + 7] for at in range(0, len(cells), 7)])


def months_from(today: date, *, settings: PolicySettings, trade: str, count: int = 2) -> list[Month]:
    """This month and those after it, as a trade may send in them."""
    calendar, found, first = reads.calendar(), [], today.replace(day=1)
    for _number in range(count):
        found.append(month_of(first, today=today, settings=settings, trade=trade, days=calendar))
        first = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return found


def _minutes(day: date, settings: PolicySettings, trade: str, calendar: Calendar) -> int:
    start, end = day_bounds(day, settings.zone)
    windows = next_windows(trade, start, calendar=calendar, settings=settings, horizon=end - start)
    return int(sum(((last - first).total_seconds() for first, last in windows), 0.0)) // 60


def _day(day: date, marked: MarkedDay | None, today: date, minutes: int | None) -> Day:
    if marked is None:
        return Day(day, "", "", "", False, day == today, minutes)
    name = in_language(marked.name, get_language() or "")
    return Day(
        day, str(marked.mark), SHORT[str(marked.mark)], name, marked.provisional, day == today, minutes
    )
