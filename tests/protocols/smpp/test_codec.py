from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.protocols.smpp.strategies import MESSAGES

from xinfeng.kernel.errors import LocalProtocolError, RemoteProtocolError
from xinfeng.protocols.smpp.codec import decode, encode
from xinfeng.protocols.smpp.layout import Tag
from xinfeng.protocols.smpp.messages import (
    Bind,
    BindMode,
    BindResp,
    DataSm,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Message,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
    Unsupported,
)


@given(MESSAGES)
def test_messages_round_trip(message: Message) -> None:
    octets = encode(message)
    assert int.from_bytes(octets[:4], "big") == len(octets)
    assert decode(octets) == message


@given(MESSAGES, st.data())
def test_a_message_cut_short_is_an_error_and_nothing_worse(message: Message, data: st.DataObject) -> None:
    octets = encode(message)
    cut = octets[: data.draw(st.integers(0, len(octets) - 1))]
    with pytest.raises(RemoteProtocolError):
        decode(cut)
    shortened = len(cut).to_bytes(4, "big") + cut[4:]
    if len(shortened) >= 16:  # a length that agrees: the body itself must be tolerated or refused
        try:
            decode(shortened)
        except RemoteProtocolError as error:
            assert error.code == "smpp.malformed"


@given(st.binary(min_size=16, max_size=200))
def test_any_octets_are_a_message_or_an_error(octets: bytes) -> None:
    framed = len(octets).to_bytes(4, "big") + octets[4:]
    with suppress(RemoteProtocolError):
        decode(framed)


VECTORS: dict[str, Message] = {
    "BIND_TRANSCEIVER": Bind(
        sequence=0x39951,
        mode=BindMode.TRANSCEIVER,
        system_id="ALL_TW",
        password="ALL_TW",
        addr_ton=1,
        addr_npi=2,
    ),
    "BIND_TRANSCEIVER_RESP": BindResp(
        sequence=0x39951, mode=BindMode.TRANSCEIVER, status=0, system_id="Smsc Simulator"
    ),
    "BIND_TRANSCEIVER_RESP_REFUSED": BindResp(
        sequence=0x4DB3, mode=BindMode.TRANSCEIVER, status=0x0E, system_id="SMSC"
    ),
    "BIND_TRANSCEIVER_RESP_TLV": BindResp(
        sequence=0x39943, mode=BindMode.TRANSCEIVER, status=0, system_id="Smsc GW", sc_version=0x34
    ),
    "BIND_TRANSMITTER": Bind(
        sequence=0x3995F, mode=BindMode.TRANSMITTER, system_id="twitter", password="twitter"
    ),
    "BIND_RECEIVER": Bind(sequence=0x39961, mode=BindMode.RECEIVER, system_id="twitter", password="twitter"),
    "SUBMIT_SM": SubmitSm(
        sequence=0x4FE8,
        source="40404",
        source_types=(1, 1),
        destination="44951361920",
        destination_types=(1, 1),
        registered_delivery=1,
        short_message=b"@$#!%&/:",
    ),
    "SUBMIT_SM_RESP": SubmitSmResp(sequence=0x0A342EE1, message_id=b"94258431594"),
    "SUBMIT_SM_RESP_EMPTY": SubmitSmResp(sequence=0x0A342EE1),
    "SUBMIT_SM_RESP_NONE": SubmitSmResp(sequence=0x0A342EE1),
    "SUBMIT_SM_RESP_ERROR": SubmitSmResp(sequence=0x0A342EE1, status=0x30),
    "DELIVER_SM": DeliverSm(
        sequence=3,
        source="87654321",
        source_types=(2, 1),
        destination="40404",
        destination_types=(4, 9),
        short_message=b"@$#!%&/:",
        tlvs=((0x000E, b"\1"), (0x0006, b"\1")),
    ),
    "DELIVER_SM_RESP": DeliverSmResp(sequence=0x116AC7),
    "ENQUIRE_LINK": EnquireLink(sequence=0x0A342EE7),
    "ENQUIRE_LINK_RESP": EnquireLinkResp(sequence=0x0A342EED),
    "UNBIND": Unbind(sequence=1),
    "UNBIND_RESP": UnbindResp(sequence=1),
    "GENERIC_NACK": GenericNack(sequence=0x82A77, status=1),
    "DATA_SM": DataSm(
        sequence=0,
        source="5552710000",
        source_types=(1, 1),
        destination="9695",
        destination_types=(0, 1),
        registered_delivery=1,
        tlvs=((Tag.MESSAGE_PAYLOAD, b"Test"),),
    ),
    "CANCEL_SM": Unsupported(sequence=0x4FE8, command=8),
    "QUERY_SM": Unsupported(sequence=0x4FE8, command=3),
    "QUERY_SM_RESP": Unsupported(sequence=0x4FE8, command=0x80000003),
    "DELIVER_SM_PAYLOAD": DeliverSm(
        sequence=0x547EB,
        source="4495136192",
        source_types=(2, 1),
        destination="40404",
        destination_types=(4, 9),
        tlvs=(
            (0x000E, b"\1"),
            (0x0006, b"\1"),
            (Tag.MESSAGE_PAYLOAD, b"@Maidenman664 was it sappy? &Romantic?"),
        ),
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_captured_messages_read_as_they_were_meant(vectors: Mapping[str, bytes], name: str) -> None:
    assert decode(vectors[name]) == VECTORS[name]


AS_WE_WRITE = set(VECTORS) - {
    "BIND_TRANSCEIVER_RESP_REFUSED",  # with a system_id, which a refusal need not have
    "SUBMIT_SM_RESP_NONE",
    "CANCEL_SM",
    "QUERY_SM",
    "QUERY_SM_RESP",
}


@pytest.mark.parametrize("name", sorted(AS_WE_WRITE))
def test_captured_messages_are_written_octet_by_octet(vectors: Mapping[str, bytes], name: str) -> None:
    assert encode(VECTORS[name]) == vectors[name]


def test_a_tlv_that_claims_more_than_is_left_is_dropped(vectors: Mapping[str, bytes]) -> None:
    message = decode(vectors["RECEIPT_FAULTY_TLV"])
    assert isinstance(message, DeliverSm)
    assert message.tlvs == ((Tag.MESSAGE_STATE, b"\2"),)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"source": "1" * 21}, "smpp.field_too_long"),
        ({"destination": "信"}, "smpp.field_unencodable"),
        ({"destination": "1\x002"}, "smpp.field_unencodable"),
        ({"short_message": bytes(256)}, "smpp.content_too_long"),
        ({"data_coding": 256}, "smpp.number_out_of_range"),
        ({"sequence": 2**32}, "smpp.number_out_of_range"),
    ],
)
def test_what_has_no_room_is_refused(changes: dict[str, object], code: str) -> None:
    fields = {"sequence": 1, "source": "1069", "destination": "13800138000", **changes}
    with pytest.raises(LocalProtocolError) as caught:
        encode(SubmitSm(**fields))  # type: ignore[arg-type]
    assert caught.value.code == code


def test_a_long_password_goes_as_it_is() -> None:
    bind = Bind(
        sequence=1, mode=BindMode.TRANSCEIVER, system_id="longer-than-sixteen-octets", password="密" * 30
    )
    assert decode(encode(bind)) == bind
    assert bind.proves("密" * 30)
    assert not bind.proves("密" * 29)
    assert "密" not in repr(bind)
