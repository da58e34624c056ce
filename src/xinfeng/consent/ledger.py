"""The chain of the consent ledger. Pure.

The hash of an entry is SHA-256 over this text in UTF-8, its parts joined by `|`:

    xinfeng-consent-1 | seq | recorded_at | contact_id | purpose | granted | at | notice_id
    | len(source):source | len(evidence):evidence | len(actor):actor | prev_hash

Times are whole microseconds since 1970-01-01T00:00:00Z; `granted` is 1 or 0; a missing notice is `-`; lengths
count characters, so no text can be mistaken for another column; `prev_hash` is the hash of the entry before in
lowercase hex (64 zeros before the first). Anybody with an export of the table can check it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from xinfeng.kernel.errors import InvalidInput

GENESIS = bytes(32)
"""What the first entry carries as the hash of the one before."""

IMPORT_PREFIX = "import:"
"""Sources that begin so were files; they never bring back a person who has opted out."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST = {"purpose": 20, "source": 80, "evidence": 500, "actor": 150}


class NewEntry(NamedTuple):
    """A grant or withdrawal to be appended. `at`: when the person said it; `source`: where, such as
    `form:<name>`, `reply`, `import:<list>`, `console`; `evidence`: what proves it."""

    contact_id: int
    purpose: str
    granted: bool
    at: datetime
    source: str
    notice_id: int | None
    evidence: str
    actor: str


class ChainedEntry(NamedTuple):
    """An entry in its place in the chain."""

    seq: int
    entry: NewEntry
    prev_hash: bytes
    hash: bytes


def chain(
    entries: Iterable[NewEntry], *, after_seq: int, after_hash: bytes, recorded_at: datetime
) -> list[ChainedEntry]:
    """Give each entry its number and hash, continuing behind `after_seq`.

    Raises InvalidInput `consent.unfit` (field) for text that is too long or holds NUL.
    """
    chained = []
    seq, previous = after_seq, after_hash
    recorded = _microseconds(recorded_at)
    spelt: dict[datetime, int] = {}
    checked: set[tuple[str, str, str, str]] = set()
    for entry in entries:
        texts = (entry.purpose, entry.source, entry.evidence, entry.actor)
        if texts not in checked:
            _check(entry)
            checked.add(texts)
        at = spelt.get(entry.at)
        if at is None:
            at = spelt[entry.at] = _microseconds(entry.at)
        seq += 1
        digest = _digest(seq, recorded, at, entry, previous)
        chained.append(ChainedEntry(seq, entry, previous, digest))
        previous = digest
    return chained


def entry_hash(*, seq: int, recorded_at: datetime, entry: NewEntry, prev_hash: bytes) -> bytes:
    """The hash an entry must carry."""
    return _digest(seq, _microseconds(recorded_at), _microseconds(entry.at), entry, prev_hash)


def _digest(seq: int, recorded: int, at: int, entry: NewEntry, prev_hash: bytes) -> bytes:
    contact_id, purpose, granted, _, source, notice_id, evidence, actor = entry
    return sha256(
        f"xinfeng-consent-1|{seq}|{recorded}|{contact_id}|{purpose}|{1 if granted else 0}|{at}"
        f"|{'-' if notice_id is None else notice_id}"
        f"|{len(source)}:{source}|{len(evidence)}:{evidence}|{len(actor)}:{actor}|{prev_hash.hex()}".encode()
    ).digest()


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _check(entry: NewEntry) -> None:
    for name, longest in _LONGEST.items():
        value: str = getattr(entry, name)
        if len(value) > longest or "\x00" in value:
            raise InvalidInput("consent.unfit", field=name, longest=longest)
