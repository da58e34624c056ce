"""Database work written once and performed on a sync or an async connection.

A script is a generator: it yields a statement (`Ask`) or rows for COPY (`Pour`), gets the rows of the answer
back and returns its result. `perform` and `perform_async` drive it inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg

T = TypeVar("T")

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """Run a statement; the answer is its rows, or an empty list."""

    statement: str
    params: tuple[Any, ...] | dict[str, Any] = ()


@dataclass(frozen=True, slots=True)
class Pour:
    """Run `COPY … FROM STDIN` with these rows in the format it names; the answer is an empty list."""

    statement: str
    rows: bytes


Script = Generator[Ask | Pour, list[Row], T]


def perform(connection: psycopg.Connection[Row], script: Script[T]) -> T:
    """Drive a script on a sync connection."""
    answer: list[Row] | None = None
    while True:
        try:
            step = next(script) if answer is None else script.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result
        if isinstance(step, Pour):
            with connection.cursor().copy(step.statement) as copy:
                copy.write(step.rows)
            answer = []
        else:
            cursor = connection.execute(step.statement, step.params)
            answer = cursor.fetchall() if cursor.description else []


async def perform_async(connection: psycopg.AsyncConnection[Row], script: Script[T]) -> T:
    """Drive a script on an asyncio connection."""
    answer: list[Row] | None = None
    while True:
        try:
            step = next(script) if answer is None else script.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result
        if isinstance(step, Pour):
            async with connection.cursor().copy(step.statement) as copy:
                await copy.write(step.rows)
            answer = []
        else:
            cursor = await connection.execute(step.statement, step.params)
            answer = await cursor.fetchall() if cursor.description else []
