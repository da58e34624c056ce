"""What is SMGP's own: its authenticators, its optional parameters, the text of its reports, its farewells."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.protocols.conformance.harness import SECRET, TIMERS, vectors_of

from xinfeng.kernel.errors import LocalProtocolError, RemoteProtocolError
from xinfeng.kernel.text import udh
from xinfeng.kernel.time import SHANGHAI
from xinfeng.protocols.session import Closed, CloseReason, State
from xinfeng.protocols.smgp import Account, ClientSession, ServerSession, SubmitConstants, SubmitTemplate
from xinfeng.protocols.smgp.auth import authenticator_client, authenticator_server
from xinfeng.protocols.smgp.bulk import decode_batch
from xinfeng.protocols.smgp.codec import decode, encode
from xinfeng.protocols.smgp.layout import V13, V30
from xinfeng.protocols.smgp.messages import (
    ActiveTest,
    Command,
    Deliver,
    Exit,
    Login,
    LoginResp,
    Submit,
    Tag,
    Version,
)
from xinfeng.protocols.smgp.report import Report, decode_report, encode_report, split_word, stat_word
from xinfeng.protocols.smgp.tlv import read_options, write_options
from xinfeng.protocols.traffic import Opened

V = vectors_of("smgp")
ID = bytes.fromhex("01006101161700012345")
WALL = datetime(2026, 3, 1, 0, 0, 0, tzinfo=SHANGHAI)


def opened(*, version: Version = Version.V30) -> tuple[ClientSession, ServerSession]:
    account = Account(client_id="12345678", secret=SECRET, version=version)
    client = ClientSession(account, SubmitConstants(src_term_id="1069"), timers=TIMERS)
    server = ServerSession(now=0.0, timers=TIMERS)
    client.connect(WALL, 0.0)
    server.feed(client.data_to_send(), 0.0)
    server.admit(secret=SECRET, now=0.0)
    client.feed(server.data_to_send(), 0.0)
    assert client.state is State.OPEN
    return client, server


# --- login ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("account", "secret", "timestamp", "pad", "expected"),
    [
        ("12345678", "shared secret", 301000000, False, "a7cf036884e6222b7fd6806fea3d7cf2"),
        ("10000", "telecom", 1231235959, False, "ca22d5ea89818199fca2332f9f319ed5"),
        ("10000", "telecom", 1231235959, True, "f7ca5414bf9aeabffd018fd15d1773e0"),
    ],
)
def test_authenticators_are_those_of_the_document(
    account: str, secret: str, timestamp: int, pad: bool, expected: str
) -> None:
    made = authenticator_client(client_id=account, secret=secret, timestamp=timestamp, pad_account=pad)
    assert made.hex() == expected
    login = Login(sequence=1, client_id=account, authenticator=made, timestamp=timestamp)
    assert login.proves(secret)
    assert not login.proves(secret + "x")


def test_the_gateway_proves_itself_with_four_octets_of_status() -> None:
    proof = bytes.fromhex("a7cf036884e6222b7fd6806fea3d7cf2")
    made = authenticator_server(status=0, client=proof, secret="shared secret")
    assert made.hex() == "63f05c9fda0d705344fed0541a6cabf6"


@pytest.mark.parametrize(("pad", "name"), [(False, "LOGIN"), (True, "LOGIN")])
def test_a_login_is_the_one_gosmgp_sends(pad: bool, name: str) -> None:
    """An account of full width is the same padded and bare."""
    account = Account(client_id="12345678", secret="shared secret", pad_account_in_md5=pad)
    client = ClientSession(account, SubmitConstants(src_term_id="1069"))
    client.connect(WALL, 0.0)
    assert client.data_to_send() == V[name]


def test_a_gateway_that_cannot_prove_the_secret_is_only_noted() -> None:
    client = ClientSession(Account(client_id="12345678", secret=SECRET), SubmitConstants(src_term_id="1069"))
    client.connect(WALL, 0.0)
    answer = LoginResp(sequence=1, status=0, authenticator=b"authserver".ljust(16, b"\0"), version=0x30)
    assert client.feed(encode(answer, 0x30), 0.0) == [Opened(Version.V30, 0x30, authentic=False)]


# --- layouts and optional parameters -------------------------------------------------------------------------


def test_a_captured_submit_of_1_3_has_no_fixed_fee_and_ten_options() -> None:
    message = decode(V["SUBMIT_V13"], Version.V13)
    assert isinstance(message, Submit)
    assert (message.src_term_id, message.dest_term_ids) == ("10086", ("13800138000",))
    assert message.content == b"dfa8eb6a-ad9f-4654-94fa-f114718ed05a"
    assert message.options[Tag.MSERVICE_ID] == b"ABC\0"
    assert message.options[0x0014] == b"\x01", "an unknown one is kept"
    assert encode(message, Version.V13) == V["SUBMIT_V13"]
    (submission,) = decode_batch(V["SUBMIT_V13"], 0, V13).submissions
    assert submission[1:3] == (("13800138000",), "10086")


def test_a_submit_with_an_octet_too_much_is_malformed() -> None:
    """SMSGate's malformed packet from the net: a zero stands before the number of destinations."""
    with pytest.raises(RemoteProtocolError) as caught:
        decode(V["SUBMIT_BROKEN"][:239], Version.V13)
    assert caught.value.code == "smgp.malformed"


def test_a_gateway_speaks_1_3_with_who_asks_for_it() -> None:
    client, server = opened(version=Version.V13)
    data, _ = client.submit_batch([("13800138000", b"hi", 0, 1, 1)], 1.0)
    assert len(data) == 126 - 6 + 21 + 2
    assert len(server.feed(data, 1.0)) == 1
    assert server.version is Version.V13


def test_a_part_carries_its_options_and_others_carry_none() -> None:
    constants = SubmitConstants(src_term_id="1069", charge_user_type=2, msg_src="90001")
    content = udh(1, 3, 2) + b"\x4f\x60"
    written = SubmitTemplate(constants, V30).encode_batch(
        [1, 2], [("13800138000", content, 8, 3, 2), ("13800138000", b"x", 0, 1, 1)]
    )
    length = int.from_bytes(written[:4], "big")
    part, single = decode(written[:length], 0x30), decode(written[length:], 0x30)
    assert isinstance(part, Submit) and isinstance(single, Submit)
    assert part.options == {
        Tag.TP_UDHI: b"\x01",
        Tag.PK_TOTAL: b"\x03",
        Tag.PK_NUMBER: b"\x02",
        Tag.CHARGE_USER_TYPE: b"\x02",
        Tag.MSG_SRC: b"90001\0\0\0",
    }
    assert set(single.options) == {Tag.CHARGE_USER_TYPE, Tag.MSG_SRC}


def test_parts_without_options_are_counted_by_their_header() -> None:
    message = Submit(
        sequence=1,
        dest_term_ids=("13800138000", "13900139000"),
        content=udh(9, 4, 3) + b"x",
        options={Tag.TP_UDHI: b"\x01"},
    )
    (submission,) = decode_batch(encode(message, 0x30), 0, V30).submissions
    assert submission[1] == ("13800138000", "13900139000")
    assert submission[4:7] == (4, 3, 1)


def test_a_reply_says_in_an_option_that_it_has_a_header() -> None:
    message = Deliver(
        sequence=1, msg_id=ID, dest_term_id="1069", src_term_id="138", content=b"x", options={2: b"\x40"}
    )
    assert decode_batch(encode(message, 0x30), 0, V30).replies[0][4] == 0x40


@given(st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=255), max_size=8))
def test_options_there_and_back(options: dict[int, bytes]) -> None:
    assert read_options(write_options(options)) == options


@given(st.binary(max_size=80))
def test_options_of_any_octets_are_read_as_far_as_they_go(octets: bytes) -> None:
    assert all(len(value) <= len(octets) for value in read_options(octets).values())


def test_an_option_that_cannot_be_written_is_a_local_error() -> None:
    for options in ({0x10000: b""}, {1: bytes(256)}):
        with pytest.raises(LocalProtocolError) as caught:
            write_options(options)
        assert caught.value.code == "smgp.bad_option"


# --- reports -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "msg_id", "at"),
    [
        ("REPORT_BLANKS", "10100505301557926339", "1805301557"),
        ("REPORT_LETTER_S", "05701305301550567501", "1805301550"),
        ("REPORT_UNDERSCORES", "6495c36ac4ea6b00000b", "1807052207"),
    ],
)
def test_captured_reports_are_read_in_all_their_spellings(name: str, msg_id: str, at: str) -> None:
    assert decode_report(V[name]) == Report(
        msg_id=bytes.fromhex(msg_id), stat="DELIVRD", err="000", submit_time=at, done_time=at
    )
    assert receipts(V[name]) == [(bytes.fromhex(msg_id), "DELIVRD", at, at)]


def receipts(content: bytes) -> list[tuple[bytes, str, str, str]]:
    """What the bulk path makes of a report with this text."""
    message = Deliver(
        sequence=1, msg_id=ID, dest_term_id="1069", src_term_id="138", content=content, is_report=1
    )
    batch = decode_batch(encode(message, 0x30), 0, V30)
    assert batch.error is None
    assert len(batch.receipts) + len(batch.replies) == 1
    assert all(claims for *_, claims in batch.replies)
    return [(one[2], one[3], one[4], one[5]) for one in batch.receipts]


AWKWARD = b"stat:\x00id:s"
"""An id of ten octets that look like everything else."""


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"id:%b sub:001 dlvrd:000 submit date:2511220101 done date:2511220102 stat:UNDELIV err:005 text:", (ID, "UNDELIV:005", "2511220101", "2511220102")),
        (b"ID:%b SUB:001 DLVRD:000 SUBMIT DATE:2511220101 DONE DATE:2511220102 STAT:EXPIRED ERR:007 TEXT:", (ID, "EXPIRED:007", "2511220101", "2511220102")),
        (b"stat:UNDELIV err:003 id:%b done date:2511220102", (ID, "UNDELIV:003", "", "2511220102")),
        (b"id:%b stat:DELIVRD", (ID, "DELIVRD", "", "")),
        (b"id:%b stat:MK:0001 err:001", (ID, "MK:0001", "", "")),
        (b"id:%b err:000", (ID, "DELIVRD", "", "")),
        (b"id:%b err:601", (ID, "UNDELIV:601", "", "")),
        (b"id:%b submit date:20251122010101 done date:251122010203 stat:DELIVRD err:000", (ID, "DELIVRD", "2511220101", "2511220102")),
        (b"id:%b stat:ACCEPTD err:001", (ID, "ACCEPTD", "", "")),
    ],
)  # fmt: skip
def test_reports_are_read_in_any_order_and_case_with_fields_left_out(
    content: bytes, expected: tuple[bytes, str, str, str]
) -> None:
    assert receipts(content % ID) == [expected]
    assert receipts(content % AWKWARD) == [(AWKWARD, *expected[1:])]


def test_an_id_in_hexadecimal_is_the_same_id() -> None:
    text = b"id:01006101161700012345 sub:001 dlvrd:001 stat:DELIVRD err:000"
    assert receipts(text) == [(ID, "DELIVRD", "", "")]


BLANK = b"id:%b sub:001 dlvrd:001 submit date:2511220101 done date:2511220102 stat:        err:    text:" % ID
"""Everything in its place, and neither a state nor a code."""


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"??",
        b"id:short",
        b"id:%b sub:001" % ID,
        b"stat:DELIVRD err:000",
        BLANK,
        BLANK.replace(b"  ", b"\0\0"),
    ],
)
def test_a_report_that_cannot_be_read_is_kept_as_it_came(content: bytes) -> None:
    assert receipts(content) == []


@given(
    msg_id=st.binary(min_size=10, max_size=10),
    word=st.sampled_from(
        ["DELIVRD", "UNDELIV", "UNDELIV:005", "EXPIRED:007", "REJECTD", "ACCEPTD", "MK:0001"]
    ),
    text=st.binary(max_size=20),
)
def test_reports_there_and_back_whatever_the_id(msg_id: bytes, word: str, text: bytes) -> None:
    stat, err = split_word(word)
    content = encode_report(
        Report(msg_id=msg_id, stat=stat, err=err, submit_time="2511220101", done_time="2511220102", text=text)
    )
    assert len(content) == 122
    assert receipts(content) == [(msg_id, word, "2511220101", "2511220102")]
    assert stat_word(stat, err) == word


@given(st.binary(max_size=200))
def test_random_reports_are_read_or_kept(content: bytes) -> None:
    receipts(content)


# --- farewells -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [Command.EXIT_RESP, Command.EXIT, 0x80000004, 0x00000077, 0x80000002])
def test_a_farewell_answered_with_any_command_is_answered(command: int) -> None:
    client, _ = opened()
    client.part(1.0)
    sequence = client.data_to_send()[8:12]
    answer = (12).to_bytes(4, "big") + int(command).to_bytes(4, "big") + sequence
    assert client.feed(answer, 1.0) == [Closed(CloseReason.LOCAL, [])]


def test_a_test_of_the_link_is_no_answer_to_a_farewell() -> None:
    client, _ = opened()
    client.part(1.0)
    sequence = int.from_bytes(client.data_to_send()[8:12], "big")
    assert client.feed(encode(ActiveTest(sequence=sequence), 0x30), 1.0) == []
    assert client.state is State.CLOSING


def test_a_farewell_of_the_peer_ends_ours_too() -> None:
    client, _ = opened()
    client.part(1.0)
    assert client.feed(encode(Exit(sequence=99), 0x30), 1.0) == [Closed(CloseReason.REMOTE, [])]
