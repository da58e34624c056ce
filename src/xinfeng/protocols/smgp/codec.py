"""Messages to octets and back, one at a time, for people and for everything that is not hot.

Encoding raises LocalProtocolError (`smgp.field_too_long`, `smgp.wrong_width`, `smgp.field_unencodable`,
`smgp.number_out_of_range`, `smgp.bad_destinations`, `smgp.bad_option`), decoding RemoteProtocolError
(`smgp.bad_length`, `smgp.unknown_command`, `smgp.malformed`).
"""

from __future__ import annotations

import struct
from functools import partial

from xinfeng.kernel.errors import LocalProtocolError, RemoteProtocolError
from xinfeng.protocols import octets
from xinfeng.protocols.octets import text_field
from xinfeng.protocols.smgp import layout as at
from xinfeng.protocols.smgp.layout import (
    DELIVER_CONTENT_AT,
    HEADER,
    LARGEST_PDU,
    MOST_DESTINATIONS,
    NUMBER_WIDTH,
    RESERVE_WIDTH,
    Layout,
    layout_of,
)
from xinfeng.protocols.smgp.messages import (
    ActiveTest,
    ActiveTestResp,
    Command,
    Control,
    Deliver,
    DeliverResp,
    Exit,
    ExitResp,
    Login,
    LoginResp,
    Message,
    Submit,
    SubmitResp,
)
from xinfeng.protocols.smgp.tlv import read_options, write_options

fixed = partial(octets.fixed, "smgp")
exact = partial(octets.exact, "smgp")

CONTROL_COMMANDS = frozenset(
    {
        Command.LOGIN,
        Command.LOGIN_RESP,
        Command.EXIT,
        Command.EXIT_RESP,
        Command.ACTIVE_TEST,
        Command.ACTIVE_TEST_RESP,
    }
)


def encode(message: Message, version: int) -> bytes:
    """The message as it goes on a wire of this version."""
    try:
        return _encode(message, layout_of(version))
    except struct.error:
        raise LocalProtocolError("smgp.number_out_of_range", message=type(message).__name__) from None


def _frame(command: Command, sequence: int, body: bytes = b"") -> bytes:
    return HEADER.pack(HEADER.size + len(body), command, sequence) + body


def _encode(message: Message, layout: Layout) -> bytes:
    match message:
        case Submit():
            return _frame(Command.SUBMIT, message.sequence, _submit_body(message, layout))
        case Deliver():
            return _frame(Command.DELIVER, message.sequence, _deliver_body(message))
        case SubmitResp():
            return _frame(Command.SUBMIT_RESP, message.sequence, _resp_body(message))
        case DeliverResp():
            return _frame(Command.DELIVER_RESP, message.sequence, _resp_body(message))
        case Login():
            body = at.LOGIN.pack(
                fixed("client_id", message.client_id, 8),
                exact("authenticator", message.authenticator, 16),
                message.mode,
                message.timestamp,
                message.version,
            )
            return _frame(Command.LOGIN, message.sequence, body)
        case LoginResp():
            authenticator = exact("authenticator", message.authenticator, 16)
            body = at.LOGIN_RESP.pack(message.status, authenticator, message.version)
            return _frame(Command.LOGIN_RESP, message.sequence, body)
        case Exit():
            return _frame(Command.EXIT, message.sequence)
        case ExitResp():
            return _frame(Command.EXIT_RESP, message.sequence)
        case ActiveTest():
            return _frame(Command.ACTIVE_TEST, message.sequence)
        case ActiveTestResp():
            return _frame(Command.ACTIVE_TEST_RESP, message.sequence)


def _resp_body(message: SubmitResp | DeliverResp) -> bytes:
    return at.RESP.pack(exact("msg_id", message.msg_id, at.ID_WIDTH), message.status)


def _submit_body(message: Submit, layout: Layout) -> bytes:
    numbers = message.dest_term_ids
    if not 1 <= len(numbers) <= MOST_DESTINATIONS:
        raise LocalProtocolError("smgp.bad_destinations", count=len(numbers))
    head = layout.submit_head.pack(
        message.msg_type,
        message.need_report,
        message.priority,
        fixed("service_id", message.service_id, 10),
        fixed("fee_type", message.fee_type, 2),
        fixed("fee_code", message.fee_code, 6),
        fixed("fixed_fee", message.fixed_fee, layout.fixed_fee_width),
        message.msg_format,
        fixed("valid_time", message.valid_time, 17),
        fixed("at_time", message.at_time, 17),
        fixed("src_term_id", message.src_term_id, NUMBER_WIDTH),
        fixed("charge_term_id", message.charge_term_id, NUMBER_WIDTH),
        len(numbers),
    )
    destinations = b"".join(
        fixed("dest_term_id", number, NUMBER_WIDTH).ljust(NUMBER_WIDTH, b"\0") for number in numbers
    )
    return b"".join((head, destinations, struct.pack(">B", len(message.content)), *_tail(message)))


def _deliver_body(message: Deliver) -> bytes:
    head = at.DELIVER_HEAD.pack(
        exact("msg_id", message.msg_id, at.ID_WIDTH),
        message.is_report,
        message.msg_format,
        fixed("recv_time", message.recv_time, 14),
        fixed("src_term_id", message.src_term_id, NUMBER_WIDTH),
        fixed("dest_term_id", message.dest_term_id, NUMBER_WIDTH),
        len(message.content),
    )
    return b"".join((head, *_tail(message)))


def _tail(message: Submit | Deliver) -> tuple[bytes, bytes, bytes]:
    reserve = fixed("reserve", message.reserve, RESERVE_WIDTH).ljust(RESERVE_WIDTH, b"\0")
    return message.content, reserve, write_options(message.options)


def decode(pdu: bytes, version: int) -> Message:
    """Read exactly one whole message."""
    if len(pdu) < HEADER.size:
        raise RemoteProtocolError("smgp.bad_length", length=len(pdu))
    length, command, sequence = HEADER.unpack_from(pdu)
    if length != len(pdu) or length > LARGEST_PDU:
        raise RemoteProtocolError("smgp.bad_length", length=length)
    if command in CONTROL_COMMANDS:
        return decode_control(command, sequence, pdu)
    if command in (Command.SUBMIT_RESP, Command.DELIVER_RESP):
        if length < at.RESP_LENGTH:
            raise malformed(command, length)
        msg_id, status = at.RESP.unpack_from(pdu, HEADER.size)
        answer = SubmitResp if command == Command.SUBMIT_RESP else DeliverResp
        return answer(sequence=sequence, msg_id=msg_id, status=status)
    if command == Command.SUBMIT:
        return _decode_submit(pdu, sequence, layout_of(version))
    if command == Command.DELIVER:
        return _decode_deliver(pdu, sequence)
    raise RemoteProtocolError("smgp.unknown_command", command=command)


def malformed(command: int, length: int) -> RemoteProtocolError:
    """The error for a known command whose body can't be what it says."""
    return RemoteProtocolError("smgp.malformed", command=command, length=length)


def decode_control(command: int, sequence: int, pdu: bytes) -> Control:
    """Read a message about the session. Spare octets where none belong are tolerated in farewells and tests."""
    body = pdu[HEADER.size :]
    match command:
        case Command.LOGIN if len(body) == at.LOGIN.size:
            client_id, authenticator, mode, timestamp, version = at.LOGIN.unpack(body)
            return Login(
                sequence=sequence,
                client_id=text_field(client_id),
                authenticator=authenticator,
                mode=mode,
                timestamp=timestamp,
                version=version,
            )
        case Command.LOGIN_RESP if len(body) >= 4:  # a refusal may be cut short behind its status
            form = at.LOGIN_RESP
            status, authenticator, version = form.unpack_from(body.ljust(form.size, b"\0"))
            return LoginResp(sequence=sequence, status=status, authenticator=authenticator, version=version)
        case Command.EXIT:
            return Exit(sequence=sequence)
        case Command.EXIT_RESP:
            return ExitResp(sequence=sequence)
        case Command.ACTIVE_TEST:
            return ActiveTest(sequence=sequence)
        case Command.ACTIVE_TEST_RESP:
            return ActiveTestResp(sequence=sequence)
    raise malformed(command, len(pdu))


def _decode_submit(pdu: bytes, sequence: int, layout: Layout) -> Submit:
    head_end = HEADER.size + layout.submit_head.size
    if len(pdu) < layout.submit_content_at:
        raise malformed(Command.SUBMIT, len(pdu))
    (
        msg_type,
        need_report,
        priority,
        service_id,
        fee_type,
        fee_code,
        fixed_fee,
        msg_format,
        valid_time,
        at_time,
        src_term_id,
        charge_term_id,
        count,
    ) = layout.submit_head.unpack_from(pdu, HEADER.size)
    numbers_end = head_end + NUMBER_WIDTH * count
    content_at = numbers_end + 1
    if count == 0 or len(pdu) < content_at:
        raise malformed(Command.SUBMIT, len(pdu))
    content_end = content_at + pdu[numbers_end]
    if content_end > len(pdu):
        raise malformed(Command.SUBMIT, len(pdu))
    return Submit(
        sequence=sequence,
        dest_term_ids=tuple(
            text_field(pdu[start : start + NUMBER_WIDTH])
            for start in range(head_end, numbers_end, NUMBER_WIDTH)
        ),
        content=pdu[content_at:content_end],
        msg_format=msg_format,
        msg_type=msg_type,
        need_report=need_report,
        priority=priority,
        service_id=text_field(service_id),
        fee_type=text_field(fee_type),
        fee_code=text_field(fee_code),
        fixed_fee=text_field(fixed_fee),
        valid_time=text_field(valid_time),
        at_time=text_field(at_time),
        src_term_id=text_field(src_term_id),
        charge_term_id=text_field(charge_term_id),
        reserve=text_field(pdu[content_end : content_end + RESERVE_WIDTH]),
        options=read_options(pdu[content_end + RESERVE_WIDTH :]),
    )


def _decode_deliver(pdu: bytes, sequence: int) -> Deliver:
    if len(pdu) < DELIVER_CONTENT_AT:
        raise malformed(Command.DELIVER, len(pdu))
    msg_id, is_report, msg_format, recv_time, src_term_id, dest_term_id, size = at.DELIVER_HEAD.unpack_from(
        pdu, HEADER.size
    )
    content_end = DELIVER_CONTENT_AT + size
    if content_end > len(pdu):
        raise malformed(Command.DELIVER, len(pdu))
    return Deliver(
        sequence=sequence,
        msg_id=msg_id,
        dest_term_id=text_field(dest_term_id),
        src_term_id=text_field(src_term_id),
        content=pdu[DELIVER_CONTENT_AT:content_end],
        is_report=is_report,
        msg_format=msg_format,
        recv_time=text_field(recv_time),
        reserve=text_field(pdu[content_end : content_end + RESERVE_WIDTH]),
        options=read_options(pdu[content_end + RESERVE_WIDTH :]),
    )
