"""How chunks change hands, step by step: whatever dies when, a message is written by one gateway at most."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from tests.delivery.world import agreed, ask, ask_channels, fates, make_channel, make_plan, one
from tests.factories import make_contact, make_notice

from xinfeng.consent.actions import append_entries, publish_notice, withdraw
from xinfeng.consent.ledger import NewEntry
from xinfeng.consent.notices import retire_overtaken
from xinfeng.contacts.merging import merge
from xinfeng.delivery import leases
from xinfeng.delivery.actions import stop_plan
from xinfeng.delivery.chunks import Unsent
from xinfeng.foundation.database import bulk_transaction, connect_async
from xinfeng.kernel.time import utc_now

pytestmark = pytest.mark.usefixtures("committed_db")

T = TypeVar("T")


def _with_connection(work: Callable[[Any], Awaitable[T]]) -> T:
    async def go() -> T:
        async with await connect_async(autocommit=True) as connection:
            return await work(connection)

    return asyncio.run(go())


def _plan(messages: int = 10) -> int:
    return make_plan(agreed(messages), make_channel(7890))


async def _lease(connection: Any, gateway: str, ttl_s: float = 60.0) -> Any:
    plans = await leases.running_plans(connection, ask_channels())
    if not plans:
        return None
    return await leases.lease(connection, plan=plans[0], gateway=gateway, ttl_s=ttl_s)


def test_a_chunk_is_leased_by_one_gateway_only() -> None:
    _plan()

    async def work(connection: Any) -> Any:
        return await _lease(connection, "a"), await _lease(connection, "b")

    (lease, found), nothing = _with_connection(work)
    assert nothing is None
    assert [row[0] for row in found] == list(range(lease.first_id, lease.last_id + 1))


def test_a_lease_that_ran_out_unarmed_is_leased_again_whole() -> None:
    plan = _plan()

    async def work(connection: Any) -> Any:
        await _lease(connection, "a", ttl_s=-1)
        assert await leases.recover_expired(connection) == 1
        return await _lease(connection, "b")

    _, found = _with_connection(work)
    assert len(found) == 10
    assert fates(plan) == {"planned": 10}


def test_behind_the_watermark_the_next_gateway_goes_on_and_before_it_all_is_uncertain() -> None:
    plan = _plan()

    async def work(connection: Any) -> Any:
        lease, _ = await _lease(connection, "a", ttl_s=-1)
        assert await leases.arm(connection, [(lease.chunk_id, lease.first_id + 3)], gateway="a", ttl_s=-1)
        await leases.recover_expired(connection)
        return lease, await _lease(connection, "b")

    lease, (_, found) = _with_connection(work)
    assert [row[0] for row in found] == list(range(lease.first_id + 4, lease.last_id + 1))
    assert fates(plan) == {"uncertain": 4, "planned": 6}
    assert {row[0] for row in ask("select code from attempt")} == {"crash"}


def test_what_was_answered_before_the_crash_stays_as_it_was_answered() -> None:
    plan = _plan()

    async def work(connection: Any) -> None:
        lease, _ = await _lease(connection, "a", ttl_s=-1)
        await leases.arm(connection, [(lease.chunk_id, lease.first_id + 3)], gateway="a", ttl_s=-1)
        for offset, outcome in ((0, 1), (1, 2), (2, 3)):
            await connection.execute(
                "insert into attempt (message_id, part, channel_id, outcome, sent_at, at)"
                " values (%s, 1, 1, %s, now(), now())",
                (lease.first_id + offset, outcome),
            )
        await leases.recover_expired(connection)

    _with_connection(work)
    assert fates(plan) == {"accepted": 1, "refused": 1, "uncertain": 2, "planned": 6}


def test_the_former_holder_can_neither_arm_nor_renew_nor_end_nor_hand_back() -> None:
    _plan()

    async def work(connection: Any) -> None:
        lease, _ = await _lease(connection, "a", ttl_s=-1)
        await leases.arm(connection, [(lease.chunk_id, lease.first_id + 3)], gateway="a", ttl_s=-1)
        await leases.recover_expired(connection)
        taken, _ = await _lease(connection, "b")
        assert taken.upto == lease.first_id + 3
        assert not await leases.arm(connection, [(lease.chunk_id, lease.last_id)], gateway="a", ttl_s=60)
        assert not await leases.renew(connection, [lease.chunk_id], gateway="a", ttl_s=60)
        async with connection.transaction():
            assert not await leases.still_held(connection, [lease.chunk_id], gateway="a")
            assert await leases.still_held(connection, [lease.chunk_id], gateway="b") == {lease.chunk_id}

    _with_connection(work)
    assert one("select leased_by from chunk") == "b"


def test_what_is_handed_back_is_sent_by_the_next_and_nothing_else_is() -> None:
    _plan()

    async def work(connection: Any) -> Any:
        lease, _ = await _lease(connection, "a")
        await leases.arm(connection, [(lease.chunk_id, lease.first_id + 7)], gateway="a", ttl_s=60)
        for offset in (0, 1, 3):
            await connection.execute(
                "insert into attempt (message_id, part, channel_id, outcome, sent_at, at)"
                " values (%s, 1, 1, 1, now(), now())",
                (lease.first_id + offset,),
            )
        throttled = lease.first_id + 2
        unsent = Unsent(lease.first_id + 3, ((throttled, throttled),), ())
        async with connection.transaction():
            await leases.still_held(connection, [lease.chunk_id], gateway="a")
            await leases.hand_back(connection, lease, unsent)
        rest = []
        while (leased := await _lease(connection, "b")) is not None:
            rest += [row[0] - lease.first_id for row in leased[1]]
        return rest

    assert sorted(_with_connection(work)) == [2, 4, 5, 6, 7, 8, 9]


def test_a_message_withheld_when_loading_is_withheld_once_however_often_it_is_loaded() -> None:
    contacts = agreed(10)
    plan = make_plan(contacts, make_channel(7890))

    async def work(connection: Any) -> Any:
        await connection.execute(
            "update standing set granted = false where contact_id = any(%s)", (contacts[:3],)
        )
        await _lease(connection, "a")
        await leases.release_orphans(connection, [], gateway="a")
        return await _lease(connection, "a")

    _, found = _with_connection(work)
    assert len(found) == 7
    assert one("select count(*) from withheld") == 3
    assert fates(plan) == {"withheld:opted_out": 3, "planned": 7}


def test_consent_to_a_wording_that_was_overtaken_since_is_withheld_as_stale() -> None:
    old = make_notice()
    contacts = [make_contact(consent=()), *agreed(2)]
    with bulk_transaction() as raw:
        entry = NewEntry(contacts[0], "marketing", True, utc_now(), "form:a", old.pk, "e", "form")
        append_entries(raw, [entry], now=utc_now())
    plan = make_plan(contacts, make_channel(7890))
    publish_notice(
        key=old.key, version="2", purpose="marketing", text="新的目的", effective_at=utc_now(), actor="li",
        requires_renewal=True,
    )  # fmt: skip
    withdraw(contacts[1], "marketing", at=utc_now(), source="x", evidence="e", actor="x", now=utc_now())
    retire_overtaken(now=utc_now())
    _with_connection(lambda connection: _lease(connection, "a"))
    assert fates(plan) == {"withheld:consent_stale": 1, "withheld:opted_out": 1, "planned": 1}


def test_who_was_written_to_under_another_row_is_not_written_to_again() -> None:
    absorbed, survivor, waiting, stranger = contacts = agreed(4)
    plan = make_plan(contacts, make_channel(7890))
    sent = one("select id from message where contact_id = %s", absorbed)
    ask(
        "insert into attempt (message_id, part, channel_id, outcome, sent_at, at)"
        " values (%s, 1, 1, 1, now(), now()) returning 1",
        sent,
    )
    ask("update chunk set intent_upto = %s where plan_id = %s returning 1", sent, plan)
    for row, speaker in ((absorbed, survivor), (waiting, stranger)):
        merge(speaker, row, how="manual", actor="li", reason="同一人", now=utc_now())
    _with_connection(lambda connection: _lease(connection, "a"))
    held = dict(ask("select m.contact_id, w.reason from withheld w join message m on m.id = w.message_id"))
    assert held == {survivor: "merged", waiting: "merged"}


def test_a_stopped_plan_withholds_what_waits_behind_a_watermark() -> None:
    plan = _plan()

    async def work(connection: Any) -> None:
        lease, _ = await _lease(connection, "a", ttl_s=-1)
        await leases.arm(connection, [(lease.chunk_id, lease.first_id + 3)], gateway="a", ttl_s=-1)
        await asyncio.to_thread(_stop, plan)
        await leases.recover_expired(connection)
        assert await leases.withhold_ended(connection, now=utc_now()) == 6
        assert await leases.withhold_ended(connection, now=utc_now()) == 0

    _with_connection(work)
    assert fates(plan) == {"uncertain": 4, "withheld:stopped": 6}


def _stop(plan: int) -> None:
    from django.db import connection

    stop_plan(plan, "person", actor="test", now=utc_now())
    connection.close()


def test_a_suppressed_number_is_withheld_with_its_reason_and_a_missing_one_too() -> None:
    contacts = agreed(4)
    plan = make_plan(contacts, make_channel(7890))

    async def work(connection: Any) -> None:
        await connection.execute(
            "insert into suppression (phone_index, scope, reason, source, at, actor, lifted_by, lifted_reason)"
            " select phone_index, 'all', 'complaint', 't', now(), 't', '', '' from contact where id = %s",
            (contacts[0],),
        )
        await connection.execute(
            "update contact set phone_sealed = null, phone_index = null where id = %s", (contacts[1],)
        )
        await connection.execute("delete from standing where contact_id = %s", (contacts[2],))
        await _lease(connection, "a")

    _with_connection(work)
    assert fates(plan) == {
        "withheld:suppressed_complaint": 1,
        "withheld:no_phone": 1,
        "withheld:no_consent": 1,
        "planned": 1,
    }


def test_a_plan_whose_last_chunk_is_leased_is_still_read_while_it_runs() -> None:
    plan = _plan()

    async def work(connection: Any) -> Any:
        await _lease(connection, "a")
        assert await leases.running_plans(connection, ask_channels()) == []
        return await leases.plans_as_of_now(connection, [plan, plan + 1])

    assert [found.id for found in _with_connection(work)] == [plan]
    stop_plan(plan, "person", actor="test", now=utc_now())
    assert _with_connection(lambda connection: leases.plans_as_of_now(connection, [plan])) == []


def test_a_contact_merged_or_erased_after_planning_is_withheld() -> None:
    contacts = agreed(3)
    plan = make_plan(contacts, make_channel(7890))

    async def work(connection: Any) -> None:
        await connection.execute(
            "update contact set state = 1, merged_into = %s where id = %s", (contacts[2], contacts[0])
        )
        await connection.execute("update contact set state = 2 where id = %s", (contacts[1],))
        await _lease(connection, "a")

    _with_connection(work)
    assert fates(plan) == {"withheld:merged": 1, "withheld:suppressed_erased": 1, "planned": 1}
