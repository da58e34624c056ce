"""The gateway's end of a CMPP connection. The carrier simulator speaks through it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from xinfeng.protocols.cmpp.auth import authenticator_ismg
from xinfeng.protocols.cmpp.bulk import encode_replies, encode_reports, encode_submit_responses
from xinfeng.protocols.cmpp.layout import layout_of
from xinfeng.protocols.cmpp.messages import Command, Connect, ConnectResp, Version
from xinfeng.protocols.cmpp.state import SERVER_MAY_RECEIVE, CmppEnd
from xinfeng.protocols.core import ServerSession as CoreServerSession
from xinfeng.protocols.session import Timers
from xinfeng.protocols.traffic import Event, ReplyItem, ReportItem, SubmitResponse


class ServerSession(CmppEnd, CoreServerSession):
    """The gateway's end; speaks the version that the provider asked for."""

    _may_receive = SERVER_MAY_RECEIVE

    def __init__(
        self, *, now: float, window: int = 16, timers: Timers | None = None, first_sequence: int = 1
    ) -> None:
        super().__init__(now=now, window=window, timers=timers, first_sequence=first_sequence)
        self._speak(Version.V30)

    def _answer_login(self, login: Connect, *, status: int, secret: str | None) -> None:
        version = Version.V30 if login.version >= Version.V30 else Version.V20
        width = layout_of(version).status_width
        authenticator = bytes(16)
        if secret is not None:
            authenticator = authenticator_ismg(
                status=status, status_width=width, source=login.authenticator, secret=secret
            )
        self._say(
            ConnectResp(
                sequence=login.sequence,
                status=status,
                authenticator=authenticator,
                version=version,
                long_status=width == 4,
            )
        )
        self._speak(version)

    def _encode_submit_responses(self, items: Iterable[SubmitResponse]) -> bytes:
        return encode_submit_responses(items, self._layout)

    def _encode_reports(self, sequences: Sequence[int], items: Sequence[ReportItem]) -> bytes:
        return encode_reports(sequences, items, self._layout)

    def _encode_replies(self, sequences: Sequence[int], items: Sequence[ReplyItem]) -> bytes:
        return encode_replies(sequences, items, self.version)

    def _take_login(self, message: Connect | ConnectResp, events: list[Event], now: float) -> None:
        if not isinstance(message, Connect) or self._login is not None:
            self._violated(self._unexpected(Command.CONNECT), events)
            return
        self._asks(message, events)
