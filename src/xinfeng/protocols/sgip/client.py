"""The ends that open connections: the provider's, to submit, and the carrier's, to deliver."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from xinfeng.protocols.core import Caller, Carrier
from xinfeng.protocols.core import ClientSession as CoreClientSession
from xinfeng.protocols.session import CloseReason, Refused, Timers
from xinfeng.protocols.sgip.bulk import (
    SubmitConstants,
    SubmitTemplate,
    encode_acknowledgements,
    encode_replies,
    encode_reports,
    encode_submit_responses,
)
from xinfeng.protocols.sgip.messages import Bind, BindResp, Command, LoginType, login_code
from xinfeng.protocols.sgip.sequence import SgipSequences
from xinfeng.protocols.sgip.state import (
    DELIVERING_CLIENT_READS,
    SUBMITTING_CLIENT_READS,
    TIMERS,
    WINDOW,
    SgipEnd,
)
from xinfeng.protocols.traffic import (
    Acknowledgement,
    Event,
    Opened,
    ReplyItem,
    ReportItem,
    SubmitItem,
    SubmitResponse,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a caller logs in with. `node_id`: of the caller; of a provider 3, area code and enterprise code as the
    contract says. `lane`: a number of its own for each connection of an account, see `sequence`."""

    node_id: int
    name: str
    secret: str = field(repr=False)
    lane: int = 0


class SgipCaller(SgipEnd, Caller):
    """What both callers share: the login."""

    _login_type: LoginType
    _account: Account

    def connect(self, wall: datetime, now: float) -> None:
        self._sequences.set(wall, now)
        super().connect(wall, now)

    def _log_in(self, wall: datetime) -> None:
        account = self._account
        self._say(
            Bind(
                sequence=self._next_sequence(),
                login_type=self._login_type,
                name=account.name,
                password=account.secret,
            )
        )

    def _take_login(self, message: Bind | BindResp, events: list[Event], now: float) -> None:
        if not isinstance(message, BindResp):
            self._violated(self._unexpected(Command.BIND), events)
            return
        if message.result != 0:
            events.append(Refused(message.result, login_code(message.result)))
            self._end(CloseReason.REFUSED, events)
            return
        self._admitted(now)
        events.append(Opened(self.version, self.version, authentic=False))


class ClientSession(SgipCaller, CoreClientSession):
    """The provider calls to submit. `constants` are what all its submits have in common."""

    _may_receive = SUBMITTING_CLIENT_READS
    _login_type = LoginType.SUBMITTING

    def __init__(
        self,
        account: Account,
        constants: SubmitConstants,
        *,
        window: int = WINDOW,
        timers: Timers | None = None,
        first_sequence: int = 0,
    ) -> None:
        sequences = SgipSequences(account.node_id, account.lane, first_sequence)
        super().__init__(window=window, timers=timers or TIMERS, sequences=sequences)
        self._account = account
        self._template = SubmitTemplate(constants)

    def _encode_submits(self, sequences: Sequence[int], items: Sequence[SubmitItem]) -> bytes:
        return self._template.encode_batch(sequences, items)

    def _encode_acknowledgements(self, deliveries: Iterable[Acknowledgement], result: int) -> bytes:
        return encode_acknowledgements(deliveries, result=result)


class DeliveryClientSession(SgipCaller, Carrier):
    """The carrier calls to deliver replies and reports. The carrier simulator speaks through it."""

    _may_receive = DELIVERING_CLIENT_READS
    _login_type = LoginType.DELIVERING

    def __init__(
        self,
        account: Account,
        *,
        window: int = WINDOW,
        timers: Timers | None = None,
        first_sequence: int = 0,
    ) -> None:
        sequences = SgipSequences(account.node_id, account.lane, first_sequence)
        super().__init__(window=window, timers=timers or TIMERS, sequences=sequences)
        self._account = account

    def _encode_submit_responses(self, items: Iterable[SubmitResponse]) -> bytes:
        return encode_submit_responses(items)

    def _encode_reports(self, sequences: Sequence[int], items: Sequence[ReportItem]) -> bytes:
        return encode_reports(sequences, items)

    def _encode_replies(self, sequences: Sequence[int], items: Sequence[ReplyItem]) -> bytes:
        return encode_replies(sequences, items)
