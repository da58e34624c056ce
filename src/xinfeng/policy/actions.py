"""Writes of the policy slice: the rules, the windows of a trade, the calendar. Each is audited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from xinfeng.foundation import audit
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.policy.calendar import FEWEST_HOLIDAYS, Mark, MarkedDay
from xinfeng.policy.models import CalendarDay, DayKind, RuleChange, Trade
from xinfeng.policy.reads import timeline
from xinfeng.policy.settings import DailyWindow, PolicySettings, check_windows, read_stored, window_as_json
from xinfeng.policy.timeline import Kind, difference

FURTHEST = timedelta(days=730)
"""How far ahead a change may be scheduled."""
LONGEST_NAME = 40
LONGEST_SOURCE = 200


def save_settings(
    value: Mapping[str, Any],
    *,
    actor: str,
    now: datetime,
    effective_from: datetime | None = None,
    why: str = "",
) -> PolicySettings:
    """Change the rules, at once or from a later moment on; what `value` does not state stays. Returns what holds then.

    Raises InvalidInput as `settings.read_stored` does, also where the change does not go with one that takes effect
    later; `policy.effective_from` for a moment that is past, or years away.
    """
    since = _since(effective_from, now)
    with transaction.atomic():
        _take_turn()
        before = timeline().at(since)
        settings = read_stored(value, before)
        if changed := difference(before.stored(), settings.stored()):
            _record(Kind.SETTINGS, "", changed, since=since, now=now, actor=actor, why=why)
            audit.record(
                actor=actor, action="policy.settings_saved", kind="policy", **changed, **_from(since, now)
            )
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
    """Replace the windows of a trade, at once or from a later moment on; without any, it has those of `other`.

    Raises InvalidInput `policy.trade`, `policy.other_needs_windows`, `policy.effective_from`, and as
    `settings.check_windows` does.
    """
    if trade not in Trade.values:
        raise InvalidInput("policy.trade", trade=trade[:20], known=list(Trade.values))
    if trade == Trade.OTHER and not windows:
        raise InvalidInput("policy.other_needs_windows")
    check_windows(windows)
    since = _since(effective_from, now)
    kept = [replace(one, source=one.source.strip()[:LONGEST_SOURCE]) for one in windows]
    with transaction.atomic():
        _take_turn()
        if list(timeline().at(since).windows.get(trade, ())) == kept:
            return
        value = [window_as_json(one) for one in kept]
        _record(Kind.WINDOWS, trade, value, since=since, now=now, actor=actor, why=why)
        audit.record(
            actor=actor,
            action="policy.windows_saved",
            kind="trade",
            subject=trade,
            windows=_spans(windows),
            **_from(since, now),
        )


def withdraw_change(change_id: int, *, actor: str, now: datetime) -> None:
    """Take back a change that has not taken effect yet. Raises NotFound `policy.change_unknown`, Conflict
    `policy.change_in_force`; InvalidInput where what is left does not hold together."""
    with transaction.atomic():
        _take_turn()
        change = RuleChange.objects.filter(pk=change_id, withdrawn_at__isnull=True).first()
        if change is None:
            raise NotFound("policy.change_unknown", change=change_id)
        if change.effective_from <= now:
            raise Conflict("policy.change_in_force", change=change_id)
        change.withdrawn_at, change.withdrawn_by = now, actor
        change.save(update_fields=["withdrawn_at", "withdrawn_by"])
        timeline().check_from(now)
        audit.record(actor=actor, action="policy.change_withdrawn", kind="rule", subject=change_id)


def _record(
    kind: Kind, subject: str, value: Any, *, since: datetime, now: datetime, actor: str, why: str
) -> None:
    RuleChange.objects.create(
        kind=kind,
        subject=subject,
        value=value,
        effective_from=since,
        recorded_at=now,
        actor=actor,
        why=why.strip()[:LONGEST_SOURCE],
    )
    timeline().check_from(since)


def _since(effective_from: datetime | None, now: datetime) -> datetime:
    if effective_from is None:
        return now
    if not now <= effective_from <= now + FURTHEST:
        raise InvalidInput("policy.effective_from", days=FURTHEST.days)
    return effective_from


def _from(since: datetime, now: datetime) -> dict[str, str]:
    return {"effective_from": since.isoformat()} if since > now else {}


def _take_turn() -> None:
    """Changes follow each other: each is checked against all that are there."""
    with connection.cursor() as cursor:
        cursor.execute("lock table rule_change in share row exclusive mode")


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
