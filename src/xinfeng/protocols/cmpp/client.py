"""The provider's end of a CMPP connection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from xinfeng.protocols.cmpp.auth import authenticator_source, is_authentic_ismg
from xinfeng.protocols.cmpp.bulk import SubmitConstants, SubmitTemplate, encode_deliver_responses
from xinfeng.protocols.cmpp.messages import Command, Connect, ConnectResp, Version, login_code
from xinfeng.protocols.cmpp.state import CLIENT_MAY_RECEIVE, CmppEnd
from xinfeng.protocols.core import ClientSession as CoreClientSession
from xinfeng.protocols.core import carrier_clock
from xinfeng.protocols.session import CloseReason, Refused, Timers
from xinfeng.protocols.traffic import Acknowledgement, Event, Opened, SubmitItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a provider logs in with. `pad_account_in_md5`: see `auth.authenticator_source`."""

    source_addr: str
    secret: str
    version: Version = Version.V30
    pad_account_in_md5: bool = False

    def __repr__(self) -> str:
        return f"Account(source_addr={self.source_addr!r}, version={self.version!r})"


class ClientSession(CmppEnd, CoreClientSession):
    """The provider's end. `constants` are what all its submits have in common."""

    _may_receive = CLIENT_MAY_RECEIVE

    def __init__(
        self,
        account: Account,
        constants: SubmitConstants,
        *,
        window: int = 16,
        timers: Timers | None = None,
        first_sequence: int = 1,
    ) -> None:
        super().__init__(window=window, timers=timers or Timers(), first_sequence=first_sequence)
        self._account = account
        self._constants = constants
        self._authenticator = b""
        self._speak(account.version)

    def _speak(self, version: Version) -> None:
        super()._speak(version)
        self._template = SubmitTemplate(self._constants, version)

    def _log_in(self, wall: datetime) -> None:
        account, timestamp = self._account, carrier_clock(wall)
        self._authenticator = authenticator_source(
            source_addr=account.source_addr,
            secret=account.secret,
            timestamp=timestamp,
            pad_account=account.pad_account_in_md5,
        )
        self._say(
            Connect(
                sequence=self._next_sequence(),
                source_addr=account.source_addr,
                authenticator=self._authenticator,
                version=account.version,
                timestamp=timestamp,
            )
        )

    def _encode_submits(self, sequences: Sequence[int], items: Sequence[SubmitItem]) -> bytes:
        return self._template.encode_batch(sequences, items)

    def _encode_acknowledgements(self, deliveries: Iterable[Acknowledgement], result: int) -> bytes:
        return encode_deliver_responses(deliveries, self._layout, result=result)

    def _take_login(self, message: Connect | ConnectResp, events: list[Event], now: float) -> None:
        if not isinstance(message, ConnectResp):
            self._violated(self._unexpected(Command.CONNECT), events)
            return
        if message.status != 0:
            events.append(Refused(message.status, login_code(message.status)))
            self._end(CloseReason.REFUSED, events)
            return
        asked = self._account.version
        self._speak(asked if asked < Version.V30 or message.long_status else Version.V20)
        self._admitted(now)
        authentic = is_authentic_ismg(
            message.authenticator,
            status=message.status,
            source=self._authenticator,
            secret=self._account.secret,
        )
        events.append(Opened(self.version, message.version, authentic))
