"""The hot paths: whole buffers of traffic to light tuples and back, with no object per field.

What travels here are the tuples of `protocols.traffic`. Measured figures: `python -m benchmarks.protocol`.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from struct import Struct

from xinfeng.kernel.errors import LocalProtocolError, RemoteProtocolError
from xinfeng.kernel.text import parse_udh
from xinfeng.protocols.octets import text_field
from xinfeng.protocols.smgp import layout as at
from xinfeng.protocols.smgp.codec import decode_control, encode, fixed, malformed
from xinfeng.protocols.smgp.layout import (
    DELIVER_CONTENT_AT,
    HEADER,
    LARGEST_PDU,
    NUMBER_WIDTH,
    RESERVE_WIDTH,
    Layout,
)
from xinfeng.protocols.smgp.messages import Command, Deliver, ExitResp, Tag
from xinfeng.protocols.smgp.report import FIXED, FIXED_LABELS, decode_report, split_word, stat_word
from xinfeng.protocols.smgp.tlv import octet, read_options, write_options
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

LONGEST_CONTENT = 140
"""Octets (SMGP 3.0.3, MsgLength)."""

_SUBMIT = int(Command.SUBMIT)
_SUBMIT_RESP = int(Command.SUBMIT_RESP)
_DELIVER = int(Command.DELIVER)
_DELIVER_RESP = int(Command.DELIVER_RESP)
_ACTIVE_TEST = int(Command.ACTIVE_TEST)
_ANSWERS = frozenset({_SUBMIT_RESP, _DELIVER_RESP})
_HEADER_SIZE = HEADER.size
_IS_REPORT_AT = _HEADER_SIZE + at.ID_WIDTH


def decode_batch(
    buffer: bytes,
    offset: int,
    layout: Layout,
    may_receive: Collection[int] = ALL_COMMANDS,
    farewell: int | None = None,
) -> Batch:
    """Read the whole messages in `buffer` from `offset` on. Never raises; see Batch for where it stops.

    A command that is known but not in `may_receive` is an error, found at its place in the stream. `farewell`: the
    sequence of our goodbye; a message of nothing but a header with this sequence is its answer, whatever its command (one
    implementation answers with the wrong one).
    """
    batch = Batch(offset)
    responses = batch.submit_responses
    end = len(buffer)
    read_header, read_response = HEADER.unpack_from, at.RESP.unpack_from
    while end - offset >= _HEADER_SIZE:
        length, command, sequence = read_header(buffer, offset)
        if not _HEADER_SIZE <= length <= LARGEST_PDU:
            batch.error = RemoteProtocolError("smgp.bad_length", length=length)
            break
        stop = offset + length
        if stop > end:
            break
        if sequence == farewell and length == _HEADER_SIZE and command != _ACTIVE_TEST:
            batch.control = ExitResp(sequence=sequence)
            offset = stop
            break
        if command not in may_receive:
            if command in ALL_COMMANDS:
                batch.error = RemoteProtocolError("smgp.unexpected_command", command=Command(command).name)
            else:
                error = RemoteProtocolError("smgp.unknown_command", command=command)
                batch.control, offset = Unreadable(command, sequence, error), stop
            break
        if command in _ANSWERS:
            if length < at.RESP_LENGTH:
                offset = _pass_over(batch, buffer, offset, stop)
                break
            msg_id, status = read_response(buffer, offset + _HEADER_SIZE)
            target = responses if command == _SUBMIT_RESP else batch.deliver_responses
            target.append((sequence, msg_id, status))
        elif command == _DELIVER:
            if (
                length < DELIVER_CONTENT_AT
                or length < DELIVER_CONTENT_AT + buffer[offset + DELIVER_CONTENT_AT - 1]
            ):
                offset = _pass_over(batch, buffer, offset, stop)
                break
            _read_deliver(batch, buffer, offset, stop, sequence)
        elif command == _SUBMIT:
            submission = _read_submit(buffer, offset, length, sequence, layout)
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
    delivery_id = buffer[offset + _HEADER_SIZE : min(offset + _IS_REPORT_AT, stop)]
    batch.control = Unreadable(command, sequence, malformed(command, length), delivery_id)
    return stop


def _read_control(batch: Batch, pdu: bytes, command: int, sequence: int) -> None:
    try:
        batch.control = decode_control(command, sequence, pdu)
    except RemoteProtocolError as error:
        batch.error = error


_REPORT_HEAD = Struct(">12x10s16x21s")
"""Of a DELIVER that reports: its id and the number it was sent to."""


def _read_deliver(batch: Batch, buffer: bytes, offset: int, stop: int, sequence: int) -> None:
    content_at = offset + DELIVER_CONTENT_AT
    size = buffer[content_at - 1]
    is_report = buffer[offset + _IS_REPORT_AT] != 0
    if is_report and _read_report(batch, buffer, offset, content_at, size, sequence):
        return
    deliver_id, _, msg_format, _, source, destination, _ = at.DELIVER_HEAD.unpack_from(
        buffer, offset + _HEADER_SIZE
    )
    content_end = content_at + size
    tp_udhi = 0
    if stop - content_end > RESERVE_WIDTH:
        tp_udhi = octet(read_options(buffer[content_end + RESERVE_WIDTH : stop]), Tag.TP_UDHI, 0)
    batch.replies.append(
        (
            sequence,
            deliver_id,
            text_field(source),
            text_field(destination),
            tp_udhi,
            msg_format,
            buffer[content_at:content_end],
            is_report,
        )
    )


def _read_report(batch: Batch, buffer: bytes, offset: int, content_at: int, size: int, sequence: int) -> bool:
    """False: it can't be read."""
    if size >= FIXED.size:
        fields = FIXED.unpack_from(buffer, content_at)
        id_label, msg_id, sub, dlvrd, submit_label, submit_time, done_label, done_time = fields[:8]
        stat_label, stat, err_label, err = fields[8:]
        labels = (id_label, sub, dlvrd, submit_label, done_label, stat_label, err_label)
        if labels in FIXED_LABELS and (word := _WORDS.get(stat + err) or _word(stat, err)):
            deliver_id, number = _REPORT_HEAD.unpack_from(buffer, offset)
            batch.receipts.append(
                (
                    sequence,
                    deliver_id,
                    msg_id,
                    word,
                    submit_time.decode("latin-1").rstrip("\0"),
                    done_time.decode("latin-1").rstrip("\0"),
                    number.partition(b"\0")[0].decode("latin-1"),
                )
            )
            return True
    report = decode_report(buffer[content_at : content_at + size])
    if report is None:
        return False
    deliver_id, number = _REPORT_HEAD.unpack_from(buffer, offset)
    batch.receipts.append(
        (
            sequence,
            deliver_id,
            report.msg_id,
            report.word,
            report.submit_time,
            report.done_time,
            text_field(number),
        )
    )
    return True


_WORDS = {b"DELIVRD000": "DELIVRD"}
"""Stat and error code together, decoded once."""


def _word(stat: bytes, err: bytes) -> str:
    return stat_word(text_field(stat).strip(), text_field(err).strip())


def _read_submit(buffer: bytes, offset: int, length: int, sequence: int, layout: Layout) -> Submission | None:
    content_at = layout.submit_content_at
    if length < content_at:
        return None
    need_report, msg_format, source, count, number, size = layout.submit_single.unpack_from(buffer, offset)
    numbers: tuple[str, ...]
    content_at += offset
    if count == 1:
        numbers = (number.partition(b"\0")[0].decode("latin-1"),)
    else:
        first = offset + _HEADER_SIZE + layout.submit_head.size
        content_at += (count - 1) * NUMBER_WIDTH
        if count == 0 or content_at > offset + length:
            return None
        size = buffer[content_at - 1]
        numbers = tuple(
            text_field(buffer[start : start + NUMBER_WIDTH])
            for start in range(first, first + count * NUMBER_WIDTH, NUMBER_WIDTH)
        )
    content_end = content_at + size
    rest = offset + length - content_end
    if rest < 0:
        return None
    content = buffer[content_at:content_end]
    tp_udhi, pk_total, pk_number = 0, 1, 1
    if rest > RESERVE_WIDTH:
        options = read_options(buffer[content_end + RESERVE_WIDTH : offset + length])
        tp_udhi = octet(options, Tag.TP_UDHI, 0)
        pk_total, pk_number = octet(options, Tag.PK_TOTAL, 1), octet(options, Tag.PK_NUMBER, 1)
        if tp_udhi and Tag.PK_TOTAL not in options:
            header, _ = parse_udh(content)
            if header is not None:
                pk_total, pk_number = header.total, header.index
    source = source.partition(b"\0")[0].decode("latin-1")
    return sequence, numbers, source, need_report, pk_total, pk_number, tp_udhi, msg_format, content, b""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitConstants:
    """What all messages of a channel (and extension) have in common. `options` go with every message."""

    src_term_id: str
    service_id: str = ""
    need_report: int = 1
    priority: int = 0
    fee_type: str = "00"
    fee_code: str = "000000"
    fixed_fee: str = ""
    charge_term_id: str = ""
    valid_time: str = ""
    charge_user_type: int | None = None
    msg_src: str = ""
    """The enterprise code; sent where it is given."""


class SubmitTemplate:
    """Submits of one channel, laid out beforehand: a message only brings number, content and part."""

    __slots__ = ("_after", "_before", "_forms", "_options", "_struct", "layout")

    def __init__(self, constants: SubmitConstants, layout: Layout) -> None:
        self.layout = layout
        self._before = struct.pack(
            f">BBB10s2s6s{layout.fixed_fee_width}s",
            6,  # MsgType: to a handset
            constants.need_report,
            constants.priority,
            fixed("service_id", constants.service_id, 10),
            fixed("fee_type", constants.fee_type, 2),
            fixed("fee_code", constants.fee_code, 6),
            fixed("fixed_fee", constants.fixed_fee, 6)[: layout.fixed_fee_width],
        )
        self._after = struct.pack(
            ">17s17x21s21sB",
            fixed("valid_time", constants.valid_time, 17),
            fixed("src_term_id", constants.src_term_id, NUMBER_WIDTH),
            fixed("charge_term_id", constants.charge_term_id, NUMBER_WIDTH),
            1,
        )
        self._options: dict[int, bytes] = {}
        if constants.charge_user_type is not None:
            self._options[Tag.CHARGE_USER_TYPE] = struct.pack(">B", constants.charge_user_type)
        if constants.msg_src:
            self._options[Tag.MSG_SRC] = fixed("msg_src", constants.msg_src, 8).ljust(8, b"\0")
        self._struct = Struct(f">III{layout.submit_head.size}s{NUMBER_WIDTH}sB")
        self._forms: dict[tuple[int, int, int], tuple[bytes, bytes, int]] = {}

    def _form(self, key: tuple[int, int, int]) -> tuple[bytes, bytes, int]:
        """For a format and a part: MsgType to DestTermIDCount, what follows content, and the length of it all."""
        msg_format, pk_total, pk_number = key
        options: dict[int, bytes] = {}
        try:
            middle = self._before + struct.pack(">B", msg_format) + self._after
            if pk_total > 1:
                options[Tag.TP_UDHI] = b"\x01"
                options[Tag.PK_TOTAL] = struct.pack(">B", pk_total)
                options[Tag.PK_NUMBER] = struct.pack(">B", pk_number)
        except struct.error:
            raise LocalProtocolError("smgp.number_out_of_range", message="Submit") from None
        tail = bytes(RESERVE_WIDTH) + write_options(options | self._options)
        form = (middle, tail, self.layout.submit_content_at + len(tail))
        self._forms[key] = form
        return form

    def encode_batch(self, sequences: Sequence[int], items: Iterable[SubmitItem]) -> bytes:
        """Submits, one number each, ready for the wire; all or nothing.

        Raises LocalProtocolError `smgp.content_too_long`, `smgp.field_too_long`, `smgp.field_unencodable`,
        `smgp.number_out_of_range`.
        """
        pack, forms = self._struct.pack, self._forms
        pieces: list[bytes] = []
        add = pieces.append
        try:
            for sequence, (number, content, msg_format, pk_total, pk_number) in zip(
                sequences, items, strict=True
            ):
                key = (msg_format, pk_total, pk_number)
                middle, tail, overhead = forms.get(key) or self._form(key)
                size = len(content)
                if size > LONGEST_CONTENT or len(number) > NUMBER_WIDTH:
                    raise _too_long(size)
                add(pack(overhead + size, _SUBMIT, sequence, middle, number.encode("ascii"), size))
                add(content)
                add(tail)
        except UnicodeEncodeError:
            raise LocalProtocolError("smgp.field_unencodable", field="dest_term_id") from None
        return b"".join(pieces)


def _too_long(size: int) -> LocalProtocolError:
    if size > LONGEST_CONTENT:
        return LocalProtocolError("smgp.content_too_long", length=size, at_most=LONGEST_CONTENT)
    return LocalProtocolError("smgp.field_too_long", field="dest_term_id", at_most=NUMBER_WIDTH)


def encode_submit_responses(items: Iterable[SubmitResponse]) -> bytes:
    """Answers of a gateway."""
    return _encode_responses(_SUBMIT_RESP, items)


def encode_deliver_responses(items: Iterable[Acknowledgement], *, result: int = 0) -> bytes:
    """Acknowledgements of a provider."""
    return _encode_responses(_DELIVER_RESP, ((sequence, msg_id, result) for sequence, msg_id in items))


_RESPONSE = Struct(">III10sI")


def _encode_responses(command: int, items: Iterable[SubmitResponse]) -> bytes:
    pack, length = _RESPONSE.pack, at.RESP_LENGTH
    try:
        return b"".join(
            [pack(length, command, sequence, msg_id, status) for sequence, msg_id, status in items]
        )
    except struct.error:
        raise LocalProtocolError("smgp.number_out_of_range", message="Response") from None


_REPORT = Struct(">III10s16s21s25s10s109s8x")
"""Id of the delivery; what kind it is; number; destination and the beginning of the text; id; the rest of the text."""
_REPORT_SIZE = 122
_MOST_FORMS = 1000


def encode_reports(sequences: Sequence[int], items: Iterable[ReportItem]) -> bytes:
    """Status reports of a gateway, in the form the document gives them."""
    pack, length = _REPORT.pack, _REPORT.size
    forms: dict[tuple[str, str, str, str], tuple[bytes, bytes, bytes]] = {}
    pieces: list[bytes] = []
    for sequence, (deliver_id, destination, msg_id, word, submit_time, done_time, number) in zip(
        sequences, items, strict=True
    ):
        key = (destination, word, submit_time, done_time)
        if (form := forms.get(key)) is None:
            form = _report_form(*key)
            if len(forms) < _MOST_FORMS:
                forms[key] = form
        kind, before, after = form
        raw = number.encode("latin-1")
        pieces.append(pack(length, _DELIVER, sequence, deliver_id, kind, raw, before, msg_id, after))
    return b"".join(pieces)


def _report_form(destination: str, word: str, submit_time: str, done_time: str) -> tuple[bytes, bytes, bytes]:
    """What reports have in common that say the same of the same minutes."""
    stat, err = split_word(word)
    done = done_time.encode("latin-1")
    return (
        struct.pack(">Bx14s", 1, b"20%b00" % done),
        struct.pack(">21sB3s", destination.encode("latin-1"), _REPORT_SIZE, b"id:"),
        struct.pack(
            ">15s3s13s10s11s10s6s7s5s3s6s20x",
            b" sub:001 dlvrd:",
            b"001" if stat == "DELIVRD" else b"000",
            b" submit date:",
            submit_time.encode("latin-1"),
            b" done date:",
            done,
            b" stat:",
            stat.encode("latin-1"),
            b" err:",
            err.encode("latin-1"),
            b" text:",
        ),
    )


def encode_replies(sequences: Sequence[int], items: Iterable[ReplyItem], version: int) -> bytes:
    """Texts from handsets, of a gateway."""
    return b"".join(
        encode(
            Deliver(
                sequence=sequence,
                msg_id=deliver_id,
                dest_term_id=destination,
                src_term_id=number,
                content=content,
                msg_format=msg_format,
                options={Tag.TP_UDHI: struct.pack(">B", tp_udhi)} if tp_udhi else {},
            ),
            version,
        )
        for sequence, (deliver_id, number, destination, tp_udhi, msg_format, content) in zip(
            sequences, items, strict=True
        )
    )
