"""Rows first, indexes afterwards: building an index over rows that are there takes a fraction of keeping it up row by row.

A month is poured into a table that belongs to nobody yet and becomes a partition when it is full, as months are always
made; PostgreSQL then builds what its parent asks for. An ordinary table gives up its indexes meanwhile, and its unique
constraints unless a foreign key rests on them. What doesn't hold when it is built is a damaged backup.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import sql

from xinfeng.foundation.database import Connection

MANY = 20_000
"""Rows from which it is worth while."""
_MEMORY = "256MB"

_MONTH = """\
select p.relname::text, pg_get_expr(c.relpartbound, c.oid)
from pg_class c left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
where c.oid = %s::regclass"""

_CONSTRAINTS = """\
select c.conname::text, pg_get_constraintdef(c.oid) from pg_constraint c
where c.conrelid = %s::regclass and c.contype = 'u'
  and not exists (select from pg_constraint f where f.contype = 'f' and f.conindid = c.conindid)
order by 1"""

_INDEXES = """\
select c.relname::text, pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid
where i.indrelid = %s::regclass and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
order by 1"""


@contextmanager
def indexed_afterwards(connection: Connection, table: str, *, rows: int) -> Iterator[None]:
    """Fill the table, which is empty, inside; its indexes are built at the end. Few rows are not worth the trouble."""
    if rows < MANY:
        yield
        return
    connection.execute(sql.SQL("set local maintenance_work_mem = {}").format(sql.Literal(_MEMORY)))
    found = connection.execute(_MONTH, (table,)).fetchone()
    assert found is not None
    parent, bound = found
    if parent is None:
        with _bare(connection, table):
            yield
    elif bound.startswith("FOR VALUES"):
        with _apart(connection, parent, table, bound):
            yield
    else:
        yield  # the default partition has no bounds to come back with


@contextmanager
def _apart(connection: Connection, parent: str, month: str, bound: str) -> Iterator[None]:
    """`foundation.partitions` has the same steps (`make_partition`). `bound` is PostgreSQL's own text."""
    of, name = sql.Identifier(parent), sql.Identifier(month)
    connection.execute(sql.SQL("drop table {}").format(name))
    connection.execute(
        sql.SQL("create table {} (like {} including defaults including constraints)").format(name, of)
    )
    yield
    connection.execute(sql.SQL("alter table {} attach partition {} {}").format(of, name, sql.SQL(bound)))


@contextmanager
def _bare(connection: Connection, table: str) -> Iterator[None]:
    name = sql.Identifier(table)
    constraints = connection.execute(_CONSTRAINTS, (table,)).fetchall()
    indexes = connection.execute(_INDEXES, (table,)).fetchall()
    for constraint, _ in constraints:
        connection.execute(
            sql.SQL("alter table {} drop constraint {}").format(name, sql.Identifier(constraint))
        )
    for index, _ in indexes:
        connection.execute(sql.SQL("drop index {}").format(sql.Identifier(index)))
    yield
    for _, definition in indexes:
        connection.execute(sql.SQL(definition))
    for constraint, definition in constraints:
        connection.execute(
            sql.SQL("alter table {} add constraint {} {}").format(
                name, sql.Identifier(constraint), sql.SQL(definition)
            )
        )
