"""By when a request has to be answered. Pure, but for the settings that people change.

Days are calendar days of the enterprise's zone; a request is due at the end of its last day. The law counts in
working days where it counts at all: fifteen of them are three weeks, and a public holiday would only give more time,
so 21 calendar days are never late. (The calendar of holidays belongs to `policy`, a floor above.)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from xinfeng.foundation import audit, stored
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import business_day, day_bounds
from xinfeng.privacy.models import RequestKind

STORED_KEY = "privacy_deadlines"

MOST_DAYS = 30
"""GB/T 35273-2020, 8.7: answer within 30 days, free of charge; an extension ends there too."""

MOST_EXPORT_DAYS = 90


@dataclass(frozen=True)
class Term:
    """Days for one kind of request, and where the number comes from."""

    days: int
    source: str
    source_en: str


_FIFTEEN = (
    "15 个工作日，按三周计（参照 GB/T 35273-2020 8.5）",
    "15 working days, three weeks (GB/T 35273-2020, 8.5)",
)
_AT_ONCE = (
    "当天：停止要立即生效（个人信息保护法 15、24；算法推荐规定 17）",
    "The same day: to stop takes effect at once (PIPL 15, 24)",
)

DEFAULTS: dict[RequestKind, Term] = {
    **{kind: Term(21, *_FIFTEEN) for kind in RequestKind},
    RequestKind.NO_MARKETING: Term(0, *_AT_ONCE),
    RequestKind.NO_PERSONALISATION: Term(0, *_AT_ONCE),
}

DUE_SOON = timedelta(days=3)
"""A request is shown as due soon from then on."""

EXPORT_DAYS = 14
"""How long an export can be downloaded: our own choice, as short as a person needs to fetch it (PIPL, Art 19)."""


@dataclass(frozen=True)
class Deadlines:
    """Days by kind (calendar days, 0: the same day), and how long exports are kept."""

    days: dict[str, int]
    export_days: int


def deadlines() -> Deadlines:
    """Those in force."""
    said: dict[str, Any] = stored.read(STORED_KEY, {})
    days = {kind.value: said.get("days", {}).get(kind.value, term.days) for kind, term in DEFAULTS.items()}
    return Deadlines(days, said.get("export_days", EXPORT_DAYS))


def change_deadlines(*, days: dict[str, int], export_days: int, actor: str) -> None:
    """Raises InvalidInput `request.days` (kind, at_most) for a number of days there is no ground for."""
    for kind, count in days.items():
        if kind not in RequestKind.values or not 0 <= count <= MOST_DAYS:
            raise InvalidInput("request.days", kind=kind, at_most=MOST_DAYS)
    if not 1 <= export_days <= MOST_EXPORT_DAYS:
        raise InvalidInput("request.days", kind="export", at_most=MOST_EXPORT_DAYS)
    before = deadlines()
    after = before.days | days
    stored.write(STORED_KEY, {"days": after, "export_days": export_days}, actor=actor)
    audit.record(
        actor=actor,
        action="request.deadlines",
        kind="setting",
        subject=STORED_KEY,
        days=after,
        export_days=export_days,
    )


def due(received_at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The end of the last day, as aware UTC."""
    return day_bounds(business_day(received_at, zone) + timedelta(days=days), zone)[1]


def latest(received_at: datetime, zone: ZoneInfo) -> datetime:
    """No extension goes beyond this."""
    return due(received_at, MOST_DAYS, zone)


def days_left(due_at: datetime, now: datetime, zone: ZoneInfo) -> int:
    """Whole days until the last day: 0 is today, negative is overdue."""
    return (business_day(due_at - timedelta(microseconds=1), zone) - business_day(now, zone)).days
