"""What the gateways tell about their connections: one statement a second, stale rows removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from xinfeng.channels.inbound import Port
from xinfeng.channels.models import ConnectionPhase
from xinfeng.channels.sessions import ChannelSessions

AsyncConnection = psycopg.AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Figures:
    """One connection at one moment; rows of `connection_state`."""

    channel_id: int
    number: int
    phase: str
    detail: str
    since: datetime
    window_used: int
    submitted_per_s: float
    round_trip_ms: float | None
    retry_at: datetime | None = None


def figures(sessions: ChannelSessions, *, elapsed_s: float) -> list[Figures]:
    """What the connections of a channel did in the last `elapsed_s` seconds."""
    rows = []
    for place in sessions.places:
        connection = place.connection
        rows.append(
            Figures(
                channel_id=sessions.account.id,
                number=place.number,
                phase=place.phase.value,
                detail=place.detail,
                since=place.since,
                window_used=connection.window_used if connection else 0,
                submitted_per_s=round(place.submitted_since() / elapsed_s, 1),
                round_trip_ms=connection.round_trip_ms if connection else None,
                retry_at=place.retry_at,
            )
        )
    if sessions.port is not None:
        rows.append(_listening(sessions.account.id, sessions.port))
    return rows


def _listening(channel_id: int, port: Port) -> Figures:
    """The port on which the carrier calls us, as place 0."""
    return Figures(
        channel_id=channel_id,
        number=0,
        phase=(ConnectionPhase.READY if port.listening else ConnectionPhase.WAITING).value,
        detail=(port.fault or f"listening:{port.number}:{len(port.connections)}:{port.refusal}")[:200],
        since=port.since,
        window_used=0,
        submitted_per_s=0.0,
        round_trip_ms=None,
    )


async def write(
    connection: AsyncConnection, gateway: str, rows: Sequence[Figures], *, now: datetime
) -> dict[int, int]:
    """Store these rows as all there is of `gateway`; returns by channel how many gateways have been seen
    within `alive` seconds, this one included. One statement."""
    columns = tuple(
        [getattr(row, name) for row in rows]
        for name in (
            *("channel_id", "number", "phase", "detail"),
            *("since", "window_used", "submitted_per_s", "round_trip_ms", "retry_at"),
        )
    )
    cursor = await connection.execute(_WRITE, {"gateway": gateway, "now": now, **_named(columns)})
    return {int(channel_id): int(count) for channel_id, count in await cursor.fetchall()}


async def forget(connection: AsyncConnection, gateway: str) -> None:
    """Remove the rows of a gateway that stops."""
    await connection.execute("delete from connection_state where gateway = %s", (gateway,))


def _named(columns: tuple[list[Any], ...]) -> dict[str, list[Any]]:
    return {f"c{index}": column for index, column in enumerate(columns)}


_WRITE = """
with given as (
  select * from unnest(
    %(c0)s::bigint[], %(c1)s::smallint[], %(c2)s::text[], %(c3)s::text[],
    %(c4)s::timestamptz[], %(c5)s::int[], %(c6)s::float8[], %(c7)s::float8[],
    %(c8)s::timestamptz[]
  ) as g (channel_id, number, phase, detail, since, window_used, submitted_per_s, round_trip_ms, retry_at)
  where exists (select from channel where channel.id = g.channel_id)
),
gone as (
  delete from connection_state old
  where old.seen_at < %(now)s - interval '30 seconds'
     or old.gateway = %(gateway)s
        and not exists (
          select from given where given.channel_id = old.channel_id and given.number = old.number
        )
),
written as (
  insert into connection_state as old
    (channel_id, gateway, number, phase, detail, since, seen_at, window_used, submitted_per_s, round_trip_ms,
     retry_at)
  select channel_id, %(gateway)s, number, phase, detail, since, %(now)s, window_used, submitted_per_s, round_trip_ms,
         retry_at
  from given
  on conflict (channel_id, gateway, number) do update set
    phase = excluded.phase, detail = excluded.detail, since = excluded.since, seen_at = excluded.seen_at,
    window_used = excluded.window_used, submitted_per_s = excluded.submitted_per_s,
    round_trip_ms = excluded.round_trip_ms, retry_at = excluded.retry_at
)
select channel_id, count(distinct gateway) from (
  select channel_id, gateway from connection_state where seen_at >= %(now)s - interval '10 seconds'
  union
  select channel_id, %(gateway)s from given
) alive
group by channel_id
"""
