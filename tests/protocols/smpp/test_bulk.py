from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xinfeng.kernel.errors import LocalProtocolError
from xinfeng.kernel.text import Encoding, Reference, contents, decode_content, parse_udh, udh
from xinfeng.protocols.smpp.bulk import (
    Reading,
    SubmitConstants,
    SubmitTemplate,
    decode_batch,
    encode_deliver_responses,
)
from xinfeng.protocols.smpp.centre import encode_replies, encode_reports, encode_submit_responses
from xinfeng.protocols.smpp.codec import decode, encode
from xinfeng.protocols.smpp.coding import Codings, DefaultAlphabet
from xinfeng.protocols.smpp.layout import Tag
from xinfeng.protocols.smpp.messages import (
    DataSm,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    SubmitSm,
    SubmitSmResp,
    Unsupported,
)

CENTRE = Reading(at_centre=True)
CONSTANTS = SubmitConstants(
    source="1069000101",
    source_types=(3, 0),
    destination_types=(1, 1),
    number_prefix="86",
    service_type="MKT",
    validity_period="000001000000000R",
)
NUMBERS = st.integers(13_000_000_000, 19_999_999_999).map(str)
ITEMS = st.tuples(
    NUMBERS, st.binary(max_size=160), st.sampled_from([0, 8, 15, 0x101]), st.just(1), st.just(1)
)
CODED = {0: 0, 8: 8, 15: 15, 0x101: 3}


@given(items=st.lists(ITEMS, max_size=8), first=st.integers(1, 2**31 - 9))
def test_a_template_writes_what_the_readable_codec_writes(
    items: list[tuple[str, bytes, int, int, int]], first: int
) -> None:
    sequences = range(first, first + len(items))
    readable = b"".join(
        encode(
            SubmitSm(
                sequence=sequence,
                source="1069000101",
                source_types=(3, 0),
                destination="86" + number,
                destination_types=(1, 1),
                service_type="MKT",
                validity_period="000001000000000R",
                registered_delivery=1,
                data_coding=CODED[coding],
                short_message=content,
            )
        )
        for sequence, (number, content, coding, _, _) in zip(sequences, items, strict=True)
    )
    assert SubmitTemplate(CONSTANTS).encode_batch(sequences, items) == readable


@given(items=st.lists(ITEMS, max_size=8))
def test_a_centre_reads_what_a_template_wrote(items: list[tuple[str, bytes, int, int, int]]) -> None:
    data = SubmitTemplate(CONSTANTS).encode_batch(range(len(items)), items)
    batch = decode_batch(data, 0, CENTRE)
    assert batch.consumed == len(data)
    assert batch.submissions == [
        (sequence, ("86" + number,), "1069000101", 1, 1, 1, 0, coding, content, b"")
        for sequence, (number, content, coding, _, _) in enumerate(items)
    ]


@settings(max_examples=25)
@given(text=st.text(st.sampled_from("abcdé@[€]{_}"), min_size=1, max_size=600), sar=st.booleans())
@pytest.mark.parametrize("alphabet", [DefaultAlphabet.GSM7, DefaultAlphabet.GSM7_PACKED])
@pytest.mark.parametrize("width", list(Reference))
def test_long_texts_in_septets_arrive_whole(
    alphabet: DefaultAlphabet, width: Reference, text: str, sar: bool
) -> None:
    constants = SubmitConstants(source="1069", default_alphabet=alphabet, sar=sar)
    pieces = contents(text, encoding=Encoding.GSM7, reference=0x1234, width=width)
    items = [("1", piece, int(Encoding.GSM7), len(pieces), at) for at, piece in enumerate(pieces, 1)]
    data = SubmitTemplate(constants).encode_batch(range(1, len(items) + 1), items)
    batch = decode_batch(data, 0, Reading(codings=Codings(alphabet), at_centre=True))
    assert batch.consumed == len(data)
    read = ""
    for at, submission in enumerate(batch.submissions, 1):
        total, index, has_header, encoding, content = submission[4:9]
        assert (total, index, has_header, encoding) == (len(pieces), at, int(len(pieces) > 1), Encoding.GSM7)
        body = parse_udh(content)[1] if has_header else content
        read += decode_content(body, encoding) or ""
    assert read == text


def test_packed_septets_take_no_more_than_140_octets() -> None:
    constants = SubmitConstants(source="1", default_alphabet=DefaultAlphabet.GSM7_PACKED)
    pieces = contents("a" * 306, encoding=Encoding.GSM7, reference=1)
    data = SubmitTemplate(constants).encode_batch(
        [1, 2], [("1", p, 0x100, 2, i) for i, p in enumerate(pieces, 1)]
    )
    first = decode(data[: int.from_bytes(data[:4], "big")])
    assert isinstance(first, SubmitSm)
    assert len(first.short_message) == 140
    assert (first.esm_class, first.data_coding) == (0x40, 0)


def test_sar_takes_the_place_of_the_header_on_the_wire_only() -> None:
    template = SubmitTemplate(SubmitConstants(source="1069", sar=True))
    content = udh(0x107, 3, 2, Reference.BITS_16) + "好".encode("utf-16-be")
    data = template.encode_batch([1], [("13800138000", content, 8, 3, 2)])
    written = decode(data)
    assert isinstance(written, SubmitSm)
    assert written.esm_class == 0
    assert written.short_message == "好".encode("utf-16-be")
    assert dict(written.tlvs) == {
        Tag.SAR_MSG_REF_NUM: b"\1\7",
        Tag.SAR_TOTAL_SEGMENTS: b"\3",
        Tag.SAR_SEGMENT_SEQNUM: b"\2",
    }
    (submission,) = decode_batch(data, 0, CENTRE).submissions
    assert submission[4:9] == (3, 2, 1, 8, content)


@pytest.mark.parametrize(
    ("reference", "total", "index"),
    [
        (b"\0\1", b"\1", b"\1"),
        (b"\0\1", b"\0", b"\0"),
        (b"\0\1", b"\2", b"\3"),
        (b"", b"\2", b""),
        (b"\1", b"\1\0", b"\2"),
    ],
)
def test_impossible_sar_is_a_single_message(reference: bytes, total: bytes, index: bytes) -> None:
    tlvs = (
        (Tag.SAR_MSG_REF_NUM, reference),
        (Tag.SAR_TOTAL_SEGMENTS, total),
        (Tag.SAR_SEGMENT_SEQNUM, index),
    )
    deliver = DeliverSm(sequence=1, source="1", destination="2", short_message=b"TD", tlvs=tlvs)
    assert decode_batch(encode(deliver), 0, Reading()).replies == [(1, b"", "1", "2", 0, 0, b"TD", False)]


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (("1" * 19, b"", 8, 1, 1), "smpp.field_too_long"),
        (("1\x002", b"", 8, 1, 1), "smpp.field_unencodable"),
        (("信", b"", 8, 1, 1), "smpp.field_unencodable"),
        (("1", bytes(255), 8, 1, 1), "smpp.content_too_long"),
        (("1", b"a", 0x100, 1, 1), "smpp.coding_unknown"),
    ],
)
@pytest.mark.parametrize("sar", [False, True])
def test_what_cannot_be_written_is_refused_whole(
    item: tuple[str, bytes, int, int, int], code: str, sar: bool
) -> None:
    template = SubmitTemplate(SubmitConstants(source="1069", number_prefix="86", sar=sar))
    with pytest.raises(LocalProtocolError) as caught:
        template.encode_batch([1, 2], [("13800138000", b"", 8, 1, 1), item])
    assert caught.value.code == code


# --- answers -----------------------------------------------------------------------------------------------


def test_answers_are_read_with_or_without_an_id(vectors: Mapping[str, bytes]) -> None:
    names = ["SUBMIT_SM_RESP", "SUBMIT_SM_RESP_EMPTY", "SUBMIT_SM_RESP_NONE", "SUBMIT_SM_RESP_ERROR"]
    batch = decode_batch(b"".join(vectors[name] for name in names), 0, Reading())
    sequence = 0x0A342EE1
    assert batch.submit_responses == [
        (sequence, b"94258431594", 0),
        (sequence, b"", 0),
        (sequence, b"", 0),
        (sequence, b"", 0x30),
    ]


def test_an_id_ends_at_its_nul_and_at_64_octets() -> None:
    with_tlv = encode(SubmitSmResp(sequence=1, message_id=b"abc\0\x04\x20\0\1x"))
    long = encode(SubmitSmResp(sequence=2, message_id=b"9" * 100))
    assert decode_batch(with_tlv + long, 0, Reading()).submit_responses == [(1, b"abc", 0), (2, b"9" * 64, 0)]


def test_answers_are_written() -> None:
    data = encode_submit_responses([(1, b"abc-1", 0), (2, b"", 0x58)], data_sms={1})
    assert data == bytes.fromhex(
        "00000016 80000103 00000000 00000001 6162632d3100 00000010 80000004 00000058 00000002"
    )
    assert encode_deliver_responses([(7, b"")]) == encode(DeliverSmResp(sequence=7))


@pytest.mark.parametrize("message_id", [b"", b"a b", b"a\0b", b"\xff", b"9" * 65])
def test_an_id_that_could_not_stand_in_a_receipt_is_refused(message_id: bytes) -> None:
    with pytest.raises(LocalProtocolError):
        encode_submit_responses([(1, message_id, 0)])
    with pytest.raises(LocalProtocolError):
        encode_reports([1], [(b"", "1069", message_id, "DELIVRD", "", "", "13800138000")])


@pytest.mark.parametrize("number", ["1" * 21, "１３８", "1\x002"])
def test_a_report_on_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(LocalProtocolError):
        encode_reports([1], [(b"", "1069", b"77", "DELIVRD", "", "", number)])


# --- deliveries --------------------------------------------------------------------------------------------

STATS = st.sampled_from(["DELIVRD", "UNDELIV", "EXPIRED:004", "MK:0001", "REJECTD:12"])


@given(
    st.lists(
        st.tuples(
            st.just(b""),
            st.sampled_from(["1069", "10690001"]),
            st.text(st.sampled_from("0123456789abcdef-"), min_size=1, max_size=64).map(str.encode),
            STATS,
            st.sampled_from(["2611221000", "2611221001", ""]),
            st.sampled_from(["2611221000", ""]),
            NUMBERS,
        ),
        max_size=6,
    )
)
def test_reports_round_trip(items: list[tuple[bytes, str, bytes, str, str, str, str]]) -> None:
    batch = decode_batch(encode_reports(range(1, len(items) + 1), items), 0, Reading())
    assert batch.replies == []
    assert batch.receipts == [
        (sequence, b"", message_id, stat, submitted, done, number)
        for sequence, (_, _, message_id, stat, submitted, done, number) in enumerate(items, 1)
    ]


@given(message_id=st.sampled_from([b"77", b"0077"]), state=st.integers(0, 9), other=st.booleans())
def test_the_quick_way_and_the_long_one_agree(message_id: bytes, state: int, other: bool) -> None:
    """TLVs that contradict a usual text, or come in another order, are still believed."""
    tlvs = [(int(Tag.RECEIPTED_MESSAGE_ID), b"77\0"), (int(Tag.MESSAGE_STATE), bytes((state,)))]
    text = (
        b"id:%b sub:001 dlvrd:001 submit date:2611221000 done date:2611221001 stat:DELIVRD err:000 text:"
        % message_id
    )
    deliver = DeliverSm(
        sequence=1,
        source="13800138000",
        destination="1069",
        esm_class=4,
        short_message=text,
        tlvs=tuple(reversed(tlvs) if other else tlvs),
    )
    ((_, _, read_id, stat, *_),) = decode_batch(encode(deliver), 0, Reading()).receipts
    assert read_id == b"77"
    assert (stat == "DELIVRD") == (state == 2)


def test_a_receipt_is_not_read_beyond_its_message() -> None:
    """sm_length cuts the text before its stat; what follows is a TLV that happens to continue it."""
    text = b"id:77 sub:001 dlvrd:001 submit date:2611221000 done date:2611221001 stat:DELIVRD err:000 "
    whole = encode(DeliverSm(sequence=1, source="1", destination="2", esm_class=4, short_message=text))
    at = whole.index(b"id:77") - 1
    cut = whole[:at] + bytes((10,)) + whole[at + 1 :]
    batch = decode_batch(cut, 0, Reading())
    assert batch.receipts == []
    assert batch.replies == [(1, b"", "1", "2", 0, 0, b"id:77 sub:", True)]


def test_a_text_that_looks_like_a_receipt_is_a_text() -> None:
    deliver = DeliverSm(sequence=1, source="1", destination="2", short_message=b"id:77 stat:DELIVRD")
    batch = decode_batch(encode(deliver), 0, Reading())
    assert (batch.receipts, batch.replies[0][6]) == ([], b"id:77 stat:DELIVRD")


def test_a_receipt_in_tlvs_alone_needs_no_mark() -> None:
    tlvs = ((Tag.RECEIPTED_MESSAGE_ID, b"abc\0"), (Tag.MESSAGE_STATE, b"\3"))
    deliver = DeliverSm(sequence=1, source="138", destination="1069", tlvs=tlvs)
    assert decode_batch(encode(deliver), 0, Reading()).receipts == [
        (1, b"", b"abc", "EXPIRED", "", "", "138")
    ]


@given(
    st.lists(
        st.tuples(
            st.just(b""),
            NUMBERS,
            st.just("1069"),
            st.integers(0, 1),
            st.sampled_from([0, 8, 15, 0x101, 0x102]),
            st.binary(min_size=1, max_size=400),
        ),
        max_size=4,
    )
)
def test_replies_round_trip(items: list[tuple[bytes, str, str, int, int, bytes]]) -> None:
    """Long ones travel as message_payload."""
    batch = decode_batch(encode_replies(range(len(items)), items, Codings()), 0, Reading())
    assert batch.replies == [
        (sequence, b"", number, access_code, has_header, coding, content, False)
        for sequence, (_, number, access_code, has_header, coding, content) in enumerate(items)
    ]


def test_captured_texts_are_read(vectors: Mapping[str, bytes]) -> None:
    batch = decode_batch(
        vectors["DELIVER_SM"] + vectors["DELIVER_SM_PAYLOAD"] + vectors["DATA_SM"], 0, Reading()
    )
    assert batch.replies == [
        (3, b"", "87654321", "40404", 0, 0, b"@$#!%&/:", False),
        (0x547EB, b"", "4495136192", "40404", 0, 0, b"@Maidenman664 was it sappy? &Romantic?", False),
        (0, b"", "5552710000", "9695", 0, 0, b"Test", False),
    ]
    assert batch.data_sms == [0]


# --- streams -----------------------------------------------------------------------------------------------


def test_reading_waits_for_the_rest(vectors: Mapping[str, bytes]) -> None:
    data = vectors["SUBMIT_SM_RESP"] + vectors["DELIVER_SM"]
    for size in range(len(data)):
        batch = decode_batch(data[:size], 0, Reading())
        assert batch.error is None
        assert batch.consumed == (28 if size >= 28 else 0)


def test_reading_stops_after_a_control_message_and_at_an_error() -> None:
    ask = encode(EnquireLink(sequence=9))
    answer = encode(SubmitSmResp(sequence=1, message_id=b"a"))
    batch = decode_batch(answer + ask + answer, 0, Reading())
    assert (batch.control, batch.consumed) == (EnquireLink(sequence=9), len(answer + ask))
    huge = bytes.fromhex("f000001100000110000000000a342ee7")
    batch = decode_batch(answer + huge, 0, Reading())
    assert batch.submit_responses == [(1, b"a", 0)]
    assert batch.error is not None
    assert (batch.error.code, batch.consumed) == ("smpp.bad_length", len(answer))


def test_an_unknown_command_is_a_control_message() -> None:
    batch = decode_batch(bytes.fromhex("00000010000001100000000000000007"), 0, Reading(), frozenset())
    assert batch.control == Unsupported(sequence=7, command=0x110)


@given(st.binary(max_size=120), st.sampled_from([4, 5, 0x103, 1, 2, 9, 0x80000004, 0x15]), st.booleans())
def test_any_body_is_read_or_refused(body: bytes, command: int, at_centre: bool) -> None:
    pdu = (16 + len(body)).to_bytes(4, "big") + command.to_bytes(4, "big") + bytes(4) + b"\0\0\0\1" + body
    reading = Reading(codings=Codings(DefaultAlphabet.GSM7_PACKED), at_centre=at_centre)
    batch = decode_batch(pdu, 0, reading)
    assert (batch.consumed == len(pdu)) == (batch.error is None)


@given(st.binary(max_size=200), st.booleans())
def test_octets_at_random_are_never_an_exception(data: bytes, at_centre: bool) -> None:
    decode_batch(data, 0, Reading(at_centre=at_centre))


# --- data_coding -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data_coding", "encoding"),
    [
        (1, Encoding.ASCII),
        (2, Encoding.BINARY),
        (3, Encoding.LATIN1),
        (4, Encoding.BINARY),
        (8, Encoding.UCS2),
        (15, Encoding.GBK),
        (5, Encoding.ASCII),
        (0x11, Encoding.GSM7),
        (0x15, Encoding.BINARY),
        (0x19, Encoding.UCS2),
        (0xC8, Encoding.GSM7),
        (0xE0, Encoding.UCS2),
        (0xF1, Encoding.GSM7),
        (0xF5, Encoding.BINARY),
        (0x80, Encoding.ASCII),
    ],
)
def test_data_coding_is_read(data_coding: int, encoding: Encoding) -> None:
    assert Codings(DefaultAlphabet.GSM7).encodings[data_coding] is encoding


@pytest.mark.parametrize("default", list(DefaultAlphabet))
def test_what_is_announced_is_read_back(default: DefaultAlphabet) -> None:
    codings = Codings(default)
    for encoding in Encoding:
        if encoding is Encoding.GSM7 and codings.encodings[0] is not Encoding.GSM7:
            with pytest.raises(LocalProtocolError):
                codings.data_coding(encoding)
        else:
            assert codings.encodings[codings.data_coding(encoding)] is encoding


def test_plain_letters_are_not_sent_as_septets() -> None:
    """`@` and `_` are other characters in GSM 03.38."""
    assert Codings(DefaultAlphabet.ASCII).data_coding(Encoding.ASCII) == 0
    assert Codings(DefaultAlphabet.GSM7).data_coding(Encoding.ASCII) == 1


def test_data_sm_carries_submits_too() -> None:
    data = DataSm(
        sequence=4,
        source="1069",
        destination="138",
        registered_delivery=1,
        data_coding=8,
        tlvs=((Tag.MESSAGE_PAYLOAD, b"\x59\x7d"),),
    )
    batch = decode_batch(encode(data), 0, CENTRE)
    assert batch.submissions == [(4, ("138",), "1069", 1, 1, 1, 0, 8, b"\x59\x7d", b"")]
    assert batch.data_sms == [4]
