"""What is SGIP's own: sequences that are ids, numbers with their country, two directions, farewells."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.protocols.conformance.harness import SECRET, TIMERS, WALL, items_of, vectors_of

from xinfeng.kernel.errors import LocalProtocolError
from xinfeng.kernel.text import udh
from xinfeng.kernel.time import SHANGHAI
from xinfeng.protocols import sgip
from xinfeng.protocols.session import Closed, CloseReason, Refused, State
from xinfeng.protocols.sgip.bulk import REPORTED, decode_batch
from xinfeng.protocols.sgip.codec import decode, encode
from xinfeng.protocols.sgip.messages import Bind, Command, LoginType, Report, Submit, Unbind
from xinfeng.protocols.sgip.sequence import A_SECOND, Fields, SgipSequences, compose, read
from xinfeng.protocols.sgip.words import split_word, stat_word
from xinfeng.protocols.traffic import (
    DeliverResponses,
    LoginRequested,
    Receipts,
    Replies,
    Submissions,
    SubmitResponses,
)

V = vectors_of("sgip")
NODE = 3010012345


def account(*, lane: int = 0) -> sgip.Account:
    return sgip.Account(node_id=NODE, name="unicomsp", secret=SECRET, lane=lane)


def new_client(*, lane: int = 0) -> sgip.ClientSession:
    constants = sgip.SubmitConstants(sp_number="1069", corp_id="12345")
    return sgip.ClientSession(account(lane=lane), constants, timers=TIMERS)


def opened(*, lane: int = 0) -> tuple[sgip.ClientSession, sgip.ServerSession]:
    client, server = new_client(lane=lane), sgip.ServerSession(now=0.0, timers=TIMERS)
    client.connect(WALL, 0.0)
    server.feed(client.data_to_send(), 0.0)
    server.admit(secret=SECRET, now=0.0)
    client.feed(server.data_to_send(), 0.0)
    return client, server


# --- sequences -----------------------------------------------------------------------------------------------


@given(st.binary(min_size=12, max_size=12))
def test_a_sequence_is_three_numbers_of_four_octets_in_their_order(octets: bytes) -> None:
    fields = read(int.from_bytes(octets, "big"))
    assert b"".join(field.to_bytes(4, "big") for field in fields) == octets
    assert compose(fields).to_bytes(12, "big") == octets


def test_the_node_does_not_fit_a_signed_number_and_need_not() -> None:
    message = decode(V["SUBMIT"])
    assert read(message.sequence) == Fields(NODE, 1120203225, 7)
    assert V["SUBMIT"][8:12] == bytes.fromhex("b36924b9")


def test_the_sequence_of_a_submit_is_the_id_of_the_message() -> None:
    client, server = opened()
    data, (sequence,) = client.submit_batch([("13800138000", b"x", 0, 1, 1)], 1.0)
    assert data[8:20] == sequence.to_bytes(12, "big")
    assert read(sequence)[:2] == (NODE, 1122010204), "our node, and a second after the login"
    (submission,) = items_of(server.feed(data, 1.0), Submissions)
    assert submission[9] == data[8:20]
    answer = server.submit_resp_batch([(sequence, b"", 0)])
    assert items_of(client.feed(answer, 1.0), SubmitResponses) == [(sequence, data[8:20], 0)]


def test_a_sequence_follows_the_wall_clock_over_the_turn_of_the_year() -> None:
    client, server = new_client(), sgip.ServerSession(now=0.0)
    client.connect(datetime(2026, 12, 31, 23, 59, 59, tzinfo=SHANGHAI), 500.0)
    server.feed(client.data_to_send(), 0.0)
    server.admit(secret=SECRET, now=0.0)
    client.feed(server.data_to_send(), 500.0)
    clocks = [
        read(client.submit_batch([("1", b"", 0, 1, 1)], now)[1][0]).clock for now in (500.9, 501.0, 562.5)
    ]
    assert clocks == [1231235959, 101000000, 101000101]


def test_no_two_connections_ever_give_the_same_id() -> None:
    """Same account, same seconds, more than a second holds."""
    given_out: list[int] = []
    for lane in (0, 1, 65_535):
        sequences = SgipSequences(NODE, lane)
        sequences.set(WALL, 0.0)
        for now in (0.0, 0.5, 1.0, 1.2, 5.0):
            sequences.at(now)
            given_out += sequences.take(40_000)
    assert len(given_out) == len(set(given_out)) == 3 * 5 * 40_000


def test_a_full_second_puts_the_clock_forward_until_time_catches_up() -> None:
    sequences = SgipSequences(NODE, 3, A_SECOND - 1)
    sequences.set(WALL + timedelta(seconds=55), 0.0)
    first, second, third = sequences.take(3)
    assert [read(one) for one in (first, second, third)] == [
        Fields(NODE, 1122010258, 3 * A_SECOND + A_SECOND - 1),
        Fields(NODE, 1122010259, 3 * A_SECOND),
        Fields(NODE, 1122010259, 3 * A_SECOND + 1),
    ]
    sequences.at(1.0)
    assert read(sequences.take(1)[0]) == Fields(NODE, 1122010259, 3 * A_SECOND + 2)
    sequences.at(2.0)
    assert read(sequences.take(1)[0]) == Fields(NODE, 1122010300, 3 * A_SECOND)
    sequences.at(1.0)
    assert read(sequences.take(1)[0]) == Fields(NODE, 1122010300, 3 * A_SECOND + 1), "never back"


# --- numbers and words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "wire", "back"),
    [
        ("13800138000", "8613800138000", "13800138000"),
        ("8613800138000", "8613800138000", "13800138000"),
        ("85212345678", "8685212345678", "85212345678"),
        ("10655012345678", "10655012345678", "10655012345678"),
    ],
)
def test_numbers_have_their_country_on_the_wire(number: str, wire: str, back: str) -> None:
    client, server = opened()
    data, _ = client.submit_batch([(number, b"x", 0, 1, 1)], 1.0)
    message = decode(data)
    assert isinstance(message, Submit)
    assert message.user_numbers == (wire,)
    assert items_of(server.feed(data, 1.0), Submissions)[0][1] == (back,)


@pytest.mark.parametrize(
    ("state", "error", "word"),
    [(0, 0, "DELIVRD"), (0, 5, "DELIVRD"), (1, 0, "ACCEPTD"), (2, 0, "UNDELIV"), (2, 22, "SGIP:22"), (2, 255, "SGIP:255"), (3, 1, "SGIP:3:1")],
)  # fmt: skip
def test_words_of_reports(state: int, error: int, word: str) -> None:
    assert stat_word(state, error) == word
    report = Report(sequence=1, submit_sequence=2, user_number="86138", state=state, error_code=error)
    assert decode_batch(encode(report), 0).receipts[0][3] == word


@given(st.integers(0, 255), st.integers(0, 255))
def test_words_are_short_and_mean_the_same_back(state: int, error: int) -> None:
    word = stat_word(state, error)
    assert len(word) <= 60 and word.isascii()
    assert stat_word(*split_word(word)) == word


@given(st.text(max_size=20))
def test_any_word_is_some_state(word: str) -> None:
    state, error = split_word(word)
    assert 0 <= state <= 255 and 0 <= error <= 255


def test_parts_are_counted_by_their_header_in_submits_to_several() -> None:
    message = Submit(
        sequence=7,
        user_numbers=("8613800138000", "8613900139000"),
        content=udh(9, 4, 3) + b"x",
        tp_udhi=1,
        report_flag=2,
    )
    (submission,) = decode_batch(encode(message), 0).submissions
    assert submission[1] == ("13800138000", "13900139000")
    assert submission[3:7] == (2, 4, 3, 1)


# --- two directions ------------------------------------------------------------------------------------------


def called() -> tuple[sgip.DeliveryServerSession, sgip.DeliveryClientSession]:
    """The provider, and the carrier that called it."""
    carrier = sgip.DeliveryClientSession(
        sgip.Account(node_id=4290000001, name="smg", secret="theirs"), timers=TIMERS
    )
    provider = sgip.DeliveryServerSession(now=0.0, node_id=NODE, timers=TIMERS)
    carrier.connect(WALL, 0.0)
    (asked,) = provider.feed(carrier.data_to_send(), 0.0)
    assert isinstance(asked, LoginRequested)
    assert (asked.login.account, asked.login.proves("theirs")) == ("smg", True)
    provider.admit(secret="theirs", now=0.0)
    carrier.feed(provider.data_to_send(), 0.0)
    return provider, carrier


def test_reports_and_replies_are_acknowledged_each_in_its_kind() -> None:
    provider, carrier = called()
    reports, _ = carrier.report_batch([(b"", "", bytes(12), "SGIP:69", "", "", "13800138000")], 1.0)
    replies, _ = carrier.reply_batch([(b"", "13800138000", "1069", 0, 0, b"TD")], 1.0)
    events = provider.feed(reports + replies, 1.0)
    (receipt,), (reply,) = items_of(events, Receipts), items_of(events, Replies)
    octets = provider.acknowledge([(receipt[0], receipt[1]), (reply[0], reply[1])])
    commands = [octets[4:8], octets[33:37]]
    assert [int.from_bytes(one, "big") for one in commands] == [Command.REPORT_RESP, Command.DELIVER_RESP]
    assert octets[8:20] == reports[8:20] and octets[37:49] == replies[8:20]
    assert len(items_of(carrier.feed(octets, 1.0), DeliverResponses)) == 2
    assert receipt[0] - REPORTED == int.from_bytes(reports[8:20], "big")


def test_a_carrier_may_say_login_deliveries_and_goodbye_in_one_breath() -> None:
    bind = Bind(sequence=1, login_type=LoginType.DELIVERING, name="unicomsp", password=SECRET)
    breath = encode(bind) + V["REPORT_OK"] + V["DELIVER"] + encode(Unbind(sequence=9))
    provider = sgip.DeliveryServerSession(now=0.0, timers=TIMERS)
    assert [type(one) for one in provider.feed(breath, 0.0)] == [LoginRequested]
    provider.admit(secret=SECRET, now=0.0)
    events = provider.feed(b"", 0.0)
    (receipt,), (reply,) = items_of(events, Receipts), items_of(events, Replies)
    assert not provider.closed, "nothing was acknowledged yet"
    provider.data_to_send()
    provider.acknowledge([(receipt[0], receipt[1])])
    assert provider.feed(b"", 0.0) == [] and provider.data_to_send() == b""
    provider.acknowledge([(reply[0], reply[1])])
    assert provider.feed(b"", 0.0) == [Closed(CloseReason.REMOTE, [])]
    assert provider.data_to_send()[4:8] == Command.UNBIND_RESP.to_bytes(4, "big")


def test_a_login_behind_a_login_that_waits_ends_the_session_once_that_is_answered() -> None:
    bind = encode(Bind(sequence=1, login_type=LoginType.DELIVERING, name="unicomsp", password=SECRET))
    provider = sgip.DeliveryServerSession(now=0.0, timers=TIMERS)
    assert [type(one) for one in provider.feed(bind + bind, 0.0)] == [LoginRequested]
    assert provider.refuse(1) == [Closed(CloseReason.REFUSED, [])]


def test_a_goodbye_is_not_kept_waiting_for_ever_for_what_is_never_acknowledged() -> None:
    provider, _ = called()
    provider.feed(V["REPORT_OK"] + encode(Unbind(sequence=9)), 1.0)
    assert not provider.closed
    assert provider.tick(1.0 + TIMERS.response_s) == [Closed(CloseReason.SILENT, [])]


def test_nothing_is_submitted_where_deliveries_arrive() -> None:
    provider, _ = called()
    with pytest.raises(LocalProtocolError) as caught:
        provider.submit_batch([("13800138000", b"x", 0, 1, 1)], 1.0)
    assert caught.value.code == "sgip.not_for_submits"
    assert provider.pending() == []


@pytest.mark.parametrize(
    ("server", "login_type"),
    [
        (sgip.ServerSession, LoginType.DELIVERING),
        (sgip.DeliveryServerSession, LoginType.SUBMITTING),
        (sgip.DeliveryServerSession, 3),
        (sgip.ServerSession, 0),
    ],
)
def test_a_login_of_the_wrong_type_is_refused_without_asking_anybody(
    server: type[sgip.ServerSession] | type[sgip.DeliveryServerSession], login_type: int
) -> None:
    session = server(now=0.0)
    bind = Bind(sequence=1, login_type=login_type, name="unicomsp", password=SECRET)
    assert session.feed(encode(bind), 0.0) == [Closed(CloseReason.REFUSED, [])]
    client = new_client()
    client.connect(WALL, 0.0)
    refused, _ = client.feed(session.data_to_send(), 0.0)
    assert refused == Refused(4, "sgip.login.wrong_type")


def test_deliveries_on_the_connection_we_opened_are_read_too() -> None:
    client, _ = opened()
    events = client.feed(V["REPORT_OK"] + V["DELIVER"], 1.0)
    assert len(items_of(events, Receipts)) == len(items_of(events, Replies)) == 1


def test_a_password_is_never_printed() -> None:
    bind = Bind(sequence=1, login_type=1, name="unicomsp", password=SECRET)
    assert SECRET not in repr(bind) + repr(account())


# --- the end -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [b"", bytes(9), bytes(1)])
def test_a_farewell_is_answered_with_twenty_octets_or_with_twenty_nine(more: bytes) -> None:
    client, _ = opened()
    client.part(1.0)
    unbind = client.data_to_send()
    assert len(unbind) == 20
    answer = (20 + len(more)).to_bytes(4, "big") + bytes.fromhex("80000002") + unbind[8:] + more
    assert client.feed(answer, 1.0) == [Closed(CloseReason.LOCAL, [])]


def test_our_answer_to_a_farewell_has_twenty_octets() -> None:
    client, _ = opened()
    assert client.feed(encode(Unbind(sequence=77)), 1.0) == [Closed(CloseReason.REMOTE, [])]
    assert client.data_to_send() == bytes.fromhex("0000001480000002") + (77).to_bytes(12, "big")


@pytest.mark.parametrize("cut", [8, 4, 1])
def test_answers_and_reports_with_a_shortened_reserve_are_read(cut: int) -> None:
    for name in ("SUBMIT_RESP", "REPORT_OK", "DELIVER", "SUBMIT"):
        octets = V[name][:-cut]
        octets = len(octets).to_bytes(4, "big") + octets[4:]
        assert decode_batch(octets, 0).error is None
        decode(octets)


def test_an_idle_line_is_parted_from_with_answers_still_read() -> None:
    client, server = opened()
    assert client.tick(180.0) == []
    assert client.state is State.CLOSING
    assert server.feed(client.data_to_send(), 180.0) == [Closed(CloseReason.REMOTE, [])]
    assert client.feed(server.data_to_send(), 180.0) == [Closed(CloseReason.LOCAL, [])]


@pytest.mark.parametrize("reserve", [0, 3, 8, 20])
def test_a_bind_may_have_a_reserve_of_any_length(reserve: int) -> None:
    whole = V["BIND"][:-8] + bytes(reserve)
    bind = decode(len(whole).to_bytes(4, "big") + whole[4:])
    assert isinstance(bind, Bind)
    assert (bind.name, bind.password) == ("unicomsp", "secret16")
