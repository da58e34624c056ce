"""What every carrier session needs and no codec knows: states, sequence numbers, a window, timers.

Pure: no sockets, and the clock is an argument, a monotonic number of seconds.

The life of a session, in full:

1. It is born NEW. The side that opens the connection asks to be let in and is BINDING; the other side is
   BINDING from the start, waiting to be asked.
2. BINDING ends in OPEN, or CLOSED if one side refused.
3. Only an OPEN session takes new requests. CLOSING means that this side said goodbye: it still reads answers
   and deliveries, until the farewell is answered or times out.
4. CLOSED is final. Whatever was unanswered then is handed over with the Closed event and never silently lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from xinfeng.kernel.errors import LocalProtocolError, RemoteProtocolError


class State(Enum):
    """Where a session stands."""

    NEW = auto()
    BINDING = auto()
    OPEN = auto()
    CLOSING = auto()
    CLOSED = auto()


class Move(Enum):
    """What may happen to a session as a whole."""

    BIND = auto()
    """This side asks to be let in, or begins to wait for being asked."""
    ADMIT = auto()
    """The login was accepted."""
    PART = auto()
    """This side says goodbye."""
    END = auto()
    """Nothing more will be said: refused, answered farewell, lost, silent, or a violation."""


TRANSITIONS: dict[tuple[State, Move], State] = {
    (State.NEW, Move.BIND): State.BINDING,
    (State.BINDING, Move.ADMIT): State.OPEN,
    (State.OPEN, Move.PART): State.CLOSING,
    (State.NEW, Move.END): State.CLOSED,
    (State.BINDING, Move.END): State.CLOSED,
    (State.OPEN, Move.END): State.CLOSED,
    (State.CLOSING, Move.END): State.CLOSED,
}


def move(state: State, what: Move) -> State:
    """The state after `what`. Raises LocalProtocolError `session.wrong_state` where the table has no entry."""
    try:
        return TRANSITIONS[state, what]
    except KeyError:
        raise LocalProtocolError("session.wrong_state", state=state.name, move=what.name) from None


class CloseReason(Enum):
    """Why a session ended."""

    LOCAL = "local"
    """This side said goodbye and was answered."""
    REMOTE = "remote"
    """The peer said goodbye."""
    REFUSED = "refused"
    """The login was refused."""
    SILENT = "silent"
    """The peer did not answer: login, farewell, or several tests of the link."""
    LOST = "lost"
    """The connection went away."""
    VIOLATION = "violation"
    """The peer broke the protocol; `Closed.error` says how."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The login was refused. `code` names the reason for the reader's language, `status` is the raw number."""

    status: int
    code: str


@dataclass(frozen=True, slots=True)
class Expired:
    """Requests that were not answered in time. Their fate is unknown; an answer may still come."""

    sequences: list[int]


@dataclass(frozen=True, slots=True)
class Closed:
    """The last event of a session. `pending`: requests that were never answered, oldest first."""

    reason: CloseReason
    pending: list[int]
    error: RemoteProtocolError | None = None


@dataclass(frozen=True, slots=True)
class Timers:
    """Seconds. Defaults: C, T and N of CMPP (QB-GF-028-2003, chapter 6); other carriers bring their own."""

    idle_s: float = 180.0
    """Silence of the peer after which the link is tested."""
    response_s: float = 60.0
    """How long an answer may take."""
    attempts: int = 3
    """Unanswered tests in a row, each given `response_s`, after which the link is dead."""


class SequenceNumbers:
    """Counts up by one per request and wraps around."""

    __slots__ = ("_modulus", "_next")

    def __init__(self, first: int = 1, *, modulus: int = 2**32) -> None:
        self._next = first % modulus
        self._modulus = modulus

    def take(self, count: int) -> Sequence[int]:
        """The next `count` numbers."""
        first, after = self._next, self._next + count
        self._next = after % self._modulus
        if after <= self._modulus:
            return range(first, after)
        return [number % self._modulus for number in range(first, after)]


class Window:
    """Requests in flight, at most `limit`, each with the moment at which waiting for its answer ends.

    Deadlines must not decrease from one `open` to the next: one patience for all, on a monotonic clock.
    """

    __slots__ = ("_deadlines", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._deadlines: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._deadlines)

    @property
    def free(self) -> int:
        """How many requests may be sent now."""
        return max(0, self.limit - len(self._deadlines))

    def open(self, sequences: Iterable[int], deadline: float) -> None:
        """Note requests as sent."""
        self._deadlines.update(dict.fromkeys(sequences, deadline))

    def close(self, sequence: int) -> bool:
        """Note an answer. False: nothing was waiting for it (late, repeated, or never asked)."""
        return self._deadlines.pop(sequence, None) is not None

    def expire(self, now: float) -> list[int]:
        """Take out what waited too long."""
        expired = []
        for sequence, deadline in self._deadlines.items():
            if deadline > now:
                break
            expired.append(sequence)
        for sequence in expired:
            del self._deadlines[sequence]
        return expired

    def next_deadline(self) -> float | None:
        """When `expire` will next have something to do."""
        return next(iter(self._deadlines.values()), None)

    def pending(self) -> list[int]:
        """Sequences of what is in flight, oldest first."""
        return list(self._deadlines)

    def drain(self) -> list[int]:
        """Take everything out."""
        pending = self.pending()
        self._deadlines.clear()
        return pending


class Pulse(Enum):
    """What the keepalive wants done."""

    FINE = auto()
    TEST = auto()
    DEAD = auto()


class Keepalive:
    """Tests a silent link. Anything received proves that the peer lives, not only the answer to a test:
    some gateways answer a test with a test.
    """

    __slots__ = ("_deadline", "_tests", "_timers")

    def __init__(self, timers: Timers, now: float) -> None:
        self._timers = timers
        self._tests = 0
        self._deadline = now + timers.idle_s

    def heard(self, now: float) -> None:
        """Something arrived."""
        self._tests = 0
        self._deadline = now + self._timers.idle_s

    def doubt(self, now: float) -> None:
        """The peer owes an answer: test the link now rather than after the idle time."""
        self._deadline = min(self._deadline, now)

    def check(self, now: float) -> Pulse:
        """What is due. After TEST the caller sends a test of the link."""
        if now < self._deadline:
            return Pulse.FINE
        if self._tests >= self._timers.attempts:
            return Pulse.DEAD
        self._tests += 1
        self._deadline = now + self._timers.response_s
        return Pulse.TEST

    def next_deadline(self) -> float:
        """When `check` will next have something to do."""
        return self._deadline
