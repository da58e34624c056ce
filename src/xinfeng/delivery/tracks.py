"""One plan on one channel, as a gateway has it in memory."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from xinfeng.channels.rate import SlidingRate
from xinfeng.delivery.chunks import LoadedChunk
from xinfeng.delivery.health import Health
from xinfeng.delivery.leases import RunningPlan
from xinfeng.delivery.openings import Hours, Openings


@dataclass
class Track:
    """A plan's chunks in order, its own rate, and how the carrier has taken it.

    `open_until`: up to which time (as `time.time`) nothing has to be asked of the clock. `empty_at`: when there was last
    no chunk to lease, monotonic.
    """

    plan: RunningPlan
    openings: Openings
    health: Health = field(default_factory=Health)
    chunks: deque[LoadedChunk] = field(default_factory=deque)
    rate: SlidingRate | None = None
    open_until: float = 0.0
    pausing: bool = False
    empty_at: float = 0.0

    @property
    def unsent(self) -> int:
        """Parts in memory that may still be written."""
        return sum(chunk.unsent for chunk in self.chunks if chunk.closing is None and not chunk.lost)

    def read_openings(self, hours: Hours | None) -> None:
        """When it may be sent, within the hours of its channel; looks at the clock again before the next message."""
        self.openings = Openings.read(self.plan.windows, self.plan.deadline, hours)
        self.open_until = 0.0
