"""Messages to octets and back, one at a time, for people and for everything that is not hot.

Encoding raises LocalProtocolError (`smpp.field_too_long`, `smpp.field_unencodable`, `smpp.number_out_of_range`,
`smpp.content_too_long`), decoding RemoteProtocolError (`smpp.bad_length`, `smpp.malformed`).
"""

from __future__ import annotations

import struct
from typing import TypeVar

from xinfeng.kernel.errors import LocalProtocolError, RemoteProtocolError
from xinfeng.protocols.smpp import layout as at
from xinfeng.protocols.smpp.layout import HEADER, LARGEST_PDU, LONGEST_ID, Tag, read_tlvs, write_tlv
from xinfeng.protocols.smpp.messages import (
    RESPONSE,
    AlertNotification,
    Bind,
    BindMode,
    BindResp,
    Command,
    Control,
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Message,
    ShortMessage,
    SubmitSm,
    SubmitSmResp,
    Tlvs,
    Unbind,
    UnbindResp,
    Unsupported,
)

_BINDS = {int(mode): mode for mode in BindMode}
_BIND_RESPS = {mode | RESPONSE: mode for mode in BindMode}
_ANSWERS: dict[int, type[SubmitSmResp | DeliverSmResp | DataSmResp]] = {
    Command.SUBMIT_SM_RESP: SubmitSmResp,
    Command.DELIVER_SM_RESP: DeliverSmResp,
    Command.DATA_SM_RESP: DataSmResp,
}


def c_octets(name: str, value: str, longest: int) -> bytes:
    """A string with its NUL, checked. `longest`: octets without the NUL."""
    try:
        raw = value.encode("latin-1")
    except UnicodeEncodeError:
        raise LocalProtocolError("smpp.field_unencodable", field=name) from None
    if b"\0" in raw:
        raise LocalProtocolError("smpp.field_unencodable", field=name)
    if len(raw) > longest:
        raise LocalProtocolError("smpp.field_too_long", field=name, at_most=longest, length=len(raw))
    return raw + b"\0"


def id_octets(message_id: bytes) -> bytes:
    """A message id with its NUL: printable and without blanks, or it could not stand in a receipt."""
    if not message_id or message_id.translate(None, _PRINTABLE):
        raise LocalProtocolError("smpp.field_unencodable", field="message_id")
    if len(message_id) > LONGEST_ID:
        raise LocalProtocolError("smpp.field_too_long", field="message_id", at_most=LONGEST_ID)
    return message_id + b"\0"


_PRINTABLE = bytes(range(0x21, 0x7F))


def encode(message: Message) -> bytes:
    """The message as it goes on the wire."""
    try:
        return _encode(message)
    except struct.error:
        raise LocalProtocolError("smpp.number_out_of_range", message=type(message).__name__) from None


def frame(command: int, sequence: int, body: bytes = b"", *, status: int = 0) -> bytes:
    """A header in front of a body."""
    return HEADER.pack(HEADER.size + len(body), command, status, sequence) + body


def _encode(message: Message) -> bytes:
    sequence = message.sequence
    match message:
        case SubmitSm():
            return frame(Command.SUBMIT_SM, sequence, _sm_body(message))
        case DeliverSm():
            return frame(Command.DELIVER_SM, sequence, _sm_body(message))
        case DataSm():
            return frame(Command.DATA_SM, sequence, _data_body(message))
        case SubmitSmResp():
            body = b"" if message.status else message.message_id + b"\0"
            return frame(Command.SUBMIT_SM_RESP, sequence, body, status=message.status)
        case DeliverSmResp():
            return frame(Command.DELIVER_SM_RESP, sequence, message.message_id + b"\0", status=message.status)
        case DataSmResp():
            body = message.message_id + b"\0"
            return frame(Command.DATA_SM_RESP, sequence, body, status=message.status)
        case AlertNotification():
            return frame(Command.ALERT_NOTIFICATION, sequence, message.body)
        case _:
            return _encode_control(message)


def _encode_control(message: Control) -> bytes:
    sequence = message.sequence
    match message:
        case Bind():
            return frame(message.mode, sequence, _bind_body(message))
        case BindResp():
            body = b""
            if not message.status:
                body = c_octets("system_id", message.system_id, 15)
                if message.sc_version:
                    body += write_tlv(Tag.SC_INTERFACE_VERSION, struct.pack(">B", message.sc_version))
            return frame(message.mode | RESPONSE, sequence, body, status=message.status)
        case Unbind():
            return frame(Command.UNBIND, sequence)
        case UnbindResp():
            return frame(Command.UNBIND_RESP, sequence, status=message.status)
        case EnquireLink():
            return frame(Command.ENQUIRE_LINK, sequence)
        case EnquireLinkResp():
            return frame(Command.ENQUIRE_LINK_RESP, sequence, status=message.status)
        case GenericNack():
            return frame(Command.GENERIC_NACK, sequence, status=message.status)
        case AlertNotification():
            return frame(Command.ALERT_NOTIFICATION, sequence, message.body)
        case Unsupported():
            return frame(message.command, sequence, status=message.status)


def _bind_body(message: Bind) -> bytes:
    """Gateways give out longer accounts and passwords than the book allows, so these go as they are."""
    return b"".join(
        (
            c_octets("system_id", message.system_id, 64),
            c_octets("password", message.password.encode().decode("latin-1"), 255),
            c_octets("system_type", message.system_type, 12),
            struct.pack(">BBB", message.interface_version, message.addr_ton, message.addr_npi),
            c_octets("address_range", message.address_range, 40),
        )
    )


def _sm_body(message: ShortMessage) -> bytes:
    size = len(message.short_message)
    if size > 255:
        raise LocalProtocolError("smpp.content_too_long", length=size, at_most=at.LONGEST_SHORT_MESSAGE)
    return b"".join(
        (
            c_octets("service_type", message.service_type, 5),
            bytes(message.source_types),
            c_octets("source", message.source, at.LONGEST_ADDRESS),
            bytes(message.destination_types),
            c_octets("destination", message.destination, at.LONGEST_ADDRESS),
            struct.pack(">BBB", message.esm_class, message.protocol_id, message.priority),
            c_octets("schedule_delivery_time", message.schedule_delivery_time, 16),
            c_octets("validity_period", message.validity_period, 16),
            struct.pack(
                ">BBBBB",
                message.registered_delivery,
                message.replace_if_present,
                message.data_coding,
                message.default_message,
                size,
            ),
            message.short_message,
            _write_tlvs(message.tlvs),
        )
    )


def _data_body(message: DataSm) -> bytes:
    return b"".join(
        (
            c_octets("service_type", message.service_type, 5),
            bytes(message.source_types),
            c_octets("source", message.source, 64),
            bytes(message.destination_types),
            c_octets("destination", message.destination, 64),
            struct.pack(">BBB", message.esm_class, message.registered_delivery, message.data_coding),
            _write_tlvs(message.tlvs),
        )
    )


def _write_tlvs(tlvs: Tlvs) -> bytes:
    return b"".join([write_tlv(tag, value) for tag, value in tlvs])


def decode(pdu: bytes) -> Message:
    """Read exactly one whole message."""
    if len(pdu) < HEADER.size:
        raise RemoteProtocolError("smpp.bad_length", length=len(pdu))
    length, command, status, sequence = HEADER.unpack_from(pdu)
    if length != len(pdu) or length > LARGEST_PDU:
        raise RemoteProtocolError("smpp.bad_length", length=length)
    if command in _ANSWERS:
        message_id = pdu[HEADER.size :].partition(b"\0")[0][:LONGEST_ID]
        return _ANSWERS[command](sequence=sequence, status=status, message_id=message_id)
    if command == Command.SUBMIT_SM:
        return _decode_sm(SubmitSm, pdu, command, sequence)
    if command == Command.DELIVER_SM:
        return _decode_sm(DeliverSm, pdu, command, sequence)
    if command == Command.DATA_SM:
        return _decode_data(pdu, sequence)
    return decode_control(command, status, sequence, pdu)


def malformed(command: int, length: int) -> RemoteProtocolError:
    """The error for a known command whose body can't be what it says."""
    return RemoteProtocolError("smpp.malformed", command=command, length=length)


def decode_control(command: int, status: int, sequence: int, pdu: bytes) -> Control:
    """Read a message about the session. Spare octets where none belong are tolerated in farewells and tests."""
    if command in _BINDS:
        return _decode_bind(pdu, _BINDS[command], sequence)
    if command in _BIND_RESPS:
        return _decode_bind_resp(pdu, _BIND_RESPS[command], status, sequence)
    match command:
        case Command.UNBIND:
            return Unbind(sequence=sequence)
        case Command.UNBIND_RESP:
            return UnbindResp(sequence=sequence, status=status)
        case Command.ENQUIRE_LINK:
            return EnquireLink(sequence=sequence)
        case Command.ENQUIRE_LINK_RESP:
            return EnquireLinkResp(sequence=sequence, status=status)
        case Command.GENERIC_NACK:
            return GenericNack(sequence=sequence, status=status)
        case Command.ALERT_NOTIFICATION:
            return AlertNotification(sequence=sequence, body=pdu[HEADER.size :])
    return Unsupported(sequence=sequence, command=command, status=status)


def _decode_bind(pdu: bytes, mode: BindMode, sequence: int) -> Bind:
    found = at.BIND(pdu, HEADER.size)
    if found is None:
        raise malformed(mode, len(pdu))
    system_id, password, system_type, numbers, address_range = found.groups()
    return Bind(
        sequence=sequence,
        mode=mode,
        system_id=_text(system_id),
        password=password.decode("utf-8", "replace"),
        system_type=_text(system_type),
        interface_version=numbers[0],
        addr_ton=numbers[1],
        addr_npi=numbers[2],
        address_range=_text(address_range),
    )


def _decode_bind_resp(pdu: bytes, mode: BindMode, status: int, sequence: int) -> BindResp:
    """A refusal often has no body at all; nor does what some simulators accept with."""
    system_id, _, _ = pdu[HEADER.size :].partition(b"\0")
    tlvs = read_tlvs(pdu, HEADER.size + len(system_id) + 1, len(pdu))
    version = tlvs.get(Tag.SC_INTERFACE_VERSION, b"")
    return BindResp(
        sequence=sequence,
        mode=mode,
        status=status,
        system_id=_text(system_id[:64]),
        sc_version=version[0] if len(version) == 1 else 0,
    )


_Sm = TypeVar("_Sm", SubmitSm, DeliverSm)


def _decode_sm(kind: type[_Sm], pdu: bytes, command: int, sequence: int) -> _Sm:
    found = at.SM(pdu, HEADER.size)
    if found is None:
        raise malformed(command, len(pdu))
    service_type, source_types, source, dest_types, dest, head, schedule, validity, tail = found.groups()
    content_end = found.end() + tail[4]
    if content_end > len(pdu):
        raise malformed(command, len(pdu))
    return kind(
        sequence=sequence,
        service_type=_text(service_type),
        source_types=(source_types[0], source_types[1]),
        source=_text(source),
        destination_types=(dest_types[0], dest_types[1]),
        destination=_text(dest),
        esm_class=head[0],
        protocol_id=head[1],
        priority=head[2],
        schedule_delivery_time=_text(schedule),
        validity_period=_text(validity),
        registered_delivery=tail[0],
        replace_if_present=tail[1],
        data_coding=tail[2],
        default_message=tail[3],
        short_message=pdu[found.end() : content_end],
        tlvs=tuple(read_tlvs(pdu, content_end, len(pdu)).items()),
    )


def _decode_data(pdu: bytes, sequence: int) -> DataSm:
    found = at.DATA_SM(pdu, HEADER.size)
    if found is None:
        raise malformed(Command.DATA_SM, len(pdu))
    service_type, source_types, source, dest_types, dest, tail = found.groups()
    return DataSm(
        sequence=sequence,
        service_type=_text(service_type),
        source_types=(source_types[0], source_types[1]),
        source=_text(source),
        destination_types=(dest_types[0], dest_types[1]),
        destination=_text(dest),
        esm_class=tail[0],
        registered_delivery=tail[1],
        data_coding=tail[2],
        tlvs=tuple(read_tlvs(pdu, found.end(), len(pdu)).items()),
    )


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")
