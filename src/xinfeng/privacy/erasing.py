"""Erasing a person: everything that identifies her goes, in one transaction (PIPL, Art 47).

What is left: rows without anybody, the bare entries of the ledger, what the law makes us keep, and the keyed hash of
her numbers, suppressed for good, so that nobody writes to her again. In this order, and with these locks:

1. the series `contact`: nobody changes, merges or imports her meanwhile;
2. the holdings of all slices, by their order;
3. `LEDGER`: a withdrawal for every purpose that was granted, so that gateways drop what they have in hand;
4. `WIRE`: the suppression `erased` of every number, scope all;
5. the journal beside the keys, on the disk;
6. commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection as django_connection
from django.db.models import Max

from xinfeng.consent.actions import append_entries, suppress_numbers
from xinfeng.consent.ledger import NewEntry
from xinfeng.consent.models import Scope, SuppressionReason
from xinfeng.foundation import audit, locks
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.ids import take_block
from xinfeng.foundation.personal import erasing, holdings
from xinfeng.foundation.vault import vault
from xinfeng.kernel.errors import Conflict, NotFound
from xinfeng.privacy import journal
from xinfeng.privacy.journal import Person
from xinfeng.privacy.models import Erasure

_MEMBERS = """\
with head as (select coalesce(merged_into, id) as id from contact where id = %s)
select c.id, c.created_at, c.phone_index, c.external_id, c.state
from contact c join head on c.id = head.id or c.merged_into = head.id
order by (c.id = head.id) desc, c.id"""

_THESE = """\
select id, created_at, phone_index, external_id, state from contact
where id = any(%s::bigint[]) order by (merged_into is not null), id"""

_GRANTED = """\
select contact_id, purpose from standing where contact_id = any(%s::bigint[]) and granted order by 1, 2"""

_ERASED = 2


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did. `counts`: rows by holding; `numbers`: how many were suppressed."""

    erasure_id: int
    contact_ids: tuple[int, ...]
    numbers: int
    counts: dict[str, int] = field(default_factory=dict)


def erase_person(
    contact_id: int, *, cause: str, request_id: int | None = None, actor: str, now: datetime
) -> Erased:
    """Erase a contact and all rows merged into her. `cause`: `request` or `staff`.

    Raises NotFound `contact.unknown`, Conflict `request.erased_already`, OSError when the journal can't be written;
    then nothing was changed.
    """
    with bulk_transaction() as connection:
        take_block(connection, "contact", 0)
        rows = connection.execute(_MEMBERS, (contact_id,)).fetchall()
        if not rows:
            raise NotFound("contact.unknown", id=contact_id)
        if rows[0][4] == _ERASED:
            raise Conflict("request.erased_already", id=contact_id)
        return _erase(connection, rows, cause=cause, request_id=request_id, actor=actor, now=now, line=None)


def erase_again(
    line: journal.Line, contact_ids: Sequence[int], *, actor: str, now: datetime
) -> Erased | None:
    """Erase exactly these rows, which a backup brought back, on the strength of a line of the journal.

    None when somebody else has just done it.
    """
    with bulk_transaction() as connection:
        take_block(connection, "contact", 0)
        found = connection.execute(_THESE, (list(contact_ids),)).fetchall()
        rows = [row for row in found if row[4] != _ERASED]
        if not rows:
            return None
        return _erase(connection, rows, cause="replay", request_id=None, actor=actor, now=now, line=line)


def _erase(
    connection: Connection,
    rows: Sequence[tuple[Any, ...]],
    *,
    cause: str,
    request_id: int | None,
    actor: str,
    now: datetime,
    line: journal.Line | None,
) -> Erased:
    ids = [row[0] for row in rows]
    phones = sorted({bytes(row[2]) for row in rows if row[2] is not None})
    externals = vault().indexes(sorted({row[3] for row in rows if row[3] is not None}))
    granted = set(connection.execute(_GRANTED, (ids,)).fetchall())
    counts = let_go(connection, ids, now=now)
    locks.hold_for_transaction(connection, locks.LEDGER)
    granted.update(connection.execute(_GRANTED, (ids,)).fetchall())
    evidence = f"request {request_id}" if request_id else cause
    source = "request:erasure" if line is None else "journal:erasure"
    entries = [
        NewEntry(id_, purpose, False, now, source, None, evidence, actor) for id_, purpose in sorted(granted)
    ]
    append_entries(connection, entries, now=now)
    suppress(sorted({*phones, *(line.phones if line else ())}), source=source, actor=actor, now=now)
    if line is None:
        people = [Person(row[0], row[1]) for row in rows]
        line = journal.append(at=now, people=people, phones=phones, externals=externals, after=_last_seq())
    done = Erasure.objects.create(
        at=now,
        cause=cause,
        contact_ids=ids,
        phone_indexes=phones,
        request_id=request_id,
        actor=actor,
        counts=counts,
        journal_seq=line.seq,
        journal_mac=line.mac,
    )
    audit.record(
        actor=actor,
        action="contact.erase",
        kind="contact",
        subject=ids[0],
        cause=cause,
        request=request_id,
        contacts=ids,
        rows=counts,
    )
    return Erased(done.pk, tuple(ids), len(phones), counts)


def let_go(connection: Connection, ids: Sequence[int], *, now: datetime) -> dict[str, int]:
    """Let every holding erase what may go now, in its order; rows by holding. In the caller's transaction."""
    counts: dict[str, int] = {}
    for holding in holdings():
        if holding.erase is None:
            continue
        with erasing(connection):
            counts[holding.name] = holding.erase(connection, ids, now)
    return counts


def suppress(phones: Sequence[bytes], *, source: str, actor: str, now: datetime) -> int:
    """Keep erased people's numbers from ever being written to; how many were not suppressed so before."""
    if not phones:
        return 0
    return suppress_numbers(
        phones,
        scope=Scope.ALL.value,
        reason=SuppressionReason.ERASED.value,
        source=source,
        actor=actor,
        now=now,
    )


def _last_seq() -> int:
    return Erasure.objects.aggregate(last=Max("journal_seq"))["last"] or 0


def in_one_snapshot() -> bool:
    """Make the transaction that was just begun see one moment throughout; False inside another one."""
    if django_connection.savepoint_ids or not django_connection.in_atomic_block:
        return False
    with django_connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read")
    return True
