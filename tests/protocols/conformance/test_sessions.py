"""Both ends of a connection over its whole life, joined by nothing but octets; the clock is a number."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.protocols.conformance.harness import (
    ACCESS_CODE,
    DONE,
    NUMBER,
    SECRET,
    SUBMITTED,
    TIMERS,
    WALL,
    Dialect,
    item,
    items_of,
)

from xinfeng.kernel.errors import LocalProtocolError
from xinfeng.protocols.session import Closed, CloseReason, Expired, Refused, State
from xinfeng.protocols.traffic import (
    DeliverResponses,
    Event,
    Opened,
    Receipts,
    Replies,
    ReplyItem,
    ReportItem,
    Skipped,
    StrayResponses,
    Submissions,
    SubmitResponse,
    SubmitResponses,
)


def answers(dialect: Dialect, submissions: list[tuple[object, ...]], result: int = 0) -> list[SubmitResponse]:
    """What a carrier says to submits: an id for each."""
    ids = dialect.ids(len(submissions))
    return [(one[0], one[9] or msg_id, result) for one, msg_id in zip(submissions, ids, strict=True)]  # type: ignore[misc]


def report(dialect: Dialect, stat: str = "DELIVRD") -> ReportItem:
    deliver_id, msg_id = dialect.ids(2)
    return deliver_id, ACCESS_CODE, msg_id, stat, SUBMITTED, DONE, NUMBER


def reply(dialect: Dialect, content: bytes = b"TD") -> ReplyItem:
    return dialect.ids(1)[0], NUMBER, ACCESS_CODE, 0, 0, content


# --- what it is for ------------------------------------------------------------------------------------------


def test_submits_are_answered_in_any_order(dialect: Dialect) -> None:
    client, server = dialect.line()
    data, sequences = client.submit_batch([item(), item("13900139000"), item("13700137000")], 1.0)
    submissions = items_of(server.feed(data, 1.0), Submissions)
    assert [one[1] for one in submissions] == [(NUMBER,), ("13900139000",), ("13700137000",)]
    assert [one[0] for one in submissions] == list(sequences)
    backwards = answers(dialect, submissions)[::-1]
    assert client.feed(server.submit_resp_batch(backwards), 2.0) == [SubmitResponses(backwards)]
    assert client.pending() == []


def test_answers_and_deliveries_may_be_mixed_with_a_refusal_among_them(dialect: Dialect) -> None:
    client, server = dialect.line()
    data, sequences = client.submit_batch([item()] * 3, 1.0)
    said = answers(dialect, items_of(server.feed(data, 1.0), Submissions))
    refused = (said[1][0], said[1][1], 8)
    octets = server.submit_resp_batch([said[2]])
    octets += server.reply_batch([reply(dialect)], 1.0)[0]
    octets += server.submit_resp_batch([refused])
    octets += server.report_batch([report(dialect)], 1.0)[0]
    octets += server.submit_resp_batch([said[0]])
    events = client.feed(octets, 2.0)
    assert items_of(events, SubmitResponses) == [said[2], refused, said[0]]
    assert len(items_of(events, Receipts)) == len(items_of(events, Replies)) == 1


def test_a_report_names_the_message_by_the_id_its_answer_gave(dialect: Dialect) -> None:
    client, server = dialect.line()
    provider, carrier = dialect.delivery_line()
    data, _ = client.submit_batch([item()], 1.0)
    (said,) = answers(dialect, items_of(server.feed(data, 1.0), Submissions))
    ((_, msg_id, _),) = items_of(client.feed(server.submit_resp_batch([said]), 1.0), SubmitResponses)
    data, _ = carrier.report_batch(
        [(dialect.ids(1)[0], ACCESS_CODE, msg_id, "DELIVRD", SUBMITTED, DONE, NUMBER)], 2.0
    )
    (receipt,) = items_of(provider.feed(data, 2.0), Receipts)
    assert (receipt[2], receipt[3], receipt[6]) == (msg_id, "DELIVRD", NUMBER)


def test_only_the_owner_acknowledges(dialect: Dialect) -> None:
    provider, carrier = dialect.delivery_line()
    reports, report_sequences = carrier.report_batch([report(dialect), report(dialect, "UNDELIV")], 1.0)
    replies, reply_sequences = carrier.reply_batch([reply(dialect)], 1.0)
    events = provider.feed(reports + replies, 1.0)
    assert provider.data_to_send() == b"", "a session never acknowledges by itself"
    assert provider.tick(2.0) == []
    assert provider.data_to_send() == b""
    assert carrier.pending() == [*report_sequences, *reply_sequences]

    received = [(one[0], one[1]) for one in items_of(events, Receipts) + items_of(events, Replies)]
    acknowledged = items_of(carrier.feed(provider.acknowledge(received[::-1]), 3.0), DeliverResponses)
    assert [one[0] for one in acknowledged] == [*report_sequences, *reply_sequences][::-1]
    assert {one[2] for one in acknowledged} == {0}
    assert carrier.pending() == []


def test_a_delivery_may_be_refused(dialect: Dialect) -> None:
    provider, carrier = dialect.delivery_line()
    data, (sequence,) = carrier.report_batch([report(dialect)], 1.0)
    (receipt,) = items_of(provider.feed(data, 1.0), Receipts)
    data = provider.acknowledge([(receipt[0], receipt[1])], result=1)
    ((answered, _, result),) = items_of(carrier.feed(data, 1.0), DeliverResponses)
    assert (answered, result) == (sequence, 1)


def test_octets_may_arrive_one_at_a_time(dialect: Dialect) -> None:
    client, server = dialect.line()
    data, sequences = client.submit_batch([item()] * 3, 1.0)
    events = [event for octet in data for event in server.feed(bytes([octet]), 1.0)]
    submissions = items_of(events, Submissions)
    assert [one[0] for one in submissions] == list(sequences)
    said = answers(dialect, submissions)
    data = server.submit_resp_batch(said)
    events = [event for octet in data for event in client.feed(bytes([octet]), 1.0)]
    assert items_of(events, SubmitResponses) == said


@given(chunk=st.integers(1, 300), submits=st.integers(0, 6), ends=st.booleans())
def test_events_do_not_depend_on_how_the_octets_were_cut(
    dialect: Dialect, chunk: int, submits: int, ends: bool
) -> None:
    seen = []
    for size in (100_000, chunk):
        client, server = dialect.line()
        data, _ = client.submit_batch([item()] * submits, 1.0)
        said = answers(dialect, items_of(server.feed(data, 1.0), Submissions))
        octets = server.submit_resp_batch(said) + server.report_batch([report(dialect)] * 2, 1.0)[0]
        if ends:
            server.part(1.0)
            octets += server.data_to_send() + b"what is behind is not read"
        pieces = [octets[start : start + size] for start in range(0, len(octets), size)]
        events = [event for piece in pieces for event in client.feed(piece, 2.0)]
        closed = [event for event in events if isinstance(event, Closed)]
        seen.append(
            (items_of(events, SubmitResponses), items_of(events, Receipts), closed, client.data_to_send())
        )
    assert seen[0] == seen[1]
    assert len(seen[0][0]) == submits


# --- sequences -----------------------------------------------------------------------------------------------


def test_sequences_wrap_around_on_the_wire(dialect: Dialect) -> None:
    client, server = dialect.line(first_sequence=dialect.first_before_wrap)
    data, sequences = client.submit_batch([item()] * 6, 0.0)
    numbers = list(sequences)
    assert len(set(numbers)) == 6
    assert numbers != list(range(numbers[0], numbers[0] + 6)), "they did wrap around"
    submissions = items_of(server.feed(data, 0.0), Submissions)
    assert [one[0] for one in submissions] == numbers
    said = answers(dialect, submissions)
    assert client.feed(server.submit_resp_batch(said), 0.0) == [SubmitResponses(said)]


def test_a_repeated_answer_is_a_stray(dialect: Dialect) -> None:
    client, server = dialect.line()
    data, _ = client.submit_batch([item()], 1.0)
    (said,) = answers(dialect, items_of(server.feed(data, 1.0), Submissions))
    twice = server.submit_resp_batch([said, said])
    assert client.feed(twice, 1.0) == [SubmitResponses([said]), StrayResponses([said])]
    assert client.state is State.OPEN


def test_an_answer_to_nothing_is_a_stray(dialect: Dialect) -> None:
    client, server = dialect.line()
    (msg_id,) = dialect.ids(1)
    (event,) = client.feed(server.submit_resp_batch([(4711, msg_id, 0)]), 1.0)
    assert isinstance(event, StrayResponses)
    assert [(one[0], one[2]) for one in event.items] == [(4711, 0)]


def test_a_repeated_acknowledgement_is_a_stray(dialect: Dialect) -> None:
    provider, carrier = dialect.delivery_line()
    data, (sequence,) = carrier.reply_batch([reply(dialect)], 1.0)
    (received,) = items_of(provider.feed(data, 1.0), Replies)
    octets = provider.acknowledge([(received[0], received[1])])
    first, second = carrier.feed(octets + octets, 1.0)
    assert isinstance(first, DeliverResponses) and isinstance(second, StrayResponses)
    assert [one[0] for one in (*first.items, *second.items)] == [sequence, sequence]


# --- slow peers ----------------------------------------------------------------------------------------------


def test_a_full_window_takes_nothing_until_answers_come(dialect: Dialect) -> None:
    client, server = dialect.line(window=4)
    data, sequences = client.submit_batch([item()] * 6, 1.0)
    assert len(sequences) == 4
    assert client.free_window == 0
    nothing, none = client.submit_batch([item()], 1.0)
    assert (nothing, list(none)) == (b"", [])
    said = answers(dialect, items_of(server.feed(data, 1.0), Submissions))
    client.feed(server.submit_resp_batch([said[2]]), 1.0)
    assert client.free_window == 1
    assert client.pending() == [sequences[0], sequences[1], sequences[3]]


def test_deliveries_have_a_window_too(dialect: Dialect) -> None:
    provider, carrier = dialect.delivery_line(window=2)
    data, sequences = carrier.report_batch([report(dialect)] * 3, 1.0)
    assert len(sequences) == len(items_of(provider.feed(data, 1.0), Receipts)) == 2
    assert carrier.free_window == 0


def test_a_submit_without_answer_expires_and_is_not_sent_again(dialect: Dialect) -> None:
    client, server = dialect.line()
    data, (sequence,) = client.submit_batch([item()], 1.0)
    said = answers(dialect, items_of(server.feed(data, 1.0), Submissions))
    assert client.next_deadline() == 61.0
    assert client.tick(60.9) == []
    assert client.tick(61.0) == [Expired([sequence])]
    asked = client.data_to_send()
    assert server.feed(asked, 61.0) == []  # no submit: at most a question whether it is there
    assert client.feed(server.data_to_send(), 61.0) == []
    assert client.feed(server.submit_resp_batch(said), 62.0) == [StrayResponses(said)]


def test_a_peer_that_owes_an_answer_is_asked_whether_it_is_there(dialect: Dialect) -> None:
    client, _ = dialect.line()
    client.submit_batch([item()], 1.0)
    client.tick(61.0)
    assert bool(client.data_to_send()) == dialect.tests_link
    assert not client.closed


def test_a_delivery_without_acknowledgement_expires(dialect: Dialect) -> None:
    _, carrier = dialect.delivery_line()
    _, sequences = carrier.report_batch([report(dialect)] * 2, 1.0)
    assert carrier.tick(61.0) == [Expired(list(sequences))]


def test_whoever_hears_nothing_gives_the_link_up(dialect: Dialect) -> None:
    """By asking in vain, or, where there is no question, by a farewell in vain."""
    for session in (*dialect.line(), *dialect.delivery_line()):
        tries = TIMERS.attempts if dialect.tests_link else 1
        at = TIMERS.idle_s
        for _ in range(tries):
            assert session.tick(at - 0.1) == []
            assert session.data_to_send() == b""
            assert session.tick(at) == []
            assert len(session.data_to_send()) >= dialect.header
            at += TIMERS.response_s
        assert session.tick(at) == [Closed(CloseReason.SILENT, [])]


def test_two_ends_that_have_nothing_to_say(dialect: Dialect) -> None:
    """Where the link can be tested it stays; where it can't, they part as friends."""
    for caller, listener in (dialect.line(), dialect.delivery_line()[::-1]):
        caller.tick(180.0)
        heard = listener.feed(caller.data_to_send(), 180.0)
        answered = caller.feed(listener.data_to_send(), 181.0)
        if dialect.tests_link:
            assert (heard, answered) == ([], [])
            assert caller.next_deadline() == 361.0
        else:
            assert heard == [Closed(CloseReason.REMOTE, [])]
            assert answered == [Closed(CloseReason.LOCAL, [])]


def test_anything_received_keeps_the_link(dialect: Dialect) -> None:
    provider, carrier = dialect.delivery_line()
    data, _ = carrier.report_batch([report(dialect)], 100.0)
    provider.feed(data, 100.0)
    assert provider.tick(279.9) == []
    assert provider.data_to_send() == b""


# --- login ---------------------------------------------------------------------------------------------------


def test_a_refused_login_says_why(dialect: Dialect) -> None:
    for status, code in dialect.login_codes.items():
        client, server = dialect.new_client(), dialect.new_server()
        client.connect(WALL, 0.0)
        server.feed(client.data_to_send(), 0.0)
        assert server.refuse(status) == [Closed(CloseReason.REFUSED, [])]
        events = client.feed(server.data_to_send(), 0.0)
        assert events == [Refused(status, code), Closed(CloseReason.REFUSED, [])]
        assert code.startswith(f"{dialect.prefix}login.")


def test_a_login_without_answer_ends(dialect: Dialect) -> None:
    client = dialect.new_client()
    client.connect(WALL, 0.0)
    assert client.next_deadline() == 60.0
    assert client.tick(59.0) == []
    assert client.tick(60.0) == [Closed(CloseReason.SILENT, [])]


def test_a_connection_on_which_nobody_logs_in_ends(dialect: Dialect) -> None:
    assert dialect.new_server().tick(60.0) == [Closed(CloseReason.SILENT, [])]


def test_nothing_can_be_said_before_being_let_in(dialect: Dialect) -> None:
    client, server = dialect.new_client(), dialect.new_server()
    for call in (
        lambda: client.submit_batch([item()], 0.0),
        lambda: client.acknowledge([(1, b"")]),
        lambda: client.part(0.0),
        lambda: server.report_batch([report(dialect)], 0.0),
        lambda: server.reply_batch([reply(dialect)], 0.0),
        lambda: server.submit_resp_batch([]),
        lambda: server.part(0.0),
        lambda: server.admit(secret="x", now=0.0),
        lambda: server.refuse(1),
    ):
        with pytest.raises(LocalProtocolError) as caught:
            call()
        assert caught.value.code == "session.wrong_state"
    assert client.data_to_send() == server.data_to_send() == b""


def test_a_carrier_takes_nothing_before_the_login(dialect: Dialect) -> None:
    client, _ = dialect.line()
    data, _ = client.submit_batch([item()], 1.0)
    server = dialect.new_server()
    (closed,) = server.feed(data, 0.0)
    assert isinstance(closed, Closed)
    assert closed.error is not None
    assert closed.error.code == f"{dialect.prefix}unexpected_command"


def test_nobody_logs_in_twice(dialect: Dialect) -> None:
    client = dialect.new_client()
    client.connect(WALL, 0.0)
    login = client.data_to_send()
    waiting = dialect.new_server()
    closed = waiting.feed(login + login, 0.0)[-1]
    assert isinstance(closed, Closed)
    assert closed.reason is CloseReason.VIOLATION
    _, server = dialect.line()
    closed = server.feed(login, 1.0)[-1]
    assert isinstance(closed, Closed)
    assert closed.reason is CloseReason.VIOLATION


def test_a_caller_is_not_let_in_before_it_asked(dialect: Dialect) -> None:
    asking, server = dialect.new_client(), dialect.new_server()
    asking.connect(WALL, 0.0)
    server.feed(asking.data_to_send(), 0.0)
    server.admit(secret="any", now=0.0)
    (closed,) = dialect.new_client().feed(server.data_to_send(), 0.0)
    assert isinstance(closed, Closed)
    assert closed.reason is CloseReason.VIOLATION


# --- the end -------------------------------------------------------------------------------------------------


def test_a_farewell_is_answered_by_the_other_end_whoever_says_it(dialect: Dialect) -> None:
    for first in (0, 1):
        for line in (dialect.line(), dialect.delivery_line()):
            leaving, staying = line[first], line[1 - first]
            leaving.part(6.0)
            assert leaving.state is State.CLOSING
            assert staying.feed(leaving.data_to_send(), 6.0) == [Closed(CloseReason.REMOTE, [])]
            assert leaving.feed(staying.data_to_send(), 6.0) == [Closed(CloseReason.LOCAL, [])]
            assert (leaving.closed, leaving.next_deadline()) == (True, None)


def test_both_may_say_goodbye_at_once(dialect: Dialect) -> None:
    client, server = dialect.line()
    client.part(1.0)
    server.part(1.0)
    ours, theirs = client.data_to_send(), server.data_to_send()
    events = client.feed(theirs, 1.0) + client.feed(server.data_to_send(), 1.0)
    events += server.feed(ours, 1.0) + server.feed(client.data_to_send(), 1.0)
    assert sum(isinstance(event, Closed) for event in events) == 2
    assert client.closed and server.closed


def test_answers_and_deliveries_are_still_read_after_our_farewell(dialect: Dialect) -> None:
    client, server = dialect.line()
    data, _ = client.submit_batch([item()], 1.0)
    said = answers(dialect, items_of(server.feed(data, 1.0), Submissions))
    client.part(2.0)
    assert client.feed(server.submit_resp_batch(said), 2.0) == [SubmitResponses(said)]
    (receipt,) = items_of(client.feed(server.report_batch([report(dialect)], 2.0)[0], 2.0), Receipts)
    assert client.acknowledge([(receipt[0], receipt[1])])
    with pytest.raises(LocalProtocolError):
        client.submit_batch([item()], 3.0)


def test_a_farewell_without_answer_ends_too(dialect: Dialect) -> None:
    client, _ = dialect.line()
    client.part(1.0)
    assert client.next_deadline() == 61.0
    assert client.tick(61.0) == [Closed(CloseReason.SILENT, [])]


def test_the_peer_may_say_goodbye_while_submits_are_open(dialect: Dialect) -> None:
    client, server = dialect.line()
    _, (sequence,) = client.submit_batch([item()], 1.0)
    server.part(2.0)
    assert client.feed(server.data_to_send(), 2.0) == [Closed(CloseReason.REMOTE, [sequence])]
    assert server.feed(client.data_to_send(), 2.0) == [Closed(CloseReason.LOCAL, [])]


def test_what_was_unanswered_is_handed_over_when_the_connection_is_lost(dialect: Dialect) -> None:
    client, _ = dialect.line()
    _, sequences = client.submit_batch([item()] * 3, 1.0)
    assert client.lost() == [Closed(CloseReason.LOST, list(sequences))]
    assert client.lost() == []
    assert client.feed(b"late", 2.0) == []
    assert client.tick(100.0) == []
    _, carrier = dialect.delivery_line()
    _, delivered = carrier.report_batch([report(dialect)] * 2, 1.0)
    assert carrier.lost() == [Closed(CloseReason.LOST, list(delivered))]


def test_half_a_message_is_dropped_when_the_connection_is_lost(dialect: Dialect) -> None:
    """The peer has closed its half in the middle of a submit: it was never whole, so it never came."""
    client, server = dialect.line()
    data, _ = client.submit_batch([item()] * 2, 1.0)
    half = len(data) // 2 + 5
    assert len(items_of(server.feed(data[:half], 1.0), Submissions)) == 1
    assert server.lost() == [Closed(CloseReason.LOST, [])]


# --- violations ----------------------------------------------------------------------------------------------


def closing_code(events: Sequence[Event]) -> str:
    closed = events[-1]
    assert isinstance(closed, Closed)
    assert closed.reason is CloseReason.VIOLATION
    assert closed.error is not None
    return closed.error.code


@pytest.mark.parametrize(
    ("garbage", "code"),
    [
        (b"GET / HTTP/1.1\r\nHost: carrier\r\n\r\n", "bad_length"),
        (bytes(64), "bad_length"),
        (b"\xff" * 64, "bad_length"),
    ],
)
def test_garbage_ends_a_session_after_what_was_in_order(dialect: Dialect, garbage: bytes, code: str) -> None:
    octets = garbage
    client, server = dialect.line()
    data, sequences = client.submit_batch([item()] * 2, 1.0)
    said = answers(dialect, items_of(server.feed(data, 1.0), Submissions))
    events = client.feed(server.submit_resp_batch(said[:1]) + octets, 2.0)
    assert events[0] == SubmitResponses(said[:1]), "what came before is kept"
    assert closing_code(events) == dialect.prefix + code
    closed = events[-1]
    assert isinstance(closed, Closed)
    assert closed.pending == [sequences[1]]
    assert client.feed(server.submit_resp_batch(said), 2.0) == []


def test_an_unknown_command_does_not_end_a_session(dialect: Dialect) -> None:
    """What is in flight would become uncertain, for the sake of a word nobody knows."""
    octets = dialect.frame(dialect.unknown_command, b"what is this")
    for end in (*dialect.line(), *dialect.delivery_line()):
        events = end.feed(octets + octets, 1.0)
        assert end.state is State.OPEN
        if dialect.unknown_is_answered:
            assert events == []
            assert end.data_to_send()
        else:
            assert skipped(events) == [f"{dialect.prefix}unknown_command"] * 2
            assert end.data_to_send() == b""


def test_an_unknown_command_before_the_login_ends_a_session(dialect: Dialect) -> None:
    octets = dialect.frame(dialect.unknown_command)
    server = dialect.new_server()
    events = server.feed(octets, 0.0)
    if dialect.unknown_is_answered:
        assert events == []
    else:
        assert closing_code(events) == f"{dialect.prefix}unknown_command"


def skipped(events: Sequence[Event]) -> list[str]:
    """The codes of messages that could not be read; nothing else happened."""
    assert all(isinstance(event, Skipped) for event in events)
    return [event.error.code for event in events if isinstance(event, Skipped)]


def test_a_delivery_that_cannot_be_read_is_refused_and_does_not_end_a_session(dialect: Dialect) -> None:
    """A carrier that delivers it again and again would otherwise end every session that follows."""
    client, _ = dialect.line()
    _, sequences = client.submit_batch([item()] * 2, 1.0)
    for command in dialect.deliveries:
        for provider in (client, dialect.delivery_line()[0]):
            _, carrier = dialect.delivery_line()
            events = provider.feed(dialect.frame(command, b"\1"), 1.0)
            assert skipped(events) == [f"{dialect.prefix}malformed"]
            (stray,) = carrier.feed(provider.data_to_send(), 1.0)
            assert isinstance(stray, StrayResponses)
            assert [(one[0], one[2] != 0) for one in stray.items] == [(0, True)]
    assert client.pending() == list(sequences)


def test_a_submit_that_cannot_be_read_is_refused_and_does_not_end_a_session(dialect: Dialect) -> None:
    client, server = dialect.line()
    good, _ = client.submit_batch([item()], 1.0)
    events = server.feed(dialect.frame(dialect.submit, b"\1") + good, 1.0)
    assert skipped(events[:1]) == [f"{dialect.prefix}malformed"]
    assert len(items_of(events, Submissions)) == 1
    (stray,) = client.feed(server.data_to_send(), 1.0)
    assert isinstance(stray, StrayResponses)
    assert [(one[0], one[2] != 0) for one in stray.items] == [(0, True)]


def test_an_answer_that_is_cut_short_leaves_its_submit_unanswered(dialect: Dialect) -> None:
    """Whether it was accepted cannot be told: it is uncertain, and neither failed nor sent again."""
    client, server = dialect.line()
    data, _ = client.submit_batch([item()], 1.0)
    said = server.submit_resp_batch(answers(dialect, items_of(server.feed(data, 1.0), Submissions)))
    size = dialect.header + dialect.shortest_answer - 1
    if size < dialect.header:  # a header says it all: accepted, under an id that went missing
        events = client.feed(dialect.header.to_bytes(4, "big") + said[4 : dialect.header], 1.0)
        assert [one[1:] for one in items_of(events, SubmitResponses)] == [(b"", 0)]
        return
    events = client.feed(size.to_bytes(4, "big") + said[4:size], 1.0)
    assert skipped(events) == [f"{dialect.prefix}malformed"]
    assert client.data_to_send() == b""
    assert len(client.pending()) == 1


def test_answers_and_deliveries_with_spare_octets_behind_them_are_read(dialect: Dialect) -> None:
    client, server = dialect.line()
    data, _ = client.submit_batch([item()], 1.0)
    said = answers(dialect, items_of(server.feed(data, 1.0), Submissions))
    assert client.feed(longer(server.submit_resp_batch(said)), 1.0) == [SubmitResponses(said)]
    provider, carrier = dialect.delivery_line()
    data = longer(carrier.report_batch([report(dialect)], 1.0)[0])
    (receipt,) = items_of(provider.feed(data, 1.0), Receipts)
    assert (receipt[3], receipt[6]) == ("DELIVRD", NUMBER)
    data = longer(carrier.reply_batch([reply(dialect)], 1.0)[0])
    (told,) = items_of(provider.feed(data, 1.0), Replies)
    assert (told[2], told[3], told[6]) == (NUMBER, ACCESS_CODE, b"TD")


def longer(octets: bytes, more: bytes = bytes(23)) -> bytes:
    """One whole message, with octets behind it that nobody knows."""
    return (len(octets) + len(more)).to_bytes(4, "big") + octets[4:] + more


def test_deliveries_before_the_answer_to_the_login_are_read(dialect: Dialect) -> None:
    """Some carriers begin to deliver at once."""
    if dialect.delivery_carrier is not None:
        return  # there, whoever delivers is the one that asks to be let in
    _, carrier = dialect.line()
    early, _ = carrier.report_batch([report(dialect)], 0.0)
    client, server = dialect.new_client(), dialect.new_server()
    client.connect(WALL, 0.0)
    (receipt,) = items_of(client.feed(early, 0.0), Receipts)
    server.feed(client.data_to_send(), 0.0)
    server.admit(secret=SECRET, now=0.0)
    assert isinstance(client.feed(server.data_to_send(), 0.0)[0], Opened)
    acknowledged = carrier.feed(client.acknowledge([(receipt[0], receipt[1])]), 0.0)
    assert len(items_of(acknowledged, DeliverResponses)) == 1


def test_messages_in_the_wrong_direction_end_a_session(dialect: Dialect) -> None:
    for octets in dialect.not_for_providers:
        for provider in (dialect.line()[0], dialect.delivery_line()[0]):
            assert closing_code(provider.feed(octets, 1.0)) == f"{dialect.prefix}unexpected_command"
    for octets in dialect.not_for_carriers:
        for carrier in (dialect.line()[1], dialect.delivery_line()[1]):
            assert closing_code(carrier.feed(octets, 1.0)) == f"{dialect.prefix}unexpected_command"


@given(data=st.binary(max_size=400), chunk=st.integers(1, 50))
def test_random_octets_end_in_events_never_in_exceptions(dialect: Dialect, data: bytes, chunk: int) -> None:
    calling = dialect.new_client()
    calling.connect(WALL, 0.0)
    for session in (*dialect.line(), *dialect.delivery_line(), calling, dialect.new_server()):
        events = [
            event
            for start in range(0, len(data), chunk)
            for event in session.feed(data[start : start + chunk], 1.0)
        ]
        assert sum(isinstance(event, Closed) for event in events) <= 1
        assert session.closed == any(isinstance(event, Closed) for event in events)


@given(data=st.data())
def test_any_message_at_any_time_ends_in_events_never_in_exceptions(
    dialect: Dialect, data: st.DataObject
) -> None:
    messages = data.draw(st.lists(dialect.messages, max_size=5))
    octets = b"".join(dialect.encode(message) for message in messages)
    calling = dialect.new_client()
    calling.connect(WALL, 0.0)
    for session in (*dialect.line(), *dialect.delivery_line(), calling, dialect.new_server()):
        events = session.feed(octets, 1.0)
        assert session.closed == any(isinstance(event, Closed) for event in events)


def test_the_secret_stays_out_of_what_is_printed(dialect: Dialect) -> None:
    client, server = dialect.new_client(), dialect.new_server()
    client.connect(WALL, 0.0)
    (asked,) = server.feed(client.data_to_send(), 0.0)
    account = getattr(client, "_account", None)
    assert account is not None
    assert "geheim" not in repr(asked) + repr(account) + repr(client) + repr(server)
