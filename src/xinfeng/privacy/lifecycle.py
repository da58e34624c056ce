"""The states of a request. Pure.

    received ──identify──► working ──answer──► answering ──close──► closed
        │                     │   └──refuse──────►┘   ▲
        ├──answer, refuse ────┼───────────────────────┘
        └──take_back──────────┴──────────────────────────────────► taken_back

- Nothing about a person leaves the house, and nothing of hers is changed or erased, before somebody has made sure
  that it is she who asks (条例 25 (1); GB/T 35273, 8.7). That is `working`. The two switches need no check: to stop
  is never made difficult (PIPL, Art 15, 24; 网络数据安全管理条例, Art 23).
- `answering`: what was asked is done or refused, the letter is drafted. It may be edited until the request is closed.
- From `received` a request is answered only where there is nothing to hand over: nobody was found, a switch was
  turned, or it is refused (for example because the check failed).
- A check that failed leaves the request where it is; it may be tried again.
- Closed and taken back are final. Whoever asks again makes another request.
"""

from __future__ import annotations

from enum import Enum

from xinfeng.kernel.errors import Conflict
from xinfeng.privacy.models import Outcome, RequestKind, RequestState


class Step(Enum):
    """What can be done to a request."""

    IDENTIFY = "identify"
    MISIDENTIFY = "misidentify"
    WORK = "work"
    """An export, a correction: done on the way, the state stays."""
    EXTEND = "extend"
    ANSWER = "answer"
    REFUSE = "refuse"
    EDIT_LETTER = "edit_letter"
    CLOSE = "close"
    TAKE_BACK = "take_back"


_R, _W, _A = RequestState.RECEIVED, RequestState.WORKING, RequestState.ANSWERING

TRANSITIONS: dict[tuple[RequestState, Step], RequestState] = {
    (_R, Step.IDENTIFY): _W,
    (_R, Step.MISIDENTIFY): _R,
    (_R, Step.EXTEND): _R,
    (_R, Step.ANSWER): _A,
    (_R, Step.REFUSE): _A,
    (_R, Step.TAKE_BACK): RequestState.TAKEN_BACK,
    (_W, Step.WORK): _W,
    (_W, Step.EXTEND): _W,
    (_W, Step.ANSWER): _A,
    (_W, Step.REFUSE): _A,
    (_W, Step.TAKE_BACK): RequestState.TAKEN_BACK,
    (_A, Step.EXTEND): _A,
    (_A, Step.EDIT_LETTER): _A,
    (_A, Step.CLOSE): RequestState.CLOSED,
}

OPEN = (_R, _W, _A)
"""States in which a deadline runs."""

WITHOUT_CHECK = frozenset({RequestKind.NO_MARKETING, RequestKind.NO_PERSONALISATION})
"""Kinds that are carried out for whoever asks."""

OUTCOMES: dict[RequestKind, Outcome] = {
    RequestKind.ACCESS: Outcome.PROVIDED,
    RequestKind.COPY: Outcome.PROVIDED,
    RequestKind.PORTABILITY: Outcome.PROVIDED,
    RequestKind.CORRECTION: Outcome.CORRECTED,
    RequestKind.ERASURE: Outcome.ERASED,
    RequestKind.NO_MARKETING: Outcome.SWITCHED_OFF,
    RequestKind.NO_PERSONALISATION: Outcome.SWITCHED_OFF,
    RequestKind.EXPLANATION: Outcome.EXPLAINED,
}
"""How a request of each kind ends well."""

EXPORTS = frozenset({RequestKind.ACCESS, RequestKind.COPY, RequestKind.PORTABILITY})
"""Kinds that are answered with an export."""


def after(state: str, step: Step) -> RequestState:
    """The state that follows. Raises Conflict `request.state` (state, step) where the step is not open."""
    found = TRANSITIONS.get((RequestState(state), step))
    if found is None:
        raise Conflict("request.state", state=state, step=step.value)
    return found


def may(state: str, step: Step) -> bool:
    """Whether the step is open in this state."""
    return (RequestState(state), step) in TRANSITIONS


def check_answer(kind: str, state: str, outcome: Outcome, *, found: bool) -> None:
    """Whether a request may be answered so. `found`: whether we hold anything about the person.

    Raises Conflict `request.outcome` (outcome, kind) for an outcome that this kind doesn't have or that isn't true,
    `request.identity_first` (kind) where it has to be made sure first that it is she who asks.
    """
    if outcome not in (OUTCOMES[RequestKind(kind)], Outcome.NOTHING_HELD):
        raise Conflict("request.outcome", outcome=outcome.value, kind=kind)
    if outcome is Outcome.NOTHING_HELD:
        if found:
            raise Conflict("request.outcome", outcome=outcome.value, kind=kind)
        return
    if state == RequestState.RECEIVED and RequestKind(kind) not in WITHOUT_CHECK:
        raise Conflict("request.identity_first", kind=kind)
