"""How long each kind of data is kept, and how it goes when its time is over.

A slice lists what it keeps in `RETENTION` of its `retention.py`; nothing can be configured below the law's floor. A
nightly job (`run`) drops whole months, or deletes rows in batches by an index. Nothing under a legal hold goes
(`foundation.holds`); every run leaves entries with counts in the audit log; `plan` says beforehand what would go.

Facts go in the order in which they rest on each other, all tables of a kind in one transaction a month: since what a
fact is about is never younger than the fact, what stays is always whole.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any, Protocol

import psycopg
from django.apps import apps
from django.utils.module_loading import module_has_submodule
from psycopg import sql

from xinfeng.foundation import audit, database, holds, stored
from xinfeng.foundation.database import Connection
from xinfeng.foundation.holds import Holds
from xinfeng.foundation.partitions import next_month
from xinfeng.foundation.personal import erasing
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound

log = logging.getLogger(__name__)

STORED_KEY = "retention"
ACTOR = "system:retention"
SIX_MONTHS, ONE_YEAR, TWO_YEARS, THREE_YEARS = 184, 366, 731, 1096
"""In days, at the longest that many months can be."""
LONGEST_DAYS = 36_500
MOST_HELD = 100_000
"""Rows of a month that a hold on persons or plans lets survive; with more of them the whole month stays."""

_BATCH = 5_000
_LOCK_TIMEOUT = "5s"

Two = tuple[str, str]
"""Chinese, English."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What is older than `before` may go, unless it is held."""

    before: datetime
    holds: Holds
    now: datetime

    @property
    def params(self) -> dict[str, Any]:
        """For SQL: what is held, as lists."""
        return {"contacts": list(self.holds.contacts), "plans": list(self.holds.plans), "before": self.before}


@dataclass(frozen=True, slots=True)
class Portion:
    """Something that goes, or would go. `rows` may be an estimate in a plan. `held`: why it stays after all."""

    name: str
    rows: int
    bytes: int = 0
    held: str = ""


class Dropper(Protocol):
    """A way of letting go of rows."""

    def plan(self, cut: Cut) -> list[Portion]: ...
    def drop(self, cut: Cut) -> list[Portion]: ...


@dataclass(frozen=True)
class Kept:
    """One kind of data. `floor_days`: the least the law allows (0: none); `default_days` None: kept for good.

    `dropper` None: nothing is ever dropped here; `why` then says why, or what else lets go of it. `source` names the
    article the floor rests on. `covers` says what data it is, for people.
    """

    kind: str
    label: Two
    covers: Two
    source: Two
    floor_days: int
    default_days: int | None
    dropper: Dropper | None = None
    why: Two = ("", "")
    order: int = 50

    @property
    def fixed(self) -> bool:
        return self.dropper is None


@dataclass(frozen=True, slots=True)
class Setting:
    """A kind and how long it is kept now; None: for good."""

    kept: Kept
    days: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did, or would do, about one kind. `fault`: it was put off (`in_use`: a table was), or refused (a code)."""

    kind: str
    before: datetime | None
    portions: tuple[Portion, ...] = ()
    fault: str = ""

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.portions if not one.held)


@dataclass(frozen=True)
class MonthTable:
    """A table partitioned by month. `held`: SQL condition (with %(contacts)s, %(plans)s) of rows that a hold keeps.

    `rest`: whether rows without a month, in the default partition, go one by one when their time is over.
    """

    name: str
    held: str = ""
    rest: bool = True


@dataclass(frozen=True)
class Months:
    """Drops whole months of several tables together, in their order (what rests on others first).

    `before_drop(connection, month, cut)` runs in the transaction of each month, before its tables go; `after_drop(connection,
    month, rows, cut)` behind them, in it too. `afterwards(cut)` runs once at the end, also if nothing was dropped.
    """

    tables: tuple[MonthTable, ...]
    before_drop: Callable[[Connection, date, Cut], None] | None = None
    after_drop: Callable[[Connection, date, int, Cut], Callable[[], None] | None] | None = None
    afterwards: Callable[[Cut], None] | None = None

    def plan(self, cut: Cut) -> list[Portion]:
        with database.connect() as connection:
            return [
                _portion(connection, table, month, cut)
                for month in self._over(connection, cut)
                for table in self.tables
                if _exists(connection, _partition(table.name, month))
            ] + [
                one
                for table in self.tables
                if table.rest and (one := _rest(connection, table, cut)) is not None
            ]

    def drop(self, cut: Cut) -> list[Portion]:
        done: list[Portion] = []
        with database.connect() as connection:
            over = self._over(connection, cut)
            connection.rollback()
            for month in over:
                done += self._drop_month(connection, month, cut)
            for table in self.tables:
                if not table.rest:
                    continue
                rows = _delete_rest(connection, table, cut)
                if rows:
                    done.append(Portion(f"{table.name}_rest", rows))
        if self.afterwards is not None:
            self.afterwards(cut)
        return done

    def _over(self, connection: Connection, cut: Cut) -> list[date]:
        """Months that have ended before the cut, the oldest first."""
        found: set[date] = set()
        for table in self.tables:
            found.update(months_of(connection, table.name))
        return sorted(one for one in found if month_start(next_month(one)) <= cut.before)

    def _drop_month(self, connection: Connection, month: date, cut: Cut) -> list[Portion]:
        last_day = next_month(month) - timedelta(days=1)
        tables = [one for one in self.tables if _exists(connection, _partition(one.name, month))]
        if cut.holds.covers(month, last_day):
            return [Portion(_partition(one.name, month), 0, held="period") for one in tables]
        held = sum(_held_rows(connection, one, month, cut) for one in tables)
        if held > MOST_HELD:
            connection.rollback()
            return [Portion(_partition(one.name, month), 0, held="rows") for one in tables]
        connection.execute(sql.SQL("set local lock_timeout = {}").format(_LOCK_TIMEOUT))
        if self.before_drop is not None:
            self.before_drop(connection, month, cut)
        done = [_drop_partition(connection, one, month, cut) for one in tables]
        finish = None
        if self.after_drop is not None:
            finish = self.after_drop(connection, month, sum(one.rows for one in done), cut)
        connection.commit()
        if finish is not None:
            finish()
        return done


@dataclass(frozen=True)
class Rows:
    """Deletes rows in batches, by their age. `by` is a time column with an index, or the table is small.

    `where` narrows it to rows that may go at all; `held` as in MonthTable. Where a row's age is that of another,
    `over` is the whole SQL condition instead, with %(before)s.
    """

    table: str
    by: str = ""
    where: str = "true"
    held: str = ""
    over: str = ""

    def plan(self, cut: Cut) -> list[Portion]:
        with database.connect() as connection:
            statement = sql.SQL("select count(*) from {} where {}").format(
                sql.Identifier(self.table), self._over
            )
            row = connection.execute(statement, cut.params).fetchone()
        return [Portion(self.table, int(row[0]))] if row and row[0] else []

    def drop(self, cut: Cut) -> list[Portion]:
        statement = sql.SQL(
            "delete from {0} where ctid = any(array(select ctid from {0} where {1} limit {2}))"
        ).format(sql.Identifier(self.table), self._over, sql.Literal(_BATCH))
        rows = _in_batches(lambda connection: connection.execute(statement, cut.params).rowcount)
        return [Portion(self.table, rows)] if rows else []

    @property
    def _over(self) -> sql.Composable:
        held = sql.SQL(f" and ({self.held}) is not true") if self.held else sql.SQL("")
        over = sql.SQL(self.over) if self.over else sql.SQL("{} < %(before)s").format(sql.Identifier(self.by))
        return over + sql.SQL(f" and ({self.where})") + held


@dataclass(frozen=True)
class Together:
    """Several droppers for one kind, in their order."""

    droppers: tuple[Dropper, ...] = field(default=())

    def plan(self, cut: Cut) -> list[Portion]:
        return [portion for one in self.droppers for portion in one.plan(cut)]

    def drop(self, cut: Cut) -> list[Portion]:
        return [portion for one in self.droppers for portion in one.drop(cut)]


def gone(connection: Connection, table: str, before: datetime) -> list[tuple[datetime | None, datetime]]:
    """The times before `before` (the first is open) for which a table has no month any more. For copies of it."""
    present = {one for one in months_of(connection, table) if month_start(one) < before}
    if not present:
        return [(None, before)]
    found: list[tuple[datetime | None, datetime]] = [(None, month_start(min(present)))]
    month = min(present)
    while month_start(month) < before:
        if month not in present:
            found.append((month_start(month), min(month_start(next_month(month)), before)))
        month = next_month(month)
    return found


def kinds() -> tuple[Kept, ...]:
    """What all installed slices keep, in the order in which it goes."""
    found: list[Kept] = []
    for config in apps.get_app_configs():
        module = "retaining" if config.name == "xinfeng.foundation" else "retention"
        if config.name.startswith("xinfeng.") and module_has_submodule(config.module, module):
            found += getattr(import_module(f"{config.name}.{module}"), "RETENTION", ())
    names = [one.kind for one in found]
    if len(set(names)) != len(names):
        raise ValueError(f"two kinds of data have the same name: {sorted(names)}")
    return tuple(sorted(found, key=lambda one: one.order))


def settings() -> tuple[Setting, ...]:
    """Every kind with how long it is kept now. A stored value below today's floor counts as the floor."""
    chosen: Mapping[str, int] = stored.read(STORED_KEY, {})
    return tuple(Setting(one, _days(one, chosen)) for one in kinds())


def configure(kind: str, days: int, *, actor: str) -> None:
    """Keep a kind for so many days. Raises NotFound `retention.unknown`, InvalidInput `retention.fixed`,
    `retention.below_floor` (kind, floor_days, source, source_en), `retention.too_long`."""
    kept = next((one for one in kinds() if one.kind == kind), None)
    if kept is None:
        raise NotFound("retention.unknown", kind=kind)
    if kept.fixed:
        raise InvalidInput("retention.fixed", kind=kept.label[0], kind_en=kept.label[1])
    if days < kept.floor_days or days < 1:
        raise InvalidInput(
            "retention.below_floor", kind=kept.label[0], kind_en=kept.label[1], floor_days=max(kept.floor_days, 1),
            source=kept.source[0], source_en=kept.source[1],
        )  # fmt: skip
    if days > LONGEST_DAYS:
        raise InvalidInput("retention.too_long", at_most=LONGEST_DAYS)
    chosen = dict(stored.read(STORED_KEY, {}))
    before = _days(kept, chosen)
    if before == days:
        return
    stored.write(STORED_KEY, {**chosen, kind: days}, actor=actor)
    audit.record(
        actor=actor, action="retention.change", kind="retention", subject=kind, days=days, before=before
    )


def plan(*, now: datetime) -> list[Outcome]:
    """What a run would do now; nothing is changed. Rows are estimates."""
    held = holds.in_force()
    found = []
    for one in settings():
        if one.kept.dropper is None or one.days is None:
            continue
        cut = Cut(now - timedelta(days=one.days), held, now)
        found.append(Outcome(one.kept.kind, cut.before, tuple(one.kept.dropper.plan(cut))))
    return found


def run(*, now: datetime) -> list[Outcome]:
    """Let go of everything whose time is over. A kind whose tables are in use is put off until the next run."""
    found = []
    for one in settings():
        if one.kept.dropper is None or one.days is None:
            continue
        cut = Cut(now - timedelta(days=one.days), holds.in_force(), now)
        try:
            outcome = Outcome(one.kept.kind, cut.before, tuple(one.kept.dropper.drop(cut)))
        except psycopg.errors.LockNotAvailable:
            log.warning("retention is put off, a table is in use", extra={"kind": one.kept.kind})
            outcome = Outcome(one.kept.kind, cut.before, fault="in_use")
        except Conflict as conflict:
            log.error("retention is refused", extra={"kind": one.kept.kind, "fault": conflict.code})
            audit.record(
                actor=ACTOR, action="retention.refused", kind="retention", subject=one.kept.kind,
                fault=conflict.code, **conflict.params,
            )  # fmt: skip
            outcome = Outcome(one.kept.kind, cut.before, fault=conflict.code)
        if outcome.portions:
            audit.record(
                actor=ACTOR, action="retention.drop", kind="retention", subject=one.kept.kind,
                before=cut.before.isoformat(), days=one.days,
                rows={part.name: part.rows for part in outcome.portions if not part.held},
                held=[part.name for part in outcome.portions if part.held],
            )  # fmt: skip
        found.append(outcome)
    return found


def _days(kept: Kept, chosen: Mapping[str, int]) -> int | None:
    days = chosen.get(kept.kind, kept.default_days)
    return None if days is None or kept.fixed else max(days, kept.floor_days)


def _partition(table: str, month: date) -> str:
    return f"{table}_{month:%Y%m}"


def month_start(month: date) -> datetime:
    """Its first moment, UTC: where its partition begins."""
    return datetime(month.year, month.month, 1, tzinfo=UTC)


def months_of(connection: Connection, table: str) -> Iterator[date]:
    """First days of the months that a table has a partition for."""
    rows = connection.execute(
        "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid"
        " where i.inhparent = to_regclass(%s)",
        (table,),
    ).fetchall()
    for (name,) in rows:
        digits = name.removeprefix(f"{table}_")
        if len(digits) == 6 and digits.isdigit():
            yield date(int(digits[:4]), int(digits[4:]), 1)


def _exists(connection: Connection, name: str) -> bool:
    row = connection.execute("select to_regclass(%s) is not null", (name,)).fetchone()
    return bool(row and row[0])


def _portion(connection: Connection, table: MonthTable, month: date, cut: Cut) -> Portion:
    name = _partition(table.name, month)
    row = connection.execute(
        "select greatest(c.reltuples, 0)::bigint, pg_total_relation_size(c.oid) from pg_class c"
        " where c.oid = to_regclass(%s)",
        (name,),
    ).fetchone()
    assert row is not None
    held = "period" if cut.holds.covers(month, next_month(month) - timedelta(days=1)) else ""
    return Portion(name, row[0], row[1], held)


def _held(table: MonthTable) -> sql.Composable:
    return sql.SQL(f"({table.held}) is true")


def _held_rows(connection: Connection, table: MonthTable, month: date, cut: Cut) -> int:
    if not table.held or not (cut.holds.contacts or cut.holds.plans):
        return 0
    statement = sql.SQL("select count(*) from (select from {} where {} limit {}) held").format(
        sql.Identifier(_partition(table.name, month)), _held(table), sql.Literal(MOST_HELD + 1)
    )
    row = connection.execute(statement, cut.params).fetchone()
    return int(row[0]) if row else 0


def _drop_partition(connection: Connection, table: MonthTable, month: date, cut: Cut) -> Portion:
    """Held rows move to the default partition, where they stay until nothing holds them any more."""
    name = sql.Identifier(_partition(table.name, month))
    row = connection.execute(
        sql.SQL("select count(*), pg_total_relation_size({}) from {}").format(
            sql.Literal(_partition(table.name, month)), name
        )
    ).fetchone()
    assert row is not None
    kept = 0
    parent = sql.Identifier(table.name)
    if table.held and (cut.holds.contacts or cut.holds.plans):
        connection.execute(sql.SQL("create temp table kept_rows on commit drop as select * from {} where {}").format(
            name, _held(table)), cut.params)  # fmt: skip
        connection.execute(sql.SQL("alter table {} detach partition {}").format(parent, name))
        kept = connection.execute(
            sql.SQL("insert into {} overriding system value select * from kept_rows").format(parent)
        ).rowcount
        connection.execute("drop table kept_rows")
    else:
        connection.execute(sql.SQL("alter table {} detach partition {}").format(parent, name))
    connection.execute(sql.SQL("drop table {}").format(name))
    return Portion(_partition(table.name, month), row[0] - kept, row[1])


def _rest_over(connection: Connection, table: MonthTable) -> sql.Composable:
    row = connection.execute(
        "select by_column from partitioned_table where name = %s", (table.name,)
    ).fetchone()
    assert row is not None
    held = sql.SQL(" and not {}").format(_held(table)) if table.held else sql.SQL("")
    return sql.SQL("{} < %(before)s").format(sql.Identifier(row[0])) + held


def _rest(connection: Connection, table: MonthTable, cut: Cut) -> Portion | None:
    statement = sql.SQL("select count(*) from {} where {}").format(
        sql.Identifier(f"{table.name}_rest"), _rest_over(connection, table)
    )
    row = connection.execute(statement, cut.params).fetchone()
    return Portion(f"{table.name}_rest", int(row[0])) if row and row[0] else None


def _delete_rest(connection: Connection, table: MonthTable, cut: Cut) -> int:
    """Rows that no month has: dates out of the ordinary, and what a hold has kept until now.

    A held period keeps them all: they are few.
    """
    if cut.holds.periods:
        return 0
    statement = sql.SQL(
        "delete from {0} where ctid = any(array(select ctid from {0} where {1} limit {2}))"
    ).format(sql.Identifier(f"{table.name}_rest"), _rest_over(connection, table), sql.Literal(_BATCH))
    connection.rollback()
    return _in_batches(lambda one: one.execute(statement, cut.params).rowcount)


def _in_batches(delete: Callable[[Connection], int]) -> int:
    """Delete until nothing is left, each batch in a transaction of its own."""
    rows = 0
    with database.connect() as connection:
        while True:
            with erasing(connection):
                done = delete(connection)
            connection.commit()
            rows += done
            if done < _BATCH:
                return rows
