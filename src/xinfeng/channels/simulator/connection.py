"""One connection of a provider to the simulated carrier."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

from xinfeng.channels.simulator.accounts import Account
from xinfeng.channels.simulator.carrier import Carrier
from xinfeng.protocols.session import Closed, CloseReason, Expired, State, Timers
from xinfeng.protocols.traffic import (
    DeliverResponses,
    Event,
    LoginRequested,
    ReplyItem,
    ReportItem,
    Submissions,
    SubmitResponse,
)

_AGAIN_AFTER_MS = 1000
"""Before a delivery is repeated that the provider answered with an error."""
_MOST_REPORTS_A_WRITE = 2000
_MOST_UNSENT = 16 << 20
"""Octets. Far more than the windows of an honest provider allow: two ends that both stop reading wait forever."""


class Connection(asyncio.Protocol):
    """Moves octets between a transport, a session and the carrier."""

    def __init__(self, carrier: Carrier, session: Any = None) -> None:
        self._carrier = carrier
        self._loop = asyncio.get_running_loop()
        self.gone = self._loop.create_future()
        self._transport: asyncio.Transport | None = None
        options = carrier.options
        self._session: Any = session or carrier.dialect.make_session(
            now=self._loop.time(),
            window=options.deliver_window,
            timers=Timers(idle_s=options.idle_s, response_s=options.resend_s, attempts=options.attempts),
        )
        self.account: Account | None = None
        self._reports: dict[int, ReportItem] = {}
        self._replies: dict[int, ReplyItem] = {}
        self._sends: dict[int, int] = {}
        """How often a delivery was sent, by its latest sequence, where more than once."""

    @property
    def unacknowledged(self) -> int:
        """Deliveries in flight."""
        return len(self._reports) + len(self._replies)

    # --- transport -------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_MOST_UNSENT)
        self._carrier.connections.add(self)

    def data_received(self, data: bytes) -> None:
        now = self._loop.time()
        self._take_all(self._session.feed(data, now), now)

    @property
    def delivers(self) -> bool:
        """Whether reports and replies go over this connection."""
        return not self._carrier.dialect.calls_back

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.gone.done():
            self.gone.set_result(None)
        self._transport = None
        self._take_all(self._session.lost(), self._loop.time())
        self._leave()

    def pause_writing(self) -> None:
        """The provider does not read: read nothing from it either, so that nothing piles up here."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def send(self, data: bytes) -> None:
        """To the provider, unless the carrier is playing dead. What it accepted is in the log before that."""
        self._carrier.log.flush()
        transport = self._transport
        if data and transport and not transport.is_closing() and not self._carrier.behaviour.silent:
            transport.write(data)

    def abort(self) -> None:
        """Drop the connection without a word."""
        if self._transport is not None:
            self._transport.abort()
        self._leave()

    def tick(self, now: float) -> None:
        """Let the session look at its timers."""
        self._take_all(self._session.tick(now), now)

    def part(self) -> None:
        """Say goodbye, if there is somebody to say it to."""
        if self._session.state is State.OPEN:
            self._session.part(self._loop.time())
            self.send(self._session.data_to_send())

    # --- events ----------------------------------------------------------------------------------------------

    def _take_all(self, events: Sequence[Event], now: float) -> None:
        for event in events:
            self._take(event, now)
        self.send(self._session.data_to_send())
        if self._session.closed and self._transport is not None:
            self._transport.close()

    def _take(self, event: Event, now: float) -> None:
        match event:
            case Submissions():
                self._carrier.take_submissions(self, event.items, now)
            case DeliverResponses():
                self._take_acknowledgements(event.items)
            case LoginRequested():
                self._take_login(event, now)
            case Expired():
                self._repeat(event.sequences, now)
            case Closed():
                self._carrier.counters.violations += event.reason is CloseReason.VIOLATION
                self._leave()
            case _:
                pass  # acknowledgements nobody waits for any more

    def _take_login(self, event: LoginRequested, now: float) -> None:
        carrier = self._carrier
        if status := carrier.login_status(event.login):
            carrier.counters.logins_refused += 1
            self._session.refuse(status)
            return
        account = carrier.accounts[event.login.account]
        self._session.admit(secret=account.secret, now=now)
        self.send(self._session.data_to_send())
        carrier.counters.logins += 1
        self._join(account)

    def _join(self, account: Account) -> None:
        """Let in: what waits for the account can go."""
        self.account = account
        account.links.append(self)
        self._carrier.pump(account)

    def answer(self, responses: list[SubmitResponse]) -> None:
        """Answer submits, if the provider is still there."""
        if responses and self._session.state in (State.OPEN, State.CLOSING):
            self.send(self._session.submit_resp_batch(responses))

    def deliver(self, account: Account) -> None:
        """Send what waits for the account, as far as the window allows."""
        if not self.delivers:
            return
        now = self._loop.time()
        while account.reports and (room := self._session.free_window):
            count = min(room, len(account.reports), _MOST_REPORTS_A_WRITE)
            self._send_reports([account.reports.popleft() for _ in range(count)], now)
        if account.replies and (room := self._session.free_window):
            count = min(room, len(account.replies))
            self._send_replies([account.replies.popleft() for _ in range(count)], now)

    def _send_reports(self, reports: list[ReportItem], now: float) -> Sequence[int]:
        data, sequences = self._session.report_batch(reports, now)
        self._reports.update(zip(sequences, reports, strict=True))
        return self._sent(data, sequences)

    def _send_replies(self, replies: list[ReplyItem], now: float) -> Sequence[int]:
        data, sequences = self._session.reply_batch(replies, now)
        self._replies.update(zip(sequences, replies, strict=True))
        return self._sent(data, sequences)

    def _sent(self, data: bytes, sequences: Sequence[int]) -> Sequence[int]:
        self._carrier.counters.deliveries_sent += len(sequences)
        self.send(data)
        return sequences

    def _take_acknowledgements(self, items: list[SubmitResponse]) -> None:
        carrier, account, take = self._carrier, self.account, self._reports.pop
        if account is None:
            return
        reports: list[ReportItem] = []
        replies: list[ReplyItem] = []
        for sequence, _, result in items:
            if (report := take(sequence, None)) is not None:
                if result:
                    reports.append(report)
            else:
                reply = self._replies.pop(sequence)
                if result:
                    replies.append(reply)
        refused = len(reports) + len(replies)
        if self._sends:
            for item in items:
                self._sends.pop(item[0], None)
        if refused:
            carrier.later.after(_AGAIN_AFTER_MS, lambda: account.take_back(reports, replies))
        carrier.counters.deliveries_acknowledged += len(items) - refused
        if account.reports or account.replies:
            carrier.pump(account)

    def _repeat(self, sequences: list[int], now: float) -> None:
        """Send again what was not acknowledged; give the connection up when it was sent often enough."""
        tries = {sequence: self._sends.pop(sequence, 1) for sequence in sequences}
        if max(tries.values()) >= self._carrier.options.attempts or self._session.state is not State.OPEN:
            self.abort()
            return
        for sequence in sequences:
            if (reply := self._replies.pop(sequence, None)) is not None:
                (again,) = self._send_replies([reply], now)
            else:
                (again,) = self._send_reports([self._reports.pop(sequence)], now)
            self._sends[again] = tries[sequence] + 1
        self._carrier.counters.deliveries_repeated += len(sequences)

    def _leave(self) -> None:
        """Hand back what was not acknowledged, for another connection; safe to call twice."""
        self._carrier.connections.discard(self)
        account, self.account = self.account, None
        if account is not None:
            account.links.remove(self)
            account.take_back(list(self._reports.values()), list(self._replies.values()))
            self._reports.clear()
            self._replies.clear()
            self._sends.clear()
            self._carrier.pump(account)
