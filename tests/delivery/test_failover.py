"""A channel dies in the middle of a plan: what has not left goes on by another, nothing that was written ever does."""

from __future__ import annotations

import asyncio
import signal
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.world import (
    agreed,
    ask,
    ask_channels,
    carrier_and_gateway,
    fates,
    finished,
    make_channel,
    make_routed_plan,
    most_within,
    one,
    plan_state,
    second_carrier,
    wait_until,
)

from xinfeng.channels.actions import disable_channel, enable_channel
from xinfeng.channels.simulator import witness
from xinfeng.delivery import failover, leases
from xinfeng.delivery.actions import resume_plan
from xinfeng.delivery.chunks import Unsent
from xinfeng.foundation.database import connect_async
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now

pytestmark = pytest.mark.usefixtures("committed_db")

CARRIED = "select channel_id, count(distinct message_id) from attempt where outcome = 1 group by 1 order by 1"


def test_a_carrier_that_is_killed_leaves_its_messages_to_the_other_and_none_goes_twice(
    tmp_path: Path,
) -> None:
    failover.save_patience(5, actor="test")
    with (
        second_carrier(tmp_path, "--latency-ms=5") as (port, process),
        carrier_and_gateway(tmp_path) as world,
    ):
        dying = make_channel(port, name="dying", rate_per_s=200, window=100)
        other = make_channel(world.port, name="other", rate_per_s=5000, connections=2, window=100)
        wait_until("select count(*) from connection_state where phase = 'ready'", 3)
        plan = make_routed_plan([(agreed(4000), (dying, other)), (agreed(1000), (other, dying))])
        wait_until("select count(*) > 300 from attempt where channel_id = %s", True, dying)
        process.send_signal(signal.SIGKILL)
        finished(plan)
    found = fates(plan)
    assert sum(found.values()) == 5000
    assert found.keys() <= {"accepted", "uncertain"}
    assert found.get("uncertain", 0) <= 1000  # what was armed and in flight
    assert one("select count(*) from attempt where channel_id = %s and outcome = 1", other) > 3000
    first = {entry.number for entry in witness.accepted(tmp_path / "second.log")}
    second = witness.totals(tmp_path / "carrier.log")
    assert second.duplicates == 0
    assert first.isdisjoint({entry.number for entry in witness.accepted(tmp_path / "carrier.log")})
    assert len(first) + second.numbers <= 5000
    moves = failover.moves_by_plan([plan])[plan]
    assert {(move.from_id, move.to_id) for move in moves} == {(dying, other)}
    assert one("select count(*) from audit_entry where action = 'plan.reroute'") >= 1


def test_a_channel_that_is_switched_off_hands_over_at_once(tmp_path: Path) -> None:
    with carrier_and_gateway(tmp_path) as world:
        slow = make_channel(world.port, name="slow", rate_per_s=200)
        other = make_channel(world.port, name="other", rate_per_s=5000, window=100)
        wait_until("select count(*) from connection_state where phase = 'ready'", 2)
        plan = make_routed_plan([(agreed(2500), (slow, other))])
        wait_until("select count(*) > 50 from attempt where channel_id = %s", True, slow)
        disable_channel(slow, actor="test")
        finished(plan)
        assert fates(plan) == {"accepted": 2500}
    totals = witness.totals(tmp_path / "carrier.log")
    assert (totals.numbers, totals.duplicates) == (2500, 0)
    (move,) = failover.moves_by_plan([plan])[plan]
    assert (move.from_id, move.to_id, move.reason) == (slow, other, failover.DISABLED)
    assert dict(ask(CARRIED))[other] > 1000


def test_a_channel_that_refuses_everything_is_left_for_the_next(tmp_path: Path) -> None:
    with (
        second_carrier(tmp_path, "--refuse=9=1") as (port, _),
        carrier_and_gateway(tmp_path) as world,
    ):
        refusing = make_channel(port, name="refusing", rate_per_s=500)
        other = make_channel(world.port, name="other", rate_per_s=5000, window=100)
        wait_until("select count(*) from connection_state where phase = 'ready'", 2)
        plan = make_routed_plan([(agreed(3000), (refusing, other))])
        finished(plan)
    found = fates(plan)
    assert found["accepted"] > 2000
    assert found["refused"] < 1000
    assert one("select illness from channel_health where channel_id = %s", refusing).startswith(
        "carrier_refuses"
    )


def test_with_nowhere_to_go_a_plan_is_held_and_to_resume_is_to_try_again(tmp_path: Path) -> None:
    with second_carrier(tmp_path, "--refuse=9=1") as (port, _), carrier_and_gateway(tmp_path):
        refusing = make_channel(port, name="refusing", rate_per_s=500)
        plan = make_routed_plan([(agreed(3000), (refusing,))])
        wait_until("select state from plan where id = %s", "paused", plan)
        assert plan_state(plan) == ("paused", "carrier_refuses:9")
        before = one("select count(*) from attempt")
        resume_plan(plan, actor="test", now=utc_now())
        wait_until("select count(*) > %s from attempt", True, before)
        wait_until("select state from plan where id = %s", "paused", plan)


def test_a_plans_rate_holds_over_all_its_channels(tmp_path: Path) -> None:
    with carrier_and_gateway(tmp_path) as world:
        one_, two = make_channel(world.port, name="one"), make_channel(world.port, name="two")
        wait_until("select count(*) from connection_state where phase = 'ready'", 2)
        plan = make_routed_plan([(agreed(150), (one_,)), (agreed(150), (two,))], rate_per_s=100)
        finished(plan)
    assert witness.totals(tmp_path / "carrier.log").submits == 300
    assert most_within(1.0) <= 100


def _with_connection(work: Any) -> Any:
    async def go() -> Any:
        async with await connect_async(autocommit=True) as connection:
            return await work(connection)

    return asyncio.run(go())


def _healthy(*channels: int, now: datetime) -> None:
    for channel in channels:
        ask(
            "insert into channel_health (channel_id, observed_at) values (%s, %s)"
            " on conflict (channel_id) do update set observed_at = excluded.observed_at returning 1",
            *(channel, now),
        )


def _move(now: datetime, patience_s: float = 30.0) -> Any:
    return _with_connection(lambda connection: failover.move(connection, now=now, patience_s=patience_s))


def _where() -> list[tuple[int, str]]:
    return ask("select channel_id, state from chunk order by id")


def _two_channels() -> tuple[int, int]:
    return make_channel(7890, name="first"), make_channel(7891, name="second")


def test_only_what_is_queued_moves_and_only_behind_its_watermark() -> None:
    first, second = _two_channels()
    plan = make_routed_plan([(agreed(2500), (first, second))])
    now = utc_now()
    _healthy(first, second, now=now)

    async def lease(connection: Any) -> Any:
        running = (await leases.running_plans(connection, ask_channels()))[0]
        return await leases.lease(connection, plan=running, gateway="a", ttl_s=60)

    leased, _ = _with_connection(lease)
    disable_channel(first, actor="test")
    (moved,) = _move(now)
    assert (moved.chunks, moved.messages, moved.to_id) == (2, 1500, second)
    assert _where() == [(first, "leased"), (second, "queued"), (second, "queued")]

    async def give_back(connection: Any) -> Any:
        async with connection.transaction():
            await leases.hand_back(
                connection, leased, Unsent(leased.first_id + 399, ((leased.first_id + 7,) * 2,), ())
            )

    _with_connection(give_back)
    (moved,) = _move(now)
    assert (moved.chunks, moved.messages) == (2, 601)
    assert one("select intent_upto from chunk where id = %s", leased.chunk_id) == leased.first_id + 399
    assert {row[0] for row in _where()} == {second}
    assert sum(row.messages for row in failover.moves_by_plan([plan])[plan]) == 2101


def test_a_channel_that_comes_back_gets_nothing_back() -> None:
    first, second = _two_channels()
    make_routed_plan([(agreed(10), (first, second))])
    now = utc_now()
    _healthy(first, second, now=now)
    disable_channel(first, actor="test")
    assert len(_move(now)) == 1
    enable_channel(first, actor="test")
    assert _move(now) == []
    assert _where() == [(second, "queued")]


def test_nothing_moves_to_a_channel_that_is_dead_itself_or_of_another_purpose() -> None:
    first, second = _two_channels()
    service = make_channel(7892, name="third", purpose="service")
    make_routed_plan([(agreed(10), (first, second, service))])
    now = utc_now()
    _healthy(first, service, now=now)
    disable_channel(first, actor="test")
    assert _move(now) == []
    ask(
        "insert into channel_health (channel_id, observed_at, down_since) values (%s, %s, %s) returning 1",
        *(second, now, now - timedelta(seconds=1)),
    )
    assert _move(now) == []
    ask("update channel_health set down_since = null, ill_until = %s where channel_id = %s returning 1",
        now + timedelta(minutes=1), second)  # fmt: skip
    assert _move(now) == []
    assert len(_move(now + timedelta(minutes=2))) == 0  # nobody has looked at it since
    ask("update channel_health set observed_at = %s returning 1", now + timedelta(minutes=2))
    assert len(_move(now + timedelta(minutes=2))) == 1


def test_patience_counts_from_when_somebody_looks_and_a_refused_login_needs_none() -> None:
    first, second = _two_channels()
    make_routed_plan([(agreed(10), (first, second))])
    begin = utc_now()

    def seen(at: datetime, phase: str | None) -> None:
        ask("delete from connection_state returning 1")
        for channel, what in ((first, phase), (second, "ready")):
            if what is not None:
                ask(
                    "insert into connection_state (channel_id, gateway, number, phase, detail, since, seen_at,"
                    " window_used, submitted_per_s) values (%s, 'a', 1, %s, '', %s, %s, 0, 0) returning 1",
                    *(channel, what, at, at),
                )
        _with_connection(lambda connection: failover.observe(connection, now=at))

    seen(begin - timedelta(hours=1), None)  # gateways that stopped an hour ago
    seen(begin, None)
    assert _move(begin) == []
    for second_nr in range(5, 31, 5):
        seen(begin + timedelta(seconds=second_nr), "waiting")
        assert _move(begin + timedelta(seconds=second_nr)) == []
    seen(begin + timedelta(seconds=31), "ready")
    seen(begin + timedelta(seconds=32), "refused")
    assert _move(begin + timedelta(seconds=32)) == []
    seen(begin + timedelta(seconds=38), "refused")
    (moved,) = _move(begin + timedelta(seconds=38))
    assert moved.reason == failover.LOGIN_REFUSED


def test_a_plan_can_leave_a_channel_and_says_what_only_that_one_can_carry() -> None:
    first, second = _two_channels()
    plan = make_routed_plan([(agreed(10), (first, second)), (agreed(10), (second, first))])
    assert failover.leave_channel(plan, first, reason="filing_lapsed", now=utc_now())
    assert _where() == [(second, "queued"), (second, "queued")]
    assert one("select count(*) from chunk where lane <> array[%s::bigint]", second) == 0
    assert not failover.leave_channel(plan, second, reason="filing_lapsed", now=utc_now())
    assert _where() == [(second, "queued"), (second, "queued")]


@pytest.mark.parametrize("seconds", [0, 1, 3601])
def test_patience_has_bounds(seconds: int) -> None:
    with pytest.raises(InvalidInput, match=r"failover\.patience"):
        failover.save_patience(seconds, actor="test")


def _health(channel: int, **columns: Any) -> None:
    now = utc_now()
    given = {
        "observed_at": now,
        "down_since": None,
        "refused": False,
        "ill_until": None,
        "illness": "",
    } | columns
    ask(
        "insert into channel_health (channel_id, observed_at, down_since, refused, ill_until, illness)"
        " values (%s, %s, %s, %s, %s, %s) on conflict (channel_id) do update set observed_at = excluded.observed_at,"
        " down_since = excluded.down_since, refused = excluded.refused, ill_until = excluded.ill_until,"
        " illness = excluded.illness returning 1",
        channel,
        *given.values(),
    )


def test_people_are_told_what_waits_for_channels_that_are_all_dead_and_why() -> None:
    now = utc_now()
    first, second = make_channel(1, name="first"), make_channel(1, name="second")
    plan = make_routed_plan([(agreed(30), (first, second)), (agreed(5), (second,))])
    _health(first)
    _health(second)
    assert failover.stuck(plan, now=now) == []
    _health(first, down_since=now - timedelta(minutes=1))
    assert failover.stuck(plan, now=now) == []  # the other one of its lane is up
    _health(second, down_since=now - timedelta(minutes=1), refused=True)
    assert [(one.channel_id, one.reason, one.messages) for one in failover.stuck(plan, now=now)] == [
        (first, failover.OFFLINE, 30),
        (second, failover.LOGIN_REFUSED, 5),
    ]
    _health(second, down_since=now - timedelta(seconds=1))
    assert failover.stuck(plan, now=now) == []  # it only blinked
    _health(second, ill_until=now + timedelta(minutes=1), illness="carrier_refuses:9")
    disable_channel(first, actor="test")
    assert {(one.reason, one.messages) for one in failover.stuck(plan, now=now)} == {
        (failover.DISABLED, 30),
        ("carrier_refuses:9", 5),
    }
    later = now + timedelta(minutes=5)
    enable_channel(first, actor="test")
    assert {one.reason for one in failover.stuck(plan, now=later)} == {failover.NO_GATEWAY}
    ask("update chunk set state = 'done' where plan_id = %s returning 1", plan)
    assert failover.stuck(plan, now=later) == []
