"""The life of a campaign: the state machine as a table, under its rules. Pure.

- An author writes a draft and submits it. A reviewer approves it or sends it back; nobody approves what they
  wrote themselves, unless nobody else in the deployment may approve (`approval`).
- What was approved is what is sent: a change of anything sent (`approval.Content`) takes the campaign back to
  draft. The start time is no such thing; the send windows bound it anyway.
- An approved campaign starts now or at a time. Starting makes the plan; when it stands, the campaign runs.
- A running campaign can be paused and resumed. Stopping is final: what has not been handed to a carrier never
  will be. A plan without messages finishes the campaign; a plan that cannot be made fails it, with the reason.
- A failed campaign can be revised and goes the whole way again. Stopped and finished are the end.
"""

from __future__ import annotations

from enum import StrEnum

from xinfeng.campaigns.models import CampaignState as State
from xinfeng.kernel.errors import Conflict


class Move(StrEnum):
    """What moves a campaign; the code is kept in `campaign_step.action`."""

    CHANGE = "change"
    """Something that is sent was changed: whatever was approved no longer is."""
    SUBMIT = "submit"
    SEND_BACK = "send_back"
    APPROVE = "approve"
    SCHEDULE = "schedule"
    UNSCHEDULE = "unschedule"
    START = "start"
    PLANNED = "planned"
    NOBODY = "nobody"
    """Planned, and there was nobody to write to."""
    FAIL = "fail"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    FINISH = "finish"
    REVISE = "revise"


TABLE: dict[Move, dict[State, State]] = {
    Move.CHANGE: dict.fromkeys((State.DRAFT, State.SUBMITTED, State.APPROVED, State.SCHEDULED), State.DRAFT),
    Move.SUBMIT: {State.DRAFT: State.SUBMITTED},
    Move.SEND_BACK: dict.fromkeys((State.SUBMITTED, State.APPROVED, State.SCHEDULED), State.DRAFT),
    Move.APPROVE: {State.SUBMITTED: State.APPROVED},
    Move.SCHEDULE: dict.fromkeys((State.APPROVED, State.SCHEDULED), State.SCHEDULED),
    Move.UNSCHEDULE: {State.SCHEDULED: State.APPROVED},
    Move.START: dict.fromkeys((State.APPROVED, State.SCHEDULED), State.PLANNING),
    Move.PLANNED: {State.PLANNING: State.RUNNING},
    Move.NOBODY: {State.PLANNING: State.FINISHED},
    Move.FAIL: dict.fromkeys((State.PLANNING, State.SCHEDULED), State.FAILED),
    Move.PAUSE: {State.RUNNING: State.PAUSED},
    Move.RESUME: {State.PAUSED: State.RUNNING},
    Move.STOP: dict.fromkeys((State.SCHEDULED, State.PLANNING, State.RUNNING, State.PAUSED), State.STOPPED),
    Move.FINISH: dict.fromkeys((State.RUNNING, State.PAUSED), State.FINISHED),
    Move.REVISE: {State.FAILED: State.DRAFT},
}
"""From move to (from state → to state)."""

FINAL = frozenset({State.STOPPED, State.FINISHED})
"""Nothing moves a campaign out of these."""

EDITABLE = frozenset(TABLE[Move.CHANGE])
"""States in which what is sent may be changed, at the price of the approval."""

SENDING = frozenset({State.RUNNING, State.PAUSED})


def after(state: str, move: Move) -> State:
    """The state that `move` leads to; raises Conflict `campaign.state` where it is not allowed."""
    target = TABLE[move].get(State(state))
    if target is None:
        raise Conflict(
            "campaign.state", state=str(state), move=str(move), allowed=[str(s) for s in TABLE[move]]
        )
    return target


def moves_from(state: str) -> frozenset[Move]:
    """What can happen to a campaign in this state: what a door may offer as buttons."""
    return frozenset(move for move, row in TABLE.items() if State(state) in row)
