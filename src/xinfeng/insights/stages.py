"""Questions about one plan's messages that several pages share: stages, attempts, cost. Asked of the lens."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
from django.db.models import F

from xinfeng.delivery.models import Chunk, ChunkState, Outcome
from xinfeng.delivery.outcomes import MessageState
from xinfeng.lens.engine import Lens

WAITING = "waiting"
ON_WIRE = "on_wire"

IdRange = tuple[int, int]
"""First and last message id, both included."""


def staged(messages: ibis.Table, on_wire_ranges: Sequence[IdRange]) -> ibis.Table:
    """Message states with `planned` told apart: `waiting`, and `on_wire` for ids in the ranges handed over."""
    on_wire = ibis.literal(value=False)
    for first, last in on_wire_ranges:
        on_wire = on_wire | messages["message_id"].between(first, last)
    planned = messages["state"] == MessageState.PLANNED.value
    stage = ibis.cases((planned & on_wire, ON_WIRE), (planned, WAITING), else_=messages["state"])
    return messages.mutate(stage=stage)


def handed_over(plan_id: int) -> list[IdRange]:
    """Id ranges up to the watermark, of chunks that are being sent."""
    chunks = Chunk.objects.filter(plan_id=plan_id, intent_upto__gte=F("first_id")).exclude(
        state=ChunkState.DONE
    )
    return [
        (first, upto) for first, upto in chunks.values_list("first_id", "intent_upto") if upto is not None
    ]


def attempts_of(copy: Lens, plan_id: int) -> ibis.Table:
    """The attempts for a plan's messages."""
    return _about(copy, "attempt", plan_id)


def receipts_of(copy: Lens, plan_id: int) -> ibis.Table:
    """Receipts that name a message of the plan, directly or by a match: `message_id`, `part`, `stat`, `at`."""
    direct, matched = _about(copy, "receipt", plan_id), _about(copy, "receipt_match", plan_id)
    return ibis.union(
        direct.select("message_id", "part", "stat", at=direct["received_at"]),
        matched.select("message_id", "part", "stat", "at"),
    )


def billed_parts(copy: Lens, plan_id: int) -> ibis.Table:
    """The parts that a carrier took, once each: `message_id`, `part`. An uncertain one counts as soon as a
    receipt shows that it left. (Once each, because what was accepted or is uncertain is never sent again.)"""
    attempt = attempts_of(copy, plan_id)
    accepted = attempt.filter(attempt["outcome"] == Outcome.ACCEPTED.value).select("message_id", "part")
    uncertain = attempt.filter(attempt["outcome"] == Outcome.UNCERTAIN.value).select("message_id", "part")
    resolved = uncertain.semi_join(receipts_of(copy, plan_id), ["message_id", "part"])
    return ibis.union(accepted, resolved)


def cost_of(copy: Lens, plan_id: int) -> int:
    """Li for the billed parts, at the price of planning."""
    message = copy.table("message")
    message = message.filter(message["plan_id"] == plan_id).select("id", "parts", "cost_li")
    billed = billed_parts(copy, plan_id)
    billed = billed.inner_join(message, billed["message_id"] == message["id"])
    return round(copy.scalar((billed["cost_li"] / billed["parts"]).sum()) or 0)


def _about(copy: Lens, table: str, plan_id: int) -> ibis.Table:
    message, facts = copy.table("message"), copy.table(table)
    message = message.filter(message["plan_id"] == plan_id)
    return facts.semi_join(message, facts["message_id"] == message["id"])
