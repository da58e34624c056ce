"""What writers and checkers of bundles agree on. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from xinfeng.consent.ledger import NewEntry, entry_hash

FORMAT = "xinfeng-bundle"
VERSION = 1
MANIFEST, SIGNATURE = "manifest.json", "signature.json"
ENTRIES, RECIPIENTS, SUPPRESSIONS, REPORT = (
    "entries.jsonl",
    "recipients.csv",
    "suppressions.jsonl",
    "report.html",
)
KINDS = ("person", "campaign")
NEEDED = (ENTRIES, SUPPRESSIONS, REPORT)
"""Without these it is no bundle."""

SIGNED_MANIFEST = b"xinfeng-bundle-1 manifest\n"
SIGNED_FILE = b"xinfeng-bundle-1 file\n"
SEAL = b"XINFENG-SEAL-1 "
SEAL_BYTES = len(SEAL) + 128

RECIPIENT_COLUMNS = ("message", "contact", "number", "planned_at", "purpose", "entry", "withheld")
DATE = (1980, 1, 1, 0, 0, 0)

_is_file_name = re.compile(
    r"entries\.jsonl|recipients\.csv|suppressions\.jsonl|report\.html|notices/[0-9]{1,18}\.txt"
    r"|evidence/[a-z][a-z0-9_]{0,30}\.jsonl"
).fullmatch
_is_hash = re.compile(r"[0-9a-f]{64}").fullmatch
_is_time = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z").fullmatch


def is_file_name(name: str) -> bool:
    """Whether a bundle may hold a file of this name besides manifest and signature."""
    return _is_file_name(name) is not None


_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical(value: Any) -> bytes:
    """JSON in the one way it is written here: keys sorted, no spaces, UTF-8."""
    return _canonical(value).encode()


def spell_time(at: datetime) -> str:
    """To the microsecond, in UTC."""
    return f"{at.astimezone(UTC).isoformat(timespec='microseconds')[:-6]}Z"


def read_time(text: object) -> datetime:
    """Raises ValueError for anything that `spell_time` doesn't write."""
    if not isinstance(text, str) or not _is_time(text):
        raise ValueError("not a time")
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BundleEntry:
    """A line of the ledger as a bundle holds it."""

    seq: int
    recorded_at: datetime
    entry: NewEntry
    prev_hash: bytes
    hash: bytes

    @property
    def fits(self) -> bool:
        """Whether the hash is the one these columns must have."""
        expected = entry_hash(
            seq=self.seq, recorded_at=self.recorded_at, entry=self.entry, prev_hash=self.prev_hash
        )
        return expected == self.hash


def entry_line(one: BundleEntry) -> bytes:
    """The line of entries.jsonl, with its end."""
    entry = one.entry
    return (
        canonical(
            {
                "seq": one.seq,
                "recorded_at": spell_time(one.recorded_at),
                "contact_id": entry.contact_id,
                "purpose": entry.purpose,
                "granted": entry.granted,
                "at": spell_time(entry.at),
                "source": entry.source,
                "notice_id": entry.notice_id,
                "evidence": entry.evidence,
                "actor": entry.actor,
                "prev_hash": one.prev_hash.hex(),
                "hash": one.hash.hex(),
            }
        )
        + b"\n"
    )


_TYPES: Mapping[str, tuple[type, ...]] = {
    "seq": (int,),
    "recorded_at": (str,),
    "contact_id": (int,),
    "purpose": (str,),
    "granted": (bool,),
    "at": (str,),
    "source": (str,),
    "notice_id": (int, type(None)),
    "evidence": (str,),
    "actor": (str,),
    "prev_hash": (str,),
    "hash": (str,),
}


def read_entry(line: bytes) -> BundleEntry:
    """Raises ValueError for a line that `entry_line` would not have written."""
    found = json.loads(line)
    if not isinstance(found, dict) or found.keys() != _TYPES.keys():
        raise ValueError("not the columns of an entry")
    for name, types in _TYPES.items():
        if type(found[name]) not in types:
            raise ValueError(f"{name} has the wrong type")
    if not _is_hash(found["hash"]) or not _is_hash(found["prev_hash"]):
        raise ValueError("not a hash")
    one = BundleEntry(
        found["seq"],
        read_time(found["recorded_at"]),
        NewEntry(
            found["contact_id"],
            found["purpose"],
            found["granted"],
            read_time(found["at"]),
            found["source"],
            found["notice_id"],
            found["evidence"],
            found["actor"],
        ),
        bytes.fromhex(found["prev_hash"]),
        bytes.fromhex(found["hash"]),
    )
    if entry_line(one) != line:
        raise ValueError("not in the canonical form")
    return one
