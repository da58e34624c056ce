"""Does the ledger still say what was written? Walks the whole chain and names the first entry that doesn't fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from xinfeng.consent.ledger import GENESIS, NewEntry, entry_hash
from xinfeng.foundation import database
from xinfeng.foundation.database import Connection

_READ = """\
select seq, recorded_at, contact_id, purpose, granted, at, source, notice_id, evidence, actor, prev_hash, hash
from consent_entry order by seq"""

_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """`fault` None: whole. Otherwise `broken_seq` is the first entry that doesn't fit and `fault` says how:

    `missing` (an entry is gone, or stands twice), `link` (it doesn't follow the one before), `changed` (its
    columns are not what was hashed), `head` (entries at the end are gone, or the head was changed).
    """

    entries: int
    head_seq: int
    fault: str | None = None
    broken_seq: int | None = None

    @property
    def whole(self) -> bool:
        return self.fault is None


def verify_ledger(
    progress: Callable[[int, int], None] | None = None, *, connection: Connection | None = None
) -> LedgerReport:
    """Check every entry against its hash, its neighbour and the head, in one snapshot, streaming.

    `progress` is told entries done and in all. Without `connection` one of its own is used; a given one
    must be inside a transaction.
    """
    with _snapshot(connection) as reader:
        row = reader.execute("select seq, hash from ledger_head where id = 1").fetchone()
        head_seq, head_hash = (row[0], bytes(row[1])) if row else (0, GENESIS)
        return _walk(reader, head_seq, head_hash, progress)


def _walk(
    reader: Connection, head_seq: int, head_hash: bytes, progress: Callable[[int, int], None] | None
) -> LedgerReport:
    previous = GENESIS
    done = 0
    with reader.cursor(name="ledger_verify") as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(_READ)
        for (
            seq,
            recorded_at,
            contact,
            purpose,
            granted,
            at,
            source,
            notice,
            evidence,
            actor,
            prev_hash,
            hash_,
        ) in cursor:
            if seq != done + 1:
                return LedgerReport(done, head_seq, "missing", done + 1)
            if bytes(prev_hash) != previous:
                return LedgerReport(done, head_seq, "link", seq)
            entry = NewEntry(contact, purpose, granted, at, source, notice, evidence, actor)
            previous = entry_hash(seq=seq, recorded_at=recorded_at, entry=entry, prev_hash=previous)
            if bytes(hash_) != previous:
                return LedgerReport(done, head_seq, "changed", seq)
            done += 1
            if progress is not None and done % _AT_ONCE == 0:
                progress(done, head_seq)
    if done != head_seq or previous != head_hash:
        return LedgerReport(done, head_seq, "head", min(done, head_seq) + (1 if done != head_seq else 0))
    return LedgerReport(done, head_seq)


@contextmanager
def _snapshot(connection: Connection | None) -> Iterator[Connection]:
    if connection is not None:
        yield connection
        return
    own = database.connect()
    try:
        own.execute("set transaction isolation level repeatable read, read only")
        yield own
    finally:
        own.close()
