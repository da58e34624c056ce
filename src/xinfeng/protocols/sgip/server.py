"""The ends that are called: the carrier's, which takes submits, and the provider's, which takes deliveries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from xinfeng.kernel.errors import LocalProtocolError
from xinfeng.protocols.core import DeliverySession, Listener
from xinfeng.protocols.core import ServerSession as CoreServerSession
from xinfeng.protocols.session import State, Timers
from xinfeng.protocols.sgip.bulk import (
    encode_acknowledgements,
    encode_replies,
    encode_reports,
    encode_submit_responses,
)
from xinfeng.protocols.sgip.messages import (
    WRONG_LOGIN_TYPE,
    Bind,
    BindResp,
    Command,
    Control,
    LoginType,
    Unbind,
)
from xinfeng.protocols.sgip.sequence import SgipSequences
from xinfeng.protocols.sgip.state import (
    DELIVERING_SERVER_READS,
    SUBMITTING_SERVER_READS,
    TIMERS,
    WINDOW,
    SgipEnd,
)
from xinfeng.protocols.traffic import (
    Acknowledgement,
    Batch,
    Event,
    ReplyItem,
    ReportItem,
    SubmitItem,
    SubmitResponse,
)


class SgipListener(SgipEnd, Listener):
    """What both listeners share: the login. One of the wrong type is refused without asking anybody."""

    _login_types: Collection[int]

    def __init__(
        self,
        *,
        now: float,
        node_id: int = 0,
        lane: int = 0,
        window: int = WINDOW,
        timers: Timers | None = None,
        first_sequence: int = 0,
    ) -> None:
        sequences = SgipSequences(node_id, lane, first_sequence)
        super().__init__(now=now, window=window, timers=timers or TIMERS, sequences=sequences)

    def _answer_login(self, login: Bind, *, status: int, secret: str | None) -> None:
        self._say(BindResp(sequence=login.sequence, result=status))

    def _take_login(self, message: Bind | BindResp, events: list[Event], now: float) -> None:
        if not isinstance(message, Bind) or self._login is not None:
            self._violated(self._unexpected(Command.BIND), events)
        elif message.login_type not in self._login_types:
            self._login = message
            events.extend(self.refuse(WRONG_LOGIN_TYPE))
        else:
            self._asks(message, events)


class ServerSession(SgipListener, CoreServerSession):
    """The carrier takes submits. The carrier simulator speaks through it."""

    _may_receive = SUBMITTING_SERVER_READS
    _login_types = frozenset({LoginType.SUBMITTING, LoginType.TESTING})

    def _encode_submit_responses(self, items: Iterable[SubmitResponse]) -> bytes:
        return encode_submit_responses(items)

    def _encode_reports(self, sequences: Sequence[int], items: Sequence[ReportItem]) -> bytes:
        return encode_reports(sequences, items)

    def _encode_replies(self, sequences: Sequence[int], items: Sequence[ReplyItem]) -> bytes:
        return encode_replies(sequences, items)


class DeliveryServerSession(SgipListener, DeliverySession):
    """The provider takes replies and reports. Life: feed until LoginRequested, `admit` or `refuse`, feed (nothing, for
    what the carrier said in one breath with its login), and `acknowledge` what is committed. Nothing can be submitted
    here.

    A carrier may say everything at once: login, deliveries, goodbye. What stands behind the login is read once that is
    answered, and its goodbye is answered behind the last acknowledgement, or when it was waited for in vain.
    """

    _may_receive = DELIVERING_SERVER_READS
    _login_types = frozenset({LoginType.DELIVERING, LoginType.TESTING})
    _owed = 0
    """Deliveries that were handed on and are not acknowledged."""
    _goodbye: Unbind | None = None
    """The carrier's, while something is owed."""

    def feed(self, data: bytes, now: float) -> list[Event]:
        events = super().feed(data, now)
        if self._goodbye is not None and not self._owed and not self.closed:
            super()._take_control(self._goodbye, events, now)
        return events

    def acknowledge(self, deliveries: Iterable[Acknowledgement], *, result: int = 0) -> bytes:
        taken = list(deliveries)
        data = super().acknowledge(taken, result=result)
        self._owed = max(0, self._owed - len(taken))
        return data

    def _read(self, buffer: bytes, offset: int) -> Batch:
        if self._login is not None and self.state is State.BINDING:
            return Batch(consumed=offset)
        return super()._read(buffer, offset)

    def _take_traffic(self, batch: Batch, events: list[Event]) -> None:
        self._owed += len(batch.receipts) + len(batch.replies)
        super()._take_traffic(batch, events)

    def _take_control(self, message: Control, events: list[Event], now: float) -> None:
        if isinstance(message, Unbind) and self._owed and self.state is State.OPEN:
            self._goodbye = message
            self._answer_due = now + self._timers.response_s
        else:
            super()._take_control(message, events, now)

    def _encode_submits(self, sequences: Sequence[int], items: Sequence[SubmitItem]) -> bytes:
        raise LocalProtocolError("sgip.not_for_submits")

    def _encode_acknowledgements(self, deliveries: Iterable[Acknowledgement], result: int) -> bytes:
        return encode_acknowledgements(deliveries, result=result)
