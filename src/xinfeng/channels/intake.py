"""How much of a peer is read at a time, so that one carrier holds up neither the others nor our memory.

A connection reads nothing for as long as the peer does not take what we have to say, or has delivered more than we could
store so far: then the network tells the peer to wait. What one read brought beyond `SLICE` octets is taken in turn with
everybody else's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

SLICE = 64 * 1024
"""Octets taken before others get their turn: some 400 receipts, or a few milliseconds of work."""

MOST_OWED = 10_000
"""Deliveries of one connection that may wait to be acknowledged; carriers keep to windows of some dozens."""


class Intake:
    """Stands between a transport and whoever takes its octets. Reads again by itself once it may."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._transport: asyncio.Transport | None = None
        self._held = b""
        self._turn: asyncio.Handle | None = None
        self._owed = 0
        self._blocked = False
        """The peer does not take what we write."""
        self._paused = False

    @property
    def swamped(self) -> bool:
        """Whether nothing is read because of what the peer does."""
        return self._blocked or self._owed > MOST_OWED

    @property
    def owes(self) -> bool:
        """Whether anything that was handed on waits for its acknowledgement."""
        return self._owed > 0

    def attach(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def feed(self, data: bytes) -> None:
        """Octets arrived."""
        self._held += data
        if self._turn is None:
            self._step()

    def delivered(self, count: int) -> None:
        """So many deliveries were handed on and wait for their acknowledgement."""
        self._owed += count
        self._settle()

    def acknowledged(self, count: int) -> None:
        """So many were acknowledged."""
        self._owed = max(0, self._owed - count)
        self._settle()

    def block(self, *, blocked: bool) -> None:
        """The transport's buffer is full, or empty enough again (`pause_writing`, `resume_writing`)."""
        self._blocked = blocked
        self._settle()

    def finish(self) -> None:
        """The connection has ended: take what is left of what was read."""
        self._transport = None
        self.drain()

    def drain(self) -> None:
        """Take what is left of what was read, for no more will come."""
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        while self._held:
            self._take_slice()

    def _step(self) -> None:
        self._turn = None
        if self._held and not self.swamped:
            self._take_slice()
        self._settle()

    def _take_slice(self) -> None:
        piece, self._held = self._held[:SLICE], self._held[SLICE:]
        self._take(piece)

    def _settle(self) -> None:
        """Read, or don't; and see to it that what is held gets its turn."""
        if self._transport is None or self._transport.is_closing():
            return
        if self._held and not self.swamped and self._turn is None:
            self._turn = asyncio.get_running_loop().call_soon(self._step)
        pause = bool(self._held) or self.swamped
        if pause != self._paused:
            self._paused = pause
            (self._transport.pause_reading if pause else self._transport.resume_reading)()
