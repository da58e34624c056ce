"""Questions about one plan's messages that several pages share: stages, attempts, cost. Asked of the lens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
from django.db.models import F

from xinfeng.delivery.models import Chunk, ChunkState, Outcome, PlanChannel
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
    """The parts that a carrier took, once each: `message_id`, `part`, `channel_id`. An uncertain one counts as soon as a
    receipt shows that it left. (Once each, because what was accepted or is uncertain is never sent again.)"""
    attempt = attempts_of(copy, plan_id)
    accepted = attempt.filter(attempt["outcome"] == Outcome.ACCEPTED.value).select(
        "message_id", "part", "channel_id"
    )
    uncertain = attempt.filter(attempt["outcome"] == Outcome.UNCERTAIN.value).select(
        "message_id", "part", "channel_id"
    )
    resolved = uncertain.semi_join(receipts_of(copy, plan_id), ["message_id", "part"])
    return ibis.union(accepted, resolved)


def cost_of(copy: Lens, plan_id: int) -> int:
    """Li for the billed parts, each at the price that its channel had when the plan was made."""
    return round(copy.scalar(_li_of_parts(copy, plan_id)["li"].sum()) or 0)


def billed_li(copy: Lens, plan_id: int) -> ibis.Table:
    """`cost_of` by message, of those of which a carrier took any part: `billed_id`, `billed` (li)."""
    billed = _li_of_parts(copy, plan_id)
    return billed.group_by(billed_id=billed["message_id"]).aggregate(billed=billed["li"].sum())


def _li_of_parts(copy: Lens, plan_id: int) -> ibis.Table:
    message = copy.table("message")
    message = message.filter(message["plan_id"] == plan_id).select("id", "parts", "cost_li")
    priced = copy.table("plan_channel")
    priced = priced.filter(priced["plan_id"] == plan_id).select(over="channel_id", price_li="price_li")
    billed = billed_parts(copy, plan_id)
    billed = billed.inner_join(message, billed["message_id"] == message["id"])
    billed = billed.left_join(priced, billed["channel_id"] == priced["over"])
    of_part = ibis.coalesce(billed["price_li"].cast("float64"), billed["cost_li"] / billed["parts"])
    return billed.select("message_id", li=of_part)


@dataclass(frozen=True)
class Carried:
    """A channel of a plan: of `planned` messages it was the first choice, `carried` it took or may have. `price_li` a part,
    when the plan was made."""

    channel_id: int
    planned: int
    carried: int
    price_li: int


def by_channel(plan_id: int, carried: Mapping[int, int]) -> list[Carried]:
    """The channels a plan goes by, the one of most messages first. `carried`: `live.LiveNumbers.carried_by`."""
    found = [
        Carried(one.channel_id, one.messages, carried.get(one.channel_id, 0), one.price_li)
        for one in PlanChannel.objects.filter(plan_id=plan_id)
    ]
    return sorted(found, key=lambda one: (-one.planned, -one.carried, one.channel_id))


def _about(copy: Lens, table: str, plan_id: int) -> ibis.Table:
    message, facts = copy.table("message"), copy.table(table)
    message = message.filter(message["plan_id"] == plan_id)
    return facts.semi_join(message, facts["message_id"] == message["id"])
