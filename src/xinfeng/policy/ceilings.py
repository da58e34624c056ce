"""Ceilings: how many messages one person may get, per purpose and span, and per tier. Pure.

They bind across all campaigns, count planned messages and are spans of business days that end with the day of
sending: a day, 7 days, 30 days. The tier caps (feature D2) come on top, for marketing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from xinfeng.kernel.errors import InvalidInput

DAY, WEEK, MONTH = 1, 7, 30
"""The spans in business days; a month is thirty of them, so that no first of the month opens a gap."""

MOST_PER_DAY = 10
"""Above this carriers refuse anyway (Huawei: 10 in 24 hours)."""
LONGEST_CAP_DAYS = 366

TIERS = ("none", "new", "active", "dormant", "potential", "industry")
"""contacts.Tier by name."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """At most so many messages of one purpose to one person; None: no ceiling for that span."""

    day: int | None = None
    week: int | None = None
    month: int | None = None

    def within(self, days: int) -> int | None:
        return {DAY: self.day, WEEK: self.week, MONTH: self.month}[days]

    @property
    def spans(self) -> tuple[int, ...]:
        """The spans that have a ceiling, ascending."""
        return tuple(days for days in (DAY, WEEK, MONTH) if self.within(days) is not None)


DEFAULT_CEILINGS: Mapping[str, Ceiling] = {"marketing": Ceiling(1, 2, 4), "service": Ceiling()}
"""Marketing: what the product ships with (reference 2.6: far below what vendors allow a number). Service messages
answer what a person did, so there is no ceiling until the enterprise sets one."""

BEFORE_MONTHS = Ceiling(1, 2, None)
"""What held in rules that were stored before there were ceilings per month."""

CODES = {DAY: "policy.per_day", WEEK: "policy.per_week", MONTH: "policy.per_month"}


@dataclass(frozen=True, slots=True)
class TierCap:
    """At most `messages` marketing messages within `days` business days, the day of sending included."""

    messages: int
    days: int


DEFAULT_TIER_CAPS: Mapping[str, TierCap] = {
    "none": TierCap(2, 30),
    "new": TierCap(4, 30),
    "active": TierCap(2, 30),
    "dormant": TierCap(1, 90),
    "potential": TierCap(2, 30),
    "industry": TierCap(2, 30),
}
"""Feature D2: new at most 4 in the first month, active 2 a month, dormant 1 a quarter; the others like active."""


@dataclass(frozen=True)
class Caps:
    """All ceilings of one moment."""

    ceilings: Mapping[str, Ceiling] = field(default_factory=lambda: dict(DEFAULT_CEILINGS))
    tiers: Mapping[str, TierCap] = field(default_factory=lambda: dict(DEFAULT_TIER_CAPS))


def read_ceilings(value: Any, before: Mapping[str, Ceiling]) -> dict[str, Ceiling]:
    """`{"marketing": {"day": 1, "week": 2, "month": 4}}`; what is not stated stays as in `before`.

    Raises InvalidInput `policy.ceiling` for another shape, and as `check_ceiling` does.
    """
    if not isinstance(value, Mapping):
        raise InvalidInput("policy.ceiling", purpose="")
    found = dict(before)
    for purpose, spans in value.items():
        if purpose not in DEFAULT_CEILINGS or not isinstance(spans, Mapping):
            raise InvalidInput("policy.ceiling", purpose=str(purpose)[:20])
        if not set(spans) <= {"day", "week", "month"}:
            raise InvalidInput("policy.ceiling", purpose=purpose)
        found[purpose] = replace(found[purpose], **spans)
        check_ceiling(found[purpose], purpose)
    return found


def check_ceiling(ceiling: Ceiling, purpose: str) -> None:
    """Raises InvalidInput `policy.per_day`, `policy.per_week`, `policy.per_month`."""
    for days, code in CODES.items():
        limit = ceiling.within(days)
        if limit is not None and not is_count(limit, MOST_PER_DAY * days):
            raise InvalidInput(code, at_most=MOST_PER_DAY * days, purpose=purpose)


def ceilings_json(ceilings: Mapping[str, Ceiling]) -> dict[str, dict[str, int | None]]:
    return {
        purpose: {"day": one.day, "week": one.week, "month": one.month} for purpose, one in ceilings.items()
    }


def read_tier_caps(value: Any) -> dict[str, TierCap]:
    """`{"dormant": [1, 90]}`. Raises InvalidInput `policy.tier_cap`."""
    if not isinstance(value, Mapping):
        raise InvalidInput("policy.tier_cap", tier="")
    caps = {}
    for tier, cap in value.items():
        if tier not in TIERS or not isinstance(cap, list | tuple) or len(cap) != 2:
            raise InvalidInput("policy.tier_cap", tier=str(tier)[:20])
        caps[str(tier)] = TierCap(cap[0], cap[1])
    return caps


def check_tier_caps(caps: Mapping[str, TierCap]) -> None:
    """Raises InvalidInput `policy.tier_cap`."""
    for tier, cap in caps.items():
        days_fit = type(cap.days) is int and 1 <= cap.days <= LONGEST_CAP_DAYS
        if not days_fit or not is_count(cap.messages, MOST_PER_DAY * cap.days):
            raise InvalidInput("policy.tier_cap", tier=tier)


def is_count(value: object, at_most: int) -> bool:
    return type(value) is int and 0 <= value <= at_most
