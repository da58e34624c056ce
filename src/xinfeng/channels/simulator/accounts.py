"""Who may log in, over which connections, and what waits to be delivered."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from xinfeng.channels.simulator.clockwork import RateGate
from xinfeng.protocols.traffic import ReplyItem, ReportItem, SubmitResponse


class Link(Protocol):
    """What the carrier asks of a connection."""

    account: Account | None

    @property
    def unacknowledged(self) -> int:
        """Deliveries in flight."""
        ...

    def answer(self, responses: list[SubmitResponse]) -> None:
        """Answer submits, if the provider is still there."""

    def deliver(self, account: Account) -> None:
        """Send what waits for the account, as far as the window allows."""

    def send(self, data: bytes) -> None:
        """Octets to the provider, unless the carrier is playing dead."""

    def tick(self, now: float) -> None:
        """Let the session look at its timers."""

    def part(self) -> None:
        """Say goodbye, if there is somebody to say it to."""

    def abort(self) -> None:
        """Drop the connection without a word."""


@dataclass(slots=True)
class Account:
    """A provider, its connections, and what waits to be delivered to it. Outlives every connection."""

    name: str
    secret: str
    gate: RateGate
    links: list[Link] = field(default_factory=list)
    reports: deque[ReportItem] = field(default_factory=deque)
    replies: deque[ReplyItem] = field(default_factory=deque)
    called: bool = False
    """Whether the carrier is calling the provider, or connected to it."""

    def take_back(self, reports: Sequence[ReportItem], replies: Sequence[ReplyItem]) -> None:
        """Deliver these again, before everything else."""
        self.reports.extendleft(reversed(reports))
        self.replies.extendleft(reversed(replies))
