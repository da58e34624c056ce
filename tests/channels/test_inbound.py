"""Carriers that call us to deliver, and don't wait for one answer before they say the next thing."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import pytest
from tests.patience import PATIENCE_S
from tests.ports import free_port

from xinfeng.channels.config import Inbound
from xinfeng.channels.inbound import Callee, Ports
from xinfeng.channels.lines import Line
from xinfeng.protocols.sgip import DeliveryServerSession
from xinfeng.protocols.traffic import Receipt, Reply

HEAD = struct.Struct(">II12s")
NAME, PASSWORD = b"smgback", b"back-secret"


def pdu(command: int, serial: int, body: bytes = b"") -> bytes:
    return (
        HEAD.pack(HEAD.size + len(body), command, struct.pack(">III", 4290000001, 1122180500, serial)) + body
    )


def bind(password: bytes = PASSWORD) -> bytes:
    return pdu(1, 1, b"\2" + NAME.ljust(16, b"\0") + password.ljust(16, b"\0") + bytes(8))


def report(serial: int) -> bytes:
    return pdu(5, serial, bytes(12) + b"\0" + b"8613800138000".ljust(21, b"\0") + bytes(10))


class Ear:
    """Hears, and acknowledges when told to."""

    def __init__(self) -> None:
        self.owed: list[tuple[Line, tuple[int, bytes]]] = []
        self.heard = asyncio.Event()

    def received(self, line: Line, receipts: list[Receipt], replies: list[Reply]) -> None:
        assert not replies
        self.owed += [(line, (one[0], one[1])) for one in receipts]
        self.heard.set()

    def settle(self) -> None:
        for line, delivery in self.owed:
            line.acknowledge([delivery])
        self.owed = []


async def commands(reader: asyncio.StreamReader) -> list[tuple[int, bytes]]:
    """All that is answered until we hang up: commands with the octet behind them."""
    found = []
    async with asyncio.timeout(PATIENCE_S):
        while head := await reader.read(HEAD.size):
            length, command, _ = HEAD.unpack(head + await reader.readexactly(HEAD.size - len(head)))
            found.append((command & 0xFF, (await reader.readexactly(length - HEAD.size))[:1]))
    return found


def answers(octets: bytes, *, reports: int = 0, half_close: bool = False) -> list[tuple[int, bytes]]:
    """What a carrier hears that says all this at once, and whose reports are acknowledged a while later."""

    async def go() -> list[tuple[int, bytes]]:
        ear, ports, number = Ear(), Ports(), free_port()
        stated: dict[str, Any] = {"host": "127.0.0.1", "port": number, "name": NAME.decode()}
        inbound = Inbound(
            **stated, secret=PASSWORD.decode(), make_session=lambda now: DeliveryServerSession(now=now)
        )
        callee = Callee(1, inbound, ear)  # type: ignore[arg-type]
        port = ports.open(callee)
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not port.listening:
                    await asyncio.sleep(0.01)
                reader, writer = await asyncio.open_connection("127.0.0.1", number)
                writer.write(octets)
                if half_close:
                    writer.write_eof()
                answered = asyncio.create_task(commands(reader))
                while len(ear.owed) < reports:
                    ear.heard.clear()
                    await ear.heard.wait()
                ear.settle()
                found = await answered
                writer.close()
                return found
        finally:
            await ports.close(callee)

    return asyncio.run(go())


@pytest.mark.parametrize("half_close", [False, True])
def test_login_reports_and_goodbye_in_one_segment_are_all_answered(half_close: bool) -> None:
    said = bind() + report(2) + report(3) + pdu(2, 4)
    found = answers(said, reports=2, half_close=half_close)
    assert found == [(1, b"\0"), (5, b"\0"), (5, b"\0"), (2, b"")]


def test_who_says_all_and_shuts_his_half_still_hears_our_answers() -> None:
    assert answers(bind() + report(2), reports=1, half_close=True) == [(1, b"\0"), (5, b"\0")]


def test_a_wrong_password_is_refused_whatever_stands_behind_it() -> None:
    assert answers(bind(b"nope") + report(2) + pdu(2, 4)) == [(1, b"\1")]
