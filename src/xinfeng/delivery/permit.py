"""The permit to write to sockets: the gateway's half of the wire barrier (law 2; docs/contract.md).

The keeper holds the advisory lock WIRE shared on a connection that does nothing else. While it holds it, no
withdrawal, suppression or opt-out can commit. Every `HOLD_S` it gives the lock back, takes it again and, holding
it, reads what was committed in between; only then is writing allowed again. So whatever reaches a socket was
checked against everything committed before it.

The clock is a second line: should PostgreSQL die, the lock is gone without a word, so a permit is valid for
`LIFE_S` only. PostgreSQL ends the session itself when it hears nothing for `IDLE_S`: a gateway that hangs must
not hold up people's opt-outs.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import psycopg
from psycopg import sql

from xinfeng.foundation.locks import WIRE

log = logging.getLogger(__name__)

AsyncConnection = psycopg.AsyncConnection[tuple[Any, ...]]

HOLD_S = 0.04
LIFE_S = 0.08
IDLE_S = 3.0
IDLE_PACE_S = 1.0
_KEPT_S = 120.0


@dataclass(frozen=True, slots=True)
class News:
    """What was committed since the last look."""

    contacts: frozenset[tuple[str, int]] = frozenset()
    """(purpose, contact) that withdrew."""
    numbers: dict[tuple[str, bytes], str] = field(default_factory=dict)
    """(scope, phone index) that was suppressed, and the reason."""
    plans: dict[int, str] = field(default_factory=dict)
    """Watched plans that are not running any more, and their state."""
    lost: frozenset[int] = frozenset()
    """Watched chunks whose lease is no longer ours."""

    @property
    def bars(self) -> bool:
        return bool(self.contacts or self.numbers)

    def reason(self, purpose: str, contact_id: int, phone_index: bytes) -> str | None:
        """Why this person must not be written to for this purpose, by this news; None: it says nothing of her."""
        suppressed = self.numbers.get(("all", phone_index)) or self.numbers.get((purpose, phone_index))
        if suppressed is not None:
            return "opted_out" if suppressed == "opt_out" else f"suppressed_{suppressed}"
        return "opted_out" if (purpose, contact_id) in self.contacts else None


class Holder(Protocol):
    """Whom the keeper asks and tells. All but `drained` are called from the event loop and must not block."""

    def watched(self) -> tuple[Sequence[int], Sequence[int]]: ...
    def heard(self, news: News) -> None: ...
    def permitted(self) -> None: ...
    async def drained(self) -> None: ...


class PermitKeeper:
    """Keeps the permit while something is loaded; sleeps otherwise, looking up the news now and then."""

    def __init__(self, holder: Holder, *, gateway: str) -> None:
        self._holder = holder
        self._gateway = gateway
        self._until = 0.0
        self._wake = asyncio.Event()
        self._seen: tuple[int, int] | None = None
        self._told: deque[tuple[float, News]] = deque()

    def valid(self, now: float) -> bool:
        """Whether octets may be handed to the kernel at `now` (monotonic)."""
        return now < self._until

    def wake(self) -> None:
        """Something was loaded that wants to be written."""
        self._wake.set()

    @property
    def ready(self) -> bool:
        """Whether the news have been read once; nothing may be loaded before."""
        return self._seen is not None

    def since(self, began: float) -> list[News]:
        """What was heard since the monotonic moment `began`. What takes longer to load must be loaded again."""
        return [news for at, news in self._told if at >= began]

    def forgets(self, began: float) -> bool:
        """Whether `since(began)` can no longer be complete."""
        return time.monotonic() - began > _KEPT_S / 2

    async def run(self, connection: AsyncConnection, stopping: Callable[[], bool]) -> None:
        """Keep permits on this connection until told to stop or until it breaks."""
        self._until = 0.0
        try:
            await connection.execute(
                sql.SQL("set idle_session_timeout = {}").format(sql.Literal(f"{IDLE_S:.0f}s"))
            )
            await self._settle(connection)
            while not stopping():
                _, chunks = self._holder.watched()
                if chunks:
                    await self._hold(connection)
                else:
                    await self._rest(connection)
        finally:
            self._until = 0.0

    async def _settle(self, connection: AsyncConnection) -> None:
        """Where the ledger and the suppressions stand, on the first connection."""
        if self._seen is None:
            cursor = await connection.execute(_WHERE)
            row = await cursor.fetchone()
            assert row is not None
            self._seen = (int(row[0]), int(row[1]))

    async def _hold(self, connection: AsyncConnection) -> None:
        await connection.execute(sql.SQL("select pg_advisory_lock_shared({})").format(sql.Literal(WIRE)))
        renewal = sql.SQL(
            "select pg_advisory_unlock_shared({wire}); select pg_advisory_lock_shared({wire}); "
        ).format(wire=sql.Literal(WIRE))
        text: sql.Composed | sql.SQL = sql.SQL("")
        while True:
            self._tell(await self._look(connection, text))
            if not self._holder.watched()[1]:
                break
            self._until = time.monotonic() + LIFE_S
            self._holder.permitted()
            await asyncio.sleep(HOLD_S)
            self._until = 0.0
            await self._holder.drained()
            text = renewal
        await connection.execute(sql.SQL("select pg_advisory_unlock_shared({})").format(sql.Literal(WIRE)))

    async def _rest(self, connection: AsyncConnection) -> None:
        self._wake.clear()
        try:
            await asyncio.wait_for(self._wake.wait(), IDLE_PACE_S)
        except TimeoutError:
            self._tell(await self._look(connection, sql.SQL("")))

    def _tell(self, news: News) -> None:
        now = time.monotonic()
        while self._told and self._told[0][0] < now - _KEPT_S:
            self._told.popleft()
        if news.bars:
            self._told.append((now, news))
        if news.bars or news.plans or news.lost:
            self._holder.heard(news)

    async def _look(self, connection: AsyncConnection, before: sql.Composed | sql.SQL) -> News:
        """Run `before` and read the news, in one round trip. Statements of one simple query each have a
        snapshot of their own, so the news are read after the lock is held."""
        assert self._seen is not None
        plans, chunks = self._holder.watched()
        query = sql.Composed([before, _news(self._seen, plans, chunks, self._gateway)])
        cursor = psycopg.AsyncClientCursor(connection)
        await cursor.execute(query)
        while cursor.nextset():
            pass
        seq, suppression = self._seen
        contacts, numbers, states, held = set(), {}, {}, set()
        for what, number, word, index in await cursor.fetchall():
            if what == "head":
                seq = max(seq, number)
            elif what == "entry":
                contacts.add((word, number))
            elif what == "number":
                scope, _, reason = word.partition(":")
                numbers[scope, bytes(index)] = reason
                suppression = max(suppression, int(number))
            elif what == "plan":
                states[int(number)] = word
            else:
                held.add(int(number))
        self._seen = (seq, suppression)
        lost = frozenset(chunks) - held
        return News(frozenset(contacts), numbers, states, lost)


def _news(seen: tuple[int, int], plans: Sequence[int], chunks: Sequence[int], gateway: str) -> sql.Composed:
    """(what, number, word, index) rows; see `_look`."""
    pieces = [_LEDGER.format(seq=sql.Literal(seen[0]), suppression=sql.Literal(seen[1]))]
    if plans:
        pieces.append(_PLANS.format(plans=sql.Literal(list(plans))))
    if chunks:
        pieces.append(_CHUNKS.format(chunks=sql.Literal(list(chunks)), gateway=sql.Literal(gateway)))
    return sql.SQL(" union all ").join(pieces)


_WHERE = "select (select seq from ledger_head where id = 1), (select coalesce(max(id), 0) from suppression)"

_LEDGER = sql.SQL("""
select 'head' as what, seq as number, null as word, null::bytea as index from ledger_head where id = 1
union all
select 'entry', contact_id, purpose, null from consent_entry where seq > {seq} and not granted
union all
select 'number', id, scope || ':' || reason, phone_index from suppression
where id > {suppression} and lifted_at is null
""")

_PLANS = sql.SQL("select 'plan', id, state, null from plan where id = any({plans}) and state <> 'running'")

_CHUNKS = sql.SQL(
    "select 'chunk', id, null, null from chunk"
    " where id = any({chunks}) and leased_by = {gateway} and state = 'leased'"
)
