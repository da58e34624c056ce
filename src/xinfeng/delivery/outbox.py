"""What the gateway has learnt and must store: attempts, receipts, messages withheld, chunks that ended.

Facts collect in memory for milliseconds and are committed together; only then are receipts acknowledged. A flush
whose commit got no answer (PostgreSQL died, the line broke) is looked up before it is tried again, so nothing is
stored twice and nothing is lost while this process lives.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import psycopg

from xinfeng.channels.lines import Line
from xinfeng.delivery import leases, receipts, rows
from xinfeng.delivery.chunks import Lease, Unsent
from xinfeng.delivery.leases import DEADLINE, STOPPED
from xinfeng.protocols.traffic import Receipt

log = logging.getLogger(__name__)

AsyncConnection = psycopg.AsyncConnection[tuple[Any, ...]]

GATHER_S = 0.005
"""How long facts wait for company."""
MOST_RECEIPTS = 5_000
"""Receipts in one transaction."""
_ID_BLOCK = 10_000


@dataclass(frozen=True, slots=True)
class Ending:
    """A chunk that is over. `why` is None when all of it was sent."""

    lease: Lease
    why: str | None
    unsent: Unsent


@dataclass(slots=True)
class _Load:
    """One flush: what goes into one transaction."""

    attempts: list[bytes] = field(default_factory=list)
    withheld: list[bytes] = field(default_factory=list)
    receipts: list[tuple[Line, Receipt, int]] = field(default_factory=list)
    acknowledged: list[tuple[Line, Receipt, int]] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)
    packed_receipts: list[bytes] = field(default_factory=list)
    first_receipt_id: int | None = None
    unmatched: bool = False

    def __bool__(self) -> bool:
        return bool(self.attempts or self.withheld or self.acknowledged or self.endings)


def _said(received: Iterable[tuple[Line, Receipt, int]]) -> Iterator[tuple[receipts.Named, str]]:
    """What was reported, of which message of which carrier."""
    return (((line.channel_id, receipt[2]), receipt[3]) for line, receipt, _ in received)


class Outbox:
    """Append to it from the event loop; one task, `run`, stores."""

    def __init__(self, *, gateway: str, wants_loading: Callable[[], None] = lambda: None) -> None:
        self.attempts: list[bytes] = []
        self.recent = receipts.RecentIds()
        self.stored_unmatched = asyncio.Event()
        self.stored_receipts = 0
        self._gateway = gateway
        self._wants_loading = wants_loading
        self._withheld: list[bytes] = []
        self._receipts: list[tuple[Line, Receipt, int]] = []
        self._endings: list[Ending] = []
        self._stirred = asyncio.Event()
        self._underway: _Load | None = None
        self._session = f"outbox {gateway}"
        self._next_id = 0
        self._last_id = -1

    def withhold(self, messages: Iterable[tuple[int, str]]) -> None:
        """These messages will not be sent, and why."""
        at = rows.now_us()
        self._withheld += [rows.withheld(message_id, reason, at) for message_id, reason in messages]

    def receive(self, connection: Line, received: list[Receipt]) -> None:
        """Status reports arrived."""
        at = rows.now_us()
        self._receipts += [(connection, one, at) for one in received]
        self._stirred.set()

    def end(self, ending: Ending) -> None:
        self._endings.append(ending)

    def stir(self) -> None:
        """There is something to store."""
        self._stirred.set()

    @property
    def open_chunks(self) -> list[int]:
        """Chunks whose ending is not committed yet."""
        underway = self._underway.endings if self._underway else []
        return [ending.lease.chunk_id for ending in (*self._endings, *underway)]

    @property
    def empty(self) -> bool:
        return not (self._underway or self.attempts or self._withheld or self._receipts or self._endings)

    async def run(self, connection: AsyncConnection, stopping: Callable[[], bool]) -> None:
        """Store until told to stop and everything is stored, or until the connection breaks."""
        await connection.execute("select set_config('application_name', %s, false)", (self._session,))
        if self._underway is not None and await self._was_committed(connection):
            self._done()
        while True:
            if self._underway is None:
                self._underway = self._gather()
            if not self._underway:
                self._underway = None
                if stopping():
                    return
                self._stirred.clear()
                try:
                    await asyncio.wait_for(self._stirred.wait(), 0.5)
                except TimeoutError:
                    continue
                await asyncio.sleep(GATHER_S)
                continue
            await self._store(connection, self._underway)
            self._done()

    def _gather(self) -> _Load:
        load = _Load(endings=self._endings, withheld=self._withheld, attempts=self.attempts[:])
        self.attempts.clear()
        self._endings, self._withheld = [], []
        load.acknowledged = self._receipts[:MOST_RECEIPTS]
        del self._receipts[:MOST_RECEIPTS]
        repeats = self.recent.are_repeats(_said(load.acknowledged))
        load.receipts = [
            one for one, is_repeat in zip(load.acknowledged, repeats, strict=True) if not is_repeat
        ]
        if self._receipts:
            self._stirred.set()
        return load

    async def _store(self, connection: AsyncConnection, load: _Load) -> None:
        load.packed_receipts = await self._pack_receipts(connection, load)
        async with connection.transaction():
            for statement, packed in (
                (rows.COPY_ATTEMPT, load.attempts),
                (rows.COPY_RECEIPT, load.packed_receipts),
                (rows.COPY_WITHHELD, load.withheld),
            ):
                await _copy(connection, statement, packed)
            if load.endings:
                await self._store_endings(connection, load.endings)

    async def _pack_receipts(self, connection: AsyncConnection, load: _Load) -> list[bytes]:
        if not load.receipts:
            return []
        known = self.recent.find((line.channel_id, receipt[2]) for line, receipt, _ in load.receipts)
        missing = [
            (line.channel_id, receipt[2])
            for (line, receipt, _), found in zip(load.receipts, known, strict=True)
            if found is None
        ]
        looked_up = await receipts.find_in_attempts(connection, missing) if missing else {}
        first_id = load.first_receipt_id = await self._take_ids(connection, len(load.receipts))
        packed = []
        for receipt_id, (line, receipt, at), found in zip(
            range(first_id, first_id + len(known)), load.receipts, known, strict=True
        ):
            if found is None:
                found = looked_up.get((line.channel_id, receipt[2]))
                load.unmatched = load.unmatched or found is None
            packed.append(
                receipts.pack(
                    receipt, receipt_id=receipt_id, channel_id=line.channel_id, received_at=at, found=found
                )
            )
        return packed

    async def _take_ids(self, connection: AsyncConnection, count: int) -> int:
        """Consecutive ids of the series `receipt`. A crash leaves a gap; nothing needs them without gaps."""
        if self._next_id + count - 1 > self._last_id:
            size = max(_ID_BLOCK, count)
            cursor = await connection.execute(
                "insert into id_block (name, next_id) values ('receipt', 1 + %(size)s) on conflict (name)"
                " do update set next_id = id_block.next_id + %(size)s returning next_id",
                {"size": size},
            )
            row = await cursor.fetchone()
            assert row is not None
            self._next_id, self._last_id = row[0] - size, row[0] - 1
        first = self._next_id
        self._next_id += count
        return first

    async def _store_endings(self, connection: AsyncConnection, endings: list[Ending]) -> None:
        held = await leases.still_held(
            connection, [ending.lease.chunk_id for ending in endings], gateway=self._gateway
        )
        at = rows.now_us()
        ours = [ending for ending in endings if ending.lease.chunk_id in held]
        finished = []
        for ending in ours:
            if ending.why in (STOPPED, DEADLINE):
                packed = [
                    rows.withheld(message_id, ending.why, at) for message_id in ending.unsent.message_ids
                ]
                await _copy(connection, rows.COPY_WITHHELD, packed)
            if ending.why in (None, STOPPED, DEADLINE):
                finished.append(ending.lease.chunk_id)
            else:
                await leases.hand_back(connection, ending.lease, ending.unsent)
        if finished:
            await leases.finish_chunks(connection, finished)

    def _done(self) -> None:
        """The flush underway is committed: acknowledge."""
        load = self._underway
        self._underway = None
        if load is None:
            return
        if load.receipts:
            self.stored_receipts += len(load.receipts)
            self.recent.reported(_said(load.receipts))
        for line, group in groupby(load.acknowledged, key=lambda one: one[0]):
            line.acknowledge([receipt[:2] for _, receipt, _ in group])
        if load.unmatched:
            self.stored_unmatched.set()
        if load.endings:  # what was handed back can be leased again
            self._wants_loading()

    async def _was_committed(self, connection: AsyncConnection) -> bool:
        """Whether the flush that got no answer is in the database. First makes sure that its server process,
        should it still live, has ended; then any one row of it tells."""
        assert self._underway is not None
        load = self._underway
        await connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where application_name = %s and pid <> pg_backend_pid()",
            (self._session,),
        )
        checks: list[tuple[str, tuple[Any, ...]]] = []
        if load.packed_receipts and load.first_receipt_id is not None:
            checks.append(("select 1 from receipt where id = %s limit 1", (load.first_receipt_id,)))
        if load.attempts:
            message_id, part, at = rows.attempt_key(load.attempts[0])
            checks.append(
                (
                    "select 1 from attempt where message_id = %s and part = %s and at = %s limit 1",
                    (message_id, part, rows.as_datetime(at)),
                )
            )
        if load.withheld:
            checks.append(
                ("select 1 from withheld where message_id = %s limit 1", (rows.message_of(load.withheld[0]),))
            )
        for statement, values in checks[:1]:
            return await (await connection.execute(statement, values)).fetchone() is not None
        return False


async def _copy(connection: AsyncConnection, statement: str, packed: list[bytes]) -> None:
    if not packed:
        return
    async with connection.cursor() as cursor, cursor.copy(statement) as copy:
        await copy.write(rows.copy_data(packed))
