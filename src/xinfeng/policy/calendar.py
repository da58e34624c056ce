"""Days that differ from their weekday: public holidays, make-up workdays, days on which nothing may be sent. Pure.

The State Council announces a year's days off and make-up workdays in the autumn before. Until then a year is
`provisional` (statutory days only) or unknown, and what is not known is never passed off as a workday:
`workday` says PRESUMED or UNKNOWN, and doors show that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum, StrEnum
from functools import cached_property


class Mark(StrEnum):
    """Why a day is in the calendar; the values of models.DayKind."""

    HOLIDAY = "holiday"
    WORKDAY = "workday"
    BLACKOUT = "blackout"


@dataclass(frozen=True, slots=True)
class MarkedDay:
    """One entry. `source` names the notice or the person it comes from."""

    day: date
    mark: Mark
    name: str
    source: str
    provisional: bool = False


class Workday(Enum):
    """PRESUMED: by its weekday, in a year whose notice is not out. UNKNOWN: nothing is known of its year."""

    YES = "yes"
    NO = "no"
    PRESUMED = "presumed"
    UNKNOWN = "unknown"

    @property
    def serves(self) -> bool:
        """Whether a rule that needs a workday takes it; an unknown year never does."""
        return self in (Workday.YES, Workday.PRESUMED)


FEWEST_HOLIDAYS = 7
"""A year with fewer holidays than this is not known: the law has 13 (全国年节及纪念日放假办法), and some of them
may have been turned into blackout days. A company's own few days off don't make a year known."""


@dataclass(frozen=True)
class Calendar:
    """Marked days by date. A year is announced when enough of its holidays are there and not provisional."""

    days: Mapping[date, MarkedDay]

    @classmethod
    def of(cls, days: Iterable[MarkedDay]) -> Calendar:
        return cls({marked.day: marked for marked in days})

    @cached_property
    def _announced(self) -> dict[int, bool]:
        """Known years; whether their notice is out."""
        holidays = [marked for marked in self.days.values() if marked.mark is Mark.HOLIDAY]
        known = Counter(marked.day.year for marked in holidays)
        settled = Counter(marked.day.year for marked in holidays if not marked.provisional)
        return {
            year: settled[year] >= FEWEST_HOLIDAYS
            for year, count in known.items()
            if count >= FEWEST_HOLIDAYS
        }

    def is_blackout(self, day: date) -> bool:
        marked = self.days.get(day)
        return marked is not None and marked.mark is Mark.BLACKOUT

    def workday(self, day: date) -> Workday:
        """Whether people work on `day`: the marked ones first, then Monday to Friday of a known year."""
        marked = self.days.get(day)
        if marked is not None and marked.mark is Mark.HOLIDAY:
            return Workday.NO
        if marked is not None and marked.mark is Mark.WORKDAY:
            return Workday.PRESUMED if marked.provisional else Workday.YES
        if day.isoweekday() > 5:
            return Workday.NO
        announced = self._announced.get(day.year)
        if announced is None:
            return Workday.UNKNOWN
        return Workday.YES if announced else Workday.PRESUMED

    def doubtful(self, first: date, last: date) -> list[date]:
        """Days from `first` to `last`, both included, of which it isn't settled whether people work."""
        span = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
        return [day for day in span if self.workday(day) in (Workday.PRESUMED, Workday.UNKNOWN)]
