"""The gateway's end of an SMGP connection. The carrier simulator speaks through it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from xinfeng.protocols.core import ServerSession as CoreServerSession
from xinfeng.protocols.session import Timers
from xinfeng.protocols.smgp.auth import authenticator_server
from xinfeng.protocols.smgp.bulk import encode_replies, encode_reports, encode_submit_responses
from xinfeng.protocols.smgp.messages import Command, Login, LoginResp, Version
from xinfeng.protocols.smgp.state import SERVER_MAY_RECEIVE, SmgpEnd
from xinfeng.protocols.traffic import Event, ReplyItem, ReportItem, SubmitResponse


class ServerSession(SmgpEnd, CoreServerSession):
    """The gateway's end; speaks the version that the provider asked for."""

    _may_receive = SERVER_MAY_RECEIVE

    def __init__(
        self, *, now: float, window: int = 16, timers: Timers | None = None, first_sequence: int = 1
    ) -> None:
        super().__init__(now=now, window=window, timers=timers, first_sequence=first_sequence)
        self._speak(Version.V30)

    def _answer_login(self, login: Login, *, status: int, secret: str | None) -> None:
        version = max(known for known in Version if known <= max(login.version, Version.V13))
        authenticator = bytes(16)
        if secret is not None:
            authenticator = authenticator_server(status=status, client=login.authenticator, secret=secret)
        self._say(
            LoginResp(sequence=login.sequence, status=status, authenticator=authenticator, version=version)
        )
        self._speak(version)

    def _encode_submit_responses(self, items: Iterable[SubmitResponse]) -> bytes:
        return encode_submit_responses(items)

    def _encode_reports(self, sequences: Sequence[int], items: Sequence[ReportItem]) -> bytes:
        return encode_reports(sequences, items)

    def _encode_replies(self, sequences: Sequence[int], items: Sequence[ReplyItem]) -> bytes:
        return encode_replies(sequences, items, self.version)

    def _take_login(self, message: Login | LoginResp, events: list[Event], now: float) -> None:
        if not isinstance(message, Login) or self._login is not None:
            self._violated(self._unexpected(Command.LOGIN), events)
            return
        self._asks(message, events)
