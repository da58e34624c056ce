"""Changing the rules on when may be sent: `policy` keeps them, and what is being sent obeys them at once.

Each is the action of `policy` of the same name, with what it raises. Cutting the plans comes after the rules are
saved, not within: a plan that could not be cut now is cut by the worker within seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from xinfeng.campaigns.narrowing import narrow
from xinfeng.policy import actions
from xinfeng.policy.calendar import MarkedDay
from xinfeng.policy.settings import DailyWindow, PolicySettings


def save_settings(
    value: Mapping[str, Any],
    *,
    actor: str,
    now: datetime,
    effective_from: datetime | None = None,
    why: str = "",
) -> PolicySettings:
    settings = actions.save_settings(value, actor=actor, now=now, effective_from=effective_from, why=why)
    narrow(now=now)
    return settings


def save_windows(
    trade: str,
    windows: Sequence[DailyWindow],
    *,
    actor: str,
    now: datetime,
    effective_from: datetime | None = None,
    why: str = "",
) -> None:
    actions.save_windows(trade, windows, actor=actor, now=now, effective_from=effective_from, why=why)
    narrow(now=now)


def withdraw_change(change_id: int, *, actor: str, now: datetime) -> None:
    """Plans that were cut to the change stay as they are: they never gain time."""
    actions.withdraw_change(change_id, actor=actor, now=now)


def mark_day(marked: MarkedDay, *, actor: str, now: datetime) -> None:
    actions.mark_day(marked, actor=actor)
    narrow(now=now)


def unmark_day(day: date, *, actor: str, now: datetime) -> None:
    actions.unmark_day(day, actor=actor)
    narrow(now=now)
