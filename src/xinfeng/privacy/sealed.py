"""Files that lie encrypted: written and read in pieces, so that memory stays bounded.

A file is `XFSEALED1\\n`, then for each piece its length (4 bytes, big-endian) and the piece, sealed by the vault as
`Kind.EXPORT`. Inside a seal stands `<name>|<number>|<more or last>|<base64>`: a piece can't be left out, moved,
repeated or taken from another file without the reader noticing.
"""

from __future__ import annotations

import base64
import binascii
import io
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO

from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.rotation import Sealed, SealedFiles
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput

MAGIC = b"XFSEALED1\n"
PIECE_BYTES = 192 * 1024
_LONGEST_SEALED = 2 * PIECE_BYTES
_length = struct.Struct("!I")


class SealedWriter(io.RawIOBase):
    """A file to write to; readable by its owner only, and complete only once closed without a fault."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__()
        self._name = name
        self._number = 0
        self._pending = bytearray()
        self._ended = False
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file: IO[bytes] = os.fdopen(descriptor, "wb")
        self._file.write(MAGIC)

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview, /) -> int:  # type: ignore[override]
        self._pending += data
        while len(self._pending) > PIECE_BYTES:
            self._seal(bytes(self._pending[:PIECE_BYTES]), last=False)
            del self._pending[:PIECE_BYTES]
        return len(data)

    def finish(self) -> None:
        """Write the last piece; without it the file is not readable."""
        self._seal(bytes(self._pending), last=True)
        self._pending.clear()
        self._ended = True
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        if not self._file.closed:
            self._file.close()
        super().close()

    def __enter__(self) -> SealedWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and not self._ended:
            self.finish()
        self.close()

    def _seal(self, piece: bytes, *, last: bool) -> None:
        text = f"{self._name}|{self._number}|{'last' if last else 'more'}|{base64.b64encode(piece).decode()}"
        sealed = vault().seal(Kind.EXPORT, text)
        self._file.write(_length.pack(len(sealed)) + sealed)
        self._number += 1


def read_sealed(path: Path, name: str) -> Iterator[bytes]:
    """The pieces, opened. Raises InvalidInput `vault.unreadable` as soon as something doesn't fit."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise _unreadable()
        number, ended = 0, False
        while head := file.read(_length.size):
            piece, last = _open(file, head, name, number)
            if ended:
                raise _unreadable()
            ended, number = last, number + 1
            yield piece
        if not ended:
            raise _unreadable()


def _open(file: IO[bytes], head: bytes, name: str, number: int) -> tuple[bytes, bool]:
    if len(head) != _length.size:
        raise _unreadable()
    [length] = _length.unpack(head)
    if length > _LONGEST_SEALED:
        raise _unreadable()
    parts = vault().open(Kind.EXPORT, file.read(length)).split("|", 3)
    if len(parts) != 4 or parts[0] != name or parts[1] != str(number) or parts[2] not in ("more", "last"):
        raise _unreadable()
    try:
        return base64.b64decode(parts[3], validate=True), parts[2] == "last"
    except binascii.Error:
        raise _unreadable() from None


def _unreadable() -> InvalidInput:
    return InvalidInput("vault.unreadable", kind=Kind.EXPORT.name)


def exports_folder() -> Path:
    """Where copies of personal data lie until they lapse."""
    return xinfeng_settings.load().uploads / "exports"


def _heads() -> Iterator[bytes]:
    """How every piece of every export that lies about begins."""
    for path in sorted(exports_folder().glob("*")):
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                continue
            while len(head := file.read(_length.size)) == _length.size:
                [length] = _length.unpack(head)
                start = file.read(3)
                if len(start) < 3:
                    break
                yield start
                file.seek(length - 3, os.SEEK_CUR)


SEALED = (
    Sealed("privacy_request", {"requester_sealed": Kind.REQUEST, "letter_sealed": Kind.REQUEST}),
    SealedFiles("privacy_exports", _heads),
)
"""What privacy keeps sealed (see `foundation.rotation`)."""
