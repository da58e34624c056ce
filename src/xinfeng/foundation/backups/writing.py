"""Drawing up a backup while everything runs.

One transaction holds the snapshot and touches nothing. Each partition is then copied by a short transaction of its own
that sees the same snapshot, so its lock is gone when it is done: a month can be attached, a column added and a lease
taken while the rest is being copied. What a migration or the end of a retention changes in between is noticed; then
there is no backup, and the next attempt makes one.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.abc import Buffer

from xinfeng import __version__
from xinfeng.foundation import database
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.backups import settling
from xinfeng.foundation.backups.form import SUFFIX, ArchiveWriter
from xinfeng.foundation.backups.manifest import KEYS, Manifest, Member, TableFile, Upload, table_member
from xinfeng.foundation.backups.sealing import seal_file, seal_keys
from xinfeng.foundation.database import IDENTITY, Connection
from xinfeng.foundation.preparation import RESTORING
from xinfeng.foundation.signing import signer
from xinfeng.kernel.errors import Conflict

log = logging.getLogger(__name__)

_BOUNDS = re.compile(r"FOR VALUES FROM \('([^']+)'\) TO \('([^']+)'\)\Z").match

_TABLES = f"""\
select c.relname::text, p.relname::text, pg_get_expr(c.relpartbound, c.oid), array(
    select a.attname::text from pg_attribute a join pg_type t on t.oid = a.atttypid
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and t.typname <> 'xid8'
    order by a.attnum)
from pg_class c left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
where c.relkind = 'r' and c.relpersistence = 'p' and c.relnamespace = current_schema()::text::regnamespace
  and c.relname <> '{RESTORING}'
  and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
order by c.relname"""  # noqa: S608

_SEQUENCES = "select sequencename::text, last_value from pg_sequences where schemaname = current_schema() and last_value is not null"
_MIGRATIONS = "select app, name from django_migrations order by app, name"


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that lies on the disk; `bytes` of the file."""

    path: Path
    manifest: Manifest
    bytes: int


@dataclass(frozen=True, slots=True)
class _Leaf:
    table: str
    parent: str | None
    months: tuple[str, str] | None
    columns: tuple[str, ...]


def file_for(target: Path, *, now: datetime) -> Path:
    """The file itself, or in a folder a name with the deployment and the time."""
    if target.is_dir():
        return target / f"{name_begins()}{now:%Y%m%dT%H%M%SZ}{SUFFIX}"
    return target


def name_begins() -> str:
    """Of this deployment's backups, so that several can share a folder."""
    return f"xinfeng-{signer().fingerprint[:4]}-"


def create(
    path: Path,
    *,
    now: datetime,
    passphrase: str | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> Made:
    """Write everything into `path`, which must not exist. `passphrase`: the keys too, sealed with it.

    `progress` is told table and rows. Raises Conflict `backup.file_exists`, `backup.cannot_write` (file, fault),
    `backup.changed_meanwhile` (migrated, or a partition gone), InvalidInput `backup.passphrase_short`.
    """
    settings = xinfeng_settings.load()
    sealed_keys = None if passphrase is None else seal_keys(settings, passphrase)
    try:
        with _snapshot() as (holder, snapshot), ArchiveWriter(path) as archive, _copier() as copier:
            said = _what_it_is(holder)
            tables = []
            for leaf in _leaves(holder):
                for one in _copy(archive, leaf, copier, snapshot):
                    tables.append(one)
                    if progress is not None:
                        progress(one.table, one.rows)
            key_member = archive.add(KEYS, [sealed_keys]) if sealed_keys is not None else None
            manifest = Manifest(
                version=__version__,
                made_at=now,
                database=said.database,
                server=said.server,
                uploads_folder=str(settings.uploads),
                migrations=said.migrations,
                tables=tuple(tables),
                sequences=_sequences(said),
                heads=said.heads,
                keys=said.keys,
                uploads=tuple(_uploads(archive, settings.uploads)),
                key_member=key_member,
            )
            archive.close_with(manifest, signer())
    except OSError as fault:
        raise Conflict(
            "backup.cannot_write", file=str(path), fault=fault.strerror or type(fault).__name__
        ) from None
    return Made(path, manifest, path.stat().st_size)


class _snapshot:
    """A transaction that keeps a snapshot for others."""

    def __enter__(self) -> tuple[Connection, str]:
        self._connection = database.connect(autocommit=True)
        self._connection.execute("set time zone 'UTC'; set idle_in_transaction_session_timeout = 0")
        self._connection.execute("begin isolation level repeatable read read only")
        row = self._connection.execute("select pg_export_snapshot()").fetchone()
        assert row is not None
        return self._connection, row[0]

    def __exit__(self, *exc: object) -> None:
        self._connection.close()


@dataclass(frozen=True, slots=True)
class _Said:
    database: str
    server: int
    migrations: tuple[tuple[str, str], ...]
    heads: dict[str, tuple[int, str]]
    keys: dict[str, str]


def _what_it_is(connection: Connection) -> _Said:
    identity = connection.execute(f"select {IDENTITY}").fetchone()
    known = connection.execute("select value from stored_setting where key = 'vault_keys'").fetchone()
    heads = {}
    for part in settling.parts():
        if part.head:
            row = connection.execute(part.head).fetchone()
            heads[part.name] = (int(row[0]), bytes(row[1]).hex()) if row and row[0] is not None else (0, "")
    assert identity is not None
    return _Said(
        identity[0],
        connection.info.server_version,
        tuple((row[0], row[1]) for row in connection.execute(_MIGRATIONS)),
        heads,
        dict(known[0]) if known else {},
    )


def _sequences(said: _Said) -> dict[str, int]:
    """Read at the end and outside the snapshot, which holds no sequence; and whether somebody migrated meanwhile."""
    with database.connect() as connection:
        after = tuple((row[0], row[1]) for row in connection.execute(_MIGRATIONS))
        if after != said.migrations:
            raise Conflict("backup.changed_meanwhile")
        return {row[0]: int(row[1]) for row in connection.execute(_SEQUENCES)}


def _leaves(connection: Connection) -> list[_Leaf]:
    found = []
    for table, parent, bound, columns in connection.execute(_TABLES).fetchall():
        bounds = _BOUNDS(bound or "")
        found.append(_Leaf(table, parent, (bounds[1], bounds[2]) if bounds else None, tuple(columns)))
    return found


@contextmanager
def _copier() -> Iterator[Connection]:
    """A connection that writes values the same way everywhere."""
    connection = database.connect(autocommit=True)
    try:
        connection.execute("set time zone 'UTC'; set datestyle to iso; set intervalstyle to postgres")
        connection.execute(
            "set client_encoding to 'UTF8'; set extra_float_digits to 1; set statement_timeout = 0"
        )
        yield connection
    finally:
        connection.close()


def _copy(archive: ArchiveWriter, leaf: _Leaf, copier: Connection, snapshot: str) -> Iterator[TableFile]:
    """One file, or two where a reader by snapshots has not read all."""
    unread = settling.unread().get(leaf.parent or leaf.table)
    if unread is None:
        yield _copy_one(archive, leaf, copier, snapshot)
        return
    yield _copy_one(archive, leaf, copier, snapshot, f"({unread}) is not true")
    yield _copy_one(archive, leaf, copier, snapshot, f"({unread}) is true", is_unread=True)


def _copy_one(
    archive: ArchiveWriter,
    leaf: _Leaf,
    copier: Connection,
    snapshot: str,
    condition: str = "",
    *,
    is_unread: bool = False,
) -> TableFile:
    query = sql.SQL("copy (select {columns} from {table} r{where}) to stdout").format(
        columns=sql.SQL(", ").join(map(sql.Identifier, leaf.columns)),
        table=sql.Identifier(leaf.table),
        where=sql.SQL(f" where {condition}" if condition else ""),
    )
    rows = 0

    def read() -> Iterator[Buffer]:
        nonlocal rows
        with copier.cursor().copy(query) as copy:
            for piece in copy:
                rows += 1  # PostgreSQL sends a row a message
                yield piece

    try:
        copier.execute("begin isolation level repeatable read read only")
        copier.execute(sql.SQL("set transaction snapshot {}").format(sql.Literal(snapshot)))
        file = archive.add(table_member(leaf.table, unread=is_unread), read())
        copier.execute("commit")
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        raise Conflict("backup.changed_meanwhile") from None
    return TableFile(leaf.table, leaf.parent, leaf.months, leaf.columns, rows, is_unread, file)


def _uploads(archive: ArchiveWriter, folder: Path) -> Iterator[Upload]:
    """Every file; one that is gone by the time it is read has been let go of by its owner."""
    number = 0
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        name = path.relative_to(folder).as_posix()
        pieces = seal_file(path, name)
        try:
            first = next(pieces)
        except FileNotFoundError:
            continue
        number += 1
        member: Member = archive.add(f"uploads/{number}.sealed", _behind(first, pieces))
        yield Upload(name, member)


def _behind(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
