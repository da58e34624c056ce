"""Questions about one contact's messages, asked of PostgreSQL's facts (the lens has no carrier ids or texts)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from xinfeng.delivery.history import AttemptFact, ReceiptFact, state_of
from xinfeng.delivery.models import Outcome
from xinfeng.delivery.outcomes import MessageState
from xinfeng.foundation import audit
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import NotFound


@dataclass(frozen=True)
class ReplyFact:
    """A text that came back; its words stay sealed (see the inbox)."""

    id: int
    at: datetime
    meaning: str


@dataclass(frozen=True)
class MessageHistory:
    """One message with all its facts, oldest first. `state` and `code` as in `delivery.outcomes`."""

    id: int
    plan_id: int
    contact_id: int
    planned_at: datetime
    variant: int
    consent_seq: int
    parts: int
    cost_li: int
    state: MessageState
    code: str
    withheld_reason: str
    withheld_at: datetime | None
    attempts: tuple[AttemptFact, ...]
    receipts: tuple[ReceiptFact, ...]
    replies: tuple[ReplyFact, ...]

    @property
    def channel_id(self) -> int | None:
        """The channel that carried it, or may have; None while none has. Throttled tries carried nothing."""
        over = [one.channel_id for one in self.attempts if one.outcome != Outcome.THROTTLED]
        return over[-1] if over else None


def message_to(contact_id: int, plan_id: int) -> MessageHistory | None:
    """The message of a plan to a contact, if there is one."""
    found = _histories(_rows(_MESSAGES + "contact_id = %s and plan_id = %s", (contact_id, plan_id)))
    return found[0] if found else None


def messages_to(contact_id: int, *, before: datetime | None = None, limit: int = 50) -> list[MessageHistory]:
    """A contact's messages, latest first; `before` pages on."""
    condition = "contact_id = %s"
    values: list[Any] = [contact_id]
    if before is not None:
        condition, values = condition + " and planned_at < %s", [*values, before]
    return _histories(
        _rows(_MESSAGES + condition + " order by planned_at desc, id desc limit %s", [*values, limit])
    )


def messages_of(
    contact_ids: Sequence[int], *, after: tuple[datetime, int] | None = None, limit: int = 500
) -> list[MessageHistory]:
    """A person's messages, oldest first, to whichever of her contact ids; `after` is time and id of the last one
    of the page before."""
    condition = "contact_id = any(%s)"
    values: list[Any] = [list(contact_ids)]
    if after is not None:
        condition, values = condition + " and (planned_at, id) > (%s, %s)", [*values, *after]
    return _histories(_rows(_MESSAGES + condition + " order by planned_at, id limit %s", [*values, limit]))


def message(message_id: int) -> MessageHistory:
    """Raises NotFound `message.unknown`."""
    found = _histories(_rows(_MESSAGES + "id = %s", (message_id,)))
    if not found:
        raise NotFound("message.unknown", message=message_id)
    return found[0]


def messages_by_id(ids: Sequence[int]) -> list[MessageHistory]:
    """These messages with all their facts, by id; those that are no longer kept are missing."""
    return _histories(_rows(_MESSAGES + "id = any(%s) order by id", (list(ids),)))


def left_out_reason(contact_id: int, plan_id: int) -> tuple[str, datetime] | None:
    """Which gate refused this contact when the plan was made, and when."""
    rows = _rows(
        "select reason, at from left_out where contact_id = %s and plan_id = %s", (contact_id, plan_id)
    )
    return (rows[0][0], rows[0][1]) if rows else None


def reveal_text(message_id: int, *, actor: str, reason: str) -> str:
    """What was written to this person, opened; audited, because it may hold a name."""
    rows = _rows("select body_sealed from message where id = %s", (message_id,))
    if not rows:
        raise NotFound("message.unknown", message=message_id)
    with transaction.atomic():
        audit.record(actor=actor, action="message.reveal", kind="message", subject=message_id, reason=reason)
        return vault().open(Kind.BODY, bytes(rows[0][0]))


_MESSAGES = (
    "select id, plan_id, contact_id, planned_at, variant, consent_seq, parts, cost_li from message where "
)

_ATTEMPTS = (
    "select message_id, part, channel_id, outcome, code, sent_at, at from attempt"
    " where message_id = any(%s) order by at, part"
)

_RECEIPTS = (
    "select message_id, part, stat, received_at, done_at from receipt where message_id = any(%s)"
    " union all"
    " select found.message_id, found.part, found.stat, receipt.received_at, receipt.done_at"
    " from receipt_match found join receipt on receipt.id = found.receipt_id"
    " where found.message_id = any(%s)"
    " order by 4, 2"
)

_WITHHELD = "select message_id, reason, at from withheld where message_id = any(%s)"

_REPLIES = (
    "select message_id, id, received_at, meaning from reply"
    " where contact_id = any(%s) and message_id = any(%s) order by received_at, id"
)


def _histories(messages: Sequence[tuple[Any, ...]]) -> list[MessageHistory]:
    ids = [row[0] for row in messages]
    if not ids:
        return []
    attempts = _grouped(AttemptFact, _rows(_ATTEMPTS, (ids,)))
    receipts = _grouped(ReceiptFact, _rows(_RECEIPTS, (ids, ids)))
    replies = _grouped(ReplyFact, _rows(_REPLIES, ([row[2] for row in messages], ids)))
    withheld = {row[0]: (row[1], row[2]) for row in _rows(_WITHHELD, (ids,))}
    histories = []
    for id_, plan_id, contact_id, planned_at, variant, consent_seq, parts, cost_li in messages:
        held, held_at = withheld.get(id_, ("", None))
        state, code = state_of(parts, attempts[id_], receipts[id_], withheld_reason=held)
        histories.append(
            MessageHistory(
                id=id_,
                plan_id=plan_id,
                contact_id=contact_id,
                planned_at=planned_at,
                variant=variant,
                consent_seq=consent_seq,
                parts=parts,
                cost_li=cost_li,
                state=state,
                code=code,
                withheld_reason=held,
                withheld_at=held_at,
                attempts=tuple(attempts[id_]),
                receipts=tuple(receipts[id_]),
                replies=tuple(replies[id_]),
            )
        )
    return histories


def _grouped(kind: Any, rows: Iterable[tuple[Any, ...]]) -> defaultdict[int, list[Any]]:
    """Facts by the message id in their first column."""
    groups: defaultdict[int, list[Any]] = defaultdict(list)
    for message_id, *values in rows:
        groups[message_id].append(kind(*values))
    return groups


def _rows(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
