"""The gap calendar: days on which filings are not taken, kept as data that people correct."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from django.db import transaction

from xinfeng.channels.capabilities import PRESETS
from xinfeng.filings import steps
from xinfeng.filings.gap_rules import DURATIONS, Gap
from xinfeng.filings.models import FilingGap
from xinfeng.foundation import audit
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.phones import Carrier

VENDORS = tuple(dict.fromkeys((*PRESETS, *DURATIONS)))
LONGEST_DAYS = 120
WARN_DAYS = 45
"""So many days before a gap its countdown is shown."""


def save(gap: Gap, *, actor: str, now: datetime) -> int:
    """Put a gap in, or correct the one with its id; returns the id.

    Raises InvalidInput `gap.incomplete`, `filing.days`, `filing.carrier`, `gap.vendor`; NotFound `gap.unknown`.
    """
    gap = _checked(gap)
    values = {
        "name": gap.name,
        "carrier": gap.carrier,
        "vendor": gap.vendor,
        "first_day": gap.first_day,
        "last_day": gap.last_day,
        "source": gap.source,
        "provisional": gap.provisional,
    }
    with transaction.atomic():
        row = FilingGap() if gap.id is None else steps.locked(FilingGap, gap.id, code="gap.unknown")
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
        days = [gap.first_day.isoformat(), gap.last_day.isoformat()]
        audit.record(
            actor=actor, action="filing.gap_saved", kind="gap", subject=row.pk, name=gap.name, days=days
        )
    return row.pk


def remove(gap_id: int, *, actor: str, now: datetime) -> None:
    """Take one out. Raises NotFound `gap.unknown`."""
    with transaction.atomic():
        row = FilingGap.objects.filter(pk=gap_id).first()
        if row is None:
            raise NotFound("gap.unknown", id=gap_id)
        row.delete()
        audit.record(actor=actor, action="filing.gap_removed", kind="gap", subject=gap_id, name=row.name)


def gaps(*, since: date | None = None) -> list[Gap]:
    """By their first day; `since`: those that end then or later."""
    found = FilingGap.objects.order_by("first_day", "pk")
    if since is not None:
        found = found.filter(last_day__gte=since)
    return [_gap(one) for one in found]


def gap_of(gap_id: int) -> Gap:
    """Raises NotFound `gap.unknown`."""
    found = FilingGap.objects.filter(pk=gap_id).first()
    if found is None:
        raise NotFound("gap.unknown", id=gap_id)
    return _gap(found)


def _gap(row: FilingGap) -> Gap:
    return Gap(
        row.name,
        row.first_day,
        row.last_day,
        row.source,
        row.provisional,
        row.carrier,
        row.vendor,
        row.pk,
    )


def _checked(gap: Gap) -> Gap:
    name, source = " ".join(gap.name.split()), " ".join(gap.source.split())
    if not name or not source or len(name) > 60 or len(source) > 200 or "\x00" in name + source:
        raise InvalidInput("gap.incomplete")
    if not gap.first_day <= gap.last_day <= gap.first_day + timedelta(days=LONGEST_DAYS):
        raise InvalidInput("filing.days", last=gap.last_day.isoformat())
    if gap.carrier not in list(Carrier):
        raise InvalidInput("filing.carrier")
    if gap.vendor and gap.vendor not in VENDORS:
        raise InvalidInput("gap.vendor", known=list(VENDORS))
    return replace(gap, name=name, source=source)
