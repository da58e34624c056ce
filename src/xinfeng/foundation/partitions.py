"""Tables that grow without end are partitioned by month of one of their times.

A model of such a table has `managed = False`; its migration creates the parent with `CreatePartitioned` and
the months around it are made by `cover` — by the nightly job, and by a bulk path before it copies older rows.
Rows outside every month land in the default partition, so nothing is ever refused for its date.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.db.migrations.operations import RunSQL


class CreatePartitioned(RunSQL):
    """Create a parent table partitioned by month, its default partition and the entry that names its time column.

    `columns` is the body of CREATE TABLE; `indexes` are full statements.
    """

    def __init__(self, table: str, by: str, columns: str, indexes: tuple[str, ...] = ()) -> None:
        self.table, self.by, self.columns, self.indexes = table, by, columns, indexes
        forward: list[Any] = [
            f"create table {table} ({columns}) partition by range ({by})",
            *indexes,
            f"create table {table}_rest partition of {table} default",
            f"insert into partitioned_table (name, by_column) values ('{table}', '{by}')",  # noqa: S608
        ]
        backward: list[Any] = [f"drop table {table}", f"delete from partitioned_table where name = '{table}'"]  # noqa: S608
        super().__init__(forward, backward)

    def deconstruct(self) -> Any:
        return self.__class__.__name__, [self.table, self.by, self.columns, self.indexes], {}


class TouchXid(RunSQL):
    """Let every update of a row renew its `xid`, so that the lens sees it again."""

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(
            f"create trigger {table}_touch_xid before update on {table} for each row execute function touch_xid()",
            f"drop trigger {table}_touch_xid on {table}",
        )

    def deconstruct(self) -> Any:
        return self.__class__.__name__, [self.table], {}


class Immutable(RunSQL):
    """Facts are appended: the database itself refuses to change or delete a row of this table.

    Dropping a whole month past its retention remains possible; that is how such tables shrink.
    """

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(
            f"create trigger {table}_immutable before update or delete on {table} "
            "for each row execute function refuse_change()",
            f"drop trigger {table}_immutable on {table}",
        )

    def deconstruct(self) -> Any:
        return self.__class__.__name__, [self.table], {}


def months(first: date, last: date) -> list[date]:
    """First days of the months from `first` to `last`, both included."""
    found = []
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        found.append(date(year, month, 1))
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return found


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def cover(connection: Any, table: str, first: date, last: date) -> None:
    """Make the partitions of `table` for the months from `first` to `last` (UTC) that are missing.

    `connection` is a psycopg connection or a Django cursor; runs in its transaction. Rows of such a month
    that already lie in the default partition are moved.
    """
    for month in months(first, last):
        name = f"{table}_{month:%Y%m}"
        exists = connection.execute("select to_regclass(%s)", (name,))
        row = (exists or connection).fetchone()
        if row[0] is not None:
            continue
        start = datetime(month.year, month.month, 1, tzinfo=UTC)
        after = next_month(month)
        end = datetime(after.year, after.month, 1, tzinfo=UTC)
        connection.execute("select make_partition(%s, %s, %s, %s)", (table, name, start, end))


def cover_around(connection: Any, now: datetime, *, back: int = 1, ahead: int = 3) -> None:
    """Make the months around `now` for every partitioned table."""
    rows = connection.execute("select name from partitioned_table order by name")
    names = [row[0] for row in (rows or connection).fetchall()]
    span = months(date(now.year - 1, now.month, 1), date(now.year + 1, now.month, 1))
    here = span.index(date(now.year, now.month, 1))
    for name in names:
        cover(connection, name, span[here - back], span[here + ahead])


BOOTSTRAP = """
create table partitioned_table (name text primary key, by_column text not null);

create function touch_xid() returns trigger language plpgsql as $$
begin
  new.xid := pg_current_xact_id();
  return new;
end $$;

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are facts: they are appended, never changed', tg_table_name
    using errcode = 'integrity_constraint_violation';
end $$;

create function make_partition(parent text, child text, from_time timestamptz, to_time timestamptz)
returns void language plpgsql as $$
declare
  by_column text;
begin
  perform pg_advisory_xact_lock(hashtext('make_partition'));
  if to_regclass(child) is not null then
    return;
  end if;
  select p.by_column into strict by_column from partitioned_table p where p.name = parent;
  execute format('create table %I (like %I including defaults including constraints)', child, parent);
  execute format('alter table %I disable trigger user', parent || '_rest');
  execute format('with moved as (delete from %I where %I >= %L and %I < %L returning *) insert into %I select * from moved',
                 parent || '_rest', by_column, from_time, by_column, to_time, child);
  execute format('alter table %I enable trigger user', parent || '_rest');
  execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, child, from_time, to_time);
end $$;
"""

DROP_BOOTSTRAP = """
drop function make_partition(text, text, timestamptz, timestamptz);
drop function refuse_change();
drop function touch_xid();
drop table partitioned_table;
"""

__all__ = [
    "BOOTSTRAP",
    "DROP_BOOTSTRAP",
    "CreatePartitioned",
    "Immutable",
    "TouchXid",
    "cover",
    "cover_around",
]
