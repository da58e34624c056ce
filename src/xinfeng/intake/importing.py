"""The course of an import: check that the whole file can be read, then take it in batches.

Each batch is one transaction: its contacts, tags and consents (or events), its bad rows and the counters of the
job. `rows_read` therefore is where a crashed import goes on. While PostgreSQL writes one batch, a thread reads,
seals and hashes the next. A job that is no longer `running` when a batch wants to commit was cancelled: that
batch is rolled back, those before it stay.
"""

from __future__ import annotations

import gc
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Generic, TypeVar

from xinfeng.consent.actions import append_entries, refresh_standing
from xinfeng.consent.ledger import NewEntry
from xinfeng.contacts import copying
from xinfeng.contacts.former_numbers import lost
from xinfeng.contacts.records import Change, EventRecord
from xinfeng.contacts.sql import (
    PreparedContact,
    append_events,
    find_by_external_ids,
    find_by_phone_indexes,
    prepare_contacts,
    upsert_prepared,
)
from xinfeng.contacts.tiers import recompute_tiers_of
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.ids import take_block
from xinfeng.foundation.vault import Kind, vault
from xinfeng.intake.claims import Grant, Refusal
from xinfeng.intake.erased import ErasedNumbers
from xinfeng.intake.files import BadRow, FileShape, Row, read_rows
from xinfeng.intake.models import ImportState
from xinfeng.intake.rows import ContactReader, ContactRow, EventReader, EventRow

BATCH_ROWS = 5_000

T = TypeVar("T", ContactRow, EventRow)


@dataclass(slots=True)
class Prepared(Generic[T]):
    """A batch made ready without the database. `contacts` belong to `rows`, one each (contact files only); `phone_indexes` likewise for event
    files."""

    taken: int
    rows: list[T] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    contacts: list[PreparedContact] = field(default_factory=list)
    phone_indexes: list[bytes | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Course:
    """What the batches of one job have in common."""

    job_id: int
    path: Path
    shape: FileShape
    source: str
    actor: str
    source_tags: tuple[str, ...] = ()


class Stopped(Exception):
    """The job is no longer running; what the batch did is rolled back."""


@contextmanager
def _two_at_work() -> Iterator[None]:
    """Sets the interpreter up for a thread that prepares beside one that mostly waits for PostgreSQL.

    The waiting one gets its turn after half a millisecond instead of five: it has ten short errands a batch, and
    PostgreSQL idles until each is done. A batch makes a hundred thousand objects and no cycles; looking for cycles
    all the time costs a third.
    """
    before, turns = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, *before[1:])
    sys.setswitchinterval(_TURN_S)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        sys.setswitchinterval(turns)


_OBJECTS_BETWEEN_COLLECTIONS = 1_000_000
_TURN_S = 0.0005


def import_contacts(course: Course, reader: ContactReader, *, skip: int, now: datetime) -> None:
    """Take the contacts of a file behind the first `skip` rows."""
    rows = islice(read_rows(course.path, course.shape), skip, None)
    erased = ErasedNumbers()
    with _two_at_work(), ThreadPoolExecutor(1, thread_name_prefix="intake") as ahead:
        coming = ahead.submit(_prepare_contacts, rows, reader)
        while (batch := coming.result()).taken:
            coming = ahead.submit(_prepare_contacts, rows, reader)
            with bulk_transaction() as connection:
                take_block(connection, "contact", 0)  # an erasure that goes on is seen whole, or comes after
                _leave_out_erased(batch, erased.known_to(connection))
                _write_contacts(connection, course, batch, now=now)


def import_events(course: Course, reader: EventReader, *, skip: int, now: datetime) -> None:
    """Take the events of a file behind the first `skip` rows."""
    rows = islice(read_rows(course.path, course.shape), skip, None)
    with _two_at_work(), ThreadPoolExecutor(1, thread_name_prefix="intake") as ahead:
        coming = ahead.submit(_prepare_events, rows, reader)
        while (batch := coming.result()).taken:
            coming = ahead.submit(_prepare_events, rows, reader)
            with bulk_transaction() as connection:
                _write_events(connection, course, batch, now=now)


def _prepare_contacts(rows: Iterator[Row | BadRow], reader: ContactReader) -> Prepared[ContactRow]:
    taken = list(islice(rows, BATCH_ROWS))
    whole = [row for row in taken if isinstance(row, Row)]
    typed, bad = reader.read(whole)
    batch = Prepared(len(taken), typed, [row for row in taken if isinstance(row, BadRow)] + bad)
    batch.contacts = prepare_contacts([row.record for row in batch.rows])
    return batch


def _prepare_events(rows: Iterator[Row | BadRow], reader: EventReader) -> Prepared[EventRow]:
    taken = list(islice(rows, BATCH_ROWS))
    whole = [row for row in taken if isinstance(row, Row)]
    typed, bad = reader.read(whole)
    batch = Prepared(len(taken), typed, [row for row in taken if isinstance(row, BadRow)] + bad)
    phones = [row.phone for row in batch.rows]
    indexes = iter(vault().phone_indexes([phone for phone in phones if phone is not None]))
    batch.phone_indexes = [None if phone is None else next(indexes) for phone in phones]
    return batch


def _leave_out_erased(batch: Prepared[ContactRow], erased: set[bytes]) -> None:
    """Who was erased is not brought back by a file; her own sign-up may."""
    if not erased:
        return
    refused = {at for at, one in enumerate(batch.contacts) if one.phone_index in erased}
    if refused:
        batch.bad += [
            BadRow(row.line, "contact.erased", {}, row.cells)
            for at, (row, _, _) in enumerate(batch.rows)
            if at in refused
        ]
        batch.rows = [row for at, row in enumerate(batch.rows) if at not in refused]
        batch.contacts = [one for at, one in enumerate(batch.contacts) if at not in refused]


def _write_contacts(
    connection: Connection, course: Course, batch: Prepared[ContactRow], *, now: datetime
) -> None:
    results = upsert_prepared(
        connection,
        batch.contacts,
        source_tags=course.source_tags or (course.source,),
        actor=course.actor,
        now=now,
        reason=f"import {course.job_id}",
    )
    bad = list(batch.bad)
    entries: list[NewEntry] = []
    refusals: dict[int, Refusal] = {}
    changes: dict[Change, set[int]] = {"new": set(), "changed": set(), "same": set()}
    for (row, _, said), (contact_id, change) in zip(batch.rows, results, strict=True):
        if contact_id is None:
            bad.append(BadRow(row.line, "contact.conflict", {}, row.cells))
            continue
        changes[change].add(contact_id)
        if type(said) is Grant:
            purpose, at, source, evidence, notice_id = said
            entries.append(NewEntry(contact_id, purpose, True, at, source, notice_id, evidence, course.actor))
        elif type(said) is Refusal:
            refusals[contact_id] = said
    _keep_bad_rows(connection, course.job_id, bad)
    counts: Counter[str] = Counter(change for _, change in results)
    _advance(connection, course.job_id, taken=batch.taken, changes=counts, rejected=len(bad))
    _record_consent(
        connection,
        entries,
        _not_yet_refused(connection, refusals, actor=course.actor, now=now),
        newborn=changes["new"],
        known=changes["changed"] | changes["same"],
        moved=changes["new"] | changes["changed"],
        now=now,
    )


def _record_consent(
    connection: Connection,
    entries: Sequence[NewEntry],
    refusals: Sequence[NewEntry],
    *,
    newborn: set[int],
    known: set[int],
    moved: set[int],
    now: datetime,
) -> None:
    """Append what the ledger doesn't say yet. Last in the transaction, because it holds the ledger.

    `known`: contacts that were there before, or whom an earlier row of this batch has made.
    """
    new = [*(_not_yet_said(connection, entries, known) if known else entries), *refusals]
    append_entries(connection, new, now=now, newborn=newborn)
    refresh_standing(connection, sorted(moved.difference([entry.contact_id for entry in new])))


def _not_yet_said(connection: Connection, entries: Sequence[NewEntry], known: set[int]) -> list[NewEntry]:
    said = _said_before(connection, [entry.contact_id for entry in entries if entry.contact_id in known])
    new = []
    for entry in entries:
        if entry.contact_id in known:
            statement = _statement(entry)
            if statement in said:
                continue
            said.add(statement)
        new.append(entry)
    return new


def _not_yet_refused(
    connection: Connection, refusals: Mapping[int, Refusal], *, actor: str, now: datetime
) -> list[NewEntry]:
    """The withdrawals that change or add something.

    Lists are imported every night. A no whose time is known is recorded once; one without a time is recorded again
    only where she has agreed since, because the file may mean a new one.
    """
    if not refusals:
        return []
    rows = connection.execute(_REFUSED, (copying.integers(refusals),)).fetchall()
    known = {(contact_id, purpose): (last, holds) for contact_id, purpose, last, holds in rows}
    entries = []
    for contact_id, (purposes, at, source, evidence) in refusals.items():
        for purpose in purposes:
            last, holds = known.get((contact_id, purpose), (None, False))
            if last is not None and (holds if at is None else last >= at):
                continue
            entries.append(NewEntry(contact_id, purpose, False, at or now, source, None, evidence, actor))
    return entries


_REFUSED = """\
select e.contact_id, e.purpose, max(e.at), not coalesce(bool_or(s.granted), false)
from consent_entry e left join standing s using (contact_id, purpose)
where not e.granted and e.contact_id = any(%s::bigint[])
group by e.contact_id, e.purpose"""


_Statement = tuple[int, str, datetime, str, int | None, str]


def _statement(entry: NewEntry) -> _Statement:
    return entry.contact_id, entry.purpose, entry.at, entry.source, entry.notice_id, entry.evidence


def _said_before(connection: Connection, contact_ids: Sequence[int]) -> set[_Statement]:
    if not contact_ids:
        return set()
    rows = connection.execute(
        "select contact_id, purpose, at, source, notice_id, evidence from consent_entry "
        "where granted and contact_id = any(%s::bigint[])",
        (copying.integers(set(contact_ids)),),
    )
    return set(rows.fetchall())


def _write_events(
    connection: Connection, course: Course, batch: Prepared[EventRow], *, now: datetime
) -> None:
    by_phone = find_by_phone_indexes(
        connection, {index for index in batch.phone_indexes if index is not None}
    )
    by_external = find_by_external_ids(
        connection, {row.external_id for row in batch.rows if row.external_id is not None}
    )
    bad = list(batch.bad)
    events = []
    found = [
        (index, by_phone.get(index or b""), by_external.get(row.external_id or ""))
        for row, index in zip(batch.rows, batch.phone_indexes, strict=True)
    ]
    gone = lost(
        connection,
        [(index, other) for index, one, other in found if index and one and other and one != other],
    )
    for row, (index, one, other) in zip(batch.rows, found, strict=True):
        if index is not None and other is not None and (index, other) in gone:
            one = None
        contact_id = one or other
        if contact_id is None:
            bad.append(BadRow(row.row.line, "event.contact_unknown", {}, row.row.cells))
        elif one and other and one != other:
            bad.append(BadRow(row.row.line, "contact.conflict", {}, row.row.cells))
        else:
            source_id = row.source_id or row.content_id(contact_id)
            events.append(
                EventRecord(
                    contact_id,
                    row.kind,
                    row.at,
                    course.source,
                    source_id,
                    amount_fen=row.amount_fen,
                    item=row.item,
                    category=row.category,
                )
            )
    taken = append_events(connection, events, now=now)
    _keep_bad_rows(connection, course.job_id, bad)
    changes: Counter[str] = Counter("new" if is_new else "same" for is_new in taken)
    _advance(connection, course.job_id, taken=batch.taken, changes=changes, rejected=len(bad))
    touched = {event.contact_id for event, is_new in zip(events, taken, strict=True) if is_new}
    recompute_tiers_of(connection, touched, now=now)


_COPY_BAD_ROWS = "copy import_rejection (job_id, line, code, params, row_sealed) from stdin"

_ADVANCE = """\
update import_job set rows_read = rows_read + %s, rows_new = rows_new + %s, rows_changed = rows_changed + %s,
  rows_same = rows_same + %s, rows_rejected = rows_rejected + %s
where id = %s and state = %s"""


def _keep_bad_rows(connection: Connection, job_id: int, bad: Sequence[BadRow]) -> None:
    if not bad:
        return
    sealed = vault().seal_many(Kind.ROW, [json.dumps(row.cells, ensure_ascii=False) for row in bad])
    with connection.cursor().copy(_COPY_BAD_ROWS) as copy:
        copy.write(
            "".join(
                f"{job_id}\t{row.line}\t{row.code}\t{copying.json_object(row.params)}\t{copying.octets(cells)}\n"
                for row, cells in zip(bad, sealed, strict=True)
            )
        )


def _advance(
    connection: Connection, job_id: int, *, taken: int, changes: Counter[str], rejected: int
) -> None:
    counts = (taken, changes["new"], changes["changed"], changes["same"], rejected)
    if connection.execute(_ADVANCE, (*counts, job_id, ImportState.RUNNING.value)).rowcount != 1:
        raise Stopped
