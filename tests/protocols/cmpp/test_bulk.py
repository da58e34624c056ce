from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.protocols.conformance.harness import trouble

from xinfeng.kernel.errors import LocalProtocolError
from xinfeng.protocols.cmpp.bulk import (
    SubmitConstants,
    SubmitTemplate,
    decode_batch,
    encode_deliver_responses,
    encode_reports,
    encode_submit_responses,
)
from xinfeng.protocols.cmpp.codec import decode, decode_report, encode
from xinfeng.protocols.cmpp.layout import Layout, layout_of
from xinfeng.protocols.cmpp.messages import (
    ActiveTest,
    Deliver,
    DeliverResp,
    Submit,
    SubmitResp,
    Version,
)

VERSIONS = [Version.V20, Version.V30]
CONSTANTS = SubmitConstants(msg_src="900001", src_id="1069000101", service_id="MKT", fee_code="000010")
NUMBERS = st.integers(13_000_000_000, 19_999_999_999).map(str)
ITEMS = st.tuples(
    NUMBERS, st.binary(max_size=159), st.sampled_from([0, 8, 15]), st.integers(1, 9), st.integers(1, 9)
)
IDS = st.binary(min_size=8, max_size=8)


@pytest.fixture(params=VERSIONS, ids=["2.0", "3.0"], scope="session")
def version(request: pytest.FixtureRequest) -> Version:
    chosen: Version = request.param
    return chosen


@pytest.fixture(scope="session")
def layout(version: Version) -> Layout:
    return layout_of(version)


@given(items=st.lists(ITEMS, max_size=8), first=st.integers(0, 2**32 - 9))
def test_a_template_writes_what_the_readable_codec_writes(
    version: Version, items: list[tuple[str, bytes, int, int, int]], first: int
) -> None:
    sequences = range(first, first + len(items))
    readable = b"".join(
        encode(
            Submit(
                sequence=sequence,
                dest_terminal_ids=(number,),
                content=content,
                msg_fmt=msg_fmt,
                pk_total=pk_total,
                pk_number=pk_number,
                tp_udhi=int(pk_total > 1),
                service_id="MKT",
                msg_src="900001",
                fee_code="000010",
                src_id="1069000101",
            ),
            version,
        )
        for sequence, (number, content, msg_fmt, pk_total, pk_number) in zip(sequences, items, strict=True)
    )
    assert SubmitTemplate(CONSTANTS, version).encode_batch(sequences, items) == readable


@given(items=st.lists(ITEMS, max_size=8))
def test_a_gateway_reads_what_a_template_wrote(
    version: Version, layout: Layout, items: list[tuple[str, bytes, int, int, int]]
) -> None:
    data = SubmitTemplate(CONSTANTS, version).encode_batch(range(len(items)), items)
    batch = decode_batch(data, 0, layout)
    assert batch.consumed == len(data)
    assert batch.submissions == [
        (sequence, (number,), "1069000101", 1, pk_total, pk_number, int(pk_total > 1), msg_fmt, content, b"")
        for sequence, (number, content, msg_fmt, pk_total, pk_number) in enumerate(items)
    ]


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (("1" * 33, b"", 8, 1, 1), "cmpp.field_too_long"),
        (("１３８００１３８０００", b"", 8, 1, 1), "cmpp.field_unencodable"),
        (("13800138000", bytes(160), 8, 1, 1), "cmpp.content_too_long"),
        (("13800138000", b"", 256, 1, 1), "cmpp.number_out_of_range"),
        (("13800138000", b"", 8, 256, 1), "cmpp.number_out_of_range"),
    ],
)
def test_what_cannot_be_sent_stops_the_batch(
    version: Version, item: tuple[str, bytes, int, int, int], code: str
) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        SubmitTemplate(CONSTANTS, version).encode_batch([1, 2], [("13800138000", b"", 8, 1, 1), item])
    assert caught.value.code == code


@given(items=st.lists(st.tuples(st.integers(0, 2**32 - 1), IDS, st.integers(0, 255)), max_size=8))
def test_answers_are_written_and_read_like_the_readable_ones(
    version: Version, layout: Layout, items: list[tuple[int, bytes, int]]
) -> None:
    data = encode_submit_responses(items, layout)
    assert data == b"".join(encode(SubmitResp(sequence=s, msg_id=m, result=r), version) for s, m, r in items)
    assert decode_batch(data, 0, layout).submit_responses == items
    data = encode_deliver_responses([(s, m) for s, m, _ in items], layout, result=0)
    assert data == b"".join(encode(DeliverResp(sequence=s, msg_id=m), version) for s, m, _ in items)
    assert decode_batch(data, 0, layout).deliver_responses == [(s, m, 0) for s, m, _ in items]


@given(
    items=st.lists(st.tuples(IDS, IDS, NUMBERS, st.sampled_from(["DELIVRD", "MK:0001", "AF:4"])), max_size=5)
)
def test_reports_are_read_as_they_were_written(
    version: Version, layout: Layout, items: list[tuple[bytes, bytes, str, str]]
) -> None:
    reports = [
        (deliver_id, "1069000101", msg_id, stat, "2511220101", "2511220102", number)
        for deliver_id, msg_id, number, stat in items
    ]
    data = encode_reports(range(len(reports)), reports, layout)
    batch = decode_batch(data, 0, layout)
    assert batch.consumed == len(data)
    assert batch.receipts == [
        (sequence, deliver_id, msg_id, stat, "2511220101", "2511220102", number)
        for sequence, (deliver_id, msg_id, number, stat) in enumerate(items)
    ]
    if items:
        first = decode(data[: len(data) // len(items)], version)
        assert isinstance(first, Deliver)
        report = decode_report(first.content)
        assert report is not None
        assert report.number_width == layout.number_width


@pytest.mark.parametrize(
    ("name", "spoken", "stat", "number"),
    [
        ("DELIVER_V20_REPORT", Version.V20, "DELIVRD", "13412340000"),
        ("DELIVER_V20_REPORT", Version.V30, "DELIVRD", "13412340000"),
        ("DELIVER_V30_SHORT_REPORT", Version.V30, "DELIVRD", "13412340000"),
        ("DELIVER_V30_LONG_REPORT", Version.V30, "AF:4", "13800138000"),
        ("DELIVER_V30_LONG_REPORT", Version.V20, "AF:4", "13800138000"),
        ("DELIVER_V30_SHORT_REPORT_GB", Version.V30, "DELIVRD", "10086988"),
    ],
)
def test_captured_reports_are_read_whatever_the_link_speaks(
    vectors: Mapping[str, bytes], name: str, spoken: Version, stat: str, number: str
) -> None:
    batch = decode_batch(vectors[name], 0, layout_of(spoken))
    assert [(receipt[3], receipt[6]) for receipt in batch.receipts] == [(stat, number)]
    assert batch.replies == []


@pytest.mark.parametrize(
    "name", ["DELIVER_V20", "DELIVER_V30", "DELIVER_V30_UDHI_0X40", "DELIVER_V30_PORT_ADDRESSED"]
)
def test_captured_replies_agree_with_the_readable_codec(vectors: Mapping[str, bytes], name: str) -> None:
    spoken = Version.V20 if "V20" in name else Version.V30
    message = decode(vectors[name], spoken)
    assert isinstance(message, Deliver)
    assert decode_batch(vectors[name], 0, layout_of(spoken)).replies == [
        (
            message.sequence,
            message.msg_id,
            message.src_terminal_id,
            message.dest_id,
            message.tp_udhi,
            message.msg_fmt,
            message.content,
            False,
        )
    ]


@pytest.mark.parametrize(
    ("size", "expected"), [(15, "DELIVRD"), (35, "DELIVRD"), (49, "DELIVRD"), (60, "DELIVRD")]
)
def test_shortened_reports_are_read_as_far_as_they_go(
    vectors: Mapping[str, bytes], version: Version, layout: Layout, size: int, expected: str
) -> None:
    report = vectors["REPORT_BODY"][:size]
    message = Deliver(
        sequence=1,
        msg_id=bytes(8),
        dest_id="1069",
        src_terminal_id="13800138000",
        content=report,
        registered_delivery=1,
    )
    (receipt,) = decode_batch(encode(message, version), 0, layout).receipts
    assert (receipt[2], receipt[3]) == (report[:8], expected)


def test_a_report_too_short_to_be_read_is_kept_as_it_came(version: Version, layout: Layout) -> None:
    message = Deliver(
        sequence=9, msg_id=bytes(8), dest_id="1", src_terminal_id="2", content=b"??", registered_delivery=1
    )
    batch = decode_batch(encode(message, version), 0, layout)
    assert batch.replies == [(9, bytes(8), "2", "1", 0, 0, b"??", True)]


def test_several_destinations_are_read(version: Version, layout: Layout) -> None:
    message = Submit(sequence=3, dest_terminal_ids=("13800138000", "13800138001"), content=b"hi", msg_fmt=0)
    (submission,) = decode_batch(encode(message, version), 0, layout).submissions
    assert submission == (3, ("13800138000", "13800138001"), "", 1, 1, 1, 0, 0, b"hi", b"")


def test_reading_stops_after_a_control_message_and_goes_on_behind_it(
    version: Version, layout: Layout
) -> None:
    answer = encode(SubmitResp(sequence=1, msg_id=bytes(8), result=0), version)
    data = answer + encode(ActiveTest(sequence=2), version) + answer
    first = decode_batch(data, 0, layout)
    assert first.control == ActiveTest(sequence=2)
    assert (len(first.submit_responses), first.consumed) == (1, len(answer) + 12)
    second = decode_batch(data, first.consumed, layout)
    assert (len(second.submit_responses), second.consumed, second.control) == (1, len(data), None)


def test_an_incomplete_message_waits(vectors: Mapping[str, bytes], version: Version, layout: Layout) -> None:
    whole = encode(SubmitResp(sequence=1, msg_id=bytes(8), result=0), version)
    for name in ("DELIVER_V20", "DELIVER_V30", "SUBMIT_V20", "SUBMIT_V30", "CONNECT_V30", "ACTIVE_TEST_RESP"):
        octets = vectors[name]
        for end in range(len(octets)):
            batch = decode_batch(whole + octets[:end], 0, layout)
            assert (batch.error, batch.consumed, len(batch.submit_responses)) == (None, len(whole), 1)


def test_what_came_before_an_error_is_kept(version: Version, layout: Layout) -> None:
    whole = encode(SubmitResp(sequence=1, msg_id=bytes(8), result=0), version)
    batch = decode_batch(whole + b"GET / HTTP/1.1\r\n\r\n", 0, layout)
    assert len(batch.submit_responses) == 1
    assert batch.error is not None
    assert batch.error.code == "cmpp.bad_length"


@given(data=st.binary(max_size=600))
def test_random_octets_never_raise(layout: Layout, data: bytes) -> None:
    batch = decode_batch(data, 0, layout)
    assert batch.consumed <= len(data)
    assert batch.error is None or batch.error.code.startswith("cmpp.")


@given(
    body=st.binary(max_size=300), command=st.sampled_from([4, 5, 0x80000004, 0x80000005, 1, 0x80000001, 6])
)
def test_random_bodies_agree_with_the_readable_codec_on_what_is_malformed(
    version: Version, layout: Layout, body: bytes, command: int
) -> None:
    pdu = (12 + len(body)).to_bytes(4, "big") + command.to_bytes(4, "big") + bytes(4) + body
    batch = decode_batch(pdu, 0, layout)
    told = trouble(batch)
    if told is None:
        decode(pdu, version)
    else:
        with pytest.raises(type(told)) as caught:
            decode(pdu, version)
        assert caught.value.code == told.code


@pytest.mark.parametrize(
    ("stat", "word"),
    [
        (b"AF:4   ", "AF:4"),
        (b"delivrd", "DELIVRD"),
        (b"Undeliv", "UNDELIV"),
        (bytes(7), "UNKNOWN"),
        (b"mk:1\0\0\0", "mk:1"),
    ],
)
def test_words_of_reports_as_gateways_pad_and_spell_them(
    stat: bytes, word: str, vectors: Mapping[str, bytes]
) -> None:
    octets = vectors["DELIVER_V20_REPORT"].replace(b"DELIVRD", stat)
    (receipt,) = decode_batch(octets, 0, layout_of(0x20)).receipts
    assert receipt[3] == word


@pytest.mark.parametrize("link", [0x20, 0x30])
@pytest.mark.parametrize("tail", [0, 5, 8, 20, 21, 40])
@pytest.mark.parametrize("name", ["DELIVER_V20", "DELIVER_V20_REPORT"])
def test_a_delivery_is_read_by_the_layout_it_has_whatever_its_tail(
    vectors: Mapping[str, bytes], link: int, tail: int, name: str
) -> None:
    """On links of either version; 8 octets are the tail of this layout, more and fewer are seen."""
    whole = vectors[name]
    octets = whole[:-8] + bytes(tail)
    if link == 0x30 and tail < 8:
        return  # not to be told from a 3.0 message that lost its tail
    batch = decode_batch(len(octets).to_bytes(4, "big") + octets[4:], 0, layout_of(link))
    expected = decode_batch(whole, 0, layout_of(0x20))
    assert (batch.receipts, batch.replies) == (expected.receipts, expected.replies)
    assert batch.receipts or batch.replies
