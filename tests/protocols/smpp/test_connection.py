"""Both ends of a connection, joined by nothing but octets; the clock is a number."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xinfeng.kernel.time import SHANGHAI
from xinfeng.protocols.session import Closed, CloseReason, Expired, Refused, State, Timers
from xinfeng.protocols.smpp import Account, BindMode, ClientSession, IdFormat, ServerSession, SubmitConstants
from xinfeng.protocols.smpp.codec import decode, encode
from xinfeng.protocols.smpp.layout import LARGEST_SEQUENCE, Tag
from xinfeng.protocols.smpp.messages import (
    THROTTLED,
    AlertNotification,
    BindResp,
    DataSm,
    DataSmResp,
    DeliverSm,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Message,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
    Unsupported,
)
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

TIMERS = Timers(idle_s=30, response_s=60, attempts=3)
CONSTANTS = SubmitConstants(source="1069")
WALL = datetime(2026, 11, 22, 1, 2, 3, tzinfo=SHANGHAI)
REPORT = (b"", "1069", b"a-77", "DELIVRD", "2611220101", "2611220102", "13800138000")


def item(number: str = "13800138000") -> tuple[str, bytes, int, int, int]:
    return number, b"hello", 0, 1, 1


def new_client(
    mode: BindMode = BindMode.TRANSCEIVER,
    *,
    window: int = 10,
    first_sequence: int = 1,
    id_format: IdFormat = IdFormat.AS_IS,
) -> ClientSession:
    account = Account(system_id="xinfeng", password="geheim", mode=mode, id_format=id_format)
    return ClientSession(account, CONSTANTS, window=window, timers=TIMERS, first_sequence=first_sequence)


def joined(
    mode: BindMode = BindMode.TRANSCEIVER, *, window: int = 10, first_sequence: int = 1
) -> tuple[ClientSession, ServerSession]:
    """A client that has been let in, and its centre, at 0 seconds."""
    client = new_client(mode, window=window, first_sequence=first_sequence)
    server = ServerSession(now=0.0, window=window, timers=TIMERS, first_sequence=first_sequence)
    client.connect(WALL, 0.0)
    (asked,) = server.feed(client.data_to_send(), 0.0)
    assert isinstance(asked, LoginRequested)
    assert (asked.login.account, asked.login.version) == ("xinfeng", 0x34)
    assert asked.login.proves("geheim") and not asked.login.proves("falsch")
    server.admit(secret="geheim", now=0.0)
    assert client.feed(server.data_to_send(), 0.0) == [Opened(0x34, 0x34, authentic=False)]
    return client, server


def said(session: ClientSession | ServerSession) -> list[Message]:
    """What it wants to send, read."""
    data = session.data_to_send()
    messages = []
    while data:
        length = int.from_bytes(data[:4], "big")
        messages.append(decode(data[:length]))
        data = data[length:]
    return messages


def test_login_submit_report_reply_farewell() -> None:
    client, server = joined()
    data, sequences = client.submit_batch([item(), item("13900139000")], 1.0)
    (submissions,) = server.feed(data, 1.0)
    assert isinstance(submissions, Submissions)
    assert [(s[0], s[1], s[3]) for s in submissions.items] == [
        (sequences[0], ("13800138000",), 1),
        (sequences[1], ("13900139000",), 1),
    ]

    answers = [(sequences[1], b"a-78", 0), (sequences[0], b"", THROTTLED)]
    assert client.feed(server.submit_resp_batch(answers), 2.0) == [SubmitResponses(answers)]
    assert client.pending() == []

    data, delivered = server.report_batch([REPORT], 3.0)
    assert client.feed(data, 3.0) == [
        Receipts([(delivered[0], b"", b"a-77", "DELIVRD", "2611220101", "2611220102", "13800138000")])
    ]
    assert client.data_to_send() == b"", "a session never acknowledges by itself"
    assert server.pending() == [delivered[0]]
    acknowledged = server.feed(client.acknowledge([(delivered[0], b"")]), 4.0)
    assert acknowledged == [DeliverResponses([(delivered[0], b"", 0)])]

    data, (sequence,) = server.reply_batch([(b"", "13800138000", "1069", 0, 0, b"TD")], 5.0)
    assert client.feed(data, 5.0) == [Replies([(sequence, b"", "13800138000", "1069", 0, 0, b"TD", False)])]
    server.feed(client.acknowledge([(sequence, b"")]), 5.0)

    client.part(6.0)
    assert client.state is State.CLOSING
    assert server.feed(client.data_to_send(), 6.0) == [Closed(CloseReason.REMOTE, [])]
    assert client.feed(server.data_to_send(), 6.0) == [Closed(CloseReason.LOCAL, [])]
    assert (client.closed, client.next_deadline()) == (True, None)


def test_octets_may_arrive_one_at_a_time() -> None:
    client, server = joined()
    data, sequences = client.submit_batch([item()] * 3, 1.0)
    events = [event for octet in data for event in server.feed(bytes([octet]), 1.0)]
    assert [s[0] for event in events if isinstance(event, Submissions) for s in event.items] == list(
        sequences
    )


# --- login -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (0x0D, "smpp.login.failed"),
        (0x0E, "smpp.login.bad_password"),
        (0x0F, "smpp.login.bad_system_id"),
        (0x05, "smpp.login.already_bound"),
        (0x401, "smpp.login.other"),
    ],
)
def test_a_refused_login_says_why(status: int, code: str) -> None:
    client, server = new_client(), ServerSession(now=0.0)
    client.connect(WALL, 0.0)
    server.feed(client.data_to_send(), 0.0)
    assert server.refuse(status) == [Closed(CloseReason.REFUSED, [])]
    assert client.feed(server.data_to_send(), 0.0) == [
        Refused(status, code),
        Closed(CloseReason.REFUSED, []),
    ]


@pytest.mark.parametrize(
    ("status", "told", "code"), [(3, 3, "smpp.login.bad_command"), (0, 0xFF, "smpp.login.other")]
)
def test_a_login_that_is_not_understood_is_refused(status: int, told: int, code: str) -> None:
    client = new_client()
    client.connect(WALL, 0.0)
    events = client.feed(encode(GenericNack(sequence=1, status=status)), 0.0)
    assert events == [Refused(told, code), Closed(CloseReason.REFUSED, [])]


def test_the_answer_to_another_kind_of_login_is_a_violation() -> None:
    client = new_client(BindMode.TRANSMITTER)
    client.connect(WALL, 0.0)
    (closed,) = client.feed(encode(BindResp(sequence=1, mode=BindMode.RECEIVER, status=0)), 0.0)
    assert isinstance(closed, Closed)
    assert closed.reason is CloseReason.VIOLATION


def test_a_centre_that_claims_no_version_is_spoken_with() -> None:
    client = new_client()
    client.connect(WALL, 0.0)
    resp = BindResp(sequence=1, mode=BindMode.TRANSCEIVER, status=0, system_id="x")
    assert client.feed(encode(resp), 0.0) == [Opened(0x34, 0, authentic=False)]


def test_a_login_without_answer_ends() -> None:
    client = new_client()
    client.connect(WALL, 0.0)
    assert client.tick(59.0) == []
    assert client.tick(60.0) == [Closed(CloseReason.SILENT, [])]


def test_the_secret_stays_out_of_what_is_printed() -> None:
    assert "geheim" not in repr(Account(system_id="xinfeng", password="geheim"))


def test_a_receiver_submits_nothing_and_a_transmitter_is_delivered_nothing() -> None:
    client, server = joined(BindMode.RECEIVER)
    assert client.free_window == 0
    assert client.submit_batch([item()], 1.0)[0] == b""
    data, sequences = server.report_batch([REPORT], 1.0)
    assert len(sequences) == 1
    assert isinstance(client.feed(data, 1.0)[0], Receipts)

    client, server = joined(BindMode.TRANSMITTER)
    assert client.free_window == 10
    assert server.report_batch([REPORT], 1.0) == (b"", range(1, 1))


@pytest.mark.parametrize(
    "message",
    [
        SubmitSm(sequence=1, source="1", destination="2"),
        DataSm(sequence=1, source="1", destination="2"),
    ],
)
def test_traffic_before_the_login_is_a_violation(message: Message) -> None:
    server = ServerSession(now=0.0)
    (closed,) = server.feed(encode(message), 0.0)
    assert isinstance(closed, Closed)
    assert closed.reason is CloseReason.VIOLATION
    assert closed.error is not None
    assert closed.error.code == "smpp.unexpected_command"


# --- window, sequences, time -------------------------------------------------------------------------------


def test_a_full_window_takes_nothing_until_answers_come() -> None:
    client, server = joined(window=4)
    _, sequences = client.submit_batch([item()] * 6, 1.0)
    assert (len(sequences), client.free_window) == (4, 0)
    client.feed(server.submit_resp_batch([(sequences[0], b"1", 0)]), 1.0)
    assert client.free_window == 1


def test_sequences_wrap_to_1() -> None:
    client, server = joined(first_sequence=LARGEST_SEQUENCE - 1)
    data, sequences = client.submit_batch([item()] * 3, 1.0)
    assert list(sequences) == [LARGEST_SEQUENCE, 1, 2]
    (submissions,) = server.feed(data, 1.0)
    assert isinstance(submissions, Submissions)
    assert [s[0] for s in submissions.items] == [LARGEST_SEQUENCE, 1, 2]
    _, delivered = server.report_batch([REPORT] * 3, 1.0)
    assert list(delivered) == [LARGEST_SEQUENCE - 1, LARGEST_SEQUENCE, 1]


def test_answers_in_any_order_late_and_twice() -> None:
    client, server = joined()
    _, sequences = client.submit_batch([item()] * 3, 1.0)
    answers = [(sequence, b"%d" % sequence, 0) for sequence in reversed(sequences)]
    assert client.feed(server.submit_resp_batch(answers), 2.0) == [SubmitResponses(answers)]
    assert client.feed(server.submit_resp_batch(answers[:1]), 2.0) == [StrayResponses(answers[:1])]
    _, sequences = client.submit_batch([item()], 3.0)
    assert Expired(list(sequences)) in client.tick(63.0)


def test_a_nack_answers_the_request_it_names() -> None:
    client, server = joined()
    _, sequences = client.submit_batch([item()] * 2, 1.0)
    assert client.feed(encode(GenericNack(sequence=sequences[0], status=THROTTLED)), 2.0) == [
        SubmitResponses([(sequences[0], b"", THROTTLED)])
    ]
    nack = encode(GenericNack(sequence=sequences[1], status=0))
    assert client.feed(nack, 2.0) == [SubmitResponses([(sequences[1], b"", 0xFF)])], "never an acceptance"
    assert client.feed(nack, 2.0) == [StrayResponses([(sequences[1], b"", 0xFF)])]
    _, (delivered,) = server.report_batch([REPORT], 3.0)
    assert server.feed(encode(GenericNack(sequence=delivered, status=3)), 3.0) == [
        DeliverResponses([(delivered, b"", 3)])
    ]


def test_a_silent_link_is_tested_and_given_up() -> None:
    client, server = joined()
    client.tick(30.0)
    (test,) = said(client)
    assert isinstance(test, EnquireLink)
    server.feed(encode(test), 30.0)
    assert said(server) == [EnquireLinkResp(sequence=test.sequence)]
    for now in (90.0, 150.0):
        assert client.tick(now) == []
    assert client.tick(210.0) == [Closed(CloseReason.SILENT, [])]


@pytest.mark.parametrize("answer", [UnbindResp(sequence=2), GenericNack(sequence=2, status=3)])
def test_a_farewell_ends_with_either_answer(answer: Message) -> None:
    client, _ = joined()
    client.part(1.0)
    assert said(client) == [Unbind(sequence=2)]
    assert client.feed(encode(answer), 2.0) == [Closed(CloseReason.LOCAL, [])]


def test_a_farewell_of_the_peer_is_answered() -> None:
    client, _ = joined()
    _, sequences = client.submit_batch([item()], 1.0)
    assert client.feed(encode(Unbind(sequence=8)), 1.0) == [Closed(CloseReason.REMOTE, list(sequences))]
    assert said(client) == [UnbindResp(sequence=8)]


# --- what is not known, or not expected --------------------------------------------------------------------


@pytest.mark.parametrize("command", [0x03, 0x08, 0x110, 0x0B, 0x21])
def test_unknown_requests_are_answered_and_the_session_goes_on(command: int) -> None:
    for end in joined():
        assert end.feed(encode(Unsupported(sequence=77, command=command)), 1.0) == []
        assert said(end) == [GenericNack(sequence=77, status=3)]
        assert end.state is State.OPEN


@pytest.mark.parametrize(
    "message",
    [
        Unsupported(sequence=77, command=0x80000110),
        Unsupported(sequence=77, command=0x80000003),
        AlertNotification(sequence=77, body=b"\1\1138\0"),
        EnquireLinkResp(sequence=77),
        UnbindResp(sequence=77),
    ],
)
def test_some_things_are_heard_and_need_no_answer(message: Message) -> None:
    client, _ = joined()
    assert client.feed(encode(message), 1.0) == []
    assert client.data_to_send() == b""
    assert client.state is State.OPEN


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (encode(SubmitSm(sequence=1, source="1", destination="2")), "smpp.unexpected_command"),
        (encode(BindResp(sequence=1, mode=BindMode.TRANSCEIVER, status=0)), "smpp.unexpected_command"),
        (bytes.fromhex("0000000f000000150000000000000001"), "smpp.bad_length"),
        (bytes.fromhex("f0000010000000150000000000000001"), "smpp.bad_length"),
    ],
)
def test_violations_come_after_what_was_in_order(octets: bytes, code: str) -> None:
    client, server = joined()
    _, sequences = client.submit_batch([item()] * 2, 1.0)
    events = client.feed(server.submit_resp_batch([(sequences[0], b"1", 0)]) + octets + b"more", 2.0)
    assert events[0] == SubmitResponses([(sequences[0], b"1", 0)])
    closed = events[1]
    assert isinstance(closed, Closed)
    assert (closed.reason, closed.pending) == (CloseReason.VIOLATION, [sequences[1]])
    assert closed.error is not None
    assert closed.error.code == code


def test_data_sm_is_acknowledged_as_what_it_is() -> None:
    client, server = joined()
    data_sm = DataSm(sequence=5, source="138", destination="1069", tlvs=((Tag.MESSAGE_PAYLOAD, b"TD"),))
    deliver = DeliverSm(sequence=6, source="138", destination="1069", short_message=b"TD")
    (replies,) = client.feed(encode(data_sm) + encode(deliver), 1.0)
    assert isinstance(replies, Replies)
    answer = client.acknowledge([(5, b""), (6, b"")])
    assert answer == encode(DataSmResp(sequence=5)) + bytes.fromhex("0000001180000005000000000000000600")
    assert client.acknowledge([(5, b"")])[4:8] == bytes.fromhex("80000005"), "answered once"

    (submissions,) = server.feed(encode(data_sm), 1.0)
    assert isinstance(submissions, Submissions)
    assert server.submit_resp_batch([(5, b"1", 0)]) == encode(DataSmResp(sequence=5, message_id=b"1"))


def test_ids_are_made_alike_where_the_account_says_so() -> None:
    client = new_client(id_format=IdFormat.HEX_ANSWERS)
    client.connect(WALL, 0.0)
    client.feed(encode(BindResp(sequence=1, mode=BindMode.TRANSCEIVER, status=0)), 0.0)
    _, (sequence,) = client.submit_batch([item()], 1.0)
    (answered,) = client.feed(encode(SubmitSmResp(sequence=sequence, message_id=b"38601fa")), 1.0)
    text = b"id:0059113978 sub:001 dlvrd:001 submit date:2611221000 done date:2611221001 stat:DELIVRD err:000 text:"
    receipt = DeliverSm(sequence=1, source="138", destination="1069", esm_class=4, short_message=text)
    (receipts,) = client.feed(encode(receipt), 1.0)
    assert isinstance(answered, SubmitResponses)
    assert isinstance(receipts, Receipts)
    assert answered.items[0][1] == receipts.items[0][2] == b"59113978"


@settings(max_examples=60)
@given(st.binary(max_size=300), st.booleans())
def test_octets_at_random_end_a_session_or_wait(data: bytes, at_centre: bool) -> None:
    end = joined()[at_centre]
    for start in range(0, len(data), 7):
        end.feed(data[start : start + 7], 1.0)
    end.tick(1000.0)
    assert isinstance(end.lost(), list)
