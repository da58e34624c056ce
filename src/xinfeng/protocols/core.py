"""One connection, seen from either end, whatever the protocol: octets in, typed events out, octets to send.

Rules, on top of those in `protocols.session`:

1. `feed`, `tick` and `lost` return events and never raise for what the peer did. A violation ends the session
   with Closed(VIOLATION, error), after the events of everything that was in order before it.
2. What the protocol itself must say (login, tests of the link, farewells) collects in `data_to_send`.
   Traffic is returned by the call that encodes it. After Closed, send what is left and close the connection.
3. Deliveries are never acknowledged by the session: the receiver does that, after it has committed them.
4. Nothing is ever sent twice by the session. A request without an answer expires, and its owner decides.
5. Any octet received proves that the peer lives. An answer nobody waits for (late, repeated) is handed over as
   Stray and is no violation. Commands in the wrong direction or state are violations.
6. A message that is whole but can't be read, and a command that nobody knows, do not end an open session: what is
   in flight would become uncertain, and a carrier that delivers such a message again and again would end every
   session that follows. It is refused, or passed over, and told as Skipped. Before the login is done it is a
   violation: whoever speaks so is not a carrier.

Who opens the connection (Caller, Listener) and who sends messages over it (Provider, Carrier) are two questions: a
provider usually calls a carrier, but SGIP's carriers call the provider to deliver.

A protocol brings a codec (`_read`, `_encode_submits`, …), its login and its farewell; see `protocols.cmpp` for the
shape that all packages share.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from xinfeng.kernel.errors import LocalProtocolError, RemoteProtocolError
from xinfeng.kernel.time import SHANGHAI
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
from xinfeng.protocols.traffic import (
    Acknowledgement,
    Batch,
    DeliverResponses,
    Event,
    LoginRequested,
    Receipts,
    Replies,
    ReplyItem,
    ReportItem,
    Skipped,
    StrayResponses,
    Submissions,
    SubmitItem,
    SubmitResponse,
    SubmitResponses,
    Unreadable,
)


def carrier_clock(wall: datetime) -> int:
    """MMDDHHMMSS of the carrier's wall clock as a number, as logins have it; the carriers live in China's zone."""
    return int(wall.astimezone(SHANGHAI).strftime("%m%d%H%M%S"))


class Session(ABC):
    """What both ends of all protocols share."""

    _tests_links = True
    """Whether the protocol has a question by which a peer shows that it is there."""

    def __init__(
        self,
        *,
        window: int,
        timers: Timers,
        first_sequence: int = 1,
        sequences: SequenceNumbers | None = None,
    ) -> None:
        self.state = State.NEW
        self._timers = timers
        self._sequences = sequences or SequenceNumbers(first_sequence)
        self._window = Window(window)
        self._keepalive: Keepalive | None = None
        self._answer_due: float | None = None
        """Until when the login or the farewell must be answered."""
        self._farewell: int | None = None
        """Sequence of our goodbye."""
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
        """Octets arrived. At most one unfinished message is kept."""
        events: list[Event] = []
        if self.state is State.CLOSED:
            return events
        if self._keepalive and data:
            self._keepalive.heard(now)
        buffer = self._unread + data if self._unread else data
        offset = 0
        more = True
        while more:
            batch = self._read(buffer, offset)
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
            if self._keepalive and self._tests_links:
                self._keepalive.doubt(now)
        if self._answer_due is not None and now >= self._answer_due:
            self._end(CloseReason.SILENT, events)
        elif self._keepalive and self.state is State.OPEN:
            pulse = self._keepalive.check(now)
            if pulse is Pulse.TEST:
                self._test_link()
            elif pulse is Pulse.DEAD:
                self._end(CloseReason.SILENT, events)
        return events

    def part(self, now: float) -> None:
        """Say goodbye. Answers and deliveries are still read until the peer answers or `response_s` is over."""
        self.state = move(self.state, Move.PART)
        self._farewell = self._next_sequence()
        self._answer_due = now + self._timers.response_s
        self._say_goodbye(self._farewell)

    def lost(self) -> list[Event]:
        """The connection went away."""
        events: list[Event] = []
        if not self.closed:
            self._end(CloseReason.LOST, events)
        return events

    # --- what a protocol brings ------------------------------------------------------------------------------

    @abstractmethod
    def _read(self, buffer: bytes, offset: int) -> Batch:
        """Read the whole messages in `buffer` from `offset` on, as far as this state allows. Never raises."""

    @abstractmethod
    def _take_traffic(self, batch: Batch, events: list[Event]) -> None:
        """Turn traffic, already known to be allowed, into events."""

    @abstractmethod
    def _take_control(self, message: Any, events: list[Event], now: float) -> None:
        """Deal with a message about the session itself."""

    @abstractmethod
    def _take_login(self, message: Any, events: list[Event], now: float) -> None:
        """Deal with a login or its answer; which of them is for this end to take, the end knows."""

    @abstractmethod
    def _refuse(self, message: Unreadable) -> None:
        """Say that a request could not be read, if the protocol has words for that."""

    @abstractmethod
    def _test_link(self) -> None:
        """Ask whether the peer is there; a protocol without such a question ends what is silent for long."""

    @abstractmethod
    def _say_goodbye(self, sequence: int) -> None: ...

    # --- inside ----------------------------------------------------------------------------------------------

    def _take(self, batch: Batch, events: list[Event], now: float) -> None:
        """Turn one batch into events and answers."""
        self._take_traffic(batch, events)
        if batch.error is not None:
            self._violated(batch.error, events)
        elif isinstance(batch.control, Unreadable):
            self._skip(batch.control, events)
        elif batch.control is not None:
            self._take_control(batch.control, events, now)

    def _skip(self, message: Unreadable, events: list[Event]) -> None:
        if self.state in (State.OPEN, State.CLOSING):
            self._refuse(message)
            events.append(Skipped(message.error))
        else:
            self._violated(message.error, events)

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

    def _violated(self, error: RemoteProtocolError, events: list[Event]) -> None:
        self._end(CloseReason.VIOLATION, events, error)

    def _end(
        self, reason: CloseReason, events: list[Event], error: RemoteProtocolError | None = None
    ) -> None:
        self.state = move(self.state, Move.END)
        self._answer_due = None
        self._unread = b""
        events.append(Closed(reason, self._window.drain(), error))

    def _admitted(self, now: float) -> None:
        self.state = move(self.state, Move.ADMIT)
        self._answer_due = None
        self._keepalive = Keepalive(self._timers, now)

    def _next_sequence(self) -> int:
        return self._sequences.take(1)[0]

    def _number(self, count: int, now: float) -> Sequence[int]:
        """Sequences for new requests; some protocols put the time into them."""
        return self._sequences.take(count)

    def _reserve(self, count: int, now: float) -> Sequence[int]:
        """Sequences for new requests, as many as the window has room for."""
        self._must_be(State.OPEN)
        return self._number(min(count, self._window.free), now)

    def _must_be(self, *states: State) -> None:
        if self.state not in states:
            raise LocalProtocolError("session.wrong_state", state=self.state.name)


class Caller(Session):
    """The end that opens the connection and asks to be let in."""

    def connect(self, wall: datetime, now: float) -> None:
        """Ask to be let in. `wall`: aware; some logins hash the carrier's wall clock."""
        self.state = move(self.state, Move.BIND)
        self._answer_due = now + self._timers.response_s
        self._log_in(wall)

    @abstractmethod
    def _log_in(self, wall: datetime) -> None: ...


class Listener(Session):
    """The end that is asked to let somebody in. Life begins with waiting for LoginRequested."""

    def __init__(
        self,
        *,
        now: float,
        window: int = 16,
        timers: Timers | None = None,
        first_sequence: int = 1,
        sequences: SequenceNumbers | None = None,
    ) -> None:
        super().__init__(
            window=window, timers=timers or Timers(), first_sequence=first_sequence, sequences=sequences
        )
        self.state = move(self.state, Move.BIND)
        self._answer_due = now + self._timers.response_s
        self._login: Any = None

    def admit(self, *, secret: str, now: float) -> None:
        """Let the peer in, in the version it asked for."""
        self._answer_login(self._asked(), status=0, secret=secret)
        self._admitted(now)

    def refuse(self, status: int) -> list[Event]:
        """Turn the peer away and end the session."""
        events: list[Event] = []
        self._answer_login(self._asked(), status=status, secret=None)
        self._end(CloseReason.REFUSED, events)
        return events

    @abstractmethod
    def _answer_login(self, login: Any, *, status: int, secret: str | None) -> None:
        """Say yes (`status` 0, with the secret to prove ourselves by) or no."""

    def _asked(self) -> Any:
        self._must_be(State.BINDING)
        if self._login is None:
            raise LocalProtocolError("session.wrong_state", state=self.state.name)
        return self._login

    def _asks(self, login: Any, events: list[Event]) -> None:
        """A login arrived; `login` is a `traffic.Login`."""
        self._login = login
        events.append(LoginRequested(login))


class Provider(Session):
    """The end that submits messages, and is told what became of them."""

    def submit_batch(self, items: Sequence[SubmitItem], now: float) -> tuple[bytes, Sequence[int]]:
        """Encode as many of the items, from the first on, as the window has room for.

        Returns what must be sent, and the sequence of each item taken. Raises LocalProtocolError, with nothing
        taken, for an item that can't be encoded.
        """
        self._must_be(State.OPEN)
        taken = items[: self._window.free]
        sequences = self._number(len(taken), now)
        data = self._encode_submits(sequences, taken)
        self._window.open(sequences, now + self._timers.response_s)
        return data, sequences

    def acknowledge(self, deliveries: Iterable[Acknowledgement], *, result: int = 0) -> bytes:
        """Acknowledge receipts and replies that are committed."""
        self._must_be(State.OPEN, State.CLOSING)
        return self._encode_acknowledgements(deliveries, result)

    @abstractmethod
    def _encode_submits(self, sequences: Sequence[int], items: Sequence[SubmitItem]) -> bytes: ...

    @abstractmethod
    def _encode_acknowledgements(self, deliveries: Iterable[Acknowledgement], result: int) -> bytes: ...

    def _take_traffic(self, batch: Batch, events: list[Event]) -> None:
        if batch.submit_responses:
            expected, stray = self._split_answers(batch.submit_responses)
            if expected:
                events.append(SubmitResponses(expected))
            if stray:
                events.append(StrayResponses(stray))
        if batch.receipts:
            events.append(Receipts(batch.receipts))
        if batch.replies:
            events.append(Replies(batch.replies))


class Carrier(Session):
    """The end that takes messages, and delivers reports and replies."""

    def submit_resp_batch(self, items: Iterable[SubmitResponse]) -> bytes:
        """Answer submits."""
        self._must_be(State.OPEN, State.CLOSING)
        return self._encode_submit_responses(items)

    def report_batch(self, items: Sequence[ReportItem], now: float) -> tuple[bytes, Sequence[int]]:
        """Deliver as many of the reports, from the first on, as the window has room for."""
        sequences = self._reserve(len(items), now)
        data = self._encode_reports(sequences, items[: len(sequences)])
        self._window.open(sequences, now + self._timers.response_s)
        return data, sequences

    def reply_batch(self, items: Sequence[ReplyItem], now: float) -> tuple[bytes, Sequence[int]]:
        """Deliver as many of the texts from handsets as the window has room for."""
        sequences = self._reserve(len(items), now)
        data = self._encode_replies(sequences, items[: len(sequences)])
        self._window.open(sequences, now + self._timers.response_s)
        return data, sequences

    @abstractmethod
    def _encode_submit_responses(self, items: Iterable[SubmitResponse]) -> bytes: ...

    @abstractmethod
    def _encode_reports(self, sequences: Sequence[int], items: Sequence[ReportItem]) -> bytes: ...

    @abstractmethod
    def _encode_replies(self, sequences: Sequence[int], items: Sequence[ReplyItem]) -> bytes: ...

    def _take_traffic(self, batch: Batch, events: list[Event]) -> None:
        if batch.submissions:
            events.append(Submissions(batch.submissions))
        if batch.deliver_responses:
            expected, stray = self._split_answers(batch.deliver_responses)
            if expected:
                events.append(DeliverResponses(expected))
            if stray:
                events.append(StrayResponses(stray))


class ClientSession(Caller, Provider):
    """The provider's end. Life: `connect`, feed until Opened or Refused, `submit_batch`, `acknowledge`, `part`."""


class ServerSession(Listener, Carrier):
    """The carrier's end. Life: feed until LoginRequested, `admit` or `refuse`, answer and deliver, `part`."""


class DeliverySession(Listener, Provider):
    """The provider's end of a connection that the carrier opened to deliver: nothing is submitted over it. Life: feed
    until LoginRequested, `admit` or `refuse`, feed, `acknowledge`, `part`."""
