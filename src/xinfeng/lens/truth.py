"""Reading from PostgreSQL exactly what has committed since the last look.

Every row carries the id of the transaction that wrote it last (`xid`). A look is one REPEATABLE READ
transaction; it reads the rows it can see whose transaction the previous look's snapshot did not see as ended.
A transaction that runs for hours therefore neither hides its rows (they are read once it has committed,
however old its id) nor holds back those of others. A row that changed twice in between is read in its last
version. Only the previous snapshot's text has to be kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import psycopg
import pyarrow as pa
from psycopg import IsolationLevel, sql
from pyarrow import csv

from xinfeng.foundation import database
from xinfeng.foundation.database import IDENTITY, Connection
from xinfeng.lens.feeds import Column, ColumnType, Derived, Feed

BLOCK_BYTES = 24 * 1024 * 1024
"""How much of a COPY is turned into columns at a time; bounds memory, and lets reading and storing overlap."""

GONE = "lens_gone"
"""The column that says of a row read since the last look that it leaves the lens."""

_ARROW: dict[ColumnType, pa.DataType] = {
    ColumnType.SMALLINT: pa.int16(),
    ColumnType.INT: pa.int32(),
    ColumnType.BIGINT: pa.int64(),
    ColumnType.NUMBER: pa.float64(),
    ColumnType.TEXT: pa.string(),
    ColumnType.BOOL: pa.bool_(),
    ColumnType.TIME: pa.timestamp("us", "UTC"),
    ColumnType.DATE: pa.date32(),
    ColumnType.INTS: pa.string(),  # JSON notation; the engine casts
}


@dataclass(frozen=True)
class Mark:
    """How far a look saw: which database it was (system, oid, timeline), and its `pg_snapshot` as text."""

    identity: str
    snapshot: str

    @property
    def xmax(self) -> int:
        return int(self.snapshot.split(":")[1])

    def follows(self, earlier: Mark) -> bool:
        """False when this is another database, or the same one restored to an earlier time."""
        return self.identity == earlier.identity and self.xmax >= earlier.xmax


class Look:
    """One open REPEATABLE READ transaction: everything read through it is of the same moment."""

    def __init__(self, connection: Connection, mark: Mark) -> None:
        self._connection = connection
        self.mark = mark

    def extra_columns(self, feed: Feed) -> tuple[Column, ...]:
        return tuple(feed.extra(self._connection)) if feed.extra else ()

    def columns_of(self, derived: Derived) -> tuple[Column, ...]:
        return (derived.key, *derived.columns(self._connection))

    def blocks(
        self, feed: Feed, columns: Sequence[Column], *, since: Mark | None, also: str = ""
    ) -> Iterator[Callable[[], pa.Table]]:
        """The rows that committed after `since` (None: all rows), in blocks; `also` adds rows by a condition.

        Where the feed says that rows go, a first load passes those over, and later each row tells it in the
        column `GONE`. A block is turned into columns when it is called, which may happen in another thread.
        """
        wanted = _changed(since, also)
        if feed.gone_when and since is None:
            wanted = sql.SQL("({}) is not true").format(sql.SQL(feed.gone_when))
        elif feed.gone_when:
            columns = (*columns, Column(GONE, ColumnType.BOOL, f"({feed.gone_when}) is true"))
        copy = sql.SQL("copy (select {} from {} where {}) to stdout (format csv)").format(
            sql.SQL(", ").join(sql.SQL(column.expression) for column in columns),
            sql.SQL(feed.relation) if feed.relation else sql.Identifier(feed.name),
            wanted,
        )
        pending = bytearray()  # a list of a million rows would keep the garbage collector busy
        with self._connection.cursor() as cursor, cursor.copy(copy) as rows:
            for row in rows:
                pending += row
                if len(pending) >= BLOCK_BYTES:
                    yield partial(_to_arrow, pending, columns)
                    pending = bytearray()
        if pending:
            yield partial(_to_arrow, pending, columns)


class Truth:
    """The lens's own connection to PostgreSQL; kept open, and renewed when the server was restarted."""

    def __init__(self) -> None:
        self._connection: Connection | None = None

    @contextmanager
    def look(self) -> Iterator[Look]:
        """Open a look. Raises psycopg.OperationalError when PostgreSQL cannot be reached."""
        connection, mark = self._begin()
        try:
            yield Look(connection, mark)
        finally:
            if not connection.closed:
                connection.rollback()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _begin(self) -> tuple[Connection, Mark]:
        if self._connection is not None:
            try:
                return self._connection, _take_mark(self._connection)
            except psycopg.OperationalError:
                self.close()
        self._connection = database.connect()
        self._connection.isolation_level = IsolationLevel.REPEATABLE_READ
        self._connection.read_only = True
        self._connection.execute("set timezone = 'UTC'")
        self._connection.execute("set datestyle = 'ISO'")
        self._connection.execute("set statement_timeout = 0")
        self._connection.execute("set extra_float_digits = 1")
        self._connection.commit()
        return self._connection, _take_mark(self._connection)


def _take_mark(connection: Connection) -> Mark:
    row = connection.execute(f"select {IDENTITY}, pg_current_snapshot()::text").fetchone()
    assert row is not None
    return Mark(identity=row[0], snapshot=row[1])


def _changed(since: Mark | None, also: str) -> sql.Composable:
    if since is None:
        return sql.SQL("true")
    snapshot = sql.SQL("{}::pg_snapshot").format(sql.Literal(since.snapshot))
    changed = sql.SQL("xid >= pg_snapshot_xmin({0}) and not pg_visible_in_snapshot(xid, {0})").format(
        snapshot
    )
    return sql.SQL("({}) or {}").format(changed, sql.SQL(also)) if also else changed


def _to_arrow(rows: bytearray, columns: Sequence[Column]) -> pa.Table:
    """PostgreSQL's CSV: null is nothing, the empty text is `""`; quoted text may hold line breaks."""
    return csv.read_csv(
        pa.BufferReader(pa.py_buffer(rows)),
        read_options=csv.ReadOptions(
            column_names=[column.name for column in columns], block_size=4 * 1024 * 1024
        ),
        parse_options=csv.ParseOptions(newlines_in_values=True, double_quote=True, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types={column.name: _ARROW[column.type] for column in columns},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        ),
    )
