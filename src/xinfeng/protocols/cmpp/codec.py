"""Messages to octets and back, one at a time, for people and for everything that is not hot.

Encoding raises LocalProtocolError (`cmpp.field_too_long`, `cmpp.wrong_width`, `cmpp.field_unencodable`,
`cmpp.number_out_of_range`, `cmpp.bad_destinations`), decoding RemoteProtocolError (`cmpp.bad_length`,
`cmpp.unknown_command`, `cmpp.malformed`).
"""

from __future__ import annotations

import struct
from functools import partial

from xinfeng.kernel.errors import LocalProtocolError, RemoteProtocolError
from xinfeng.protocols import octets
from xinfeng.protocols.cmpp import layout as at
from xinfeng.protocols.cmpp.layout import HEADER, LARGEST_PDU, Layout, deliver_layout, layout_of
from xinfeng.protocols.cmpp.messages import (
    ActiveTest,
    ActiveTestResp,
    Command,
    Connect,
    ConnectResp,
    Control,
    Deliver,
    DeliverResp,
    Message,
    Report,
    Submit,
    SubmitResp,
    Terminate,
    TerminateResp,
)
from xinfeng.protocols.octets import text_field

fixed = partial(octets.fixed, "cmpp")
exact = partial(octets.exact, "cmpp")

CONTROL_COMMANDS = frozenset(
    {
        Command.CONNECT,
        Command.CONNECT_RESP,
        Command.TERMINATE,
        Command.TERMINATE_RESP,
        Command.ACTIVE_TEST,
        Command.ACTIVE_TEST_RESP,
    }
)


def encode(message: Message, version: int) -> bytes:
    """The message as it goes on a wire of this version."""
    try:
        return _encode(message, layout_of(version))
    except struct.error:
        raise LocalProtocolError("cmpp.number_out_of_range", message=type(message).__name__) from None


def _frame(command: Command, sequence: int, body: bytes = b"") -> bytes:
    return HEADER.pack(HEADER.size + len(body), command, sequence) + body


def _encode(message: Message, layout: Layout) -> bytes:
    match message:
        case Submit():
            return _frame(Command.SUBMIT, message.sequence, _submit_body(message, layout))
        case Deliver():
            return _frame(Command.DELIVER, message.sequence, _deliver_body(message, layout))
        case SubmitResp():
            return _frame(Command.SUBMIT_RESP, message.sequence, _resp_body(message, layout))
        case DeliverResp():
            return _frame(Command.DELIVER_RESP, message.sequence, _resp_body(message, layout))
        case Connect():
            body = at.CONNECT.pack(
                fixed("source_addr", message.source_addr, 6),
                exact("authenticator", message.authenticator, 16),
                message.version,
                message.timestamp,
            )
            return _frame(Command.CONNECT, message.sequence, body)
        case ConnectResp():
            form = at.CONNECT_RESP_LONG if message.long_status else at.CONNECT_RESP_SHORT
            authenticator = exact("authenticator", message.authenticator, 16)
            body = form.pack(message.status, authenticator, message.version)
            return _frame(Command.CONNECT_RESP, message.sequence, body)
        case Terminate():
            return _frame(Command.TERMINATE, message.sequence)
        case TerminateResp():
            return _frame(Command.TERMINATE_RESP, message.sequence)
        case ActiveTest():
            return _frame(Command.ACTIVE_TEST, message.sequence)
        case ActiveTestResp():
            return _frame(Command.ACTIVE_TEST_RESP, message.sequence, b"\0")


def _resp_body(message: SubmitResp | DeliverResp, layout: Layout) -> bytes:
    form = at.RESP_LONG if layout.status_width == 4 else at.RESP_SHORT
    return form.pack(exact("msg_id", message.msg_id, 8), message.result)


def _submit_body(message: Submit, layout: Layout) -> bytes:
    width = layout.number_width
    numbers = message.dest_terminal_ids
    if not 1 <= len(numbers) <= 99:
        raise LocalProtocolError("cmpp.bad_destinations", count=len(numbers))
    number_types = layout.number_types
    head = layout.submit_head.pack(
        exact("msg_id", message.msg_id, 8),
        message.pk_total,
        message.pk_number,
        message.registered_delivery,
        message.msg_level,
        fixed("service_id", message.service_id, 10),
        message.fee_user_type,
        fixed("fee_terminal_id", message.fee_terminal_id, width),
        *(message.fee_terminal_type,) * number_types,
        message.tp_pid,
        message.tp_udhi,
        message.msg_fmt,
        fixed("msg_src", message.msg_src, 6),
        fixed("fee_type", message.fee_type, 2),
        fixed("fee_code", message.fee_code, 6),
        fixed("valid_time", message.valid_time, 17),
        fixed("at_time", message.at_time, 17),
        fixed("src_id", message.src_id, 21),
        len(numbers),
    )
    destinations = b"".join(
        fixed("dest_terminal_id", number, width).ljust(width, b"\0") for number in numbers
    )
    return b"".join(
        (
            head,
            destinations,
            struct.pack(">B", message.dest_terminal_type) * number_types,
            struct.pack(">B", len(message.content)),
            message.content,
            fixed("link_id", message.link_id, layout.tail).ljust(layout.tail, b"\0"),
        )
    )


def _deliver_body(message: Deliver, layout: Layout) -> bytes:
    head = layout.deliver_head.pack(
        exact("msg_id", message.msg_id, 8),
        fixed("dest_id", message.dest_id, 21),
        fixed("service_id", message.service_id, 10),
        message.tp_pid,
        message.tp_udhi,
        message.msg_fmt,
        fixed("src_terminal_id", message.src_terminal_id, layout.number_width),
        *(message.src_terminal_type,) * layout.number_types,
        message.registered_delivery,
        len(message.content),
    )
    tail = fixed("link_id", message.link_id, layout.tail).ljust(layout.tail, b"\0")
    return head + message.content + tail


def encode_report(report: Report) -> bytes:
    """The content of a DELIVER that reports."""
    form = at.REPORT_LONG if report.number_width == 32 else at.REPORT_SHORT
    head = form.pack(
        exact("msg_id", report.msg_id, 8),
        fixed("stat", report.stat, 7),
        fixed("submit_time", report.submit_time, 10),
        fixed("done_time", report.done_time, 10),
        fixed("dest_terminal_id", report.dest_terminal_id, report.number_width),
    )
    return head + report.smsc_sequence.to_bytes(4, "big")


def decode_report(content: bytes) -> Report | None:
    """Read a report by its own length. Shortened ones yield what is left; None: not even a status word."""
    size = len(content)
    if size < at.REPORT_SHORTEST:
        return None
    width = 32 if size >= at.REPORT_LONG_LENGTH else 21
    number_end = 35 + width
    return Report(
        msg_id=content[:8],
        stat=text_field(content[8:15]),
        submit_time=text_field(content[15:25]),
        done_time=text_field(content[25:35]),
        dest_terminal_id=text_field(content[35:number_end]),
        smsc_sequence=int.from_bytes(content[number_end : number_end + 4], "big"),
        number_width=width,
    )


def decode(pdu: bytes, version: int) -> Message:
    """Read exactly one whole message."""
    if len(pdu) < HEADER.size:
        raise RemoteProtocolError("cmpp.bad_length", length=len(pdu))
    length, command, sequence = HEADER.unpack_from(pdu)
    if length != len(pdu) or length > LARGEST_PDU:
        raise RemoteProtocolError("cmpp.bad_length", length=length)
    if command in CONTROL_COMMANDS:
        return decode_control(command, sequence, pdu)
    layout = layout_of(version)
    if command in (Command.SUBMIT_RESP, Command.DELIVER_RESP):
        if length < at.SHORT_RESP_LENGTH:
            raise malformed(command, length)
        form = at.RESP_SHORT if length < at.LONG_RESP_LENGTH else at.RESP_LONG
        msg_id, result = form.unpack_from(pdu, HEADER.size)
        answer = SubmitResp if command == Command.SUBMIT_RESP else DeliverResp
        return answer(sequence=sequence, msg_id=msg_id, result=result)
    if command == Command.SUBMIT:
        return _decode_submit(pdu, sequence, layout)
    if command == Command.DELIVER:
        return _decode_deliver(pdu, sequence, layout)
    raise RemoteProtocolError("cmpp.unknown_command", command=command)


def malformed(command: int, length: int) -> RemoteProtocolError:
    """The error for a known command whose body can't be what it says."""
    return RemoteProtocolError("cmpp.malformed", command=command, length=length)


def decode_control(command: int, sequence: int, pdu: bytes) -> Control:
    """Read a message about the session. Spare octets where none belong are tolerated in farewells and tests."""
    body = pdu[HEADER.size :]
    match command:
        case Command.CONNECT if len(body) == at.CONNECT.size:
            source_addr, authenticator, version, timestamp = at.CONNECT.unpack(body)
            return Connect(
                sequence=sequence,
                source_addr=text_field(source_addr),
                authenticator=authenticator,
                version=version,
                timestamp=timestamp,
            )
        case Command.CONNECT_RESP if body:
            return _decode_connect_resp(sequence, body)
        case Command.TERMINATE:
            return Terminate(sequence=sequence)
        case Command.TERMINATE_RESP:
            return TerminateResp(sequence=sequence)
        case Command.ACTIVE_TEST:
            return ActiveTest(sequence=sequence)
        case Command.ACTIVE_TEST_RESP:
            return ActiveTestResp(sequence=sequence)
    raise malformed(command, len(pdu))


def _decode_connect_resp(sequence: int, body: bytes) -> ConnectResp:
    """Status of one octet or four, told by the length. A refusal may be cut short behind its status, spare octets at
    the end are tolerated."""
    size = len(body)
    long_status = size >= at.CONNECT_RESP_LONG.size or 4 <= size < at.CONNECT_RESP_SHORT.size
    form = at.CONNECT_RESP_LONG if long_status else at.CONNECT_RESP_SHORT
    status, authenticator, version = form.unpack_from(body.ljust(form.size, b"\0"))
    return ConnectResp(
        sequence=sequence,
        status=status,
        authenticator=authenticator,
        version=version,
        long_status=long_status,
    )


def _decode_submit(pdu: bytes, sequence: int, layout: Layout) -> Submit:
    head_end = HEADER.size + layout.submit_head.size
    if len(pdu) < layout.submit_content_at:
        raise malformed(Command.SUBMIT, len(pdu))
    fields = list(layout.submit_head.unpack_from(pdu, HEADER.size))
    fee_terminal_type = fields.pop(8) if layout.number_types else 0
    (
        msg_id,
        pk_total,
        pk_number,
        registered_delivery,
        msg_level,
        service_id,
        fee_user_type,
        fee_terminal_id,
        tp_pid,
        tp_udhi,
        msg_fmt,
        msg_src,
        fee_type,
        fee_code,
        valid_time,
        at_time,
        src_id,
        count,
    ) = fields
    width = layout.number_width
    numbers_end = head_end + width * count
    content_at = numbers_end + layout.number_types + 1
    if count == 0 or len(pdu) < content_at:
        raise malformed(Command.SUBMIT, len(pdu))
    content_end = content_at + pdu[content_at - 1]
    if not 0 <= len(pdu) - content_end <= layout.tail:
        raise malformed(Command.SUBMIT, len(pdu))
    return Submit(
        sequence=sequence,
        dest_terminal_ids=tuple(
            text_field(pdu[start : start + width]) for start in range(head_end, numbers_end, width)
        ),
        content=pdu[content_at:content_end],
        msg_fmt=msg_fmt,
        msg_id=msg_id,
        pk_total=pk_total,
        pk_number=pk_number,
        registered_delivery=registered_delivery,
        msg_level=msg_level,
        service_id=text_field(service_id),
        fee_user_type=fee_user_type,
        fee_terminal_id=text_field(fee_terminal_id),
        fee_terminal_type=fee_terminal_type,
        tp_pid=tp_pid,
        tp_udhi=tp_udhi,
        msg_src=text_field(msg_src),
        fee_type=text_field(fee_type),
        fee_code=text_field(fee_code),
        valid_time=text_field(valid_time),
        at_time=text_field(at_time),
        src_id=text_field(src_id),
        dest_terminal_type=pdu[numbers_end] if layout.number_types else 0,
        link_id=text_field(pdu[content_end:]),
    )


def _decode_deliver(pdu: bytes, sequence: int, expected: Layout) -> Deliver:
    layout = deliver_layout(pdu, 0, len(pdu), expected)
    if layout is None:
        raise malformed(Command.DELIVER, len(pdu))
    fields = list(layout.deliver_head.unpack_from(pdu, HEADER.size))
    src_terminal_type = fields.pop(7) if layout.number_types else 0
    msg_id, dest_id, service_id, tp_pid, tp_udhi, msg_fmt, src_terminal_id, registered_delivery, size = fields
    content_at = layout.deliver_content_at
    return Deliver(
        sequence=sequence,
        msg_id=msg_id,
        dest_id=text_field(dest_id),
        src_terminal_id=text_field(src_terminal_id),
        content=pdu[content_at : content_at + size],
        msg_fmt=msg_fmt,
        registered_delivery=registered_delivery,
        service_id=text_field(service_id),
        tp_pid=tp_pid,
        tp_udhi=tp_udhi,
        src_terminal_type=src_terminal_type,
        link_id=text_field(pdu[content_at + size :][: layout.tail]),
    )
