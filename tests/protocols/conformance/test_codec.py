"""Octets and messages: there and back, at random, and with lies in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.protocols.conformance.harness import (
    ACCESS_CODE,
    DONE,
    NUMBER,
    NUMBERS,
    SUBMITTED,
    Dialect,
    items_of,
    trouble,
)

from xinfeng.kernel.errors import LocalProtocolError, RemoteProtocolError
from xinfeng.kernel.text import udh
from xinfeng.protocols.traffic import Receipts, Replies, Submissions, SubmitItem, SubmitResponses


@given(data=st.data())
def test_messages_there_and_back(dialect: Dialect, data: st.DataObject) -> None:
    message = data.draw(dialect.messages)
    octets = dialect.encode(message)
    assert int.from_bytes(octets[:4], "big") == len(octets)
    if len(octets) <= dialect.largest:
        assert dialect.decode(octets) == message


@given(data=st.data())
def test_submits_there_and_back(dialect: Dialect, data: st.DataObject) -> None:
    client, server = dialect.line(window=32)
    items: list[SubmitItem] = data.draw(
        st.lists(
            st.tuples(
                NUMBERS,
                st.binary(max_size=dialect.longest_content),
                st.sampled_from(list(dialect.codings)),
                st.just(1),
                st.just(1),
            ),
            max_size=8,
        )
    )
    octets, sequences = client.submit_batch(items, 1.0)
    submissions = items_of(server.feed(octets, 1.0), Submissions)
    assert [one[:9] for one in submissions] == [
        (sequence, (number,), ACCESS_CODE, 1, 1, 1, 0, coding, content)
        for sequence, (number, content, coding, _, _) in zip(sequences, items, strict=True)
    ]
    assert len({one[9] for one in submissions if one[9]}) == (len(items) if dialect.own_ids else 0)


def test_parts_of_a_long_text_are_counted_and_marked(dialect: Dialect) -> None:
    client, server = dialect.line()
    parts = [udh(7, 3, part) + b"\x4f\x60" * 60 for part in (1, 2, 3)]
    items: list[SubmitItem] = [(NUMBER, content, 8, 3, part) for part, content in enumerate(parts, start=1)]
    octets, _ = client.submit_batch(items, 1.0)
    submissions = items_of(server.feed(octets, 1.0), Submissions)
    assert [(one[4], one[5], bool(one[6]), one[8]) for one in submissions] == [
        (3, part, True, content) for part, content in enumerate(parts, start=1)
    ]


@given(data=st.data())
def test_answers_there_and_back(dialect: Dialect, data: st.DataObject) -> None:
    client, server = dialect.line(window=8)
    count = data.draw(st.integers(1, 8))
    octets, sequences = client.submit_batch([(NUMBER, b"x", 0, 1, 1)] * count, 1.0)
    submissions = items_of(server.feed(octets, 1.0), Submissions)
    ids = [one[9] for one in submissions] if dialect.own_ids else dialect.ids(count)
    results = data.draw(st.lists(st.integers(0, dialect.result_limit), min_size=count, max_size=count))
    answers = list(zip(sequences, ids, results, strict=True))
    order = data.draw(st.permutations(answers))
    assert items_of(client.feed(server.submit_resp_batch(order), 2.0), SubmitResponses) == order


@given(data=st.data())
def test_reports_there_and_back(dialect: Dialect, data: st.DataObject) -> None:
    provider, carrier = dialect.delivery_line()
    ids = dialect.any_id
    items = [
        (deliver_id, ACCESS_CODE, msg_id, stat, SUBMITTED, DONE, number)
        for deliver_id, msg_id, stat, number in data.draw(
            st.lists(st.tuples(ids, ids, st.sampled_from(list(dialect.stats)), NUMBERS), max_size=6)
        )
    ]
    octets, _ = carrier.report_batch(items, 1.0)
    times = (SUBMITTED, DONE) if dialect.carries_times else ("", "")
    assert [one[2:] for one in items_of(provider.feed(octets, 1.0), Receipts)] == [
        (item[2], item[3], *times, item[6]) for item in items
    ]


@given(data=st.data())
def test_replies_there_and_back(dialect: Dialect, data: st.DataObject) -> None:
    provider, carrier = dialect.delivery_line()
    items = [
        (deliver_id, number, ACCESS_CODE, header, coding, content)
        for deliver_id, number, header, coding, content in data.draw(
            st.lists(
                st.tuples(
                    st.binary(min_size=dialect.id_width, max_size=dialect.id_width),
                    NUMBERS,
                    st.integers(0, 1),
                    st.sampled_from(list(dialect.codings)),
                    st.binary(max_size=140),
                ),
                max_size=6,
            )
        )
    ]
    octets, _ = carrier.reply_batch(items, 1.0)
    assert [one[2:] for one in items_of(provider.feed(octets, 1.0), Replies)] == [
        (number, ACCESS_CODE, header, coding, content, False)
        for _, number, _, header, coding, content in items
    ]


@pytest.mark.parametrize(
    ("number", "content", "coding", "code"),
    [
        ("1" * 60, b"", 8, "field_too_long"),
        ("１３８００１３８０００", b"", 8, "field_unencodable"),
        (NUMBER, bytes(255), 8, "content_too_long"),
    ],
)
def test_what_cannot_be_sent_stops_the_batch_and_takes_no_room(
    dialect: Dialect, number: str, content: bytes, coding: int, code: str
) -> None:
    client, _ = dialect.line()
    with pytest.raises(LocalProtocolError) as caught:
        client.submit_batch([(NUMBER, b"x", 0, 1, 1), (number, content, coding, 1, 1)], 1.0)
    assert caught.value.code == dialect.prefix + code
    assert client.pending() == []


@pytest.mark.parametrize("length", [0, 1, 4, 7, -1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFF0])
def test_a_length_that_cannot_be_is_refused_from_the_header_on(dialect: Dialect, length: int) -> None:
    """-1: one less than a header. Nothing waits for the rest of two thousand million octets."""
    stated = dialect.header - 1 if length == -1 else length
    lie = dialect.frame(dialect.commands[0], length=stated)
    good = next(vector.octets for vector in dialect.vectors if vector.batch)
    batch = dialect.read(good + lie)
    assert batch.error is not None
    assert (batch.error.code, batch.consumed) == (f"{dialect.prefix}bad_length", len(good))
    with pytest.raises(RemoteProtocolError):
        dialect.decode(lie)


def test_one_octet_more_than_the_largest_message_is_refused(dialect: Dialect) -> None:
    command = dialect.commands[2]
    refused = dialect.read(dialect.frame(command, length=dialect.largest + 1)).error
    assert refused is not None
    assert dialect.read(dialect.frame(command, length=dialect.largest)).error is None


def test_an_unknown_command_is_a_typed_error_at_its_place(dialect: Dialect) -> None:
    good = next(vector.octets for vector in dialect.vectors if vector.batch)
    unknown = dialect.frame(dialect.unknown_command, b"what is this")
    batch = dialect.read(good + unknown + good)
    assert (batch.error, batch.consumed) == (None, len(good + unknown))
    if dialect.unknown_is_answered:
        assert batch.control == dialect.decode(unknown)
        return
    told = trouble(batch)
    assert told is not None
    assert told.code == f"{dialect.prefix}unknown_command"
    with pytest.raises(RemoteProtocolError) as caught:
        dialect.decode(unknown)
    assert caught.value.code == told.code


@given(data=st.binary(max_size=600))
def test_random_octets_never_raise(dialect: Dialect, data: bytes) -> None:
    batch = dialect.read(data)
    assert batch.consumed <= len(data)
    assert batch.error is None or batch.error.code.startswith(dialect.prefix)


@given(data=st.data(), body=st.binary(max_size=400))
def test_random_bodies_are_read_or_malformed_for_both_paths(
    dialect: Dialect, data: st.DataObject, body: bytes
) -> None:
    octets = dialect.frame(int(data.draw(st.sampled_from(list(dialect.commands)))), body)
    batch = dialect.read(octets)
    told = trouble(batch)
    assert batch.consumed == (0 if batch.error else len(octets))
    if told is None:
        dialect.decode(octets)
    else:
        with pytest.raises(RemoteProtocolError) as caught:
            dialect.decode(octets)
        assert caught.value.code == told.code


@given(data=st.data(), places=st.lists(st.tuples(st.integers(8, 400), st.integers(0, 255)), max_size=6))
def test_a_vector_with_octets_changed_never_raises(
    dialect: Dialect, data: st.DataObject, places: list[tuple[int, int]]
) -> None:
    octets = bytearray(data.draw(st.sampled_from([vector.octets for vector in dialect.vectors])))
    for place, value in places:
        octets[place % (len(octets) - 8) + 8] = value
    batch = dialect.read(bytes(octets))
    assert batch.error is None or batch.error.code.startswith(dialect.prefix)
