"""The lens itself: brought up to date by `refresh`, asked by `rows`. One per process, from `lens()`."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import ibis
import pyarrow as pa

from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import NotFound
from xinfeng.kernel.time import utc_now
from xinfeng.lens.duck import DuckEngine, Load, Preparation, Writer
from xinfeng.lens.feeds import Column, ColumnType, Derived, Feed, declared, declared_derived, declared_views
from xinfeng.lens.truth import Look, Mark, Truth

log = logging.getLogger(__name__)


class Engine(Protocol):
    """What the lens needs of a columnar store; feeds and questions know none of it."""

    def columns(self, table: str) -> dict[str, ColumnType]: ...
    def computed_at(self, table: str) -> datetime | None: ...
    def rows(self, question: Any) -> pa.Table: ...
    def text(self, question: Any) -> str: ...
    def writing(self) -> AbstractContextManager[Writer]: ...
    def preparing(self, table: str) -> AbstractContextManager[Preparation]: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class Refreshed:
    """What a refresh brought: rows by feed (only feeds that had any), and how long it took."""

    rows: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def total(self) -> int:
        return sum(self.rows.values())


class Lens:
    """The copy, and its way to the truth. Safe from any thread; refreshes queue behind each other."""

    def __init__(
        self, engine: Engine, feeds: tuple[Feed, ...], derived: tuple[Derived, ...] | None = None
    ) -> None:
        self._engine = engine
        self._feeds = feeds
        found = declared_derived() if derived is None else derived
        self._derived = {one.name: one for one in found}
        self._deriving = threading.Lock()
        self._noting = threading.Lock()
        self._emptiness: dict[str, bool] = {}
        self._changes = 0
        self._views = declared_views()
        self._truth = Truth()
        self._refreshing = threading.Lock()
        self._begun = 0
        self._completed = 0
        self._last = Refreshed()
        self._looked_at = time.monotonic()
        self._mark: Mark | None = None
        self._schemas: dict[str, ibis.Schema] = {}
        self._make_tables()

    def refresh(self) -> Refreshed:
        """Bring in all that has committed before this call. A few milliseconds when nothing has.

        Threads that wait for a refresh which began after they asked share its result. Raises
        psycopg.OperationalError when PostgreSQL cannot be reached; the lens then stays as it was.
        """
        asked_after = self._begun
        with self._refreshing:
            if self._completed <= asked_after:
                self._catch_up(anew=False)
            return self._last

    @property
    def last(self) -> Refreshed:
        """What the last refresh brought."""
        return self._last

    @property
    def age_s(self) -> float:
        """Seconds since the last look at PostgreSQL, or since the lens was opened."""
        return time.monotonic() - self._looked_at

    def rebuild(self, *, now: datetime | None = None) -> Refreshed:
        """Read everything anew, then compute the derived tables as of `now` (by default, this moment).

        Readers keep the old copy until the new one is complete.
        """
        with self._refreshing:
            self._catch_up(anew=True)
            done = self._last
        computed = {name: self.derive(name, now=now or utc_now()) for name in self._derived}
        return Refreshed(done.rows | {name: count for name, count in computed.items() if count}, done.seconds)

    def derive(self, name: str, *, now: datetime, among: ibis.Table | None = None) -> int:
        """Compute a derived table anew from the lens as it is; returns how many rows were computed.

        With `among` (a question with the table's key) only the rows of those keys. Refreshes and questions go
        on meanwhile; two computations of one table follow each other. Raises NotFound `lens.no_such_table`.
        """
        if name not in self._derived:
            raise NotFound("lens.no_such_table", name=name)
        derived = self._derived[name]
        with self._deriving, self._engine.preparing(name) as preparation:
            columns = self._engine.columns(name)
            preparation.begin([Column(each, kind) for each, kind in columns.items()])
            keys = None if among is None else preparation.keep_keys(among, derived.key)
            for piece in derived.build(self, frozenset(columns) - {derived.key.name}, now, keys):
                preparation.add(piece)
            with self._engine.writing() as writer:
                count = writer.take_over(name, derived.key.name, computed_at=now)
        self._changed({name})
        return count

    def forget(
        self,
        name: str,
        *,
        column: str,
        before: datetime,
        since: datetime | None = None,
        keep: str = "",
        ids: Collection[int] = (),
    ) -> int:
        """Let go of a feed's rows whose `column` lies before (and not before `since`), as PostgreSQL has; how many.

        Rows whose column `keep` is among `ids` stay. Raises NotFound `lens.no_such_table`.
        """
        known = self.table(name).columns
        if column not in known or (keep and keep not in known):
            raise NotFound("lens.no_such_table", name=f"{name}.{column}")
        with self._refreshing, self._engine.writing() as writer:
            count = writer.forget(name, column=column, since=since, before=before, keep=keep, ids=ids)
        self._changed({name})
        return count

    def computed_at(self, name: str) -> datetime | None:
        """The `now` of a derived table's last full computation; None: never computed, or emptied since."""
        return self._engine.computed_at(name)

    def is_empty(self, name: str) -> bool:
        """Whether a table has no rows; the answer is kept until the table changes, so asking costs nothing."""
        known = self._emptiness.get(name)
        if known is None:
            changes = self._changes
            known = self.rows(self.table(name).limit(1)).num_rows == 0
            with self._noting:
                if changes == self._changes:
                    self._emptiness[name] = known
        return known

    def _changed(self, tables: Iterable[str]) -> None:
        with self._noting:
            self._changes += 1
            for name in tables:
                self._emptiness.pop(name, None)

    def table(self, name: str) -> ibis.Table:
        """A table of the lens, to build questions on. Raises NotFound `lens.no_such_table`."""
        if name not in self._schemas:
            raise NotFound("lens.no_such_table", name=name)
        return ibis.table(self._schemas[name], name=name)

    def view(self, name: str, **arguments: Any) -> ibis.Table:
        """A question that some slice offers by name (`VIEWS` in its feed.py). Raises NotFound `lens.no_such_view`."""
        if name not in self._views:
            raise NotFound("lens.no_such_view", name=name)
        return self._views[name].build(self, **arguments)

    def rows(self, question: ibis.Table) -> pa.Table:
        """Answer a question with its rows."""
        return self._engine.rows(question)

    def scalar(self, question: Any) -> Any:
        """Answer a question that has one value, as a plain Python value."""
        return self._engine.rows(question).as_py()

    def text(self, question: Any) -> str:
        """The engine's own words for a question; for logs and tests."""
        return self._engine.text(question)

    def close(self) -> None:
        with self._refreshing:
            self._truth.close()
            self._engine.close()

    def _catch_up(self, *, anew: bool) -> None:
        self._begun += 1
        number, started = self._begun, time.perf_counter()
        with self._truth.look() as look:
            rows = self._take_over(look, anew=anew) if anew or look.mark != self._mark else {}
        self._mark = look.mark
        self._last = Refreshed(rows, time.perf_counter() - started)
        self._completed = number
        self._looked_at = time.monotonic()
        if rows:
            log.debug("lens refreshed: %s rows in %.3f s", self._last.total, self._last.seconds)

    def _take_over(self, look: Look, *, anew: bool) -> dict[str, int]:
        counts: dict[str, int] = {}
        schemas: dict[str, ibis.Schema] = {}
        foreign = False
        with self._engine.writing() as writer:
            mark = writer.mark()
            if mark is not None and not look.mark.follows(mark):
                log.warning(
                    "the lens was of another database, or of a later state of this one; it is rebuilt"
                )
                anew = foreign = True
            known = {} if anew or mark is None else writer.loaded()
            for feed in self._feeds:
                columns = (*feed.columns, *look.extra_columns(feed))
                since = mark if feed.name in known else None
                counts[feed.name] = _bring_in(feed, columns, look=look, writer=writer, since=since)
                schemas[feed.name] = _schema({column.name: column.type for column in columns})
                if feed.name not in known:
                    writer.set_loaded(feed)
            for derived in self._derived.values():
                columns = look.columns_of(derived)
                if foreign:
                    writer.create(derived.name, columns)
                    writer.forget_computed(derived.name)
                else:
                    _fit_columns(derived.name, columns, writer)
                schemas[derived.name] = _schema(writer.columns(derived.name))
            writer.set_mark(look.mark)
        self._schemas = schemas
        self._changed(schemas if anew else {name for name in counts if counts[name] or name not in known})
        return {name: count for name, count in counts.items() if count}

    def _make_tables(self) -> None:
        """Give every feed its table, so that questions can be built before the first refresh."""
        with self._engine.writing() as writer:
            loaded = writer.loaded()
            for feed in self._feeds:
                if loaded.get(feed.name) != feed.fingerprint:
                    writer.create(feed.name, feed.columns)
            for derived in self._derived.values():
                if not writer.columns(derived.name):
                    writer.create(derived.name, (derived.key,))
            names = [*(feed.name for feed in self._feeds), *self._derived]
            self._schemas = {name: _schema(writer.columns(name)) for name in names}


def _bring_in(
    feed: Feed, columns: Sequence[Column], *, look: Look, writer: Writer, since: Mark | None
) -> int:
    """Take the feed's rows that committed after `since`, or all of them when that is None; returns how many."""
    also = ""
    if since is None:
        writer.create(feed.name, columns)
    elif feed.extra is not None:
        also = _fit_columns(feed.name, columns, writer)
    blocks = look.blocks(feed, columns, since=since, also=also)
    count = _load(blocks, partial(writer.loading, feed, columns, into_empty=since is None))
    for patch in feed.patches if since is not None else ():
        narrow = feed.patch_feed(patch)
        blocks = look.blocks(narrow, narrow.columns, since=since)
        count += _load(blocks, partial(writer.patching, narrow))
    return count


def _load(
    blocks: Iterator[Callable[[], pa.Table]], loading: Callable[[], AbstractContextManager[Load]]
) -> int:
    """Store the blocks while the next ones are read; returns how many rows there were."""
    first = next(blocks, None)
    if first is None:
        return 0
    with (
        loading() as load,
        ThreadPoolExecutor(1, thread_name_prefix="lens") as worker,
    ):
        storing = worker.submit(_store, load, first)
        for block in blocks:
            storing.result()
            storing = worker.submit(_store, load, block)
        storing.result()
    return load.count


def _store(load: Load, block: Callable[[], pa.Table]) -> None:
    load.take(block())


def _fit_columns(table: str, columns: Sequence[Column], writer: Writer) -> str:
    """Let the table follow the columns declared; returns the condition for rows that fill the new ones."""
    present = writer.columns(table)
    wanted = {column.name: column for column in columns}
    for name, kind in present.items():
        if name not in wanted or wanted[name].type is not kind:
            writer.drop_column(table, name)
    conditions = []
    for column in columns:
        if present.get(column.name) is not column.type:
            writer.add_column(table, column)
            conditions.append(f"({column.present_when or 'true'})")
    return " or ".join(conditions)


def _schema(columns: dict[str, ColumnType]) -> ibis.Schema:
    return ibis.schema({name: kind.value for name, kind in columns.items()})


_guard = threading.Lock()
_open: tuple[tuple[Path, str, int], Lens] | None = None


def lens() -> Lens:
    """The lens of this process, opened on first use; raises Conflict `lens.owned_elsewhere`.

    It follows the settings: when they name another file or database, the former lens is closed.
    """
    global _open
    settings = xinfeng_settings.load()
    wanted = (settings.lens_path, settings.dsn(), settings.lens_memory_mb)
    with _guard:
        if _open is not None and _open[0] == wanted:
            return _open[1]
        if _open is not None:
            _open[1].close()
            _open = None
        engine = DuckEngine(settings.lens_path, memory_mb=settings.lens_memory_mb)
        _open = (wanted, Lens(engine, declared()))
        return _open[1]


def close_lens() -> None:
    """Let go of the lens file, so that another process may own it."""
    global _open
    with _guard:
        if _open is not None:
            _open[1].close()
            _open = None


atexit.register(close_lens)
