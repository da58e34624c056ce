"""What is stored when PostgreSQL goes away in the middle: everything, once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import pytest
from tests.delivery.world import ask, one

from xinfeng.delivery import rows
from xinfeng.delivery.models import Outcome
from xinfeng.delivery.outbox import Outbox
from xinfeng.foundation.database import connect_async

pytestmark = pytest.mark.usefixtures("committed_db")


def _attempt(message_id: int) -> bytes:
    at = rows.now_us()
    return rows.attempt(
        message_id=message_id,
        part=1,
        channel_id=1,
        outcome=Outcome.REFUSED,
        code="10",
        sent_at=at,
        at=at,
    )


async def _run_once(outbox: Outbox) -> None:
    async with await connect_async(autocommit=True) as connection:
        await outbox.run(connection, lambda: True)


def _go(work: Callable[[Outbox], Awaitable[None]]) -> None:
    async def go() -> None:
        await work(Outbox(gateway="g"))

    asyncio.run(go())


def test_a_flush_whose_commit_got_no_answer_is_not_stored_twice() -> None:
    async def work(outbox: Outbox) -> None:
        outbox.attempts += [_attempt(1), _attempt(2)]
        async with await connect_async(autocommit=True) as connection:
            outbox._underway = outbox._gather()
            await outbox._store(connection, outbox._underway)
            # the answer to the commit never came: the load is still underway
        await _run_once(outbox)
        assert outbox.empty

    _go(work)
    assert ask("select message_id from attempt order by 1") == [(1,), (2,)]


def test_a_flush_that_was_rolled_back_is_stored_again() -> None:
    async def work(outbox: Outbox) -> None:
        outbox.attempts.append(_attempt(1))
        outbox.withhold([(2, "stopped")])
        async with await connect_async(autocommit=True) as connection:
            outbox._underway = outbox._gather()
            with pytest.raises(psycopg.OperationalError):
                async with connection.transaction():
                    await outbox._store(connection, outbox._underway)
                    await asyncio.to_thread(
                        ask, "select pg_terminate_backend(%s, 5000)", connection.info.backend_pid
                    )
        assert one("select count(*) from attempt") == 0
        await _run_once(outbox)

    _go(work)
    assert one("select count(*) from attempt") == 1
    assert ask("select message_id, reason from withheld") == [(2, "stopped")]


def test_what_arrives_while_it_is_told_to_stop_is_still_stored() -> None:
    async def work(outbox: Outbox) -> None:
        outbox.attempts += [_attempt(number) for number in range(1, 5001)]
        await _run_once(outbox)
        assert outbox.empty

    _go(work)
    assert one("select count(*) from attempt") == 5000
