"""How a plan begins and ends: the statements that the actions here and the gateways share. `%(name)s` style parameters.

A plan is FINISHED when all its chunks are DONE. A stopped plan withholds what lies in its queued chunks, in one
statement: everything behind the watermark, for a chunk is handed back only when all before it is settled. A
leased chunk belongs to its gateway, or to the one that takes its lease over; that one withholds the rest,
because only it knows what may have left.
"""

from __future__ import annotations

NOTIFY_RUNS = "notify xinfeng_plan_runs"
LISTEN_RUNS = "listen xinfeng_plan_runs"
"""A plan begins or goes on: idle gateways look for work only now and then, unless they are told."""

FINISH_PLAN = """
update plan set state = 'finished', finished_at = %(now)s
where id = %(plan)s and state in ('running', 'paused')
  and not exists (select from chunk where chunk.plan_id = plan.id and chunk.state <> 'done')
"""
"""Finish a plan whose last chunk is done; one row when this call did it. Run after closing a chunk."""

WITHHOLD_QUEUED = """
with queued as (
  select id, coalesce(intent_upto + 1, first_id) as first_id, last_id, planned_at from chunk
  where plan_id = %(plan)s and state = 'queued'
  order by id
  for update
),
closed as (
  update chunk set state = 'done' from queued where chunk.id = queued.id
)
insert into withheld (message_id, reason, at)
select message.id, %(reason)s, %(now)s
from queued
join message on message.planned_at = queued.planned_at
  and message.id between queued.first_id and queued.last_id
where message.planned_at = (select planned_at from plan where id = %(plan)s)
  and not exists (
    select from withheld earlier where earlier.message_id = message.id and earlier.at >= queued.planned_at
  )
  and not exists (
    select from attempt where attempt.message_id = message.id and attempt.outcome <> 3
      and attempt.at >= queued.planned_at
  )
"""
"""Withhold what is unsent in the plan's queued chunks and close these chunks."""
