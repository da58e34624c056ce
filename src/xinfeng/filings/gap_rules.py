"""Days on which carriers take no filings, and how long a filing takes. Pure.

Carriers stop taking filings around Spring Festival; the days are announced by each vendor shortly before. The one
announcement with a public source (Huawei Cloud: 2025-01-23 to 2025-02-05, New Year's Day being 2025-01-29) gives the
distance by which gaps of years without one are expected; those are `provisional` until somebody enters the real days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

DAYS_BEFORE, DAYS_AFTER = 6, 7
"""From the first day of the gap of 2025 to New Year's Day, and from there to its last day."""
LONGEST_SEARCH = 400


@dataclass(frozen=True, slots=True)
class Gap:
    """`first_day` to `last_day`, both included. `carrier` 0 and `vendor` "" mean all."""

    name: str
    first_day: date
    last_day: date
    source: str
    provisional: bool = False
    carrier: int = 0
    vendor: str = ""
    id: int | None = None

    def covers(self, day: date, *, carrier: int = 0, vendor: str = "") -> bool:
        """Whether nothing is taken on `day` by this carrier over this vendor; 0 and "": by any."""
        concerned = (not self.carrier or not carrier or self.carrier == carrier) and (
            not self.vendor or not vendor or self.vendor == vendor
        )
        return concerned and self.first_day <= day <= self.last_day


def expected_gap(new_years_day: date) -> Gap:
    """The gap to expect around a Lunar New Year's Day."""
    return Gap(
        f"{new_years_day.year} 年春节",
        new_years_day - timedelta(days=DAYS_BEFORE),
        new_years_day + timedelta(days=DAYS_AFTER),
        "按华为云 2025 年春节公告（前 6 天至后 7 天）推算，尚无官方公告，请按服务商通知修改",
        provisional=True,
    )


@dataclass(frozen=True, slots=True)
class Duration:
    """How long a vendor says a filing takes, in workdays."""

    fastest: int
    slowest: int
    source: str
    source_en: str


DURATIONS: Mapping[str, Duration] = {
    "huawei": Duration(1, 5, "华为云：5 个工作日内", "Huawei Cloud: within 5 workdays"),
    "baidu": Duration(
        5, 10, "百度智能云：5–7 个工作日，部分运营商 7–10 个", "Baidu: 5–7 workdays, some carriers 7–10"
    ),
    "youzan": Duration(7, 10, "有赞：7–10 个工作日，不承诺", "Youzan: 7–10 workdays, no promise"),
}
USUAL = Duration(
    5,
    10,
    "产品默认值：各服务商公开时长（5–10 个工作日）的范围",
    "product default: the range vendors publish (5–10 workdays)",
)
"""For vendors that publish none."""


def duration_of(vendor: str) -> Duration:
    return DURATIONS.get(vendor, USUAL)


def weekday(day: date) -> bool:
    """Monday to Friday: for who has no calendar at hand."""
    return day.isoweekday() < 6


def in_force_by(
    submitted_on: date,
    workdays: int,
    *,
    gaps: Iterable[Gap],
    carrier: int = 0,
    vendor: str = "",
    is_workday: Callable[[date], bool] = weekday,
) -> date | None:
    """The day on which a filing handed in on `submitted_on` is in force after so many workdays; days of a gap don't
    count. None: more than LONGEST_SEARCH days ahead."""
    known = tuple(gaps)
    left, day = workdays, submitted_on
    for _ in range(LONGEST_SEARCH):
        if left == 0:
            return day
        day += timedelta(days=1)
        if is_workday(day) and not any(gap.covers(day, carrier=carrier, vendor=vendor) for gap in known):
            left -= 1
    return None


@dataclass(frozen=True, slots=True)
class Countdown:
    """A gap ahead: `last_chance` is the last day on which filings are taken, `days_left` until then; 0: today,
    negative: the gap has begun and ends on `gap.last_day`."""

    gap: Gap
    last_chance: date
    days_left: int


def countdown(gaps: Iterable[Gap], day: date, *, within: int) -> list[Countdown]:
    """Gaps that have begun or begin within so many days, the nearest first."""
    ahead = [gap for gap in gaps if gap.last_day >= day and (gap.first_day - day).days <= within]
    found = [
        Countdown(gap, gap.first_day - timedelta(days=1), (gap.first_day - day).days - 1) for gap in ahead
    ]
    return sorted(found, key=lambda one: (one.gap.first_day, one.gap.name))
