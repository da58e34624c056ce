import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.kernel.errors import LocalProtocolError
from xinfeng.protocols.session import (
    Keepalive,
    Move,
    Pulse,
    SequenceNumbers,
    State,
    Timers,
    Window,
    move,
)


def test_sequence_numbers_wrap_around_within_a_batch() -> None:
    numbers = SequenceNumbers(0xFFFFFFFE)
    assert list(numbers.take(4)) == [0xFFFFFFFE, 0xFFFFFFFF, 0, 1]
    assert list(numbers.take(2)) == [2, 3]


def test_sequence_numbers_wrap_around_between_batches() -> None:
    numbers = SequenceNumbers(0xFFFFFFFE)
    assert list(numbers.take(2)) == [0xFFFFFFFE, 0xFFFFFFFF]
    assert list(numbers.take(1)) == [0]


@given(st.integers(0, 2**32), st.lists(st.integers(0, 50), max_size=20))
def test_sequence_numbers_follow_each_other(first: int, counts: list[int]) -> None:
    numbers = SequenceNumbers(first)
    taken = [number for count in counts for number in numbers.take(count)]
    assert taken == [(first + step) % 2**32 for step in range(sum(counts))]


def test_a_window_knows_what_is_in_flight() -> None:
    window = Window(4)
    window.open([7, 8, 9], 60.0)
    assert (len(window), window.free) == (3, 1)
    assert window.close(8)
    assert not window.close(8), "answered twice"
    assert not window.close(99), "never asked"
    assert window.pending() == [7, 9]


def test_a_window_expires_in_order() -> None:
    window = Window(10)
    window.open([1, 2], 60.0)
    window.open([3], 61.0)
    assert window.next_deadline() == 60.0
    assert window.expire(59.9) == []
    assert window.expire(60.0) == [1, 2]
    assert window.next_deadline() == 61.0
    assert window.drain() == [3]
    assert window.next_deadline() is None


def test_keepalive_tests_a_silent_link_and_then_gives_up() -> None:
    keepalive = Keepalive(Timers(idle_s=180, response_s=60, attempts=3), 0.0)
    assert keepalive.check(179.9) is Pulse.FINE
    assert [keepalive.check(at) for at in (180, 240, 300)] == [Pulse.TEST] * 3
    assert keepalive.check(359.9) is Pulse.FINE
    assert keepalive.check(360) is Pulse.DEAD


def test_anything_heard_starts_the_keepalive_again() -> None:
    keepalive = Keepalive(Timers(idle_s=180, response_s=60, attempts=1), 0.0)
    assert keepalive.check(180) is Pulse.TEST
    keepalive.heard(200)
    assert keepalive.next_deadline() == 380
    assert keepalive.check(380) is Pulse.TEST


@pytest.mark.parametrize("state", State)
def test_a_session_can_end_from_everywhere_but_its_end(state: State) -> None:
    if state is State.CLOSED:
        with pytest.raises(LocalProtocolError):
            move(state, Move.END)
    else:
        assert move(state, Move.END) is State.CLOSED


def test_moves_out_of_order_are_local_errors() -> None:
    with pytest.raises(LocalProtocolError) as caught:
        move(State.BINDING, Move.PART)
    assert caught.value.code == "session.wrong_state"
