"""The state machine of a campaign."""

from __future__ import annotations

import pytest

from xinfeng.campaigns.lifecycle import EDITABLE, FINAL, TABLE, Move, after, moves_from
from xinfeng.campaigns.models import CampaignState as State
from xinfeng.kernel.errors import Conflict

THE_WAY = [
    (Move.SUBMIT, State.SUBMITTED),
    (Move.APPROVE, State.APPROVED),
    (Move.SCHEDULE, State.SCHEDULED),
    (Move.START, State.PLANNING),
    (Move.PLANNED, State.RUNNING),
    (Move.PAUSE, State.PAUSED),
    (Move.RESUME, State.RUNNING),
    (Move.FINISH, State.FINISHED),
]


def test_the_usual_way_from_draft_to_finished() -> None:
    state = State.DRAFT
    for move, expected in THE_WAY:
        state = after(state, move)
        assert state is expected


def test_nothing_starts_that_was_not_approved() -> None:
    assert set(TABLE[Move.START]) == {State.APPROVED, State.SCHEDULED}
    assert set(TABLE[Move.APPROVE]) == {State.SUBMITTED}


def test_nothing_runs_but_by_way_of_a_plan() -> None:
    into_running = {
        (move, before) for move, row in TABLE.items() for before, to in row.items() if to is State.RUNNING
    }
    assert into_running == {(Move.PLANNED, State.PLANNING), (Move.RESUME, State.PAUSED)}


@pytest.mark.parametrize("state", sorted(EDITABLE))
def test_a_change_always_leads_back_to_draft(state: State) -> None:
    assert after(state, Move.CHANGE) is State.DRAFT


@pytest.mark.parametrize("state", sorted(set(State) - EDITABLE))
def test_what_has_started_cannot_be_changed(state: State) -> None:
    with pytest.raises(Conflict) as caught:
        after(state, Move.CHANGE)
    assert caught.value.code == "campaign.state"
    assert caught.value.params["state"] == state


@pytest.mark.parametrize("state", sorted(FINAL))
def test_the_end_is_the_end(state: State) -> None:
    assert moves_from(state) == frozenset()


def test_every_other_state_leads_on() -> None:
    for state in set(State) - FINAL:
        assert moves_from(state)


def test_every_state_can_be_reached() -> None:
    reached = {State.DRAFT}
    while more := {after(state, move) for state in reached for move in moves_from(state)} - reached:
        reached |= more
    assert reached == set(State)


def test_a_failed_campaign_goes_the_whole_way_again() -> None:
    assert after(State.FAILED, Move.REVISE) is State.DRAFT
    with pytest.raises(Conflict):
        after(State.FAILED, Move.START)
