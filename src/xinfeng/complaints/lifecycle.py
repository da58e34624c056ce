"""The states of a complaint, and how its standing follows from its steps. Pure.

    open ──take_up──► handling ──answer───► answered
      │                  │   └───dismiss──► dismissed
      └──answer, dismiss─┘                     │
                 ▲──────────reopen─────────────┘

- Answering says whether the complaint holds up (`valid`); carriers count the valid ones. Dismissing gives one of
  `models.Dismissal` and means it does not: from then on it no longer counts against anything.
- Notes, attachments, assignments, another message (`match`) and more time (`extend`) change no state and may come as
  long as it is open; notes and attachments may also come later, since answers have answers.
- Nothing here touches the suppression: whoever complained gets no marketing, whatever comes of the complaint.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from xinfeng.complaints.models import State
from xinfeng.kernel.errors import Conflict


class Action(StrEnum):
    """What can be done to a complaint; kept in `complaint_step.action`."""

    TAKE = "take"
    TAKE_UP = "take_up"
    ASSIGN = "assign"
    MATCH = "match"
    NOTE = "note"
    ATTACH = "attach"
    EXTEND = "extend"
    LETTER = "letter"
    ANSWER = "answer"
    DISMISS = "dismiss"
    REOPEN = "reopen"


OPEN = (State.OPEN, State.HANDLING)
"""States in which a deadline runs."""

_MAY: dict[Action, tuple[State, ...]] = {
    Action.TAKE_UP: (State.OPEN,),
    Action.ASSIGN: OPEN,
    Action.MATCH: tuple(State),
    Action.NOTE: tuple(State),
    Action.ATTACH: tuple(State),
    Action.EXTEND: OPEN,
    Action.LETTER: OPEN,
    Action.ANSWER: OPEN,
    Action.DISMISS: OPEN,
    Action.REOPEN: (State.ANSWERED, State.DISMISSED),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A step as far as standing depends on it."""

    action: str
    at: datetime
    actor: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Where:
    """What the steps come to."""

    state: State
    due_at: datetime
    assigned_to: str = ""
    valid: bool | None = None
    dismissal: str = ""
    closed_at: datetime | None = None


def may(state: str, action: Action) -> bool:
    """Whether it is open to people in this state."""
    return State(state) in _MAY.get(action, ())


def check(state: str, action: Action) -> None:
    """Raises Conflict `complaint.state` (state, action) where it is not."""
    if not may(state, action):
        raise Conflict("complaint.state", state=str(state), action=action.value)


def standing(steps: Iterable[Fact], *, due_at: datetime) -> Where:
    """Of a complaint that was due at `due_at` when it came; steps in their order."""
    where = Where(State.OPEN, due_at)
    for step in steps:
        where = _after(where, step)
    return where


def _after(where: Where, step: Fact) -> Where:
    match step.action:
        case Action.TAKE_UP:
            return replace(where, state=State.HANDLING, assigned_to=step.actor)
        case Action.ASSIGN:
            return replace(where, state=State.HANDLING, assigned_to=str(step.detail["to"]))
        case Action.EXTEND:
            return replace(where, due_at=datetime.fromisoformat(step.detail["due_at"]))
        case Action.ANSWER:
            return replace(
                where, state=State.ANSWERED, valid=bool(step.detail["valid"]), dismissal="", closed_at=step.at
            )
        case Action.DISMISS:
            why = str(step.detail["why"])
            return replace(where, state=State.DISMISSED, valid=False, dismissal=why, closed_at=step.at)
        case Action.REOPEN:
            return replace(where, state=State.HANDLING, valid=None, dismissal="", closed_at=None)
        case _:
            return where
