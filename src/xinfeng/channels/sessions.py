"""All connections of one channel in this gateway: made, kept, made again, and held to the channel's rate."""

from __future__ import annotations

import asyncio
import logging
import random
import time as clock
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import cast

from xinfeng.channels.backoff import Backoff
from xinfeng.channels.config import LineConfig
from xinfeng.channels.connection import Connection
from xinfeng.channels.inbound import Callee, Port, ports
from xinfeng.channels.lines import Line, Listener
from xinfeng.channels.models import ConnectionPhase
from xinfeng.channels.rate import SlidingRate, Throttle
from xinfeng.channels.reaching import UNREACHABLE, why_unreachable
from xinfeng.kernel.time import utc_now
from xinfeng.protocols.session import CloseReason
from xinfeng.protocols.traffic import SubmitItem

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 10.0

JOIN_S = 3.0
"""How long a gateway that finds others on the channel waits before it sends: they look at `connection_state` every
second, and by then keep to the smaller share."""


@dataclass(frozen=True)
class ChannelAccount:
    """A channel as the gateway needs it. `secret` is in the clear: never print this. `hours`: when its carrier takes
    messages, `[opens, closes)` in the enterprise's zone; None: at any time."""

    id: int
    purpose: str
    config: LineConfig
    rate_per_s: int
    secret: str = field(repr=False)
    hours: tuple[time, time] | None = None
    kind: str = "cmpp3"


def usual_backoff() -> Backoff:
    """The usual patience in reconnecting."""
    return Backoff(random.random)


@dataclass
class Place:
    """Where a connection lives: one of the channel's numbered places, whoever fills it now."""

    number: int
    phase: ConnectionPhase = ConnectionPhase.CONNECTING
    detail: str = ""
    since: datetime = field(default_factory=utc_now)
    connection: Line | None = None
    counted: int = 0
    retry_at: datetime | None = None
    """When the next try is due; None while one is being made, or none is needed."""
    ready_at: float | None = None
    """Since when messages could go over its connection, the present one or the last; monotonic."""
    lasts_s: float = LineConfig.LASTED_S

    def enter(self, phase: ConnectionPhase, detail: str = "") -> None:
        """Note a phase; `since` only moves when it is another one."""
        if phase is not self.phase:
            self.since = utc_now()
        self.phase, self.detail = phase, detail[:200]
        self.retry_at = None
        if phase is ConnectionPhase.CONNECTING:
            self.ready_at = None
        elif phase is ConnectionPhase.READY:
            self.ready_at = clock.monotonic()

    @property
    def lasted(self) -> bool:
        """Whether its connection, the present one or the last, held for long."""
        return self.ready_at is not None and clock.monotonic() - self.ready_at >= self.lasts_s

    def submitted_since(self) -> int:
        """Parts submitted since this was last asked."""
        total = self.connection.submitted if self.connection else 0
        fresh = total - self.counted if total >= self.counted else total
        self.counted = total
        return fresh


class ChannelSessions:
    """The connections of a channel. `start` once, `stop` once; a changed channel gets a new instance.

    `rate` counts parts over all connections; `throttle` says what the carrier lets us do at present. Nothing may
    be sent before `set_rate` has told among how many gateways the channel's rate is shared.
    """

    gathers = 0
    """How many messages one request can be about, of those that go together; 0: each is written on its own."""

    def __init__(
        self,
        account: ChannelAccount,
        listener: Listener,
        *,
        make_backoff: Callable[[], Backoff] = usual_backoff,
    ) -> None:
        self.account = account
        config = account.config
        self.places = [Place(number, lasts_s=config.LASTED_S) for number in range(1, config.places + 1)]
        self.throttle = Throttle(account.rate_per_s)
        self.rate = SlidingRate(account.rate_per_s)
        self.port: Port | None = None
        """Where the carrier calls us, if it does."""
        self._joined = False
        self._told_at: float | None = None
        self._listener = listener
        self._make_backoff = make_backoff
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self._callee: Callee | None = None

    def start(self) -> None:
        """Begin to connect; and to listen, where the carrier calls us."""
        if inbound := self.account.config.inbound(self.account.secret):
            self._callee = Callee(self.account.id, inbound, self._listener)
            self.port = ports.open(self._callee)
        self._tasks = [asyncio.create_task(self._live(place)) for place in self.places]

    async def stop(self, *, patience_s: float = 3.0) -> None:
        """Say goodbye on every connection and wait until they are closed, or for `patience_s`."""
        self._stopping.set()
        if self._callee is not None:
            await ports.close(self._callee)
        for place in self.places:
            if place.connection is not None:
                place.connection.part()
        if not self._tasks:
            return
        _, waiting = await asyncio.wait(self._tasks, timeout=patience_s)
        for place in self.places:
            if place.connection is not None:
                place.connection.abort("stopped")
        for task in waiting:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def ready(self) -> list[Line]:
        """Connections that take submits."""
        return [
            place.connection
            for place in self.places
            if place.connection is not None
            and place.connection.phase is ConnectionPhase.READY
            and self.account.config.submits_at(place.number)
        ]

    def gather(self, line: Line, items: Sequence[SubmitItem], at_most: int) -> Sequence[int]:
        """Which of the items, the first among them, the line's next request can be about."""
        return range(min(len(items), at_most, line.free_window))

    def clogged(self) -> list[Line]:
        """Connections whose octets wait outside the kernel."""
        return [place.connection for place in self.places if place.connection and place.connection.clogged]

    def set_rate(self, rate_per_s: int, *, share: int, now: float) -> None:
        """The channel's rate, and the number of gateways it is shared by. At least 1 part a second each."""
        if self._told_at is None:
            self._told_at = now
        self._joined = self._joined or share <= 1 or now - self._told_at >= JOIN_S
        self.throttle.renominate(max(1, rate_per_s // max(1, share)))

    def budget(self, now: float) -> int:
        """Parts that may be written at this moment."""
        if not self._joined or self.throttle.paused_s(now) > 0:
            return 0
        self.rate.limit = self.throttle.rate(now)
        return self.rate.free(now)

    def wait_s(self, now: float) -> float:
        """Seconds until `budget` can be more than 0."""
        joining_s = 0.0 if self._joined else 0.1
        return max(joining_s, self.throttle.paused_s(now), self.rate.wait_s(now))

    async def _live(self, place: Place) -> None:
        backoff = self._make_backoff()
        while not self._stopping.is_set():
            place.enter(ConnectionPhase.CONNECTING)
            try:
                wait_s = await self._once(place, backoff)
            except Exception:  # told in full, and this place is not lost for good over it
                log.exception("connection failed", extra={"channel": self.account.id})
                place.connection = None
                place.enter(ConnectionPhase.WAITING, "failed")
                wait_s = backoff.failed()
            if self._stopping.is_set():
                break
            if wait_s > 0:
                place.retry_at = utc_now() + timedelta(seconds=wait_s)
            try:
                await asyncio.wait_for(self._stopping.wait(), wait_s)
            except TimeoutError:
                continue
        place.enter(ConnectionPhase.CLOSED)

    async def _once(self, place: Place, backoff: Backoff) -> float:
        """Connect and stay until the connection ends; returns how long to wait before the next try."""
        config = self.account.config
        connection = self._line(place, _Watch(self._listener, place))
        try:
            await asyncio.wait_for(
                asyncio.get_running_loop().create_connection(
                    lambda: cast(asyncio.Protocol, connection), config.host, config.port
                ),
                CONNECT_TIMEOUT_S,
            )
        except UNREACHABLE as fault:
            place.enter(ConnectionPhase.WAITING, why_unreachable(fault))
            return backoff.failed()
        place.connection = connection
        place.counted = 0
        await connection.closed
        place.connection = None
        # To say goodbye over an idle line is how SGIP ends one in order, sooner than a login has lasted.
        if connection.useful or place.lasted or connection.detail == CloseReason.LOCAL.value:
            backoff.succeeded()
        return self._rest_s(place, connection, backoff)

    def _line(self, place: Place, listener: Listener) -> Line:
        """A new line for a place, before it is connected."""
        return Connection(
            channel_id=self.account.id,
            number=place.number,
            config=self.account.config,
            secret=self.account.secret,
            listener=listener,
        )

    def _rest_s(self, place: Place, line: Line, backoff: Backoff) -> float:
        """A line has ended; seconds until the next is tried."""
        if isinstance(line, Connection) and line.refused_status is not None:
            place.enter(ConnectionPhase.REFUSED, f"{line.detail}:{line.refused_status}")
            log.warning("login refused", extra={"channel": self.account.id, "status": line.refused_status})
            return backoff.refused(line.detail)
        place.enter(ConnectionPhase.WAITING, line.detail)
        return backoff.failed()


class _Watch:
    """Keeps a place's phase in step with its connection, and passes everything on."""

    def __init__(self, listener: Listener, place: Place) -> None:
        self._place = place
        self.answered = listener.answered
        self.answered_late = listener.answered_late
        self.unanswered = listener.unanswered
        self.received = listener.received
        self._changed = listener.changed

    def changed(self, connection: Line) -> None:
        if connection.phase is ConnectionPhase.READY:
            self._place.enter(ConnectionPhase.READY)
        elif self._place.phase is ConnectionPhase.READY:
            self._place.enter(ConnectionPhase.CLOSED, connection.detail)
        self._changed(connection)
