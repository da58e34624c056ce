"""The lens on DuckDB: one file, owned by one process; many threads read while one writes.

Readers see the state before a refresh until it commits. Statements here are built from the feeds' own names
and types only; questions come as Ibis expressions.
"""

from __future__ import annotations

import fcntl
import logging
import queue
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa

from xinfeng.kernel.errors import Conflict
from xinfeng.lens.feeds import Column, ColumnType, Feed, Mode
from xinfeng.lens.truth import GONE, Mark

log = logging.getLogger(__name__)

SCHEMA_VERSION = 2
"""Of the lens's own bookkeeping; a file of another version is rebuilt."""

_DDL: dict[ColumnType, str] = {
    ColumnType.SMALLINT: "smallint",
    ColumnType.INT: "integer",
    ColumnType.BIGINT: "bigint",
    ColumnType.NUMBER: "double",
    ColumnType.TEXT: "varchar",
    ColumnType.BOOL: "boolean",
    ColumnType.TIME: "timestamp with time zone",
    ColumnType.DATE: "date",
    ColumnType.INTS: "integer[]",
}
_TYPES = {ddl.upper(): kind for kind, ddl in _DDL.items()}


class DuckEngine:
    """An open lens file. Raises Conflict `lens.owned_elsewhere` when another process has it open."""

    def __init__(self, path: Path, *, memory_mb: int) -> None:
        self._path = path
        self._memory_mb = memory_mb
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = _own(path)
        try:
            self._connection = self._open_or_start_anew()
        except BaseException:
            self._lock.close()
            raise
        self._idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._writing = threading.Lock()
        self._closed = False

    def columns(self, table: str) -> dict[str, ColumnType]:
        """The columns a table of the lens has now; empty when it doesn't exist."""
        return _columns(self._connection.cursor(), table)

    def computed_at(self, table: str) -> datetime | None:
        """When a derived table was computed in full; None when it never was."""
        found = self._connection.cursor().execute(
            "select computed_at from lens_derived where name = ?", [table]
        )
        row = found.fetchone()
        return datetime.fromisoformat(row[0]) if row else None

    def rows(self, question: Any) -> pa.Table:
        """Answer an Ibis expression. Safe from any thread."""
        with self._backend() as backend:
            return backend.to_pyarrow(question)

    def text(self, question: Any) -> str:
        """The SQL a question becomes; for logs, tests and the curious."""
        with self._backend() as backend:
            return str(backend.compile(question))

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """One transaction: all of it is seen at once, or (after an error or a crash) nothing."""
        with self._writing:
            cursor = self._connection.cursor()
            cursor.execute("begin")
            try:
                yield Writer(cursor)
                cursor.execute("commit")
            except BaseException:
                with suppress(duckdb.Error):  # DuckDB has already rolled back after some errors
                    cursor.execute("rollback")
                raise
            finally:
                cursor.close()

    @contextmanager
    def preparing(self, table: str) -> Iterator[Preparation]:
        """Compute a table beside the lens, while others refresh and read it; see `Writer.take_over`."""
        cursor = self._connection.cursor()
        try:
            with self._backend() as backend:
                yield Preparation(cursor, table, lambda question: str(backend.compile(question)))
        finally:
            if not self._closed:
                for name in (_prepared(table), _among(table)):
                    cursor.execute(f'drop table if exists "{name}"')
            cursor.close()

    def close(self) -> None:
        """Let go of the file. Questions that are being answered end in an error."""
        self._closed = True
        while True:
            try:
                self._idle.get_nowait().con.close()
            except queue.Empty:
                break
        self._connection.close()
        self._lock.close()

    @contextmanager
    def _backend(self) -> Iterator[Any]:
        """An Ibis backend on a connection that nobody else uses meanwhile."""
        try:
            backend = self._idle.get_nowait()
        except queue.Empty:
            backend = ibis.duckdb.from_connection(self._connection.cursor())
        try:
            yield backend
        except BaseException:
            backend.con.close()  # it may still hold half an answer
            raise
        if self._closed:
            backend.con.close()
        else:
            self._idle.put(backend)

    def _open_or_start_anew(self) -> duckdb.DuckDBPyConnection:
        try:
            return self._open()
        except duckdb.Error as fault:
            log.warning("the lens file cannot be used and is rebuilt: %s", str(fault).splitlines()[0])
        damaged = self._path.with_suffix(".damaged")
        self._wal.unlink(missing_ok=True)
        if self._path.exists():
            self._path.replace(damaged)
        connection = self._open()
        damaged.unlink(missing_ok=True)
        return connection

    @property
    def _wal(self) -> Path:
        return self._path.with_name(self._path.name + ".wal")

    def _open(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(
            str(self._path),
            config={
                "memory_limit": f"{self._memory_mb}MB",
                "temp_directory": str(self._path.parent / "spill"),
                "preserve_insertion_order": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            },
        )
        try:
            connection.execute("set global TimeZone = 'UTC'")
            _prepare_bookkeeping(connection)
        except BaseException:
            connection.close()
            raise
        return connection


class Writer:
    """What may be done inside `DuckEngine.writing()`; used by one thread at a time."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor

    def mark(self) -> Mark | None:
        """How far the lens has come; None before the first load."""
        row = self._cursor.execute("select identity, snapshot from lens_mark").fetchone()
        return Mark(identity=row[0], snapshot=row[1]) if row else None

    def set_mark(self, mark: Mark) -> None:
        self._cursor.execute("delete from lens_mark")
        self._cursor.execute("insert into lens_mark values (?, ?)", [mark.identity, mark.snapshot])

    def loaded(self) -> dict[str, str]:
        """Fingerprints of the feeds whose rows are in the lens up to the mark."""
        return dict(self._cursor.execute("select feed, fingerprint from lens_feed").fetchall())

    def set_loaded(self, feed: Feed) -> None:
        self._cursor.execute("delete from lens_feed where feed = ?", [feed.name])
        self._cursor.execute("insert into lens_feed values (?, ?)", [feed.name, feed.fingerprint])

    def create(self, table: str, columns: Sequence[Column]) -> None:
        """Make the table empty and with these columns, whatever it was before; its feed counts as not loaded."""
        self._cursor.execute(f'drop table if exists "{table}"')
        body = ", ".join(f'"{column.name}" {_DDL[column.type]}' for column in columns)
        self._cursor.execute(f'create table "{table}" ({body})')
        self._cursor.execute("delete from lens_feed where feed = ?", [table])

    def columns(self, table: str) -> dict[str, ColumnType]:
        return _columns(self._cursor, table)

    def add_column(self, table: str, column: Column) -> None:
        self._cursor.execute(f'alter table "{table}" add column "{column.name}" {_DDL[column.type]}')

    def drop_column(self, table: str, name: str) -> None:
        self._cursor.execute(f'alter table "{table}" drop column "{name}"')

    def forget(
        self,
        table: str,
        *,
        column: str,
        since: datetime | None,
        before: datetime,
        keep: str,
        ids: Collection[int],
    ) -> int:
        """Delete rows whose `column` lies in the time, but those whose column `keep` is among `ids`."""
        condition, params = f'"{column}" < ?', [before]
        if since is not None:
            condition, params = f'{condition} and "{column}" >= ?', [before, since]
        staying = bool(keep and ids)
        if staying:
            self._cursor.register("lens_staying", pa.table({"id": pa.array(ids, pa.int64())}))
            condition += f' and coalesce("{keep}" not in (from lens_staying), true)'
        try:
            row = self._cursor.execute(f'delete from "{table}" where {condition}', params).fetchone()  # noqa: S608
        finally:
            if staying:
                self._cursor.unregister("lens_staying")
        return int(row[0]) if row else 0

    def forget_computed(self, table: str) -> None:
        self._cursor.execute("delete from lens_derived where name = ?", [table])

    def take_over(self, table: str, key: str, *, computed_at: datetime) -> int:
        """Put what was prepared in the table's place, or in that of the rows it was prepared for; how many rows."""
        prepared, among = _prepared(table), _among(table)
        wanted, made = _columns(self._cursor, table), _columns(self._cursor, prepared)
        for name, kind in wanted.items():
            if name not in made:
                self.add_column(prepared, Column(name, kind))
        for name in made.keys() - wanted.keys():
            self.drop_column(prepared, name)
        row = self._cursor.execute(f'select count(*) from "{prepared}"').fetchone()  # noqa: S608
        if _columns(self._cursor, among):
            same = f'"{table}"."{key}" = a."{key}"'
            self._cursor.execute(f'delete from "{table}" using "{among}" a where {same}')  # noqa: S608
            self._cursor.execute(f'insert into "{table}" by name select * from "{prepared}"')  # noqa: S608
        else:
            self._cursor.execute(f'drop table "{table}"')
            self._cursor.execute(f'alter table "{prepared}" rename to "{table}"')
            self.forget_computed(table)
            self._cursor.execute("insert into lens_derived values (?, ?)", [table, computed_at.isoformat()])
        return int(row[0]) if row else 0

    def generate(self, table: str, select: str) -> None:
        """Fill a table from a query in the engine's own words; for benchmarks, which need millions of rows."""
        self._cursor.execute(f'insert into "{table}" by name {select}')

    @contextmanager
    def loading(self, feed: Feed, columns: Sequence[Column], *, into_empty: bool) -> Iterator[Load]:
        """Take rows of a feed. Where they may replace others they are staged first, and exchanged by key."""
        if feed.mode is Mode.APPEND or into_empty:
            yield Load(self._cursor, feed.name, columns)
            return
        stage = f"lens_stage_{feed.name}"
        names = ", ".join(f'"{column.name}"' for column in columns)
        same = " and ".join(f'"{feed.name}"."{part}" = s."{part}"' for part in feed.key)
        self._cursor.execute(
            f'create temp table "{stage}" as select {names} from "{feed.name}" limit 0'  # noqa: S608
        )
        staying = "true"
        if feed.gone_when:
            self._cursor.execute(f'alter table "{stage}" add column "{GONE}" boolean')
            columns, staying = (*columns, Column(GONE, ColumnType.BOOL)), f'not "{GONE}"'
        load = Load(self._cursor, stage, columns)
        yield load
        if load.count:
            self._cursor.execute(f'delete from "{feed.name}" using "{stage}" s where {same}')  # noqa: S608
            self._cursor.execute(
                f'insert into "{feed.name}" ({names}) select {names} from "{stage}" where {staying}'  # noqa: S608
            )
        self._cursor.execute(f'drop table "{stage}"')

    @contextmanager
    def patching(self, feed: Feed) -> Iterator[Load]:
        """Take new values of some columns; `feed` has only the key and these (`Feed.patch_feed`)."""
        stage = f"lens_patch_{feed.name}"
        names = ", ".join(f'"{column.name}"' for column in feed.columns)
        changed = [column.name for column in feed.columns if column.name not in feed.key]
        taken = ", ".join(f'"{name}" = s."{name}"' for name in changed)
        same = " and ".join(f'"{feed.name}"."{part}" = s."{part}"' for part in feed.key)
        self._cursor.execute(
            f'create temp table "{stage}" as select {names} from "{feed.name}" limit 0'  # noqa: S608
        )
        load = Load(self._cursor, stage, feed.columns)
        yield load
        self._cursor.execute(f'update "{feed.name}" set {taken} from "{stage}" s where {same}')  # noqa: S608
        self._cursor.execute(f'drop table "{stage}"')


class Preparation:
    """A derived table on its way: each statement commits at once, none touches what questions see."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, table: str, compiled: Callable[[Any], str]) -> None:
        self._cursor, self._table, self._compiled = cursor, table, compiled

    def begin(self, columns: Sequence[Column]) -> None:
        """Make room for rows with these columns."""
        body = ", ".join(f'"{column.name}" {_DDL[column.type]}' for column in columns)
        self._cursor.execute(f'drop table if exists "{_among(self._table)}"')
        self._cursor.execute(f'create or replace table "{_prepared(self._table)}" ({body})')

    def keep_keys(self, keys: Any, key: Column) -> Any:
        """Note the keys that an expression gives, each once; returns the table with them."""
        name = _among(self._table)
        self._cursor.execute(
            f'create or replace table "{name}" as select distinct "{key.name}" from '  # noqa: S608
            f'({self._compiled(keys)}) k where "{key.name}" is not null'
        )
        return ibis.table(ibis.schema({key.name: key.type.value}), name=name)

    def add(self, piece: Any) -> None:
        """Compute a piece of the rows."""
        self._cursor.execute(f'insert into "{_prepared(self._table)}" by name {self._compiled(piece)}')


def _prepared(table: str) -> str:
    return f"lens_next_{table}"


def _among(table: str) -> str:
    return f"lens_among_{table}"


class Load:
    """Rows on their way into one table."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, table: str, columns: Sequence[Column]) -> None:
        self._cursor = cursor
        names = ", ".join(f'"{column.name}"' for column in columns)
        values = ", ".join(f'cast("{column.name}" as {_DDL[column.type]})' for column in columns)
        self._insert = f'insert into "{table}" ({names}) select {values} from lens_block'  # noqa: S608
        self.count = 0

    def take(self, block: pa.Table) -> None:
        self._cursor.register("lens_block", block)
        try:
            self._cursor.execute(self._insert)
        finally:
            self._cursor.unregister("lens_block")
        self.count += block.num_rows


def _own(path: Path) -> Any:
    """Lock the file for this process; the lock ends with the process, however that ends."""
    handle = path.with_suffix(".lock").open("a")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise Conflict("lens.owned_elsewhere", path=str(path)) from None
    return handle


def _prepare_bookkeeping(connection: duckdb.DuckDBPyConnection) -> None:
    tables = {row[0] for row in connection.execute("select table_name from duckdb_tables()").fetchall()}
    version = None
    if "lens_version" in tables:
        row = connection.execute("select version from lens_version").fetchone()
        version = row[0] if row else None
    if version == SCHEMA_VERSION:
        return
    if tables:
        log.warning("the lens file has version %s, not %s, and is rebuilt", version, SCHEMA_VERSION)
    connection.execute("begin")
    for table in sorted(tables):
        connection.execute(f'drop table "{table}"')
    connection.execute("create table lens_version (version integer)")
    connection.execute("insert into lens_version values (?)", [SCHEMA_VERSION])
    connection.execute("create table lens_mark (identity varchar, snapshot varchar)")
    connection.execute("create table lens_feed (feed varchar, fingerprint varchar)")
    connection.execute("create table lens_derived (name varchar, computed_at varchar)")
    connection.execute("commit")


def _columns(cursor: duckdb.DuckDBPyConnection, table: str) -> dict[str, ColumnType]:
    found = cursor.execute(
        "select column_name, data_type from duckdb_columns() where table_name = ? order by column_index",
        [table],
    ).fetchall()
    return {name: _TYPES[data_type] for name, data_type in found}
