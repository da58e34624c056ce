"""Connections over real sockets: the simulated carrier on the other side, and peers that make no sense."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.patience import PATIENCE_S

from xinfeng.channels.backoff import Backoff
from xinfeng.channels.cmpp import CmppConfig
from xinfeng.channels.connection import Answered, Connection, Ref
from xinfeng.channels.models import ConnectionPhase
from xinfeng.channels.probe import try_login
from xinfeng.channels.sessions import ChannelAccount, ChannelSessions
from xinfeng.channels.simulator import Behaviour, Options
from xinfeng.channels.simulator.server import Running, serving
from xinfeng.protocols.traffic import Receipt, Reply


class _Listener:
    def __init__(self) -> None:
        self.answers: list[Answered] = []
        self.late: list[Answered] = []
        self.without: list[tuple[Ref, str]] = []
        self.receipts: list[tuple[Connection, Receipt]] = []

    def answered(self, _: Connection, answers: list[Answered]) -> None:
        self.answers += answers

    def answered_late(self, _: Connection, answers: list[Answered]) -> None:
        self.late += answers

    def unanswered(self, _: Connection, refs: list[Ref], code: str) -> None:
        self.without += [(ref, code) for ref in refs]

    def received(self, connection: Connection, receipts: list[Receipt], _: list[Reply]) -> None:
        self.receipts += [(connection, one) for one in receipts]

    def changed(self, connection: Connection) -> None:
        assert connection.phase in ConnectionPhase


def _account(port: int, *, secret: str = "888888", **config: Any) -> ChannelAccount:
    given = {"host": "127.0.0.1", "port": port, "account": "900001", "access_code": "10690001", **config}
    return ChannelAccount(
        id=1, purpose="marketing", config=CmppConfig.read(given, "cmpp3"), rate_per_s=1000, secret=secret
    )


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.005)


Work = Callable[[Running, ChannelSessions, _Listener], Awaitable[None]]


def _with_carrier(
    work: Work, *, secret: str = "888888", behaviour: dict[str, Any] | None = None, **config: Any
) -> None:
    async def go() -> None:
        options = Options(
            port=0, behaviour=Behaviour().changed({"receipt_delay_ms": 10, **(behaviour or {})})
        )
        async with serving(options) as running:
            listener = _Listener()
            sessions = ChannelSessions(
                _account(running.port, secret=secret, **config),
                listener,
                make_backoff=lambda: Backoff(lambda: 0.0, first_s=0.05),
            )
            sessions.start()
            try:
                await work(running, sessions, listener)
            finally:
                await sessions.stop()

    asyncio.run(go())


def _submit(line: Connection, count: int) -> int:
    items = [(f"139{index:08d}", b"hello", 0, 1, 1) for index in range(count)]
    refs = [("ref", index, 0) for index in range(count)]
    return line.submit(items, refs, asyncio.get_running_loop().time())


def test_submits_are_answered_and_reported_and_reports_acknowledged() -> None:
    async def work(running: Running, sessions: ChannelSessions, listener: _Listener) -> None:
        await _until(lambda: len(sessions.ready()) == 2)
        assert _submit(sessions.ready()[0], 5) == 5
        await _until(lambda: len(listener.answers) == 5 and len(listener.receipts) == 5)
        assert [ref[1] for ref, _, result in listener.answers if result == 0] == [0, 1, 2, 3, 4]
        assert {one[2] for _, one in listener.receipts} == {msg_id for _, msg_id, _ in listener.answers}
        for connection, one in listener.receipts:
            connection.acknowledge([one[:2]])
        await _until(lambda: running.carrier.counters.deliveries_acknowledged == 5)

    _with_carrier(work, connections=2)


def test_no_more_is_in_flight_than_the_window_allows() -> None:
    async def work(_: Running, sessions: ChannelSessions, __: _Listener) -> None:
        await _until(lambda: bool(sessions.ready()))
        line = sessions.ready()[0]
        assert _submit(line, 10) == 4
        assert line.free_window == 0
        assert line.window_used == 4

    _with_carrier(work, window=4, behaviour={"latency_ms": 5000})


def test_a_cut_connection_hands_back_what_was_unanswered_and_returns() -> None:
    async def work(running: Running, sessions: ChannelSessions, listener: _Listener) -> None:
        await _until(lambda: bool(sessions.ready()))
        first = sessions.ready()[0]
        _submit(first, 3)
        running.carrier.cut()
        await _until(lambda: len(listener.without) == 3)
        assert {code for _, code in listener.without} == {"lost"}
        await _until(lambda: bool(sessions.ready()))
        assert sessions.ready()[0] is not first

    _with_carrier(work, behaviour={"latency_ms": 5000})


def test_an_answer_after_its_time_is_handed_over_as_late() -> None:
    async def work(_: Running, sessions: ChannelSessions, listener: _Listener) -> None:
        await _until(lambda: bool(sessions.ready()))
        _submit(sessions.ready()[0], 1)
        await asyncio.sleep(0.6)
        _submit(sessions.ready()[0], 1)
        await _until(lambda: len(listener.late) >= 1)
        assert listener.without[0][1] == "timeout"

    _with_carrier(work, behaviour={"latency_ms": 6000}, response_timeout_s=4)


def test_a_carrier_that_owes_an_answer_gets_nothing_until_it_says_something() -> None:
    async def work(running: Running, sessions: ChannelSessions, listener: _Listener) -> None:
        await _until(lambda: bool(sessions.ready()))
        line = sessions.ready()[0]
        _submit(line, 1)
        await _until(lambda: running.carrier.counters.accepted == 1)
        running.carrier.behave(running.carrier.behaviour.changed({"silent": True}))
        _submit(line, 1)
        await _until(lambda: len(listener.without) == 2)
        assert line.free_window == 0
        await _until(lambda: line.closed.done())
        assert line.detail == "silent"

    _with_carrier(work, behaviour={"latency_ms": 60_000}, response_timeout_s=2)


def test_a_carrier_that_lost_an_answer_but_lives_goes_on_being_used() -> None:
    async def work(_: Running, sessions: ChannelSessions, listener: _Listener) -> None:
        await _until(lambda: bool(sessions.ready()))
        line = sessions.ready()[0]
        _submit(line, 1)
        await _until(lambda: len(listener.without) == 1)
        await _until(lambda: line.free_window > 0)
        assert not line.closed.done()

    _with_carrier(work, behaviour={"latency_ms": 600_000}, response_timeout_s=2)


def test_a_refused_login_is_shown_and_not_tried_again_soon() -> None:
    async def work(running: Running, sessions: ChannelSessions, __: _Listener) -> None:
        await _until(lambda: sessions.places[0].phase is ConnectionPhase.REFUSED)
        await asyncio.sleep(0.3)
        assert running.carrier.counters.logins_refused == 1
        assert sessions.ready() == []

    _with_carrier(work, secret="wrong")


def test_a_silent_link_is_tested_and_stays() -> None:
    async def work(_: Running, sessions: ChannelSessions, __: _Listener) -> None:
        await _until(lambda: bool(sessions.ready()))
        line = sessions.ready()[0]
        await asyncio.sleep(2.5)
        assert sessions.ready() == [line]

    _with_carrier(work, keepalive_s=1)


def test_garbage_ends_the_connection_cleanly_and_it_returns() -> None:
    async def work(running: Running, sessions: ChannelSessions, __: _Listener) -> None:
        await _until(lambda: bool(sessions.ready()))
        first = sessions.ready()[0]
        running.carrier.send_garbage()
        await _until(lambda: first.closed.done())
        assert first.detail.startswith("cmpp.")
        await _until(lambda: bool(sessions.ready()))

    _with_carrier(work)


@pytest.mark.parametrize(
    "noise", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00\x00\x00\x0c", b"\xff" * 5000, b"\x00" * 64, b""]
)
def test_a_peer_that_is_no_carrier_is_left(noise: bytes) -> None:
    async def go() -> None:
        async def peer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(noise)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(peer, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            sessions = ChannelSessions(
                _account(port), _Listener(), make_backoff=lambda: Backoff(lambda: 0.0, first_s=0.05)
            )
            sessions.start()
            await _until(lambda: sessions.places[0].phase is ConnectionPhase.WAITING)
            await sessions.stop()

    asyncio.run(go())


def test_a_port_where_nobody_listens_is_waited_for() -> None:
    async def go() -> None:
        sessions = ChannelSessions(_account(1), _Listener())
        sessions.start()
        await _until(lambda: sessions.places[0].phase is ConnectionPhase.WAITING)
        assert sessions.places[0].detail.startswith("connect.")
        await sessions.stop()

    asyncio.run(go())


@pytest.mark.parametrize(("secret", "code", "status"), [("888888", "ok", 0), ("wrong", None, 3)])
def test_an_account_can_be_tried(secret: str, code: str | None, status: int) -> None:
    async def work(running: Running, _: ChannelSessions, __: _Listener) -> None:
        config = _account(running.port).config
        result = await asyncio.to_thread(try_login, config, secret, timeout_s=PATIENCE_S)
        assert result.status == status
        assert result.ok == (code == "ok")

    _with_carrier(work)


def test_an_unreachable_account_says_so() -> None:
    assert try_login(_account(1).config, "x", timeout_s=PATIENCE_S).code == "connect.refused"
