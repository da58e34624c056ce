"""Whether the key file at hand is the one this database was sealed with.

Under another index key nobody is found again: a person who opted out would come back as a stranger. So the
database keeps a fingerprint of every key it was used with, and a process that holds others does not start.
"""

from __future__ import annotations

import hashlib
from enum import Enum
from pathlib import Path
from typing import Any

from xinfeng.foundation import stored
from xinfeng.foundation.vault import KeyRing, read_key_file

STORED_KEY = "vault_keys"
ACTOR = "system:vault"


class KeyFault(Enum):
    """Why the key file cannot be used with this database."""

    MISSING = "missing"
    OTHER = "other"
    UNREADABLE = "unreadable"


def recognise(path: Path) -> KeyFault | None:
    """Compare the key file with the keys this database knows; None when it may be used.

    A new database takes the file it is first used with, which is made then. A rotated file is known by its old
    keys, and its new one is remembered. Nothing is made or changed when there is a fault.
    """
    known: dict[str, Any] = stored.read(STORED_KEY, {})
    if known and not path.exists():
        return KeyFault.MISSING
    try:
        held = _fingerprints(read_key_file(path))
    except (ValueError, KeyError, TypeError):
        return KeyFault.UNREADABLE
    if any(held.get(name) != fingerprint for name, fingerprint in known.items()):
        return KeyFault.OTHER
    if held != known:
        stored.write(STORED_KEY, held, actor=ACTOR)
    return None


def _fingerprints(ring: KeyRing) -> dict[str, str]:
    """By name. The keys are 256 random bits, so a hash tells nothing about them."""
    masters = {f"key {key_id}": key for key_id, key in ring.masters.items()}
    return {name: _fingerprint(key) for name, key in {"index": ring.index_key, **masters}.items()}


def _fingerprint(key: bytes) -> str:
    return hashlib.sha256(b"xinfeng fingerprint" + key).hexdigest()[:16]
