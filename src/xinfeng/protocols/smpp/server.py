"""The centre's end of an SMPP connection. The carrier simulator speaks through it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from xinfeng.protocols.core import ServerSession as CoreServerSession
from xinfeng.protocols.session import Timers
from xinfeng.protocols.smpp.bulk import Reading
from xinfeng.protocols.smpp.centre import encode_replies, encode_reports, encode_submit_responses
from xinfeng.protocols.smpp.coding import Codings, DefaultAlphabet
from xinfeng.protocols.smpp.messages import VERSION, Bind, BindMode, BindResp
from xinfeng.protocols.smpp.state import SERVER_MAY_RECEIVE, PositiveSequences, SmppEnd
from xinfeng.protocols.traffic import (
    DeliverResponses,
    Event,
    ReplyItem,
    ReportItem,
    StrayResponses,
    SubmitResponse,
)


class ServerSession(SmppEnd, CoreServerSession):
    """The centre's end. To a provider that is bound as a transmitter it has no window to deliver in.

    Ids of messages must be printable ASCII without blanks, or they could not stand in a receipt.
    """

    _may_receive = SERVER_MAY_RECEIVE

    def __init__(
        self,
        *,
        now: float,
        window: int = 10,
        timers: Timers | None = None,
        first_sequence: int = 1,
        system_id: str = "xinfeng",
        default_alphabet: DefaultAlphabet = DefaultAlphabet.ASCII,
    ) -> None:
        super().__init__(now=now, window=window, timers=timers)
        self._sequences = PositiveSequences(first_sequence)
        self._system_id = system_id
        self._codings = Codings(default_alphabet)
        self._reading = Reading(codings=self._codings, at_centre=True)
        self._data_sms = set()

    def _answer_login(self, login: Bind, *, status: int, secret: str | None) -> None:
        self._say(
            BindResp(
                sequence=login.sequence,
                mode=login.mode,
                status=status,
                system_id=self._system_id,
                sc_version=VERSION if login.interface_version >= VERSION else 0,
            )
        )
        if login.mode is BindMode.TRANSMITTER:
            self._window.limit = 0

    def _encode_submit_responses(self, items: Iterable[SubmitResponse]) -> bytes:
        known = list(items)
        data = encode_submit_responses(known, self._data_sms)
        self._answered([sequence for sequence, _, _ in known])
        return data

    def _encode_reports(self, sequences: Sequence[int], items: Sequence[ReportItem]) -> bytes:
        return encode_reports(sequences, items)

    def _encode_replies(self, sequences: Sequence[int], items: Sequence[ReplyItem]) -> bytes:
        return encode_replies(sequences, items, self._codings)

    def _take_login(self, message: Bind | BindResp, events: list[Event], now: float) -> None:
        if not isinstance(message, Bind) or self._login is not None:
            self._violated(self._unexpected(message.mode), events)
            return
        self._asks(message, events)

    def _take_refusal(self, answer: SubmitResponse, events: list[Event]) -> None:
        expected, stray = self._split_answers([answer])
        events.append(DeliverResponses(expected) if expected else StrayResponses(stray))
