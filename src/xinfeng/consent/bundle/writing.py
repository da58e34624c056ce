"""Writes a bundle as a stream: whatever it is about, memory stays the same."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xinfeng.consent.bundle import form
from xinfeng.foundation.signing import Signer

_PIECE = 1 << 20
_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Written:
    """A finished bundle."""

    path: Path
    bytes: int
    sha256: str
    manifest: Mapping[str, Any]


class BundleWriter:
    """Adds files one after the other, then seals. The file is readable by its owner only.

    Use as a context manager: what was not sealed is removed. `shape` is the module that names files and what is signed,
    for other archives of the same build.
    """

    def __init__(self, path: Path, signer: Signer, *, shape: Any = form) -> None:
        self._path, self._signer, self._form = path, signer, shape
        self._files: dict[str, dict[str, Any]] = {}
        self._sealed = False
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)

    def __enter__(self) -> BundleWriter:
        return self

    def __exit__(self, *exc: object) -> None:
        if not self._sealed:
            self._zip.close()
            self._path.unlink(missing_ok=True)

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        """One file. `name` is one that `form` allows."""
        if not self._form.is_file_name(name) or name in self._files:
            raise ValueError(f"not a name for a file of a bundle: {name!r}")
        digest, size = hashlib.sha256(), 0
        with self._zip.open(_info(name), "w", force_zip64=True) as file:
            for piece in _gathered(pieces):
                digest.update(piece)
                size += len(piece)
                file.write(piece)
        self._files[name] = {"bytes": size, "sha256": digest.hexdigest()}

    def seal(self, manifest: Mapping[str, Any]) -> Written:
        """Write manifest and signature, close the file and sign it as a whole."""
        whole = {
            "format": self._form.FORMAT,
            "version": self._form.VERSION,
            **manifest,
            "files": self._files,
            "public_key": self._signer.public_key.hex(),
        }
        raw = form.canonical(whole)
        signature = {
            "algorithm": "Ed25519",
            "public_key": self._signer.public_key.hex(),
            "fingerprint": self._signer.fingerprint,
            "signature": self._signer.sign(self._form.SIGNED_MANIFEST + raw).hex(),
        }
        for name, content in ((self._form.MANIFEST, raw), (self._form.SIGNATURE, form.canonical(signature))):
            self._zip.writestr(_info(name), content)
        self._zip.comment = self._form.SEAL + b"0" * 128
        self._zip.close()
        self._sign_whole()
        self._sealed = True
        return Written(self._path, self._path.stat().st_size, _sha256(self._path), whole)

    def _sign_whole(self) -> None:
        with self._path.open("r+b") as file:
            body = file.seek(0, os.SEEK_END) - self._form.SEAL_BYTES
            digest = digest_of_body(file, body)
            file.seek(body + len(self._form.SEAL))
            file.write(self._signer.sign(self._form.SIGNED_FILE + digest).hex().encode())
            file.flush()
            os.fsync(file.fileno())


def digest_of_body(file: Any, size: int) -> bytes:
    """SHA-256 of the first `size` bytes of an open file."""
    file.seek(0)
    digest = hashlib.sha256()
    while size > 0 and (piece := file.read(min(_PIECE, size))):
        digest.update(piece)
        size -= len(piece)
    return digest.digest()


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, form.DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3
    info.external_attr = 0o600 << 16
    return info


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Small pieces together: lines are some hundred bytes, and each write has its price."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _PIECE:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
