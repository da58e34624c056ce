"""The state of one message from its facts. Pure; the same rules as `delivery.outcomes`, which asks the lens
about all of them at once (a test holds the two together).

- delivered: every part has a receipt that says so. A late DELIVRD outweighs an earlier failure of that part.
- failed: a part was refused by the carrier, or has a final receipt that is no delivery.
- uncertain: a part may or may not have left and no receipt has resolved it.
- accepted: a carrier took it, receipts are awaited. withheld: it was never handed over. planned: none of these.
- A refusal for flow control is no outcome: the message goes again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from xinfeng.delivery.models import Outcome


class State(StrEnum):
    PLANNED = "planned"
    WITHHELD = "withheld"
    UNCERTAIN = "uncertain"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"


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


DELIVERED_STAT = "DELIVRD"
INTERIM_STATS = frozenset({"ACCEPTD", "ENROUTE"})
"""Reports on the way to a final one (CMPP, SMGP and SMPP name them so)."""


def state_of(
    parts: int,
    attempts: Sequence[AttemptFact],
    receipts: Sequence[ReceiptFact],
    *,
    withheld_reason: str = "",
) -> tuple[State, str]:
    """The state of a message of `parts` parts, and the code that explains it: the carrier's result or status,
    or why it was withheld; empty where there is nothing to explain."""
    delivered = {receipt.part for receipt in receipts if receipt.stat == DELIVERED_STAT}
    if len(delivered) >= parts:
        return State.DELIVERED, DELIVERED_STAT
    failing = [
        receipt.stat
        for receipt in receipts
        if receipt.stat not in INTERIM_STATS and receipt.part not in delivered
    ]
    refused = [attempt.code for attempt in attempts if attempt.outcome == Outcome.REFUSED]
    if refused or failing:
        return State.FAILED, (refused or failing)[0]
    resolved = {receipt.part for receipt in receipts}
    for attempt in attempts:
        if attempt.outcome == Outcome.UNCERTAIN and attempt.part not in resolved:
            return State.UNCERTAIN, attempt.code
    if receipts or any(attempt.outcome != Outcome.THROTTLED for attempt in attempts):
        return State.ACCEPTED, ""
    if withheld_reason:
        return State.WITHHELD, withheld_reason
    return State.PLANNED, ""
