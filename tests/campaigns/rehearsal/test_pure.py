"""The rules of a rehearsal that need neither a database nor a carrier."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.campaigns.rehearsal.faults import PROTOCOLS, REFUSALS, VENDORS, Fault, behaviour
from xinfeng.campaigns.rehearsal.outcome import ChannelOutcome, Outcome, Unwritten, likely_rate, pace
from xinfeng.campaigns.rehearsal.shares import LEAST, first_choices, quotas
from xinfeng.campaigns.rehearsal.subject import changed
from xinfeng.channels.codes import Verdict, verdict
from xinfeng.channels.simulator import Behaviour
from xinfeng.channels.simulator.dialects import DIALECTS
from xinfeng.channels.simulator.vendors import VENDORS as PLAYED
from xinfeng.channels.simulator.vendors import VendorBehaviour

SIZES = st.dictionaries(st.integers(0, 4), st.integers(0, 5_000_000), max_size=5)


@given(SIZES, st.integers(1, 2_000))
def test_quotas_take_as_many_as_asked_and_there_are(sizes: dict[int, int], most: int) -> None:
    taken = quotas(sizes, most)
    assert sum(taken.values()) == min(most, sum(sizes.values()))
    assert all(0 <= taken[one] <= size for one, size in sizes.items())
    if most >= LEAST * max(1, len(sizes)):
        assert all(taken[one] >= min(size, LEAST) for one, size in sizes.items())


def test_a_small_carrier_is_there_beside_a_large_one() -> None:
    assert quotas({1: 4_000_000, 2: 900_000, 4: 30}, 1_000)[4] >= LEAST


@given(st.lists(st.sampled_from([(1,), (1, 2), (2, 1), (1, 3), (3,), (1, 2, 3)]), max_size=300))
def test_everybody_goes_over_a_channel_of_her_lane(lanes: list[tuple[int, ...]]) -> None:
    chosen = first_choices(lanes)
    assert all(channel in lane for channel, lane in zip(chosen, lanes, strict=True))
    for lane, count in Counter(lanes).items():  # at least half keep their first choice
        kept = sum(one == lane[0] for one, own in zip(chosen, lanes, strict=True) if own == lane)
        assert 2 * kept >= count


def test_a_channel_that_is_nobody_s_first_choice_is_played_too() -> None:
    assert Counter(first_choices([(1, 2, 3)] * 100)) == {1: 60, 2: 20, 3: 20}
    assert Counter(first_choices([(1, 2)] * 4)) == {1: 2, 2: 2}
    assert first_choices([(1, 2)]) == [1]


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("protocol", sorted(set(PROTOCOLS.values())))
def test_a_simulated_carrier_takes_every_fault(protocol: str, fault: Fault) -> None:
    for alone in (False, True):
        how = behaviour(fault, protocol=protocol, rate_per_s=1, parts=1, each_alone=alone)
        (VendorBehaviour() if protocol in VENDORS else Behaviour()).changed(how)


def test_a_platform_that_is_asked_for_each_card_alone_is_held_to_a_share_of_the_rate() -> None:
    def limit(*, alone: bool) -> int:
        how = behaviour(Fault.FLOW, protocol="maap_csp", rate_per_s=100, parts=9, each_alone=alone)
        return int(how["rate_per_s"])

    assert (limit(alone=True), limit(alone=False)) == (60, 1)


def test_what_is_played_is_what_simulators_speak() -> None:
    assert set(PROTOCOLS.values()) <= {*DIALECTS, *PLAYED}


@pytest.mark.parametrize("kind", sorted(PROTOCOLS))
def test_the_refusal_of_some_is_one_about_a_single_message(kind: str) -> None:
    assert verdict(kind, REFUSALS[PROTOCOLS[kind]]) is Verdict.THIS_MESSAGE


def test_a_pace_is_only_told_after_it_could_be_felt() -> None:
    assert pace(1_000, 1.0) is None and pace(0, 10.0) is None and pace(1_000, 4.0) == 200.0
    assert _channel(accepted=1_000, seconds=4.0).pace_per_s == 200.0
    assert _channel(accepted=1_000, seconds=4.0, moved_in=5).pace_per_s is None
    assert likely_rate(100, None) == likely_rate(100, 97.0) == 100
    assert likely_rate(100, 60.4) == 60 and likely_rate(100, 0.3) == 1


def test_which_part_has_changed() -> None:
    before = {"text": "a", "audience": "b", "way": "c", "rate": "d"}
    assert changed(before, before) == ()
    assert changed(before, {**before, "text": "x", "rate": "y"}) == ("text", "rate")
    assert changed({}, before) == ("text", "audience", "way", "rate")


def _channel(**changes: Any) -> ChannelOutcome:
    given: dict[str, Any] = {"texts": 2, "parts": 2, "accepted": 2, "arrived": 2, "equal": 2}
    return ChannelOutcome(
        channel_id=1, name="甲", kind="cmpp3", rate_per_s=10, connections=1, window=16, **given | changes
    )


def _outcome(*channels: ChannelOutcome, **changes: Any) -> Outcome:
    at = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
    given: dict[str, Any] = {
        "fault": "",
        "audience": 10,
        "recipients": 2,
        "carriers": {"1": 2},
        "unwritten": (),
        "unwritten_count": 0,
        "reasons": {},
        "seconds": 1.0,
        "whole_parts": 10,
        "exact": True,
        "starts_at": at,
        "finishes_at": at,
        "likely_at": None,
        "left_over": 3,
    }
    return Outcome(channels=channels, **given | changes)


def test_an_outcome_from_before_5g_channels_were_played_is_still_read() -> None:
    assert Outcome.from_json({**_outcome(_channel()).to_json(), "absent": ["5G"]}) == _outcome(_channel())


def test_an_outcome_is_kept_as_it_was() -> None:
    found = _outcome(
        _channel(refused={"13": 2}, receipts={"DELIVRD": 1}), unwritten=(Unwritten(5, 1, "text_not_filed"),)
    )
    assert Outcome.from_json(found.to_json()) == found


@pytest.mark.parametrize("fault", [{"equal": 1}, {"twice": 1}])
def test_another_text_or_one_too_many_is_never_sound(fault: dict[str, int]) -> None:
    assert _outcome(_channel()).sound and _outcome(_channel()).settled
    found = _outcome(_channel(**fault))
    assert not found.sound and not found.settled


@pytest.mark.parametrize("what", [{"refused": {"1": 1}}, {"uncertain": 1}, {"waiting": 1}])
def test_what_did_not_get_through_is_sound_but_not_settled(what: dict[str, Any]) -> None:
    found = _outcome(_channel(**what))
    assert found.sound and not found.settled
