"""Bulk sending announced for peak days: the numbers, and the settings of which days and how many messages are meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from xinfeng.channels.models import Channel
from xinfeng.filings import steps
from xinfeng.filings.days import business_day_of
from xinfeng.filings.lifecycle import Move
from xinfeng.filings.models import BulkFiling, FilingState, Subject
from xinfeng.filings.peaks import PeakSettings, read_settings
from xinfeng.foundation import audit, stored
from xinfeng.kernel.errors import InvalidInput, NotFound

KEY = "filings.peaks"
LONGEST_DAYS = 62
MOST_MESSAGES = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkDraft:
    """`at_most` messages a day; None: the carrier set no limit."""

    channel_id: int
    first_day: date
    last_day: date
    at_most: int | None = None
    note: str = ""


def current_peaks() -> PeakSettings:
    """Which days are peaks, and what they ask for."""
    return read_settings(stored.read(KEY, {}))


def save_peaks(value: Mapping[str, Any], *, actor: str) -> PeakSettings:
    """Change the peaks; what `value` does not state stays. Raises InvalidInput as `peaks.read_settings` does."""
    with transaction.atomic():
        settings = read_settings({**current_peaks().stored(), **value})
        stored.write(KEY, settings.stored(), actor=actor)
        audit.record(
            actor=actor, action="filing.peaks_saved", kind="setting", subject=KEY, **settings.stored()
        )
    return settings


def add(draft: BulkDraft, *, actor: str, now: datetime) -> int:
    """Prepare the filing of bulk sending; returns its id.

    Raises InvalidInput `filing.days`, `filing.at_most`, `filing.too_long`; NotFound `channel.unknown`.
    """
    if not draft.first_day <= draft.last_day <= draft.first_day + timedelta(days=LONGEST_DAYS):
        raise InvalidInput("filing.days", last=draft.last_day.isoformat())
    if draft.at_most is not None and not 1 <= draft.at_most <= MOST_MESSAGES:
        raise InvalidInput("filing.at_most")
    if len(draft.note) > 500 or "\x00" in draft.note:
        raise InvalidInput("filing.too_long", field="note", longest=500)
    if not Channel.objects.filter(pk=draft.channel_id).exists():
        raise NotFound("channel.unknown", channel=draft.channel_id)
    with transaction.atomic():
        filing = BulkFiling.objects.create(
            channel_id=draft.channel_id,
            first_day=draft.first_day,
            last_day=draft.last_day,
            at_most=draft.at_most,
            note=draft.note.strip(),
            created_by=actor,
        )
        detail = {"first_day": draft.first_day, "last_day": draft.last_day, "at_most": draft.at_most}
        steps.note(
            Subject.BULK,
            filing.pk,
            "add",
            actor=actor,
            now=now,
            after=FilingState.PREPARING,
            detail=detail,
        )
    return filing.pk


def move(
    filing_id: int, step: Move, *, actor: str, now: datetime, number: str = "", reason: str = ""
) -> None:
    """Move it on; confirming it needs the carrier's number. It holds from its first day to its last.

    Raises NotFound `filing.unknown`, InvalidInput `filing.no_number`, and as `steps.move`.
    """
    with transaction.atomic():
        filing = steps.locked(BulkFiling, filing_id, code="filing.unknown")
        if step is Move.CONFIRM and not (number.strip() or filing.number):
            raise InvalidInput("filing.no_number")
        confirms = step is Move.CONFIRM
        steps.move(
            filing,
            Subject.BULK,
            step,
            actor=actor,
            now=now,
            day=business_day_of(now),
            number=number,
            reason=reason,
            effective_on=filing.first_day if confirms else None,
            expires_on=filing.last_day if confirms else None,
        )


def filings(*, since: date) -> list[BulkFiling]:
    """Those whose last day is `since` or later, by their first day."""
    found = BulkFiling.objects.filter(last_day__gte=since).select_related("channel")
    return list(found.order_by("first_day", "pk"))


def filing_of(filing_id: int) -> BulkFiling:
    """Raises NotFound `filing.unknown`."""
    found = BulkFiling.objects.select_related("channel").filter(pk=filing_id).first()
    if found is None:
        raise NotFound("filing.unknown", id=filing_id)
    return found


def covered_days(first: date, last: date, *, channel: str = "") -> set[date]:
    """The days for which a channel (by name; "": any) has a number."""
    found = BulkFiling.objects.filter(
        state=FilingState.IN_FORCE, first_day__lte=last, last_day__gte=first
    ).exclude(number="")
    if channel:
        found = found.filter(channel__name=channel)
    return {
        one.first_day + timedelta(days=offset)
        for one in found
        for offset in range((one.last_day - one.first_day).days + 1)
    }
