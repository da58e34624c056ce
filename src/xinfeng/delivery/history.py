"""The state of one message from its facts. Pure; the rules are those of `delivery.outcomes`, which asks the
lens about many messages at once (a test holds the two together)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from xinfeng.delivery.models import Outcome
from xinfeng.delivery.outcomes import DELIVERED_STATS, FALLEN_BACK, INTERMEDIATE_STATS, MessageState


@dataclass(frozen=True)
class AttemptFact:
    """One try at a carrier for one part. `outcome` is a `models.Outcome`."""

    part: int
    channel_id: int
    outcome: int
    code: str
    sent_at: datetime
    at: datetime


@dataclass(frozen=True)
class ReceiptFact:
    """A carrier's status report. `done_at` is the carrier's own time."""

    part: int
    stat: str
    received_at: datetime
    done_at: datetime | None


class _Rank(IntEnum):
    """What one fact says about a part; of several facts the highest holds."""

    UNCERTAIN = 1
    REFUSED = 2
    ACCEPTED = 3
    FAILED = 4
    DELIVERED = 5


_BY_OUTCOME = {
    Outcome.ACCEPTED: _Rank.ACCEPTED,
    Outcome.REFUSED: _Rank.REFUSED,
    Outcome.UNCERTAIN: _Rank.UNCERTAIN,
}


def state_of(
    parts: int,
    attempts: Sequence[AttemptFact],
    receipts: Sequence[ReceiptFact],
    *,
    withheld_reason: str = "",
) -> tuple[MessageState, str]:
    """State and code of a message of `parts` parts; the code is empty where there is nothing to explain."""
    facts = [
        (attempt.part, _BY_OUTCOME[Outcome(attempt.outcome)], attempt.code)
        for attempt in attempts
        if attempt.outcome != Outcome.THROTTLED
    ]
    facts += [(receipt.part, _said(receipt.stat), receipt.stat) for receipt in receipts]
    best: dict[int, tuple[_Rank, str]] = {}
    for part, rank, code in facts:
        best[part] = max(best.get(part, (rank, code)), (rank, code))
    return _of_parts(parts, list(best.values()), withheld_reason)


def _said(stat: str) -> _Rank:
    if stat in DELIVERED_STATS:
        return _Rank.DELIVERED
    return _Rank.ACCEPTED if stat in INTERMEDIATE_STATS else _Rank.FAILED


def _of_parts(parts: int, known: Sequence[tuple[_Rank, str]], withheld: str) -> tuple[MessageState, str]:
    if not known:
        return (MessageState.WITHHELD, withheld) if withheld else (MessageState.PLANNED, "")
    failed = [code for rank, code in known if rank in (_Rank.FAILED, _Rank.REFUSED)]
    if failed:
        return MessageState.FAILED, min(failed)
    uncertain = [code for rank, code in known if rank is _Rank.UNCERTAIN]
    if uncertain:
        return MessageState.UNCERTAIN, min(uncertain)
    if sum(rank is _Rank.DELIVERED for rank, _ in known) >= parts:
        return MessageState.DELIVERED, DELIVERED_STATS[0]
    if withheld:
        return MessageState.FAILED, withheld
    return MessageState.ACCEPTED, FALLEN_BACK if any(code == FALLEN_BACK for _, code in known) else ""
