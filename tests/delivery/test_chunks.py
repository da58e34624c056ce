from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from xinfeng.delivery.chunks import MOST_TRIES, Lease, LoadedChunk

LEASE = Lease(7, 1, 1, 100, 109, datetime(2026, 11, 20, tzinfo=UTC), None)


def _chunk(parts: list[int] | None = None) -> LoadedChunk:
    """Messages 100, 101, … with so many parts each; contact is id + 1000, phone index its decimal octets."""
    items, ids = [], []
    for offset, total in enumerate([1] * 10 if parts is None else parts):
        for part in range(1, total + 1):
            items.append(("13900000000", b"x", 8, total, part))
            ids.append(100 + offset)
    return LoadedChunk(
        LEASE, items=items, ids=ids, contacts=[i + 1000 for i in ids], numbers=[b"%d" % i for i in ids]
    )


def _write(chunk: LoadedChunk, at_most: int) -> list[int]:
    indexes = list(chunk.writable(at_most))
    chunk.wrote(indexes)
    return indexes


def _pass_over(chunk: LoadedChunk, *, step: int) -> list[int]:
    """Write what goes together: one of so many."""
    indexes = chunk.choice(20)[::step]
    chunk.wrote(indexes)
    return indexes


def _arm(chunk: LoadedChunk, reserve: int) -> int | None:
    upto = chunk.wants_arming(reserve)
    if upto is not None:
        chunk.arm(upto)
    return upto


def test_nothing_is_written_before_the_watermark_is_committed() -> None:
    chunk = _chunk()
    assert chunk.wants_arming(4) == 103
    assert not _write(chunk, 10)
    chunk.arm(103)
    assert _write(chunk, 10) == [0, 1, 2, 3]
    assert not _write(chunk, 10)


def test_a_watermark_never_cuts_a_long_message() -> None:
    chunk = _chunk([1, 3, 1])
    assert _arm(chunk, 2) == 101
    assert chunk.armed == 4


def test_flow_control_brings_an_item_back_and_only_that() -> None:
    chunk = _chunk()
    _arm(chunk, 10)
    _write(chunk, 3)
    assert chunk.throttled(1)
    assert _write(chunk, 1) == [1]
    assert _write(chunk, 2) == [3, 4]


def test_what_was_passed_over_goes_next_and_counts_as_armed() -> None:
    chunk = _chunk()
    _arm(chunk, 6)
    assert _pass_over(chunk, step=2) == [0, 2, 4]
    assert chunk.choice(20) == [1, 3, 5]
    assert chunk.wants_arming(3) is None
    assert chunk.unsent == 7
    assert _pass_over(chunk, step=1) == [1, 3, 5]
    assert not chunk.choice(20) and chunk.wants_arming(3) == 108


def test_what_was_passed_over_is_handed_back_with_the_rest() -> None:
    chunk = _chunk()
    _arm(chunk, 6)
    _pass_over(chunk, step=2)
    chunk.close("paused")
    assert not chunk.choice(20)
    assert not chunk.over
    chunk.in_flight = 0
    assert chunk.over
    left = chunk.unsent_rest()
    assert left.resume_after == 104 and left.scattered == ((101, 101), (103, 103))


def test_a_withdrawal_takes_out_what_was_passed_over() -> None:
    chunk = _chunk()
    _arm(chunk, 6)
    _pass_over(chunk, step=2)
    dropped = chunk.drop(lambda contact, _: contact in (1101, 1100, 1105))
    assert sorted(dropped.messages) == [101, 105] and not dropped.parts
    assert chunk.choice(20) == [3]


def test_flow_control_for_ever_ends() -> None:
    chunk = _chunk([1])
    _arm(chunk, 1)
    for _ in range(MOST_TRIES):
        _write(chunk, 1)
        assert chunk.throttled(0)
    _write(chunk, 1)
    assert not chunk.throttled(0)
    assert chunk.over


def test_a_closing_chunk_finishes_the_long_message_it_has_begun_and_nothing_else() -> None:
    chunk = _chunk([1, 3, 1])
    _arm(chunk, 10)
    _write(chunk, 2)
    chunk.close("paused")
    assert not chunk.over
    assert _write(chunk, 10) == [2, 3]
    assert not _write(chunk, 10)
    chunk.in_flight = 0
    assert chunk.over
    assert chunk.unsent_rest().message_ids == (102,)
    assert chunk.unsent_rest().resume_after == 101


def test_a_closing_chunk_waits_for_a_part_that_was_throttled() -> None:
    chunk = _chunk([2, 1])
    _arm(chunk, 10)
    _write(chunk, 2)
    chunk.throttled(1)
    chunk.close("paused")
    chunk.in_flight = 0
    assert not chunk.over
    assert chunk.give_up_begun() == [(100, 2)]
    assert chunk.over


def test_what_is_handed_back_are_the_throttled_ones_and_the_tail() -> None:
    chunk = _chunk()
    _arm(chunk, 10)
    _write(chunk, 7)
    for index in (1, 2, 5):
        chunk.throttled(index)
    chunk.close("paused")
    chunk.in_flight = 0
    rest = chunk.unsent_rest()
    assert rest.resume_after == 106
    assert rest.scattered == ((101, 102), (105, 105))
    assert rest.message_ids == (101, 102, 105, 107, 108, 109)


def test_who_said_no_is_taken_out_even_behind_the_watermark() -> None:
    chunk = _chunk()
    _arm(chunk, 5)
    _write(chunk, 2)
    dropped = chunk.drop(lambda contact_id, index: contact_id == 1103 or index == b"108")
    assert (dropped.messages, dropped.parts) == ([103, 108], [])
    assert chunk.armed == 4
    assert [chunk.ids[index] for index in _write(chunk, 10)] == [102, 104]


def test_of_a_begun_long_message_the_rest_is_cut() -> None:
    chunk = _chunk([3, 3])
    _arm(chunk, 10)
    _write(chunk, 1)
    dropped = chunk.drop(lambda *_: True)
    assert dropped.messages == [101]
    assert dropped.parts == [(100, 2), (100, 3)]
    chunk.in_flight = 0
    assert chunk.over


def test_a_lost_chunk_writes_nothing_more() -> None:
    chunk = _chunk()
    _arm(chunk, 10)
    _write(chunk, 1)
    chunk.lost = True
    assert not _write(chunk, 10)
    assert not chunk.over
    chunk.in_flight = 0
    assert chunk.over


def test_a_stop_outranks_a_pause() -> None:
    chunk = _chunk()
    chunk.close("paused")
    chunk.close("stopped")
    chunk.close("window")
    assert chunk.closing == "stopped"


@given(
    parts=st.lists(st.integers(1, 3), min_size=1, max_size=12),
    steps=st.lists(st.tuples(st.sampled_from("awptdkx"), st.integers(0, 20)), max_size=60),
)
def test_every_part_is_written_at_most_once_or_thrown_back_and_accounted_for(
    parts: list[int], steps: list[tuple[str, int]]
) -> None:
    chunk = _chunk(parts)
    everything = {(100 + offset, part + 1) for offset, total in enumerate(parts) for part in range(total)}
    out: list[int] = []
    sent: set[tuple[int, int]] = set()
    cut: set[tuple[int, int]] = set()
    gone: set[int] = set()
    watermark = 0

    def name(index: int) -> tuple[int, int]:
        return chunk.ids[index], chunk.items[index][4]

    for what, number in steps:
        if what == "a":
            upto = chunk.wants_arming(number % 5 + 1)
            if upto is not None:
                watermark = max(watermark, upto)
                chunk.arm(upto)
        elif what == "w" or (what == "p" and max(parts) == 1):
            written = _write(chunk, number) if what == "w" else _pass_over(chunk, step=number % 3 + 1)
            for index in written:
                assert name(index) not in sent
                assert name(index)[0] <= watermark
                sent.add(name(index))
                out.append(index)
        elif what == "t" and out:
            index = out.pop(number % len(out))
            sent.discard(name(index))
            chunk.throttled(index)
        elif what == "k" and out:
            out.pop(number % len(out))
            chunk.in_flight -= 1
        elif what == "d":
            dropped = chunk.drop(lambda contact_id, _, number=number: contact_id == 1100 + number)
            gone |= set(dropped.messages)
            cut |= set(dropped.parts)
        elif what == "x":
            chunk.close("paused")
    assert chunk.in_flight == len(out)
    assert not {message_id for message_id, _ in sent} & gone
    left = {name(index) for index in (*chunk.retries, *range(chunk.position, len(chunk.items)))}
    whole_gone = {pair for pair in everything if pair[0] in gone}
    assert sent | left | cut | whole_gone == everything
    assert not (sent & left or sent & cut or left & cut or left & whole_gone)
