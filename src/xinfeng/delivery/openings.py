"""When a plan may send: its windows and its deadline, by the clock, at every write. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Openings:
    """Windows `[start, end)` and the deadline, as seconds since 1970."""

    windows: tuple[tuple[float, float], ...]
    deadline: float

    @classmethod
    def read(cls, windows: Sequence[Sequence[str]], deadline: datetime) -> Openings:
        """From `plan.windows` (ISO 8601) and `plan.deadline`."""
        spans = tuple(
            (datetime.fromisoformat(start).timestamp(), datetime.fromisoformat(end).timestamp())
            for start, end in windows
        )
        return cls(spans, deadline.timestamp())

    def open_until(self, now: float) -> float | None:
        """Until when it may send without looking again; None: it may not now."""
        if now >= self.deadline:
            return None
        for start, end in self.windows:
            if start <= now < end:
                return min(end, self.deadline)
        return None
