"""Messages to octets and back, one at a time, for people and for everything that is not hot.

Encoding raises LocalProtocolError (`sgip.field_too_long`, `sgip.field_unencodable`, `sgip.number_out_of_range`,
`sgip.bad_destinations`), decoding RemoteProtocolError (`sgip.bad_length`, `sgip.unknown_command`, `sgip.malformed`).
"""

from __future__ import annotations

import struct
from functools import partial

from xinfeng.kernel.errors import LocalProtocolError, RemoteProtocolError
from xinfeng.protocols import octets
from xinfeng.protocols.octets import text_field
from xinfeng.protocols.sgip import layout as at
from xinfeng.protocols.sgip.layout import (
    DELIVER_CONTENT_AT,
    HEADER,
    LARGEST_PDU,
    MOST_DESTINATIONS,
    NUMBER_WIDTH,
    RESERVE_WIDTH,
)
from xinfeng.protocols.sgip.messages import (
    Bind,
    BindResp,
    Command,
    Control,
    Deliver,
    DeliverResp,
    Message,
    Report,
    ReportResp,
    Submit,
    SubmitResp,
    Unbind,
    UnbindResp,
)
from xinfeng.protocols.sgip.sequence import WIDTH

fixed = partial(octets.fixed, "sgip")

CONTROL_COMMANDS = frozenset({Command.BIND, Command.BIND_RESP, Command.UNBIND, Command.UNBIND_RESP})

_Answer = BindResp | SubmitResp | DeliverResp | ReportResp
_ANSWERS: dict[int, type[_Answer]] = {
    Command.BIND_RESP: BindResp,
    Command.SUBMIT_RESP: SubmitResp,
    Command.DELIVER_RESP: DeliverResp,
    Command.REPORT_RESP: ReportResp,
}
_COMMAND_OF: dict[type[_Answer], Command] = {answer: Command(command) for command, answer in _ANSWERS.items()}


def encode(message: Message) -> bytes:
    """The message as it goes on the wire."""
    try:
        return _encode(message)
    except (struct.error, OverflowError):
        raise LocalProtocolError("sgip.number_out_of_range", message=type(message).__name__) from None


def _frame(command: Command, sequence: int, body: bytes = b"") -> bytes:
    return HEADER.pack(HEADER.size + len(body), command, sequence.to_bytes(WIDTH, "big")) + body


def _encode(message: Message) -> bytes:
    match message:
        case Submit():
            return _frame(Command.SUBMIT, message.sequence, _submit_body(message))
        case Deliver():
            return _frame(Command.DELIVER, message.sequence, _deliver_body(message))
        case Report():
            return _frame(Command.REPORT, message.sequence, _report_body(message))
        case Bind():
            body = at.BIND.pack(
                message.login_type,
                fixed("name", message.name, 16),
                fixed("password", message.password, 16),
                _reserve(message.reserve),
            )
            return _frame(Command.BIND, message.sequence, body)
        case Unbind():
            return _frame(Command.UNBIND, message.sequence)
        case UnbindResp():
            return _frame(Command.UNBIND_RESP, message.sequence)
        case _:
            body = at.RESP.pack(message.result, _reserve(message.reserve))
            return _frame(_COMMAND_OF[type(message)], message.sequence, body)


def _reserve(value: str) -> bytes:
    return fixed("reserve", value, RESERVE_WIDTH).ljust(RESERVE_WIDTH, b"\0")


def _submit_body(message: Submit) -> bytes:
    numbers = message.user_numbers
    if not 1 <= len(numbers) <= MOST_DESTINATIONS:
        raise LocalProtocolError("sgip.bad_destinations", count=len(numbers))
    head = at.SUBMIT_HEAD.pack(
        fixed("sp_number", message.sp_number, NUMBER_WIDTH),
        fixed("charge_number", message.charge_number, NUMBER_WIDTH),
        len(numbers),
    )
    destinations = b"".join(
        fixed("user_number", number, NUMBER_WIDTH).ljust(NUMBER_WIDTH, b"\0") for number in numbers
    )
    middle = at.SUBMIT_MIDDLE.pack(
        fixed("corp_id", message.corp_id, 5),
        fixed("service_type", message.service_type, 10),
        message.fee_type,
        fixed("fee_value", message.fee_value, 6),
        fixed("given_value", message.given_value, 6),
        message.agent_flag,
        message.morelate_to_mt,
        message.priority,
        fixed("expire_time", message.expire_time, 16),
        fixed("schedule_time", message.schedule_time, 16),
        message.report_flag,
        message.tp_pid,
        message.tp_udhi,
        message.message_coding,
        message.message_type,
        len(message.content),
    )
    return b"".join((head, destinations, middle, message.content, _reserve(message.reserve)))


def _deliver_body(message: Deliver) -> bytes:
    head = at.DELIVER_HEAD.pack(
        fixed("user_number", message.user_number, NUMBER_WIDTH),
        fixed("sp_number", message.sp_number, NUMBER_WIDTH),
        message.tp_pid,
        message.tp_udhi,
        message.message_coding,
        len(message.content),
    )
    return b"".join((head, message.content, _reserve(message.reserve)))


def _report_body(message: Report) -> bytes:
    head = at.REPORT.pack(
        message.submit_sequence.to_bytes(WIDTH, "big"),
        message.report_type,
        fixed("user_number", message.user_number, NUMBER_WIDTH),
        message.state,
        message.error_code,
    )
    return head + _reserve(message.reserve)


def decode(pdu: bytes) -> Message:
    """Read exactly one whole message."""
    if len(pdu) < HEADER.size:
        raise RemoteProtocolError("sgip.bad_length", length=len(pdu))
    length, command, octets_of_sequence = HEADER.unpack_from(pdu)
    if length != len(pdu) or length > LARGEST_PDU:
        raise RemoteProtocolError("sgip.bad_length", length=length)
    sequence = int.from_bytes(octets_of_sequence, "big")
    if command in CONTROL_COMMANDS:
        return decode_control(command, sequence, pdu)
    if command in _ANSWERS:
        return _decode_answer(command, sequence, pdu)
    if command == Command.SUBMIT:
        return _decode_submit(pdu, sequence)
    if command == Command.DELIVER:
        return _decode_deliver(pdu, sequence)
    if command == Command.REPORT:
        return _decode_report(pdu, sequence)
    raise RemoteProtocolError("sgip.unknown_command", command=command)


def malformed(command: int, length: int) -> RemoteProtocolError:
    """The error for a known command whose body can't be what it says."""
    return RemoteProtocolError("sgip.malformed", command=command, length=length)


def decode_control(command: int, sequence: int, pdu: bytes) -> Control:
    """Read a message about the session. Farewells may have spare octets: some answer them like all else."""
    match command:
        case Command.BIND if len(pdu) >= at.BIND_SHORTEST:  # the reserve may be shortened, or lengthened
            login_type, name, password, reserve = at.BIND.unpack_from(
                pdu.ljust(HEADER.size + at.BIND.size, b"\0"), HEADER.size
            )
            return Bind(
                sequence=sequence,
                login_type=login_type,
                name=text_field(name),
                password=text_field(password),
                reserve=text_field(reserve),
            )
        case Command.BIND_RESP:
            answer = _decode_answer(command, sequence, pdu)
            assert isinstance(answer, BindResp)
            return answer
        case Command.UNBIND:
            return Unbind(sequence=sequence)
        case Command.UNBIND_RESP:
            return UnbindResp(sequence=sequence)
    raise malformed(command, len(pdu))


def _decode_answer(command: int, sequence: int, pdu: bytes) -> _Answer:
    """The reserve may be shortened, or left out; spare octets behind it are tolerated."""
    if len(pdu) < at.SHORTEST_RESP:
        raise malformed(command, len(pdu))
    reserve = text_field(pdu[at.SHORTEST_RESP : at.RESP_LENGTH])
    return _ANSWERS[command](sequence=sequence, result=pdu[HEADER.size], reserve=reserve)


def _decode_submit(pdu: bytes, sequence: int) -> Submit:
    if len(pdu) < at.SUBMIT_CONTENT_AT:
        raise malformed(Command.SUBMIT, len(pdu))
    sp_number, charge_number, count = at.SUBMIT_HEAD.unpack_from(pdu, HEADER.size)
    head_end = HEADER.size + at.SUBMIT_HEAD.size
    numbers_end = head_end + NUMBER_WIDTH * count
    content_at = numbers_end + at.SUBMIT_MIDDLE.size
    if count == 0 or len(pdu) < content_at:
        raise malformed(Command.SUBMIT, len(pdu))
    (
        corp_id,
        service_type,
        fee_type,
        fee_value,
        given_value,
        agent_flag,
        morelate_to_mt,
        priority,
        expire_time,
        schedule_time,
        report_flag,
        tp_pid,
        tp_udhi,
        message_coding,
        message_type,
        size,
    ) = at.SUBMIT_MIDDLE.unpack_from(pdu, numbers_end)
    content_end = content_at + size
    if not 0 <= len(pdu) - content_end <= RESERVE_WIDTH:
        raise malformed(Command.SUBMIT, len(pdu))
    return Submit(
        sequence=sequence,
        user_numbers=tuple(
            text_field(pdu[start : start + NUMBER_WIDTH])
            for start in range(head_end, numbers_end, NUMBER_WIDTH)
        ),
        content=pdu[content_at:content_end],
        message_coding=message_coding,
        sp_number=text_field(sp_number),
        charge_number=text_field(charge_number),
        corp_id=text_field(corp_id),
        service_type=text_field(service_type),
        fee_type=fee_type,
        fee_value=text_field(fee_value),
        given_value=text_field(given_value),
        agent_flag=agent_flag,
        morelate_to_mt=morelate_to_mt,
        priority=priority,
        expire_time=text_field(expire_time),
        schedule_time=text_field(schedule_time),
        report_flag=report_flag,
        tp_pid=tp_pid,
        tp_udhi=tp_udhi,
        message_type=message_type,
        reserve=text_field(pdu[content_end:]),
    )


def _decode_deliver(pdu: bytes, sequence: int) -> Deliver:
    if len(pdu) < DELIVER_CONTENT_AT:
        raise malformed(Command.DELIVER, len(pdu))
    user_number, sp_number, tp_pid, tp_udhi, message_coding, size = at.DELIVER_HEAD.unpack_from(
        pdu, HEADER.size
    )
    content_end = DELIVER_CONTENT_AT + size
    if content_end > len(pdu):
        raise malformed(Command.DELIVER, len(pdu))
    return Deliver(
        sequence=sequence,
        user_number=text_field(user_number),
        sp_number=text_field(sp_number),
        content=pdu[DELIVER_CONTENT_AT:content_end],
        message_coding=message_coding,
        tp_pid=tp_pid,
        tp_udhi=tp_udhi,
        reserve=text_field(pdu[content_end : content_end + RESERVE_WIDTH]),
    )


def _decode_report(pdu: bytes, sequence: int) -> Report:
    if len(pdu) < at.REPORT_SHORTEST:
        raise malformed(Command.REPORT, len(pdu))
    submit_sequence, report_type, user_number, state, error_code = at.REPORT.unpack_from(pdu, HEADER.size)
    return Report(
        sequence=sequence,
        submit_sequence=int.from_bytes(submit_sequence, "big"),
        user_number=text_field(user_number),
        state=state,
        error_code=error_code,
        report_type=report_type,
        reserve=text_field(pdu[at.REPORT_SHORTEST : at.REPORT_LENGTH]),
    )
