"""Both ends of a connection, joined by nothing but octets; the clock is a number."""

from collections.abc import Mapping
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xinfeng.kernel.errors import LocalProtocolError
from xinfeng.kernel.time import SHANGHAI
from xinfeng.protocols.cmpp import (
    Account,
    ClientSession,
    ServerSession,
    SubmitConstants,
    Version,
)
from xinfeng.protocols.cmpp.codec import encode
from xinfeng.protocols.cmpp.messages import (
    ActiveTest,
    ActiveTestResp,
    Connect,
    ConnectResp,
    Deliver,
    Submit,
    SubmitResp,
    Terminate,
    TerminateResp,
)
from xinfeng.protocols.session import Closed, CloseReason, Expired, Refused, State, Timers
from xinfeng.protocols.traffic import (
    DeliverResponses,
    LoginRequested,
    Opened,
    Receipts,
    Replies,
    StrayResponses,
    Submissions,
    SubmitResponses,
)

VERSIONS = [Version.V20, Version.V30]
TIMERS = Timers(idle_s=180, response_s=60, attempts=3)
REPORT = (bytes(8), "1069", b"\x01" * 8, "DELIVRD", "2511220101", "2511220102", "13800138000")


CONSTANTS = SubmitConstants(msg_src="900001", src_id="1069")
WALL = datetime(2026, 11, 22, 1, 2, 3, tzinfo=SHANGHAI)


def item(number: str = "13800138000") -> tuple[str, bytes, int, int, int]:
    return number, b"hello", 0, 1, 1


def new_client(version: Version = Version.V30, *, window: int = 16, first_sequence: int = 1) -> ClientSession:
    account = Account(source_addr="900001", secret="888888", version=version)
    return ClientSession(account, CONSTANTS, window=window, timers=TIMERS, first_sequence=first_sequence)


def joined(
    version: Version = Version.V30, *, window: int = 16, first_sequence: int = 1
) -> tuple[ClientSession, ServerSession]:
    """A client that has been let in, and its gateway, at 0 seconds."""
    client = new_client(version, window=window, first_sequence=first_sequence)
    server = ServerSession(now=0.0, window=window, timers=TIMERS)
    client.connect(WALL, 0.0)
    (asked,) = server.feed(client.data_to_send(), 0.0)
    assert isinstance(asked, LoginRequested)
    server.admit(secret="888888", now=0.0)
    (opened,) = client.feed(server.data_to_send(), 0.0)
    assert opened == Opened(version, version, authentic=True)
    return client, server


@pytest.mark.parametrize("version", VERSIONS)
def test_login_submit_report_reply_farewell(version: Version) -> None:
    client, server = joined(version)
    data, sequences = client.submit_batch([item(), item("13900139000")], 1.0)
    (submissions,) = server.feed(data, 1.0)
    assert isinstance(submissions, Submissions)
    assert [(s[0], s[1]) for s in submissions.items] == [
        (sequences[0], ("13800138000",)),
        (sequences[1], ("13900139000",)),
    ]

    answers = [(sequences[1], b"\x02" * 8, 0), (sequences[0], b"\x01" * 8, 8)]
    assert client.feed(server.submit_resp_batch(answers), 2.0) == [SubmitResponses(answers)]
    assert client.pending() == []

    data, delivered = server.report_batch([REPORT], 3.0)
    (receipts,) = client.feed(data, 3.0)
    assert receipts == Receipts(
        [(delivered[0], bytes(8), b"\x01" * 8, "DELIVRD", "2511220101", "2511220102", "13800138000")]
    )
    assert client.data_to_send() == b"", "a session never acknowledges by itself"
    assert server.pending() == [delivered[0]]
    acknowledged = server.feed(client.acknowledge([(delivered[0], bytes(8))]), 4.0)
    assert acknowledged == [DeliverResponses([(delivered[0], bytes(8), 0)])]

    reply = (b"\x07" * 8, "13800138000", "1069", 0, 0, b"TD")
    data, (sequence,) = server.reply_batch([reply], 5.0)
    (replies,) = client.feed(data, 5.0)
    assert replies == Replies([(sequence, b"\x07" * 8, "13800138000", "1069", 0, 0, b"TD", False)])
    server.feed(client.acknowledge([(sequence, b"\x07" * 8)]), 5.0)

    client.part(6.0)
    assert client.state is State.CLOSING
    assert server.feed(client.data_to_send(), 6.0) == [Closed(CloseReason.REMOTE, [])]
    assert client.feed(server.data_to_send(), 6.0) == [Closed(CloseReason.LOCAL, [])]
    assert (client.closed, client.next_deadline()) == (True, None)


def test_octets_may_arrive_one_at_a_time() -> None:
    client, server = joined()
    data, sequences = client.submit_batch([item()] * 3, 1.0)
    events = [event for octet in data for event in server.feed(bytes([octet]), 1.0)]
    assert [
        submission[0] for event in events if isinstance(event, Submissions) for submission in event.items
    ] == list(sequences)


# --- login -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (1, "cmpp.login.bad_structure"),
        (2, "cmpp.login.bad_source_address"),
        (3, "cmpp.login.authentication_failed"),
        (4, "cmpp.login.version_too_high"),
        (5, "cmpp.login.other"),
    ],
)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_refused_login_says_why(version: Version, status: int, code: str) -> None:
    client, server = new_client(version), ServerSession(now=0.0)
    client.connect(WALL, 0.0)
    server.feed(client.data_to_send(), 0.0)
    assert server.refuse(status) == [Closed(CloseReason.REFUSED, [])]
    events = client.feed(server.data_to_send(), 0.0)
    assert events == [Refused(status, code), Closed(CloseReason.REFUSED, [])]


def test_a_gateway_that_cannot_prove_the_secret_is_only_noted() -> None:
    client = new_client()
    client.connect(WALL, 0.0)
    resp = ConnectResp(
        sequence=1, status=0, authenticator=b"mockauth".ljust(16, b"\0"), version=0x30, long_status=True
    )
    assert client.feed(encode(resp, 0x30), 0.0) == [Opened(Version.V30, 0x30, authentic=False)]


def test_a_short_answer_to_a_3_0_login_means_2_0() -> None:
    client = new_client(Version.V30)
    client.connect(WALL, 0.0)
    resp = ConnectResp(sequence=1, status=0, authenticator=bytes(16), version=0x20, long_status=False)
    (opened,) = client.feed(encode(resp, 0x20), 0.0)
    assert isinstance(opened, Opened)
    assert opened.version is Version.V20
    assert client.version is Version.V20


def test_captured_answers_let_in(vectors: Mapping[str, bytes]) -> None:
    for name, version in (("CONNECT_RESP_V20", Version.V20), ("CONNECT_RESP_V30", Version.V30)):
        client = new_client(version)
        client.connect(datetime(2026, 10, 21, 8, 5, 10, tzinfo=SHANGHAI), 0.0)
        (opened,) = client.feed(vectors[name], 0.0)
        assert isinstance(opened, Opened)
        assert opened.authentic
        assert opened.version is version


def test_a_login_without_answer_ends() -> None:
    client = new_client()
    client.connect(WALL, 0.0)
    assert client.next_deadline() == 60.0
    assert client.tick(59.0) == []
    assert client.tick(60.0) == [Closed(CloseReason.SILENT, [])]


def test_a_connection_on_which_nobody_logs_in_ends() -> None:
    server = ServerSession(now=0.0, timers=TIMERS)
    assert server.tick(60.0) == [Closed(CloseReason.SILENT, [])]


def test_the_secret_stays_out_of_what_is_printed() -> None:
    assert "888888" not in repr(Account(source_addr="900001", secret="888888"))


# --- window and time ---------------------------------------------------------------------------------------


def test_a_full_window_takes_nothing_until_answers_come() -> None:
    client, server = joined(window=4)
    _, sequences = client.submit_batch([item()] * 6, 1.0)
    assert len(sequences) == 4
    assert client.free_window == 0
    assert client.submit_batch([item()], 1.0) == (b"", range(5 + 1, 5 + 1))
    client.feed(server.submit_resp_batch([(sequences[2], bytes(8), 0)]), 1.0)
    assert client.free_window == 1
    assert client.pending() == [sequences[0], sequences[1], sequences[3]]


def test_an_item_that_cannot_be_encoded_takes_nothing() -> None:
    client, _ = joined()
    with pytest.raises(LocalProtocolError):
        client.submit_batch([item(), item("1" * 40)], 1.0)
    assert client.pending() == []


def test_deliveries_have_a_window_too() -> None:
    _, server = joined(window=2)
    assert len(server.report_batch([REPORT] * 3, 1.0)[1]) == 2
    assert server.free_window == 0


def test_sequences_wrap_around_on_the_wire() -> None:
    client, server = joined(window=16, first_sequence=0xFFFFFFFD)
    data, sequences = client.submit_batch([item()] * 4, 1.0)
    assert list(sequences) == [0xFFFFFFFE, 0xFFFFFFFF, 0, 1]
    (submissions,) = server.feed(data, 1.0)
    assert isinstance(submissions, Submissions)
    answers = [(submission[0], bytes(8), 0) for submission in submissions.items]
    assert client.feed(server.submit_resp_batch(answers), 1.0) == [SubmitResponses(answers)]


def test_a_submit_without_answer_expires_and_is_not_sent_again() -> None:
    client, server = joined()
    data, sequences = client.submit_batch([item()], 1.0)
    assert client.next_deadline() == 61.0
    assert client.tick(60.9) == []
    assert client.tick(61.0) == [Expired([sequences[0]])]
    assert client.data_to_send() == encode(ActiveTest(sequence=sequences[0] + 1), 0x30)
    late = [(sequences[0], bytes(8), 0)]
    assert client.feed(server.submit_resp_batch(late), 62.0) == [StrayResponses(late)]


def test_a_repeated_answer_is_a_stray() -> None:
    client, server = joined()
    _, (sequence,) = client.submit_batch([item()], 1.0)
    answer = (sequence, bytes(8), 0)
    assert client.feed(server.submit_resp_batch([answer, answer]), 1.0) == [
        SubmitResponses([answer]),
        StrayResponses([answer]),
    ]


def test_a_silent_link_is_tested_and_given_up() -> None:
    client, server = joined()
    _, (sequence,) = client.submit_batch([item()], 170.0)
    assert client.next_deadline() == 180.0
    for at in (180.0, 240.0, 300.0):
        client.tick(at)
        assert client.data_to_send()[4:8] == bytes.fromhex("00000008")
    assert client.tick(360.0) == [Closed(CloseReason.SILENT, [])]


def test_a_test_is_answered_and_keeps_the_link() -> None:
    client, server = joined()
    client.tick(180.0)
    assert server.feed(client.data_to_send(), 180.0) == []
    assert client.feed(server.data_to_send(), 181.0) == []
    assert client.next_deadline() == 361.0


def test_a_test_answered_with_a_test_keeps_the_link_and_ends_there() -> None:
    client, _ = joined()
    client.tick(180.0)
    asked = client.data_to_send()
    assert client.feed(asked, 181.0) == []
    assert client.data_to_send() == encode(ActiveTestResp(sequence=int.from_bytes(asked[8:12], "big")), 0x30)
    assert client.tick(182.0) == []


def test_an_answer_to_a_test_may_lack_its_octet(vectors: Mapping[str, bytes]) -> None:
    client, _ = joined()
    assert client.feed(bytes.fromhex("0000000c8000000800000017"), 1.0) == []
    assert client.state is State.OPEN


# --- the end -----------------------------------------------------------------------------------------------


def test_what_was_unanswered_is_handed_over_when_the_connection_is_lost() -> None:
    client, _ = joined()
    _, sequences = client.submit_batch([item()] * 3, 1.0)
    assert client.lost() == [Closed(CloseReason.LOST, list(sequences))]
    assert client.lost() == []
    assert client.feed(b"late", 2.0) == []
    assert client.tick(100.0) == []


def test_answers_are_still_read_after_our_farewell() -> None:
    client, server = joined()
    _, (sequence,) = client.submit_batch([item()], 1.0)
    client.part(2.0)
    answer = [(sequence, bytes(8), 0)]
    assert client.feed(server.submit_resp_batch(answer), 2.0) == [SubmitResponses(answer)]
    data, _ = server.report_batch([REPORT], 2.0)
    (receipts,) = client.feed(data, 2.0)
    assert isinstance(receipts, Receipts)
    assert client.acknowledge([(receipts.items[0][0], bytes(8))])
    with pytest.raises(LocalProtocolError):
        client.submit_batch([item()], 3.0)


def test_a_farewell_without_answer_ends_too() -> None:
    client, _ = joined()
    client.part(1.0)
    assert client.next_deadline() == 61.0
    assert client.tick(61.0) == [Closed(CloseReason.SILENT, [])]


def test_the_peer_may_say_goodbye_while_submits_are_open() -> None:
    client, server = joined()
    _, (sequence,) = client.submit_batch([item()], 1.0)
    server.part(2.0)
    assert client.feed(server.data_to_send(), 2.0) == [Closed(CloseReason.REMOTE, [sequence])]
    assert client.data_to_send()[4:8] == bytes.fromhex("80000002")


@pytest.mark.parametrize("call", ["submit", "acknowledge", "part"])
def test_nothing_can_be_said_before_being_let_in(call: str) -> None:
    client = new_client()
    with pytest.raises(LocalProtocolError) as caught:
        if call == "submit":
            client.submit_batch([item()], 0.0)
        elif call == "acknowledge":
            client.acknowledge([(1, bytes(8))])
        else:
            client.part(0.0)
    assert caught.value.code == "session.wrong_state"


def test_nobody_is_let_in_who_did_not_ask() -> None:
    with pytest.raises(LocalProtocolError):
        ServerSession(now=0.0).admit(secret="x", now=0.0)


# --- violations --------------------------------------------------------------------------------------------

CONNECT = Connect(sequence=1, source_addr="900001", authenticator=bytes(16), version=0x30, timestamp=0)
A_SUBMIT = Submit(sequence=1, dest_terminal_ids=("13800138000",), content=b"x")


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "cmpp.bad_length"),
        (bytes.fromhex("0000000b8000000400000001"), "cmpp.bad_length"),
        (bytes.fromhex("00002001000000050000000100"), "cmpp.bad_length"),
        (bytes.fromhex("ffffffff000000050000000100"), "cmpp.bad_length"),
        (encode(A_SUBMIT, 0x30), "cmpp.unexpected_command"),
        (encode(CONNECT, 0x30), "cmpp.unexpected_command"),
        (bytes.fromhex("000000188000000500000001b4c553000001000000000000"), "cmpp.unexpected_command"),
    ],
)
def test_a_violation_ends_a_client_in_order(octets: bytes, code: str) -> None:
    client, server = joined()
    _, sequences = client.submit_batch([item()] * 2, 1.0)
    answer = [(sequences[0], bytes(8), 0)]
    responses, closed = client.feed(server.submit_resp_batch(answer) + octets, 2.0)
    assert responses == SubmitResponses(answer), "what came before is kept"
    assert isinstance(closed, Closed)
    assert closed.error is not None
    assert (closed.reason, closed.pending, closed.error.code) == (CloseReason.VIOLATION, [sequences[1]], code)
    assert client.feed(server.submit_resp_batch(answer), 2.0) == []


@pytest.mark.parametrize(
    "octets",
    [
        encode(A_SUBMIT, 0x30),
        encode(SubmitResp(sequence=1, msg_id=bytes(8), result=0), 0x30),
        encode(CONNECT, 0x30) * 2,
        encode(CONNECT, 0x30) + encode(A_SUBMIT, 0x30),
    ],
)
def test_a_gateway_takes_nothing_before_the_login(octets: bytes) -> None:
    server = ServerSession(now=0.0)
    closed = server.feed(octets, 0.0)[-1]
    assert isinstance(closed, Closed)
    assert closed.error is not None
    assert closed.error.code == "cmpp.unexpected_command"


def test_octets_before_the_login_was_asked_for_are_a_violation() -> None:
    (closed,) = new_client().feed(encode(ActiveTest(sequence=1), 0x30), 0.0)
    assert isinstance(closed, Closed)
    assert closed.reason is CloseReason.VIOLATION


def test_stray_farewells_and_tests_are_tolerated() -> None:
    client, _ = joined()
    assert (
        client.feed(encode(TerminateResp(sequence=9), 0x30) + encode(ActiveTestResp(sequence=9), 0x30), 1.0)
        == []
    )
    assert client.state is State.OPEN


@settings(max_examples=300)
@given(st.binary(max_size=400), st.integers(1, 50))
def test_random_octets_end_in_events_never_in_exceptions(data: bytes, chunk: int) -> None:
    client, server = joined()
    for session in (client, server, new_client(), ServerSession(now=0.0)):
        events = [
            event
            for start in range(0, len(data), chunk)
            for event in session.feed(data[start : start + chunk], 1.0)
        ]
        assert sum(isinstance(event, Closed) for event in events) <= 1
        assert session.closed == any(isinstance(event, Closed) for event in events)


MESSAGES = st.sampled_from(
    [
        encode(message, 0x30)
        for message in (
            ActiveTest(sequence=1),
            ActiveTestResp(sequence=1),
            Terminate(sequence=1),
            TerminateResp(sequence=1),
            CONNECT,
            A_SUBMIT,
            SubmitResp(sequence=2, msg_id=bytes(8), result=0),
            ConnectResp(sequence=1, status=0, authenticator=bytes(16), version=0x30, long_status=True),
            Deliver(sequence=1, msg_id=bytes(8), dest_id="1", src_terminal_id="2", content=b"x"),
        )
    ]
)


@given(st.lists(MESSAGES, max_size=12), st.integers(1, 64))
def test_events_do_not_depend_on_how_the_octets_were_cut(messages: list[bytes], chunk: int) -> None:
    """Traffic in either order, whole or in pieces: same answers, same end."""
    data = b"".join(messages)
    whole, _ = joined()
    pieces, _ = joined()
    for client in (whole, pieces):
        client.submit_batch([item()], 1.0)
    at_once = whole.feed(data, 2.0)
    piecewise = [
        event
        for start in range(0, len(data), chunk)
        for event in pieces.feed(data[start : start + chunk], 2.0)
    ]
    assert whole.data_to_send() == pieces.data_to_send()
    assert (whole.state, whole.pending()) == (pieces.state, pieces.pending())
    assert _traffic(at_once) == _traffic(piecewise)


def _traffic(events: list[object]) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    for event in events:
        items = getattr(event, "items", None)
        found.setdefault(type(event).__name__, []).extend(items if items is not None else [])
    return found


def test_an_endless_message_is_refused_from_its_header_on() -> None:
    client, _ = joined()
    (closed,) = client.feed((8193).to_bytes(4, "big") + bytes.fromhex("0000000500000001"), 1.0)
    assert isinstance(closed, Closed)
    assert closed.reason is CloseReason.VIOLATION
