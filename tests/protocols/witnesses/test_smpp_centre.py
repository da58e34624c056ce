"""Our provider's end against a centre that somebody else wrote: smpp34, which is Rust."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any
from zlib import crc32

import pytest
import smpp34
from tests.patience import PATIENCE_S

from xinfeng.channels.connection import Connection
from xinfeng.channels.models import ConnectionPhase
from xinfeng.channels.smpp import SmppConfig
from xinfeng.kernel.text import parse_udh
from xinfeng.protocols.smpp.layout import Tag

NUMBER = "13800138000"


class _Listener:
    """Remembers, and acknowledges at once."""

    def __init__(self) -> None:
        self.answers: list[tuple[Any, bytes, int]] = []
        self.receipts: list[Any] = []
        self.replies: list[Any] = []

    def answered(self, _: Any, answers: list[tuple[Any, bytes, int]]) -> None:
        self.answers += answers

    def answered_late(self, _: Any, answers: list[Any]) -> None:
        raise AssertionError(answers)

    def unanswered(self, _: Any, refs: list[Any], code: str) -> None:
        raise AssertionError((refs, code))

    def received(self, connection: Any, receipts: list[Any], replies: list[Any]) -> None:
        self.receipts += receipts
        self.replies += replies
        connection.acknowledge([(one[0], one[1]) for one in (*receipts, *replies)])

    def changed(self, _: Any) -> None:
        pass


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.005)


def _id_of(short_message: bytes) -> str:
    return f"m-{crc32(short_message):08x}"


class _Centre:
    """Takes what comes, in any order: `submits`; refuses numbers that begin with 0 as throttled."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.esme: Any = None
        self.submits: list[Any] = []
        self.parted = False

    async def serve(self) -> None:
        while True:
            event = await self.server.next()
            if isinstance(event, smpp34.Esme):
                self.esme = event
            elif isinstance(event, smpp34.SubmitSmEvent):
                self.submits.append(event)
                if event.destination_addr.startswith("0"):
                    event.reject(smpp34.ESME_RTHROTTLED)
                else:
                    event.accept(_id_of(event.short_message))
            else:
                self.parted = True


Work = Callable[[Connection, _Centre, _Listener], Awaitable[None]]


def run(work: Work, **config: Any) -> None:
    asyncio.run(_run(work, config))


async def _run(work: Work, config: dict[str, Any]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = smpp34.Server(host="127.0.0.1", port=port, system_id="witness")
    await server.start()
    centre, listener = _Centre(server), _Listener()
    serving = asyncio.create_task(centre.serve())
    stated = {"host": "127.0.0.1", "port": port, "system_id": "xinfeng", "access_code": "10690001", **config}
    account = SmppConfig.read(stated, "smpp34")
    connection = Connection(channel_id=1, number=1, config=account, secret="geheim", listener=listener)
    try:
        await asyncio.get_running_loop().create_connection(lambda: connection, "127.0.0.1", port)
        await _until(lambda: connection.phase is ConnectionPhase.READY and centre.esme is not None)
        assert centre.esme.system_id == "xinfeng"
        await work(connection, centre, listener)
    finally:
        connection.abort("done")
        serving.cancel()
        await server.stop()


def _read(submit: Any) -> tuple[int, int, str]:
    """Parts in all, part, and text of a submit, as a phone would see it."""
    body, total, index = submit.short_message, 1, 1
    tlvs = {tlv.tag: tlv.value for tlv in submit.tlvs}
    if submit.esm_class & 0x40:
        header, body = parse_udh(body)
        assert header is not None
        total, index = header.total, header.index
    elif Tag.SAR_MSG_REF_NUM in tlvs:
        total, index = tlvs[Tag.SAR_TOTAL_SEGMENTS][0], tlvs[Tag.SAR_SEGMENT_SEQNUM][0]
    assert submit.data_coding == 8
    return total, index, body.decode("utf-16-be")


@pytest.mark.parametrize(("marked", "parts"), [("udh8", 3), ("udh16", 3), ("sar", 3)])
def test_submits_are_understood_and_answers_too(long_text: str, marked: str, parts: int) -> None:
    stated = {"host": "x", "system_id": "x", "access_code": "10690001", "long_texts": marked}
    write = SmppConfig.read(stated, "smpp34").write
    items = [
        part for at, text in enumerate(("你好", long_text)) for part in write(NUMBER, text, reference=at)
    ]
    on_the_wire = [parse_udh(item[1])[1] if marked == "sar" and item[3] > 1 else item[1] for item in items]

    async def work(connection: Connection, centre: _Centre, listener: _Listener) -> None:
        refs = [(None, index, 0) for index in range(len(items))]
        assert connection.submit(items, refs, asyncio.get_running_loop().time()) == len(items)
        await _until(lambda: len(listener.answers) == len(items))
        assert {ref[1]: (msg_id.decode(), result) for ref, msg_id, result in listener.answers} == {
            index: (_id_of(content), 0) for index, content in enumerate(on_the_wire)
        }
        read = sorted(map(_read, centre.submits))
        assert read[0] == (1, 1, "你好")
        assert [one[:2] for one in read[1:]] == [(parts, part) for part in range(1, parts + 1)]
        assert "".join(text for _, _, text in read[1:]) == long_text
        assert {submit.source_addr for submit in centre.submits} == {"10690001"}
        assert {submit.destination_addr for submit in centre.submits} == {"86" + NUMBER}
        assert {submit.registered_delivery for submit in centre.submits} == {1}

    run(work, long_texts=marked, number_prefix="86")


def test_a_refusal_is_no_acceptance() -> None:
    async def work(connection: Connection, _: _Centre, listener: _Listener) -> None:
        connection.submit([("0", b"x", 0, 1, 1)], [(None, 0, 0)], asyncio.get_running_loop().time())
        await _until(lambda: len(listener.answers) == 1)
        assert listener.answers[0][1:] == (b"", 0x58)

    run(work)


def test_receipts_and_replies_are_understood_and_acknowledged() -> None:
    async def work(_: Connection, centre: _Centre, listener: _Listener) -> None:
        text = (
            b"id:m-1 sub:001 dlvrd:001 submit date:2611221000 done date:2611221001 stat:DELIVRD err:000 text:"
        )
        sent = {"source_addr": NUMBER, "destination_addr": "10690001"}
        by_text = await centre.esme.deliver_sm(short_message=text, esm_class=4, **sent)
        tlvs = [
            smpp34.Tlv(smpp34.TLV_RECEIPTED_MESSAGE_ID, b"m-2\0"),
            smpp34.Tlv(smpp34.TLV_MESSAGE_STATE, b"\5"),
        ]
        by_tlvs = await centre.esme.deliver_sm(esm_class=4, tlvs=tlvs, **sent)
        reply = await centre.esme.deliver_sm(short_message="退订".encode("utf-16-be"), data_coding=8, **sent)
        assert by_text.is_success and by_tlvs.is_success and reply.is_success
        assert [one[2:] for one in listener.receipts] == [
            (b"m-1", "DELIVRD", "2611221000", "2611221001", NUMBER),
            (b"m-2", "UNDELIV", "", "", NUMBER),
        ]
        assert [one[2:] for one in listener.replies] == [
            (NUMBER, "10690001", 0, 8, "退订".encode("utf-16-be"), False)
        ]

    run(work)


def test_the_link_is_tested_and_the_farewell_heard() -> None:
    async def work(connection: Connection, centre: _Centre, _: _Listener) -> None:
        await asyncio.sleep(2.2)  # twice the time after which the link is tested
        assert connection.phase is ConnectionPhase.READY
        connection.part()
        await _until(lambda: centre.parted)
        async with asyncio.timeout(PATIENCE_S):
            await connection.closed

    run(work, keepalive_s=1, response_timeout_s=PATIENCE_S)
