"""The archive itself: a zip file written from the front to the back, and read again without trusting it."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from psycopg.abc import Buffer

from xinfeng.foundation.backups.manifest import NAME, SIGNATURE, SIGNED, Manifest, Member, read
from xinfeng.foundation.signing import Signer, fits
from xinfeng.kernel.errors import Conflict, InvalidInput

SUFFIX = ".xfbackup"
_PIECE = 256 * 1024
_LEVEL = 1
"""Deflate's fastest: most of what is large is sealed, and of sealed bytes only their being written in hex shrinks."""
_LONGEST_MANIFEST = 64 * 2**20
_UNREADABLE = (KeyError, OSError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What reading a damaged zip file may end in (encrypted, an unknown method, cut off)."""


class ArchiveWriter:
    """Writes beside the target and takes its name when all is on disk; leaves nothing behind when it fails."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._staged = path.with_name(f".{path.name}.partial")

    def __enter__(self) -> Self:
        if self.path.exists():
            raise Conflict("backup.file_exists", file=str(self.path))
        try:
            raw = os.open(self._staged, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as fault:
            raise Conflict(
                "backup.cannot_write", file=str(self.path), fault=fault.strerror or str(fault)
            ) from None
        os.fchmod(raw, 0o600)
        self._file = os.fdopen(raw, "w+b")
        self._zip = zipfile.ZipFile(
            self._file, "w", compression=zipfile.ZIP_DEFLATED, compresslevel=_LEVEL, allowZip64=True
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._zip.close()
                self._file.flush()
                os.fsync(self._file.fileno())
        finally:
            self._file.close()
            if kind is not None:
                self._zip.fp = None  # it would go on writing when it is thrown away
                self._staged.unlink(missing_ok=True)
        if kind is None:
            self._staged.rename(self.path)
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def add(self, name: str, pieces: Iterable[Buffer]) -> Member:
        """Write one file; the pieces may be as small as they like."""
        digest, size = hashlib.sha256(), 0
        with self._zip.open(name, "w", force_zip64=True) as out:  # a ZipInfo of ours would not be packed
            for piece in _together(pieces):
                digest.update(piece)
                size += len(piece)
                out.write(piece)
        return Member(name, size, digest.hexdigest())

    def close_with(self, manifest: Manifest, signer: Signer) -> None:
        """The last thing to be written."""
        raw = manifest.as_bytes()
        self.add(NAME, [raw])
        signature = {"public_key": signer.public_key.hex(), "signature": signer.sign(SIGNED + raw).hex()}
        self.add(SIGNATURE, [json.dumps(signature).encode()])


def _together(pieces: Iterable[Buffer]) -> Iterator[bytes]:
    """Rows come one by one: packing and hashing want more at a time."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        if len(waiting) >= _PIECE:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


class Archive:
    """A backup that was opened: its manifest, whose key signed it, and its files, each checked as it is read."""

    def __init__(self, opened: zipfile.ZipFile, manifest: Manifest, public_key: bytes) -> None:
        self._zip = opened
        self.manifest = manifest
        self.public_key = public_key

    def pieces(self, member: Member) -> Iterator[bytes]:
        """The content, piece by piece. Raises InvalidInput `backup.damaged` (file) at the latest when it ends."""
        digest, size = hashlib.sha256(), 0
        try:
            with self._zip.open(member.name) as file:
                while piece := file.read(_PIECE):
                    size += len(piece)
                    if size > member.bytes:  # whatever it unpacks to, no more than was promised
                        raise InvalidInput("backup.damaged", file=member.name)
                    digest.update(piece)
                    yield piece
        except _UNREADABLE:
            raise InvalidInput("backup.damaged", file=member.name) from None
        if size != member.bytes or digest.hexdigest() != member.sha256:
            raise InvalidInput("backup.damaged", file=member.name)


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Raises InvalidInput `backup.unreadable` (file), `backup.cut_off` (file), `backup.damaged` (file),
    `backup.signature`."""
    try:
        opened = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        code = "backup.cut_off" if _begins_well(path) else "backup.unreadable"
        raise InvalidInput(code, file=str(path)) from None
    with opened:
        raw = _small(opened, NAME)
        try:
            said = json.loads(_small(opened, SIGNATURE))
            key, signature = bytes.fromhex(said["public_key"]), bytes.fromhex(said["signature"])
        except (ValueError, KeyError, TypeError):
            raise InvalidInput("backup.damaged", file=SIGNATURE) from None
        if not fits(key, signature, SIGNED + raw):
            raise InvalidInput("backup.signature")
        manifest = read(raw)
        if sorted(opened.namelist()) != sorted([NAME, SIGNATURE, *(one.name for one in manifest.members)]):
            raise InvalidInput("backup.damaged", file=NAME)
        yield Archive(opened, manifest, key)


def _begins_well(path: Path) -> bool:
    """What is at its end is missing: it was not copied whole."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except (OSError, ValueError):
        return False


def _small(opened: zipfile.ZipFile, name: str) -> bytes:
    try:
        with opened.open(name) as file:
            raw = file.read(_LONGEST_MANIFEST + 1)
    except _UNREADABLE:
        raise InvalidInput("backup.damaged", file=name) from None
    if len(raw) > _LONGEST_MANIFEST:
        raise InvalidInput("backup.damaged", file=name)
    return raw
