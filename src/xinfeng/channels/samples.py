"""The last hour of each channel in steps of five seconds: gateways write it, charts read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from django.db import connection

from xinfeng.channels.models import ConnectionPhase
from xinfeng.channels.states import Figures

AsyncConnection = psycopg.AsyncConnection[tuple[Any, ...]]

SAMPLE_S = 5
KEPT = timedelta(hours=1)


@dataclass(slots=True)
class _Step:
    """A channel in one step."""

    submitted: float = 0.0
    ready: int = 0
    window_used: int = 0
    round_trips_ms: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sample:
    """All gateways of a channel in one step. `submitted` parts; `round_trip_ms` None: nothing was answered."""

    at: datetime
    submitted: int
    ready: int
    window_used: int
    round_trip_ms: float | None


class Sampler:
    """Gathers what is told every second and writes a row for each channel every `SAMPLE_S` seconds."""

    def __init__(self) -> None:
        self._step = 0
        self._channels: dict[int, _Step] = {}

    async def note(
        self, line: AsyncConnection, gateway: str, rows: Iterable[Figures], *, elapsed_s: float, now: datetime
    ) -> None:
        """What the connections did in the last `elapsed_s` seconds."""
        step = int(now.timestamp()) // SAMPLE_S
        if self._step and step != self._step:
            await self._write(line, gateway, now=now)
        self._step = step
        latest: dict[int, list[Figures]] = {}
        for row in rows:
            latest.setdefault(row.channel_id, []).append(row)
        for channel_id, connections in latest.items():
            found = self._channels.setdefault(channel_id, _Step())
            found.submitted += sum(one.submitted_per_s for one in connections) * elapsed_s
            found.ready = sum(one.number > 0 and one.phase == ConnectionPhase.READY for one in connections)
            found.window_used = sum(one.window_used for one in connections)
            found.round_trips_ms += [
                one.round_trip_ms
                for one in connections
                if one.round_trip_ms is not None and one.submitted_per_s > 0
            ]

    async def _write(self, line: AsyncConnection, gateway: str, *, now: datetime) -> None:
        steps, self._channels = self._channels, {}
        at = datetime.fromtimestamp(self._step * SAMPLE_S, UTC)
        columns: tuple[list[Any], ...] = ([], [], [], [], [])
        for channel_id, step in steps.items():
            mean = sum(step.round_trips_ms) / len(step.round_trips_ms) if step.round_trips_ms else None
            values = (channel_id, step.ready, round(step.submitted), step.window_used, mean)
            for column, value in zip(columns, values, strict=True):
                column.append(value)
        named = {f"c{index}": column for index, column in enumerate(columns)}
        await line.execute(_WRITE, {"gateway": gateway, "at": at, "since": now - KEPT, **named})


def samples(channel_id: int, *, now: datetime) -> list[Sample]:
    """The last hour, oldest first, over all gateways; steps in which no gateway ran are missing."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"channel": channel_id, "since": now - KEPT})
        return [Sample(*row) for row in cursor.fetchall()]


_WRITE = """
with gone as (delete from channel_sample where at < %(since)s)
insert into channel_sample (channel_id, gateway, at, ready, submitted, window_used, round_trip_ms)
select channel_id, %(gateway)s, %(at)s, ready, submitted, window_used, round_trip_ms
from unnest(%(c0)s::bigint[], %(c1)s::smallint[], %(c2)s::int[], %(c3)s::int[], %(c4)s::float8[])
  as g (channel_id, ready, submitted, window_used, round_trip_ms)
where exists (select from channel where channel.id = g.channel_id)
on conflict (channel_id, gateway, at) do nothing
"""

_READ = """
select at, sum(submitted)::int, sum(ready)::int, sum(window_used)::int, avg(round_trip_ms)
from channel_sample where channel_id = %(channel)s and at >= %(since)s
group by at order by at
"""
