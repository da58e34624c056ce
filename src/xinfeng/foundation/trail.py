"""Reading the audit log: newest first, narrowed, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.time import day_bounds


@dataclass(frozen=True)
class TrailQuery:
    """What to look for; empty means any. `action` and `kind` are exact, or the part before the point:
    `campaign` finds `campaign.start`. `day` is in the enterprise's zone. `after` continues a page."""

    actor: str = ""
    action: str = ""
    kind: str = ""
    subject: str = ""
    day: date | None = None
    after: str = ""
    limit: int = 50


@dataclass(frozen=True)
class TrailEntry:
    """One entry. `detail` holds ids, codes and counts, never personal data."""

    id: int
    at: datetime
    actor: str
    action: str
    kind: str
    subject: str
    detail: dict[str, Any]
    address: str


@dataclass(frozen=True)
class TrailPage:
    """`after` continues; empty on the last page."""

    entries: tuple[TrailEntry, ...]
    after: str


def entries(query: TrailQuery) -> TrailPage:
    """A page of the log. Raises InvalidInput `request.page` for a cursor that is none."""
    found = AuditEntry.objects.order_by("-at", "-id")
    if query.actor:
        found = found.filter(actor__icontains=query.actor)
    if query.action:
        found = found.filter(Q(action=query.action) | Q(action__startswith=query.action + "."))
    if query.kind:
        found = found.filter(object_kind=query.kind)
    if query.subject:
        found = found.filter(object_id=query.subject)
    if query.day is not None:
        start, end = day_bounds(query.day, xinfeng_settings.load().zone)
        found = found.filter(at__gte=start, at__lt=end)
    if query.after:
        at, id_ = _position(query.after)
        found = found.filter(Q(at__lt=at) | Q(at=at, id__lt=id_), at__lte=at)
    rows = list(found[: query.limit + 1])
    page = tuple(_entry(row) for row in rows[: query.limit])
    more = len(rows) > query.limit
    return TrailPage(page, f"{page[-1].at.isoformat()},{page[-1].id}" if more else "")


def entry(entry_id: int) -> TrailEntry:
    """Raises NotFound `audit.unknown`."""
    found = AuditEntry.objects.filter(pk=entry_id).first()
    if found is None:
        raise NotFound("audit.unknown", entry=entry_id)
    return _entry(found)


def _position(after: str) -> tuple[datetime, int]:
    at, _, id_ = after.rpartition(",")
    try:
        moment = datetime.fromisoformat(at)
        number = int(id_)
    except ValueError:
        raise InvalidInput("request.page") from None
    if moment.tzinfo is None:
        raise InvalidInput("request.page")
    return moment, number


def _entry(row: AuditEntry) -> TrailEntry:
    return TrailEntry(
        row.pk, row.at, row.actor, row.action, row.object_kind, row.object_id, row.detail, row.address or ""
    )
