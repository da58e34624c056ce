"""Which channel of a route carries whose messages."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.channels.routing import CARRIERS, KNOWN, Candidate, Obstacle, route, uncovered


def _one(channel_id: int, **changes: object) -> Candidate:
    return replace(Candidate(channel_id=channel_id, position=channel_id, price_li=40), **changes)  # type: ignore[arg-type]


def test_each_carrier_has_the_channels_that_are_for_it_in_order() -> None:
    found = route(
        [_one(1, carriers=frozenset({1})), _one(2, carriers=frozenset({2, 3})), _one(3)], by_price=False
    )
    assert dict(found.lanes) == {0: (3,), 1: (1, 3), 2: (2, 3), 3: (2, 3), 4: (3,)}
    assert found.obstacles[1, 2] is Obstacle.OTHER_CARRIER
    assert found.channels == (3, 1, 2)
    assert (found.unrouted, found.unfiled) == (frozenset(), frozenset())


def test_the_cheaper_goes_first_and_of_equals_the_one_before() -> None:
    three = [_one(1, price_li=50), _one(2, price_li=30), _one(3, price_li=30)]
    assert route(three, by_price=True).lanes[1] == (2, 3, 1)
    assert route(three, by_price=False).lanes[1] == (1, 2, 3)


def test_where_reading_is_wanted_those_that_tell_of_it_go_first_and_then_the_cheaper() -> None:
    four = [
        _one(1, price_li=30),
        _one(2, price_li=90, tells_read=True),
        _one(3, price_li=80, tells_read=True),
        _one(4, price_li=10, tells_read=True, alive=False),
    ]
    assert route(four, by_price=True, by_read=True).lanes[1] == (3, 2, 1, 4)
    assert route(four, by_price=True).lanes[1] == (1, 3, 2, 4)


def test_a_line_that_is_down_goes_behind_but_stays() -> None:
    assert route([_one(1, alive=False), _one(2)], by_price=False).lanes[1] == (2, 1)
    assert route([_one(1, alive=False)], by_price=False).lanes[1] == (1,)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"enabled": False}, Obstacle.DISABLED),
        ({"faults": ("acceptance.links",)}, Obstacle.TEXT),
        ({"held": True}, Obstacle.BULK),
        ({"filed": frozenset({2})}, Obstacle.NOT_FILED),
        ({"carriers": frozenset({2})}, Obstacle.OTHER_CARRIER),
    ],
)
def test_what_stands_in_the_way_is_named(changes: dict[str, object], what: Obstacle) -> None:
    found = route([_one(1, **changes)], by_price=True)
    assert found.lanes[1] == ()
    assert found.obstacles[1, 1] is what
    assert 1 in found.unfiled if what is Obstacle.NOT_FILED else 1 in found.unrouted


def test_readers_of_an_unknown_carrier_go_where_anybodys_do() -> None:
    found = route(
        [_one(1, carriers=frozenset({1, 2, 3})), _one(2, filed=frozenset({1, 2, 3})), _one(3, filed=KNOWN)],
        by_price=False,
    )
    assert found.lanes[0] == (3,)


_candidates = st.lists(
    st.builds(
        Candidate,
        channel_id=st.integers(1, 30),
        position=st.integers(1, 30),
        price_li=st.integers(0, 90),
        carriers=st.frozensets(st.sampled_from(sorted(KNOWN))),
        filed=st.none() | st.frozensets(st.sampled_from(sorted(KNOWN))),
        faults=st.sampled_from([(), ("x",)]),
        held=st.booleans(),
        enabled=st.booleans(),
        alive=st.booleans(),
    ),
    unique_by=lambda one: one.channel_id,
    max_size=8,
)


@given(_candidates, st.booleans())
def test_a_channel_is_in_a_lane_or_has_an_obstacle_never_both(
    several: list[Candidate], by_price: bool
) -> None:
    found = route(several, by_price=by_price)
    for carrier in CARRIERS:
        blocked = {channel for channel, of in found.obstacles if of == carrier}
        assert set(found.lanes[carrier]) | blocked == {one.channel_id for one in several}
        assert not set(found.lanes[carrier]) & blocked
        alive = [one.alive for lane in found.lanes[carrier] for one in several if one.channel_id == lane]
        assert alive == sorted(alive, reverse=True)
    empty = {carrier for carrier in CARRIERS if not found.lanes[carrier]}
    assert found.unrouted | found.unfiled == empty
    assert not found.unrouted & found.unfiled


@pytest.mark.parametrize(
    ("entries", "missing"), [([], (1, 2, 3, 4)), ([()], ()), ([(1,), (2, 3)], (4,)), ([(1,), ()], ())]
)
def test_whom_no_entry_is_for(entries: list[tuple[int, ...]], missing: tuple[int, ...]) -> None:
    assert uncovered(entries) == missing
