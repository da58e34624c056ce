"""What people do with routes, and questions about them. Audited, one transaction each.

A route only holds channels of its own purpose: marketing never leaves on a service port.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from xinfeng.channels.models import Channel, ChannelHealth, Preference, Route, RouteEntry
from xinfeng.channels.routing import KNOWN, uncovered
from xinfeng.foundation import audit
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.kernel.purposes import MESSAGE_PURPOSES

MOST_ENTRIES = 30
LONGEST_NAME = 60

OBSERVED = timedelta(seconds=15)
"""What gateways saw longer ago says nothing about now."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A channel of a route, in its place. `carriers`: whose readers it is for; empty: everybody's."""

    channel_id: int
    carriers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry with what is seen of its channel."""

    channel: Channel
    carriers: tuple[int, ...]
    alive: bool


@dataclass(frozen=True, slots=True)
class RouteRow:
    """A route; `uncovered`: the carriers no entry is for."""

    id: int
    name: str
    purpose: str
    prefer: Preference
    entries: tuple[EntryRow, ...]
    updated_at: datetime

    @property
    def uncovered(self) -> tuple[int, ...]:
        return uncovered([one.carriers for one in self.entries])


def save_route(
    *,
    name: str,
    purpose: str,
    prefer: str,
    entries: Sequence[Entry],
    actor: str,
    route_id: int | None = None,
) -> int:
    """Make a route, or change the one named by `route_id`; returns its id. Plans that were made keep their lanes.

    Raises InvalidInput `route.invalid` with `faults` (code by field, all at once), NotFound `route.unknown`,
    `channel.unknown`, Conflict `route.name_taken`, `route.purpose_fixed`.
    """
    _check(name, purpose, prefer, entries)
    try:
        with transaction.atomic():
            route = _locked(route_id) if route_id else Route()
            if route_id and route.purpose != purpose:
                raise Conflict("route.purpose_fixed", route=route_id)
            route.name, route.purpose, route.prefer = name.strip(), purpose, prefer
            route.save()
            _put_entries(route, entries)
            audit.record(
                actor=actor,
                action="route.save",
                kind="route",
                subject=route.pk,
                new=not route_id,
                name=route.name,
                prefer=prefer,
                entries=[[one.channel_id, sorted(one.carriers)] for one in entries],
            )
    except IntegrityError:
        raise Conflict("route.name_taken", name=name.strip()) from None
    return int(route.pk)


def remove_route(route_id: int, *, actor: str) -> None:
    """Delete a route that no campaign names. Raises NotFound `route.unknown`, Conflict `route.in_use`."""
    with transaction.atomic():
        route = _locked(route_id)
        audit.record(actor=actor, action="route.remove", kind="route", subject=route_id, name=route.name)
        try:
            route.delete()
        except ProtectedError:
            raise Conflict("route.in_use", route=route_id) from None


def routes(*, now: datetime) -> list[RouteRow]:
    """All routes by name, in three queries."""
    alive = alive_channels(now=now)
    return [
        _row(route, alive) for route in Route.objects.order_by("name").prefetch_related("entries__channel")
    ]


def route(route_id: int, *, now: datetime) -> RouteRow:
    """One route. Raises NotFound `route.unknown`."""
    found = Route.objects.filter(pk=route_id).prefetch_related("entries__channel").first()
    if found is None:
        raise NotFound("route.unknown", route=route_id)
    return _row(found, alive_channels(now=now))


def alive_channels(*, now: datetime) -> frozenset[int]:
    """Channels whose line is up and which do not refuse everything, as gateways see them now."""
    found = ChannelHealth.objects.filter(
        channel__enabled=True, down_since__isnull=True, observed_at__gte=now - OBSERVED
    )
    return frozenset(
        channel_id
        for channel_id, ill_until in found.values_list("channel_id", "ill_until")
        if ill_until is None or ill_until <= now
    )


def routes_of(channel_id: int) -> list[Route]:
    """The routes a channel is part of."""
    return list(Route.objects.filter(entries__channel_id=channel_id).order_by("name"))


def _row(found: Route, alive: frozenset[int]) -> RouteRow:
    entries = sorted(found.entries.all(), key=lambda one: one.position)
    return RouteRow(
        found.pk,
        found.name,
        found.purpose,
        Preference(found.prefer),
        tuple(EntryRow(one.channel, tuple(one.carriers), one.channel_id in alive) for one in entries),
        found.updated_at,
    )


def _put_entries(route: Route, entries: Sequence[Entry]) -> None:
    channels = Channel.objects.in_bulk([one.channel_id for one in entries])
    for one in entries:
        if one.channel_id not in channels:
            raise NotFound("channel.unknown", channel=one.channel_id)
    if strange := [one.name for one in channels.values() if one.purpose != route.purpose]:
        raise InvalidInput("route.invalid", faults={"entries": "purpose"}, channels=strange)
    route.entries.all().delete()
    RouteEntry.objects.bulk_create(
        RouteEntry(route=route, channel_id=one.channel_id, position=place, carriers=sorted(one.carriers))
        for place, one in enumerate(entries, start=1)
    )


def _check(name: str, purpose: str, prefer: str, entries: Sequence[Entry]) -> None:
    """All faults of all fields at once."""
    faults: dict[str, str] = {}
    if not name.strip():
        faults["name"] = "missing"
    elif len(name.strip()) > LONGEST_NAME:
        faults["name"] = "too_long"
    elif not name.strip().isprintable():
        faults["name"] = "unprintable"
    if purpose not in MESSAGE_PURPOSES:
        faults["purpose"] = "unknown"
    if prefer not in Preference.values:
        faults["prefer"] = "unknown"
    if not entries:
        faults["entries"] = "missing"
    elif len(entries) > MOST_ENTRIES:
        faults["entries"] = "too_many"
    elif len({one.channel_id for one in entries}) < len(entries):
        faults["entries"] = "twice"
    elif any(not KNOWN.issuperset(one.carriers) for one in entries):
        faults["entries"] = "carrier"
    if faults:
        raise InvalidInput("route.invalid", faults=faults)


def _locked(route_id: int) -> Route:
    found = Route.objects.select_for_update().filter(pk=route_id).first()
    if found is None:
        raise NotFound("route.unknown", route=route_id)
    return found
