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
from xinfeng.policy.ceilings import (
    BEFORE_MONTHS,
    DEFAULT_CEILINGS,
    DEFAULT_TIER_CAPS,
    Ceiling,
    TierCap,
    ceilings_json,
    check_ceiling,
    check_tier_caps,
    read_ceilings,
    read_tier_caps,
)

HARD_EARLIEST = time(8, 0)
HARD_LATEST = time(21, 0)
BOUNDS_SOURCE = (
    "短信服务商营销规则之交集（华为云 08:00–21:00，火山引擎 21:00–08:00 禁发）；法律未规定具体时段",
    "what vendors' marketing rules have in common (Huawei Cloud 08:00–21:00, Volcengine never 21:00–08:00); "
    "the law names no hours",
)
CAPS_SOURCE = (
    "产品默认值（营销每日 1 条、七天 2 条、30 天 4 条），可在这里修改：短信服务商公开的单号上限远高于人的容忍度，故另设上限",
    "product defaults (marketing: 1 a day, 2 in 7 days, 4 in 30), to be changed here: what vendors' public rules allow "
    "a number is far above what people put up with",
)
"""Chinese, English."""


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


@dataclass(frozen=True)
class PolicySettings:
    """What is in force. `service_hours` None: service messages may go at any time of day."""

    earliest: time = HARD_EARLIEST
    latest: time = HARD_LATEST
    service_hours: tuple[time, time] | None = None
    ceilings: Mapping[str, Ceiling] = field(default_factory=lambda: dict(DEFAULT_CEILINGS))
    tier_caps: Mapping[str, TierCap] = field(default_factory=lambda: dict(DEFAULT_TIER_CAPS))
    windows: Mapping[str, Sequence[DailyWindow]] = field(default_factory=dict)
    zone: ZoneInfo = SHANGHAI

    def ceiling(self, purpose: str) -> Ceiling:
        """Of a purpose nobody set any ceilings for: none."""
        return self.ceilings.get(purpose, Ceiling())

    def stored(self) -> dict[str, Any]:
        """The JSON form kept under `policy` (windows are a table of their own, the zone is the deployment's)."""
        hours = self.service_hours
        return {
            "earliest": _hhmm(self.earliest),
            "latest": _hhmm(self.latest),
            "service_hours": [_hhmm(hours[0]), _hhmm(hours[1])] if hours else None,
            "ceilings": ceilings_json(self.ceilings),
            "tier_caps": {tier: [cap.messages, cap.days] for tier, cap in self.tier_caps.items()},
        }


def read_stored(value: Mapping[str, Any], base: PolicySettings | None = None) -> PolicySettings:
    """Settings from their JSON form; what is not stated keeps its default.

    `per_day` and `per_week` are how the ceilings on marketing were kept before there were ceilings per purpose and
    month; they still read, and a whole set of rules of that time had no ceiling per month.

    Raises InvalidInput `policy.unknown_setting`, `policy.time`, and whatever `check` finds.
    """
    settings = base or PolicySettings()
    known = settings.stored()
    if strange := sorted(set(value) - set(known) - {"per_day", "per_week"}):
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
        ceilings=_read_ceilings(value, settings.ceilings),
        tier_caps={**settings.tier_caps, **read_tier_caps(given["tier_caps"])},
    )
    check(settings)
    return settings


def _read_ceilings(value: Mapping[str, Any], before: Mapping[str, Ceiling]) -> dict[str, Ceiling]:
    former = {span: value[key] for span, key in (("day", "per_day"), ("week", "per_week")) if key in value}
    if {"earliest", "per_day", "per_week"} <= set(value) and "ceilings" not in value:
        before = {**before, "marketing": BEFORE_MONTHS}
    found = read_ceilings(value.get("ceilings", {}), before)
    return read_ceilings({"marketing": former}, found) if former else found


def check(settings: PolicySettings) -> None:
    """Raises InvalidInput: `policy.outer_bounds` (only within 08:00–21:00), `policy.service_hours`,
    `policy.per_day`, `policy.per_week`, `policy.per_month`, `policy.tier_cap`, and what `check_window` raises."""
    if not HARD_EARLIEST <= settings.earliest < settings.latest <= HARD_LATEST:
        raise InvalidInput("policy.outer_bounds", earliest=_hhmm(HARD_EARLIEST), latest=_hhmm(HARD_LATEST))
    if settings.service_hours is not None and settings.service_hours[0] >= settings.service_hours[1]:
        raise InvalidInput("policy.service_hours")
    for purpose, ceiling in settings.ceilings.items():
        check_ceiling(ceiling, purpose)
    check_tier_caps(settings.tier_caps)
    for windows in settings.windows.values():
        check_windows(windows)


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


def window_from_json(value: Mapping[str, Any]) -> DailyWindow:
    """The opposite of `window_as_json`. Raises InvalidInput `policy.time`, `policy.window` for another shape."""
    try:
        return DailyWindow(
            parse_time(value["starts"]),
            parse_time(value["ends"]),
            frozenset(map(int, value["weekdays"])),
            bool(value["workdays_only"]),
            str(value["source"]),
        )
    except (KeyError, TypeError, ValueError):
        raise InvalidInput("policy.window", starts="", ends="") from None


def window_as_json(window: DailyWindow) -> dict[str, Any]:
    """For snapshots: what explain shows a year later."""
    return {
        "starts": _hhmm(window.starts),
        "ends": _hhmm(window.ends),
        "weekdays": sorted(window.weekdays),
        "workdays_only": window.workdays_only,
        "source": window.source,
    }
