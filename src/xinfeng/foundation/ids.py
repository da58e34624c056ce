"""Blocks of consecutive ids for the bulk paths."""

from __future__ import annotations

from typing import Any


def take_block(connection: Any, name: str, count: int) -> int:
    """Reserve `count` consecutive ids of the series `name`; returns the first.

    The series' row stays locked until the transaction ends, so ids become visible in their order; a
    rolled-back block is given out again. `connection` is a psycopg connection or a Django cursor.
    """
    result = connection.execute(
        "insert into id_block (name, next_id) values (%s, 1 + %s) "
        "on conflict (name) do update set next_id = id_block.next_id + %s returning next_id - %s",
        (name, count, count, count),
    )
    row = (result or connection).fetchone()
    return int(row[0])
