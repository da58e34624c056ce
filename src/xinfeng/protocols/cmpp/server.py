"""The gateway's end of a CMPP connection. The carrier simulator speaks through it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from xinfeng.kernel.errors import LocalProtocolError
from xinfeng.protocols.cmpp.auth import authenticator_ismg
from xinfeng.protocols.cmpp.bulk import (
    Batch,
    ReportItem,
    SubmitResponse,
    encode_reports,
    encode_submit_responses,
)
from xinfeng.protocols.cmpp.codec import encode
from xinfeng.protocols.cmpp.events import DeliverResponses, Event, LoginRequested, StrayResponses, Submissions
from xinfeng.protocols.cmpp.layout import layout_of
from xinfeng.protocols.cmpp.messages import Command, Connect, ConnectResp, Deliver, Version
from xinfeng.protocols.cmpp.state import SERVER_MAY_RECEIVE, Session
from xinfeng.protocols.session import CloseReason, Move, State, Timers, move


class ServerSession(Session):
    """The gateway's end. Life: feed until LoginRequested, `admit` or `refuse`, answer and deliver, `part`."""

    _may_receive = SERVER_MAY_RECEIVE

    def __init__(
        self, *, now: float, window: int = 16, timers: Timers | None = None, first_sequence: int = 1
    ) -> None:
        super().__init__(
            window=window, timers=timers or Timers(), version=Version.V30, first_sequence=first_sequence
        )
        self.state = move(self.state, Move.BIND)
        self._answer_due = now + self._timers.response_s
        self._login: Connect | None = None

    def admit(self, *, secret: str, now: float) -> None:
        """Let the provider in, in the version it asked for."""
        login = self._asked()
        version = Version.V30 if login.version >= Version.V30 else Version.V20
        self._answer_login(login, status=0, version=version, secret=secret)
        self._admitted(version, now)

    def refuse(self, status: int) -> list[Event]:
        """Turn the provider away and end the session."""
        login = self._asked()
        events: list[Event] = []
        version = Version.V30 if login.version >= Version.V30 else Version.V20
        self._answer_login(login, status=status, version=version, secret=None)
        self._end(CloseReason.REFUSED, events)
        return events

    def _asked(self) -> Connect:
        self._must_be(State.BINDING)
        if self._login is None:
            raise LocalProtocolError("session.wrong_state", state=self.state.name)
        return self._login

    def _answer_login(self, login: Connect, *, status: int, version: Version, secret: str | None) -> None:
        width = layout_of(version).status_width
        authenticator = bytes(16)
        if secret is not None:
            authenticator = authenticator_ismg(
                status=status, status_width=width, source=login.authenticator, secret=secret
            )
        answer = ConnectResp(
            sequence=login.sequence,
            status=status,
            authenticator=authenticator,
            version=version,
            long_status=width == 4,
        )
        self._say(answer)

    def submit_resp_batch(self, items: Iterable[SubmitResponse]) -> bytes:
        """Answer submits."""
        self._must_be(State.OPEN, State.CLOSING)
        return encode_submit_responses(items, self._layout)

    def report_batch(self, items: Sequence[ReportItem], now: float) -> tuple[bytes, Sequence[int]]:
        """Deliver as many of the reports, from the first on, as the window has room for."""
        sequences = self._reserve(len(items))
        data = encode_reports(sequences, items[: len(sequences)], self._layout)
        self._window.open(sequences, now + self._timers.response_s)
        return data, sequences

    def deliver_batch(self, messages: Sequence[Deliver], now: float) -> tuple[bytes, Sequence[int]]:
        """Deliver as many of the messages as the window has room for; their own sequences are replaced."""
        sequences = self._reserve(len(messages))
        pieces = [
            encode(replace(message, sequence=sequence), self.version)
            for sequence, message in zip(sequences, messages, strict=False)
        ]
        self._window.open(sequences, now + self._timers.response_s)
        return b"".join(pieces), sequences

    def _take_login(self, message: Connect | ConnectResp, events: list[Event], now: float) -> None:
        if not isinstance(message, Connect) or self._login is not None:
            self._violated(self._unexpected(Command.CONNECT), events)
            return
        self._login = message
        events.append(LoginRequested(message))

    def _take_traffic(self, batch: Batch, events: list[Event]) -> None:
        if batch.submissions:
            events.append(Submissions(batch.submissions))
        if batch.deliver_responses:
            expected, stray = self._split_answers(batch.deliver_responses)
            if expected:
                events.append(DeliverResponses(expected))
            if stray:
                events.append(StrayResponses(stray))
