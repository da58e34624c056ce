"""What a dispatch holds of a plan, and what it learns of it later. Nothing is written here: no connection is open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from xinfeng.channels.cmpp import CmppConfig
from xinfeng.channels.sessions import ChannelAccount, ChannelSessions
from xinfeng.delivery.chunks import Lease, LoadedChunk
from xinfeng.delivery.dispatch import CLOSED_WINDOW, Dispatch
from xinfeng.delivery.leases import DEADLINE, RunningPlan
from xinfeng.delivery.outbox import Outbox

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _window(start: datetime, end: datetime) -> list[str]:
    return [start.isoformat(), end.isoformat()]


PLAN = RunningPlan(
    id=1,
    purpose="marketing",
    channel_id=1,
    windows=[_window(NOON - HOUR, NOON + 3 * HOUR)],
    deadline=NOON + 3 * HOUR,
    rate_per_s=None,
)


def _with_a_loaded_chunk(work: Callable[[Dispatch, LoadedChunk], None]) -> None:
    async def go() -> None:
        config = {"host": "127.0.0.1", "port": 7890, "account": "900001", "access_code": "10690001"}
        account = ChannelAccount(
            id=1,
            purpose="marketing",
            config=CmppConfig.read(config, "cmpp3"),
            rate_per_s=100,
            secret="888888",
        )
        dispatch = Dispatch(
            ChannelSessions(account, cast(Any, None)),
            Outbox(gateway="test", wants_loading=lambda: None),
            permitted=lambda _: False,
            wants_arming=lambda: None,
            wants_loading=lambda: None,
            pause=lambda *_: None,
        )
        chunk = LoadedChunk(
            Lease(7, 1, 1, 100, 100, NOON, None),
            items=[("13900000000", b"x", 8, 1, 1)],
            ids=[100],
            contacts=[1],
            numbers=[b"1"],
        )
        dispatch.add(PLAN, chunk)
        work(dispatch, chunk)

    asyncio.run(go())


def _look(dispatch: Dispatch, at: datetime) -> None:
    dispatch.look_after(0.0, at.timestamp())


def test_windows_narrowed_after_loading_close_what_is_loaded() -> None:
    def work(dispatch: Dispatch, chunk: LoadedChunk) -> None:
        _look(dispatch, NOON)
        assert chunk.closing is None
        dispatch.refresh(replace(PLAN, windows=[_window(NOON - HOUR, NOON + HOUR)]))
        _look(dispatch, NOON + HOUR - timedelta(seconds=1))
        assert chunk.closing is None
        _look(dispatch, NOON + HOUR)
        assert chunk.closing == CLOSED_WINDOW
        assert dispatch.chunks() == []

    _with_a_loaded_chunk(work)


def test_a_deadline_brought_forward_counts_too() -> None:
    def work(dispatch: Dispatch, chunk: LoadedChunk) -> None:
        dispatch.refresh(replace(PLAN, deadline=NOON))
        assert not dispatch.wanted(PLAN, 1.0, NOON.timestamp())
        _look(dispatch, NOON)
        assert chunk.closing == DEADLINE

    _with_a_loaded_chunk(work)


def test_a_rate_set_on_a_living_plan_is_kept_from_then_on() -> None:
    def work(dispatch: Dispatch, _: LoadedChunk) -> None:
        dispatch.refresh(replace(PLAN, rate_per_s=5))
        rate = dispatch.tracks[1].rate
        assert rate is not None and rate.limit == 5
        dispatch.refresh(PLAN)
        assert dispatch.tracks[1].rate is None

    _with_a_loaded_chunk(work)


def test_news_of_a_plan_that_is_not_being_sent_are_nothing() -> None:
    def work(dispatch: Dispatch, chunk: LoadedChunk) -> None:
        dispatch.refresh(replace(PLAN, id=2, deadline=NOON))
        _look(dispatch, NOON)
        assert chunk.closing is None and list(dispatch.tracks) == [1]

    _with_a_loaded_chunk(work)
