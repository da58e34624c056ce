"""What of a backup is sealed: uploaded files under the vault, the folder of keys under a passphrase.

A sealed file is pieces, each with its length (4 bytes, big-endian) in front; a piece knows its file, its number and
whether it is the last, so none can be left out, moved or passed off as another's.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from xinfeng.foundation.settings import Settings
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput

SHORTEST_PASSPHRASE = 12
_PIECE = 192 * 1024
_length = struct.Struct(">I")
_LONGEST = 2 * _PIECE
_MAGIC = b"xinfeng-keys-1\n"
_SALT, _NONCE = 16, 12
_WORK = 2**17
"""Scrypt's n (RFC 7914) with r=8, p=1: 128 MB and a third of a second for each guess."""


def seal_file(path: Path, name: str) -> Iterator[bytes]:
    """A file's content, sealed. Raises FileNotFoundError before the first piece."""
    with path.open("rb") as file:
        piece, number, last = file.read(_PIECE), 0, False
        while not last:
            following = file.read(_PIECE)
            last = not following
            text = f"{number}|{'last' if last else 'more'}|{base64.b64encode(piece).decode()}|{name}"
            sealed = vault().seal(Kind.EXPORT, text)
            yield _length.pack(len(sealed)) + sealed
            piece, number = following, number + 1


def open_file(pieces: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The content again. Raises InvalidInput `vault.unreadable`, `vault.key_missing`, `backup.damaged` (file)."""
    number, last = 0, False
    for sealed in _framed(pieces, name):
        said = vault().open(Kind.EXPORT, sealed).split("|", 3)
        if last or len(said) != 4 or said[0] != str(number) or said[3] != name:
            raise InvalidInput("backup.damaged", file=name)
        try:
            yield base64.b64decode(said[2], validate=True)
        except binascii.Error:
            raise InvalidInput("backup.damaged", file=name) from None
        number, last = number + 1, said[1] == "last"
    if not last:
        raise InvalidInput("backup.damaged", file=name)


def _framed(pieces: Iterable[bytes], name: str) -> Iterator[bytes]:
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) >= _length.size:
            [length] = _length.unpack_from(waiting)
            if length > _LONGEST:
                raise InvalidInput("backup.damaged", file=name)
            end = _length.size + length
            if len(waiting) < end:
                break
            yield bytes(waiting[_length.size : end])
            del waiting[:end]
    if waiting:
        raise InvalidInput("backup.damaged", file=name)


def key_files(settings: Settings) -> list[Path]:
    """Everything that lies with the keys and must be backed up with them."""
    folder = settings.key_file.parent
    named = [folder / name for name in ("signing.pem", "erasures.journal", "audit-head.json")]
    named += [*folder.glob(f"{settings.key_file.name}*"), settings.data / "keys" / "django_secret"]
    return sorted({path for path in named if path.is_file()})


def seal_keys(settings: Settings, passphrase: str) -> bytes:
    """Raises InvalidInput `backup.passphrase_short` (shortest)."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise InvalidInput("backup.passphrase_short", shortest=SHORTEST_PASSPHRASE)
    main = settings.key_file.name
    held = {
        path.name.replace(main, "vault.json", 1): base64.b64encode(path.read_bytes()).decode()
        for path in key_files(settings)
    }
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    sealed = AESGCM(_derived(passphrase, salt)).encrypt(nonce, json.dumps(held).encode(), _MAGIC)
    return _MAGIC + salt + nonce + sealed


def open_keys(raw: bytes, passphrase: str) -> dict[str, bytes]:
    """By file name. Raises InvalidInput `backup.passphrase`, `backup.damaged` (file)."""
    head = len(_MAGIC)
    if not raw.startswith(_MAGIC) or len(raw) < head + _SALT + _NONCE:
        raise InvalidInput("backup.damaged", file="keys.sealed")
    salt, nonce = raw[head : head + _SALT], raw[head + _SALT : head + _SALT + _NONCE]
    try:
        opened = AESGCM(_derived(passphrase, salt)).decrypt(nonce, raw[head + _SALT + _NONCE :], _MAGIC)
    except InvalidTag:
        raise InvalidInput("backup.passphrase") from None
    held = {name: base64.b64decode(content) for name, content in json.loads(opened).items()}
    if any(name != Path(name).name or name.startswith(".") for name in held):
        raise InvalidInput("backup.damaged", file="keys.sealed")
    return held


def _derived(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=_WORK, r=8, p=1).derive(passphrase.encode())
