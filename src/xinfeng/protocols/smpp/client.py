"""The provider's end of an SMPP connection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from xinfeng.protocols.core import ClientSession as CoreClientSession
from xinfeng.protocols.session import CloseReason, Refused, Timers
from xinfeng.protocols.smpp.bulk import (
    Reading,
    SubmitConstants,
    SubmitTemplate,
    encode_deliver_responses,
)
from xinfeng.protocols.smpp.coding import Codings
from xinfeng.protocols.smpp.messages import (
    RESPONSE,
    UNKNOWN_ERROR,
    VERSION,
    Bind,
    BindMode,
    BindResp,
    GenericNack,
    login_code,
)
from xinfeng.protocols.smpp.receipts import IdFormat
from xinfeng.protocols.smpp.state import CLIENT_MAY_RECEIVE, PositiveSequences, SmppEnd
from xinfeng.protocols.traffic import (
    Acknowledgement,
    Event,
    Opened,
    StrayResponses,
    SubmitItem,
    SubmitResponse,
    SubmitResponses,
)

TIMERS = Timers(idle_s=30.0)
"""The specification leaves them to contracts (7.2); see the facts on timers in `channels.smpp`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a provider logs in with, and how the gateway's ids are to be compared."""

    system_id: str
    password: str = field(repr=False)
    mode: BindMode = BindMode.TRANSCEIVER
    system_type: str = ""
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""
    id_format: IdFormat = IdFormat.AS_IS


class ClientSession(SmppEnd, CoreClientSession):
    """The provider's end. `constants` are what all its submits have in common. Bound as a receiver, it has no window."""

    _may_receive = CLIENT_MAY_RECEIVE

    def __init__(
        self,
        account: Account,
        constants: SubmitConstants,
        *,
        window: int = 10,
        timers: Timers = TIMERS,
        first_sequence: int = 1,
    ) -> None:
        super().__init__(
            window=0 if account.mode is BindMode.RECEIVER else window,
            timers=timers,
            sequences=PositiveSequences(first_sequence),
        )
        self._account = account
        self._template = SubmitTemplate(constants)
        self._reading = Reading(
            codings=Codings(constants.default_alphabet),
            ids=account.id_format,
            own=constants.source.encode("latin-1", "replace"),
        )
        self._data_sms = set()

    def _log_in(self, wall: datetime) -> None:
        account = self._account
        self._say(
            Bind(
                sequence=self._next_sequence(),
                mode=account.mode,
                system_id=account.system_id,
                password=account.password.replace("\0", ""),
                system_type=account.system_type,
                interface_version=VERSION,
                addr_ton=account.addr_ton,
                addr_npi=account.addr_npi,
                address_range=account.address_range,
            )
        )

    def _encode_submits(self, sequences: Sequence[int], items: Sequence[SubmitItem]) -> bytes:
        return self._template.encode_batch(sequences, items)

    def _encode_acknowledgements(self, deliveries: Iterable[Acknowledgement], result: int) -> bytes:
        known = list(deliveries)
        data = encode_deliver_responses(known, status=result, data_sms=self._data_sms)
        self._answered([sequence for sequence, _ in known])
        return data

    def _take_login(self, message: Bind | BindResp, events: list[Event], now: float) -> None:
        if not isinstance(message, BindResp) or message.mode is not self._account.mode:
            self._violated(self._unexpected(message.mode | RESPONSE), events)
        elif message.status != 0:
            self._refused(message.status, events)
        else:
            self._admitted(now)
            # 3.3 and before claim no version; whoever answers at all can be spoken with
            events.append(Opened(VERSION, message.sc_version, authentic=False))

    def _take_nack(self, nack: GenericNack, events: list[Event]) -> None:
        super()._take_nack(nack, events)
        if self._answer_due is not None and self._farewell is None:
            self._refused(nack.status or UNKNOWN_ERROR, events)

    def _refused(self, status: int, events: list[Event]) -> None:
        events.append(Refused(status, login_code(status)))
        self._end(CloseReason.REFUSED, events)

    def _take_refusal(self, answer: SubmitResponse, events: list[Event]) -> None:
        expected, stray = self._split_answers([answer])
        events.append(SubmitResponses(expected) if expected else StrayResponses(stray))
