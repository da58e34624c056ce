"""What the seals of the audit log and whoever checks them agree on. Pure; see `foundation.seals`."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

SIGNED = b"xinfeng audit seal 1\n"
MARK_BYTES = 4
"""Of each entry's own hash: enough to say which entry of a seal was changed; the proof is the seal's digest."""


def mark_of(line: bytes) -> bytes:
    """The beginning of an entry's own hash."""
    return hashlib.sha256(line).digest()[:MARK_BYTES]


def digest_of(seal: dict[str, Any]) -> bytes:
    """SHA-256 over all a seal says, in canonical JSON (keys sorted, no spaces, UTF-8)."""
    said = {
        "seq": seal["seq"],
        "kind": seal["kind"],
        "at": seal["at"].timestamp(),
        "identity": seal["identity"],
        "snapshot": seal["snapshot"],
        "ids": seal["ids"],
        "entries": seal["entries"],
        "parts": seal["parts"],
        "marks": hashlib.sha256(seal["marks"]).hexdigest(),
        "backdated": seal["backdated"],
        "note": seal["note"],
        "previous": seal["previous"].hex(),
    }
    return hashlib.sha256(
        json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).digest()


@dataclass(frozen=True, slots=True)
class SealLine:
    """A seal as it travels in an export."""

    seq: int
    ranges: tuple[tuple[int, int], ...]
    marks: bytes
    digest: bytes
    signature: bytes
    fits: bool

    def place_of(self, entry_id: int) -> int | None:
        """The how-maniest of the seal's entries it is, from 0; None: the seal doesn't cover it."""
        before = 0
        for low, high in self.ranges:
            if low <= entry_id < high:
                return before + entry_id - low
            before += high - low
        return None


def seal_line(seal: dict[str, Any]) -> bytes:
    """A row of `audit_seal` (`ids` as text) as a line of an export, with its end."""
    said = {
        **{
            name: seal[name]
            for name in (
                "seq",
                "kind",
                "identity",
                "snapshot",
                "ids",
                "entries",
                "parts",
                "backdated",
                "note",
            )
        },
        "at": seal["at"].timestamp(),
        **{name: bytes(seal[name]).hex() for name in ("marks", "previous", "digest", "signature")},
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def read_seal(line: bytes) -> SealLine:
    """Raises ValueError, KeyError or TypeError for a line that is no seal. `fits`: the digest is that of what it says."""
    found = json.loads(line)
    marks, previous, digest, signature = (
        bytes.fromhex(found[name]) for name in ("marks", "previous", "digest", "signature")
    )
    at = datetime.fromtimestamp(float(found["at"])).astimezone()
    said = {**found, "at": at, "marks": marks, "previous": previous}
    ranges = tuple(
        (int(low), int(high)) for low, high in re.findall(r"\[(\d{1,19}),(\d{1,19})\)", found["ids"])
    )
    return SealLine(int(found["seq"]), ranges, marks, digest, signature, digest_of(said) == digest)
