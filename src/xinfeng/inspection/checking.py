"""Checks an inspection archive on any machine: no database, no keys, no settings. Trusts nothing it reads.

Beyond what holds for every sealed archive (`consent.bundle.checking`): each table has as many rows as the manifest
says; entries of the ledger fit their hashes; entries of the audit log fit the marks of the seals, and the seals bear
the signature of the key that signed the archive.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from xinfeng.consent.bundle import checking, form
from xinfeng.consent.bundle.checking import Check, Enough, Fault, Walk
from xinfeng.foundation.sealed_lines import MARK_BYTES, SIGNED, SealLine, mark_of, read_seal
from xinfeng.foundation.signing import fits
from xinfeng.inspection import archive

FAULTS = (
    *checking.FAULTS,
    "row_unreadable",
    "seal_unreadable",
    "seal_signature",
    "audit_entry",
    "audit_entry_unknown",
)
LONGEST_LINE = 4 << 20


@dataclass(frozen=True, slots=True)
class ArchiveReport:
    """What a check found; facts are from the manifest and mean nothing if there are faults."""

    faults: tuple[Fault, ...]
    fingerprint: str = ""
    key_trusted: bool | None = None
    kind: str = ""
    drawn_up_at: datetime | None = None
    drawn_up_by: str = ""
    reason: str = ""
    about: str = ""
    rows: int = 0
    files: int = 0

    @property
    def whole(self) -> bool:
        return not self.faults


def is_archive(path: Path) -> bool:
    """Whether the file says of itself that it is an inspection archive (not whether it is whole)."""
    try:
        with zipfile.ZipFile(path) as opened, opened.open(archive.MANIFEST) as manifest:
            return f'"{archive.FORMAT}"'.encode() in manifest.read(checking.LARGEST_MANIFEST)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return False


def verify_archive(
    path: Path, *, trusted_key: str | None = None, progress: Callable[[int, int], None] | None = None
) -> ArchiveReport:
    """Check an archive in every respect; never raises for what the file holds. See `verify_bundle`."""
    check = Check()
    try:
        with path.open("rb") as file:
            _ArchiveWalk(file, check, trusted_key, progress).walk()
    except OSError:
        check.faults.append(Fault("unreadable", path.name[:120]))
    except Enough:
        pass
    check.facts.pop("head_seq", None)
    return ArchiveReport(tuple(check.faults), **check.facts)


class _ArchiveWalk(Walk):
    _form: Any = archive
    _seals: dict[int, SealLine]
    _key: bytes

    def _facts(self) -> None:
        manifest, facts = self._manifest, self._check.facts
        try:
            drawn_up = manifest["drawn_up"]
            facts["drawn_up_at"] = form.read_time(drawn_up["at"])
            facts["drawn_up_by"], facts["reason"] = str(drawn_up["by"]), str(drawn_up["reason"])
            facts["kind"] = str(manifest["kind"])
            facts["about"] = json.dumps(manifest["about"], ensure_ascii=False, sort_keys=True)
            files = manifest["files"]
            if manifest["kind"] not in archive.KINDS or not isinstance(files, dict):
                raise ValueError
            for one in files.values():
                if type(one["bytes"]) is not int or one["bytes"] < 0 or not _is_digest(one["sha256"]):
                    raise ValueError
            for name, count in manifest["rows"].items():
                if not isinstance(name, str) or type(count) is not int:
                    raise ValueError
            facts["rows"], facts["files"] = sum(manifest["rows"].values()), len(files)
            self._key = bytes.fromhex(manifest["public_key"])
        except (KeyError, TypeError, ValueError, AttributeError):
            self._check.blame("manifest", stop=True)

    def _files(self, opened: zipfile.ZipFile, infos: Mapping[str, zipfile.ZipInfo]) -> None:
        self._seals = {}
        if archive.AUDIT_SEALS in infos and archive.AUDIT_SEALS in self._manifest["files"]:
            self._read_seals(
                opened, infos[archive.AUDIT_SEALS]
            )  # before the entries, which come first by name
        for name in archive.NEEDED_BY_KIND[self._manifest["kind"]]:
            if name not in self._manifest["files"]:
                self._check.blame("missing", name)
        super()._files(opened, infos)

    def _file_of(self, opened: zipfile.ZipFile, info: zipfile.ZipInfo, stated: Mapping[str, Any]) -> None:
        name = info.filename
        digest = sha256()
        count = 0
        pieces = self._pieces(opened, info, stated["bytes"], digest)
        if name.endswith(".jsonl"):
            for line in _lines(pieces):
                count += 1
                self._line(name, count, line)
            if count != self._manifest["rows"].get(name.removesuffix(".jsonl"), 0):
                self._check.blame("count", name)
        else:
            for _ in pieces:
                pass
        if digest.hexdigest() != stated["sha256"]:
            self._check.blame("altered", name)

    def _line(self, name: str, nr: int, line: bytes) -> None:
        try:
            if name == "consents.jsonl":
                one = form.read_entry(line)
                if not one.fits:
                    self._check.blame("entry_hash", one.seq)
            elif name == archive.AUDIT_ENTRIES:
                self._audit_entry(line)
            elif not isinstance(json.loads(line), dict):
                raise ValueError
        except (ValueError, RecursionError, OverflowError, KeyError, TypeError):
            self._check.blame("row_unreadable", f"{name} {nr}")

    def _audit_entry(self, line: bytes) -> None:
        found = json.loads(line)
        text, of_seal = found["line"], found["seal"]
        entry_id = json.loads(text)["id"]
        if of_seal is None:  # it was too new for a seal when the archive was drawn up
            return
        seal = self._seals.get(of_seal)
        if seal is None:
            self._check.blame("audit_entry_unknown", entry_id)
            return
        place = seal.place_of(entry_id)
        held = seal.marks[place * MARK_BYTES : (place + 1) * MARK_BYTES] if place is not None else b""
        if mark_of(text.encode() + b"\n") != held:
            self._check.blame("audit_entry", entry_id)

    def _read_seals(self, opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        size = self._manifest["files"][archive.AUDIT_SEALS]["bytes"]
        for nr, line in enumerate(_lines(self._pieces(opened, info, size, sha256())), 1):
            try:
                seal = read_seal(line)
            except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
                self._check.blame("seal_unreadable", nr)
                continue
            if not seal.fits or not fits(self._key, seal.signature, SIGNED + seal.digest):
                self._check.blame("seal_signature", seal.seq)
            self._seals[seal.seq] = seal

    def _compare(self) -> None:
        """Rows were compared file by file."""


def _is_digest(text: object) -> bool:
    return isinstance(text, str) and len(text) == 64 and set(text) <= set("0123456789abcdef")


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Lines with their ends; one that is too long comes in pieces, which nothing will read as a line."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line + b"\n"
        if len(rest) > LONGEST_LINE:
            yield rest
            rest = b""
    if rest:
        yield rest
