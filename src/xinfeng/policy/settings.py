"""The rules people may set: outer bounds, windows per trade, ceilings. Pure; `policy.reads` loads them.

Bounds can only be narrowed. No statute names hours for marketing messages; 08:00 to 21:00 is what the vendors'
rules have in common (Huawei IoTCom 08:00–21:00, Volcengine no sending 21:00–08:00), so it is the hard bound here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import SHANGHAI

HARD_EARLIEST = time(8, 0)
HARD_LATEST = time(21, 0)
BOUNDS_SOURCE = (
    "短信服务商营销规则之交集（华为云 08:00–21:00，火山引擎 21:00–08:00 禁发）；法律未规定具体时段",
    "what vendors' marketing rules have in common (Huawei Cloud 08:00–21:00, Volcengine never 21:00–08:00); "
    "the law names no hours",
)
CAPS_SOURCE = (
    "产品默认值（每日 1 条、每周 2 条），可在这里修改：短信服务商公开的单号上限远高于人的容忍度，故另设上限",
    "product defaults (1 a day, 2 a week), to be changed here: what vendors' public rules allow a number "
    "is far above what people put up with",
)
"""Chinese, English."""

MOST_PER_DAY = 10
"""Above this carriers refuse anyway (Huawei: 10 in 24 hours)."""
LONGEST_CAP_DAYS = 366

TIERS = ("none", "new", "active", "dormant", "potential", "industry")
"""contacts.Tier by name."""


@dataclass(frozen=True, slots=True)
class DailyWindow:
    """A time of day in which may be sent: `[starts, ends)` in the enterprise's zone, on these ISO weekdays.

    `workdays_only` asks the calendar as well; keep all seven weekdays then, or make-up workdays on a weekend
    are lost.
    """

    starts: time
    ends: time
    weekdays: frozenset[int] = frozenset(range(1, 8))
    workdays_only: bool = False
    source: str = ""


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
class PolicySettings:
    """What is in force. `service_hours` None: service messages may go at any time of day."""

    earliest: time = HARD_EARLIEST
    latest: time = HARD_LATEST
    service_hours: tuple[time, time] | None = None
    per_day: int = 1
    per_week: int = 2
    tier_caps: Mapping[str, TierCap] = field(default_factory=lambda: dict(DEFAULT_TIER_CAPS))
    windows: Mapping[str, Sequence[DailyWindow]] = field(default_factory=dict)
    zone: ZoneInfo = SHANGHAI

    def stored(self) -> dict[str, Any]:
        """The JSON form kept under `policy` (windows are a table of their own, the zone is the deployment's)."""
        hours = self.service_hours
        return {
            "earliest": _hhmm(self.earliest),
            "latest": _hhmm(self.latest),
            "service_hours": [_hhmm(hours[0]), _hhmm(hours[1])] if hours else None,
            "per_day": self.per_day,
            "per_week": self.per_week,
            "tier_caps": {tier: [cap.messages, cap.days] for tier, cap in self.tier_caps.items()},
        }


def read_stored(value: Mapping[str, Any], base: PolicySettings | None = None) -> PolicySettings:
    """Settings from their JSON form; what is not stated keeps its default.

    Raises InvalidInput `policy.unknown_setting`, `policy.time`, and whatever `check` finds.
    """
    settings = base or PolicySettings()
    known = settings.stored()
    if strange := sorted(set(value) - set(known)):
        raise InvalidInput("policy.unknown_setting", setting=strange[0][:40], known=sorted(known))
    given = {**known, **value}
    hours = given["service_hours"]
    if hours is not None and not (isinstance(hours, list | tuple) and len(hours) == 2):
        raise InvalidInput("policy.service_hours")
    settings = replace(
        settings,
        earliest=parse_time(given["earliest"]),
        latest=parse_time(given["latest"]),
        service_hours=(parse_time(hours[0]), parse_time(hours[1])) if hours is not None else None,
        per_day=given["per_day"],
        per_week=given["per_week"],
        tier_caps={**DEFAULT_TIER_CAPS, **_read_caps(given["tier_caps"])},
    )
    check(settings)
    return settings


def _read_caps(value: Any) -> dict[str, TierCap]:
    if not isinstance(value, Mapping):
        raise InvalidInput("policy.tier_cap", tier="")
    caps = {}
    for tier, cap in value.items():
        if tier not in TIERS or not isinstance(cap, list | tuple) or len(cap) != 2:
            raise InvalidInput("policy.tier_cap", tier=str(tier)[:20])
        caps[str(tier)] = TierCap(cap[0], cap[1])
    return caps


def check(settings: PolicySettings) -> None:
    """Raises InvalidInput: `policy.outer_bounds` (only within 08:00–21:00), `policy.service_hours`,
    `policy.per_day`, `policy.per_week`, `policy.tier_cap`, and what `check_window` raises."""
    if not HARD_EARLIEST <= settings.earliest < settings.latest <= HARD_LATEST:
        raise InvalidInput("policy.outer_bounds", earliest=_hhmm(HARD_EARLIEST), latest=_hhmm(HARD_LATEST))
    if settings.service_hours is not None and settings.service_hours[0] >= settings.service_hours[1]:
        raise InvalidInput("policy.service_hours")
    if not _is_count(settings.per_day, MOST_PER_DAY):
        raise InvalidInput("policy.per_day", at_most=MOST_PER_DAY)
    if not _is_count(settings.per_week, MOST_PER_DAY * 7):
        raise InvalidInput("policy.per_week", at_most=MOST_PER_DAY * 7)
    for tier, cap in settings.tier_caps.items():
        days_fit = type(cap.days) is int and 1 <= cap.days <= LONGEST_CAP_DAYS
        if not days_fit or not _is_count(cap.messages, MOST_PER_DAY * cap.days):
            raise InvalidInput("policy.tier_cap", tier=tier)
    for windows in settings.windows.values():
        check_windows(windows)


def _is_count(value: object, at_most: int) -> bool:
    return type(value) is int and 0 <= value <= at_most


def check_windows(windows: Sequence[DailyWindow]) -> None:
    """Raises InvalidInput `policy.window` (order, weekdays, hard bounds) or `policy.window_source`."""
    for window in windows:
        ordered = HARD_EARLIEST <= window.starts < window.ends <= HARD_LATEST
        if not ordered or not window.weekdays or not window.weekdays <= frozenset(range(1, 8)):
            raise InvalidInput("policy.window", starts=_hhmm(window.starts), ends=_hhmm(window.ends))
        if not window.source.strip():
            raise InvalidInput("policy.window_source", starts=_hhmm(window.starts))


def parse_time(value: Any) -> time:
    """`09:30` → time. Raises InvalidInput `policy.time`."""
    try:
        found = time.fromisoformat(value)
    except (TypeError, ValueError):
        raise InvalidInput("policy.time", text=str(value)[:20]) from None
    if found.tzinfo is not None:
        raise InvalidInput("policy.time", text=str(value)[:20])
    return found


def _hhmm(at: time) -> str:
    return at.isoformat("minutes") if not at.second else at.isoformat("seconds")


def window_as_json(window: DailyWindow) -> dict[str, Any]:
    """For snapshots: what explain shows a year later."""
    return {
        "starts": _hhmm(window.starts),
        "ends": _hhmm(window.ends),
        "weekdays": sorted(window.weekdays),
        "workdays_only": window.workdays_only,
        "source": window.source,
    }
