"""Connections that carriers open to us, to deliver reports and replies (SGIP).

One port serves all accounts of this process that name it; who calls is told by the login name. A login that nobody here
has, or with a wrong password, is refused, and a caller that keeps failing is made to wait.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from xinfeng.channels.config import Inbound
from xinfeng.channels.intake import Intake
from xinfeng.channels.lines import Listener, Ref
from xinfeng.channels.models import ConnectionPhase
from xinfeng.kernel.time import utc_now
from xinfeng.protocols.core import DeliverySession
from xinfeng.protocols.session import Closed
from xinfeng.protocols.traffic import (
    Acknowledgement,
    Event,
    LoginRequested,
    Receipt,
    Receipts,
    Replies,
    Reply,
    Skipped,
    SubmitItem,
)

log = logging.getLogger(__name__)

MOST_CALLS = 64
"""Open connections of one port."""
REFUSED = 1
"""SGIP: illegal login, by a wrong name, password or address."""
LISTEN_AGAIN_S = 5.0
FAILURES_ALLOWED = 5
"""Refused logins of one address before it has to wait …"""
FAILURES_FORGOTTEN_S = 60.0
"""… so long."""


@dataclass(frozen=True, slots=True, eq=False)
class Callee:
    """An account that carriers call, and who hears what they deliver."""

    channel_id: int
    inbound: Inbound
    listener: Listener


class InboundConnection(asyncio.Protocol):
    """One call of a carrier. Offers what `delivery` asks of a line, but takes no submits."""

    number = 0
    submitted = 0
    round_trip_ms: float | None = None
    window_used = 0
    free_window = 0
    clogged = False

    def __init__(self, port: Port) -> None:
        self.channel_id = 0
        self.phase = ConnectionPhase.CONNECTING
        self.detail = ""
        self.useful = False
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._port = port
        self._intake = Intake(self._read)
        self._callee: Callee | None = None
        self._session: DeliverySession | None = None
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._half_closed = False

    # --- asyncio.Protocol ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._intake.attach(self._transport)
        now = time.monotonic()
        session = self._port.new_session(now)
        if session is None or not self._port.admits(self, self._peer(), now):
            self._transport.abort()
            return
        self._session = session
        self._schedule_tick()

    def data_received(self, data: bytes) -> None:
        self._intake.feed(data)

    def eof_received(self) -> bool:
        """The carrier has said all it will; it may still want our answers, so we stay until they are given."""
        self._half_closed = True
        self._intake.drain()
        return self._intake.owes

    def pause_writing(self) -> None:
        self._intake.block(blocked=True)

    def resume_writing(self) -> None:
        self._intake.block(blocked=False)

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._intake.finish()
        if self._session is not None:
            self._take(self._session.lost())
        self._transport = None
        self.phase = ConnectionPhase.CLOSED
        self._port.connections.discard(self)
        if not self.closed.done():
            self.closed.set_result(None)

    # --- for the owner ---------------------------------------------------------------------------------------

    def submit(self, items: Sequence[SubmitItem], refs: Iterable[Ref], now: float) -> int:
        """Nothing is submitted over a connection that the carrier opened."""
        return 0

    def acknowledge(self, deliveries: Iterable[Acknowledgement]) -> None:
        """Tell the carrier that these are committed; on a connection that is gone, nothing: it will ask again."""
        if self.phase is ConnectionPhase.READY and self._session is not None:
            taken = list(deliveries)
            self._write(self._session.acknowledge(taken))
            self._intake.acknowledged(len(taken))
            self._take(self._session.feed(b"", time.monotonic()))
            if self._half_closed and not self._intake.owes and self._transport is not None:
                self._transport.close()

    def abort(self, code: str) -> None:
        self.detail = self.detail or code
        if self._transport is not None:
            self._transport.abort()

    def part(self) -> None:
        if self.phase is ConnectionPhase.READY and self._session is not None:
            self.phase = ConnectionPhase.CLOSED
            self._session.part(time.monotonic())
            self._write(self._session.data_to_send())
        elif self._transport is not None:
            self._transport.abort()

    @property
    def callee(self) -> Callee | None:
        """Whom the carrier calls, once it has proved itself."""
        return self._callee

    # --- inside ----------------------------------------------------------------------------------------------

    def _read(self, data: bytes) -> None:
        if self._session is not None:
            self._take(self._session.feed(data, time.monotonic()))

    def _take(self, events: Sequence[Event]) -> None:
        receipts: list[Receipt] = []
        replies: list[Reply] = []
        for event in events:
            match event:
                case LoginRequested():
                    self._take_login(event)
                case Receipts(items):
                    receipts += items
                case Replies(items):
                    replies += items
                case Skipped(error):
                    log.warning(
                        "a carrier's message could not be read",
                        extra={"channel": self.channel_id, "code": error.code},
                    )
                case Closed(error=error):
                    self.phase = ConnectionPhase.CLOSED
                    if error is not None and self._callee is None:
                        self._port.turned_away("garbage", self._peer())
                case _:
                    pass  # nothing is submitted here, so nothing is answered
        if self._callee is not None and (receipts or replies):
            self._intake.delivered(len(receipts) + len(replies))
            self._callee.listener.received(self, receipts, replies)
        if self._session is not None:
            self._write(self._session.data_to_send())
            if self._session.closed and self._transport is not None:
                self._transport.close()

    def _take_login(self, event: LoginRequested) -> None:
        assert self._session is not None
        callee = self._port.callees.get(event.login.account)
        if callee is None or not event.login.proves(callee.inbound.secret):
            self._port.failed(self._peer(), time.monotonic())
            self._port.turned_away("name" if callee is None else "secret", self._peer())
            log.warning("a carrier's login was refused", extra={"port": self._port.number})
            self._session.refuse(REFUSED)
            return
        self._session.admit(secret=callee.inbound.secret, now=time.monotonic())
        self._callee, self.channel_id = callee, callee.channel_id
        self._port.refusal = ""
        self.phase = ConnectionPhase.READY
        self._take(self._session.feed(b"", time.monotonic()))

    def _peer(self) -> str:
        peer = self._transport.get_extra_info("peername") if self._transport else None
        return str(peer[0]) if peer else ""

    def _write(self, data: bytes) -> None:
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _schedule_tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(1.0, self._tick)

    def _tick(self) -> None:
        if self._session is None:
            return
        self._take(self._session.tick(time.monotonic()))
        if not self._session.closed:
            self._schedule_tick()


class Port:
    """A port that is listened on, and whom carriers may call there."""

    def __init__(self, host: str, number: int) -> None:
        self.host, self.number = host, number
        self.callees: dict[str, Callee] = {}
        self.connections: set[InboundConnection] = set()
        self.since = utc_now()
        """When it began to listen, or to try."""
        self.fault = ""
        """Why it is not listened on; empty: it is."""
        self.refusal = ""
        """Why the last call was refused, and where it came from; empty: none was since the last that was taken."""
        self._failures: dict[str, tuple[int, float]] = {}
        self._server: asyncio.Server | None = None
        self._task = asyncio.create_task(self._listen())

    def new_session(self, now: float) -> DeliverySession | None:
        """For a caller whom we don't know yet; all accounts of a port speak alike."""
        callee = next(iter(self.callees.values()), None)
        return callee.inbound.make_session(now) if callee else None

    def admits(self, connection: InboundConnection, peer: str, now: float) -> bool:
        """Whether another call is taken; if so, it is noted."""
        count, last = self._failures.get(peer, (0, 0.0))
        if count >= FAILURES_ALLOWED and now - last < FAILURES_FORGOTTEN_S:
            return False
        if len(self.connections) >= MOST_CALLS:
            self.turned_away("calls", peer)
            return False
        self.connections.add(connection)
        return True

    def turned_away(self, why: str, peer: str) -> None:
        """Note why the last call was refused, for people: `name`, `secret`, `garbage` (no SGIP) or `calls` (too many)."""
        self.refusal = f"{why}:{peer}"

    def failed(self, peer: str, now: float) -> None:
        """A login of this address was refused."""
        count, last = self._failures.get(peer, (0, now))
        self._failures = {
            one: kept for one, kept in self._failures.items() if now - kept[1] < FAILURES_FORGOTTEN_S
        }
        self._failures[peer] = (1 if now - last >= FAILURES_FORGOTTEN_S else count + 1, now)

    async def close(self) -> None:
        """Listen no more, and hang up."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._server is not None:
            self._server.close()
        for connection in list(self.connections):
            connection.part()

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        while self._server is None:
            try:
                self._server = await loop.create_server(
                    lambda: InboundConnection(self), self.host, self.number
                )
                self.fault, self.since = "", utc_now()
            except OSError as fault:
                self.fault = f"listen.{type(fault).__name__}"
                log.warning("can't listen for carriers", extra={"port": self.number, "fault": self.fault})
                await asyncio.sleep(LISTEN_AGAIN_S)

    @property
    def listening(self) -> bool:
        return self._server is not None


class Ports:
    """All ports of this process. `open` and `close` come in pairs."""

    def __init__(self) -> None:
        self._ports: dict[tuple[str, int], Port] = {}

    def open(self, callee: Callee) -> Port:
        """Let carriers call `callee`; of two accounts with one name on one port, the later is called."""
        where = callee.inbound.host, callee.inbound.port
        port = self._ports.get(where)
        if port is None:
            port = self._ports[where] = Port(*where)
        port.callees[callee.inbound.name] = callee
        return port

    async def close(self, callee: Callee) -> None:
        """Hang up its calls; the port goes with the last account."""
        where = callee.inbound.host, callee.inbound.port
        port = self._ports.get(where)
        if port is None:
            return
        if port.callees.get(callee.inbound.name) is callee:
            del port.callees[callee.inbound.name]
        for connection in [one for one in port.connections if one.callee is callee]:
            connection.part()
        if not port.callees:
            del self._ports[where]
            await port.close()


ports = Ports()
"""Those of this process."""
