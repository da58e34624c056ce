"""The book in force in this process, and how it follows what operators change."""

from __future__ import annotations

import time
from typing import Any

import psycopg

from xinfeng.channels.codes.book import Book
from xinfeng.channels.codes.kept import KEY, read_rows, stored_rows
from xinfeng.channels.codes.shapes import CodeInfo, Phase, Verdict

LOOK_AGAIN_S = 5.0
"""How long a process may go by the codes it knows before it looks whether operators changed any."""


class _InForce:
    """The one book of a process; replaced as a whole, so readers in other threads see one or the other."""

    def __init__(self) -> None:
        self.book = Book()
        self.stamp: object = None
        self.looked_at = -LOOK_AGAIN_S


_in_force = _InForce()


def book() -> Book:
    """All codes as this process knows them."""
    return _in_force.book


def explain(kind: str, code: str, *, carrier: str = "", phase: Phase | None = None) -> CodeInfo:
    """What a code means with this kind of channel (`ChannelKind`; empty where it is not known).

    `carrier` narrows to what operators say of one carrier. Without a phase, a report's reading goes before that of a
    submit. A code that nobody published answers as such: `category` is `unlisted`, or that of its prefix.
    """
    return _in_force.book.explain(kind, code, carrier=carrier, phase=phase)


def explain_login(kind: str, status: int | str) -> CodeInfo:
    """Why a login was refused."""
    return _in_force.book.explain(kind, str(status), phase=Phase.LOGIN)


def verdict(kind: str, result: int | str) -> Verdict:
    """What the result of a submit says about what to do with the next message. Two dict look-ups."""
    return _in_force.book.verdict(kind, result)


def install(rows: object, stamp: object) -> None:
    """Go by these entries of operators from now on."""
    _in_force.book = Book(read_rows(rows))
    _in_force.stamp = stamp
    _in_force.looked_at = time.monotonic()


def refresh(*, at_once: bool = False) -> None:
    """Look whether operators changed any code; asks at most every `LOOK_AGAIN_S` unless `at_once`."""
    if not at_once and time.monotonic() - _in_force.looked_at < LOOK_AGAIN_S:
        return
    rows, stamp = stored_rows()
    if stamp != _in_force.stamp:
        install(rows, stamp)
    _in_force.looked_at = time.monotonic()


async def refresh_async(connection: psycopg.AsyncConnection[tuple[Any, ...]]) -> None:
    """`refresh` on an asyncio connection, for gateways."""
    if time.monotonic() - _in_force.looked_at < LOOK_AGAIN_S:
        return
    cursor = await connection.execute(
        "select value, updated_at from stored_setting where key = %s and updated_at is distinct from %s",
        (KEY, _in_force.stamp),
    )
    if (row := await cursor.fetchone()) is not None:
        install(row[0], row[1])
    _in_force.looked_at = time.monotonic()
