"""Peak days, on which bulk sending has to be announced (feature D4). Pure.

Which days those are, how many messages count as bulk and how long in advance the number has to be asked for differ by
carrier and contract; what ships is the product's own proposal and can be changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from xinfeng.kernel.errors import InvalidInput

SOURCE = (
    "产品默认值：大促日、条数和提前天数没有公开的统一规定，请按与运营商或服务商的约定修改",
    "product defaults: no rule on peak days, numbers and lead time is published; set what your carrier or vendor asks",
)
"""Chinese, English."""
MOST_PEAKS = 40
LONGEST_PEAK_DAYS = 31


@dataclass(frozen=True, slots=True)
class Peak:
    """A peak that comes every year: `days` from this day of this month on."""

    name: str
    month: int
    day: int
    days: int = 1


@dataclass(frozen=True, slots=True)
class PeakSettings:
    """`threshold`: messages a day over one channel above which a number is needed. `lead_days`: how long before its
    first day it must be asked for. `holidays`: the names of holidays of the calendar that are peaks too."""

    threshold: int = 100_000
    lead_days: int = 10
    peaks: tuple[Peak, ...] = (
        Peak("618", 6, 16, 3),
        Peak("双11", 11, 10, 2),
        Peak("双12", 12, 12),
        Peak("年终", 12, 30, 2),
    )
    holidays: tuple[str, ...] = ("春节", "国庆节")

    def stored(self) -> dict[str, Any]:
        return {
            "threshold": self.threshold,
            "lead_days": self.lead_days,
            "peaks": [[one.name, one.month, one.day, one.days] for one in self.peaks],
            "holidays": list(self.holidays),
        }


def read_settings(value: Mapping[str, Any]) -> PeakSettings:
    """From the stored form; what is not stated has its default. Raises InvalidInput `peaks.setting` (setting)."""
    given = {**PeakSettings().stored(), **value}
    if strange := sorted(set(given) - set(PeakSettings().stored())):
        raise InvalidInput("peaks.setting", setting=strange[0][:40])
    for name, least, most in (("threshold", 1, 1_000_000_000), ("lead_days", 0, 90)):
        if type(given[name]) is not int or not least <= given[name] <= most:
            raise InvalidInput("peaks.setting", setting=name)
    holidays = given["holidays"]
    if not isinstance(holidays, list | tuple) or not all(
        isinstance(one, str) and 0 < len(one.strip()) <= 40 for one in holidays
    ):
        raise InvalidInput("peaks.setting", setting="holidays")
    return PeakSettings(
        given["threshold"],
        given["lead_days"],
        tuple(_peak(one) for one in _listed(given["peaks"])),
        tuple(dict.fromkeys(one.strip() for one in holidays)),
    )


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple) or len(value) > MOST_PEAKS:
        raise InvalidInput("peaks.setting", setting="peaks")
    return list(value)


def _peak(value: Any) -> Peak:
    if not isinstance(value, list | tuple) or len(value) != 4 or not isinstance(value[0], str):
        raise InvalidInput("peaks.setting", setting="peaks")
    name, (month, day, days) = value[0].strip(), value[1:]
    numbers = all(type(one) is int for one in (month, day, days))
    if not (0 < len(name) <= 40 and numbers and 1 <= days <= LONGEST_PEAK_DAYS):
        raise InvalidInput("peaks.setting", setting="peaks")
    try:
        date(2028, month, day)  # a leap year
    except ValueError:
        raise InvalidInput("peaks.setting", setting="peaks") from None
    return Peak(name, month, day, days)


def peak_days(
    settings: PeakSettings, holidays: Mapping[date, str], first: date, last: date
) -> dict[date, str]:
    """The peak days from `first` to `last`, both included, with their names, in order. `holidays`: days off by date."""
    found = {day: name for day, name in holidays.items() if name in settings.holidays}
    for year in range(first.year - 1, last.year + 1):
        for peak in settings.peaks:
            found |= dict.fromkeys(_days_of(peak, year), peak.name)
    return {day: found[day] for day in sorted(found) if first <= day <= last}


def _days_of(peak: Peak, year: int) -> list[date]:
    try:
        first = date(year, peak.month, peak.day)
    except ValueError:  # 29 February
        return []
    return [first + timedelta(days=more) for more in range(peak.days)]


@dataclass(frozen=True, slots=True)
class PeakAhead:
    """A run of peak days of one name. `ask_by`: the last day to ask for the number; `days_left` until then, negative
    when it has passed. `covered`: on how many of its days some channel has a number in force."""

    name: str
    first_day: date
    last_day: date
    ask_by: date
    days_left: int
    covered: bool


def ahead(
    days: Mapping[date, str], today: date, *, lead_days: int, covered: Iterable[date] = ()
) -> list[PeakAhead]:
    """The runs of peak days that have not passed, the nearest first."""
    have = frozenset(covered)
    runs: list[tuple[str, list[date]]] = []
    for day, name in sorted(days.items()):
        if runs and runs[-1][0] == name and day - runs[-1][1][-1] == timedelta(days=1):
            runs[-1][1].append(day)
        else:
            runs.append((name, [day]))
    found = []
    for name, run in runs:
        if run[-1] >= today:
            ask_by = run[0] - timedelta(days=lead_days)
            found.append(
                PeakAhead(name, run[0], run[-1], ask_by, (ask_by - today).days, covered=have >= set(run))
            )
    return found
