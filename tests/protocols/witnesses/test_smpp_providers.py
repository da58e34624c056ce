"""Our centre (the simulated carrier) against providers that somebody else wrote: smpplib (Python) and smpp34 (Rust)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import smpp34
import smpplib.client
import smpplib.consts
import smpplib.exceptions
import smpplib.gsm
import smpplib.smpp
from tests.patience import PATIENCE_S

from xinfeng.channels.simulator import Behaviour, Options
from xinfeng.channels.simulator.server import serving
from xinfeng.channels.simulator.witness import deliveries_by_number

NUMBER = "13800138000"
_RECEIPT = 0x04
BEHAVIOUR = Behaviour(receipts={"DELIVRD": 1.0}, replies={"退订": 1.0}, receipt_delay_ms=1, reply_delay_ms=1)


def _with_carrier(log: Path, work: Callable[[int], Any]) -> None:
    """Runs `work` in a thread, given the port of a carrier; what it returns is awaited in the loop."""

    async def run() -> None:
        options = Options(
            protocol="smpp", port=0, accounts={"xinfeng": "geheim"}, log=log, behaviour=BEHAVIOUR
        )
        async with serving(options) as running, asyncio.timeout(PATIENCE_S):
            await asyncio.to_thread(work, running.port)

    asyncio.run(run())


def _client(port: int) -> Any:
    client = smpplib.client.Client("127.0.0.1", port, timeout=PATIENCE_S, allow_unknown_opt_params=True)
    client.connect()
    return client


def _submit(client: Any, text: str) -> int:
    """Send a text as smpplib cuts it; how many parts that were."""
    parts, coding, message_type = smpplib.gsm.make_parts(text)
    for part in parts:
        client.send_message(
            source_addr="10690001",
            destination_addr=NUMBER,
            short_message=part,
            data_coding=coding,
            esm_class=message_type,
            registered_delivery=True,
        )
    return len(parts)


def test_smpplib_submits_and_is_delivered_to(tmp_path: Path, long_text: str) -> None:
    answers: list[Any] = []
    deliveries: list[Any] = []

    def work(port: int) -> None:
        client = _client(port)
        client.set_message_sent_handler(lambda pdu: answers.append(pdu))
        client.set_message_received_handler(lambda pdu: deliveries.append(pdu) and None)
        bound = client.bind_transceiver(system_id="xinfeng", password="geheim")
        assert bound.status == 0
        parts = _submit(client, "hello") + _submit(client, long_text)
        test = smpplib.smpp.make_pdu("enquire_link", client=client)
        client.send_pdu(test)
        while len(answers) < parts or len(deliveries) < parts + 2:
            client.read_once()
        client.unbind()
        client.disconnect()
        receipts = [pdu for pdu in deliveries if pdu.esm_class == _RECEIPT]
        told = {pdu.receipted_message_id for pdu in receipts}
        assert {pdu.message_id for pdu in answers} == told
        assert {pdu.message_state for pdu in receipts} == {2}
        assert all(b"stat:DELIVRD" in pdu.short_message for pdu in receipts)
        replies = [pdu for pdu in deliveries if pdu.esm_class != _RECEIPT]
        assert [(pdu.short_message.decode("utf-16-be"), pdu.data_coding) for pdu in replies] == [
            ("退订", 8)
        ] * 2
        assert {pdu.source_addr for pdu in deliveries} == {NUMBER.encode()}

    log = tmp_path / "log"
    _with_carrier(log, work)
    assert deliveries_by_number(log) == {NUMBER: {"hello": 1, long_text: 1}}


@pytest.mark.parametrize(("system_id", "password"), [("xinfeng", "falsch"), ("nobody", "geheim")])
def test_smpplib_is_told_that_its_password_is_wrong(tmp_path: Path, system_id: str, password: str) -> None:
    def work(port: int) -> None:
        client = _client(port)
        with pytest.raises(smpplib.exceptions.PDUError) as caught:
            client.bind_transceiver(system_id=system_id, password=password)
        assert caught.value.args[1] == smpplib.consts.SMPP_ESME_RINVPASWD
        client.disconnect()

    _with_carrier(tmp_path / "log", work)


def test_smpplib_is_told_that_a_command_is_unknown(tmp_path: Path) -> None:
    def work(port: int) -> None:
        client = _client(port)
        client.bind_transceiver(system_id="xinfeng", password="geheim")
        client.query_message(message_id="1", source_addr_ton=0, source_addr_npi=0, source_addr="1")
        answer = client.read_pdu()
        assert (answer.command, answer.status) == ("generic_nack", smpplib.consts.SMPP_ESME_RINVCMDID)
        client.unbind()
        client.disconnect()

    _with_carrier(tmp_path / "log", work)


def test_smpp34_submits_and_is_delivered_to(tmp_path: Path) -> None:
    async def run() -> None:
        options = Options(
            protocol="smpp", port=0, accounts={"xinfeng": "geheim"}, log=tmp_path / "log", behaviour=BEHAVIOUR
        )
        async with serving(options) as running, asyncio.timeout(PATIENCE_S):
            client = smpp34.Client(
                host="127.0.0.1", port=running.port, system_id="xinfeng", password="geheim", bind_type="TRX"
            )
            centre = await client.connect()
            answer = await centre.submit_sm(
                destination_addr=NUMBER,
                source_addr="10690001",
                short_message="你好".encode("utf-16-be"),
                data_coding=8,
                registered_delivery=1,
            )
            assert answer.is_success
            deliveries = [await centre.next(), await centre.next()]
            (receipt,) = [one for one in deliveries if one.esm_class == 4]
            (reply,) = [one for one in deliveries if one.esm_class == 0]
            tlvs = {tlv.tag: tlv.value for tlv in receipt.tlvs}
            assert tlvs[smpp34.TLV_RECEIPTED_MESSAGE_ID].rstrip(b"\0").decode() == answer.message_id
            assert tlvs[smpp34.TLV_MESSAGE_STATE] == b"\2"
            assert reply.short_message.decode("utf-16-be") == "退订"
            await centre.unbind()
            await client.stop()

    asyncio.run(run())
    assert deliveries_by_number(tmp_path / "log") == {NUMBER: {"你好": 1}}


def test_a_centre_that_is_cut_off_in_a_message_forgets_it(tmp_path: Path) -> None:
    """Half a submit, then the line is gone: it never came."""

    def work(port: int) -> None:
        client = _client(port)
        client.bind_transceiver(system_id="xinfeng", password="geheim")
        pdu = smpplib.smpp.make_pdu(
            "submit_sm", client=client, source_addr="1", destination_addr=NUMBER, short_message=b"x" * 100
        )
        client._socket.sendall(pdu.generate()[:60])
        client._socket.shutdown(socket.SHUT_WR)
        client.disconnect()

    _with_carrier(tmp_path / "log", work)
    assert deliveries_by_number(tmp_path / "log") == {}
