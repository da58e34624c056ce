"""What all ends of SGIP's connections share: messages, what may be said when, sequences, farewells.

A link that heard nothing for `idle_s` is parted from: there is no question to ask whether the peer is there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from xinfeng.kernel.errors import RemoteProtocolError
from xinfeng.protocols.core import Session
from xinfeng.protocols.session import CloseReason, State, Timers
from xinfeng.protocols.sgip.bulk import decode_batch
from xinfeng.protocols.sgip.codec import encode
from xinfeng.protocols.sgip.messages import (
    BAD_STRUCTURE,
    Bind,
    BindResp,
    Command,
    Control,
    DeliverResp,
    Message,
    ReportResp,
    SubmitResp,
    Unbind,
    UnbindResp,
    Version,
)
from xinfeng.protocols.sgip.sequence import SgipSequences
from xinfeng.protocols.traffic import Batch, Event, Unreadable

TIMERS = Timers(idle_s=60.0, response_s=30.0)
"""SGIP 1.2, communication between nodes."""
WINDOW = 32
"""Unanswered commands on one connection at most (the same place)."""

_ALWAYS = frozenset({Command.UNBIND, Command.UNBIND_RESP})
_PROVIDER_READS = frozenset({Command.DELIVER, Command.REPORT})
_CARRIER_READS = frozenset({Command.DELIVER_RESP, Command.REPORT_RESP})

_REFUSALS: dict[int, type[SubmitResp | DeliverResp | ReportResp]] = {
    Command.SUBMIT: SubmitResp,
    Command.DELIVER: DeliverResp,
    Command.REPORT: ReportResp,
}


def reads(
    *, first: Command, then: Collection[Command], early: frozenset[Command] = frozenset()
) -> dict[State, Collection[int]]:
    """What an end may receive: `first` until the login is done (and `early`), `then` afterwards."""
    return {
        State.NEW: frozenset(),
        State.BINDING: _ALWAYS | {first} | early,
        State.OPEN: _ALWAYS | frozenset(then),
        State.CLOSING: _ALWAYS | frozenset(then),
    }


SUBMITTING_CLIENT_READS = reads(
    first=Command.BIND_RESP, then={Command.SUBMIT_RESP} | _PROVIDER_READS, early=_PROVIDER_READS
)
"""Deliveries belong on the other connection; a carrier that makes them here is understood, too, even one that does so
before it has answered the login."""
SUBMITTING_SERVER_READS = reads(first=Command.BIND, then={Command.SUBMIT} | _CARRIER_READS)
DELIVERING_CLIENT_READS = reads(first=Command.BIND_RESP, then=_CARRIER_READS)
DELIVERING_SERVER_READS = reads(first=Command.BIND, then=_PROVIDER_READS)


class SgipEnd(Session):
    """Any end. Commands in the wrong direction or state are violations; unknown ones are passed over."""

    _may_receive: dict[State, Collection[int]]
    _sequences: SgipSequences
    _tests_links = False
    version = Version.V12

    def tick(self, now: float) -> list[Event]:
        self._sequences.at(now)
        self._ticked_at = now
        return super().tick(now)

    def part(self, now: float) -> None:
        self._sequences.at(now)
        super().part(now)

    def _number(self, count: int, now: float) -> Sequence[int]:
        self._sequences.at(now)
        return super()._number(count, now)

    def _read(self, buffer: bytes, offset: int) -> Batch:
        return decode_batch(buffer, offset, self._may_receive[self.state])

    def _take_control(self, message: Control, events: list[Event], now: float) -> None:
        match message:
            case Bind() | BindResp():
                self._take_login(message, events, now)
            case Unbind():
                self._say(UnbindResp(sequence=message.sequence))
                self._end(CloseReason.REMOTE, events)
            case UnbindResp() if self._farewell is not None:
                self._end(CloseReason.LOCAL, events)
            case UnbindResp():
                pass  # heard, and that is all it is for

    def _refuse(self, message: Unreadable) -> None:
        answer = _REFUSALS.get(message.command)
        if answer is not None:
            self._say(answer(sequence=message.sequence, result=BAD_STRUCTURE))

    def _test_link(self) -> None:
        self.part(self._ticked_at)

    def _say_goodbye(self, sequence: int) -> None:
        self._say(Unbind(sequence=sequence))

    def _say(self, message: Message) -> None:
        self._output += encode(message)

    def _unexpected(self, command: Command) -> RemoteProtocolError:
        return RemoteProtocolError("sgip.unexpected_command", command=command.name)
