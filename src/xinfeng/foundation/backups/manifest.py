"""What a backup says of itself. Pure; hostile input is refused with `backup.damaged`."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from xinfeng.kernel.errors import InvalidInput

FORMAT = 1
NAME = "manifest.json"
SIGNATURE = "signature.json"
SIGNED = b"xinfeng-backup-1\n"
KEYS = "keys.sealed"

_identifier = re.compile(r"[a-z_][a-z0-9_]{0,62}\Z").match
_digest = re.compile(r"[0-9a-f]{64}\Z").match
_hex = re.compile(r"[0-9a-f]{0,128}\Z").match
_moment = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00\Z").match


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the archive. `bytes` and `sha256` are of its content, not of its packed form."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class TableFile:
    """The rows of one table, or of one partition of one. `months`: the bounds of a partition by month; None for
    ordinary tables and default partitions. `unread`: see the package."""

    table: str
    parent: str | None
    months: tuple[str, str] | None
    columns: tuple[str, ...]
    rows: int
    unread: bool
    file: Member


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of the uploads folder: its path within it, and the sealed copy in the archive."""

    path: str
    file: Member


@dataclass(frozen=True, slots=True)
class Manifest:
    """`migrations`: what was applied. `sequences`: the last value of each. `keys`: fingerprints by name (`index`,
    `key 1`) of what is needed to open it. `heads`: number and hash of the last link of each chain (`ledger`, `audit`,
    `journal`)."""

    version: str
    made_at: datetime
    database: str
    server: int
    uploads_folder: str
    migrations: tuple[tuple[str, str], ...]
    tables: tuple[TableFile, ...]
    sequences: dict[str, int]
    heads: dict[str, tuple[int, str]]
    keys: dict[str, str]
    uploads: tuple[Upload, ...]
    key_member: Member | None = None
    format: int = FORMAT

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.tables)

    @property
    def members(self) -> list[Member]:
        """Every file but manifest and signature."""
        found = [one.file for one in self.tables] + [one.file for one in self.uploads]
        return found + ([self.key_member] if self.key_member else [])

    def as_bytes(self) -> bytes:
        said = asdict(self) | {"made_at": self.made_at.isoformat()}
        return json.dumps(said, ensure_ascii=False, sort_keys=True, indent=1).encode()


@dataclass(frozen=True, slots=True)
class _Reader:
    """Takes one value after another out of JSON that somebody may have tampered with."""

    said: dict[str, Any]

    def text(self, key: str, *, longest: int = 500) -> str:
        value = self.said[key]
        if not isinstance(value, str) or len(value) > longest:
            raise ValueError(key)
        return value

    def number(self, key: str) -> int:
        value = self.said[key]
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
            raise ValueError(key)
        return value


def read(raw: bytes) -> Manifest:
    """Raises InvalidInput `backup.damaged` (file), or `backup.newer_format` (format, known)."""
    try:
        said = json.loads(raw)
        if isinstance(said["format"], int) and said["format"] > FORMAT:
            raise InvalidInput("backup.newer_format", format=said["format"], known=FORMAT)
        return _read(_Reader(said))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InvalidInput("backup.damaged", file=NAME) from None


def _read(said: _Reader) -> Manifest:
    made_at = datetime.fromisoformat(said.text("made_at"))
    if made_at.tzinfo is None:
        raise ValueError("made_at")
    raw = said.said
    found = Manifest(
        version=said.text("version"),
        made_at=made_at,
        database=said.text("database"),
        server=said.number("server"),
        uploads_folder=said.text("uploads_folder", longest=5_000),
        migrations=tuple((_word(app), _word(name)) for app, name in raw["migrations"]),
        tables=tuple(_table(_Reader(one)) for one in raw["tables"]),
        sequences={_name(name): int(value) for name, value in raw["sequences"].items()},
        heads={_name(name): _head(one) for name, one in raw["heads"].items()},
        keys={str(name)[:40]: str(value)[:80] for name, value in raw["keys"].items()},
        uploads=tuple(_upload(_Reader(one)) for one in raw["uploads"]),
        key_member=None if raw["key_member"] is None else _member(raw["key_member"], KEYS),
    )
    names = [one.name for one in found.members]
    if len(set(names)) != len(names):
        raise ValueError("two files of one name")
    return found


def _table(said: _Reader) -> TableFile:
    raw = said.said
    table, unread = _name(raw["table"]), raw["unread"] is True
    months = None
    if raw["months"] is not None:
        first, last = raw["months"]
        if not (_moment(first) and _moment(last)):
            raise ValueError("months")
        months = (first, last)
    return TableFile(
        table=table,
        parent=None if raw["parent"] is None else _name(raw["parent"]),
        months=months,
        columns=tuple(_name(one) for one in raw["columns"]),
        rows=said.number("rows"),
        unread=unread,
        file=_member(raw["file"], table_member(table, unread=unread)),
    )


def table_member(table: str, *, unread: bool) -> str:
    """The file of a table's rows."""
    return f"tables/{table}{'.unread' if unread else ''}.copy"


def _upload(said: _Reader) -> Upload:
    path = said.text("path", longest=1_000)
    parts = path.split("/")
    if not path or "\0" in path or "\\" in path or any(part in ("", ".", "..") for part in parts):
        raise ValueError("path")
    name = said.said["file"]["name"]
    if not re.fullmatch(r"uploads/\d{1,9}\.sealed", name):
        raise ValueError("name")
    return Upload(path, _member(said.said["file"], name))


def _member(raw: Any, name: str) -> Member:
    reader = _Reader(raw)
    digest = reader.text("sha256")
    if raw["name"] != name or not _digest(digest):
        raise ValueError("member")
    return Member(name, reader.number("bytes"), digest)


def _head(raw: Any) -> tuple[int, str]:
    seq, digest = raw
    if not isinstance(seq, int) or not _hex(digest):
        raise ValueError("head")
    return seq, digest


def _name(raw: Any) -> str:
    if not isinstance(raw, str) or not _identifier(raw):
        raise ValueError("name")
    return raw


def _word(raw: Any) -> str:
    if not isinstance(raw, str) or not 0 < len(raw) <= 200:
        raise ValueError("word")
    return raw
