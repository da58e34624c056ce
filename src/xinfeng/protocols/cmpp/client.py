"""The provider's end of a CMPP connection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xinfeng.kernel.errors import LocalProtocolError
from xinfeng.protocols.cmpp.auth import authenticator_source, is_authentic_ismg
from xinfeng.protocols.cmpp.bulk import (
    Acknowledgement,
    Batch,
    SubmitItem,
    SubmitTemplate,
    encode_deliver_responses,
)
from xinfeng.protocols.cmpp.events import Event, Opened, Receipts, Replies, StrayResponses, SubmitResponses
from xinfeng.protocols.cmpp.messages import Command, Connect, ConnectResp, Version, login_code
from xinfeng.protocols.cmpp.state import CLIENT_MAY_RECEIVE, Session
from xinfeng.protocols.session import CloseReason, Move, Refused, State, Timers, move


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a provider logs in with. `pad_account_in_md5`: see `auth.authenticator_source`."""

    source_addr: str
    secret: str
    version: Version = Version.V30
    pad_account_in_md5: bool = False

    def __repr__(self) -> str:
        return f"Account(source_addr={self.source_addr!r}, version={self.version!r})"


class ClientSession(Session):
    """The provider's end. Life: `connect`, feed until Opened or Refused, `submit_batch`, `part`."""

    _may_receive = CLIENT_MAY_RECEIVE

    def __init__(
        self,
        account: Account,
        *,
        window: int = 16,
        timers: Timers | None = None,
        first_sequence: int = 1,
    ) -> None:
        super().__init__(
            window=window,
            timers=timers or Timers(),
            version=account.version,
            first_sequence=first_sequence,
        )
        self._account = account
        self._authenticator = b""

    def connect(self, timestamp: int, now: float) -> None:
        """Ask to be let in. `timestamp`: the carrier's wall clock as the decimal number MMDDHHMMSS."""
        self.state = move(self.state, Move.BIND)
        account = self._account
        self._authenticator = authenticator_source(
            source_addr=account.source_addr,
            secret=account.secret,
            timestamp=timestamp,
            pad_account=account.pad_account_in_md5,
        )
        self._answer_due = now + self._timers.response_s
        self._say(
            Connect(
                sequence=self._next_sequence(),
                source_addr=account.source_addr,
                authenticator=self._authenticator,
                version=account.version,
                timestamp=timestamp,
            )
        )

    def submit_batch(
        self, template: SubmitTemplate, items: Sequence[SubmitItem], now: float
    ) -> tuple[bytes, Sequence[int]]:
        """Encode as many of the items, from the first on, as the window has room for.

        Returns what must be sent, and the sequence of each item taken. Raises LocalProtocolError, with nothing
        taken, for an item that can't be encoded, and `cmpp.template_of_other_version` for a template that was
        not made for `session.version`.
        """
        self._must_be(State.OPEN)
        if template.layout is not self._layout:
            raise LocalProtocolError("cmpp.template_of_other_version", version=self.version.name)
        taken = items[: self._window.free]
        sequences = self._sequences.take(len(taken))
        data = template.encode_batch(sequences, taken)
        self._window.open(sequences, now + self._timers.response_s)
        return data, sequences

    def deliver_resp_batch(self, acknowledgements: Iterable[Acknowledgement], *, result: int = 0) -> bytes:
        """Acknowledge receipts and replies that are committed."""
        self._must_be(State.OPEN, State.CLOSING)
        return encode_deliver_responses(acknowledgements, self._layout, result=result)

    def _take_login(self, message: Connect | ConnectResp, events: list[Event], now: float) -> None:
        if not isinstance(message, ConnectResp):
            self._violated(self._unexpected(Command.CONNECT), events)
            return
        if message.status != 0:
            events.append(Refused(message.status, login_code(message.status)))
            self._end(CloseReason.REFUSED, events)
            return
        asked = self._account.version
        version = asked if asked < Version.V30 or message.long_status else Version.V20
        self._admitted(version, now)
        authentic = is_authentic_ismg(
            message.authenticator,
            status=message.status,
            source=self._authenticator,
            secret=self._account.secret,
        )
        events.append(Opened(version, message.version, authentic))

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
