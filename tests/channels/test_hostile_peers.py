"""Peers that behave like other carriers' software, or like none: each ends in a word, and none costs the others anything."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.patience import PATIENCE_S

from xinfeng.channels.backoff import Backoff
from xinfeng.channels.cmpp import CmppConfig
from xinfeng.channels.codes import explain_login
from xinfeng.channels.config import LineConfig
from xinfeng.channels.intake import MOST_OWED, SLICE, Intake
from xinfeng.channels.kinds import read_config
from xinfeng.channels.lines import Line
from xinfeng.channels.models import ConnectionPhase
from xinfeng.channels.probe import try_login
from xinfeng.channels.reaching import other_speech, why_unreachable
from xinfeng.channels.sessions import ChannelAccount, ChannelSessions, Place
from xinfeng.channels.sgip import SgipConfig
from xinfeng.protocols.traffic import Receipt, Reply

Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HEAD = struct.Struct(">III")


def pdu(command: int, sequence: int, body: bytes = b"") -> bytes:
    return HEAD.pack(HEAD.size + len(body), command, sequence) + body


def welcome(sequence: int, *, status: int = 0, version: int = 0x30) -> bytes:
    return pdu(0x80000001, sequence, struct.pack(">I16sB", status, bytes(16), version))


async def request(reader: asyncio.StreamReader) -> tuple[int, int, bytes]:
    length, command, sequence = HEAD.unpack(await reader.readexactly(HEAD.size))
    return command, sequence, await reader.readexactly(length - HEAD.size)


async def let_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    _, sequence, _ = await request(reader)
    writer.write(welcome(sequence))


class Ear:
    """Hears, and acknowledges nothing by itself."""

    def __init__(self) -> None:
        self.replies: list[tuple[Line, Reply]] = []
        self.answers: list[Any] = []

    def answered(self, _: Line, answers: list[Any]) -> None:
        self.answers += answers

    def answered_late(self, _: Line, answers: list[Any]) -> None:
        self.answers += answers

    def unanswered(self, _: Line, refs: list[Any], code: str) -> None: ...

    def received(self, line: Line, _: list[Receipt], replies: list[Reply]) -> None:
        self.replies += [(line, one) for one in replies]

    def changed(self, _: Line) -> None: ...


def account(port: int, kind: str = "cmpp3", **more: Any) -> ChannelAccount:
    stated = {"host": "127.0.0.1", "port": port, "access_code": "10690001", "response_timeout_s": 30, **more}
    stated |= {"system_id": "s"} if kind == "smpp34" else {"account": "900001"}
    return ChannelAccount(
        id=1,
        purpose="marketing",
        config=read_config(stated, kind),
        rate_per_s=100,
        secret="hushhush",
        kind=kind,
    )


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.005)


def meet(
    peer: Peer,
    work: Callable[[ChannelSessions, Ear], Awaitable[None]],
    *,
    kind: str = "cmpp3",
    tls: ssl.SSLContext | None = None,
    **more: Any,
) -> None:
    """Let the sessions of a channel meet a peer, and do `work` meanwhile."""

    async def go() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await peer(reader, writer)
            except (OSError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
        ear = Ear()
        sessions = ChannelSessions(
            account(server.sockets[0].getsockname()[1], kind, **more),
            ear,
            make_backoff=lambda: Backoff(lambda: 0.0, first_s=60, refused_s=60),
        )
        sessions.start()
        try:
            await work(sessions, ear)
        finally:
            await sessions.stop(patience_s=0.1)
            server.close()

    asyncio.run(go())


def ending(peer: Peer, **more: Any) -> Place:
    """How the first place looks once it waits for its next try."""
    found: list[Place] = []

    async def work(sessions: ChannelSessions, _: Ear) -> None:
        place = sessions.places[0]
        await until(lambda: place.retry_at is not None)
        found.append(Place(1, place.phase, place.detail, retry_at=place.retry_at))

    meet(peer, work, **more)
    return found[0]


def saying(octets: bytes) -> Peer:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(octets)
        await writer.drain()
        await reader.read(100)
        await asyncio.sleep(0.2)

    return peer


async def hanging_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(100)


async def resetting(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    line = writer.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def mute(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


# --- how it ends -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["cmpp2", "cmpp3", "smgp30", "smpp34"])
@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "other.http"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "other.ssh"),
        (b"\x15\x03\x01\x00\x02\x02\x46" * 4, "other.tls"),
        (b"220 mail.example.com ESMTP\r\n", "other.mail"),
    ],
)
def test_who_is_no_carrier_is_named(kind: str, octets: bytes, code: str) -> None:
    place = ending(saying(octets), kind=kind)
    assert (place.phase, place.detail) == (ConnectionPhase.WAITING, code)


@pytest.mark.parametrize(
    ("peer", "code"),
    [(hanging_up, "closed"), (resetting, "closed"), (saying(b"\xff" * 64), "cmpp.bad_length")],
)
def test_the_end_before_a_login_is_told_from_a_line_that_breaks(peer: Peer, code: str) -> None:
    assert ending(peer).detail == code


def test_a_port_that_takes_the_login_and_says_nothing_is_given_up() -> None:
    assert ending(mute, response_timeout_s=1).detail == "login_silent"


def test_a_refusal_keeps_its_status_and_says_when_it_is_tried_again() -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, sequence, _ = await request(reader)
        writer.write(welcome(sequence, status=47))
        await reader.read()

    place = ending(peer)
    assert (place.phase, place.detail) == (ConnectionPhase.REFUSED, "cmpp.login.other:47")
    assert place.retry_at is not None


def test_a_gateway_that_knows_no_transceiver_is_said_to_want_a_pair() -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bind = await reader.readexactly(16)
        writer.write(struct.pack(">II", 16, 0x80000000) + struct.pack(">I", 3) + bind[12:16])
        await reader.read()

    place = ending(peer, kind="smpp34")
    assert (place.phase, place.detail) == (ConnectionPhase.REFUSED, "smpp.login.bad_command:3")
    told = explain_login("smpp34", 3)
    assert "pair" in told.zh and "pair" in told.en


@pytest.mark.parametrize("host", ["a..b.example", "x" * 70 + ".example", "nope.invalid"])
def test_a_name_that_nobody_resolves_is_tried_again_and_not_forgotten(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_resolver = socket.getaddrinfo

    def resolve(name: Any, *more: Any, **options: Any) -> Any:
        """How long a machine's resolver takes to say no is its own affair."""
        if name == "nope.invalid":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return ask_resolver(name, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    async def work(sessions: ChannelSessions, _: Ear) -> None:
        await until(lambda: sessions.places[0].retry_at is not None)
        assert sessions.places[0].detail == "connect.dns"

    meet(mute, work, host=host)
    assert try_login(account(1, host=host).config, "x", timeout_s=PATIENCE_S).code == "connect.dns"


def test_an_ipv6_address_may_come_in_brackets() -> None:
    assert account(1, host="[::1]").config.host == "::1"


def test_faults_of_the_network_have_codes() -> None:
    assert why_unreachable(ConnectionRefusedError(111, "")) == "connect.refused"
    assert why_unreachable(OSError(113, "")) == "connect.no_route"
    assert why_unreachable(PermissionError(1, "")) == "connect.not_permitted"
    assert why_unreachable(TimeoutError()) == "connect.timeout"
    assert why_unreachable(OSError("Multiple exceptions")) == "connect.failed"
    assert other_speech(b"\x00\x00\x00!") == ""


def test_a_trial_login_tells_the_same() -> None:
    async def work(sessions: ChannelSessions, _: Ear) -> None:
        result = await asyncio.to_thread(try_login, sessions.account.config, "x", timeout_s=PATIENCE_S)
        assert (result.ok, result.code) == (False, "other.http")

    meet(saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), work)


# --- gateways with manners of their own -----------------------------------------------------------------------------


def test_a_gateway_that_tests_the_link_before_it_answers_and_sends_octet_by_octet_is_understood() -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, sequence, _ = await request(reader)
        for octet in pdu(8, 77) + welcome(sequence, version=0):
            writer.write(bytes([octet]))
            await writer.drain()
            await asyncio.sleep(0)
        while True:
            command, sequence, _ = await request(reader)
            if command == 4:
                for octet in pdu(0x80000004, sequence, bytes(8) + bytes(4)):
                    writer.write(bytes([octet]))
                    await writer.drain()

    async def work(sessions: ChannelSessions, ear: Ear) -> None:
        await until(lambda: bool(sessions.ready()))
        items = [(f"1390000000{n}", b"x", 0, 1, 1) for n in range(3)]
        sessions.ready()[0].submit(
            items, [("ref", n, 0) for n in range(3)], asyncio.get_running_loop().time()
        )
        await until(lambda: len(ear.answers) == 3)
        assert all(result == 0 for _, _, result in ear.answers)

    meet(peer, work)


def test_a_login_that_held_for_long_makes_the_next_wait_short() -> None:
    place = Place(1)
    place.enter(ConnectionPhase.READY)
    assert place.ready_at is not None and not place.lasted
    place.ready_at -= place.lasts_s
    place.enter(ConnectionPhase.WAITING, "lost")
    assert place.lasted
    place.enter(ConnectionPhase.CONNECTING)
    assert not place.lasted


@pytest.mark.parametrize(("kind", "lasted"), [(SgipConfig, True), (CmppConfig, False)])
def test_a_carrier_of_sgip_may_close_an_idle_line_early(kind: type[LineConfig], lasted: bool) -> None:
    place = Place(1, lasts_s=kind.LASTED_S)
    place.enter(ConnectionPhase.READY)
    assert place.ready_at is not None
    place.ready_at -= 15
    assert place.lasted is lasted


def test_an_sgip_line_that_ends_because_it_is_idle_makes_no_wait_longer() -> None:
    """The protocol has no test of the link: an idle channel says goodbye and comes back, for days."""
    calls = 0
    patience = Backoff(lambda: 0.0, first_s=0.01, longest_s=60)

    async def carrier(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        while head := await reader.read(20):
            length, command = struct.unpack_from(">II", head)
            await reader.readexactly(length - 20)
            body = bytes(9) if command == 1 else b""
            writer.write(struct.pack(">II", 20 + len(body), 0x80000000 | command) + head[8:] + body)
        writer.close()

    async def go() -> None:
        server = await asyncio.start_server(carrier, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        stated = account(
            port,
            "sgip12",
            node_id="3010012345",
            corp_id="12345",
            listen_port=0,
            keepalive_s=1,
            service_type="x",
        )
        sessions = ChannelSessions(stated, Ear(), make_backoff=lambda: patience)
        sessions.start()
        try:
            await until(lambda: calls >= 4)
            assert patience.failures == 1
        finally:
            await sessions.stop(patience_s=0.1)
            server.close()

    asyncio.run(go())


def test_a_trial_of_a_login_that_is_answered_twice_ends_without_a_fault_of_ours() -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, sequence, _ = await request(reader)
        writer.write(2 * welcome(sequence))
        await reader.read()

    async def work(sessions: ChannelSessions, _: Ear) -> None:
        result = await asyncio.to_thread(try_login, sessions.account.config, "x", timeout_s=PATIENCE_S)
        assert (result.ok, result.code) == (True, "ok")

    meet(peer, work)


# --- floods --------------------------------------------------------------------------------------------------------


def test_who_floods_us_and_reads_nothing_is_read_no_more() -> None:
    sent: list[int] = []

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await let_in(reader, writer)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        while True:
            writer.write(b"".join(pdu(8, n) for n in range(1000)))
            await writer.drain()
            sent.append(1000)

    async def work(sessions: ChannelSessions, _: Ear) -> None:
        await until(lambda: bool(sessions.ready()))
        line: Any = sessions.ready()[0]
        # Linux would keep megabytes of our answers for a peer that does not read them.
        line._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        await until(lambda: line._intake.swamped)
        before = line._transport.get_write_buffer_size()
        for _ in range(50):
            await asyncio.sleep(0.005)
        assert line._transport.get_write_buffer_size() == before, "nothing more is answered"

    meet(peer, work)
    assert sent


def test_more_than_can_be_stored_waits_with_the_carrier() -> None:
    def reply(sequence: int) -> bytes:
        body = struct.pack(">Q", sequence) + b"10690001".ljust(21, b"\0") + bytes(10) + bytes([0, 0, 8])
        body += b"13900000000".ljust(32, b"\0") + bytes([0, 0, 2]) + "T".encode("utf-16-be") + bytes(20)
        return pdu(5, sequence, body)

    wave = b"".join(reply(n) for n in range(1, 1001))
    waves = MOST_OWED // 1000 * 5

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await let_in(reader, writer)
        for _ in range(waves):
            writer.write(wave)
            await writer.drain()
        await reader.read()

    async def work(sessions: ChannelSessions, ear: Ear) -> None:
        await until(lambda: len(ear.replies) > MOST_OWED)
        for _ in range(50):
            await asyncio.sleep(0.005)
        assert len(ear.replies) <= MOST_OWED + SLICE // len(reply(1)) + 1
        taken = 0
        while taken < waves * 1000:
            await until(lambda: len(ear.replies) > 0)
            batch, ear.replies = ear.replies, []
            batch[0][0].acknowledge([one[:2] for _, one in batch])
            taken += len(batch)
        assert taken == waves * 1000

    meet(peer, work)


class _Transport:
    def __init__(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


def test_a_large_read_is_taken_in_turns_and_whole_when_the_line_ends() -> None:
    async def go() -> None:
        taken: list[bytes] = []
        intake, transport = Intake(taken.append), _Transport()
        intake.attach(transport)  # type: ignore[arg-type]
        octets = bytes(range(256)) * (SLICE // 256) * 3
        intake.feed(octets)
        assert b"".join(taken) == octets[:SLICE] and not transport.reading
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert b"".join(taken) == octets and transport.reading
        intake.feed(octets)
        intake.finish()
        assert b"".join(taken) == octets * 2

    asyncio.run(go())


def test_what_is_not_taken_from_us_stops_reading_until_it_is() -> None:
    async def go() -> None:
        intake, transport = Intake(lambda _: None), _Transport()
        intake.attach(transport)  # type: ignore[arg-type]
        intake.block(blocked=True)
        assert intake.swamped and not transport.reading
        intake.delivered(MOST_OWED + 1)
        intake.block(blocked=False)
        assert not transport.reading
        intake.acknowledged(1)
        assert transport.reading and not intake.swamped

    asyncio.run(go())
