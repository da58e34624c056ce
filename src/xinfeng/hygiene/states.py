"""What evidence makes of what is known about a number. Pure.

**Receipts** (`receipt_codes` says what a code is):

| receipt | what follows |
|---|---|
| delivered | valid; the run of failures ends; out of quarantine, unless a person put it there or it was reassigned. If it had not existed: ask whether it is still hers (`recheck`) |
| permanent | counts if it comes from another message and another day than the last one that counted. The second in a row: the state the code names, quarantine |
| handset off, blocked, anything else | nothing: neither proves life nor ends a run of failures |

Evidence older than what is known already changes nothing, so receipts may come twice and out of order. "Another
day" is another business day: one bad evening of a carrier quarantines nobody.

**Lookups** (the provider's own codes are mapped to answers in `providers`):

| answer | what follows |
|---|---|
| valid | valid, checked; out of quarantine if a lookup or receipts had put it there. If it had not existed (空号→实号): into quarantine as REBORN, `recheck` |
| out of service, not existing | the state, quarantine; but where a receipt proved life within `TRUST_RECEIPT`, only a first failure, so that one more is needed |
| risky | the state, quarantine |
| silent, powered off | the state; quarantine stays as it is: they exist |
| unknown | nothing but `asked_at`: an answer that says nothing is no check |
| reassigned | reassigned, quarantine for good; the action takes every consent with it |
| same person | `recheck` is settled; REBORN ends |
| another carrier than the number was given to | ported: state, consent and quarantine stay |

One lookup is right in 92 to 95 of 100 cases (vendors' own figures, compliance.md 6.1): it quarantines, nothing is
ever deleted, and a delivered receipt always weighs more. By hand: quarantine by hand ends by hand only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from xinfeng.hygiene.models import Quarantine, State
from xinfeng.kernel.time import business_day

ALIVE_FOR = timedelta(days=7)
"""A proof of life is written down again only when the last is older: it saves a write for each message."""

TRUST_RECEIPT = timedelta(days=30)
"""So long a delivered message weighs more than a lookup that says otherwise."""

PERMANENT_FAILURES = 2
"""So many in a row quarantine (compliance.md 6.1: permanent-failure receipts ×2)."""

DEAD_STATES = frozenset({State.OUT_OF_SERVICE, State.NOT_EXISTING})
_CHECKED = frozenset(State) - {State.UNKNOWN, State.REASSIGNED}
_BY_EVIDENCE = frozenset({Quarantine.RECEIPTS, Quarantine.LOOKUP, Quarantine.REBORN})


class Known(NamedTuple):
    """What is known of one number; see `models.NumberState`."""

    state: State = State.UNKNOWN
    since: datetime | None = None
    quarantine: Quarantine = Quarantine.FREE
    quarantined_at: datetime | None = None
    failures: int = 0
    failed_at: datetime | None = None
    failed_message: int | None = None
    alive_at: datetime | None = None
    checked_at: datetime | None = None
    asked_at: datetime | None = None
    carrier_now: int = 0
    ported: bool = False
    recheck: bool = False

    @property
    def quarantined(self) -> bool:
        return self.quarantine is not Quarantine.FREE


NOTHING = Known()
"""A number of which nothing was learned yet."""


class Verdict(Enum):
    """What a receipt says about the number, and only about it."""

    ALIVE = "alive"
    PERMANENT = "permanent"
    HANDSET = "handset"
    NOTHING = "nothing"


class Evidence(NamedTuple):
    """A final receipt: `state` is what its code names when permanent."""

    verdict: Verdict
    state: State
    at: datetime
    message_id: int


def after_receipt(known: Known, evidence: Evidence, zone: ZoneInfo) -> Known:
    """The same object when the receipt teaches nothing new."""
    if evidence.verdict is Verdict.ALIVE:
        return _after_delivery(known, evidence.at)
    if evidence.verdict is Verdict.PERMANENT:
        return _after_failure(known, evidence, zone)
    return known


def _after_delivery(known: Known, at: datetime) -> Known:
    if _not_after(at, known.failed_at) or _not_after(at, known.alive_at) or _not_after(at, known.since):
        return known
    settled = (
        known.state is State.VALID
        and not known.failures
        and known.quarantine not in _BY_EVIDENCE
        and known.alive_at is not None
    )
    if settled and known.alive_at is not None and at - known.alive_at < ALIVE_FOR:
        return known
    if known.quarantine is Quarantine.REASSIGNED:
        return known._replace(alive_at=at)  # somebody lives there; not the person we knew
    freed = known.quarantine in _BY_EVIDENCE
    return known._replace(
        state=State.VALID,
        since=known.since if known.state is State.VALID else at,
        quarantine=Quarantine.FREE if freed else known.quarantine,
        quarantined_at=None if freed else known.quarantined_at,
        failures=0,
        failed_at=None,
        failed_message=None,
        alive_at=at,
        recheck=known.recheck or known.state is State.NOT_EXISTING,
    )


def _after_failure(known: Known, evidence: Evidence, zone: ZoneInfo) -> Known:
    at = evidence.at
    if known.quarantine is Quarantine.REASSIGNED or _not_after(at, known.alive_at):
        return known
    if known.failed_at is not None and (
        evidence.message_id == known.failed_message
        or business_day(at, zone) <= business_day(known.failed_at, zone)
    ):
        return known
    failures = min(known.failures + 1, 100)
    counted = known._replace(failures=failures, failed_at=at, failed_message=evidence.message_id)
    if failures < PERMANENT_FAILURES:
        return counted
    return _shut(counted, evidence.state, at, Quarantine.RECEIPTS)


def _shut(known: Known, state: State, at: datetime, why: Quarantine) -> Known:
    """Into a state that quarantines. Who is in quarantine already stays there for the first reason."""
    return known._replace(
        state=state,
        since=known.since if known.state is state else at,
        quarantine=known.quarantine if known.quarantined else why,
        quarantined_at=known.quarantined_at if known.quarantined else at,
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a lookup said of a number, in our own words. None and UNKNOWN: it did not say.

    `reassigned`: it was given to somebody else after the time asked about. `carrier` is who serves it now, as in
    `kernel.phones.Carrier`, `ported` whether that is another than it was given to.
    """

    state: State = State.UNKNOWN
    reassigned: bool | None = None
    carrier: int = 0
    ported: bool | None = None

    @property
    def says_something(self) -> bool:
        return (
            self.state in _CHECKED
            or self.reassigned is not None
            or bool(self.carrier)
            or self.ported is not None
        )


def after_lookup(known: Known, answer: Answer, at: datetime) -> Known:
    """What is known after a lookup that was answered at `at`."""
    asked = known._replace(asked_at=_later(known.asked_at, at))
    if not answer.says_something or _not_after(at, known.checked_at):
        return asked
    learned = _after_carrier(asked, answer)
    if answer.reassigned:
        return _shut(
            learned._replace(checked_at=at, recheck=False, quarantine=Quarantine.FREE, quarantined_at=None),
            State.REASSIGNED,
            at,
            Quarantine.REASSIGNED,
        )
    if known.quarantine is Quarantine.REASSIGNED:
        return learned
    if answer.reassigned is False:
        learned = _still_hers(learned._replace(checked_at=at))
    return _after_state(learned, answer.state, at)


def _after_carrier(known: Known, answer: Answer) -> Known:
    return known._replace(
        carrier_now=answer.carrier or known.carrier_now,
        ported=known.ported if answer.ported is None else answer.ported,
    )


def _still_hers(known: Known) -> Known:
    freed = known.quarantine is Quarantine.REBORN
    return known._replace(
        recheck=False,
        quarantine=Quarantine.FREE if freed else known.quarantine,
        quarantined_at=None if freed else known.quarantined_at,
    )


def _after_state(known: Known, state: State, at: datetime) -> Known:
    if state not in _CHECKED:
        return known
    checked = known._replace(checked_at=at)
    if state in DEAD_STATES and known.alive_at is not None and at - known.alive_at < TRUST_RECEIPT:
        if known.failures + 1 < PERMANENT_FAILURES:
            return checked._replace(failures=known.failures + 1, failed_at=at)
        return _shut(
            checked._replace(failures=known.failures + 1, failed_at=at), state, at, Quarantine.LOOKUP
        )
    if state in DEAD_STATES or state is State.RISKY:
        return _shut(checked, state, at, Quarantine.LOOKUP)
    if state is not State.VALID:
        return checked._replace(state=state, since=known.since if known.state is state else at)
    return _found_valid(checked, at)


def _found_valid(known: Known, at: datetime) -> Known:
    valid = known._replace(
        state=State.VALID,
        since=known.since if known.state is State.VALID else at,
        failures=0,
        failed_at=None,
        failed_message=None,
    )
    if known.state is State.NOT_EXISTING and known.quarantine is not Quarantine.MANUAL:
        return valid._replace(
            quarantine=Quarantine.REBORN, quarantined_at=known.quarantined_at or at, recheck=True
        )
    if known.quarantine in (Quarantine.RECEIPTS, Quarantine.LOOKUP):
        return valid._replace(quarantine=Quarantine.FREE, quarantined_at=None)
    return valid


def by_hand(known: Known, *, quarantine: bool, at: datetime) -> Known:
    """A person decided: into quarantine, or out of it whatever put it there. Out means to start afresh."""
    if quarantine:
        return known._replace(quarantine=Quarantine.MANUAL, quarantined_at=known.quarantined_at or at)
    back = State.UNKNOWN if known.state in DEAD_STATES | {State.RISKY, State.REASSIGNED} else known.state
    return known._replace(
        state=back,
        since=known.since if back is known.state else at,
        quarantine=Quarantine.FREE,
        quarantined_at=None,
        failures=0,
        failed_at=None,
        failed_message=None,
        recheck=False,
    )


def last_proof(known: Known) -> datetime | None:
    """When it was last known how the number fares: a delivery, or a lookup with an answer."""
    return _later(known.alive_at, known.checked_at) if known.checked_at else known.alive_at


def _not_after(at: datetime, known: datetime | None) -> bool:
    return known is not None and at <= known


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None or other > one else one


__all__ = [
    "ALIVE_FOR",
    "DEAD_STATES",
    "NOTHING",
    "PERMANENT_FAILURES",
    "TRUST_RECEIPT",
    "Answer",
    "Evidence",
    "Known",
    "Verdict",
    "after_lookup",
    "after_receipt",
    "by_hand",
    "last_proof",
]
