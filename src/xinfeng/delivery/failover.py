"""When a channel dies in the middle of a campaign, what has not left goes on by the next one of its lane.

What always holds:

1. Only QUEUED chunks move, and a chunk is queued either because nothing of it was ever written or because all before
   its watermark is settled (`leases`, rules 2 and 3). So nothing that was written, or may have been, moves with it:
   what is uncertain stays uncertain, and at most once holds over all channels together.
2. A chunk only moves within its `lane`: channels whose filings, text rules and carriers were found to fit when it was
   planned; and only onto one that is alive at that moment and of the plan's purpose.
3. It moves because its channel is dead, never because its first choice came back: no ping-pong.

A channel is dead that was switched off, that refused everything lately (`ail`), whose logins are refused, or over which
no gateway has had a connection for the patience people have set. What has nowhere to go waits; a plan of which nothing
else can be sent, because its last channel refuses everything, is paused with that reason. To resume it is to try
the channel again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from django.db import connection as django_connection

from xinfeng.foundation import audit, stored
from xinfeng.kernel.errors import InvalidInput

AsyncConnection = psycopg.AsyncConnection[tuple[Any, ...]]

KEY = "delivery.failover"
PATIENCE_S = 30
"""Without a connection for so long a channel counts as dead; people can change it."""
SHORTEST_S, LONGEST_S = 2, 3600
REFUSED_S = 5
"""A login that is refused will not heal by waiting; this only spans the moment in which a gateway comes back."""
ILL_FOR = timedelta(minutes=5)
"""How long a channel that refused everything gets nothing that another can carry."""
SEEN = timedelta(seconds=10)
"""What gateways told longer ago says nothing about now."""
AT_ONCE = 500
"""Chunks moved by one statement: it holds their rows."""

DISABLED = "channel_disabled"
LOGIN_REFUSED = "channel_refused"
OFFLINE = "channel_offline"
NO_GATEWAY = "no_gateway"
BLINK = timedelta(seconds=5)
"""A connection that comes back within this long is not worth telling people of."""


@dataclass(frozen=True, slots=True)
class Moved:
    """So many chunks of a plan, with at most so many messages that had not left."""

    plan_id: int
    from_id: int
    to_id: int
    reason: str
    chunks: int
    messages: int


@dataclass(frozen=True, slots=True)
class Stuck:
    """Messages of a plan that wait for a channel over which nothing can go, while no other of their lane can either."""

    channel_id: int
    reason: str
    messages: int


def patience_s() -> int:
    """Seconds without a connection after which a channel counts as dead."""
    return int(stored.read(KEY, {}).get("patience_s", PATIENCE_S))


def save_patience(seconds: int, *, actor: str) -> None:
    """Raises InvalidInput `failover.patience`."""
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise InvalidInput("failover.patience", at_least=SHORTEST_S, at_most=LONGEST_S)
    stored.write(KEY, {"patience_s": seconds}, actor=actor)
    audit.record(actor=actor, action="failover.save", kind="setting", subject=KEY, patience_s=seconds)


def try_again(plan_id: int) -> None:
    """A person resumes the plan: the channels it waits for no longer count as refusing everything."""
    with django_connection.cursor() as cursor:
        cursor.execute(
            "update channel_health set ill_until = null, illness = '' where ill_until is not null and channel_id in"
            " (select channel_id from chunk where plan_id = %s and state <> 'done')",
            (plan_id,),
        )


def leave_channel(plan_id: int, channel_id: int, *, reason: str, now: datetime) -> bool:
    """Send nothing more of a plan over a channel, by moving what waits for it to whatever else its lane has; returns
    whether nothing is left that only this channel can carry, or that it is just sending. Inside a transaction."""
    with django_connection.cursor() as cursor:
        cursor.execute(_LEAVE, {"plan": plan_id, "channel": channel_id, "reason": reason, "now": now})
        cursor.execute(
            "select not exists (select from chunk where plan_id = %s and channel_id = %s and state <> 'done')",
            (plan_id, channel_id),
        )
        return bool(cursor.fetchone()[0])


# --- what the gateways do once a second ----------------------------------------------------------------------


async def patience(connection: AsyncConnection) -> float:
    """`patience_s`, on a gateway's connection."""
    cursor = await connection.execute(
        "select value->>'patience_s' from stored_setting where key = %s", (KEY,)
    )
    row = await cursor.fetchone()
    return float(row[0]) if row and row[0] else float(PATIENCE_S)


async def observe(connection: AsyncConnection, *, now: datetime) -> None:
    """Note which channels have a connection over which messages can go, in any gateway."""
    await connection.execute(_OBSERVE, {"now": now, "seen": SEEN})


async def ail(connection: AsyncConnection, channel_id: int, reason: str, *, now: datetime) -> None:
    """The channel refuses everything: for a while it gets nothing that another can carry."""
    await connection.execute(
        "insert into channel_health as h (channel_id, observed_at, ill_until, illness)"
        " select id, %(now)s, %(until)s, %(reason)s from channel where id = %(channel)s"
        " on conflict (channel_id) do update set ill_until = excluded.ill_until, illness = excluded.illness",
        {"channel": channel_id, "now": now, "until": now + ILL_FOR, "reason": reason[:60]},
    )


async def ill(connection: AsyncConnection, *, now: datetime) -> frozenset[int]:
    """The channels that refuse everything at present."""
    cursor = await connection.execute("select channel_id from channel_health where ill_until > %s", (now,))
    return frozenset(int(row[0]) for row in await cursor.fetchall())


async def move(connection: AsyncConnection, *, now: datetime, patience_s: float) -> list[Moved]:
    """Move what waits for dead channels to the next of its lane that is alive; gateways are told at once."""
    moved: list[Moved] = []
    while True:
        async with connection.transaction():
            rows = await _move_some(connection, now=now, patience_s=patience_s)
        moved += rows
        if sum(one.chunks for one in rows) < AT_ONCE:
            return moved


async def _move_some(connection: AsyncConnection, *, now: datetime, patience_s: float) -> list[Moved]:
    given = {
        "now": now,
        "seen": SEEN,
        "patience": timedelta(seconds=patience_s),
        "refused_for": timedelta(seconds=min(REFUSED_S, patience_s)),
        "at_once": AT_ONCE,
        "disabled": DISABLED,
        "refused": LOGIN_REFUSED,
        "offline": OFFLINE,
    }
    cursor = await connection.execute(_MOVE, given)
    rows = [Moved(*row) for row in await cursor.fetchall()]
    if rows:
        await connection.execute("notify xinfeng_plan_runs")
    return rows


async def stranded(connection: AsyncConnection, *, now: datetime) -> dict[int, str]:
    """Plans with something to send of which everything waits for channels that refuse everything, with the reason."""
    cursor = await connection.execute(_STRANDED, {"now": now})
    return {int(plan_id): str(reason) for plan_id, reason in await cursor.fetchall()}


def stuck(plan_id: int, *, now: datetime) -> list[Stuck]:
    """What of a plan can't go over any channel at present, by the channel it waits for and what is the matter with it, most
    messages first; empty: everything that waits has a channel that is up."""
    with django_connection.cursor() as cursor:
        given: dict[str, Any] = {"plan": plan_id, "now": now, "seen": SEEN, "blink": BLINK}
        named = {"disabled": DISABLED, "refused": LOGIN_REFUSED, "offline": OFFLINE, "none": NO_GATEWAY}
        cursor.execute(_STUCK, given | named)
        return [Stuck(int(row[0]), str(row[1]), int(row[2])) for row in cursor.fetchall()]


def moves_by_plan(plan_ids: Sequence[int]) -> dict[int, list[Moved]]:
    """What moved of these plans, by where from, where to and why."""
    found: dict[int, list[Moved]] = {}
    with django_connection.cursor() as cursor:
        cursor.execute(
            "select plan_id, from_channel_id, to_channel_id, reason, count(*), sum(messages) from chunk_move"
            " where plan_id = any(%s) group by 1, 2, 3, 4 order by 1, min(at)",
            (list(plan_ids),),
        )
        for row in cursor.fetchall():
            plan_id, from_id, to_id, reason, chunks, messages = row
            found.setdefault(plan_id, []).append(
                Moved(plan_id, from_id, to_id, reason, chunks, int(messages))
            )
    return found


def moves_of(
    plan_id: int, message_id: int, *, before: datetime | None = None
) -> tuple[int | None, list[Moved]]:
    """The first choice of a message's chunk, and the ways it went since, in order; `before`: those until then."""
    with django_connection.cursor() as cursor:
        cursor.execute(
            "select id, channel_id from chunk where plan_id = %s and %s between first_id and last_id",
            (plan_id, message_id),
        )
        row = cursor.fetchone()
        if row is None:
            return None, []
        cursor.execute(
            "select at, plan_id, from_channel_id, to_channel_id, reason, 1, messages from chunk_move"
            " where plan_id = %s and chunk_id = %s order by at, id",
            (plan_id, row[0]),
        )
        moves = [(found[0], Moved(*found[1:])) for found in cursor.fetchall()]
    first = moves[0][1].from_id if moves else int(row[1])
    return first, [one for at, one in moves if before is None or at <= before]


_OBSERVE = """
insert into channel_health as h (channel_id, observed_at, down_since, refused)
select c.id, %(now)s, case when bool_or(s.phase = 'ready') then null else %(now)s end,
  coalesce(bool_or(s.phase = 'refused'), false)
from channel c left join connection_state s on s.channel_id = c.id and s.seen_at >= %(now)s - %(seen)s
group by c.id
on conflict (channel_id) do update set
  observed_at = excluded.observed_at, refused = excluded.refused,
  down_since = case
    when excluded.down_since is null then null
    when h.down_since is null or h.observed_at < %(now)s - %(seen)s then excluded.down_since
    else h.down_since
  end
"""
"""A channel nobody looked at for a while begins its time anew: gateways that start have no connection yet."""

_MOVE = """
with alive as (
  select c.id, c.purpose from channel c join channel_health h on h.channel_id = c.id
  where c.enabled and h.down_since is null and h.observed_at >= %(now)s - %(seen)s
    and (h.ill_until is null or h.ill_until <= %(now)s)
),
dead as (
  select c.id, case
      when not c.enabled then %(disabled)s
      when h.ill_until > %(now)s then h.illness
      when h.refused then %(refused)s
      else %(offline)s
    end as reason
  from channel c left join channel_health h on h.channel_id = c.id
  where not c.enabled or h.ill_until > %(now)s or h.down_since < %(now)s - %(patience)s
    or h.refused and h.down_since < %(now)s - %(refused_for)s
),
moving as (
  select k.id, k.plan_id, k.channel_id as from_id, target.id as to_id, dead.reason,
    k.last_id - coalesce(k.intent_upto, k.first_id - 1) as messages
  from dead
  join chunk k on k.channel_id = dead.id and k.state = 'queued' and k.lane <> '{}'
  join plan p on p.id = k.plan_id and p.state = 'running'
  cross join lateral (
    select alive.id from unnest(k.lane) with ordinality as l (id, place) join alive on alive.id = l.id
    where l.id <> k.channel_id and alive.purpose = p.purpose
    order by l.place limit 1
  ) target
  order by k.id limit %(at_once)s
  for update of k skip locked
),
moved as (
  update chunk set channel_id = moving.to_id from moving where chunk.id = moving.id and chunk.state = 'queued'
  returning chunk.id
),
noted as (
  insert into chunk_move (plan_id, chunk_id, from_channel_id, to_channel_id, messages, reason, at)
  select plan_id, moving.id, from_id, to_id, messages, reason, %(now)s from moving join moved on moved.id = moving.id
),
summed as (
  select plan_id, from_id, to_id, reason, count(*) as chunks, sum(messages)::bigint as messages
  from moving join moved on moved.id = moving.id group by 1, 2, 3, 4
),
said as (
  insert into audit_entry (at, actor, action, object_kind, object_id, detail)
  select %(now)s, 'system:gateway', 'plan.reroute', 'plan', plan_id::text, jsonb_build_object(
    'from', from_id, 'to', to_id, 'reason', reason, 'messages', messages)
  from summed
)
select plan_id, from_id, to_id, reason, chunks, messages from summed
"""

_STRANDED = """
select p.id, min(h.illness)
from plan p
join chunk k on k.plan_id = p.id and k.state <> 'done'
left join channel_health h on h.channel_id = k.channel_id and h.ill_until > %(now)s
where p.state = 'running' and p.route_id is not null
  and exists (select from channel_health where ill_until > %(now)s)
group by p.id
having bool_and(h.channel_id is not null and k.state = 'queued')
"""

_STUCK = """
with state as (
  select c.id, case
      when not c.enabled then %(disabled)s
      when h.ill_until > %(now)s then h.illness
      when h.observed_at is null or h.observed_at < %(now)s - %(seen)s then %(none)s
      when h.down_since < %(now)s - %(blink)s then case when h.refused then %(refused)s else %(offline)s end
    end as reason
  from channel c left join channel_health h on h.channel_id = c.id
)
select k.channel_id, state.reason, sum(k.last_id - coalesce(k.intent_upto, k.first_id - 1))::bigint as messages
from chunk k join state on state.id = k.channel_id
where k.plan_id = %(plan)s and k.state = 'queued' and state.reason is not null
  and not exists (
    select from unnest(k.lane) as l (id) join state as other on other.id = l.id where other.reason is null)
group by k.channel_id, state.reason
having sum(k.last_id - coalesce(k.intent_upto, k.first_id - 1)) > 0
order by messages desc, k.channel_id
"""

_LEAVE = """
with found as (
  select id, plan_id, channel_id, state, array_remove(lane, %(channel)s) as left_over,
    last_id - coalesce(intent_upto, first_id - 1) as messages
  from chunk
  where plan_id = %(plan)s and state <> 'done' and (%(channel)s = any(lane) or channel_id = %(channel)s)
  order by id for update
),
moving as (
  select * from found where channel_id = %(channel)s and state = 'queued' and left_over <> '{}'
),
left_alone as (
  update chunk set lane = found.left_over from found
  where chunk.id = found.id and not exists (select from moving where moving.id = found.id)
),
moved as (
  update chunk set lane = moving.left_over, channel_id = moving.left_over[1] from moving where chunk.id = moving.id
)
insert into chunk_move (plan_id, chunk_id, from_channel_id, to_channel_id, messages, reason, at)
select plan_id, id, channel_id, left_over[1], messages, %(reason)s, %(now)s from moving
"""
