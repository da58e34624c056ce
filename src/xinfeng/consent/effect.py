"""Which agreements on record changed nothing when they were recorded, and why.

The ledger keeps every "yes", also one that could not hold against a "no": a file that says somebody agrees who had
refused, a form filled in before she refused and handed in later, an agreement for a number that is suppressed. Whoever
reads her history must not take such a line for consent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from xinfeng.consent.models import ConsentEntry, Scope
from xinfeng.consent.reads import EntryRow, members, suppressions_of
from xinfeng.consent.sql import STRENGTH
from xinfeng.kernel.purposes import MESSAGE_PURPOSES


class Why(StrEnum):
    """Why a grant had no effect."""

    REFUSED_LATER = "refused_later"
    FROM_FILE = "from_file"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Idle:
    """`suppression`: the reason of what was in force on the number, for SUPPRESSED."""

    why: Why
    suppression: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A withdrawal on record."""

    seq: int
    purpose: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Bar:
    """A suppression of her number, in force from `since` until it was lifted."""

    scope: str
    reason: str
    since: datetime
    lifted_at: datetime | None

    def forbids(self, purpose: str) -> bool:
        return purpose in MESSAGE_PURPOSES and self.scope in (Scope.ALL, purpose)


def idle_grants(contact_id: int, entries: Sequence[EntryRow]) -> dict[int, Idle]:
    """Those of a person's entries that are grants without effect, by their number in the ledger."""
    if not any(entry.granted for entry in entries):
        return {}
    refused = ConsentEntry.objects.filter(contact_id__in=members(contact_id), granted=False)
    refusals = [Refusal(*row) for row in refused.values_list("seq", "purpose", "at")]
    bars = [Bar(one.scope, one.reason, one.at, one.lifted_at) for one in suppressions_of(contact_id)]
    return {entry.seq: why for entry in entries if (why := idle(entry, refusals, bars)) is not None}


def idle(entry: EntryRow, refusals: Iterable[Refusal], bars: Iterable[Bar]) -> Idle | None:
    """Why this grant had no effect when it was recorded; None: it had, or it is none. Pure.

    The rule of `consent.sql`, as things stood then: a withdrawal recorded before outweighs a grant that is not later,
    and every grant from a file; a suppression in force lets nothing through. Later withdrawals end what had begun.
    """
    if not entry.granted:
        return None
    before = [one for one in refusals if one.purpose == entry.purpose and one.seq < entry.seq]
    if any(one.at >= entry.at for one in before):
        return Idle(Why.REFUSED_LATER)
    if before and entry.source.startswith("import:"):
        return Idle(Why.FROM_FILE)
    reasons = [
        one.reason
        for one in bars
        if one.forbids(entry.purpose)
        and one.since <= entry.recorded_at
        and (one.lifted_at is None or one.lifted_at > entry.recorded_at)
    ]
    return Idle(Why.SUPPRESSED, min(reasons, key=_rank)) if reasons else None


def _rank(reason: str) -> int:
    ranks = [one.value for one in STRENGTH]
    return ranks.index(reason) if reason in ranks else len(ranks)
