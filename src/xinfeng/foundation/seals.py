"""The audit log cannot be changed unnoticed: every minute, what has been written since is sealed.

A **seal** covers the entries that committed since the one before: exactly those (by transaction snapshots, as the lens
reads), so an entry of a long transaction is neither lost nor waited for; it is in the seal that follows its commit.
A seal holds the ids it covers, the SHA-256 of their canonical lines by month, the digest of the seal before, and an
Ed25519 signature (`foundation.signing`) whose key is not in the database. Whoever can write to the database can
therefore change nothing that is sealed without `verify` naming it. What this does not see: entries changed within the
minute before they are sealed, and whoever has the database *and* the key file. Against an attacker who drops the newest
seals stands the head of the chain: beside the keys (`head_path`), on the inspection page, and wherever it is deposited.

The canonical line of an entry is one JSON object, made by PostgreSQL as it prints `jsonb` (keys by length, then by
bytes): `id`, `at` (UTC, microseconds), `actor`, `action`, `kind`, `object`, `detail`, `address`; and a line feed.

A month past its retention is dropped with a seal of the kind `dropped` (`note_drop`): its entries then need not be
there any more, and none of that month may be.

Requirements: 网络安全法 Art 23(3) (logs ≥ 6 months), GB/T 22239-2019 8.1.4.3 (protected from deletion and alteration).
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg import IsolationLevel

from xinfeng.foundation import audit, database
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.database import IDENTITY, Connection
from xinfeng.foundation.sealed_lines import SIGNED, digest_of, mark_of
from xinfeng.foundation.signing import signer
from xinfeng.kernel.errors import Conflict, InvalidInput

log = logging.getLogger(__name__)

GENESIS = bytes(32)
MOST_ENTRIES = 50_000
"""In one seal; a look that finds more makes several."""
SLACK = timedelta(minutes=10)
"""How far an entry's time may lie before the seal that its transaction began after: clocks differ a little."""
ENTRIES, DROPPED = "entries", "dropped"

_LOCK = 0x58_46_00_20
_AT_ONCE = 5_000

LINE = """jsonb_build_object(
  'id', id, 'at', to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'actor', actor,
  'action', action, 'kind', object_kind, 'object', object_id, 'detail', detail, 'address', address::text)::text"""
"""The canonical line of an `audit_entry`, without its line feed."""

MONTH = "to_char(at at time zone 'UTC', 'YYYY-MM')"

_HERE = f"select {IDENTITY}, pg_current_snapshot()::text"

_LAST = "select seq, digest, identity, snapshot, at from audit_seal order by seq desc limit 1"
_LAST_LOOK = "select identity, snapshot, at from audit_seal where kind = 'entries' order by seq desc limit 1"

_COMMITTED_SINCE = f"""\
select id, {MONTH}, xid >= pg_snapshot_xmax(%(since)s::pg_snapshot) and at < %(early)s, {LINE}
from audit_entry
where xid >= pg_snapshot_xmin(%(since)s::pg_snapshot) and not pg_visible_in_snapshot(xid, %(since)s::pg_snapshot)
order by id"""  # noqa: S608

_ALL = f"select id, {MONTH}, false, {LINE} from audit_entry order by id"  # noqa: S608

_OF_MONTH = """\
select (select count(*) from audit_entry where at >= to_date(%(month)s, 'YYYY-MM')::timestamp at time zone 'UTC'
          and at < (to_date(%(month)s, 'YYYY-MM') + interval '1 month')::timestamp at time zone 'UTC'),
       (select coalesce(sum((p ->> 1)::bigint), 0)::bigint from audit_seal, jsonb_array_elements(parts) p
          where p ->> 0 = %(month)s)"""

_RANGES = "select lower(r), upper(r), s.seq from audit_seal s, unnest(s.ids) r order by 1, 3"

_INSERT = """\
insert into audit_seal (seq, kind, at, identity, snapshot, ids, entries, parts, marks, backdated, note, previous,
  digest, signature, public_key)
values (%(seq)s, %(kind)s, %(at)s, %(identity)s, %(snapshot)s, %(ids)s::int8multirange, %(entries)s, %(parts)s::jsonb,
  %(marks)s, %(backdated)s, %(note)s::jsonb, %(previous)s, %(digest)s, %(signature)s, %(public_key)s)"""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: `seq` 0 before the first seal."""

    seq: int
    digest: bytes
    at: datetime | None

    def as_text(self) -> str:
        """What is deposited elsewhere; `read_head` reads it."""
        at = self.at.isoformat() if self.at else None
        return json.dumps({"seq": self.seq, "digest": self.digest.hex(), "at": at})


@dataclass
class SealDraft:
    """A seal that is being filled, entry by entry, by id."""

    ids: list[list[int]] = field(default_factory=list)
    entries: int = 0
    hashes: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    marks: bytearray = field(default_factory=bytearray)
    backdated: list[int] = field(default_factory=list)

    def add(self, entry_id: int, month: str, line: bytes) -> None:
        if self.ids and self.ids[-1][1] == entry_id:
            self.ids[-1][1] = entry_id + 1
        else:
            self.ids.append([entry_id, entry_id + 1])
        self.hashes.setdefault(month, hashlib.sha256()).update(line)
        self.counts[month] = self.counts.get(month, 0) + 1
        self.marks += mark_of(line)
        self.entries += 1

    @property
    def parts(self) -> list[list[Any]]:
        return [[month, self.counts[month], self.hashes[month].hexdigest()] for month in sorted(self.counts)]

    @property
    def multirange(self) -> str:
        return "{" + ",".join(f"[{low},{high})" for low, high in self.ids) + "}"


def seal(*, now: datetime) -> int:
    """Seal what has committed since the last seal; returns how many entries. Several callers follow each other."""
    with _sealing() as connection:
        identity, snapshot = _here(connection)
        last = _last(connection)
        done, seq, previous = 0, last.seq, last.digest
        for draft in _drafts(_pending(connection, identity, snapshot)):
            seq += 1
            fields = {
                "kind": ENTRIES, "ids": draft.multirange, "entries": draft.entries, "parts": draft.parts,
                "marks": bytes(draft.marks), "backdated": draft.backdated, "note": {},
            }  # fmt: skip
            place = {"seq": seq, "at": now, "identity": identity, "snapshot": snapshot, "previous": previous}
            previous = _write(connection, {**fields, **place})
            done += draft.entries
        connection.commit()
    if done:
        deposit_head(Head(seq, previous, now))
    return done


def check_month(connection: Connection, month: str) -> None:
    """Before a month (`2026-01`) is dropped: all its entries are sealed, and as many are there as were sealed, so that
    a drop hides nothing. Raises Conflict `audit.unsealed`, `audit.incomplete` (month, entries, sealed)."""
    row = connection.execute(_OF_MONTH, {"month": month}).fetchone()
    assert row is not None
    if row[0] != row[1]:
        code = "audit.unsealed" if row[0] > row[1] else "audit.incomplete"
        raise Conflict(code, month=month, entries=row[0], sealed=row[1])


def note_drop(connection: Connection, *, month: str, entries: int, because: str, now: datetime) -> Head:
    """Seal that a month of the log was dropped, in the transaction that drops it, after `check_month`.

    The caller deposits the head after its commit.
    """
    connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
    identity, snapshot = _here(connection)
    last = _last(connection)
    fields: dict[str, Any] = {
        "seq": last.seq + 1, "kind": DROPPED, "at": now, "identity": identity, "snapshot": snapshot, "ids": "{}",
        "entries": 0, "parts": [], "marks": b"", "backdated": [],
        "note": {"month": month, "entries": entries, "because": because}, "previous": last.digest,
    }  # fmt: skip
    return Head(last.seq + 1, _write(connection, fields), now)


def head() -> Head:
    """The newest seal as the database has it."""
    connection = database.connect()
    try:
        return _last(connection)
    finally:
        connection.close()


def head_path() -> Path:
    """Where the head is kept beside the keys."""
    return xinfeng_settings.load().key_file.with_name("audit-head.json")


def deposit_head(newest: Head) -> None:
    """Write the head beside the keys, readable by the owner only."""
    path = head_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    staged = path.with_suffix(f".{os.getpid()}")
    staged.touch(mode=0o600)
    staged.write_text(newest.as_text())
    staged.replace(path)


def read_head(path: Path | None = None) -> Head | None:
    """A head that was deposited; None: there is none. Raises InvalidInput `audit.head_unreadable` (file)."""
    path = path or head_path()
    try:
        found = json.loads(path.read_text())
        at = datetime.fromisoformat(found["at"]) if found["at"] else None
        return Head(int(found["seq"]), bytes.fromhex(found["digest"]), at)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OSError):
        raise InvalidInput("audit.head_unreadable", file=path.name) from None


def accept_head(*, actor: str, reason: str) -> Head:
    """Take the database's newest seal as the head, after a backup was restored; audited.

    Raises InvalidInput `audit.no_reason`.
    """
    if not reason.strip():
        raise InvalidInput("audit.no_reason")
    try:
        former = read_head()
    except InvalidInput:
        former = None
    newest = head()
    audit.record(
        actor=actor, action="audit.accept_head", kind="audit", subject=newest.seq, reason=reason.strip()[:200],
        former_seq=former.seq if former else None, former_digest=former.digest.hex() if former else None,
    )  # fmt: skip
    deposit_head(newest)
    return newest


class _sealing:
    """A connection in one REPEATABLE READ transaction, begun after its turn has come."""

    def __enter__(self) -> Connection:
        self._connection = database.connect(autocommit=True)
        self._connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
        self._connection.autocommit = False
        self._connection.isolation_level = IsolationLevel.REPEATABLE_READ
        return self._connection

    def __exit__(self, *exc: object) -> None:
        self._connection.close()


def _here(connection: Connection) -> tuple[str, str]:
    row = connection.execute(_HERE).fetchone()
    assert row is not None
    return row[0], row[1]


def _last(connection: Connection) -> Head:
    row = connection.execute(_LAST).fetchone()
    return Head(row[0], bytes(row[1]), row[4]) if row else Head(0, GENESIS, None)


Row = tuple[int, str, bool, bytes]


def _pending(connection: Connection, identity: str, snapshot: str) -> Iterator[Row]:
    """Entries no seal has: id, month, whether it is older than it may be, line; by id."""
    row = connection.execute(_LAST_LOOK).fetchone()
    if row is None:
        yield from _rows(connection, _ALL, {})
        return
    was, since, at = row
    if was != identity or _xmax(snapshot) < _xmax(since):
        # Another cluster's transaction numbers say nothing about ours: the database was restored.
        yield from _unsealed(connection)
        return
    yield from _rows(connection, _COMMITTED_SINCE, {"since": since, "early": at - SLACK})


def _unsealed(connection: Connection) -> Iterator[Row]:
    """Every entry whose id is in no seal, by id, whatever its transaction."""
    ranges = ((low, high) for low, high, _ in stream(connection, _RANGES, {}, name="seal_ranges"))
    low, high = next(ranges, (None, None))
    for row in _rows(connection, _ALL, {}):
        while high is not None and row[0] >= high:
            low, high = next(ranges, (None, None))
        if low is None or row[0] < low:
            yield row


def _rows(connection: Connection, statement: str, params: dict[str, Any]) -> Iterator[Row]:
    for entry_id, month, odd, line in stream(connection, statement, params, name="seal_entries"):
        yield entry_id, month, odd, line.encode() + b"\n"


def stream(
    connection: Connection, statement: str, params: dict[str, Any], *, name: str
) -> Iterator[tuple[Any, ...]]:
    """Rows by a cursor on the server, in a transaction."""
    with connection.cursor(name=name) as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(statement, params)
        yield from cursor


def _drafts(rows: Iterable[Row]) -> Iterator[SealDraft]:
    draft = SealDraft()
    for entry_id, month, odd, line in rows:
        draft.add(entry_id, month, line)
        if odd:
            draft.backdated.append(entry_id)
        if draft.entries == MOST_ENTRIES:
            yield draft
            draft = SealDraft()
    if draft.entries:
        yield draft


def _write(connection: Connection, fields: dict[str, Any]) -> bytes:
    key = signer()
    digest = digest_of(fields)
    connection.execute(
        _INSERT,
        {
            **fields,
            "parts": json.dumps(fields["parts"]),
            "note": json.dumps(fields["note"], ensure_ascii=False),
            "digest": digest,
            "signature": key.sign(SIGNED + digest),
            "public_key": key.public_key,
        },
    )
    return digest


def _xmax(snapshot: str) -> int:
    return int(snapshot.split(":")[1])
