"""The provider's end of an SMGP connection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from xinfeng.protocols.core import ClientSession as CoreClientSession
from xinfeng.protocols.core import carrier_clock
from xinfeng.protocols.session import CloseReason, Refused, Timers
from xinfeng.protocols.smgp.auth import authenticator_client, is_authentic_server
from xinfeng.protocols.smgp.bulk import SubmitConstants, SubmitTemplate, encode_deliver_responses
from xinfeng.protocols.smgp.messages import Command, Login, LoginMode, LoginResp, Version, login_code
from xinfeng.protocols.smgp.state import CLIENT_MAY_RECEIVE, SmgpEnd
from xinfeng.protocols.traffic import Acknowledgement, Event, Opened, SubmitItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a provider logs in with. `pad_account_in_md5`: see `auth.authenticator_client`."""

    client_id: str
    secret: str
    version: Version = Version.V30
    mode: LoginMode = LoginMode.BOTH
    pad_account_in_md5: bool = False

    def __repr__(self) -> str:
        return f"Account(client_id={self.client_id!r}, version={self.version!r})"


class ClientSession(SmgpEnd, CoreClientSession):
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
        self._authenticator = b""
        self._speak(account.version)
        self._template = SubmitTemplate(constants, self._layout)

    def _log_in(self, wall: datetime) -> None:
        account, timestamp = self._account, carrier_clock(wall)
        self._authenticator = authenticator_client(
            client_id=account.client_id,
            secret=account.secret,
            timestamp=timestamp,
            pad_account=account.pad_account_in_md5,
        )
        self._say(
            Login(
                sequence=self._next_sequence(),
                client_id=account.client_id,
                authenticator=self._authenticator,
                mode=account.mode,
                timestamp=timestamp,
                version=account.version,
            )
        )

    def _encode_submits(self, sequences: Sequence[int], items: Sequence[SubmitItem]) -> bytes:
        return self._template.encode_batch(sequences, items)

    def _encode_acknowledgements(self, deliveries: Iterable[Acknowledgement], result: int) -> bytes:
        return encode_deliver_responses(deliveries, result=result)

    def _take_login(self, message: Login | LoginResp, events: list[Event], now: float) -> None:
        if not isinstance(message, LoginResp):
            self._violated(self._unexpected(Command.LOGIN), events)
            return
        if message.status != 0:
            events.append(Refused(message.status, login_code(message.status)))
            self._end(CloseReason.REFUSED, events)
            return
        self._admitted(now)
        authentic = is_authentic_server(
            message.authenticator,
            status=message.status,
            client=self._authenticator,
            secret=self._account.secret,
        )
        events.append(Opened(self.version, message.version, authentic))
