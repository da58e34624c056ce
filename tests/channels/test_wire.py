"""The wire between our lines and the simulated carrier, of every protocol, as it is on bad days: slow, cut in any place,
closed in one direction only, with messages in it that nobody understands.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from tests.channels.test_dialects import KINDS, Scene, play, until
from tests.protocols.conformance.dialects import DIALECTS as SPOKEN
from tests.protocols.conformance.harness import Dialect

from xinfeng.channels.kinds import open_sessions, read_config
from xinfeng.channels.probe import try_login
from xinfeng.channels.sessions import ChannelAccount
from xinfeng.kernel.time import utc_now
from xinfeng.protocols.traffic import Opened, StrayResponses, SubmitResponses

NUMBERS = [f"139{index:08d}" for index in range(4)]


@pytest.fixture(params=sorted(KINDS))
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def spoken(protocol: str) -> Dialect:
    """What the conformance suite knows of it."""
    return next(one for one in SPOKEN if one.name == KINDS[protocol][0].replace("cmpp3", "cmpp30"))


class Wire:
    """Carries octets between a line and a carrier, `piece` of them at a time. `to_line` may change what the carrier says;
    where it sets `ends`, that direction is closed behind it, and the other stays open."""

    def __init__(self, carrier_port: int, *, piece: int = 65_536) -> None:
        self.to_line: Callable[[bytes], bytes] = lambda data: data
        self.ends = False
        self.lines = 0
        self._carrier_port, self._piece = carrier_port, piece

    @contextlib.asynccontextmanager
    async def laid(self) -> AsyncIterator[int]:
        server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines += 1
        theirs, ours = await asyncio.open_connection("127.0.0.1", self._carrier_port)
        async with asyncio.TaskGroup() as both:
            both.create_task(self._carry(reader, ours, lambda data: data))
            both.create_task(self._carry(theirs, writer, lambda data: self.to_line(data)))
        for end in (ours, writer):
            end.close()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, change: Callable[[bytes], bytes]
    ) -> None:
        with contextlib.suppress(ConnectionError):
            ended = False
            while not ended and (data := await reader.read(65_536)):
                changed = change(data)
                ended, self.ends = self.ends, False
                for start in range(0, len(changed), self._piece):
                    writer.write(changed[start : start + self._piece])
                    await writer.drain()
                    await asyncio.sleep(0)
            writer.write_eof()


def play_over(
    protocol: str, work: Callable[[Scene, Wire], Any], *, piece: int = 65_536, **behaviour: Any
) -> None:
    """As `play`, with a wire of ours in between; the scene's sessions are those at its other end."""

    async def go(scene: Scene) -> None:
        wire = Wire(scene.running.port, piece=piece)
        async with wire.laid() as port:
            kind, own = KINDS[protocol]
            given = {"host": "127.0.0.1", "port": port, "access_code": "10690001", **own}
            account = ChannelAccount(
                id=8,
                purpose="marketing",
                config=read_config(given | ({"listen_port": 0} if protocol == "sgip" else {}), kind),
                rate_per_s=1000,
                secret="888888",
            )
            sessions = open_sessions(account, scene.ear)
            sessions.start()
            try:
                await work(Scene(scene.running, sessions, scene.ear, protocol), wire)
            finally:
                await sessions.stop()

    play(protocol, go, behaviour=behaviour)


def test_octets_may_trickle_in_both_directions(protocol: str) -> None:
    async def work(scene: Scene, _: Wire) -> None:
        assert scene.submit(await scene.ready(), NUMBERS) == 4
        await until(lambda: len(scene.ear.answers) == 4 and len(scene.ear.receipts) >= 4)
        assert {result for _, _, result in scene.ear.answers} == {0}

    play_over(protocol, work, piece=1)


def test_a_carrier_that_closes_its_half_within_an_answer(protocol: str) -> None:
    """What it says of one message is whole, of the next it is not: the one is accepted, the others are uncertain. None is
    sent again by the line, and the line that follows works."""

    async def work(scene: Scene, wire: Wire) -> None:
        line = await scene.ready()
        heard = b""

        def cut(data: bytes) -> bytes:
            """The first answer, and six octets of the second."""
            nonlocal heard
            heard += data
            end = int.from_bytes(heard[:4], "big") + 6
            wire.ends = len(heard) >= end
            return heard[:end] if wire.ends else b""

        wire.to_line = cut
        assert scene.submit(line, NUMBERS) == 4
        await until(lambda: len(scene.ear.without) == 3)
        assert [result for _, _, result in scene.ear.answers] == [0]
        assert {code for _, code in scene.ear.without} == {"lost"}
        wire.to_line = lambda data: data
        await until(lambda: line not in scene.sessions.ready() and bool(scene.sessions.ready()))
        assert wire.lines == 2
        assert scene.counters.accepted == 4
        assert scene.submit(scene.sessions.ready()[0], NUMBERS[:1]) == 1
        await until(lambda: len(scene.ear.answers) == 2)

    play_over(protocol, work, lose_receipts=1.0)


def test_what_nobody_understands_does_not_end_a_line(protocol: str) -> None:
    """An unknown command, a delivery that can't be read, and one cut short behind its header, between two answers."""
    dialect = spoken(protocol)
    strange = [dialect.frame(dialect.unknown_command | 0x80000000, b"what is this")]
    strange += [dialect.frame(command, body) for command in dialect.deliveries for body in (b"", b"\1\2\3")]

    async def work(scene: Scene, wire: Wire) -> None:
        line = await scene.ready()
        wire.to_line = lambda data: b"".join(strange) + data
        assert scene.submit(line, NUMBERS) == 4
        await until(lambda: len(scene.ear.answers) == 4)
        wire.to_line = lambda data: data
        assert scene.submit(line, NUMBERS[:1]) == 1
        await until(lambda: len(scene.ear.answers) == 5)
        assert (scene.ear.without, wire.lines) == ([], 1)
        assert scene.counters.violations == 0

    play_over(protocol, work, lose_receipts=1.0)


def test_a_provider_that_closes_its_half_within_a_submit(protocol: str) -> None:
    """The simulated carrier answers what was whole, forgets the rest, and hangs up."""

    async def work(scene: Scene) -> None:
        await scene.ready()
        config = scene.sessions.account.config
        session = config.session("888888")
        reader, writer = await asyncio.open_connection("127.0.0.1", scene.running.port)
        session.connect(utc_now(), 0.0)
        writer.write(session.data_to_send())
        while not any(isinstance(event, Opened) for event in session.feed(await reader.read(4096), 0.0)):
            pass
        whole, _ = session.submit_batch(config.write(NUMBERS[0], "您好", reference=1), 0.0)
        half, _ = session.submit_batch(config.write(NUMBERS[1], "您好", reference=2), 0.0)
        writer.write(whole + half[: len(half) // 2])
        writer.write_eof()
        events = session.feed(await reader.read(), 0.0)
        assert sum(len(event.items) for event in events if isinstance(event, SubmitResponses)) <= 1
        assert not any(isinstance(event, StrayResponses) for event in events)
        writer.close()
        await until(lambda: len(scene.running.carrier.connections) <= 1 + (protocol == "sgip"))
        assert scene.counters.accepted == 1
        assert scene.submit(scene.sessions.ready()[0], NUMBERS[:1]) == 1
        await until(lambda: len(scene.ear.answers) == 1)

    play(protocol, work, behaviour={"lose_receipts": 1.0})


def test_smpp_over_a_transmitter_and_a_receiver_of_one_channel() -> None:
    """Submits leave over the one, receipts and replies come over the other, and are about the same messages."""

    async def work(scene: Scene) -> None:
        await until(lambda: [place.phase.name for place in scene.sessions.places] == ["READY"] * 2)
        (line,) = scene.sessions.ready()
        assert (line.number, scene.submit(line, NUMBERS)) == (1, 4)
        await until(lambda: len(scene.ear.answers) == 4 and len(scene.ear.receipts) == 4)
        assert {id_ for _, id_, _ in scene.ear.answers} == {one[2] for one in scene.ear.receipts}
        await until(lambda: scene.counters.deliveries_acknowledged == 4)
        logins = scene.counters.logins
        config = scene.sessions.account.config
        assert (await asyncio.to_thread(try_login, config, "888888")).ok
        assert scene.counters.logins == logins + 2, "both are tried"
        receiver = scene.sessions.places[1].connection
        assert receiver is not None
        assert (receiver.free_window, receiver.submitted) == (0, 0)
        receiver.abort("test")
        assert scene.sessions.ready() == [line], "what submits does not need what receives"

    play("smpp", work, mode="pair")
