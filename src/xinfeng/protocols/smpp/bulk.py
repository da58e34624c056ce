"""The hot paths: whole buffers of traffic to light tuples and back, with no object per field.

What travels here are the tuples of `protocols.traffic`. Content of a part always begins with a user data header, also
where the wire marks parts by TLVs (`sar_…`); septets are always one an octet, also where the wire packs them.
Deliveries have no id in SMPP, and the sequence is all there is to acknowledge: theirs is empty, unless the centre puts
its own id of a text into `receipted_message_id`, as some do.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from struct import Struct

from xinfeng.kernel.errors import LocalProtocolError, RemoteProtocolError
from xinfeng.kernel.text import Encoding, Reference, parse_udh, udh
from xinfeng.protocols.smpp import layout as at
from xinfeng.protocols.smpp.codec import c_octets, decode_control, malformed
from xinfeng.protocols.smpp.coding import Codings, DefaultAlphabet
from xinfeng.protocols.smpp.layout import (
    HEADER,
    LARGEST_PDU,
    LONGEST_ADDRESS,
    LONGEST_ID,
    LONGEST_SHORT_MESSAGE,
    TLV_HEAD,
    Tag,
    read_tlvs,
    write_tlv,
)
from xinfeng.protocols.smpp.messages import (
    KIND,
    SAYS_RECEIPT,
    UDHI,
    UNKNOWN_ERROR,
    Command,
)
from xinfeng.protocols.smpp.receipts import (
    DELIVERED,
    STATE_OF,
    IdFormat,
    answer_id,
    is_beyond_doubt,
    read_report,
)
from xinfeng.protocols.traffic import (
    Acknowledgement,
    Batch,
    Receipt,
    SubmitItem,
    SubmitResponse,
    Unreadable,
)

ALL_COMMANDS = frozenset(map(int, Command))

_SUBMIT_SM = int(Command.SUBMIT_SM)
_SUBMIT_SM_RESP = int(Command.SUBMIT_SM_RESP)
_DELIVER_SM = int(Command.DELIVER_SM)
_DELIVER_SM_RESP = int(Command.DELIVER_SM_RESP)
_DATA_SM = int(Command.DATA_SM)
_DATA_SM_RESP = int(Command.DATA_SM_RESP)
_MESSAGES = frozenset({_SUBMIT_SM, _DELIVER_SM, _DATA_SM})
_ANSWERS = frozenset({_SUBMIT_SM_RESP, _DELIVER_SM_RESP, _DATA_SM_RESP})
_HEADER_SIZE = HEADER.size
_SAR_TAGS = (Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM)
_NO_TLVS: dict[int, bytes] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How what arrives is to be understood. `at_centre`: by the carrier's end. `own`: the address that we send from;
    a receipt from it has its addresses the other way round."""

    codings: Codings = field(default_factory=Codings)
    ids: IdFormat = IdFormat.AS_IS
    at_centre: bool = False
    own: bytes = b""


@dataclass(slots=True)
class SmppBatch(Batch):
    """`data_sms`: sequences of messages in the form of data_sm, which want an answer of their own kind."""

    data_sms: list[int] = field(default_factory=list)


def decode_batch(
    buffer: bytes, offset: int, reading: Reading, may_receive: Collection[int] = ALL_COMMANDS
) -> SmppBatch:
    """Read the whole messages in `buffer` from `offset` on. Never raises; see Batch for where it stops.

    A command that is known but not in `may_receive` is an error, found at its place in the stream; an unknown one
    is a control message.
    """
    batch = SmppBatch(offset)
    responses = batch.deliver_responses if reading.at_centre else batch.submit_responses
    as_is = reading.ids is IdFormat.AS_IS
    plain, encodings = reading.at_centre and not reading.codings.packed, reading.codings.encodings
    end = len(buffer)
    read_header = HEADER.unpack_from
    while end - offset >= _HEADER_SIZE:
        length, command, status, sequence = read_header(buffer, offset)
        if not _HEADER_SIZE <= length <= LARGEST_PDU:
            batch.error = RemoteProtocolError("smpp.bad_length", length=length)
            break
        stop = offset + length
        if stop > end:
            break
        if command in ALL_COMMANDS and command not in may_receive:
            batch.error = RemoteProtocolError("smpp.unexpected_command", command=Command(command).name)
            break
        if command in _ANSWERS:
            # the id ends at its NUL; TLVs may follow, and an answer may have neither
            message_id = buffer[offset + _HEADER_SIZE : stop].partition(b"\0")[0]
            if not as_is or len(message_id) > LONGEST_ID:
                message_id = answer_id(message_id, reading.ids)
            responses.append((sequence, message_id, status))
        elif command in _MESSAGES:
            usual = False
            if command == _SUBMIT_SM:
                usual = plain and _read_plain_submit(batch, buffer, offset, stop, sequence, encodings)
            elif command == _DELIVER_SM:
                usual = as_is and _read_usual_receipt(batch, buffer, offset, stop, sequence, reading.own)
            if not usual and not _read_message(batch, buffer, (offset, stop), command, sequence, reading):
                batch.control = Unreadable(command, sequence, malformed(command, length))
                offset = stop
                break
        else:
            try:
                batch.control = decode_control(command, status, sequence, buffer[offset:stop])
                offset = stop
            except RemoteProtocolError as error:
                batch.error = error
            break
        offset = stop
    batch.consumed = offset
    return batch


def _read_message(
    batch: SmppBatch, buffer: bytes, span: tuple[int, int], command: int, sequence: int, reading: Reading
) -> bool:
    """One submit_sm, deliver_sm or data_sm. False: its body can't be what it says."""
    offset, stop = span
    if command == _DATA_SM:
        found = at.DATA_SM(buffer, offset + _HEADER_SIZE, stop)
        if found is None:
            return False
        _, _, source, _, destination, tail = found.groups()
        esm_class, registered, data_coding = tail
        content_at = content_end = found.end()
        batch.data_sms.append(sequence)
    else:
        found = at.SM_SHORT(buffer, offset + _HEADER_SIZE, stop)
        if found is None:
            return False
        source, destination = found.groups()
        content_at = found.end()
        esm_class = buffer[found.end(2) + 1]
        registered, data_coding = buffer[content_at - 5], buffer[content_at - 3]
        content_end = content_at + buffer[content_at - 1]
        if content_end > stop:
            return False
    content = buffer[content_at:content_end]
    number, destination_number = source.decode("latin-1"), destination.decode("latin-1")
    codings = reading.codings
    tlvs = _NO_TLVS
    if content_end != stop:
        tlvs = read_tlvs(buffer, content_end, stop)
        if not content:
            content = tlvs.get(Tag.MESSAGE_PAYLOAD, b"")
    if not reading.at_centre and (
        esm_class & KIND or Tag.RECEIPTED_MESSAGE_ID in tlvs or content[:3].lower() == b"id:"
    ):
        handset = destination_number if source == reading.own else number
        if receipt := _receipt(sequence, handset, esm_class, content, tlvs, reading):
            batch.receipts.append(receipt)
            return True
    encoding = codings.encodings[data_coding]
    has_header = int(esm_class & UDHI != 0)
    if tlvs or codings.packed:
        has_header, content = _neutral(has_header, encoding, content, tlvs, codings)
    if not reading.at_centre:
        is_report = esm_class & SAYS_RECEIPT != 0
        # in a text from a handset, this TLV is the centre's own id of it
        delivery_id = b"" if is_report else tlvs.get(Tag.RECEIPTED_MESSAGE_ID, b"").partition(b"\0")[0]
        batch.replies.append(
            (sequence, delivery_id, number, destination_number, has_header, encoding, content, is_report)
        )
        return True
    header = parse_udh(content)[0] if has_header else None
    total, index = (header.total, header.index) if header else (1, 1)
    batch.submissions.append(
        (
            sequence,
            (destination_number,),
            number,
            registered & 3,
            total,
            index,
            has_header,
            encoding,
            content,
            b"",
        )
    )
    return True


def _read_plain_submit(
    batch: SmppBatch, buffer: bytes, offset: int, stop: int, sequence: int, encodings: Sequence[int]
) -> bool:
    """A submit_sm, if it is what nearly all of them are: one part, without TLVs."""
    found = at.SM_SHORT(buffer, offset + _HEADER_SIZE, stop)
    if found is None:
        return False
    content_at = found.end()
    if content_at + buffer[content_at - 1] != stop or buffer[found.end(2) + 1] & UDHI:
        return False
    source, number = found.groups()
    content, registered = buffer[content_at:stop], buffer[content_at - 5] & 3
    encoding = encodings[buffer[content_at - 3]]
    numbers = (number.decode("latin-1"),)
    batch.submissions.append(
        (sequence, numbers, source.decode("latin-1"), registered, 1, 1, 0, encoding, content, b"")
    )
    return True


def _read_usual_receipt(
    batch: SmppBatch, buffer: bytes, offset: int, stop: int, sequence: int, own: bytes
) -> bool:
    """A deliver_sm, if it is what nearly all of them are: the receipt of a delivered message, written by the book,
    with the TLVs that say the same or with none."""
    found = at.RECEIPT(buffer, offset + _HEADER_SIZE, stop)
    if found is None:
        return False
    number, size, message_id, submit_time, done_time = found.groups()
    content_end = found.start(3) - 3 + size[0]
    if found.end() > content_end or number == own:
        return False
    if content_end != stop:
        said = ID_TLVS[len(message_id)] + message_id + _DELIVERED_TLV
        if buffer[content_end:stop] != said:
            return False
    batch.receipts.append(
        (
            sequence,
            b"",
            message_id,
            DELIVERED,
            submit_time.decode("latin-1"),
            done_time.decode("latin-1"),
            number.decode("latin-1"),
        )
    )
    return True


ID_TLVS = [TLV_HEAD.pack(Tag.RECEIPTED_MESSAGE_ID, size + 1) for size in range(LONGEST_ID + 1)]
"""What stands before an id of so many octets."""
_DELIVERED_TLV = b"\0" + write_tlv(Tag.MESSAGE_STATE, bytes((STATE_OF[DELIVERED],)))
"""What stands behind it."""


def _receipt(
    sequence: int, number: str, esm_class: int, content: bytes, tlvs: dict[int, bytes], reading: Reading
) -> Receipt | None:
    """None: it does not read as a receipt, or its class says nothing of one and it might be a text."""
    if esm_class & UDHI:
        content = parse_udh(content)[1]
    if not esm_class & KIND and not is_beyond_doubt(content, tlvs):
        return None
    report = read_report(content, tlvs, reading.ids)
    if report is None and reading.codings.packed:
        report = read_report(reading.codings.unpack(content, 0), tlvs, reading.ids)
    if report is None:
        return None
    return sequence, b"", report.message_id, report.stat, report.submit_time, report.done_time, number


def _neutral(
    has_header: int, encoding: int, content: bytes, tlvs: dict[int, bytes], codings: Codings
) -> tuple[int, bytes]:
    """Whether content begins with a header, and content: septets unpacked, `sar_…` made into a header."""
    if codings.packed and encoding == Encoding.GSM7:
        content = codings.unpack(content, header_size(content) if has_header else 0)
    if not has_header and (header := _sar_header(tlvs)):
        return 1, header + content
    return has_header, content


def header_size(content: bytes) -> int:
    """Octets of the user data header, its length included."""
    return content[0] + 1 if content and content[0] < len(content) else 0


def _sar_header(tlvs: dict[int, bytes]) -> bytes:
    """The header that says what `sar_…` say; empty if they don't say it in full."""
    reference, total, index = (int.from_bytes(tlvs.get(tag, b""), "big") for tag in _SAR_TAGS)
    if not 1 <= index <= total <= 255 or total == 1:
        return b""
    return udh(reference, total, index, Reference.BITS_16)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitConstants:
    """What all messages of a channel (and extension) have in common.

    Types are (TON, NPI). `number_prefix` goes before every number, such as 86 where the gateway wants numbers of the
    whole world. `sar`: parts of long texts are marked by TLVs instead of a header.
    """

    source: str
    source_types: tuple[int, int] = (0, 0)
    destination_types: tuple[int, int] = (0, 0)
    number_prefix: str = ""
    service_type: str = ""
    protocol_id: int = 0
    priority: int = 0
    validity_period: str = ""
    registered_delivery: int = 1
    default_alphabet: DefaultAlphabet = DefaultAlphabet.ASCII
    sar: bool = False


class SubmitTemplate:
    """Submits of one channel, laid out beforehand: a message only brings number, content and part."""

    __slots__ = (
        "_after",
        "_before",
        "_codings",
        "_constants",
        "_head",
        "_longest_number",
        "_rewrites",
        "_tails",
    )

    def __init__(self, constants: SubmitConstants) -> None:
        self._constants = constants
        self._codings = Codings(constants.default_alphabet)
        self._rewrites = constants.sar or self._codings.packed
        try:
            self._before = b"".join(
                (
                    c_octets("service_type", constants.service_type, 5),
                    bytes(constants.source_types),
                    c_octets("source", constants.source, LONGEST_ADDRESS),
                    bytes(constants.destination_types),
                    c_octets("number_prefix", constants.number_prefix, 8)[:-1],
                )
            )
            self._after = struct.pack(">BBx", constants.protocol_id, constants.priority)
        except (struct.error, ValueError):
            raise LocalProtocolError("smpp.number_out_of_range", message="SubmitSm") from None
        self._head = Struct(f">IIII{len(self._before)}s")
        self._longest_number = LONGEST_ADDRESS - len(constants.number_prefix)
        self._tails: dict[tuple[int, bool, int], tuple[bytes, int]] = {}

    def _tail(self, key: tuple[int, bool, int]) -> tuple[bytes, int]:
        """From the end of the number to the length of the content; and the length of it all but for the number."""
        coding, has_header, size = key
        constants = self._constants
        if size > LONGEST_SHORT_MESSAGE:
            raise LocalProtocolError("smpp.content_too_long", length=size, at_most=LONGEST_SHORT_MESSAGE)
        tail = b"".join(
            (
                b"\0",
                bytes((UDHI if has_header else 0,)),
                self._after,
                c_octets("validity_period", constants.validity_period, 16),
                bytes((constants.registered_delivery, 0, self._codings.data_coding(coding), 0, size)),
            )
        )
        self._tails[key] = tail, self._head.size + len(tail) + size
        return self._tails[key]

    def encode_batch(self, sequences: Sequence[int], items: Iterable[SubmitItem]) -> bytes:
        """Submits, one number each, ready for the wire; all or nothing.

        Raises LocalProtocolError `smpp.content_too_long`, `smpp.field_too_long`, `smpp.field_unencodable`,
        `smpp.coding_unknown`.
        """
        if self._rewrites:
            return self._encode_rewritten(sequences, items)
        pack, before, tails, longest = self._head.pack, self._before, self._tails, self._longest_number
        pieces: list[bytes] = []
        try:
            for sequence, (number, content, coding, total, _) in zip(sequences, items, strict=True):
                key = (coding, total > 1, len(content))
                tail, length = tails.get(key) or self._tail(key)
                size = len(number)
                if size > longest or "\0" in number:
                    raise self._bad_number(number)
                head = pack(length + size, _SUBMIT_SM, 0, sequence, before)
                pieces += (head, number.encode("ascii"), tail, content)
        except UnicodeEncodeError:
            raise self._bad_number(number) from None
        return b"".join(pieces)

    def _bad_number(self, number: str) -> LocalProtocolError:
        if len(number) > self._longest_number:
            most = self._longest_number
            return LocalProtocolError("smpp.field_too_long", field="destination", at_most=most)
        return LocalProtocolError("smpp.field_unencodable", field="destination")

    def _encode_rewritten(self, sequences: Sequence[int], items: Iterable[SubmitItem]) -> bytes:
        """The same, where septets are packed or the header becomes TLVs."""
        pieces: list[bytes] = []
        for sequence, (number, content, coding, total, _) in zip(sequences, items, strict=True):
            has_header, content, tlvs = self._rewrite(total > 1, content, coding)
            key = (coding, has_header, len(content))
            tail, length = self._tails.get(key) or self._tail(key)
            if len(number) > self._longest_number or not number.isascii() or "\0" in number:
                raise self._bad_number(number)
            length += len(number) + len(tlvs)
            head = self._head.pack(length, _SUBMIT_SM, 0, sequence, self._before)
            pieces += (head, number.encode("ascii"), tail, content, tlvs)
        return b"".join(pieces)

    def _rewrite(self, has_header: bool, content: bytes, coding: int) -> tuple[bool, bytes, bytes]:
        """Septets packed, the header made into TLVs, where this account wants that."""
        tlvs = b""
        if has_header and self._constants.sar:
            header, content = parse_udh(content)
            if header is not None:
                has_header = False
                tlvs = b"".join(
                    (
                        write_tlv(Tag.SAR_MSG_REF_NUM, header.reference.to_bytes(2, "big")),
                        write_tlv(Tag.SAR_TOTAL_SEGMENTS, bytes((header.total,))),
                        write_tlv(Tag.SAR_SEGMENT_SEQNUM, bytes((header.index,))),
                    )
                )
        if coding == Encoding.GSM7 and self._codings.packed:
            content = self._codings.pack(content, header_size(content) if has_header else 0)
        return has_header, content, tlvs


_EMPTY_ID = Struct(">IIIIx")


def encode_deliver_responses(
    items: Iterable[Acknowledgement], *, status: int = 0, data_sms: Collection[int] = ()
) -> bytes:
    """Acknowledgements of a provider; their id is unused (4.6.2)."""
    pack, size = _EMPTY_ID.pack, _EMPTY_ID.size
    return b"".join(
        [
            pack(size, _DATA_SM_RESP if sequence in data_sms else _DELIVER_SM_RESP, status, sequence)
            for sequence, _ in items
        ]
    )


def nacked(sequence: int, status: int) -> SubmitResponse:
    """A generic_nack as the answer it stands for; never an acceptance."""
    return sequence, b"", status or UNKNOWN_ERROR
