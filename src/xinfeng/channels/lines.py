"""What a gateway asks of a connection to a carrier, whatever is spoken over it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from xinfeng.channels.models import ConnectionPhase
from xinfeng.protocols.traffic import Acknowledgement, Receipt, Reply, SubmitItem

Ref = tuple[Any, int, int]
"""What the owner wants back with the answer to a submit; the last is when it was sent (µs, see `delivery.rows`)."""

Answered = tuple[Ref, bytes, Any]
"""Ref, message id, result: 0 for accepted, else an int of the protocol, a vendor's code, or `TakenBack`."""


class TakenBack(str):
    """A result that is none yet: the request was refused as a whole for something that is not about this message (the
    account, or another number of the batch), so nothing of it was taken, and the message may be written again. The
    text is the vendor's code."""

    __slots__ = ()


class Line(Protocol):
    """A connection of a channel. Made for one try; `closed` is done when it has ended."""

    channel_id: int
    number: int
    phase: ConnectionPhase
    detail: str
    useful: bool
    submitted: int
    round_trip_ms: float | None
    closed: asyncio.Future[None]

    @property
    def free_window(self) -> int: ...

    @property
    def window_used(self) -> int: ...

    @property
    def clogged(self) -> bool: ...

    def submit(self, items: Sequence[SubmitItem], refs: Iterable[Ref], now: float) -> int: ...

    def acknowledge(self, deliveries: Iterable[Acknowledgement]) -> None: ...

    def abort(self, code: str) -> None: ...

    def part(self) -> None: ...


class Listener(Protocol):
    """What the owner of connections hears. Called from the event loop; must not block."""

    def answered(self, connection: Line, answers: list[Answered]) -> None: ...
    def answered_late(self, connection: Line, answers: list[Answered]) -> None: ...
    def unanswered(self, connection: Line, refs: list[Ref], code: str) -> None: ...
    def received(self, connection: Line, receipts: list[Receipt], replies: list[Reply]) -> None: ...
    def changed(self, connection: Line) -> None: ...
