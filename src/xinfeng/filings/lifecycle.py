"""The states of a filing and how it moves between them. Pure.

    preparing ── submit ──► submitted ── confirm ──► in_force ── (its last day passes) ──► expired
        ▲                      │   ▲                    │  ▲ renew: confirm again             │
        └──────── (edit) ◄─ refuse ┘ submit ◄───────────┘  └────────── confirm, submit ◄──────┘

`withdraw` ends it from any state, for good. `expire` is only written down (`filings.expiring`). What a carrier confirms is believed also for a filing that nobody marked as
submitted. A filing in force that is being renewed stays in force. Expiry needs nobody: `states.state_on` knows the day.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from xinfeng.filings.states import FilingState
from xinfeng.kernel.errors import Conflict


class Move(StrEnum):
    SUBMIT = "submit"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"


_S = FilingState
MOVES: Mapping[Move, tuple[frozenset[FilingState], FilingState]] = {
    Move.SUBMIT: (frozenset({_S.PREPARING, _S.REFUSED, _S.EXPIRED}), _S.SUBMITTED),
    Move.CONFIRM: (
        frozenset({_S.PREPARING, _S.SUBMITTED, _S.REFUSED, _S.EXPIRED, _S.IN_FORCE}),
        _S.IN_FORCE,
    ),
    Move.REFUSE: (frozenset({_S.PREPARING, _S.SUBMITTED}), _S.REFUSED),
    Move.EXPIRE: (frozenset({_S.IN_FORCE}), _S.EXPIRED),
    Move.WITHDRAW: (frozenset(_S) - {_S.WITHDRAWN}, _S.WITHDRAWN),
}


def after(state: FilingState, move: Move) -> FilingState:
    """Where `move` leads from `state`. Raises Conflict `filing.state` (state, move)."""
    froms, target = MOVES[move]
    if state not in froms:
        raise Conflict("filing.state", state=str(state), move=str(move))
    return target


def moves_from(state: FilingState) -> tuple[Move, ...]:
    """What a person may do next."""
    return tuple(move for move, (froms, _) in MOVES.items() if state in froms and move is not Move.EXPIRE)
