from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.kernel.errors import LocalProtocolError, RemoteProtocolError
from xinfeng.kernel.text import decode_content, parse_udh
from xinfeng.protocols.cmpp import auth
from xinfeng.protocols.cmpp.codec import decode, decode_report, encode, encode_report
from xinfeng.protocols.cmpp.messages import (
    ActiveTest,
    ActiveTestResp,
    Connect,
    ConnectResp,
    Deliver,
    DeliverResp,
    Message,
    MsgIdFields,
    Report,
    Submit,
    SubmitResp,
    Terminate,
    TerminateResp,
    Version,
    compose_msg_id,
    read_msg_id,
)

V20, V30 = Version.V20, Version.V30
AUTH_SOURCE = bytes.fromhex("90d00c1d517abd0b4f65f6bcf8535d16")
MSG_ID = bytes.fromhex("b2b9da8000010000")


@pytest.mark.parametrize(
    ("name", "version", "message"),
    [
        ("CONNECT_V21", V20, Connect(sequence=0x17, source_addr="900001", authenticator=AUTH_SOURCE, version=0x21, timestamp=1021080510)),
        ("CONNECT_RESP_V20", V20, ConnectResp(sequence=0x17, status=0, authenticator=bytes.fromhex("6c0b846e25bab6daa4ed1c466e0f4bd8"), version=0x21, long_status=False)),
        ("CONNECT_RESP_V30", V30, ConnectResp(sequence=0x17, status=0, authenticator=bytes.fromhex("7942977274098cf210ab0c16c367bc8d"), version=0x30, long_status=True)),
        ("CONNECT_V30", V30, Connect(sequence=1, source_addr="901234", authenticator=bytes.fromhex("fef1ea22715635316e10b723a0a7e520"), version=0x30, timestamp=708090100)),
        ("CONNECT_V20", V20, Connect(sequence=1, source_addr="901234", authenticator=bytes.fromhex("fef1ea22715635316e10b723a0a7e520"), version=0x20, timestamp=708090100)),
        ("SUBMIT_RESP_V20", V20, SubmitResp(sequence=0x17, msg_id=MSG_ID, result=0)),
        ("SUBMIT_RESP_V30", V30, SubmitResp(sequence=0x17, msg_id=MSG_ID, result=0)),
        ("DELIVER_RESP_V20", V20, DeliverResp(sequence=5, msg_id=bytes.fromhex("b525628000010000"))),
        ("DELIVER_RESP_V30", V30, DeliverResp(sequence=1, msg_id=bytes.fromhex("b4c5530000010000"))),
        ("ACTIVE_TEST", V20, ActiveTest(sequence=0x17)),
        ("ACTIVE_TEST_RESP", V20, ActiveTestResp(sequence=0x17)),
        ("TERMINATE", V20, Terminate(sequence=0x17)),
        ("TERMINATE_RESP", V20, TerminateResp(sequence=0x17)),
        ("DELIVER_V20", V20, Deliver(sequence=5, msg_id=bytes.fromhex("b525628000010000"), dest_id="900001", src_terminal_id="13412340000", content=b"This is a test MO.")),
        ("DELIVER_V30", V30, Deliver(sequence=1, msg_id=bytes.fromhex("b4c5530000010000"), dest_id="900001", src_terminal_id="13412340000", content=b"This is a test MO.")),
    ],
)  # fmt: skip
def test_vectors_are_read_and_written_octet_by_octet(
    vectors: Mapping[str, bytes], name: str, version: Version, message: Message
) -> None:
    assert decode(vectors[name], version) == message
    assert encode(message, version) == vectors[name]


@pytest.mark.parametrize(("name", "version"), [("SUBMIT_V20", V20), ("SUBMIT_V30", V30)])
def test_submits_are_read_and_written_octet_by_octet(
    vectors: Mapping[str, bytes], name: str, version: Version
) -> None:
    message = decode(vectors[name], version)
    assert isinstance(message, Submit)
    assert message.sequence == 0x17
    assert message.dest_terminal_ids == ("13500002696",)
    assert message.content.decode("utf-16-be") == "测试gocmpp submit"
    assert (message.service_id, message.msg_src) == ("test", "900001")
    assert (message.fee_user_type, message.fee_terminal_id) == (2, "13500002696")
    assert message.valid_time == "151105131555101+"
    assert (message.pk_total, message.pk_number, message.registered_delivery, message.msg_fmt) == (1, 1, 1, 8)
    assert encode(message, version) == vectors[name]


def test_a_long_message_is_read_though_its_last_part_has_another_format(vectors: Mapping[str, bytes]) -> None:
    text = ""
    for index in range(1, 5):
        part = decode(vectors[f"LONG_SUBMIT_{index}"], V20)
        assert isinstance(part, Submit)
        header, body = parse_udh(part.content)
        assert header is not None
        assert (header.reference, header.total, header.index) == (0xE4, 4, index)
        assert (part.pk_total, part.pk_number, part.tp_udhi) == (4, index, 1)
        text += decode_content(body, part.msg_fmt) or ""
        assert encode(part, V20) == vectors[f"LONG_SUBMIT_{index}"]
    assert text.startswith("尊敬的客户")
    assert text.endswith("10085")


@pytest.mark.parametrize(
    ("name", "version", "stat", "number", "width"),
    [
        ("DELIVER_V20_REPORT", V20, "DELIVRD", "13412340000", 21),
        ("DELIVER_V30_SHORT_REPORT", V30, "DELIVRD", "13412340000", 21),
        ("DELIVER_V30_LONG_REPORT", V30, "AF:4", "13800138000", 32),
        ("DELIVER_V30_SHORT_REPORT_GB", V30, "DELIVRD", "10086988", 21),
    ],
)
def test_a_report_is_read_by_its_length_not_by_the_version(
    vectors: Mapping[str, bytes], name: str, version: Version, stat: str, number: str, width: int
) -> None:
    message = decode(vectors[name], version)
    assert isinstance(message, Deliver)
    assert message.registered_delivery == 1
    report = decode_report(message.content)
    assert report is not None
    assert (report.stat, report.dest_terminal_id, report.number_width) == (stat, number, width)


@pytest.mark.parametrize("name", ["REPORT_BODY", "REPORT_BODY_WITH_CODE"])
def test_report_bodies_are_read_and_written_octet_by_octet(vectors: Mapping[str, bytes], name: str) -> None:
    report = decode_report(vectors[name])
    assert report is not None
    assert encode_report(report) == vectors[name]
    if name == "REPORT_BODY":
        assert report == Report(
            msg_id=bytes.fromhex("b4c5530000010000"),
            stat="DELIVRD",
            submit_time="1511120955",
            done_time="1511120957",
            dest_terminal_id="13412340000",
            smsc_sequence=0x12345678,
            number_width=21,
        )


def test_a_shortened_report_yields_what_is_left(vectors: Mapping[str, bytes]) -> None:
    report = decode_report(vectors["REPORT_BODY"][:49])
    assert report is not None
    assert (report.stat, report.done_time, report.dest_terminal_id) == (
        "DELIVRD",
        "1511120957",
        "13412340000",
    )
    assert decode_report(vectors["REPORT_BODY"][:14]) is None


def test_any_udhi_but_zero_means_a_header(vectors: Mapping[str, bytes]) -> None:
    message = decode(vectors["DELIVER_V30_UDHI_0X40"], V30)
    assert isinstance(message, Deliver)
    assert message.tp_udhi == 0x40
    header, body = parse_udh(message.content)
    assert header is not None
    assert (header.total, header.index) == (1, 1)
    assert (decode_content(body, message.msg_fmt) or "").startswith("有过不去的经历")


def test_a_message_to_an_application_is_no_text(vectors: Mapping[str, bytes]) -> None:
    message = decode(vectors["DELIVER_V30_PORT_ADDRESSED"], V30)
    assert isinstance(message, Deliver)
    header, body = parse_udh(message.content)
    assert header is not None
    assert header.destination_port == 0xC34F
    assert decode_content(body, message.msg_fmt) is None


@pytest.mark.parametrize(("name", "spoken"), [("DELIVER_V20_REPORT", V30), ("DELIVER_V30_LONG_REPORT", V20)])
def test_a_deliver_in_the_other_layout_is_recognised(
    vectors: Mapping[str, bytes], name: str, spoken: Version
) -> None:
    message = decode(vectors[name], spoken)
    assert isinstance(message, Deliver)
    report = decode_report(message.content)
    assert report is not None
    assert report.dest_terminal_id in {"13412340000", "13800138000"}


@pytest.mark.parametrize("cut", [1, 8, 12, 20])
def test_a_deliver_with_a_shortened_tail_is_read(vectors: Mapping[str, bytes], cut: int) -> None:
    whole = vectors["DELIVER_V30"]
    message = decode((len(whole) - cut).to_bytes(4, "big") + whole[4:-cut], V30)
    assert isinstance(message, Deliver)
    assert message.content == b"This is a test MO."


@pytest.mark.parametrize(
    ("account", "secret", "timestamp", "pad", "expected"),
    [
        ("900001", "888888", 1021080510, False, "90d00c1d517abd0b4f65f6bcf8535d16"),
        ("901234", "1234", 708090100, False, "fef1ea22715635316e10b723a0a7e520"),
        ("10001", "pw", 102030405, False, "9031b60d351f2c41ab2e4cc23c194818"),
        ("10001", "pw", 102030405, True, "74bc8d43e00d98edee98bbd26203ad86"),
    ],
)
def test_authenticators(account: str, secret: str, timestamp: int, pad: bool, expected: str) -> None:
    made = auth.authenticator_source(source_addr=account, secret=secret, timestamp=timestamp, pad_account=pad)
    assert made.hex() == expected
    login = Connect(sequence=1, source_addr=account, authenticator=made, version=0x30, timestamp=timestamp)
    assert login.proves(secret)
    assert not login.proves(secret + "x")


@pytest.mark.parametrize("answer", ["6c0b846e25bab6daa4ed1c466e0f4bd8", "7942977274098cf210ab0c16c367bc8d"])
def test_the_gateway_may_hash_its_status_in_either_width(answer: str) -> None:
    proof = bytes.fromhex(answer)
    assert auth.is_authentic_ismg(proof, status=0, source=AUTH_SOURCE, secret="888888")
    assert not auth.is_authentic_ismg(proof, status=0, source=AUTH_SOURCE, secret="other")


@pytest.mark.parametrize(
    ("octets", "fields"),
    [
        ("b2b9da8000010000", (11, 5, 14, 29, 42, 1, 0)),
        ("522a4980002aa6cd", (5, 4, 10, 36, 38, 42, 42701)),
        ("c2cf8400a37359d8", (12, 5, 19, 56, 16, 41843, 23000)),
        ("6642908009d959fe", (6, 12, 16, 41, 2, 2521, 23038)),
    ],
)
def test_message_ids(octets: str, fields: tuple[int, ...]) -> None:
    assert read_msg_id(bytes.fromhex(octets)) == fields
    assert compose_msg_id(MsgIdFields(*fields)).hex() == octets


# --- round trips -------------------------------------------------------------------------------------------

SEQUENCES = st.integers(0, 2**32 - 1)
OCTET = st.integers(0, 255)
IDS = st.binary(min_size=8, max_size=8)


def words(width: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=width)


@st.composite
def submits(draw: st.DrawFn, version: Version) -> Submit:
    long = version is V30
    width = 32 if long else 21
    return Submit(
        sequence=draw(SEQUENCES),
        dest_terminal_ids=tuple(draw(st.lists(words(width), min_size=1, max_size=99))),
        content=draw(st.binary(max_size=255)),
        msg_fmt=draw(OCTET),
        msg_id=draw(IDS),
        pk_total=draw(OCTET),
        pk_number=draw(OCTET),
        registered_delivery=draw(OCTET),
        msg_level=draw(OCTET),
        service_id=draw(words(10)),
        fee_user_type=draw(OCTET),
        fee_terminal_id=draw(words(width)),
        fee_terminal_type=draw(OCTET) if long else 0,
        tp_pid=draw(OCTET),
        tp_udhi=draw(OCTET),
        msg_src=draw(words(6)),
        fee_type=draw(words(2)),
        fee_code=draw(words(6)),
        valid_time=draw(words(17)),
        at_time=draw(words(17)),
        src_id=draw(words(21)),
        dest_terminal_type=draw(OCTET) if long else 0,
        link_id=draw(words(20 if long else 8)),
    )


@st.composite
def delivers(draw: st.DrawFn, version: Version) -> Deliver:
    long = version is V30
    return Deliver(
        sequence=draw(SEQUENCES),
        msg_id=draw(IDS),
        dest_id=draw(words(21)),
        src_terminal_id=draw(words(32 if long else 21)),
        content=draw(st.binary(max_size=255)),
        msg_fmt=draw(OCTET),
        registered_delivery=draw(OCTET),
        service_id=draw(words(10)),
        tp_pid=draw(OCTET),
        tp_udhi=draw(OCTET),
        src_terminal_type=draw(OCTET) if long else 0,
        link_id=draw(words(20 if long else 8)),
    )


@pytest.mark.parametrize("version", [V20, V30])
@given(data=st.data())
def test_submits_round_trip(version: Version, data: st.DataObject) -> None:
    message = data.draw(submits(version))
    assert decode(encode(message, version), version) == message


@pytest.mark.parametrize("version", [V20, V30])
@given(data=st.data())
def test_delivers_round_trip(version: Version, data: st.DataObject) -> None:
    message = data.draw(delivers(version))
    assert decode(encode(message, version), version) == message


@given(SEQUENCES, IDS, OCTET, st.sampled_from([V20, V30]))
def test_answers_round_trip(sequence: int, msg_id: bytes, result: int, version: Version) -> None:
    for message in (
        SubmitResp(sequence=sequence, msg_id=msg_id, result=result),
        DeliverResp(sequence=sequence, msg_id=msg_id, result=result),
    ):
        assert decode(encode(message, version), version) == message


@given(IDS, words(7), words(10), words(10), st.sampled_from([21, 32]), OCTET, st.data())
def test_reports_round_trip(
    msg_id: bytes, stat: str, submitted: str, done: str, width: int, smsc: int, data: st.DataObject
) -> None:
    report = Report(
        msg_id=msg_id,
        stat=stat,
        submit_time=submitted,
        done_time=done,
        dest_terminal_id=data.draw(words(width)),
        smsc_sequence=smsc,
        number_width=width,
    )
    assert decode_report(encode_report(report)) == report


# --- faults ------------------------------------------------------------------------------------------------


def test_truncation_at_every_octet_is_a_typed_error(vectors: Mapping[str, bytes]) -> None:
    for octets in vectors.values():
        for end in range(len(octets)):
            with pytest.raises(RemoteProtocolError) as caught:
                decode(octets[:end], V20)
            assert caught.value.code == "cmpp.bad_length"


@pytest.mark.parametrize(
    ("name", "by"),
    [
        ("CONNECT_V30", -30),
        ("CONNECT_V30", 1),
        ("CONNECT_RESP_V30", -30),
        ("SUBMIT_V30", -30),
        ("SUBMIT_V30", 1),
        ("SUBMIT_RESP_V30", -4),
    ],
)
def test_a_body_of_another_length_is_malformed(vectors: Mapping[str, bytes], name: str, by: int) -> None:
    octets = vectors[name]
    octets = octets + b"\xff" if by > 0 else octets[:by]
    with pytest.raises(RemoteProtocolError) as caught:
        decode(len(octets).to_bytes(4, "big") + octets[4:], V30)
    assert caught.value.code in {"cmpp.malformed", "cmpp.bad_length"}


@pytest.mark.parametrize(
    ("body", "status", "long_status"),
    [
        ("00000003", 3, True),
        ("03", 3, False),
        ("03" + "00" * 17, 3, False),
        ("00000003" + "00" * 17, 3, True),
        ("00000003" + "00" * 17 + "ff", 3, True),
    ],
)
def test_answers_to_a_login_are_told_by_their_length(body: str, status: int, long_status: bool) -> None:
    """Refusals are often cut short behind the status."""
    octets = bytes.fromhex(body)
    answer = decode((12 + len(octets)).to_bytes(4, "big") + b"\x80\0\0\1\0\0\0\1" + octets, V30)
    assert isinstance(answer, ConnectResp)
    assert (answer.status, answer.long_status) == (status, long_status)


def test_unknown_commands_are_typed_errors() -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        decode(bytes.fromhex("0000000c0000000300000001"), V30)
    assert caught.value.code == "cmpp.unknown_command"


@given(st.integers(0, 2**32 - 1) | st.sampled_from([1, 2, 4, 5, 8]), st.binary(max_size=300), st.booleans())
def test_random_bodies_yield_messages_or_typed_errors(command: int, body: bytes, answer: bool) -> None:
    command = command | 0x80000000 if answer else command
    pdu = (12 + len(body)).to_bytes(4, "big") + command.to_bytes(4, "big") + bytes(4) + body
    for version in (V20, V30):
        try:
            decode(pdu, version)
        except RemoteProtocolError as error:
            assert error.code.startswith("cmpp.")


@given(st.binary(max_size=120))
def test_random_reports_are_read_or_given_up(content: bytes) -> None:
    assert (decode_report(content) is None) == (len(content) < 15)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (Submit(sequence=1, dest_terminal_ids=(), content=b""), "cmpp.bad_destinations"),
        (Submit(sequence=1, dest_terminal_ids=("1",) * 100, content=b""), "cmpp.bad_destinations"),
        (Submit(sequence=1, dest_terminal_ids=("1" * 33,), content=b""), "cmpp.field_too_long"),
        (Submit(sequence=1, dest_terminal_ids=("1",), content=bytes(256)), "cmpp.number_out_of_range"),
        (Submit(sequence=1, dest_terminal_ids=("1",), content=b"", pk_total=256), "cmpp.number_out_of_range"),
        (Submit(sequence=2**32, dest_terminal_ids=("1",), content=b""), "cmpp.number_out_of_range"),
        (Submit(sequence=1, dest_terminal_ids=("1",), content=b"", src_id="号"), "cmpp.field_unencodable"),
        (SubmitResp(sequence=1, msg_id=b"short", result=0), "cmpp.wrong_width"),
    ],
)
def test_what_does_not_fit_is_a_local_error(message: Message, code: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        encode(message, V30)
    assert caught.value.code == code
