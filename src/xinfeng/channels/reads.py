"""Questions about channels: how they are set up and what their connections are doing. Never a secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from xinfeng.channels.capabilities import Capabilities
from xinfeng.channels.config import LineConfig
from xinfeng.channels.kinds import read_config
from xinfeng.channels.models import Channel, ConnectionPhase, ConnectionState
from xinfeng.kernel.errors import NotFound

STALE_AFTER = timedelta(seconds=15)
"""A gateway writes about once a second; a row older than this belongs to one that is gone."""


@dataclass(frozen=True)
class ConnectionRow:
    """One connection, as its gateway last described it."""

    gateway: str
    number: int
    phase: ConnectionPhase
    detail: str
    since: datetime
    seen_at: datetime
    window_used: int
    submitted_per_s: float
    round_trip_ms: float | None
    retry_at: datetime | None = None


@dataclass(frozen=True)
class ChannelRow:
    """A channel with the connections that are alive. `price_li` is a tenth of a fen per part. `hours`: when the
    carrier takes messages, in the enterprise's zone; None: at any time. `takes`: what it takes and which filings it demands."""

    id: int
    name: str
    kind: str
    purpose: str
    config: LineConfig
    rate_per_s: int
    price_li: int
    enabled: bool
    created_at: datetime
    updated_at: datetime
    connections: tuple[ConnectionRow, ...]
    hours: tuple[time, time] | None = None
    takes: Capabilities = field(default_factory=Capabilities)

    @property
    def ready(self) -> int:
        """Connections over which messages can go now."""
        return sum(
            connection.number > 0 and connection.phase is ConnectionPhase.READY
            for connection in self.connections
        )

    @property
    def submitted_per_s(self) -> float:
        """Parts per second over all gateways."""
        return sum(connection.submitted_per_s for connection in self.connections)


def channels(*, now: datetime) -> list[ChannelRow]:
    """All channels by name, in two queries."""
    alive: dict[int, list[ConnectionRow]] = {}
    for state in ConnectionState.objects.filter(seen_at__gte=now - STALE_AFTER).order_by("gateway", "number"):
        alive.setdefault(state.channel_id, []).append(_connection(state))
    return [_row(channel, alive.get(channel.pk, [])) for channel in Channel.objects.order_by("name")]


def telling_displayed() -> frozenset[int]:
    """The channels whose receipts tell when a handset showed a message."""
    return frozenset(one.pk for one in Channel.objects.all() if one.takes.displayed_receipts)


def channel(channel_id: int, *, now: datetime) -> ChannelRow:
    """One channel. Raises NotFound `channel.unknown`."""
    found = Channel.objects.filter(pk=channel_id).first()
    if found is None:
        raise NotFound("channel.unknown", channel=channel_id)
    states = ConnectionState.objects.filter(channel_id=channel_id, seen_at__gte=now - STALE_AFTER)
    return _row(found, [_connection(state) for state in states.order_by("gateway", "number")])


def _connection(state: ConnectionState) -> ConnectionRow:
    return ConnectionRow(
        gateway=state.gateway,
        number=state.number,
        phase=ConnectionPhase(state.phase),
        detail=state.detail,
        since=state.since,
        seen_at=state.seen_at,
        window_used=state.window_used,
        submitted_per_s=state.submitted_per_s,
        round_trip_ms=state.round_trip_ms,
        retry_at=state.retry_at,
    )


def _row(found: Channel, connections: list[ConnectionRow]) -> ChannelRow:
    return ChannelRow(
        id=found.pk,
        name=found.name,
        kind=found.kind,
        purpose=found.purpose,
        config=read_config(found.config, found.kind),
        rate_per_s=found.rate_per_s,
        price_li=found.price_li,
        enabled=found.enabled,
        created_at=found.created_at,
        updated_at=found.updated_at,
        connections=tuple(connections),
        hours=found.hours,
        takes=found.takes,
    )
