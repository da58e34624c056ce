"""A backup becomes a database again: all of it in one transaction, or nothing.

The schema is made by the migrations that the backup names, so a newer version can restore what an older one drew up
and then migrates it as usual. Columns of transaction ids fill themselves anew; what a reader by snapshots had not read
yet gets a later id than the rest, so that it finds just that. Ids go on behind a gap: what was given out after the
backup was made is known to carriers, partners and the journal of erasures, and must not mean somebody else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from django.db import connection as django_connection
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql

from xinfeng.foundation import audit, database
from xinfeng.foundation.backups import settling
from xinfeng.foundation.backups.form import Archive
from xinfeng.foundation.backups.indexing import indexed_afterwards
from xinfeng.foundation.backups.manifest import Manifest, TableFile
from xinfeng.foundation.backups.settling import ACTOR, Gap
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.preparation import RESTORING, check_server
from xinfeng.kernel.errors import Conflict, InvalidInput

log = logging.getLogger(__name__)

SEQUENCE_GAP = 10_000
BLOCK_GAP = 10_000_000
"""How many ids are left out: more than any gap has used."""

_TABLES = """\
select c.relname::text, c.relkind = 'p', array(
    select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
from pg_class c
where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::text::regnamespace and c.relname <> %s
  and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')"""

_BOUNDARIES = "select make_partition(%s, %s, %s::timestamptz, %s::timestamptz)"

_MOVE_SEQUENCE = """\
select setval(%(name)s::regclass, least(%(last)s + %(gap)s, s.max_value))
from pg_sequences s where s.schemaname = current_schema() and s.sequencename = %(plain)s"""

_PATHS = """\
select c.table_name::text, c.column_name::text from information_schema.columns c
join information_schema.tables t using (table_schema, table_name)
where c.table_schema = current_schema() and c.column_name in ('file_path', 'export_path') and t.table_type = 'BASE TABLE'"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a restore did: rows by table, what slices put right (`plans_paused` …)."""

    rows: int
    tables: int
    settled: dict[str, int] = field(default_factory=dict)


def is_empty() -> bool:
    """Whether a restore may begin: no table, or only what a restore that failed has left."""
    with database.connect() as connection:
        row = connection.execute(
            "select count(*), count(*) filter (where relname = %s) from pg_class"
            " where relkind in ('r', 'p') and relnamespace = current_schema()::text::regnamespace",
            (RESTORING,),
        ).fetchone()
    assert row is not None
    return bool(row[0] == 0 or row[1] == 1)


def prepare_schema(manifest: Manifest) -> None:
    """Bring an empty database to the migrations of the backup.

    Raises Conflict `backup.not_empty`, `backup.newer` (version, missing), `database.too_old`.
    """
    executor = MigrationExecutor(django_connection)
    known = set(executor.loader.disk_migrations)
    replaced = {key for one in executor.loader.disk_migrations.values() for key in one.replaces}
    applied = set(manifest.migrations)
    if unknown := sorted(applied - known - replaced):
        raise Conflict(
            "backup.newer", version=manifest.version, missing=[".".join(one) for one in unknown[:5]]
        )
    if not is_empty():
        raise Conflict("backup.not_empty")
    with django_connection.cursor() as cursor:
        check_server(django_connection.connection.info.server_version)
        cursor.execute(f"create table if not exists {RESTORING} (at timestamptz default now())")
    executor.migrate(list(_leaves(executor, applied & known)))


def load(
    archive: Archive,
    *,
    now: datetime,
    nothing_sent: bool,
    uploads_folder: str,
    progress: Callable[[str, int], None] | None = None,
) -> Loaded:
    """Pour everything in, put right what has to be, and commit. Call `prepare_schema` first.

    Raises InvalidInput `backup.damaged` (file), `backup.schema` (table), Conflict `backup.rights`; the database is then
    as it was.
    """
    manifest = archive.manifest
    before = _number_of_a_transaction()
    gap = Gap(manifest.made_at, now, nothing_sent, f"{before + 1}:{before + 1}:")
    try:
        with bulk_transaction() as connection:
            with _without_triggers(connection):
                _pour(connection, archive, before, progress)
                _move_ids(connection, manifest)
                _move_paths(connection, manifest.uploads_folder, uploads_folder)
            settled: dict[str, int] = {}
            for part in settling.parts():
                if part.settle is not None:
                    for what, count in part.settle(connection, gap).items():
                        settled[what] = settled.get(what, 0) + count
            audit.record(
                actor=ACTOR, action="backup.restore", kind="backup", subject=manifest.made_at.isoformat(),
                version=manifest.version, database=manifest.database, rows=manifest.rows, nothing_sent=nothing_sent,
                settled=settled,
            )  # fmt: skip
            connection.execute(sql.SQL("drop table {}").format(sql.Identifier(RESTORING)))
    except psycopg.errors.DataError:
        raise InvalidInput("backup.schema", table="?") from None
    with database.connect(autocommit=True) as analysing:
        analysing.execute("analyze")
    return Loaded(manifest.rows, len({one.parent or one.table for one in manifest.tables}), settled)


def _leaves(executor: MigrationExecutor, applied: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Of what was applied, the migrations that no other applied one of the same app follows."""
    graph = executor.loader.graph
    for key in sorted(applied):
        if key in graph.nodes and not any(
            child.key[0] == key[0] and child.key in applied for child in graph.node_map[key].children
        ):
            yield key


def _number_of_a_transaction() -> int:
    """One that has ended before the restore's begins."""
    with database.connect() as connection:
        row = connection.execute("select pg_current_xact_id()::text").fetchone()
    assert row is not None
    return int(row[0])


@contextmanager
def _without_triggers(connection: Connection) -> Iterator[None]:
    """The rows were right where they came from; triggers would refuse facts and reset what they derive."""
    try:
        with connection.transaction():
            connection.execute("set local session_replication_role = replica")
            connection.execute("select 1")
    except psycopg.errors.InsufficientPrivilege:
        raise Conflict("backup.rights") from None
    connection.execute("set local session_replication_role = replica")
    yield
    connection.execute("set local session_replication_role = origin")


def _pour(
    connection: Connection, archive: Archive, before: int, progress: Callable[[str, int], None] | None
) -> None:
    connection.execute(
        "set local time zone 'UTC'; set local datestyle to iso; set local intervalstyle to postgres"
    )
    tables = {name: set(columns) for name, _, columns in _tables(connection)}
    partitioned = {name for name, parted, _ in _tables(connection) if parted}
    _make_partitions(connection, archive.manifest, set(tables), partitioned)
    tables = {name: set(columns) for name, _, columns in _tables(connection)}
    for one in archive.manifest.tables:
        if one.table not in tables or one.table in partitioned or not set(one.columns) <= tables[one.table]:
            raise InvalidInput("backup.schema", table=one.table)
    everything = sql.SQL(", ").join(sql.Identifier(name) for name in sorted(tables))
    connection.execute(sql.SQL("truncate {}").format(everything))
    files: dict[str, list[TableFile]] = {}
    for one in archive.manifest.tables:
        files.setdefault(one.table, []).append(one)
    for table, parts in files.items():
        try:
            with indexed_afterwards(connection, table, rows=sum(one.rows for one in parts)):
                _fill(connection, archive, parts, before)
        except psycopg.errors.IntegrityError:
            raise InvalidInput("backup.damaged", file=parts[0].file.name) from None
        if progress is not None:
            for one in parts:
                progress(table, one.rows)


def _fill(connection: Connection, archive: Archive, parts: list[TableFile], before: int) -> None:
    """One table's rows; where it comes in two files, what was read already seems to be older."""
    is_split = any(one.unread for one in parts)
    for one in parts:
        if is_split and not one.unread:
            with _xid_of(connection, one.table, before):
                _copy(connection, archive, one)
        else:
            _copy(connection, archive, one)


def _tables(connection: Connection) -> list[tuple[str, bool, list[str]]]:
    return [(row[0], row[1], row[2]) for row in connection.execute(_TABLES, (RESTORING,)).fetchall()]


def _make_partitions(
    connection: Connection, manifest: Manifest, known: set[str], partitioned: set[str]
) -> None:
    """The months as they were, so that every row lies where it lay."""
    for one in manifest.tables:
        if one.months is None or one.table in known:
            continue
        if one.parent not in partitioned:
            raise InvalidInput("backup.schema", table=one.table)
        connection.execute(_BOUNDARIES, (one.parent, one.table, *one.months))
        known.add(one.table)


@contextmanager
def _xid_of(connection: Connection, table: str, number: int) -> Iterator[None]:
    """Rows copied inside seem to come of transaction `number`."""
    name = sql.Identifier(table)
    connection.execute(
        sql.SQL("alter table {} alter column xid set default {}::text::xid8").format(
            name, sql.Literal(str(number))
        )
    )
    yield
    connection.execute(
        sql.SQL("alter table {} alter column xid set default pg_current_xact_id()").format(name)
    )


def _copy(connection: Connection, archive: Archive, one: TableFile) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, one.columns))
    statement = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(one.table), columns)
    try:
        with connection.cursor() as cursor:
            with cursor.copy(statement) as copy:
                for piece in archive.pieces(one.file):
                    copy.write(piece)
            if cursor.rowcount != one.rows:
                raise InvalidInput("backup.damaged", file=one.file.name)
    except (psycopg.errors.DataError, psycopg.errors.IntegrityError):
        raise InvalidInput("backup.damaged", file=one.file.name) from None


def _move_ids(connection: Connection, manifest: Manifest) -> None:
    for name, last in manifest.sequences.items():
        connection.execute(_MOVE_SEQUENCE, {"name": name, "plain": name, "last": last, "gap": SEQUENCE_GAP})
    connection.execute("update id_block set next_id = next_id + %s", (BLOCK_GAP,))


def _move_paths(connection: Connection, former: str, present: str) -> None:
    """Uploaded files lie elsewhere now."""
    for table, column in connection.execute(_PATHS).fetchall():
        connection.execute(
            sql.SQL("update {t} set {c} = %s || substr({c}, %s) where starts_with({c}, %s)").format(
                t=sql.Identifier(table), c=sql.Identifier(column)
            ),
            (present, len(former) + 1, f"{former}/"),
        )
