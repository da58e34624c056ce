from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.channels.simulator.behaviour import Dice
from xinfeng.channels.simulator.clockwork import MessageIds, Minutes, RateGate
from xinfeng.channels.simulator.options import parse_options, parse_shares
from xinfeng.kernel.errors import InvalidInput
from xinfeng.protocols.cmpp.messages import read_msg_id

ARRIVALS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), max_size=60)


@given(ARRIVALS, st.integers(1, 20))
def test_no_more_than_the_limit_pass_within_any_second(arrivals: list[tuple[int, int]], limit: int) -> None:
    gate = RateGate(limit)
    now, passed = 0, []
    for step, count in arrivals:
        now += step  # hundredths of a second
        passed += [now] * gate.admit(count, now / 100)
    for start in passed:
        assert sum(start <= at < start + 100 for at in passed) <= limit


def test_what_is_within_the_limit_passes() -> None:
    gate = RateGate(10)
    assert [gate.admit(10, at) for at in (0.0, 0.5, 1.0, 1.9, 2.0)] == [10, 0, 10, 0, 10]


def test_without_a_limit_everything_passes() -> None:
    assert RateGate(0).admit(10**6, 0.0) == 10**6


def test_message_ids_are_unique_and_readable() -> None:
    ids = MessageIds(4095)
    taken = [msg_id for _ in range(50) for msg_id in ids.take(4000)]
    assert len(set(taken)) == len(taken) == 200_000
    fields = read_msg_id(taken[-1])
    assert 1 <= fields.month <= 12
    assert fields.gateway >> 10 == 4095


def test_reports_tell_the_time_of_the_carrier() -> None:
    at = datetime(2025, 11, 22, 16, 30, 59, tzinfo=UTC).timestamp()
    minutes = Minutes()
    assert minutes.text(at) == "2511230030"
    assert [minutes.text(at + 60 * step) for step in range(20)][-1] == "2511230049"


@given(st.integers(0, 2**32))
def test_dice_draw_by_share(seed: int) -> None:
    dice = Dice({"a": 0.5, "b": 0.25, "never": 0.0}, Random(seed))
    drawn = [dice.draw() for _ in range(400)]
    assert set(drawn) == {"a", "b", None}
    assert drawn.count("a") > drawn.count("b")
    assert Dice({"a": 1.0}, Random(seed)).only == "a"
    assert not Dice({}, Random(seed))
    assert Dice({}, Random(seed)).draw() is None


def test_shares_are_read() -> None:
    assert parse_shares("DELIVRD=0.97, UNDELIV=0.02,") == {"DELIVRD": 0.97, "UNDELIV": 0.02}
    assert parse_shares("a=b=0.5") == {"a=b": 0.5}


@pytest.mark.parametrize("text", ["T", "=0.5", "T=much"])
def test_unreadable_shares_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_shares(text)


def test_start_options_reach_the_behaviour() -> None:
    options = parse_options(
        ["--port", "0", "--account", "900002:a:b", "--refuse", "8=0.5", "--silent", "--early-receipts", "0.1"]
    )
    assert options.accounts == {"900002": "a:b"}
    assert options.behaviour.refuse == {8: 0.5}
    assert options.behaviour.silent
    assert options.behaviour.early_receipts == 0.1
    assert options.behaviour.receipts == {"DELIVRD": 1.0}
