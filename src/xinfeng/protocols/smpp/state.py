"""What both ends of an SMPP connection share: its messages, what may be said when, tests of the link, farewells."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Sequence

from xinfeng.kernel.errors import RemoteProtocolError
from xinfeng.protocols.core import Session
from xinfeng.protocols.session import CloseReason, SequenceNumbers, State
from xinfeng.protocols.smpp.bulk import Reading, decode_batch, nacked
from xinfeng.protocols.smpp.codec import encode
from xinfeng.protocols.smpp.layout import LARGEST_SEQUENCE
from xinfeng.protocols.smpp.messages import (
    INVALID_COMMAND,
    INVALID_LENGTH,
    RESPONSE,
    AlertNotification,
    Bind,
    BindResp,
    Command,
    Control,
    DataSmResp,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Message,
    SubmitSmResp,
    Unbind,
    UnbindResp,
    Unsupported,
)
from xinfeng.protocols.traffic import Batch, Event, SubmitResponse, Unreadable

_ALWAYS = frozenset(
    {
        Command.ENQUIRE_LINK,
        Command.ENQUIRE_LINK_RESP,
        Command.UNBIND,
        Command.UNBIND_RESP,
        Command.GENERIC_NACK,
    }
)
_CLIENT_READS = _ALWAYS | {
    Command.SUBMIT_SM_RESP,
    Command.DELIVER_SM,
    Command.DATA_SM,
    Command.ALERT_NOTIFICATION,
}
_SERVER_READS = _ALWAYS | {
    Command.SUBMIT_SM,
    Command.DATA_SM,
    Command.DELIVER_SM_RESP,
    Command.DATA_SM_RESP,
}

CLIENT_MAY_RECEIVE: dict[State, Collection[int]] = {
    State.NEW: frozenset(),
    State.BINDING: _ALWAYS
    | {Command.BIND_RECEIVER_RESP, Command.BIND_TRANSMITTER_RESP, Command.BIND_TRANSCEIVER_RESP}
    | {Command.DELIVER_SM, Command.DATA_SM, Command.ALERT_NOTIFICATION},  # some deliver before they answer
    State.OPEN: _CLIENT_READS,
    State.CLOSING: _CLIENT_READS,
}
SERVER_MAY_RECEIVE: dict[State, Collection[int]] = {
    State.BINDING: _ALWAYS | {Command.BIND_RECEIVER, Command.BIND_TRANSMITTER, Command.BIND_TRANSCEIVER},
    State.OPEN: _SERVER_READS,
    State.CLOSING: _SERVER_READS,
}


class PositiveSequences(SequenceNumbers):
    """From 1 to 0x7FFFFFFF, then 1 again (SMPP 3.4, 3.2): 0 is for answers to what could not be read."""

    __slots__ = ()

    def __init__(self, first: int = 1) -> None:
        super().__init__(first - 1, modulus=LARGEST_SEQUENCE)

    def take(self, count: int) -> Sequence[int]:
        below = super().take(count)
        if isinstance(below, range):
            return range(below.start + 1, below.stop + 1)
        return [number + 1 for number in below]


class SmppEnd(Session):
    """Either end. Known commands in the wrong direction or state are violations; unknown requests, and those we have
    no use for, are answered with generic_nack, unknown answers are not.
    """

    _may_receive: dict[State, Collection[int]]
    _reading: Reading
    _data_sms: set[int]
    """Sequences of data_sm that still want an answer."""

    def _read(self, buffer: bytes, offset: int) -> Batch:
        batch = decode_batch(buffer, offset, self._reading, self._may_receive[self.state])
        self._data_sms.update(batch.data_sms)
        return batch

    def _take_control(self, message: Control, events: list[Event], now: float) -> None:
        match message:
            case Bind() | BindResp():
                self._take_login(message, events, now)
            case EnquireLink():
                self._say(EnquireLinkResp(sequence=message.sequence))
            case Unbind():
                self._say(UnbindResp(sequence=message.sequence))
                self._end(CloseReason.REMOTE, events)
            case UnbindResp() if self._farewell is not None:
                self._end(CloseReason.LOCAL, events)
            case GenericNack():
                self._take_nack(message, events)
            case Unsupported() if not message.command & RESPONSE:
                self._say(GenericNack(sequence=message.sequence, status=INVALID_COMMAND))
            case UnbindResp() | EnquireLinkResp() | AlertNotification() | Unsupported():
                pass  # heard, and that is all they are for

    def _refuse(self, message: Unreadable) -> None:
        sequence = message.sequence
        if message.command == Command.DELIVER_SM:
            self._say(DeliverSmResp(sequence=sequence, status=INVALID_LENGTH))
        elif message.command == Command.SUBMIT_SM:
            self._say(SubmitSmResp(sequence=sequence, status=INVALID_LENGTH))
        elif message.command == Command.DATA_SM:
            self._say(DataSmResp(sequence=sequence, status=INVALID_LENGTH))

    def _take_nack(self, nack: GenericNack, events: list[Event]) -> None:
        """A request of ours was not understood."""
        if self._farewell is not None and nack.sequence == self._farewell:
            self._end(CloseReason.LOCAL, events)
        elif self.state is not State.BINDING:
            self._take_refusal(nacked(nack.sequence, nack.status), events)

    @abstractmethod
    def _take_refusal(self, answer: SubmitResponse, events: list[Event]) -> None:
        """An answer to a request of ours."""

    def _answered(self, sequences: Sequence[int]) -> None:
        """These data_sm have their answer."""
        self._data_sms.difference_update(sequences)

    def _test_link(self) -> None:
        self._say(EnquireLink(sequence=self._next_sequence()))

    def _say_goodbye(self, sequence: int) -> None:
        self._say(Unbind(sequence=sequence))

    def _say(self, message: Message) -> None:
        self._output += encode(message)

    def _unexpected(self, command: int) -> RemoteProtocolError:
        return RemoteProtocolError("smpp.unexpected_command", command=Command(command).name)
