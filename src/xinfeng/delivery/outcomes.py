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
(CMPP 2.0 and 3.0, `Stat` of the status report). DISPLAYED, of 5G platforms, is a delivery that was read; FALLBACK ends
nothing either, and is the code of a message that stays accepted.

A message costs what the channel took that carried it, at its price when the plan was made; until one has, what its
first choice would take.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

import ibis

from xinfeng.delivery.models import Outcome
from xinfeng.lens.engine import Lens

DISPLAYED = "DISPLAYED"
"""A 5G platform says that the handset showed the message: it was delivered, and read as far as a carrier can know."""
FALLEN_BACK = "FALLBACK"
"""A 5G platform handed the SMS to the SMS centre. Whether that arrived nobody tells, so it isn't claimed."""
DELIVERED_STATS = ("DELIVRD", "DELIVERED", DISPLAYED)
INTERMEDIATE_STATS = ("ACCEPTD", "ENROUTE", "BUFFRED", FALLEN_BACK)


class MessageState(StrEnum):
    """In the order in which a message may go through them."""

    PLANNED = "planned"
    WITHHELD = "withheld"
    UNCERTAIN = "uncertain"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"


_UNCERTAIN, _REFUSED, _ACCEPTED, _FELL_BACK, _FAILED, _DELIVERED, _DISPLAYED = range(1, 8)
"""What one fact says about a part; of several facts the highest holds. Falling back is an acceptance, being displayed a
delivery: of millions of facts a number is compared faster than a word."""


def message_state(
    lens: Lens,
    plans: Collection[int] | None = None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> ibis.Table:
    """One row per message: `message_id`, `plan_id`, `contact_id`, `parts`, `cost_li`, `planned_at`, `state`, `code`,
    `channel_id`, `displayed`.

    `displayed`: a handset showed it, as far as its channel tells such things.

    `channel_id`: the channel that carried it, or may have; null while none has. `code` says why a message failed (the
    carrier's word), is uncertain or was withheld; it is DELIVRD when delivered, FALLBACK when all that is known is that an
    SMS went in its place, and null otherwise. `plans` restricts the question to the messages of these plans, `since` to those
    planned at that time or later, `until` to those planned before it; each makes it faster.
    """
    message = _messages(lens, plans, since=since, until=until)
    restricted = plans is not None or since is not None or until is not None
    table = _judged(lens, message, _facts(lens, message if restricted else None))
    table, cost_li = _cost(lens, table, plans)
    return table.select(
        message_id=table["id"],
        plan_id=table["plan_id"],
        contact_id=table["contact_id"],
        parts=table["parts"],
        cost_li=cost_li,
        planned_at=table["planned_at"],
        state=table["state"],
        code=_code(table),
        channel_id=table["channel_id"],
        displayed=table["displayed"].fill_null(False),
    )


def _cost(lens: Lens, judged: ibis.Table, plans: Collection[int] | None) -> tuple[ibis.Table, Any]:
    """With what each message costs, `cost_li`. Only where the channels of some plan differ in price does it matter which
    one carried a message; elsewhere it was said when the plan was made."""
    priced = lens.table("plan_channel")
    if plans is not None:
        priced = priced.filter(priced["plan_id"].isin(list(plans)))
    by_plan = priced.group_by("plan_id").aggregate(
        least=priced["price_li"].min(), most=priced["price_li"].max()
    )
    if not lens.scalar(by_plan.filter(by_plan["least"] != by_plan["most"]).count()):
        return judged, judged["cost_li"]
    priced = priced.select(of_plan="plan_id", over="channel_id", price_li="price_li")
    table = judged.left_join(
        priced, (judged["plan_id"] == priced["of_plan"], judged["channel_id"] == priced["over"])
    )
    return table, ibis.coalesce((table["parts"] * table["price_li"]).cast("int32"), table["cost_li"])


def count_states(
    lens: Lens,
    plans: Collection[int] | None = None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> dict[MessageState, int]:
    """How many messages are in each state, as `message_state` says of the same; twice as fast as counting its rows.

    Most messages are delivered, which is known without looking at anything else: each part has a receipt that says
    so. Only the others are judged. `until`: those planned before it.
    """
    message = _messages(lens, plans, since=since, until=until).select("id", "parts")
    single = message.filter(message["parts"] == 1)
    several = message.filter(message["parts"] != 1)
    each = ibis.range(1, ibis.greatest(several["parts"].cast("int64"), 1) + 1).unnest()
    wanted = ibis.union(
        single.select("id", part=ibis.literal(1, "int64")), several.select("id", part=each.cast("int64"))
    )
    receipts = _within(ibis.union(*_reports(lens)), message)
    arrived = receipts.filter(receipts["rank"] >= _DELIVERED)
    arrived = arrived.select(of=arrived["message_id"], which=arrived["part"].cast("int64"))
    lacking = wanted.anti_join(arrived, [wanted["id"] == arrived["of"], wanted["part"] == arrived["which"]])
    rest = message.filter(message["id"].isin(lacking["id"]))
    facts = _facts(lens, message)
    facts = facts.filter(facts["message_id"].isin(rest["id"]))
    judged = _judged(lens, rest, facts)
    counted = judged.group_by("state").aggregate(n=judged.count())
    whole = message.aggregate(n=message.count()).select(state=ibis.literal(""), n="n")
    found = {row["state"]: int(row["n"]) for row in lens.rows(ibis.union(counted, whole)).to_pylist()}
    in_all = found.pop("")
    counts = {state: found.get(state.value, 0) for state in MessageState}
    counts[MessageState.DELIVERED] += in_all - sum(found.values())
    return counts


def _messages(
    lens: Lens,
    plans: Collection[int] | None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> ibis.Table:
    message = lens.table("message")
    if plans is not None:
        message = message.filter(message["plan_id"].isin(list(plans)))
    if since is not None:
        message = message.filter(message["planned_at"] >= since)
    if until is not None:
        message = message.filter(message["planned_at"] < until)
    return message


def _judged(lens: Lens, message: ibis.Table, facts: ibis.Table) -> ibis.Table:
    """These messages with their `state` by these facts, and what `_code` asks for."""
    out = _messages_out(_parts(facts))
    withheld = lens.table("withheld")
    withheld = withheld.group_by("message_id").aggregate(withheld=withheld["reason"].min())
    joined = message.left_join(out, message["id"] == out["message_id"]).drop("message_id")
    joined = joined.left_join(withheld, joined["id"] == withheld["message_id"])
    return joined.mutate(state=_state(joined))


def _facts(lens: Lens, messages: ibis.Table | None) -> ibis.Table:
    """Everything known: `message_id`, `part`, `rank`, `code`, `channel_id` (null where a match tells nothing of it).

    `messages` narrows it to their range of ids: a plan's are next to each other, so most of the rest is skipped
    unread. What else lies in the range does no harm, since facts are joined to their messages.
    """
    attempt = lens.table("attempt")
    attempt = attempt.filter(attempt["outcome"] != Outcome.THROTTLED.value)
    rank = attempt["outcome"].cases(
        (Outcome.ACCEPTED.value, _ACCEPTED), (Outcome.REFUSED.value, _REFUSED), else_=_UNCERTAIN
    )
    tried = attempt.select(
        "message_id", "part", rank=rank.cast("int8"), code=attempt["code"], channel_id=attempt["channel_id"]
    )
    facts = ibis.union(tried, *_reports(lens))
    return facts if messages is None else _within(facts, messages)


def _within(facts: ibis.Table, messages: ibis.Table) -> ibis.Table:
    first, last = messages["id"].min().as_scalar(), messages["id"].max().as_scalar()
    return facts.filter(facts["message_id"] >= first, facts["message_id"] <= last)


def _reports(lens: Lens) -> tuple[ibis.Table, ibis.Table]:
    """What receipts said, those that name their message and those that were matched."""
    receipt = lens.table("receipt")
    receipt = receipt.filter(receipt["message_id"].notnull())
    matched = lens.table("receipt_match")
    return _reported(receipt, receipt["channel_id"]), _reported(matched, ibis.null("int64"))


def _reported(receipts: ibis.Table, channel_id: Any) -> ibis.Table:
    stat = receipts["stat"]
    rank = ibis.cases(
        (stat == DELIVERED_STATS[0], _DELIVERED),  # nearly all
        (stat == DISPLAYED, _DISPLAYED),
        (stat.isin(DELIVERED_STATS), _DELIVERED),
        (stat == FALLEN_BACK, _FELL_BACK),
        (stat.isin(INTERMEDIATE_STATS), _ACCEPTED),
        else_=_FAILED,
    )
    return receipts.select("message_id", "part", rank=rank.cast("int8"), code=stat, channel_id=channel_id)


def _parts(facts: ibis.Table) -> ibis.Table:
    """One row per part of which anything is known. `said` is about parts of a rank that has a code: the rank, a digit, and
    behind it the code; of several of one rank, the one that sorts last. One maximum of words that are mostly missing takes
    half as long as one for each rank."""
    rank, code = facts["rank"], facts["code"]
    has_code = ((rank == one, ibis.literal(str(one)) + code) for one in (_FAILED, _REFUSED, _UNCERTAIN))
    facts = facts.mutate(said=ibis.cases(*has_code, else_=ibis.null("string")))
    return facts.group_by("message_id", "part").aggregate(
        rank=facts["rank"].max(), channel_id=facts["channel_id"].max(), said=facts["said"].max()
    )


def _messages_out(parts: ibis.Table) -> ibis.Table:
    """One row per message that went out, at least in part; of several failed parts, the code that sorts first."""
    rank, code = parts["rank"], parts["said"].substr(1)
    failed = rank.isin((_FAILED, _REFUSED))
    return parts.group_by("message_id").aggregate(
        failed=failed.any(),
        channel_id=parts["channel_id"].max(),
        displayed=(rank == _DISPLAYED).any(),
        fell_back=(rank == _FELL_BACK).any(),
        uncertain=(rank == _UNCERTAIN).any(),
        delivered=(rank >= _DELIVERED).sum(),
        failed_code=code.min(where=failed),
        uncertain_code=code.min(where=rank == _UNCERTAIN),
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
        (
            MessageState.ACCEPTED.value,
            ibis.ifelse(table["fell_back"], ibis.literal(FALLEN_BACK), ibis.null("string")),
        ),
        else_=ibis.null("string"),
    )
