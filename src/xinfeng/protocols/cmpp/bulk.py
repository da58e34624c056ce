"""The hot paths: whole buffers of traffic to light tuples and back, with no object per field.

What travels here are the tuples of `protocols.traffic`. Measured figures: `python -m benchmarks.protocol`.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from struct import Struct

from xinfeng.kernel.errors import LocalProtocolError, RemoteProtocolError
from xinfeng.protocols.cmpp import layout as at
from xinfeng.protocols.cmpp.codec import decode_control, encode, fixed, malformed
from xinfeng.protocols.cmpp.layout import HEADER, LARGEST_PDU, Layout, deliver_layout, layout_of
from xinfeng.protocols.cmpp.messages import Command, Deliver
from xinfeng.protocols.octets import text_field
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

LONGEST_CONTENT = 159
"""Octets. Msg_Fmt 0 may have less than 160, everything else 140."""

_SUBMIT = int(Command.SUBMIT)
_SUBMIT_RESP = int(Command.SUBMIT_RESP)
_DELIVER = int(Command.DELIVER)
_DELIVER_RESP = int(Command.DELIVER_RESP)
_ANSWERS = frozenset({_SUBMIT_RESP, _DELIVER_RESP})
_HEADER_SIZE = HEADER.size


def decode_batch(
    buffer: bytes, offset: int, expected: Layout, may_receive: Collection[int] = ALL_COMMANDS
) -> Batch:
    """Read the whole messages in `buffer` from `offset` on. Never raises; see Batch for where it stops.

    A command that is known but not in `may_receive` is an error, found at its place in the stream.
    """
    batch = Batch(offset)
    responses = batch.submit_responses
    end = len(buffer)
    read_header, read_short, read_long = (
        HEADER.unpack_from,
        at.RESP_SHORT.unpack_from,
        at.RESP_LONG.unpack_from,
    )
    while end - offset >= _HEADER_SIZE:
        length, command, sequence = read_header(buffer, offset)
        if not _HEADER_SIZE <= length <= LARGEST_PDU:
            batch.error = RemoteProtocolError("cmpp.bad_length", length=length)
            break
        stop = offset + length
        if stop > end:
            break
        if command not in may_receive:
            if command in ALL_COMMANDS:
                batch.error = RemoteProtocolError("cmpp.unexpected_command", command=Command(command).name)
            else:
                error = RemoteProtocolError("cmpp.unknown_command", command=command)
                batch.control, offset = Unreadable(command, sequence, error), stop
            break
        if command in _ANSWERS:
            if length >= at.LONG_RESP_LENGTH:
                msg_id, result = read_long(buffer, offset + _HEADER_SIZE)
            elif length >= at.SHORT_RESP_LENGTH:
                msg_id, result = read_short(buffer, offset + _HEADER_SIZE)
            else:
                offset = _pass_over(batch, buffer, offset, stop)
                break
            target = responses if command == _SUBMIT_RESP else batch.deliver_responses
            target.append((sequence, msg_id, result))
        elif command == _DELIVER:
            layout = deliver_layout(buffer, offset, length, expected)
            if layout is None:
                offset = _pass_over(batch, buffer, offset, stop)
                break
            _read_deliver(batch, buffer, offset, sequence, layout)
        elif command == _SUBMIT:
            submission = _read_submit(buffer, offset, length, sequence, expected)
            if submission is None:
                offset = _pass_over(batch, buffer, offset, stop)
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


def _pass_over(batch: Batch, buffer: bytes, offset: int, stop: int) -> int:
    """A message of traffic whose body can't be what it says; returns where the next begins."""
    length, command, sequence = HEADER.unpack_from(buffer, offset)
    delivery_id = buffer[offset + _HEADER_SIZE : min(offset + _HEADER_SIZE + 8, stop)]
    batch.control = Unreadable(command, sequence, malformed(command, length), delivery_id)
    return stop


def _read_control(batch: Batch, pdu: bytes, command: int, sequence: int) -> None:
    try:
        batch.control = decode_control(command, sequence, pdu)
    except RemoteProtocolError as error:
        batch.error = error


def _read_deliver(batch: Batch, buffer: bytes, offset: int, sequence: int, layout: Layout) -> None:
    content_at = offset + _HEADER_SIZE + layout.deliver_head.size
    size = buffer[content_at - 1]
    is_report = buffer[content_at - 2] != 0
    if is_report and size >= at.REPORT_SHORTEST:
        if size >= at.REPORT_LONG_LENGTH:
            msg_id, stat, submit_time, done_time, number = at.REPORT_LONG.unpack_from(buffer, content_at)
        elif size >= at.REPORT_SHORT_LENGTH:
            msg_id, stat, submit_time, done_time, number = at.REPORT_SHORT.unpack_from(buffer, content_at)
        else:  # some vendors send less; take what is there
            short = buffer[content_at : content_at + size].ljust(at.REPORT_SHORT.size, b"\0")
            msg_id, stat, submit_time, done_time, number = at.REPORT_SHORT.unpack_from(short)
        batch.receipts.append(
            (
                sequence,
                buffer[offset + 12 : offset + 20],
                msg_id,
                _WORDS.get(stat) or _word(stat),
                submit_time.decode("latin-1").rstrip("\0"),
                done_time.decode("latin-1").rstrip("\0"),
                number.partition(b"\0")[0].decode("latin-1"),
            )
        )
        return
    fields = layout.deliver_head.unpack_from(buffer, offset + _HEADER_SIZE)
    deliver_id, dest_id, _, _, tp_udhi, msg_fmt, source = fields[:7]
    content = buffer[content_at : content_at + size]
    batch.replies.append(
        (sequence, deliver_id, text_field(source), text_field(dest_id), tp_udhi, msg_fmt, content, is_report)
    )


_WORDS = {
    word.encode(): word
    for word in ("DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD", "MK:0001")
}
"""Status words that fill their field, decoded once."""


def _word(stat: bytes) -> str:
    """Some pad with blanks, or write small letters; a report that says nothing says that nothing is known."""
    word = text_field(stat).strip()
    return _WORDS.get(word.upper().encode("latin-1", "replace")) or word or "UNKNOWN"


def _read_submit(buffer: bytes, offset: int, length: int, sequence: int, layout: Layout) -> Submission | None:
    if length < layout.submit_single.size:
        return None
    pk_total, pk_number, registered, tp_udhi, msg_fmt, src_id, count, number, size = (
        layout.submit_single.unpack_from(buffer, offset)
    )
    content_at = offset + layout.submit_single.size
    numbers: tuple[str, ...]
    if count == 1:
        numbers = (number.partition(b"\0")[0].decode("latin-1"),)
    else:
        width = layout.number_width
        first = offset + _HEADER_SIZE + layout.submit_head.size
        content_at += (count - 1) * width
        if count == 0 or content_at > offset + length:
            return None
        size = buffer[content_at - 1]
        numbers = tuple(
            text_field(buffer[start : start + width]) for start in range(first, first + count * width, width)
        )
    content_end = content_at + size
    if not 0 <= offset + length - content_end <= layout.tail:
        return None
    source = src_id.partition(b"\0")[0].decode("latin-1")
    content = buffer[content_at:content_end]
    return sequence, numbers, source, registered, pk_total, pk_number, tp_udhi, msg_fmt, content, b""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitConstants:
    """What all messages of a channel (and extension) have in common."""

    msg_src: str
    src_id: str
    service_id: str = ""
    registered_delivery: int = 1
    msg_level: int = 1
    fee_user_type: int = 2
    fee_terminal_id: str = ""
    fee_type: str = "01"
    fee_code: str = "000000"
    valid_time: str = ""


class SubmitTemplate:
    """Submits of one channel, laid out beforehand: a message only brings number, content and part."""

    __slots__ = ("_after", "_before", "_content_at", "_middles", "_struct", "_tail", "layout")

    def __init__(self, constants: SubmitConstants, version: int) -> None:
        layout = layout_of(version)
        width = layout.number_width
        self.layout = layout
        self._before = struct.pack(
            ">BB10sB",
            constants.registered_delivery,
            constants.msg_level,
            fixed("service_id", constants.service_id, 10),
            constants.fee_user_type,
        ) + fixed("fee_terminal_id", constants.fee_terminal_id, width).ljust(
            width + layout.number_types, b"\0"
        )
        self._after = struct.pack(
            ">6s2s6s17s17x21sB",
            fixed("msg_src", constants.msg_src, 6),
            fixed("fee_type", constants.fee_type, 2),
            fixed("fee_code", constants.fee_code, 6),
            fixed("valid_time", constants.valid_time, 17),
            fixed("src_id", constants.src_id, 21),
            1,
        )
        middle = layout.submit_head.size
        self._struct = Struct(f">III{middle}s{width}s{layout.number_types}xB")
        self._tail = bytes(layout.tail)
        self._content_at = layout.submit_content_at
        self._middles: dict[tuple[int, int, int], bytes] = {}

    def _middle(self, key: tuple[int, int, int]) -> bytes:
        """From Msg_Id to DestUsr_tl, for a format and a part."""
        msg_fmt, pk_total, pk_number = key
        try:
            parts = struct.pack(">8xBB", pk_total, pk_number)
            form = struct.pack(">xBB", pk_total > 1, msg_fmt)
        except struct.error:
            raise LocalProtocolError("cmpp.number_out_of_range", message="Submit") from None
        middle = parts + self._before + form + self._after
        self._middles[key] = middle
        return middle

    def encode_batch(self, sequences: Sequence[int], items: Iterable[SubmitItem]) -> bytes:
        """Submits, one number each, ready for the wire; all or nothing.

        Raises LocalProtocolError `cmpp.content_too_long`, `cmpp.field_too_long`, `cmpp.field_unencodable`.
        """
        pack, middles, tail = self._struct.pack, self._middles, self._tail
        width, overhead = self.layout.number_width, self._content_at + self.layout.tail
        pieces: list[bytes] = []
        add = pieces.append
        try:
            for sequence, (number, content, msg_fmt, pk_total, pk_number) in zip(
                sequences, items, strict=True
            ):
                key = (msg_fmt, pk_total, pk_number)
                middle = middles.get(key) or self._middle(key)
                size = len(content)
                if size > LONGEST_CONTENT or len(number) > width:
                    raise self._too_long(size)
                add(pack(overhead + size, _SUBMIT, sequence, middle, number.encode("ascii"), size))
                add(content)
                add(tail)
        except UnicodeEncodeError:
            raise LocalProtocolError("cmpp.field_unencodable", field="dest_terminal_id") from None
        return b"".join(pieces)

    def _too_long(self, size: int) -> LocalProtocolError:
        if size > LONGEST_CONTENT:
            return LocalProtocolError("cmpp.content_too_long", length=size, at_most=LONGEST_CONTENT)
        width = self.layout.number_width
        return LocalProtocolError("cmpp.field_too_long", field="dest_terminal_id", at_most=width)


def encode_submit_responses(items: Iterable[SubmitResponse], layout: Layout) -> bytes:
    """Answers of a gateway."""
    return _encode_responses(_SUBMIT_RESP, items, layout)


def encode_deliver_responses(items: Iterable[Acknowledgement], layout: Layout, *, result: int = 0) -> bytes:
    """Acknowledgements of a provider."""
    return _encode_responses(
        _DELIVER_RESP, ((sequence, msg_id, result) for sequence, msg_id in items), layout
    )


def _encode_responses(command: int, items: Iterable[SubmitResponse], layout: Layout) -> bytes:
    long = layout.status_width == 4
    pack = _RESPONSE_LONG.pack if long else _RESPONSE_SHORT.pack
    length = at.LONG_RESP_LENGTH if long else at.SHORT_RESP_LENGTH
    try:
        return b"".join(
            [pack(length, command, sequence, msg_id, result) for sequence, msg_id, result in items]
        )
    except struct.error:
        raise LocalProtocolError("cmpp.number_out_of_range", message="Response") from None


_RESPONSE_LONG = Struct(">III8sI")
_RESPONSE_SHORT = Struct(">III8sB")

_REPORT_V30 = Struct(">III8s21s10xxxx32sxBB8s7s10s10s32s4x20x")
_REPORT_V20 = Struct(">III8s21s10xxxx21sBB8s7s10s10s21s4x8x")


def encode_reports(sequences: Sequence[int], items: Iterable[ReportItem], layout: Layout) -> bytes:
    """Status reports of a gateway, with the report body that belongs to the version."""
    form, size = (
        (_REPORT_V30, at.REPORT_LONG_LENGTH)
        if layout.status_width == 4
        else (_REPORT_V20, at.REPORT_SHORT_LENGTH)
    )
    pack, length = form.pack, form.size
    pieces = []
    for sequence, (deliver_id, dest_id, msg_id, stat, submit_time, done_time, number) in zip(
        sequences, items, strict=True
    ):
        raw_number = number.encode("latin-1")
        pieces.append(
            pack(
                length,
                _DELIVER,
                sequence,
                deliver_id,
                dest_id.encode("latin-1"),
                raw_number,
                1,
                size,
                msg_id,
                stat.encode("latin-1"),
                submit_time.encode("latin-1"),
                done_time.encode("latin-1"),
                raw_number,
            )
        )
    return b"".join(pieces)


def encode_replies(sequences: Sequence[int], items: Iterable[ReplyItem], version: int) -> bytes:
    """Texts from handsets, of a gateway."""
    return b"".join(
        encode(
            Deliver(
                sequence=sequence,
                msg_id=deliver_id,
                dest_id=dest_id,
                src_terminal_id=number,
                content=content,
                msg_fmt=msg_fmt,
                tp_udhi=tp_udhi,
            ),
            version,
        )
        for sequence, (deliver_id, number, dest_id, tp_udhi, msg_fmt, content) in zip(
            sequences, items, strict=True
        )
    )
