"""Checks a bundle on any machine: no database, no keys, no settings. Trusts nothing it reads.

What is read is bounded by what the signed manifest announces, so a file that unpacks to terabytes is refused at its
first byte too many. Faults carry codes (`FAULTS`); the command line puts them into words.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import struct
import zipfile
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from xinfeng.consent.bundle import form
from xinfeng.consent.bundle.form import BundleEntry
from xinfeng.consent.bundle.writing import digest_of_body
from xinfeng.foundation.signing import fingerprint, fits, same_fingerprint

FAULTS = (
    "unreadable",
    "not_a_bundle",
    "version",
    "damaged",
    "path",
    "duplicate",
    "extra",
    "missing",
    "too_large",
    "altered",
    "manifest",
    "signature",
    "seal",
    "key",
    "entry_unreadable",
    "entry_hash",
    "entry_order",
    "entry_link",
    "entry_head",
    "notice",
    "recipient_unreadable",
    "recipient_entry",
    "count",
)

LARGEST_MANIFEST = 8 << 20
LARGEST_SIGNATURE = 4 << 10
LARGEST_DIRECTORY = 1 << 20
LONGEST_LINE = 32 << 10
MOST_TIMES_LARGER = 100
"""Hashes don't compress: no true bundle unpacks to so many times its size."""
_PIECE = 1 << 20
_MOST_FAULTS = 20
_END, _END64_LOCATOR, _END64 = struct.Struct("<4s4H2LH"), struct.Struct("<4sLQL"), struct.Struct("<4sQ2H2L4Q")


@dataclass(frozen=True, slots=True)
class Fault:
    """What doesn't fit; `where` names a file or an entry."""

    code: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class BundleReport:
    """What a check found. `fingerprint`: of the key that signed, "" if none did; `key_trusted`: it is the one the
    caller named (None: he named none). Facts are from the manifest and mean nothing if there are faults."""

    faults: tuple[Fault, ...]
    fingerprint: str = ""
    key_trusted: bool | None = None
    kind: str = ""
    drawn_up_at: datetime | None = None
    drawn_up_by: str = ""
    reason: str = ""
    entries: int = 0
    persons: int = 0
    recipients: int = 0
    links: int = 0
    head_seq: int = 0

    @property
    def whole(self) -> bool:
        return not self.faults


class Enough(Exception):
    """Nothing further can be said."""


@dataclass
class Check:
    faults: list[Fault] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def blame(self, code: str, where: object = "", *, stop: bool = False) -> None:
        self.faults.append(Fault(code, str(where)[:120]))
        if stop or len(self.faults) >= _MOST_FAULTS:
            raise Enough


def verify_bundle(
    path: Path, *, trusted_key: str | None = None, progress: Callable[[int, int], None] | None = None
) -> BundleReport:
    """Check a bundle in every respect; never raises for what the file holds.

    `trusted_key`: the fingerprint the enterprise has published; without it, whoever made the bundle may have signed
    it with a key of his own. `progress` is told bytes unpacked and in all.
    """
    check = Check()
    try:
        with path.open("rb") as file:
            Walk(file, check, trusted_key, progress).walk()
    except OSError:
        check.faults.append(Fault("unreadable", path.name[:120]))
    except Enough:
        pass
    return BundleReport(tuple(check.faults), **check.facts)


class Walk:
    """One pass over one file. Other sealed archives of the same build have a walk that begins with this one: `_form` names
    their files and what is signed, `_facts` reads their manifest, `_file_of` and `_compare` look inside."""

    _form: Any = form

    def __init__(
        self,
        file: IO[bytes],
        check: Check,
        trusted_key: str | None,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self._file, self._check = file, check
        self._trusted_key, self._progress = trusted_key, progress
        self._manifest: Mapping[str, Any] = {}
        self._seqs, self._owners = array("q"), array("q")
        self._granted = bytearray()
        self._notices: set[int] = set()
        self._read = self._in_all = 0

    def walk(self) -> None:
        seal, body = self._seal()
        archive = self._open()
        infos = self._infos(archive)
        self._sign(archive, infos, seal, body)
        self._files(archive, infos)
        self._compare()

    def _seal(self) -> tuple[bytes, int]:
        """The signature at the end, and how many bytes it is about."""
        size = self._file.seek(0, os.SEEK_END)
        body = size - self._form.SEAL_BYTES
        if body < _END.size:
            self._check.blame("not_a_bundle", stop=True)
        self._file.seek(body)
        comment = self._file.read(self._form.SEAL_BYTES)
        if not comment.startswith(self._form.SEAL):
            self._file.seek(0)
            starts_right = self._file.read(4) == b"PK\x03\x04"
            self._check.blame("damaged" if starts_right else "not_a_bundle", stop=True)
        digits = comment[len(self._form.SEAL) :].decode("ascii", "replace")
        seal = _octets(digits)
        return (seal if seal.hex() == digits else b""), body

    def _open(self) -> zipfile.ZipFile:
        if not self._directory_is_small():
            self._check.blame("too_large", "zip", stop=True)
        try:
            return zipfile.ZipFile(self._file)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeError, struct.error):
            self._check.blame("damaged", "zip", stop=True)
            raise AssertionError from None

    def _directory_is_small(self) -> bool:
        """Looks at what the end of the file announces, before anything of that size is read."""
        end_at = self._file.seek(0, os.SEEK_END) - self._form.SEAL_BYTES - _END.size
        sizes = [self._number_at(end_at, _END, 5)]
        locator_at = end_at - _END64_LOCATOR.size
        if locator_at > 0 and self._bytes_at(locator_at, 4) == b"PK\x06\x07":
            sizes.append(self._number_at(locator_at - _END64.size, _END64, 8))
        return all(size <= LARGEST_DIRECTORY or size == 0xFFFFFFFF for size in sizes)

    def _bytes_at(self, at: int, size: int) -> bytes:
        self._file.seek(max(at, 0))
        return self._file.read(size)

    def _number_at(self, at: int, shape: struct.Struct, place: int) -> int:
        raw = self._bytes_at(at, shape.size)
        return int(shape.unpack(raw)[place]) if len(raw) == shape.size else 0

    def _infos(self, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
        infos: dict[str, zipfile.ZipInfo] = {}
        for info in archive.infolist():
            name = info.filename
            path = PurePosixPath(name)
            leads_away = path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name
            if not name or name.endswith("/") or leads_away:
                self._check.blame("path", name)
            elif name in infos:
                self._check.blame("duplicate", name)
            elif name not in (self._form.MANIFEST, self._form.SIGNATURE) and not self._form.is_file_name(
                name
            ):
                self._check.blame("extra", name)
            elif info.flag_bits & 1 or info.compress_type != zipfile.ZIP_DEFLATED:
                self._check.blame("damaged", name)
            infos.setdefault(name, info)
        for name in (self._form.MANIFEST, self._form.SIGNATURE):
            if name not in infos:
                self._check.blame("missing", name, stop=True)
        return infos

    def _sign(
        self, archive: zipfile.ZipFile, infos: Mapping[str, zipfile.ZipInfo], seal: bytes, body: int
    ) -> None:
        raw = self._small(archive, infos[self._form.MANIFEST], LARGEST_MANIFEST)
        signed = self._object(
            self._small(archive, infos[self._form.SIGNATURE], LARGEST_SIGNATURE), self._form.SIGNATURE
        )
        self._manifest = self._object(raw, self._form.MANIFEST)
        if self._manifest.get("format") != self._form.FORMAT:
            self._check.blame("not_a_bundle", stop=True)
        if self._manifest.get("version") != self._form.VERSION:
            self._check.blame("version", self._manifest.get("version"), stop=True)
        key, signature = _octets(signed.get("public_key")), _octets(signed.get("signature"))
        if not fits(key, signature, self._form.SIGNED_MANIFEST + raw):
            self._check.blame("signature")
        elif not fits(key, seal, self._form.SIGNED_FILE + digest_of_body(self._file, body)):
            self._check.blame("seal")
        self._check.facts["fingerprint"] = fingerprint(key) if key else ""
        if _octets(self._manifest.get("public_key")) != key:
            self._check.blame("signature")
        if self._trusted_key is not None:
            trusted = bool(key) and same_fingerprint(self._trusted_key, fingerprint(key))
            self._check.facts["key_trusted"] = trusted
            if not trusted:
                self._check.blame("key")
        self._facts()

    def _facts(self) -> None:
        manifest, facts = self._manifest, self._check.facts
        try:
            drawn_up = manifest["drawn_up"]
            facts["drawn_up_at"] = form.read_time(drawn_up["at"])
            facts["drawn_up_by"], facts["reason"] = str(drawn_up["by"]), str(drawn_up["reason"])
            facts["kind"] = str(manifest["kind"])
            facts["head_seq"] = manifest["ledger"]["head_seq"]
            files = manifest["files"]
            if manifest["kind"] not in self._form.KINDS or not isinstance(files, dict):
                raise ValueError
            if type(facts["head_seq"]) is not int:
                facts["head_seq"] = 0
                raise ValueError
            for one in files.values():
                if type(one["bytes"]) is not int or one["bytes"] < 0 or len(_octets(one["sha256"])) != 32:
                    raise ValueError
            for name in ("entries", "persons", "recipients", "notices", "suppressions"):
                if type(manifest["counts"][name]) is not int:
                    raise ValueError
            if not isinstance(manifest["notices"], list):
                raise ValueError
        except (KeyError, TypeError, ValueError):
            self._check.blame("manifest", stop=True)

    def _files(self, archive: zipfile.ZipFile, infos: Mapping[str, zipfile.ZipInfo]) -> None:
        files = self._manifest["files"]
        self._in_all = sum(one["bytes"] for one in files.values())
        if self._in_all > MOST_TIMES_LARGER * self._file.seek(0, os.SEEK_END) + LARGEST_MANIFEST:
            self._check.blame("too_large", self._form.MANIFEST, stop=True)
        for name in sorted(infos.keys() - files.keys() - {self._form.MANIFEST, self._form.SIGNATURE}):
            self._check.blame("extra", name)
        for name in self._form.NEEDED:
            if name not in files:
                self._check.blame("missing", name)
        # entries first: recipients are compared with them
        for name in sorted(files, key=lambda one: (one != form.ENTRIES, one)):
            if name not in infos:
                self._check.blame("missing", name)
            else:
                self._file_of(archive, infos[name], files[name])

    def _file_of(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, stated: Mapping[str, Any]) -> None:
        name = info.filename
        digest = hashlib.sha256()
        pieces = self._pieces(archive, info, stated["bytes"], digest)
        if name == form.ENTRIES:
            self._entries(pieces)
        elif name == form.RECIPIENTS:
            self._recipients(pieces)
        else:
            for _ in pieces:
                pass
        if digest.digest() != _octets(stated["sha256"]):
            self._check.blame("altered", name)

    def _pieces(
        self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, size: int, digest: Any
    ) -> Iterator[bytes]:
        """The file unpacked, at most as many bytes of it as the manifest announces."""
        left = size
        try:
            with archive.open(info) as file:
                while piece := file.read(_PIECE):
                    left -= len(piece)
                    if left < 0:
                        self._check.blame("too_large", info.filename)
                        return
                    digest.update(piece)
                    self._read += len(piece)
                    if self._progress is not None:
                        self._progress(self._read, self._in_all)
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeError):
            self._check.blame("damaged", info.filename)
            return
        if left:
            self._check.blame("altered", info.filename)

    def _entries(self, pieces: Iterator[bytes]) -> None:
        before: BundleEntry | None = None
        links = 0
        head = self._manifest["ledger"]
        for nr, line in enumerate(_lines(pieces), 1):
            try:
                one = form.read_entry(line)
            except (ValueError, RecursionError, OverflowError):
                self._check.blame("entry_unreadable", nr)
                continue
            if not one.fits:
                self._check.blame("entry_hash", one.seq)
            if before is not None and one.seq <= before.seq:
                self._check.blame("entry_order", one.seq)
            elif before is not None and one.seq == before.seq + 1:
                links += 1
                if one.prev_hash != before.hash:
                    self._check.blame("entry_link", one.seq)
            if one.seq > self._check.facts["head_seq"] or (
                one.seq == self._check.facts["head_seq"] and one.hash.hex() != head.get("head_hash")
            ):
                self._check.blame("entry_head", one.seq)
            before = one
            self._remember(one)
        self._check.facts["entries"], self._check.facts["links"] = len(self._seqs), links
        self._check.facts["persons"] = len(set(self._owners))

    def _remember(self, one: BundleEntry) -> None:
        self._seqs.append(max(min(one.seq, 2**63 - 1), 0))
        self._owners.append(max(min(one.entry.contact_id, 2**63 - 1), 0))
        self._granted.append(one.entry.granted)
        if one.entry.notice_id is not None:
            self._notices.add(one.entry.notice_id)

    def _recipients(self, pieces: Iterator[bytes]) -> None:
        count = 0
        for nr, line in enumerate(_lines(pieces)):
            try:
                [row] = csv.reader(io.StringIO(line.decode().removesuffix("\n")))
                if nr == 0:
                    if tuple(row) != form.RECIPIENT_COLUMNS:
                        raise ValueError
                    continue
                found = dict(zip(form.RECIPIENT_COLUMNS, row, strict=True))
                contact, entry = int(found["contact"]), int(found["entry"])
            except (ValueError, csv.Error):
                self._check.blame("recipient_unreadable", nr + 1)
                continue
            count += 1
            at = bisect_left(self._seqs, entry)
            known = at < len(self._seqs) and self._seqs[at] == entry
            if not known or self._owners[at] != contact or not self._granted[at]:
                self._check.blame("recipient_entry", found["message"])
        self._check.facts["recipients"] = count

    def _compare(self) -> None:
        """What was found against what the manifest says."""
        counts, facts = self._manifest["counts"], self._check.facts
        for name in ("entries", "persons", "recipients"):
            if facts.get(name, 0) != counts[name]:
                self._check.blame("count", name)
        held = {name for name in self._manifest["files"] if name.startswith("notices/")}
        for notice in sorted(self._notices):
            if f"notices/{notice}.txt" not in held:
                self._check.blame("notice", notice)
        if len(held) != counts["notices"]:
            self._check.blame("count", "notices")

    def _small(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, at_most: int) -> bytes:
        try:
            with archive.open(info) as file:
                content = file.read(at_most + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeError):
            self._check.blame("damaged", info.filename, stop=True)
            raise AssertionError from None
        if len(content) > at_most:
            self._check.blame("too_large", info.filename, stop=True)
        return content

    def _object(self, raw: bytes, name: str) -> Mapping[str, Any]:
        try:
            found = json.loads(raw)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            self._check.blame("manifest", name, stop=True)
            raise AssertionError
        return found


def _octets(text: object) -> bytes:
    if not isinstance(text, str):
        return b""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


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
