"""What a centre writes, on the hot paths: answers, receipts, replies. The counterpart of what `bulk` reads.

Receipts are written in text and in TLVs, in the form of the book (SMPP 3.4, appendix B).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from struct import Struct

from xinfeng.kernel.errors import LocalProtocolError
from xinfeng.kernel.text import Encoding
from xinfeng.protocols.smpp.bulk import ID_TLVS, header_size
from xinfeng.protocols.smpp.codec import c_octets, encode, id_octets
from xinfeng.protocols.smpp.coding import Codings
from xinfeng.protocols.smpp.layout import (
    HEADER,
    LONGEST_ADDRESS,
    LONGEST_ID,
    LONGEST_SHORT_MESSAGE,
    Tag,
    write_tlv,
)
from xinfeng.protocols.smpp.messages import RECEIPT, UDHI, Command, DeliverSm
from xinfeng.protocols.smpp.receipts import STATE_OF, write_report
from xinfeng.protocols.traffic import ReplyItem, ReportItem, SubmitResponse

_SUBMIT_SM_RESP = int(Command.SUBMIT_SM_RESP)
_DELIVER_SM = int(Command.DELIVER_SM)
_DATA_SM_RESP = int(Command.DATA_SM_RESP)


def encode_submit_responses(items: Iterable[SubmitResponse], data_sms: Collection[int] = ()) -> bytes:
    """Answers of a centre. A refusal needs no id (4.4.2), but may have one."""
    pieces: list[bytes] = []
    for sequence, message_id, status in items:
        command = _DATA_SM_RESP if data_sms and sequence in data_sms else _SUBMIT_SM_RESP
        size = len(message_id)
        if size > LONGEST_ID or not message_id.isalnum():
            if status:
                pieces.append(HEADER.pack(HEADER.size, command, status, sequence))
                continue
            id_octets(message_id)
        answer = _ANSWERS_BY_SIZE[size]
        pieces.append(answer.pack(answer.size, command, status, sequence, message_id))
    return b"".join(pieces)


_ANSWERS_BY_SIZE = [Struct(f">IIII{size}sx") for size in range(LONGEST_ID + 1)]
"""Answers with an id of so many octets."""


def encode_reports(sequences: Sequence[int], items: Iterable[ReportItem]) -> bytes:
    """Receipts of a centre, in text and in TLVs."""
    frames: dict[_ReportKey, _ReportFrame] = {}
    before = middle = behind = b""
    length, pack, last = 0, _REPORT_HEAD.pack, _NO_REPORT
    pieces: list[bytes] = []
    try:
        for sequence, (_, access_code, message_id, stat, submit_time, done_time, number) in zip(
            sequences, items, strict=True
        ):
            key = (access_code, stat, submit_time, done_time, len(message_id), len(number))
            if key != last:  # most often what one read brought is all alike
                pack, length, before, middle, behind = frames.get(key) or frames.setdefault(
                    key, _report_frame(*key)
                )
                last = key
            source = number.encode("ascii")
            if not message_id.isalnum():
                id_octets(message_id)
            if not source.isdigit():
                c_octets("source", number, LONGEST_ADDRESS)
            pieces.append(
                pack(length, _DELIVER_SM, 0, sequence, source, before, message_id, middle, message_id, behind)
            )
    except UnicodeEncodeError:
        raise LocalProtocolError("smpp.field_unencodable", field="source") from None
    return b"".join(pieces)


_ReportKey = tuple[str, str, str, str, int, int]
_ReportFrame = tuple[Callable[..., bytes], int, bytes, bytes, bytes]
_NO_REPORT: _ReportKey = ("", "", "", "", -1, -1)

_REPORT_HEAD = Struct(">IIII3x")
"""The header, an empty service_type, TON and NPI of the number."""


def _report_frame(
    access_code: str, stat: str, submit_time: str, done_time: str, id_size: int, number_size: int
) -> _ReportFrame:
    """What receipts with the same word and times have in common: how one is packed, its length, what stands between
    number and id, between the id in the text and the one in the TLV, and behind that."""
    if id_size > LONGEST_ID:
        raise LocalProtocolError("smpp.field_too_long", field="message_id", at_most=LONGEST_ID)
    if number_size > LONGEST_ADDRESS:
        raise LocalProtocolError("smpp.field_too_long", field="source", at_most=LONGEST_ADDRESS)
    text = write_report(stat=stat, submit_time=submit_time, done_time=done_time)
    size = len("id:") + id_size + len(text)
    if size > LONGEST_SHORT_MESSAGE:
        raise LocalProtocolError("smpp.content_too_long", length=size, at_most=LONGEST_SHORT_MESSAGE)
    before = b"".join(
        (
            b"\0\0\0",
            c_octets("destination", access_code, LONGEST_ADDRESS),
            _REPORT_MIDDLE,
            b"%cid:" % size,
        )
    )
    middle = text + ID_TLVS[id_size]
    state = STATE_OF.get(stat.partition(":")[0])
    behind = b"\0" if state is None else b"\0" + write_tlv(Tag.MESSAGE_STATE, bytes((state,)))
    whole = Struct(
        f"{_REPORT_HEAD.format}{number_size}s{len(before)}s{id_size}s{len(middle)}s{id_size}s{len(behind)}s"
    )
    return whole.pack, whole.size, before, middle, behind


_REPORT_MIDDLE = bytes((RECEIPT, 0, 0, 0, 0, 0, 0, 0, 0))
"""esm_class to sm_default_msg_id."""


def encode_replies(sequences: Sequence[int], items: Iterable[ReplyItem], codings: Codings) -> bytes:
    """Texts from handsets, of a centre."""
    pieces = []
    for sequence, (_, number, access_code, has_header, encoding, content) in zip(
        sequences, items, strict=True
    ):
        if codings.packed and encoding == Encoding.GSM7:
            content = codings.pack(content, header_size(content) if has_header else 0)
        fits = len(content) <= LONGEST_SHORT_MESSAGE
        pieces.append(
            encode(
                DeliverSm(
                    sequence=sequence,
                    source=number,
                    destination=access_code,
                    esm_class=UDHI if has_header else 0,
                    data_coding=codings.data_coding(encoding),
                    short_message=content if fits else b"",
                    tlvs=() if fits else ((Tag.MESSAGE_PAYLOAD, content),),
                )
            )
        )
    return b"".join(pieces)
