"""One connection to a carrier: a sans-IO session on an asyncio transport.

Submits are handed to the kernel by the very call that encodes them (`os.write` on the non-blocking socket):
uvloop's `transport.write` only queues until the end of its loop iteration, but what was written within a permit
must be out of our hands when the permit is given back. Should the kernel's buffer be full, the rest goes through
the transport and the connection counts as `clogged` until that is empty.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Iterable, Sequence
from typing import cast

from xinfeng.channels.config import LineConfig
from xinfeng.channels.intake import Intake
from xinfeng.channels.lines import Answered as Answered
from xinfeng.channels.lines import Line as Line
from xinfeng.channels.lines import Listener as Listener
from xinfeng.channels.lines import Ref as Ref
from xinfeng.channels.models import ConnectionPhase
from xinfeng.channels.reaching import FIRST_OCTETS, other_speech
from xinfeng.kernel.time import utc_now
from xinfeng.protocols.session import Closed, CloseReason, Expired, Refused
from xinfeng.protocols.traffic import (
    Acknowledgement,
    Event,
    Opened,
    Receipt,
    Receipts,
    Replies,
    Reply,
    Skipped,
    StrayResponses,
    SubmitItem,
    SubmitResponses,
)

log = logging.getLogger(__name__)

_SEND_BUFFER = 4 * 1024 * 1024
_REMEMBERED = 2_000
_GRACE_S = 10.0
"""For a carrier that owes an answer to say that it lives, once it was asked."""


class Connection(asyncio.Protocol):
    """A connection of a channel from the first octet to the last; a new one is made for every try.

    `number` counts the connections of a channel from 1. `unanswered` is told as code `timeout` (no answer in
    time) or `lost` (the connection ended first).
    """

    def __init__(
        self, *, channel_id: int, number: int, config: LineConfig, secret: str, listener: Listener
    ) -> None:
        self.channel_id = channel_id
        self.number = number
        self.phase = ConnectionPhase.CONNECTING
        self.detail = ""
        self.refused_status: int | None = None
        self.useful = False
        self.submitted = 0
        self.round_trip_ms: float | None = None
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._intake = Intake(self._read)
        self._first = b""
        self._was_open = False
        self._config = config
        self._listener = listener
        self._session = config.session_at(number, secret)
        self._refs: dict[int, Ref] = {}
        self._expired: dict[int, Ref] = {}
        self._probe: tuple[int, float] | None = None
        self._heard_at = 0.0
        self._owed_at: float | None = None
        """Since when an answer is overdue and nothing at all was heard."""
        self._transport: asyncio.Transport | None = None
        self._fd = -1
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    # --- for the dispatcher ----------------------------------------------------------------------------------

    @property
    def free_window(self) -> int:
        """How many submits may be written now. None to a carrier that owes an answer, until it says anything."""
        return 0 if self.clogged or self._owed_at is not None else self._session.free_window

    @property
    def window_used(self) -> int:
        """Submits in flight."""
        return len(self._refs)

    @property
    def clogged(self) -> bool:
        """Whether octets wait outside the kernel."""
        return self._transport is not None and self._transport.get_write_buffer_size() > 0

    def submit(self, items: Sequence[SubmitItem], refs: Iterable[Ref], now: float) -> int:
        """Write as many of the items, from the first on, as the window has room for; returns how many.

        Call only within a valid permit. Raises LocalProtocolError, with nothing written, for an item that
        can't be encoded.
        """
        data, sequences = self._session.submit_batch(items, now)
        if not sequences:
            return 0
        self._refs.update(zip(sequences, refs, strict=False))
        if self._probe is None:
            self._probe = (sequences[-1], now)
        self.submitted += len(sequences)
        self._write(data)
        return len(sequences)

    def acknowledge(self, deliveries: Iterable[Acknowledgement]) -> None:
        """Tell the carrier that these are committed. On a connection that is gone: nothing; it will ask again."""
        if self.phase is ConnectionPhase.READY:
            taken = list(deliveries)
            self._write(self._session.acknowledge(taken))
            self._intake.acknowledged(len(taken))

    def abort(self, code: str) -> None:
        """Give the connection up at once; what is in flight becomes unanswered."""
        self.detail = self.detail or code
        if self._transport is not None:
            self._transport.abort()

    def part(self) -> None:
        """Say goodbye; the connection closes once the carrier has answered, or after the response time."""
        if self.phase is ConnectionPhase.READY:
            self.phase = ConnectionPhase.CLOSED
            self._session.part(time.monotonic())
            self._flush()
            self._listener.changed(self)
        elif self._transport is not None:
            self._transport.abort()

    # --- asyncio.Protocol ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._intake.attach(self._transport)
        line = transport.get_extra_info("socket")
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        self._fd = line.fileno()
        now = time.monotonic()
        self._heard_at = now
        self._session.connect(utc_now(), now)
        self._flush()
        self._schedule_tick()

    def data_received(self, data: bytes) -> None:
        self._intake.feed(data)

    def pause_writing(self) -> None:
        self._intake.block(blocked=True)

    def resume_writing(self) -> None:
        self._intake.block(blocked=False)

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._intake.finish()
        self._take(self._session.lost(), time.monotonic())
        self._fd = -1
        self._transport = None
        if self.phase is not ConnectionPhase.REFUSED:
            self.phase = ConnectionPhase.CLOSED
        self._listener.changed(self)
        if not self.closed.done():
            self.closed.set_result(None)

    # --- inside ----------------------------------------------------------------------------------------------

    def _read(self, data: bytes) -> None:
        now = time.monotonic()
        self._heard_at = now
        if self._owed_at is not None:
            self._owed_at = None
            self._listener.changed(self)
        if len(self._first) < FIRST_OCTETS:
            self._first = (self._first + data)[:FIRST_OCTETS]
        self._take(self._session.feed(data, now), now)
        self._flush()
        if self._session.closed:
            self._close()

    def _take(self, events: list[Event], now: float) -> None:
        receipts: list[Receipt] = []
        replies: list[Reply] = []
        for event in events:
            match event:
                case SubmitResponses(items):
                    self._take_answers(items, now)
                case Receipts(items):
                    receipts += items
                case Replies(items):
                    replies += items
                case StrayResponses(items):
                    pop = self._expired.pop
                    late = [(ref, id_, result) for seq, id_, result in items if (ref := pop(seq, None))]
                    if late:
                        self._listener.answered_late(self, late)
                case Expired(sequences):
                    self._take_expired(sequences, now)
                case Skipped(error):
                    log.warning(
                        "a carrier's message could not be read",
                        extra={"channel": self.channel_id, "connection": self.number, "code": error.code},
                    )
                case Opened():
                    self._opened()
                case Refused():
                    self.refused_status = event.status
                    self.phase = ConnectionPhase.REFUSED
                    self.detail = event.code
                case Closed():
                    self._take_end(event)
                case _:  # events of the other end of a connection
                    raise AssertionError(f"a client session told {event!r}")
        if receipts or replies:
            self.useful = True
            self._intake.delivered(len(receipts) + len(replies))
            self._listener.received(self, receipts, replies)

    def _take_answers(self, items: list[tuple[int, bytes, int]], now: float) -> None:
        if self._probe is not None:
            sequence, sent_at = self._probe
            if sequence not in self._refs:
                self._probe = None
            elif sequence <= items[-1][0]:
                round_trip_ms = (now - sent_at) * 1000
                known = self.round_trip_ms
                self.round_trip_ms = round_trip_ms if known is None else 0.8 * known + 0.2 * round_trip_ms
                self._probe = None
        pop = self._refs.pop
        self._listener.answered(self, [(pop(sequence), msg_id, result) for sequence, msg_id, result in items])

    def _take_expired(self, sequences: list[int], now: float) -> None:
        refs = [self._refs.pop(sequence) for sequence in sequences]
        for sequence, ref in zip(sequences, refs, strict=True):
            self._expired[sequence] = ref
        while len(self._expired) > _REMEMBERED:
            del self._expired[next(iter(self._expired))]
        self._owed_at = self._owed_at or now
        self._listener.unanswered(self, refs, "timeout")

    def _take_end(self, event: Closed) -> None:
        refs = [self._refs.pop(sequence) for sequence in event.pending if sequence in self._refs]
        if self.phase is not ConnectionPhase.REFUSED:
            self.phase = ConnectionPhase.CLOSED
            self.detail = self.detail or self._why(event)
        if event.reason is not CloseReason.LOCAL:
            log.info(
                "connection ended",
                extra={"channel": self.channel_id, "connection": self.number, "reason": self.detail},
            )
        if refs:
            self._listener.unanswered(self, refs, "lost")

    def _why(self, event: Closed) -> str:
        """How it ended, as a code. Before the login, the same end means something else."""
        if not self._was_open:
            if event.reason is CloseReason.VIOLATION and (other := other_speech(self._first)):
                return other
            if event.reason is CloseReason.SILENT:
                return "login_silent"
            if event.reason is CloseReason.LOST:
                return "closed"
        elif event.reason is CloseReason.SILENT and self._intake.swamped:
            return "swamped"
        return event.error.code if event.error else event.reason.value

    def _opened(self) -> None:
        self._was_open = True
        self.phase = ConnectionPhase.READY
        self.detail = ""
        self._listener.changed(self)

    def _flush(self) -> None:
        if data := self._session.data_to_send():
            self._write(data)

    def _write(self, data: bytes) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if transport.get_write_buffer_size() == 0:
            try:
                written = os.write(self._fd, data)
            except BlockingIOError:
                written = 0
            except OSError:
                transport.abort()
                return
            if written == len(data):
                return
            data = data[written:]
        transport.write(data)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _schedule_tick(self) -> None:
        pace = min(1.0, self._config.response_timeout_s / 4)
        self._timer = self._loop.call_later(pace, self._tick)

    def _tick(self) -> None:
        now = time.monotonic()
        self._take(self._session.tick(now), now)
        self._flush()
        if self._session.closed:
            self._close()
            return
        silent_s = self._config.response_timeout_s
        if (
            self._owed_at is not None
            and now - self._heard_at >= silent_s
            and now - self._owed_at >= min(silent_s, _GRACE_S)
        ):
            self.abort("swamped" if self._intake.swamped else "silent")
        self._schedule_tick()
