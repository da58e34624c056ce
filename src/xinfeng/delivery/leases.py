"""How gateways share chunks through PostgreSQL: leases, watermarks, take-overs, endings.

What always holds, whatever dies when:

1. A message is written only if its id is at most the committed `intent_upto` of a chunk leased by the writer.
2. `intent_upto` is lowered only by the holder of the lease, in the statement that gives the lease up, after it
   has stopped writing for good. It then says: everything up to here is settled.
3. Whoever finds an expired lease marks every message up to `intent_upto` that has no final outcome uncertain,
   in the transaction that takes the lease away. The former holder's statements all ask for its own name in
   `leased_by`, so from then on they change nothing.

Hence a message beyond the watermark has never been written, one before it is never written by anybody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from xinfeng.delivery.chunks import Lease, Unsent
from xinfeng.delivery.codes import CRASH

AsyncConnection = psycopg.AsyncConnection[tuple[Any, ...]]

STOPPED = "stopped"
DEADLINE = "deadline"


@dataclass(frozen=True, slots=True)
class RunningPlan:
    """A plan that is RUNNING, as a gateway needs it for one of the channels that it sends over. `routed`: what one
    channel does not take may go to another (`failover`)."""

    id: int
    purpose: str
    channel_id: int
    windows: list[list[str]]
    deadline: datetime
    rate_per_s: int | None
    routed: bool = False


@dataclass(frozen=True, slots=True)
class LoadedRow:
    """A message that may be sent as things are now."""

    id: int
    contact_id: int
    phone_index: bytes
    phone_sealed: bytes
    body_sealed: bytes


async def running_plans(connection: AsyncConnection, channel_ids: Sequence[int]) -> list[RunningPlan]:
    """The plans that have something queued for these channels, once for each such channel; the oldest plan first."""
    cursor = await connection.execute(_RUNNING, (list(channel_ids),))
    return [RunningPlan(*row) for row in await cursor.fetchall()]


async def plans_as_of_now(connection: AsyncConnection, plan_ids: Sequence[int]) -> list[RunningPlan]:
    """Those of these plans that are RUNNING, whether or not a chunk of them is still queued."""
    cursor = await connection.execute(
        "select id, purpose, channel_id, windows, deadline, rate_per_s, route_id is not null from plan"
        " where id = any(%s) and state = 'running'",
        (list(plan_ids),),
    )
    return [RunningPlan(*row) for row in await cursor.fetchall()]


async def lease(
    connection: AsyncConnection, *, plan: RunningPlan, gateway: str, ttl_s: float
) -> tuple[Lease, list[tuple[Any, ...]]] | None:
    """Lease the plan's next chunk and load what of it may be sent now; None when there is none.

    One transaction. What consent, suppression or a missing number forbid becomes withheld in it. Rows are
    (id, contact id, phone index, sealed number, sealed body, parts), ordered by id.
    """
    async with connection.transaction():
        cursor = await connection.execute(
            _LEASE, {"plan": plan.id, "channel": plan.channel_id, "gateway": gateway, "ttl": ttl_s}
        )
        row = await cursor.fetchone()
        if row is None:
            return None
        found = Lease(*row)
        cursor = connection.cursor(binary=True)
        await cursor.execute(
            _LOAD if found.upto is None else _LOAD_REST,
            {
                "first": found.first_id if found.upto is None else max(found.first_id, found.upto + 1),
                "last": found.last_id,
                "plan": found.plan_id,
                "planned_at": found.planned_at,
                "purpose": plan.purpose,
            },
        )
        return found, await cursor.fetchall()


async def arm(
    connection: AsyncConnection, wanted: Sequence[tuple[int, int]], *, gateway: str, ttl_s: float
) -> set[int]:
    """Commit watermarks (chunk id, up to message id) and renew these leases; returns the chunks still held."""
    cursor = await connection.execute(
        _ARM,
        {
            "chunks": [chunk_id for chunk_id, _ in wanted],
            "uptos": [upto for _, upto in wanted],
            "gateway": gateway,
            "ttl": ttl_s,
        },
    )
    return {int(row[0]) for row in await cursor.fetchall()}


async def renew(
    connection: AsyncConnection, chunk_ids: Sequence[int], *, gateway: str, ttl_s: float
) -> set[int]:
    """Prolong leases; returns the chunks still held."""
    cursor = await connection.execute(_RENEW, (ttl_s, list(chunk_ids), gateway))
    return {int(row[0]) for row in await cursor.fetchall()}


async def still_held(connection: AsyncConnection, chunk_ids: Sequence[int], *, gateway: str) -> set[int]:
    """Lock these chunks' rows; returns those whose lease is ours. Inside the caller's transaction."""
    cursor = await connection.execute(
        "select id from chunk where id = any(%s) and leased_by = %s and state = 'leased' order by id for update",
        (list(chunk_ids), gateway),
    )
    return {int(row[0]) for row in await cursor.fetchall()}


async def finish_chunks(connection: AsyncConnection, chunk_ids: Sequence[int]) -> None:
    """Everything of these is settled. Only for chunks that are `still_held`."""
    await connection.execute(
        "update chunk set state = 'done', intent_upto = last_id, leased_by = null, lease_until = null"
        " where id = any(%s)",
        (list(chunk_ids),),
    )


async def hand_back(connection: AsyncConnection, lease: Lease, unsent: Unsent) -> None:
    """Give up a chunk that is `still_held`: what never left can be leased again, by whoever is first."""
    done = unsent.resume_after >= lease.last_id
    await connection.execute(
        "update chunk set state = %s, intent_upto = %s, leased_by = null, lease_until = null where id = %s",
        ("done" if done else "queued", unsent.resume_after, lease.chunk_id),
    )
    for first, last in unsent.scattered:
        await connection.execute(
            "insert into chunk (plan_id, channel_id, lane, first_id, last_id, planned_at, state, intent_upto)"
            " select plan_id, channel_id, lane, %s, %s, planned_at, 'queued', %s from chunk where id = %s",
            (first, last, first - 1, lease.chunk_id),
        )


async def recover_expired(connection: AsyncConnection) -> int:
    """Take away leases that ran out: what may have left is uncertain, the rest can be leased again."""
    recovered = 0
    while True:
        async with connection.transaction():
            row = await (await connection.execute(_EXPIRED)).fetchone()
            if row is None:
                return recovered
            await connection.execute(_SETTLE_UNKNOWN, {"chunk": row[0], "code": CRASH})
            await connection.execute(_REQUEUE, (row[0],))
            recovered += 1


async def release_orphans(connection: AsyncConnection, known: Sequence[int], *, gateway: str) -> None:
    """Give back what is leased in our name and unknown to us: its lease committed, but the answer was lost.

    Nothing of it was armed by us, so its watermark is a settled one.
    """
    await connection.execute(
        "update chunk set state = 'queued', intent_upto = coalesce(intent_upto, first_id - 1), leased_by = null,"
        " lease_until = null where leased_by = %s and state = 'leased' and id <> all(%s)",
        (gateway, list(known)),
    )


async def withhold_ended(connection: AsyncConnection, *, now: datetime) -> int:
    """Withhold what waits in chunks of stopped plans that had begun, and of running plans past their deadline."""
    cursor = await connection.execute(_WITHHOLD_ENDED, {"now": now, "stopped": STOPPED, "deadline": DEADLINE})
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def finish_plans(connection: AsyncConnection, *, now: datetime) -> None:
    """FINISHED: every plan that was running and has no open chunk."""
    await connection.execute(_FINISH_PLANS, {"now": now})


async def pause_plan(connection: AsyncConnection, plan_id: int, reason: str, *, now: datetime) -> None:
    """Hold a plan that its carrier does not take; the reason is shown to people."""
    await connection.execute(_PAUSE, {"plan": plan_id, "reason": reason, "now": now})


_RUNNING = """
select p.id, p.purpose, c.id, p.windows, p.deadline, p.rate_per_s, p.route_id is not null
from plan p cross join unnest(%s::bigint[]) as c (id)
where p.state = 'running'
  and exists (select from chunk k where k.plan_id = p.id and k.channel_id = c.id and k.state = 'queued')
order by p.id, c.id
"""

_LEASE = """
with picked as (
  select id from chunk
  where plan_id = %(plan)s and channel_id = %(channel)s and state = 'queued'
  order by id limit 1
  for update skip locked
)
update chunk set state = 'leased', leased_by = %(gateway)s,
  lease_until = clock_timestamp() + make_interval(secs => %(ttl)s)
from picked where chunk.id = picked.id
returning chunk.id, plan_id, channel_id, first_id, last_id, planned_at, intent_upto
"""

# Whom this plan has written to under a row that was merged since: asked once a chunk, and not at all while nobody
# was merged lately (the last condition holds for every row or for none, so it is looked at first). The hour is for
# merges whose clock was read before the plan's and that committed after it.
_LOADED = """
with served as materialized (
  select c.merged_into as contact_id
  from merge g
  join contact c on c.id = g.absorbed_id
  join message other on other.contact_id = c.id
  join attempt a on a.message_id = other.id and a.outcome in (1, 4) and a.at >= %(planned_at)s
  where g.undone_at is null and g.at >= %(planned_at)s - interval '1 hour'
    and other.plan_id = %(plan)s and other.planned_at = %(planned_at)s
    and exists (
      select from merge where undone_at is null and at >= %(planned_at)s - interval '1 hour'
    )
), loaded as (
  select m.id, m.contact_id, c.phone_index, c.phone_sealed, m.body_sealed, m.parts,
    case
      when c.state = 1 then 'merged'
      when c.state = 2 then 'suppressed_erased'
      when c.phone_sealed is null then 'no_phone'
      when coalesce(s.suppressed, b.reason) = 'opt_out' then 'opted_out'
      when coalesce(s.suppressed, b.reason) is not null then 'suppressed_' || coalesce(s.suppressed, b.reason)
      when s.granted is null then 'no_consent'
      when s.stale then 'consent_stale'
      when not s.granted then 'opted_out'
      when m.contact_id in (select contact_id from served) then 'merged'
    end as reason
  from message m
  left join contact c on c.id = m.contact_id
  left join standing s on s.contact_id = m.contact_id and s.purpose = %(purpose)s
  left join lateral (
    select reason from suppression
    where suppression.phone_index = c.phone_index and lifted_at is null
      and (scope = 'all' or scope = %(purpose)s)
    limit 1
  ) b on true
  where m.planned_at = %(planned_at)s and m.id between %(first)s and %(last)s
"""

_LOADED_REST = """
    and not exists (select from withheld w where w.message_id = m.id and w.at >= %(planned_at)s)
    and not exists (
      select from attempt a where a.message_id = m.id and a.outcome <> 3 and a.at >= %(planned_at)s
    )
"""

_SEND = """
),
refused as (
  insert into withheld (message_id, reason, at)
  select id, reason, clock_timestamp() from loaded where reason is not null
)
select id, contact_id, phone_index, phone_sealed, body_sealed, parts from loaded where reason is null order by id
"""

_LOAD = _LOADED + _SEND
_LOAD_REST = _LOADED + _LOADED_REST + _SEND

_ARM = """
update chunk set intent_upto = greatest(intent_upto, wanted.upto),
  lease_until = clock_timestamp() + make_interval(secs => %(ttl)s)
from unnest(%(chunks)s::bigint[], %(uptos)s::bigint[]) as wanted (id, upto)
where chunk.id = wanted.id and leased_by = %(gateway)s and state = 'leased'
returning chunk.id
"""

_RENEW = """
update chunk set lease_until = clock_timestamp() + make_interval(secs => %s)
where id = any(%s) and leased_by = %s and state = 'leased'
returning id
"""

_EXPIRED = """
select id from chunk where state = 'leased' and lease_until < clock_timestamp()
order by id limit 1 for update skip locked
"""

_SETTLE_UNKNOWN = """
insert into attempt (message_id, part, channel_id, outcome, code, sent_at, at)
select m.id, part, k.channel_id, 4, %(code)s, coalesce(p.started_at, k.planned_at), clock_timestamp()
from chunk k
join plan p on p.id = k.plan_id
join message m on m.planned_at = k.planned_at and m.id between k.first_id and k.intent_upto
cross join lateral generate_series(1, m.parts::int) as part
where k.id = %(chunk)s
  and not exists (select from withheld w where w.message_id = m.id and w.at >= k.planned_at)
  and not exists (
    select from attempt a
    where a.message_id = m.id and a.part = part and a.outcome <> 3 and a.at >= k.planned_at
  )
"""

_REQUEUE = """
update chunk set
  state = case when intent_upto >= last_id then 'done' else 'queued' end,
  intent_upto = coalesce(intent_upto, first_id - 1), leased_by = null, lease_until = null
where id = %s
"""

_WITHHOLD_ENDED = """
with ended as (
  select k.id, k.first_id, k.last_id, k.planned_at, k.intent_upto,
    case when p.state = 'stopped' then %(stopped)s else %(deadline)s end as reason
  from chunk k join plan p on p.id = k.plan_id
  where k.state = 'queued'
    and (p.state = 'stopped' or p.state = 'running' and p.deadline <= %(now)s)
  order by k.id limit 200
  for update of k skip locked
),
closed as (
  update chunk set state = 'done' from ended where chunk.id = ended.id
),
kept as (
  insert into withheld (message_id, reason, at)
  select m.id, ended.reason, %(now)s
  from ended
  join message m on m.planned_at = ended.planned_at
    and m.id between greatest(ended.first_id, coalesce(ended.intent_upto + 1, ended.first_id)) and ended.last_id
  where not exists (select from withheld w where w.message_id = m.id and w.at >= ended.planned_at)
    and not exists (
      select from attempt a where a.message_id = m.id and a.outcome <> 3 and a.at >= ended.planned_at
    )
  returning 1
)
select count(*) from kept
"""

_FINISH_PLANS = """
update plan set state = 'finished', finished_at = %(now)s
where state = 'running' and not exists (select from chunk where chunk.plan_id = plan.id and chunk.state <> 'done')
"""

_PAUSE = """
with paused as (
  update plan set state = 'paused', reason = %(reason)s where id = %(plan)s and state = 'running' returning id
)
insert into audit_entry (at, actor, action, object_kind, object_id, detail)
select %(now)s, 'system:gateway', 'plan.pause', 'plan', id::text, jsonb_build_object('reason', %(reason)s::text)
from paused
"""
