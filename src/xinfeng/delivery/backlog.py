"""What waits for a channel: messages that no gateway has begun, by plan."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from xinfeng.delivery.models import ChunkState, PlanState


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages of a plan that wait for a channel, in whole chunks; `movable` may go by another channel of their lane."""

    plan_id: int
    messages: int
    movable: int


def waiting_for(channel_id: int) -> list[Waiting]:
    """By plan, the oldest first. Reads what is not done yet only (index `chunk_waiting`)."""
    with connection.cursor() as cursor:
        cursor.execute(
            _WAITING,
            {
                "channel": channel_id,
                "queued": ChunkState.QUEUED,
                "over": [PlanState.STOPPED, PlanState.FINISHED],
            },
        )
        return [Waiting(*row) for row in cursor.fetchall()]


_WAITING = """
select chunk.plan_id, sum(last_id - first_id + 1)::bigint,
  coalesce(sum(last_id - first_id + 1) filter (where cardinality(lane) > 1), 0)::bigint
from chunk join plan on plan.id = chunk.plan_id
where chunk.state <> 'done' and chunk.state = %(queued)s and chunk.channel_id = %(channel)s
  and plan.state <> all(%(over)s)
group by chunk.plan_id order by chunk.plan_id
"""
