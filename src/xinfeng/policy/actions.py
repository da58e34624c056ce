"""Writes of the policy slice: the rules, the windows of a trade, the calendar. Each is audited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction

from xinfeng.foundation import audit, stored
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.policy.calendar import FEWEST_HOLIDAYS, Mark, MarkedDay
from xinfeng.policy.models import CalendarDay, DayKind, SendWindow, Trade
from xinfeng.policy.reads import STORED_KEY, current_settings
from xinfeng.policy.settings import DailyWindow, PolicySettings, check_windows, read_stored

LONGEST_NAME = 40
LONGEST_SOURCE = 200


def save_settings(value: Mapping[str, Any], *, actor: str) -> PolicySettings:
    """Change the rules; what `value` does not state stays. Raises InvalidInput as `settings.read_stored` does."""
    with transaction.atomic():
        before = current_settings()
        settings = read_stored({**before.stored(), **value}, before)
        stored.write(STORED_KEY, settings.stored(), actor=actor)
        changed = {key: new for key, new in settings.stored().items() if before.stored()[key] != new}
        audit.record(actor=actor, action="policy.settings_saved", kind="policy", **changed)
    return settings


def save_windows(trade: str, windows: Sequence[DailyWindow], *, actor: str) -> None:
    """Replace the windows of a trade; without any, it has those of `other`.

    Raises InvalidInput `policy.trade`, `policy.other_needs_windows`, and as `settings.check_windows` does.
    """
    if trade not in Trade.values:
        raise InvalidInput("policy.trade", trade=trade[:20], known=list(Trade.values))
    if trade == Trade.OTHER and not windows:
        raise InvalidInput("policy.other_needs_windows")
    check_windows(windows)
    with transaction.atomic():
        SendWindow.objects.filter(trade=trade).delete()
        SendWindow.objects.bulk_create(
            SendWindow(
                trade=trade,
                starts=window.starts,
                ends=window.ends,
                weekdays=sorted(window.weekdays),
                workdays_only=window.workdays_only,
                source=window.source.strip()[:LONGEST_SOURCE],
            )
            for window in windows
        )
        audit.record(
            actor=actor, action="policy.windows_saved", kind="trade", subject=trade, windows=_spans(windows)
        )


def _spans(windows: Sequence[DailyWindow]) -> list[str]:
    return [f"{window.starts:%H:%M}–{window.ends:%H:%M}" for window in windows]


def mark_day(marked: MarkedDay, *, actor: str) -> None:
    """Put a day into the calendar, or change it. Raises InvalidInput `policy.day`."""
    _check_day(marked)
    with transaction.atomic():
        CalendarDay.objects.update_or_create(day=marked.day, defaults=_columns(marked))
        audit.record(
            actor=actor,
            action="policy.day_marked",
            kind="day",
            subject=marked.day,
            mark=str(marked.mark),
            name=marked.name,
        )


def unmark_day(day: date, *, actor: str) -> None:
    """Take a day out of the calendar. Raises NotFound `policy.day_unknown`."""
    with transaction.atomic():
        deleted, _ = CalendarDay.objects.filter(day=day).delete()
        if not deleted:
            raise NotFound("policy.day_unknown", day=day.isoformat())
        audit.record(actor=actor, action="policy.day_unmarked", kind="day", subject=day)


def announce_year(year: int, days: Sequence[MarkedDay], *, actor: str) -> None:
    """Take over the official notice of a year: its holidays and make-up workdays replace what was there;
    blackout days stay. Raises InvalidInput `policy.day`, and `policy.year` for other years' days or fewer
    holidays than any notice has."""
    for marked in days:
        _check_day(marked)
    by_day = {marked.day: marked for marked in days}
    holidays = sum(marked.mark is Mark.HOLIDAY and not marked.provisional for marked in by_day.values())
    if holidays < FEWEST_HOLIDAYS or any(day.year != year for day in by_day):
        raise InvalidInput("policy.year", year=year, at_least=FEWEST_HOLIDAYS)
    with transaction.atomic():
        of_year = CalendarDay.objects.filter(day__year=year)
        blackouts = set(of_year.filter(kind=DayKind.BLACKOUT).values_list("day", flat=True))
        of_year.exclude(kind=DayKind.BLACKOUT).delete()
        CalendarDay.objects.bulk_create(
            CalendarDay(day=day, **_columns(marked)) for day, marked in by_day.items() if day not in blackouts
        )
        audit.record(actor=actor, action="policy.year_announced", kind="year", subject=year, days=len(by_day))


def _check_day(marked: MarkedDay) -> None:
    if not marked.name.strip() or not marked.source.strip():
        raise InvalidInput("policy.day", day=marked.day.isoformat())
    if len(marked.name) > LONGEST_NAME or len(marked.source) > LONGEST_SOURCE:
        raise InvalidInput("policy.day", day=marked.day.isoformat())


def _columns(marked: MarkedDay) -> dict[str, Any]:
    return {
        "kind": str(marked.mark),
        "name": marked.name.strip(),
        "source": marked.source.strip(),
        "provisional": marked.provisional,
    }
