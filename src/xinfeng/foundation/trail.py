"""Reading the audit log: newest first, narrowed, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from ipaddress import ip_network
from typing import Any

from django.db.models import Q

from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.models import AuditEntry, User
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.time import day_bounds

MOST_ACTORS = 200


@dataclass(frozen=True)
class TrailQuery:
    """What to look for; empty means any. `action` and `kind` are exact, or the part before the point:
    `campaign` finds `campaign.start`. `actor` is a user's name or a part of it, or the exact name of a machine
    (`system:…`, `api:…`). Days are in the enterprise's zone, `first` and `last` both included; `day` is one alone.
    `address` is exact, or a network as 10.0.0.0/8. `after` continues a page."""

    actor: str = ""
    action: str = ""
    kind: str = ""
    subject: str = ""
    day: date | None = None
    first: date | None = None
    last: date | None = None
    address: str = ""
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
    """A page of the log. Raises InvalidInput `request.page` for a cursor that is none, `audit.address`."""
    found = AuditEntry.objects.filter(condition(query)).order_by("-at", "-id")
    if query.after:
        at, id_ = _position(query.after)
        found = found.filter(Q(at__lt=at) | Q(at=at, id__lt=id_), at__lte=at)
    rows = list(found[: query.limit + 1])
    page = tuple(_entry(row) for row in rows[: query.limit])
    more = len(rows) > query.limit
    return TrailPage(page, f"{page[-1].at.isoformat()},{page[-1].id}" if more else "")


def condition(query: TrailQuery) -> Q:
    """What narrows the log, each by an index. Raises InvalidInput `audit.address`."""
    wanted = Q()
    if query.actor:
        wanted &= Q(actor__in=_actors(query.actor))
    if query.action:
        wanted &= Q(action=query.action) | Q(action__startswith=query.action + ".")
    if query.kind:
        wanted &= Q(object_kind=query.kind)
    if query.subject:
        wanted &= Q(object_id=query.subject)
    zone = xinfeng_settings.load().zone
    for first, last in ((query.day, query.day), (query.first, query.last)):
        if first is not None:
            wanted &= Q(at__gte=day_bounds(first, zone)[0])
        if last is not None:
            wanted &= Q(at__lt=day_bounds(last, zone)[1])
    if query.address:
        wanted &= _from(query.address)
    return wanted


def _actors(text: str) -> list[str]:
    """The log is searched by whole names; a part of a name stands for the users who have it."""
    names = User.objects.filter(username__icontains=text).values_list("username", flat=True)[:MOST_ACTORS]
    return sorted({text, *names})


def _from(text: str) -> Q:
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError:
        raise InvalidInput("audit.address") from None
    low, high = str(network.network_address), str(network.broadcast_address)
    return Q(address=low) if low == high else Q(address__gte=low, address__lte=high)


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
