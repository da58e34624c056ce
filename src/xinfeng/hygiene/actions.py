"""What is learned and decided about numbers. What evidence amounts to stands in `states`.

A number that was reassigned leaves its former owner's row (docs/adr/0010): his consents are withdrawn, the number is
suppressed for all messages, and the row says REASSIGNED in quarantine until another number comes or a person says that
it was a mistake. Whoever comes with the number next is a new contact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import NamedTuple

from xinfeng.consent.actions import refresh_standing, suppress_numbers
from xinfeng.consent.ledger import NewEntry
from xinfeng.consent.models import Scope, SuppressionReason
from xinfeng.consent.narrowing import lift_mistaken
from xinfeng.contacts import former_numbers as contacts
from xinfeng.contacts.sql import note_conflicts
from xinfeng.foundation import audit
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.hygiene import sql
from xinfeng.hygiene.models import Source, State
from xinfeng.hygiene.receipt_codes import Meaning, meaning_of
from xinfeng.hygiene.sql import Fact, Number
from xinfeng.hygiene.states import (
    Answer,
    Evidence,
    Known,
    Verdict,
    after_lookup,
    after_receipt,
    by_hand,
)
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.kernel.phones import Carrier

RECEIPTS = "system:receipts"
LOOKUPS = "system:lookups"
LONGEST_REASON = 200


class ReceiptNews(NamedTuple):
    """A receipt that found its message, or a refusal (`phase` submit). `planned_at` is the message's, `at` when the
    receipt came in, `kind` that of the channel where it is known."""

    contact_id: int
    message_id: int
    planned_at: datetime
    code: str
    channel_id: int
    at: datetime
    kind: str = ""
    phase: str = "receipt"

    @property
    def meaning(self) -> Meaning:
        """What the code says, with this kind of channel."""
        return meaning_of(self.code, self.kind, self.phase)


@dataclass(frozen=True, slots=True)
class Learned:
    """What a batch came to: `changed` numbers, of them into and out of quarantine."""

    looked_at: int = 0
    changed: int = 0
    quarantined: int = 0
    freed: int = 0

    def __add__(self, other: Learned) -> Learned:
        return Learned(
            self.looked_at + other.looked_at,
            self.changed + other.changed,
            self.quarantined + other.quarantined,
            self.freed + other.freed,
        )


def learn_from_receipts(connection: Connection, news: Sequence[ReceiptNews], *, now: datetime) -> Learned:
    """Take in receipts, in the caller's transaction; the same news again changes nothing.

    Numbers that their contact got after the message was planned are left alone: the receipt is about another.
    """
    telling = [one for one in news if one.meaning.verdict in (Verdict.ALIVE, Verdict.PERMANENT)]
    if not telling:
        return Learned(looked_at=len(news))
    sql.take_turn(connection)
    telling = _without_settled(connection, telling)
    telling.sort(key=itemgetter(0, 5))
    zone = xinfeng_settings.load().zone
    numbers = sql.numbers_of(connection, {one.contact_id for one in telling})
    notes = _Notes(numbers)
    for contact_id, group in groupby(telling, key=itemgetter(0)):
        number = numbers.get(contact_id)
        if number is None:
            continue
        known = number.known
        for one in group:
            if number.since is not None and one.planned_at < number.since:
                continue
            meaning = one.meaning
            after = after_receipt(
                known, Evidence(meaning.verdict, meaning.state, min(one.at, now), one.message_id), zone
            )
            if after is not known:
                channel = f"channel:{one.channel_id}"
                notes.fact(number, after, Source.RECEIPT, channel, one.code, min(one.at, now), RECEIPTS)
                known = after
        notes.now_known(number, known)
    return notes.write(connection, len(news))


def _without_settled(connection: Connection, news: list[ReceiptNews]) -> list[ReceiptNews]:
    """Leave out the contacts of whom nothing but deliveries is told, and who are known to be well."""
    delivered: dict[int, datetime] = {}
    otherwise = set()
    for one in news:
        contact_id = one.contact_id
        if one.meaning.verdict is not Verdict.ALIVE:
            otherwise.add(contact_id)
        elif contact_id not in delivered or one.at > delivered[contact_id]:
            delivered[contact_id] = one.at
    for contact_id in otherwise:
        delivered.pop(contact_id, None)
    settled = sql.settled(connection, delivered) if delivered else set()
    return [one for one in news if one.contact_id not in settled]


class LookupNews(NamedTuple):
    """An answer of a provider about the number a contact had when it was asked about. `code` is its own word."""

    contact_id: int
    phone_index: bytes
    answer: Answer
    code: str
    at: datetime


def learn_from_lookup(
    connection: Connection, news: Sequence[LookupNews], *, provider: str, now: datetime, actor: str = LOOKUPS
) -> Learned:
    """Take in answers, in the caller's transaction. A number that was reassigned leaves its contact, who loses every
    consent; a ported one stays and gets its carrier. Answers about numbers that their contacts no longer have are left alone."""
    if not news:
        return Learned()
    sql.take_turn(connection)
    numbers = sql.numbers_of(connection, {one.contact_id for one in news})
    notes = _Notes(numbers)
    reassigned: list[Number] = []
    carriers: dict[int, int] = {}
    for one in sorted(news, key=attrgetter("contact_id", "at")):
        number = numbers.get(one.contact_id)
        if number is None or number.phone_index != one.phone_index:
            continue
        before = notes.known(number)
        after = after_lookup(before, one.answer, min(one.at, now))
        notes.fact(number, after, Source.LOOKUP, provider, one.code, min(one.at, now), actor)
        notes.now_known(number, after)
        if after.state is State.REASSIGNED and before.state is not State.REASSIGNED:
            reassigned.append(number)
        if after.carrier_now and after.carrier_now != before.carrier_now:
            carriers[one.contact_id] = after.carrier_now
    contacts.release_numbers(connection, [one.contact_id for one in reassigned], actor=actor, now=now)
    learned = notes.write(connection, len(news))
    _set_carriers(connection, carriers, now=now)
    _take_consent(connection, reassigned, source=f"lookup:{provider}"[:80], actor=actor, now=now)
    return learned


class _Notes:
    """What a batch learns, until it is written down."""

    def __init__(self, numbers: Mapping[int, Number]) -> None:
        self._numbers = numbers
        self._after: dict[int, Known] = {}
        self._facts: list[Fact] = []

    def known(self, number: Number) -> Known:
        return self._after.get(number.contact_id, number.known)

    def now_known(self, number: Number, after: Known) -> None:
        if after != number.known:
            self._after[number.contact_id] = after
        else:
            self._after.pop(number.contact_id, None)

    def fact(
        self,
        number: Number,
        after: Known,
        source: Source,
        provider: str,
        code: str,
        at: datetime,
        actor: str,
        detail: str = "",
    ) -> None:
        self._facts.append(
            Fact(
                number.contact_id,
                number.phone_index,
                source.value,
                provider,
                code,
                int(after.state),
                after.quarantined,
                at,
                actor,
                detail or after.quarantine.value,
            )
        )

    def write(self, connection: Connection, looked_at: int) -> Learned:
        sql.put(
            connection,
            {
                contact_id: (self._numbers[contact_id].phone_index, known)
                for contact_id, known in self._after.items()
            },
        )
        sql.append_facts(connection, self._facts)
        turned = Counter(
            (self._numbers[contact_id].known.quarantined, known.quarantined)
            for contact_id, known in self._after.items()
        )
        return Learned(looked_at, len(self._after), turned[False, True], turned[True, False])


def quarantine(contact_id: int, *, reason: str, actor: str, now: datetime) -> None:
    """Keep a contact's number from being written to; only a person takes it out again.

    Raises NotFound `contact.unknown`, `contact.no_phone`, InvalidInput `number.no_reason`.
    """
    _decide(
        contact_id,
        "number.quarantine",
        lambda known: by_hand(known, quarantine=True, at=now),
        reason,
        actor,
        now,
    )


def release(contact_id: int, *, reason: str, actor: str, now: datetime) -> None:
    """Take a number out of quarantine, whatever put it there. Suppressions and withdrawals stay: those are consent's.

    Where the number had left the contact because it was taken for somebody else's, this says that it was not: see
    `take_back_reassigned`. Raises as `quarantine`, and Conflict `number.not_quarantined`.
    """

    def out(known: Known) -> Known:
        if not known.quarantined:
            raise Conflict("number.not_quarantined", id=contact_id)
        return by_hand(known, quarantine=False, at=now)

    with bulk_transaction() as connection:
        sql.take_turn(connection)
        if sql.has_lost_its_number(connection, contact_id):
            take_back_reassigned(connection, contact_id, reason=reason, actor=actor, now=now)
        else:
            _decide(contact_id, "number.release", out, reason, actor, now)


def take_back_reassigned(
    connection: Connection, contact_id: int, *, reason: str, actor: str, now: datetime
) -> None:
    """It was not reassigned after all: the contact has the number again, and the suppression that rested on the
    mistake is lifted. Consents that were withdrawn stay so: the ledger takes nothing back, the person is asked again.

    Whoever came with the number in the meantime keeps it; that the two may be one person is suggested. The caller has
    taken the turn. Raises NotFound `contact.no_phone` where no number was lost, InvalidInput `number.no_reason`.
    """
    why = _checked(reason)
    known = sql.known_of(connection, contact_id)
    returned = contacts.give_back(connection, contact_id, now=now)
    if returned is None:
        raise NotFound("contact.no_phone", id=contact_id)
    after = by_hand(known, quarantine=False, at=now)
    number = Number(contact_id, returned.phone_index, None, known)
    notes = _Notes({contact_id: number})
    notes.fact(number, after, Source.MANUAL, "", "returned", now, actor, why)
    notes.now_known(number, after)
    notes.write(connection, 1)
    if returned.holder is not None:
        sql.leave_without_number(connection, [contact_id], gone=True)
        note_conflicts(connection, [(contact_id, returned.holder)], now=now)
    audit.record(
        actor=actor, action="number.returned", kind="contact", subject=contact_id, holder=returned.holder
    )
    lift_mistaken(connection, returned.phone_index, why=why, actor=actor, now=now)
    refresh_standing(connection, [contact_id])


def mark_reassigned(contact_id: int, *, reason: str, actor: str, now: datetime) -> None:
    """The number belongs to somebody else now: it leaves the contact, every consent is withdrawn, the number suppressed
    for all purposes. `release` says that it was a mistake.

    Raises NotFound `contact.unknown`, `contact.no_phone`, InvalidInput `number.no_reason`.
    """

    def gone(known: Known) -> Known:
        return after_lookup(known._replace(checked_at=None), Answer(reassigned=True), now)

    with bulk_transaction() as connection:
        number = _decide(contact_id, "number.reassigned", gone, reason, actor, now)
        contacts.release_numbers(connection, [contact_id], actor=actor, now=now)
        sql.put(connection, {contact_id: (number.phone_index, gone(number.known))})
        _take_consent(connection, [number], source="console", actor=actor, now=now)


def mark_ported(contact_id: int, carrier: int, *, actor: str, now: datetime) -> None:
    """The number moved to another carrier; it is the same person, so consent stays and the carrier follows.

    Raises NotFound `contact.unknown`, `contact.no_phone`, InvalidInput `number.carrier`.
    """
    if carrier not in set(Carrier) - {Carrier.UNKNOWN}:
        raise InvalidInput("number.carrier", carrier=carrier)
    with bulk_transaction() as connection:
        _decide(
            contact_id,
            "number.ported",
            lambda known: known._replace(ported=True, carrier_now=carrier),
            Carrier(carrier).name.lower(),
            actor,
            now,
        )
        _set_carriers(connection, {contact_id: carrier}, now=now)


def _decide(
    contact_id: int,
    action: str,
    change: Callable[[Known], Known],
    reason: str,
    actor: str,
    now: datetime,
) -> Number:
    why = _checked(reason)
    with bulk_transaction() as connection:
        sql.take_turn(connection)
        number = one_number(connection, contact_id)
        notes = _Notes({contact_id: number})
        after = change(number.known)
        notes.fact(number, after, Source.MANUAL, "", action.removeprefix("number."), now, actor, why)
        notes.now_known(number, after)
        notes.write(connection, 1)
        audit.record(
            actor=actor, action=action, kind="contact", subject=contact_id, state=after.state.name.lower()
        )
        return number


def _checked(reason: str) -> str:
    why = reason.strip()[:LONGEST_REASON]
    if not why:
        raise InvalidInput("number.no_reason")
    return why


def one_number(connection: Connection, contact_id: int) -> Number:
    """The number of one living contact. Raises NotFound `contact.unknown`, `contact.no_phone`."""
    row = connection.execute(
        "select phone_index is not null from contact where id = %s and state = 0", (contact_id,)
    ).fetchone()
    if row is None:
        raise NotFound("contact.unknown", id=contact_id)
    if not row[0]:
        raise NotFound("contact.no_phone", id=contact_id)
    return sql.numbers_of(connection, [contact_id])[contact_id]


def _set_carriers(connection: Connection, carriers: Mapping[int, int], *, now: datetime) -> None:
    """Let contacts show the carrier that serves them; the caller has taken the turn."""
    if carriers:
        connection.execute(
            "update contact c set carrier = w.carrier, updated_at = %s "
            "from unnest(%s::bigint[], %s::smallint[]) as w (id, carrier) "
            "where c.id = w.id and c.carrier <> w.carrier",
            (now, list(carriers), list(carriers.values())),
        )


def _take_consent(
    connection: Connection, numbers: Iterable[Number], *, source: str, actor: str, now: datetime
) -> None:
    """Consent is a person's, not a number's (compliance.md 6.1): withdraw what she gave, close the number.

    The rows have given the numbers up already."""
    indexes = {number.contact_id: number.phone_index for number in numbers}
    if not indexes:
        return
    granted = connection.execute(
        "select contact_id, purpose from standing where contact_id = any(%s) and granted order by 1, 2",
        (list(indexes),),
    ).fetchall()
    entries = [
        NewEntry(contact_id, purpose, False, now, source, None, "number_reassigned", actor)
        for contact_id, purpose in granted
    ]
    sql.leave_without_number(connection, indexes, gone=False)
    refresh_standing(connection, list(indexes))
    suppress_numbers(
        list(indexes.values()),
        scope=Scope.ALL,
        reason=SuppressionReason.REASSIGNED,
        source=source,
        actor=actor,
        now=now,
        withdrawals=entries,
    )
