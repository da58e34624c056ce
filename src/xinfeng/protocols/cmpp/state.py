"""What both ends of a CMPP connection share: its messages, what may be said when, tests of the link, farewells."""

from __future__ import annotations

from collections.abc import Collection

from xinfeng.kernel.errors import RemoteProtocolError
from xinfeng.protocols.cmpp.bulk import decode_batch
from xinfeng.protocols.cmpp.codec import encode
from xinfeng.protocols.cmpp.layout import Layout, layout_of
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
from xinfeng.protocols.core import Session
from xinfeng.protocols.session import CloseReason, State
from xinfeng.protocols.traffic import Batch, Event

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


class CmppEnd(Session):
    """Either end. Unknown commands, and commands in the wrong direction or state, are violations."""

    _may_receive: dict[State, Collection[int]]
    version: Version
    _layout: Layout

    def _speak(self, version: Version) -> None:
        """From now on this version."""
        self.version = version
        self._layout = layout_of(version)

    def _read(self, buffer: bytes, offset: int) -> Batch:
        return decode_batch(buffer, offset, self._layout, self._may_receive[self.state])

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

    def _test_link(self) -> None:
        self._say(ActiveTest(sequence=self._next_sequence()))

    def _say_goodbye(self, sequence: int) -> None:
        self._say(Terminate(sequence=sequence))

    def _say(self, message: Message) -> None:
        self._output += encode(message, self.version)

    def _unexpected(self, command: Command) -> RemoteProtocolError:
        return RemoteProtocolError("cmpp.unexpected_command", command=command.name)
