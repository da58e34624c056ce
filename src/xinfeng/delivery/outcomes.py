"""What became of each message: the one definition, as a question to the lens.

A message goes out in parts; each part has attempts, and receipts that name the message and the part (directly,
or through a receipt_match when they came before the response or belong to an uncertain attempt).

A **part** is, the first that holds:

1. *delivered*: a receipt says DELIVRD. One is enough, whatever others say: carriers repeat and correct themselves.
2. *failed*: a receipt carries another final state, which is its code.
3. *accepted*: an attempt was accepted, or an intermediate receipt came.
4. *failed*: an attempt was refused; its code is the carrier's result.
5. *uncertain*: an attempt may or may not have left, and nothing has settled it.
6. nothing yet: never tried, or only handed back for flow control, which is no outcome.

A **message** is *withheld* if a withheld fact says so and no part of it went out; else *failed* if a part
failed, *uncertain* if a part is, *delivered* if every part is; *failed* too if the rest of it was withheld
after a part had gone out; else *accepted* if a part went out, and *planned* if none did.

ACCEPTD, ENROUTE and BUFFRED are intermediate and end nothing; every other state is final, UNKNOWN included
(CMPP 2.0 and 3.0, `Stat` of the status report).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

import ibis

from xinfeng.delivery.models import Outcome
from xinfeng.lens.engine import Lens

DELIVERED_STATS = ("DELIVRD", "DELIVERED")
INTERMEDIATE_STATS = ("ACCEPTD", "ENROUTE", "BUFFRED")


class MessageState(StrEnum):
    """In the order in which a message may go through them."""

    PLANNED = "planned"
    WITHHELD = "withheld"
    UNCERTAIN = "uncertain"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"


_UNCERTAIN, _REFUSED, _ACCEPTED, _FAILED, _DELIVERED = range(1, 6)
"""What one fact says about a part; of several facts the highest holds."""


def message_state(
    lens: Lens, plans: Collection[int] | None = None, *, since: datetime | None = None
) -> ibis.Table:
    """One row per message: `message_id`, `plan_id`, `contact_id`, `parts`, `cost_li`, `planned_at`, `state`, `code`.

    `code` says why a message failed (the carrier's word), is uncertain or was withheld; it is DELIVRD when
    delivered and null otherwise. `plans` restricts the question to the messages of these plans, `since` to those
    planned at that time or later; both make it faster.
    """
    message = lens.table("message")
    if plans is not None:
        message = message.filter(message["plan_id"].isin(list(plans)))
    if since is not None:
        message = message.filter(message["planned_at"] >= since)
    restricted = plans is not None or since is not None
    parts = _parts(_facts(lens, message if restricted else None))
    out = _messages_out(parts)
    withheld = lens.table("withheld")
    withheld = withheld.group_by("message_id").aggregate(withheld=withheld["reason"].min())
    joined = message.left_join(out, message["id"] == out["message_id"]).drop("message_id")
    joined = joined.left_join(withheld, joined["id"] == withheld["message_id"])
    table = joined.mutate(state=_state(joined))
    return table.select(
        message_id=table["id"],
        plan_id=table["plan_id"],
        contact_id=table["contact_id"],
        parts=table["parts"],
        cost_li=table["cost_li"],
        planned_at=table["planned_at"],
        state=table["state"],
        code=_code(table),
    )


def _facts(lens: Lens, messages: ibis.Table | None) -> ibis.Table:
    """Everything known: `message_id`, `part`, `rank`, `code`.

    `messages` narrows it to their range of ids: a plan's are next to each other, so most of the rest is skipped
    unread. What else lies in the range does no harm, since facts are joined to their messages.
    """
    attempt = lens.table("attempt")
    attempt = attempt.filter(attempt["outcome"] != Outcome.THROTTLED.value)
    rank = attempt["outcome"].cases(
        (Outcome.ACCEPTED.value, _ACCEPTED), (Outcome.REFUSED.value, _REFUSED), else_=_UNCERTAIN
    )
    tried = attempt.select("message_id", "part", rank=rank.cast("int8"), code=attempt["code"])
    receipt = lens.table("receipt")
    direct = _reported(receipt.filter(receipt["message_id"].notnull()))
    matched = _reported(lens.table("receipt_match"))
    facts = ibis.union(tried, direct, matched)
    if messages is None:
        return facts
    first, last = messages["id"].min().as_scalar(), messages["id"].max().as_scalar()
    return facts.filter(facts["message_id"] >= first, facts["message_id"] <= last)


def _reported(receipts: ibis.Table) -> ibis.Table:
    stat = receipts["stat"]
    rank = ibis.cases(
        (stat.isin(DELIVERED_STATS), _DELIVERED), (stat.isin(INTERMEDIATE_STATS), _ACCEPTED), else_=_FAILED
    )
    return receipts.select("message_id", "part", rank=rank.cast("int8"), code=stat)


def _parts(facts: ibis.Table) -> ibis.Table:
    """One row per part of which anything is known; of several codes of one rank, the one that sorts last."""
    rank, code = facts["rank"], facts["code"]
    return facts.group_by("message_id", "part").aggregate(
        rank=rank.max(),
        failed_code=code.max(where=rank == _FAILED),
        refused_code=code.max(where=rank == _REFUSED),
        uncertain_code=code.max(where=rank == _UNCERTAIN),
    )


def _messages_out(parts: ibis.Table) -> ibis.Table:
    """One row per message that went out, at least in part; of several failed parts, the code that sorts first."""
    rank = parts["rank"]
    code = rank.cases(
        (_FAILED, parts["failed_code"]), (_REFUSED, parts["refused_code"]), else_=ibis.null("string")
    )
    return parts.group_by("message_id").aggregate(
        failed=rank.isin((_FAILED, _REFUSED)).any(),
        uncertain=(rank == _UNCERTAIN).any(),
        delivered=(rank == _DELIVERED).sum(),
        failed_code=code.min(),
        uncertain_code=parts["uncertain_code"].min(where=rank == _UNCERTAIN),
    )


def _state(joined: ibis.Table) -> Any:
    out, withheld = joined["failed"].notnull(), joined["withheld"].notnull()
    return ibis.cases(
        (withheld & ~out, MessageState.WITHHELD.value),
        (~out, MessageState.PLANNED.value),
        (joined["failed"], MessageState.FAILED.value),
        (joined["uncertain"], MessageState.UNCERTAIN.value),
        (joined["delivered"] >= joined["parts"], MessageState.DELIVERED.value),
        (withheld, MessageState.FAILED.value),
        else_=MessageState.ACCEPTED.value,
    )


def _code(table: ibis.Table) -> Any:
    return table["state"].cases(
        (MessageState.WITHHELD.value, table["withheld"]),
        (MessageState.FAILED.value, ibis.coalesce(table["failed_code"], table["withheld"])),
        (MessageState.UNCERTAIN.value, table["uncertain_code"]),
        (MessageState.DELIVERED.value, ibis.literal(DELIVERED_STATS[0])),
        else_=ibis.null("string"),
    )
