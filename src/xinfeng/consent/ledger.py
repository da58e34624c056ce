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
_LONGEST = {"purpose": 60, "source": 80, "evidence": 500, "actor": 150}


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
    """An entry in its place in the chain. `at_us`: its time in microseconds since 1970."""

    seq: int
    entry: NewEntry
    at_us: int
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
    spelt: dict[_Said, tuple[str, str]] = {}
    last_at, at_us = recorded_at, recorded
    for entry in entries:
        contact_id, purpose, granted, at, source, notice_id, evidence, actor = entry
        said = purpose, granted, source, notice_id, evidence, actor
        words = spelt.get(said)
        if words is None:
            _check(entry)
            words = spelt[said] = _spell(said)
        if at is not last_at:
            last_at, at_us = at, _microseconds(at)
        seq += 1
        digest = _digest(seq, recorded, contact_id, at_us, words, previous)
        chained.append(ChainedEntry(seq, entry, at_us, previous, digest))
        previous = digest
    return chained


def entry_hash(*, seq: int, recorded_at: datetime, entry: NewEntry, prev_hash: bytes) -> bytes:
    """The hash an entry must carry."""
    contact_id, purpose, granted, at, source, notice_id, evidence, actor = entry
    words = _spell((purpose, granted, source, notice_id, evidence, actor))
    return _digest(seq, _microseconds(recorded_at), contact_id, _microseconds(at), words, prev_hash)


_Said = tuple[str, bool, str, int | None, str, str]
"""What entries have in common when many are taken from one place: purpose, granted, source, notice, evidence, actor."""


def _spell(said: _Said) -> tuple[str, str]:
    """The parts of the hashed text that stand before and behind the time."""
    purpose, granted, source, notice_id, evidence, actor = said
    return (
        f"|{purpose}|{1 if granted else 0}|",
        f"|{'-' if notice_id is None else notice_id}"
        f"|{len(source)}:{source}|{len(evidence)}:{evidence}|{len(actor)}:{actor}|",
    )


def _digest(
    seq: int, recorded_us: int, contact_id: int, at_us: int, words: tuple[str, str], prev_hash: bytes
) -> bytes:
    before, behind = words
    return sha256(
        f"xinfeng-consent-1|{seq}|{recorded_us}|{contact_id}{before}{at_us}{behind}{prev_hash.hex()}".encode()
    ).digest()


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _check(entry: NewEntry) -> None:
    for name, longest in _LONGEST.items():
        value: str = getattr(entry, name)
        if len(value) > longest or "\x00" in value:
            raise InvalidInput("consent.unfit", field=name, longest=longest)
