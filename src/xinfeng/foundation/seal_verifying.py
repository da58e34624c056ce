"""Does the audit log still say what was sealed? Derives every seal anew and names the first thing that doesn't fit.

Two passes over one snapshot, both streaming: the chain of seals from the first to the head, then all entries by id
beside the ranges that the seals cover. Memory doesn't grow with the log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from psycopg import IsolationLevel

from xinfeng.foundation import database
from xinfeng.foundation.database import IDENTITY, Connection
from xinfeng.foundation.sealed_lines import MARK_BYTES, SIGNED, digest_of, mark_of
from xinfeng.foundation.seals import DROPPED, GENESIS, LINE, MONTH, Head, read_head, stream
from xinfeng.foundation.signing import fits, signer

FAULTS = (
    "seal_missing",
    "seal_changed",
    "seal_signature",
    "seal_key",
    "cut_off",
    "entry_changed",
    "entry_missing",
    "entry_added",
)

_SEALS = """\
select seq, kind, at, identity, snapshot, ids::text as ids, entries, parts, marks, backdated, note, previous, digest,
  signature, public_key from audit_seal order by seq"""
_RANGES = "select lower(r), upper(r), s.seq, upper(s.ids) from audit_seal s, unnest(s.ids) r order by 1, 3"
_PARTS = "select seq, parts, marks from audit_seal where seq = any(%s)"
_ENTRIES = f"""\
select id, {MONTH}, {LINE}, %(identity)s and xid < pg_snapshot_xmax(%(snapshot)s::pg_snapshot)
  and pg_visible_in_snapshot(xid, %(snapshot)s::pg_snapshot)
from audit_entry order by id"""  # noqa: S608
_HERE = f"select {IDENTITY}"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class SealReport:
    """What a check found. `fault` None: whole. Otherwise one of FAULTS, and `where` the seal or entry it is about.

    `unsealed`: entries too new for a seal. `backdated`: sealed entries that claim a time before their transaction
    began, which a wrong clock explains, and so does a forger. `dropped`: months past their retention. `head` is the
    newest seal; `deposited` whether a head beside the keys was there to compare with.
    """

    entries: int
    seals: int
    head: Head
    deposited: bool
    unsealed: int = 0
    backdated: tuple[int, ...] = ()
    dropped: tuple[str, ...] = ()
    fault: str | None = None
    where: int | None = None

    @property
    def whole(self) -> bool:
        return self.fault is None


class _Fault(Exception):
    def __init__(self, code: str, where: int) -> None:
        super().__init__(code)
        self.code, self.where = code, where


@dataclass
class _Open:
    """A seal whose entries are passing by."""

    seq: int
    parts: list[list[Any]]
    marks: bytes
    position: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    hashes: dict[str, Any] = field(default_factory=dict)


@dataclass
class _Walk:
    connection: Connection
    deposited: Head | None
    progress: Callable[[int, int], None] | None
    seals: int = 0
    entries: int = 0
    unsealed: int = 0
    expected: int = 0
    head: Head = field(default_factory=lambda: Head(0, GENESIS, None))
    identity: str = ""
    snapshot: str = ""
    backdated: list[int] = field(default_factory=list)
    dropped: set[str] = field(default_factory=set)
    open: dict[int, _Open] = field(default_factory=dict)

    def chain(self) -> None:
        """Every seal follows from the one before and bears our signature."""
        key = signer().public_key
        columns: list[str] = []
        with self.connection.cursor(name="seals") as cursor:
            cursor.itersize = _AT_ONCE
            cursor.execute(_SEALS)
            for row in cursor:
                columns = columns or [one.name for one in cursor.description or ()]
                self._seal(dict(zip(columns, row, strict=True)), key)
        held = self.deposited
        if held is not None and held.seq > self.head.seq:
            raise _Fault("cut_off", self.head.seq + 1)

    def _seal(self, one: dict[str, Any], key: bytes) -> None:
        for name in ("marks", "previous", "digest", "signature", "public_key"):
            one[name] = bytes(one[name])
        if one["seq"] != self.seals + 1:
            raise _Fault("seal_missing", self.seals + 1)
        if one["previous"] != self.head.digest or digest_of(one) != one["digest"]:
            raise _Fault("seal_changed", one["seq"])
        if one["public_key"] != key:
            raise _Fault("seal_key", one["seq"])
        if not fits(key, one["signature"], SIGNED + one["digest"]):
            raise _Fault("seal_signature", one["seq"])
        if self.deposited is not None and self.deposited.seq == one["seq"] and not _same(self.deposited, one):
            raise _Fault("seal_changed", one["seq"])
        self.seals += 1
        self.head = Head(one["seq"], one["digest"], one["at"])
        self.backdated += one["backdated"]
        self.expected += one["entries"]
        if one["kind"] == DROPPED:
            self.dropped.add(one["note"]["month"])
            self.expected -= one["note"]["entries"]
        else:
            self.identity, self.snapshot = one["identity"], one["snapshot"]

    def compare(self) -> None:
        """Every entry is the one that was sealed; none is missing, none was put in."""
        row = self.connection.execute(_HERE).fetchone()
        same = row is not None and row[0] == self.identity
        params = {"identity": same, "snapshot": self.snapshot or "1:1:"}
        entries = stream(self.connection, _ENTRIES, params, name="sealed_entries")
        entry = next(entries, None)
        last_id = None
        for low, high, seq, last in self._ranges():
            one = self.open[seq]
            while entry is not None and entry[0] < low:
                self._outside(entry, last_id)
                last_id, entry = entry[0], next(entries, None)
            expected = low
            while entry is not None and entry[0] < high:
                if entry[0] == last_id:
                    raise _Fault("entry_added", entry[0])
                if entry[0] != expected and not self._may_be_gone(one):
                    raise _Fault("entry_missing", expected)
                self._inside(one, one.position + entry[0] - low, entry)
                last_id, expected, entry = entry[0], entry[0] + 1, next(entries, None)
            if expected != high and not self._may_be_gone(one):
                raise _Fault("entry_missing", expected)
            one.position += high - low
            if high == last:
                self._finish(self.open.pop(seq), high - 1)
        while entry is not None:
            self._outside(entry, last_id)
            last_id, entry = entry[0], next(entries, None)

    def _ranges(self) -> Iterator[tuple[int, int, int, int]]:
        with self.connection.cursor(name="ranges") as cursor:
            cursor.execute(_RANGES)
            while rows := cursor.fetchmany(_AT_ONCE):
                wanted = list({row[2] for row in rows} - self.open.keys())
                for seq, parts, marks in self.connection.execute(_PARTS, (wanted,)).fetchall():
                    self.open[seq] = _Open(seq, parts, bytes(marks))
                yield from rows

    def _outside(self, entry: tuple[Any, ...], last_id: int | None) -> None:
        """An entry that no seal covers: too new for one, or put in beside them."""
        if entry[3] or entry[0] == last_id:
            raise _Fault("entry_added", entry[0])
        self.unsealed += 1
        self._step()

    def _inside(self, one: _Open, position: int, entry: tuple[Any, ...]) -> None:
        entry_id, month, text, _ = entry
        line = text.encode() + b"\n"
        if month in self.dropped:
            raise _Fault("entry_added", entry_id)
        if mark_of(line) != one.marks[position * MARK_BYTES : (position + 1) * MARK_BYTES]:
            raise _Fault("entry_changed", entry_id)
        one.counts[month] = one.counts.get(month, 0) + 1
        one.hashes.setdefault(month, hashlib.sha256()).update(line)
        self._step()

    def _finish(self, one: _Open, last_id: int) -> None:
        for month, count, digest in one.parts:
            if month in self.dropped:
                continue
            if one.counts.get(month, 0) != count:
                raise _Fault("entry_missing", last_id)
            if one.hashes[month].hexdigest() != digest:
                raise _Fault("entry_changed", last_id)

    def _may_be_gone(self, one: _Open) -> bool:
        return any(month in self.dropped for month, _, _ in one.parts)

    def _step(self) -> None:
        self.entries += 1
        if self.progress is not None and self.entries % 5_000 == 0:
            self.progress(self.entries, max(self.expected, self.entries))

    def report(self, fault: _Fault | None) -> SealReport:
        return SealReport(
            self.entries,
            self.seals,
            self.head,
            self.deposited is not None,
            self.unsealed,
            tuple(self.backdated[:100]),
            tuple(sorted(self.dropped)),
            fault.code if fault else None,
            fault.where if fault else None,
        )


def _same(held: Head, one: dict[str, Any]) -> bool:
    return held.digest == bytes(one["digest"])


def verify(
    progress: Callable[[int, int], None] | None = None, *, deposited: Head | None = None
) -> SealReport:
    """Check the whole chain and every entry. `deposited`: a head kept elsewhere; by default the one beside the keys.

    `progress` is told entries done and in all. Raises InvalidInput `audit.head_unreadable`.
    """
    held = (
        deposited or read_head()
    )  # before the snapshot, so that the head can't be younger than what is read
    connection = database.connect()
    try:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        walk = _Walk(connection, held, progress)
        try:
            walk.chain()
            walk.compare()
        except _Fault as fault:
            return walk.report(fault)
        return walk.report(None)
    finally:
        connection.close()
