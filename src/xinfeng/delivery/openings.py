"""When a plan may send over a channel: its windows, its deadline and the channel's hours, by the clock, at every write.
Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Hours:
    """`[opens, closes)` of each day in the enterprise's zone: when a channel's carrier takes messages."""

    opens: time
    closes: time
    zone: ZoneInfo

    def open_until(self, now: float) -> float | None:
        """Until when they are open; None: they are not."""
        local = datetime.fromtimestamp(now, self.zone)
        if not self.opens <= local.time() < self.closes:
            return None
        return datetime.combine(local.date(), self.closes, self.zone).timestamp()


@dataclass(frozen=True, slots=True)
class Openings:
    """Windows `[start, end)` and the deadline, as seconds since 1970; `hours` None: the channel is always open."""

    windows: tuple[tuple[float, float], ...]
    deadline: float
    hours: Hours | None = None

    @classmethod
    def read(
        cls, windows: Sequence[Sequence[str]], deadline: datetime, hours: Hours | None = None
    ) -> Openings:
        """From `plan.windows` (ISO 8601) and `plan.deadline`."""
        spans = tuple(
            (datetime.fromisoformat(start).timestamp(), datetime.fromisoformat(end).timestamp())
            for start, end in windows
        )
        return cls(spans, deadline.timestamp(), hours)

    def open_until(self, now: float) -> float | None:
        """Until when it may send without looking again; None: it may not now."""
        if now >= self.deadline:
            return None
        closes = self.deadline if self.hours is None else self.hours.open_until(now)
        if closes is None:
            return None
        for start, end in self.windows:
            if start <= now < end:
                return min(end, self.deadline, closes)
        return None
