"""The wire barrier from the gateway's side, against a real PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import psycopg
import pytest
from tests.delivery.world import agreed, ask, ask_channels, make_channel, make_plan, one
from tests.patience import PATIENCE_S

from xinfeng.consent.actions import suppress_numbers, withdraw
from xinfeng.delivery import leases
from xinfeng.delivery.actions import pause_plan
from xinfeng.delivery.permit import LIFE_S, News, PermitKeeper
from xinfeng.foundation.database import connect, connect_async
from xinfeng.foundation.locks import WIRE
from xinfeng.kernel.time import utc_now

pytestmark = pytest.mark.usefixtures("committed_db")


class _Holder:
    """Watches what it is told to, and remembers what it hears."""

    def __init__(self, plans: Sequence[int] = (), chunks: Sequence[int] = ()) -> None:
        self.plans, self.chunks = plans, chunks
        self.news: list[News] = []
        self.permits = 0

    def watched(self) -> tuple[Sequence[int], Sequence[int]]:
        return self.plans, self.chunks

    def heard(self, news: News) -> None:
        self.news.append(news)

    def permitted(self) -> None:
        self.permits += 1

    async def drained(self) -> None:
        return None


async def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


def _keep(holder: _Holder, work: Callable[[PermitKeeper, asyncio.Task[None]], Awaitable[None]]) -> None:
    """Run a keeper for gateway `g` around `work`."""

    async def go() -> None:
        stop = False
        async with await connect_async(autocommit=True) as connection:
            keeper = PermitKeeper(holder, gateway="g")
            task = asyncio.create_task(keeper.run(connection, lambda: stop))
            try:
                await work(keeper, task)
            finally:
                stop, holder.chunks = True, ()
                await asyncio.wait([task], timeout=PATIENCE_S)
                task.cancel()

    asyncio.run(go())


def _is_wire_free() -> bool:
    with connect(autocommit=True) as connection:
        row = connection.execute("select pg_try_advisory_lock(%s)", (WIRE,)).fetchone()
        assert row is not None
        return bool(row[0])


def _leased_chunk() -> tuple[int, int, list[int]]:
    """Plan, chunk and contacts; the chunk is leased by `g`."""
    contacts = agreed(3)
    plan = make_plan(contacts, make_channel(7890))

    async def go() -> int:
        async with await connect_async(autocommit=True) as connection:
            (running,) = await leases.running_plans(connection, ask_channels())
            leased = await leases.lease(connection, plan=running, gateway="g", ttl_s=60)
            assert leased is not None
            return leased[0].chunk_id

    return plan, asyncio.run(go()), contacts


def test_the_wire_is_taken_whenever_a_permit_is_valid_and_free_when_nothing_is_loaded() -> None:
    _, chunk, _ = _leased_chunk()
    holder = _Holder(chunks=[chunk])

    async def work(keeper: PermitKeeper, _: asyncio.Task[None]) -> None:
        for _ in range(40):
            await _until(lambda: keeper.valid(time.monotonic()))
            # the loop stands still while we look: the permit can't be given back in between
            assert not _is_wire_free()
            await asyncio.sleep(0.003)
        holder.chunks = ()
        await _until(_is_wire_free)
        assert not keeper.valid(time.monotonic())

    _keep(holder, work)


def test_who_has_the_wire_exclusively_stops_the_gateway_and_it_hears_what_was_committed() -> None:
    plan, chunk, contacts = _leased_chunk()
    holder = _Holder(plans=[plan], chunks=[chunk])
    index = bytes(one("select phone_index from contact where id = %s", contacts[1]))

    async def work(keeper: PermitKeeper, _: asyncio.Task[None]) -> None:
        await _until(lambda: holder.permits > 0)
        with connect() as other:
            await asyncio.to_thread(other.execute, "select pg_advisory_xact_lock(%s)", (WIRE,))
            assert not keeper.valid(time.monotonic() + LIFE_S)
            other.execute(
                "insert into suppression (phone_index, scope, reason, source, at, actor, lifted_by, lifted_reason)"
                " values (%s, 'all', 'complaint', 't', now(), 't', '', '')",
                (index,),
            )
            before = holder.permits
            await asyncio.sleep(0.2)
            assert holder.permits == before
            other.commit()
        await _until(lambda: holder.permits > before)
        assert holder.news[0].reason("marketing", contacts[1], index) == "suppressed_complaint"

    _keep(holder, work)


def test_withdrawals_suppressions_pauses_and_lost_leases_are_heard_once_each_while_they_last() -> None:
    plan, chunk, contacts = _leased_chunk()
    holder = _Holder(plans=[plan], chunks=[chunk])
    index = bytes(one("select phone_index from contact where id = %s", contacts[2]))
    now = utc_now()

    def say_no() -> None:
        from django.db import connection

        withdraw(contacts[0], "marketing", at=now, source="form", evidence="t", actor="t", now=now)
        suppress_numbers([index], scope="marketing", reason="manual", source="t", actor="t", now=now)
        pause_plan(plan, "person", actor="t", now=now)
        with connect(autocommit=True) as raw:
            raw.execute("update chunk set leased_by = 'other'")
        connection.close()

    async def work(keeper: PermitKeeper, _: asyncio.Task[None]) -> None:
        await _until(lambda: holder.permits > 0)
        assert holder.news == []
        await asyncio.to_thread(say_no)
        await _until(
            lambda: any(news.lost for news in holder.news) and any(news.plans for news in holder.news)
        )
        heard = [news for news in holder.news if news.bars]
        assert [news.reason("marketing", contacts[0], b"") for news in heard].count("opted_out") == 1
        assert [news.reason("marketing", 0, index) for news in heard].count("suppressed_manual") == 1
        assert all(news.reason("service", contacts[0], index) is None for news in heard)
        assert {state for news in holder.news for state in news.plans.values()} == {"paused"}
        assert keeper.since(0.0) == heard

    _keep(holder, work)


def test_a_permit_does_not_outlive_its_connection() -> None:
    _, chunk, _ = _leased_chunk()
    holder = _Holder(chunks=[chunk])

    async def work(keeper: PermitKeeper, task: asyncio.Task[None]) -> None:
        await _until(lambda: keeper.valid(time.monotonic()))
        ask(
            "select pg_terminate_backend(pid, 5000) from pg_locks"
            " where locktype = 'advisory' and mode = 'ShareLock' and objid = %s",
            WIRE & 0xFFFFFFFF,
        )
        assert not keeper.valid(time.monotonic() + LIFE_S)
        with pytest.raises(psycopg.OperationalError):
            await task
        assert not keeper.valid(time.monotonic())

    _keep(holder, work)
