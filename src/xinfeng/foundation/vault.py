"""The vault: identifiers and texts are sealed at rest and found again by keyed hash.

Sealed bytes are `cipher (1) | key id (2, big-endian) | nonce (12) | ciphertext and tag (16)`. Each kind of
secret has a key of its own, derived from the key with that id by HKDF-SHA256, and is bound to its kind, so
that a sealed name can't be passed off as a sealed number. Keys rotate: new seals use the active key, old
ones open as long as their key is in the file. A vault of a file looks at it again when it has changed, and before it
says that a key is missing; so a process takes up new keys without being started again (`foundation.keys`).

The index key does not rotate with them. Everything is found by it, suppressions and opt-outs first: under another,
somebody who opted out would be a stranger until every number had been opened and hashed anew, and nothing may be sent
meanwhile. It protects no content, only the equality of what is found by it. See docs/adr/0013.
"""

from __future__ import annotations

import base64
import enum
import functools
import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hmac as keyed_hash
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.ids import PhoneIndex

_HEAD = 3
_NONCE = 12
_TAG = 16
_INDEX = 16
_CIPHER_IDS = {"AES-256-GCM": 1, "SM4-GCM": 2}
LOOK_EVERY_S = 2.0
"""Between two looks at the key file."""


class Kind(enum.Enum):
    """What is sealed; each kind has its own derived key."""

    PHONE = b"phone"
    NAME = b"name"
    BODY = b"body"
    REPLY = b"reply"
    SECRET = b"secret"
    ROW = b"row"
    REQUEST = b"request"
    EXPORT = b"export"
    TOTP = b"totp"
    COMPLAINT = b"complaint"
    EVIDENCE = b"evidence"


class _Aead(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes: ...
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes: ...


class _Sm4Gcm:
    """SM4 in GCM mode (GB/T 32907, RFC 8998) with the interface of AESGCM."""

    def __init__(self, key: bytes) -> None:
        self._algorithm = algorithms.SM4(key[:16])

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        encryptor = Cipher(self._algorithm, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data)
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        decryptor = Cipher(self._algorithm, modes.GCM(nonce, data[-_TAG:])).decryptor()
        decryptor.authenticate_additional_data(associated_data)
        return decryptor.update(data[:-_TAG]) + decryptor.finalize()


@dataclass(frozen=True)
class KeyRing:
    """The keys of one deployment: master keys by id, the active one, and the index key."""

    active: int
    masters: dict[int, bytes]
    index_key: bytes


class Vault:
    """Seals and opens. Batch methods exist because the bulk paths seal hundreds of thousands at a time."""

    def __init__(self, ring: KeyRing, cipher: str, *, file: Path | None = None) -> None:
        """`file`: where the ring came from, to be looked at again."""
        self._ring = ring
        self._cipher = cipher
        self._file = file
        self._seen = _version(file)
        self._look_at = 0.0
        self._aeads: dict[tuple[int, int, Kind], _Aead] = {}
        self._keyed = keyed_hash.HMAC(ring.index_key, SHA256())

    @property
    def ring(self) -> KeyRing:
        """The keys it knows."""
        return self._ring

    @property
    def cipher(self) -> str:
        return self._cipher

    @property
    def head(self) -> bytes:
        """What every new seal begins with: cipher and key."""
        return head_of(self._cipher, self._ring.active)

    def use(self, key_id: int) -> None:
        """Seal with this key from now on. Raises InvalidInput `vault.key_missing`."""
        if key_id not in self._ring.masters and not (self._reread() and key_id in self._ring.masters):
            raise InvalidInput("vault.key_missing", key_id=key_id)
        self._ring = replace(self._ring, active=key_id)

    def freshen(self) -> None:
        """Take up the key file when it has changed; looks every few seconds at most."""
        if self._file is None or time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + LOOK_EVERY_S
        if _version(self._file) != self._seen:
            self._reread()

    def _reread(self) -> bool:
        """The file anew, unless it is unreadable or of another house: then what is known stays."""
        if self._file is None or not self._file.exists():
            return False
        seen = _version(self._file)
        try:
            ring = read_key_file(self._file)
        except (OSError, ValueError, KeyError, TypeError):
            return False
        if ring.index_key != self._ring.index_key:
            return False
        self._ring, self._seen = ring, seen
        return True

    def seal(self, kind: Kind, text: str) -> bytes:
        return self.seal_many(kind, (text,))[0]

    def open(self, kind: Kind, sealed: bytes) -> str:
        """Raises InvalidInput `vault.unreadable` when the bytes are damaged or their key is missing."""
        return self.open_many(kind, (sealed,))[0]

    def seal_many(self, kind: Kind, texts: Sequence[str]) -> list[bytes]:
        self.freshen()
        active = self._ring.active
        encrypt = self._aead(_CIPHER_IDS[self._cipher], active, kind).encrypt
        head, bound = head_of(self._cipher, active), kind.value
        nonces = os.urandom(_NONCE * len(texts))
        sealed = []
        at = 0
        for text in texts:
            nonce = nonces[at : at + _NONCE]
            at += _NONCE
            sealed.append(head + nonce + encrypt(nonce, text.encode(), bound))
        return sealed

    def open_many(self, kind: Kind, sealed: Iterable[bytes]) -> list[str]:
        bound = kind.value
        opened = []
        last_head = b""
        decrypt = None
        for item in sealed:
            if item[:_HEAD] != last_head or decrypt is None:
                last_head = item[:_HEAD]
                if len(item) < _HEAD + _NONCE + _TAG:
                    raise InvalidInput("vault.unreadable", kind=kind.name)
                decrypt = self._aead(last_head[0], int.from_bytes(last_head[1:], "big"), kind).decrypt
            try:
                opened.append(decrypt(item[_HEAD : _HEAD + _NONCE], item[_HEAD + _NONCE :], bound).decode())
            except (InvalidTag, ValueError):
                raise InvalidInput("vault.unreadable", kind=kind.name) from None
        return opened

    def phone_index(self, number: str) -> PhoneIndex:
        """Keyed hash of a normalised number: HMAC-SHA256 cut to 16 bytes."""
        return PhoneIndex(hmac.digest(self._ring.index_key, number.encode(), "sha256")[:_INDEX])

    def phone_indexes(self, numbers: Iterable[str]) -> list[PhoneIndex]:
        """`phone_index` of many, three times as fast: the key is hashed once, not for every number."""
        return cast(list[PhoneIndex], self._digests(map(str.encode, numbers)))

    def tail_index(self, number: str) -> int:
        """Keyed hash of a number's last four digits, for finding people by them: a positive 31-bit integer."""
        return self.tail_indexes([number])[0]

    def tail_indexes(self, numbers: Iterable[str]) -> list[int]:
        """`tail_index` of many."""
        tails = [number[-4:] for number in numbers]
        known = {tail: self._tail(tail) for tail in set(tails)}
        return [known[tail] for tail in tails]

    def _tail(self, tail: str) -> int:
        [digest] = self._digests([b"\x01" + tail.encode()])
        return int.from_bytes(digest[:4], "big") >> 1

    def index(self, text: str) -> bytes:
        """Keyed hash of any other identifier, for example a name."""
        return hmac.digest(self._ring.index_key, b"\x00" + text.encode(), "sha256")[:_INDEX]

    def indexes(self, texts: Iterable[str]) -> list[bytes]:
        """`index` of many."""
        return self._digests([b"\x00" + text.encode() for text in texts])

    def _digests(self, messages: Iterable[bytes]) -> list[bytes]:
        begin = self._keyed.copy
        digests = []
        for message in messages:
            hashing = begin()
            hashing.update(message)
            digests.append(hashing.finalize()[:_INDEX])
        return digests

    def _aead(self, cipher_id: int, key_id: int, kind: Kind) -> _Aead:
        known = self._aeads.get((cipher_id, key_id, kind))
        if known is not None:
            return known
        master = self._ring.masters.get(key_id)
        if master is None and self._reread():
            master = self._ring.masters.get(key_id)
        if master is None:
            raise InvalidInput("vault.key_missing", key_id=key_id)
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"xinfeng " + kind.value).derive(master)
        aead: _Aead
        if cipher_id == _CIPHER_IDS["AES-256-GCM"]:
            aead = AESGCM(key)
        elif cipher_id == _CIPHER_IDS["SM4-GCM"]:
            aead = _Sm4Gcm(key)
        else:
            raise InvalidInput("vault.unreadable", kind=kind.name)
        self._aeads[(cipher_id, key_id, kind)] = aead
        return aead


def head_of(cipher: str, key_id: int) -> bytes:
    """The first three bytes of what is sealed so."""
    return bytes([_CIPHER_IDS[cipher]]) + key_id.to_bytes(2, "big")


def read_head(head: bytes) -> tuple[str, int]:
    """Cipher and key of the first three bytes; an unknown cipher is `?`."""
    cipher = next((name for name, number in _CIPHER_IDS.items() if number == head[0]), "?")
    return cipher, int.from_bytes(head[1:_HEAD], "big")


def read_key_file(path: Path) -> KeyRing:
    """Read the key ring, making it on first use. The file is for its owner only; back it up apart from the data."""
    if not path.exists():
        first = {"id": 1, "made_at": _now(), "key": _fresh()}
        xinfeng_settings.write_secret(
            path, json.dumps({"active": 1, "index_key": _fresh(), "keys": [first]}, indent=1)
        )
    content = json.loads(path.read_text())
    masters = {entry["id"]: base64.b64decode(entry["key"]) for entry in content["keys"]}
    return KeyRing(content["active"], masters, base64.b64decode(content["index_key"]))


def made_at(path: Path) -> dict[int, datetime]:
    """When the keys in the file were made."""
    return {one["id"]: datetime.fromisoformat(one["made_at"]) for one in json.loads(path.read_text())["keys"]}


def fingerprints_of(ring: KeyRing) -> dict[str, str]:
    """By name (`index`, `key 1`). The keys are 256 random bits, so a hash tells nothing about them."""
    masters = {f"key {key_id}": key for key_id, key in ring.masters.items()}
    return {name: fingerprint_of(key) for name, key in {"index": ring.index_key, **masters}.items()}


def fingerprint_of(key: bytes) -> str:
    """What people compare and databases remember of a key."""
    return hashlib.sha256(b"xinfeng fingerprint" + key).hexdigest()[:16]


def add_key(path: Path) -> int:
    """Add a key to the file; returns its id. It is used for nothing until `activate_key`."""
    read_key_file(path)
    content = json.loads(path.read_text())
    key_id: int = max(content.get("last_id", 0), *(entry["id"] for entry in content["keys"])) + 1
    content["keys"].append({"id": key_id, "made_at": _now(), "key": _fresh()})
    content["last_id"] = key_id
    _replace(path, content)
    return key_id


def activate_key(path: Path, key_id: int) -> None:
    """Let new seals use this key. Raises InvalidInput `vault.key_missing`."""
    content = json.loads(path.read_text())
    if all(entry["id"] != key_id for entry in content["keys"]):
        raise InvalidInput("vault.key_missing", key_id=key_id)
    if content["active"] != key_id:
        content["active"] = key_id
        _replace(path, content)


def remove_key(path: Path, key_id: int) -> None:
    """Take a key out of the file; its id is never given again. What is sealed with it can't be opened any more."""
    content = json.loads(path.read_text())
    content["last_id"] = max(content.get("last_id", 0), *(entry["id"] for entry in content["keys"]))
    content["keys"] = [entry for entry in content["keys"] if entry["id"] != key_id]
    _replace(path, content)


def _replace(path: Path, content: dict[str, object]) -> None:
    """In one step, on disk before anybody relies on it; the file as it was stays beside it."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    xinfeng_settings.write_secret(path.with_name(f"{path.name}.{stamp}"), path.read_text())
    staged = path.with_suffix(".new")
    staged.unlink(missing_ok=True)
    xinfeng_settings.write_secret(staged, json.dumps(content, indent=1))
    with staged.open("rb") as written:
        os.fsync(written.fileno())
    staged.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _version(path: Path | None) -> tuple[int, int] | None:
    """What tells one state of a file from the next."""
    if path is None:
        return None
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _fresh() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


@functools.cache
def vault() -> Vault:
    """The vault of this process."""
    settings = xinfeng_settings.load()
    return Vault(read_key_file(settings.key_file), settings.cipher, file=settings.key_file)
