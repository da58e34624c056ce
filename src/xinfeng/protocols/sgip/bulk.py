"""The hot paths: whole buffers of traffic to light tuples and back, with no object per field.

What travels here are the tuples of `protocols.traffic`. A sequence is the number of 96 bits; that of a REPORT received
has REPORTED added, so that its acknowledgement is a REPORT_RESP. Measured figures: `python -m benchmarks.protocol`.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from struct import Struct

from xinfeng.kernel.errors import LocalProtocolError, RemoteProtocolError
from xinfeng.kernel.text import parse_udh
from xinfeng.protocols.octets import text_field
from xinfeng.protocols.sgip import layout as at
from xinfeng.protocols.sgip.codec import decode_control, encode, fixed, malformed
from xinfeng.protocols.sgip.layout import (
    DELIVER_CONTENT_AT,
    HEADER,
    LARGEST_PDU,
    NUMBER_WIDTH,
    RESERVE_WIDTH,
    SUBMIT_CONTENT_AT,
)
from xinfeng.protocols.sgip.messages import PROVIDER_PAYS, Command, Deliver
from xinfeng.protocols.sgip.sequence import WIDTH
from xinfeng.protocols.sgip.words import split_word, stat_word
from xinfeng.protocols.traffic import (
    Acknowledgement,
    Batch,
    ReplyItem,
    ReportItem,
    Submission,
    SubmitItem,
    SubmitResponse,
    Unreadable,
)

ALL_COMMANDS = frozenset(Command)

LONGEST_CONTENT = 160
"""Octets. What one short message holds in any coding; the field would take four thousand million."""

REPORTED = 1 << 8 * WIDTH
"""Added to the sequence of a REPORT received."""

COUNTRY = b"86"
_BARE_WIDTH = 11
"""Digits of a mobile number without its country."""

_SUBMIT = int(Command.SUBMIT)
_SUBMIT_RESP = int(Command.SUBMIT_RESP)
_DELIVER = int(Command.DELIVER)
_DELIVER_RESP = int(Command.DELIVER_RESP)
_REPORT = int(Command.REPORT)
_REPORT_RESP = int(Command.REPORT_RESP)
_ANSWERS = frozenset({_SUBMIT_RESP, _DELIVER_RESP, _REPORT_RESP})
_HEADER_SIZE = HEADER.size


def with_country(number: str) -> str:
    """As it goes on the wire."""
    return f"86{number}" if len(number) == _BARE_WIDTH else number


def bare(field: bytes) -> str:
    """As the rest of the house knows it."""
    number = field.partition(b"\0")[0].decode("latin-1")
    return number[2:] if len(number) == _BARE_WIDTH + 2 and number.startswith("86") else number


def decode_batch(buffer: bytes, offset: int, may_receive: Collection[int] = ALL_COMMANDS) -> Batch:
    """Read the whole messages in `buffer` from `offset` on. Never raises; see Batch for where it stops.

    A command that is known but not in `may_receive` is an error, found at its place in the stream.
    """
    batch = Batch(offset)
    responses, receipts = batch.submit_responses, batch.receipts
    end = len(buffer)
    read_header, read_report, number_of = HEADER.unpack_from, at.REPORT.unpack_from, int.from_bytes
    while end - offset >= _HEADER_SIZE:
        length, command, octets = read_header(buffer, offset)
        if not _HEADER_SIZE <= length <= LARGEST_PDU:
            batch.error = RemoteProtocolError("sgip.bad_length", length=length)
            break
        stop = offset + length
        if stop > end:
            break
        sequence = number_of(octets, "big")
        if command not in may_receive:
            if command in ALL_COMMANDS:
                batch.error = RemoteProtocolError("sgip.unexpected_command", command=Command(command).name)
            else:
                error = RemoteProtocolError("sgip.unknown_command", command=command)
                batch.control, offset = Unreadable(command, sequence, error), stop
            break
        if command in _ANSWERS:
            if length < at.SHORTEST_RESP:
                offset = _pass_over(batch, command, sequence, length, stop)
                break
            target = responses if command == _SUBMIT_RESP else batch.deliver_responses
            target.append((sequence, octets, buffer[offset + _HEADER_SIZE]))
        elif command == _REPORT:
            if length < at.REPORT_SHORTEST:
                offset = _pass_over(batch, command, sequence, length, stop)
                break
            submit_id, _, number, state, error = read_report(buffer, offset + _HEADER_SIZE)
            word = stat_word(state, error)
            receipts.append((sequence | REPORTED, octets, submit_id, word, "", "", bare(number)))
        elif command == _DELIVER:
            if not _read_deliver(batch, buffer, offset, length, octets):
                offset = _pass_over(batch, command, sequence, length, stop)
                break
        elif command == _SUBMIT:
            submission = _read_submit(buffer, offset, length, octets)
            if submission is None:
                offset = _pass_over(batch, command, sequence, length, stop)
                break
            batch.submissions.append(submission)
        else:
            _read_control(batch, buffer[offset:stop], command, sequence)
            if batch.error is None:
                offset = stop
            break
        offset = stop
    batch.consumed = offset
    return batch


def _pass_over(batch: Batch, command: int, sequence: int, length: int, stop: int) -> int:
    """A message of traffic whose body can't be what it says; returns where the next begins."""
    batch.control = Unreadable(command, sequence, malformed(command, length))
    return stop


def _read_control(batch: Batch, pdu: bytes, command: int, sequence: int) -> None:
    try:
        batch.control = decode_control(command, sequence, pdu)
    except RemoteProtocolError as error:
        batch.error = error


def _read_deliver(batch: Batch, buffer: bytes, offset: int, length: int, octets: bytes) -> bool:
    """False: it can't be what it says."""
    if length < DELIVER_CONTENT_AT:
        return False
    user_number, sp_number, _, tp_udhi, message_coding, size = at.DELIVER_HEAD.unpack_from(
        buffer, offset + _HEADER_SIZE
    )
    if length < DELIVER_CONTENT_AT + size:
        return False
    content_at = offset + DELIVER_CONTENT_AT
    batch.replies.append(
        (
            int.from_bytes(octets, "big"),
            octets,
            bare(user_number),
            text_field(sp_number),
            tp_udhi,
            message_coding,
            buffer[content_at : content_at + size],
            False,
        )
    )
    return True


def _read_submit(buffer: bytes, offset: int, length: int, octets: bytes) -> Submission | None:
    if length < SUBMIT_CONTENT_AT:
        return None
    sp_number, count, number, report_flag, tp_udhi, coding, size = at.SUBMIT_SINGLE.unpack_from(
        buffer, offset
    )
    content_at = offset + SUBMIT_CONTENT_AT
    numbers: tuple[str, ...]
    if count == 1:
        numbers = (bare(number),)
    else:
        first = offset + _HEADER_SIZE + at.SUBMIT_HEAD.size
        content_at += (count - 1) * NUMBER_WIDTH
        if count == 0 or content_at > offset + length:
            return None
        numbers_end = first + count * NUMBER_WIDTH
        fields = at.SUBMIT_MIDDLE.unpack_from(buffer, numbers_end)
        report_flag, _, tp_udhi, coding, _, size = fields[10:]
        numbers = tuple(
            bare(buffer[start : start + NUMBER_WIDTH]) for start in range(first, numbers_end, NUMBER_WIDTH)
        )
    content_end = content_at + size
    if not 0 <= offset + length - content_end <= RESERVE_WIDTH:
        return None
    content = buffer[content_at:content_end]
    total, part = 1, 1
    if tp_udhi:
        header, _ = parse_udh(content)
        if header is not None:
            total, part = header.total, header.index
    source = sp_number.partition(b"\0")[0].decode("latin-1")
    sequence = int.from_bytes(octets, "big")
    return sequence, numbers, source, report_flag, total, part, tp_udhi, coding, content, octets


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitConstants:
    """What all messages of a channel (and extension) have in common; see `messages.Submit`."""

    sp_number: str
    corp_id: str
    service_type: str = ""
    charge_number: str = PROVIDER_PAYS
    fee_type: int = 1
    fee_value: str = "0"
    given_value: str = "0"
    agent_flag: int = 0
    morelate_to_mt: int = 2
    priority: int = 0
    expire_time: str = ""
    report_flag: int = 1


_SUBMIT_HEAD_SIZE = at.SUBMIT_HEAD.size
_SUBMIT_MIDDLE_SIZE = at.SUBMIT_MIDDLE.size - 4
_TAIL = bytes(RESERVE_WIDTH)
_COUNTERS = 2**32


def _halves(sequences: Sequence[int]) -> tuple[Iterable[bytes], Iterable[int]]:
    """Node and clock of each, which mostly are the same for all, and counter."""
    count = len(sequences)
    if count and isinstance(sequences, range) and sequences[-1] - sequences[0] == count - 1:
        upper, lower = divmod(sequences[0], _COUNTERS)
        if lower + count <= _COUNTERS:
            return repeat(upper.to_bytes(8, "big"), count), range(lower, lower + count)
    return (
        [(sequence >> 32).to_bytes(8, "big") for sequence in sequences],
        [sequence % _COUNTERS for sequence in sequences],
    )


class SubmitTemplate:
    """Submits of one channel, laid out beforehand: a message only brings number, content and part."""

    __slots__ = ("_before", "_fees", "_head", "_middles", "_struct", "_struct_bare")

    def __init__(self, constants: SubmitConstants) -> None:
        self._head = at.SUBMIT_HEAD.pack(
            fixed("sp_number", constants.sp_number, NUMBER_WIDTH),
            fixed("charge_number", constants.charge_number, NUMBER_WIDTH),
            1,
        )
        self._before = struct.pack(
            ">5s10sB6s6sBBB16s16xBx",
            fixed("corp_id", constants.corp_id, 5),
            fixed("service_type", constants.service_type, 10),
            constants.fee_type,
            fixed("fee_value", constants.fee_value, 6),
            fixed("given_value", constants.given_value, 6),
            constants.agent_flag,
            constants.morelate_to_mt,
            constants.priority,
            fixed("expire_time", constants.expire_time, 16),
            constants.report_flag,
        )
        self._struct = Struct(f">II8sI{_SUBMIT_HEAD_SIZE}s{NUMBER_WIDTH}s{_SUBMIT_MIDDLE_SIZE}sI")
        self._struct_bare = Struct(
            f">II8sI{_SUBMIT_HEAD_SIZE + 2}s{NUMBER_WIDTH - 2}s{_SUBMIT_MIDDLE_SIZE}sI"
        )
        self._middles: dict[tuple[int, bool], bytes] = {}

    def _middle(self, key: tuple[int, bool]) -> bytes:
        """From CorpId to MessageType, for a coding, with or without a header."""
        message_coding, has_header = key
        try:
            middle = self._before + struct.pack(">BBx", has_header, message_coding)
        except struct.error:
            raise LocalProtocolError("sgip.number_out_of_range", message="Submit") from None
        self._middles[key] = middle
        return middle

    def encode_batch(self, sequences: Sequence[int], items: Iterable[SubmitItem]) -> bytes:
        """Submits, one number each, ready for the wire; all or nothing.

        Raises LocalProtocolError `sgip.content_too_long`, `sgip.field_too_long`, `sgip.field_unencodable`,
        `sgip.number_out_of_range`.
        """
        pack, pack_bare, middles = self._struct.pack, self._struct_bare.pack, self._middles
        head, head_bare = self._head, self._head + COUNTRY
        overhead = SUBMIT_CONTENT_AT + RESERVE_WIDTH
        pieces: list[bytes] = []
        add = pieces.append
        try:
            for upper, lower, (number, content, message_coding, total, _) in zip(
                *_halves(sequences), items, strict=True
            ):
                key = (message_coding, total > 1)
                middle = middles.get(key) or self._middle(key)
                size = len(content)
                if size > LONGEST_CONTENT or len(number) > NUMBER_WIDTH:
                    raise _too_long(size)
                raw = number.encode("ascii")
                if len(raw) == _BARE_WIDTH:
                    add(pack_bare(overhead + size, _SUBMIT, upper, lower, head_bare, raw, middle, size))
                else:
                    add(pack(overhead + size, _SUBMIT, upper, lower, head, raw, middle, size))
                add(content)
                add(_TAIL)
        except UnicodeEncodeError:
            raise LocalProtocolError("sgip.field_unencodable", field="user_number") from None
        return b"".join(pieces)


def _too_long(size: int) -> LocalProtocolError:
    if size > LONGEST_CONTENT:
        return LocalProtocolError("sgip.content_too_long", length=size, at_most=LONGEST_CONTENT)
    return LocalProtocolError("sgip.field_too_long", field="user_number", at_most=NUMBER_WIDTH)


_RESPONSE = Struct(">II12sB8x")


def encode_submit_responses(items: Iterable[SubmitResponse]) -> bytes:
    """Answers of a carrier. The id goes unsaid: it is the sequence."""
    pack, length = _RESPONSE.pack, at.RESP_LENGTH
    try:
        return b"".join(
            [
                pack(length, _SUBMIT_RESP, sequence.to_bytes(WIDTH, "big"), result)
                for sequence, _, result in items
            ]
        )
    except (struct.error, OverflowError):
        raise LocalProtocolError("sgip.number_out_of_range", message="Response") from None


def encode_acknowledgements(items: Iterable[Acknowledgement], *, result: int = 0) -> bytes:
    """Acknowledgements of a provider, of reports and of replies."""
    pack, length = _RESPONSE.pack, at.RESP_LENGTH
    try:
        return b"".join(
            [
                pack(length, _REPORT_RESP, (sequence ^ REPORTED).to_bytes(WIDTH, "big"), result)
                if sequence >= REPORTED
                else pack(length, _DELIVER_RESP, sequence.to_bytes(WIDTH, "big"), result)
                for sequence, _ in items
            ]
        )
    except (struct.error, OverflowError):
        raise LocalProtocolError("sgip.number_out_of_range", message="Response") from None


_REPORT_FORM = Struct(">II8sI12sx21sBB8x")
_REPORT_BARE = Struct(">II8sI12sx2s19sBB8x")


def encode_reports(sequences: Sequence[int], items: Iterable[ReportItem]) -> bytes:
    """Status reports of a carrier. Their times go unsaid, and so do ids of deliveries: they are the sequences."""
    pack, pack_bare, length = _REPORT_FORM.pack, _REPORT_BARE.pack, _REPORT_FORM.size
    pieces: list[bytes] = []
    add = pieces.append
    for upper, lower, (_, _, msg_id, word, _, _, number) in zip(*_halves(sequences), items, strict=True):
        state, error = split_word(word)
        raw = number.encode("latin-1")
        if len(raw) == _BARE_WIDTH:
            add(pack_bare(length, _REPORT, upper, lower, msg_id, COUNTRY, raw, state, error))
        else:
            add(pack(length, _REPORT, upper, lower, msg_id, raw, state, error))
    return b"".join(pieces)


def encode_replies(sequences: Sequence[int], items: Iterable[ReplyItem]) -> bytes:
    """Texts from handsets, of a carrier."""
    return b"".join(
        encode(
            Deliver(
                sequence=sequence,
                user_number=with_country(number),
                sp_number=destination,
                content=content,
                message_coding=message_coding,
                tp_udhi=tp_udhi,
            )
        )
        for sequence, (_, number, destination, tp_udhi, message_coding, content) in zip(
            sequences, items, strict=True
        )
    )
