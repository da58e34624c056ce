"""One CMPP connection, seen from either end: octets in, typed events out, octets to send.

Rules, on top of those in `protocols.session`:

1. `feed`, `tick` and `lost` return events and never raise for what the peer did. A violation ends the session
   with Closed(VIOLATION, error), after the events of everything that was in order before it.
2. What the protocol itself must say (login, tests of the link, farewells) collects in `data_to_send`.
   Traffic is returned by the call that encodes it. After Closed, send what is left and close the connection.
3. Deliveries are never acknowledged by the session: the receiver does that, after it has committed them.
4. Nothing is ever sent twice by the session. A request without an answer expires, and its owner decides.
5. Any octet received proves that the peer lives. An answer nobody waits for (late, repeated) is handed over as
   Stray and is no violation. Unknown commands, and commands in the wrong direction or state, are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence

from xinfeng.kernel.errors import LocalProtocolError, RemoteProtocolError
from xinfeng.protocols.cmpp.bulk import Batch, SubmitResponse, decode_batch
from xinfeng.protocols.cmpp.codec import encode
from xinfeng.protocols.cmpp.events import Event
from xinfeng.protocols.cmpp.layout import layout_of
from xinfeng.protocols.cmpp.messages import (
    ActiveTest,
    ActiveTestResp,
    Command,
    Connect,
    ConnectResp,
    Control,
    Message,
    Terminate,
    TerminateResp,
    Version,
)
from xinfeng.protocols.session import (
    Closed,
    CloseReason,
    Expired,
    Keepalive,
    Move,
    Pulse,
    SequenceNumbers,
    State,
    Timers,
    Window,
    move,
)

_ALWAYS = frozenset(
    {Command.ACTIVE_TEST, Command.ACTIVE_TEST_RESP, Command.TERMINATE, Command.TERMINATE_RESP}
)
_CLIENT_READS = _ALWAYS | {Command.SUBMIT_RESP, Command.DELIVER}
_SERVER_READS = _ALWAYS | {Command.SUBMIT, Command.DELIVER_RESP}

CLIENT_MAY_RECEIVE: dict[State, Collection[int]] = {
    State.NEW: frozenset(),
    State.BINDING: _ALWAYS | {Command.CONNECT_RESP},
    State.OPEN: _CLIENT_READS,
    State.CLOSING: _CLIENT_READS,
}
SERVER_MAY_RECEIVE: dict[State, Collection[int]] = {
    State.BINDING: _ALWAYS | {Command.CONNECT},
    State.OPEN: _SERVER_READS,
    State.CLOSING: _SERVER_READS,
}


class Session(ABC):
    """What both ends share. Use ClientSession or ServerSession."""

    _may_receive: dict[State, Collection[int]]

    def __init__(self, *, window: int, timers: Timers, version: Version, first_sequence: int) -> None:
        self.state = State.NEW
        self.version = version
        self._layout = layout_of(version)
        self._timers = timers
        self._sequences = SequenceNumbers(first_sequence)
        self._window = Window(window)
        self._keepalive: Keepalive | None = None
        self._answer_due: float | None = None
        """Until when the login or the farewell must be answered."""
        self._farewell: int | None = None
        """Sequence of our TERMINATE."""
        self._unread = b""
        self._output = bytearray()

    # --- what the owner asks ---------------------------------------------------------------------------------

    @property
    def closed(self) -> bool:
        """Whether it is over; the connection is to be closed once `data_to_send` has gone out."""
        return self.state is State.CLOSED

    @property
    def free_window(self) -> int:
        """How many requests may be sent now; none unless the session is open."""
        return self._window.free if self.state is State.OPEN else 0

    def pending(self) -> list[int]:
        """Sequences of requests without an answer, oldest first."""
        return self._window.pending()

    def data_to_send(self) -> bytes:
        """What the protocol itself has to say; taken out by this call."""
        data = bytes(self._output)
        self._output.clear()
        return data

    def next_deadline(self) -> float | None:
        """When `tick` will next have something to do; None: never, by itself."""
        if self.closed:
            return None
        pulse = self._keepalive.next_deadline() if self._keepalive and self.state is State.OPEN else None
        due = [when for when in (self._window.next_deadline(), self._answer_due, pulse) if when is not None]
        return min(due, default=None)

    # --- what happens ----------------------------------------------------------------------------------------

    def feed(self, data: bytes, now: float) -> list[Event]:
        """Octets arrived. At most 8 KiB of an unfinished message are kept."""
        events: list[Event] = []
        if self.state is State.CLOSED:
            return events
        if self._keepalive:
            self._keepalive.heard(now)
        buffer = self._unread + data if self._unread else data
        offset = 0
        more = True
        while more:
            batch = decode_batch(buffer, offset, self._layout, self._may_receive[self.state])
            offset = batch.consumed
            self._take(batch, events, now)
            more = batch.control is not None and not self.closed
        self._unread = b"" if self.closed else buffer[offset:]
        return events

    def expire(self, now: float) -> list[int]:
        """Take out the requests that were not answered in time."""
        return self._window.expire(now)

    def tick(self, now: float) -> list[Event]:
        """Time passed: expire requests, test a silent link, give up a dead one."""
        events: list[Event] = []
        if self.closed:
            return events
        if expired := self.expire(now):
            events.append(Expired(expired))
        if self._answer_due is not None and now >= self._answer_due:
            self._end(CloseReason.SILENT, events)
        elif self._keepalive and self.state is State.OPEN:
            pulse = self._keepalive.check(now)
            if pulse is Pulse.TEST:
                self._say(ActiveTest(sequence=self._next_sequence()))
            elif pulse is Pulse.DEAD:
                self._end(CloseReason.SILENT, events)
        return events

    def part(self, now: float) -> None:
        """Say goodbye. Answers and deliveries are still read until the peer answers or `response_s` is over."""
        self.state = move(self.state, Move.PART)
        self._farewell = self._next_sequence()
        self._answer_due = now + self._timers.response_s
        self._say(Terminate(sequence=self._farewell))

    def lost(self) -> list[Event]:
        """The connection went away."""
        events: list[Event] = []
        if not self.closed:
            self._end(CloseReason.LOST, events)
        return events

    # --- inside ----------------------------------------------------------------------------------------------

    def _take(self, batch: Batch, events: list[Event], now: float) -> None:
        """Turn one batch into events and answers."""
        self._take_traffic(batch, events)
        if batch.error is not None:
            self._violated(batch.error, events)
        elif batch.control is not None:
            self._take_control(batch.control, events, now)

    @abstractmethod
    def _take_traffic(self, batch: Batch, events: list[Event]) -> None:
        """Turn traffic, already known to be allowed, into events."""

    @abstractmethod
    def _take_login(self, message: Connect | ConnectResp, events: list[Event], now: float) -> None:
        """Deal with the login."""

    def _take_control(self, message: Control, events: list[Event], now: float) -> None:
        match message:
            case Connect() | ConnectResp():
                self._take_login(message, events, now)
            case ActiveTest():
                self._say(ActiveTestResp(sequence=message.sequence))
            case Terminate():
                self._say(TerminateResp(sequence=message.sequence))
                self._end(CloseReason.REMOTE, events)
            case TerminateResp() if self._farewell is not None:
                self._end(CloseReason.LOCAL, events)
            case TerminateResp() | ActiveTestResp():
                pass  # heard, and that is all they are for

    def _split_answers(
        self, items: list[SubmitResponse]
    ) -> tuple[list[SubmitResponse], list[SubmitResponse]]:
        """Answers somebody waits for, and strays."""
        close = self._window.close
        expected = [item for item in items if close(item[0])]
        if len(expected) == len(items):
            return expected, []
        known = set(map(id, expected))
        return expected, [item for item in items if id(item) not in known]

    def _unexpected(self, command: Command) -> RemoteProtocolError:
        return RemoteProtocolError("cmpp.unexpected_command", command=command.name)

    def _violated(self, error: RemoteProtocolError, events: list[Event]) -> None:
        self._end(CloseReason.VIOLATION, events, error)

    def _end(
        self, reason: CloseReason, events: list[Event], error: RemoteProtocolError | None = None
    ) -> None:
        self.state = move(self.state, Move.END)
        self._answer_due = None
        self._unread = b""
        events.append(Closed(reason, self._window.drain(), error))

    def _admitted(self, version: Version, now: float) -> None:
        self.state = move(self.state, Move.ADMIT)
        self.version = version
        self._layout = layout_of(version)
        self._answer_due = None
        self._keepalive = Keepalive(self._timers, now)

    def _next_sequence(self) -> int:
        return self._sequences.take(1)[0]

    def _say(self, message: Message) -> None:
        self._output += encode(message, self.version)

    def _reserve(self, count: int) -> Sequence[int]:
        """Sequences for new requests, as many as the window has room for."""
        self._must_be(State.OPEN)
        return self._sequences.take(min(count, self._window.free))

    def _must_be(self, *states: State) -> None:
        if self.state not in states:
            raise LocalProtocolError("session.wrong_state", state=self.state.name)
