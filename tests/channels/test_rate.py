from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from xinfeng.channels.rate import SlidingRate, Throttle


@given(
    limit=st.integers(1, 50),
    steps=st.lists(st.tuples(st.floats(0, 0.4, allow_nan=False), st.integers(1, 20)), max_size=200),
)
def test_no_second_holds_more_than_the_rate(limit: int, steps: list[tuple[float, int]]) -> None:
    rate, now = SlidingRate(limit), 100.0
    spent: list[tuple[float, int]] = []
    for wait, wanted in steps:
        now += wait
        if count := min(wanted, rate.free(now)):
            rate.spend(count, now)
            spent.append((now, count))
    for start, _ in spent:
        assert sum(count for at, count in spent if start <= at < start + 1.0) <= limit


@given(limit=st.integers(1, 30), gaps=st.lists(st.floats(0, 0.3, allow_nan=False), min_size=1, max_size=50))
def test_after_the_announced_wait_something_is_free(limit: int, gaps: list[float]) -> None:
    rate, now = SlidingRate(limit), 5.0
    for gap in gaps:
        now += gap
        if free := rate.free(now):
            rate.spend(free, now)
    wait = rate.wait_s(now)
    assert rate.free(now + wait + 1e-6) > 0


def test_constant_use_gets_the_whole_rate() -> None:
    rate, now, total = SlidingRate(1000), 0.0, 0
    while now < 10.1:
        count = min(3, rate.free(now))
        if count:
            rate.spend(count, now)
        total += count
        now += 0.001
    assert total >= 9_900


def test_a_smaller_limit_holds_at_once() -> None:
    rate = SlidingRate(100)
    rate.spend(60, 1.0)
    rate.limit = 50
    assert rate.free(1.5) == 0
    assert rate.wait_s(1.5) > 0


def test_flow_control_stops_everything_for_a_moment_then_slows_and_recovers() -> None:
    throttle = Throttle(100)
    throttle.complain(10.0)
    throttle.complain(10.1)
    assert throttle.paused_s(10.2) > 0
    assert throttle.paused_s(10.7) == 0
    assert throttle.rate(10.7) == 70
    assert throttle.rate(12.1) == 80
    assert throttle.rate(60.0) == 100


def test_flow_control_never_ends_in_standstill() -> None:
    throttle = Throttle(10)
    for second in range(100):
        throttle.complain(float(second))
    assert throttle.rate(99.0) == 1


def test_a_new_share_keeps_the_proportion() -> None:
    throttle = Throttle(100)
    throttle.complain(10.0)
    throttle.renominate(50)
    assert throttle.rate(10.5) == 35
