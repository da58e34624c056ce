"""Totals for monitoring that cost as much on the millionth day as on the first.

What lies before yesterday is counted once a process and day, what came since at every look. Totals never fall, not even
when retention drops a month; a process that starts anew begins from what the lens holds, which counters may do.
"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

import ibis

from xinfeng.lens.engine import Lens

Key = tuple[object, ...]
OPEN = timedelta(days=1)
"""Before the day that begins so long ago nothing comes any more: rows are timed when they are written."""


class RunningTotals:
    """Rows of one lens table by some of its columns, by their time."""

    def __init__(self, table: str, time: str, by: tuple[str, ...]) -> None:
        self._table, self._time, self._by = table, time, by
        self._closed: WeakKeyDictionary[Lens, tuple[datetime, Counter[Key]]] = WeakKeyDictionary()
        self._turn = threading.Lock()

    def of(self, copy: Lens, *, now: datetime) -> Counter[Key]:
        """All of them, as of the lens's last look."""
        boundary = (now - OPEN).replace(hour=0, minute=0, second=0, microsecond=0)
        with self._turn:
            before, counted = self._closed.get(copy, (None, Counter[Key]()))
            if before is None or before < boundary:
                counted = counted + self._count(copy, since=before, until=boundary)
                self._closed[copy] = (boundary, counted)
                before = boundary
        return counted + self._count(copy, since=before, until=None)

    def _count(self, copy: Lens, *, since: datetime | None, until: datetime | None) -> Counter[Key]:
        rows = copy.table(self._table)
        if since is not None:
            rows = rows.filter(rows[self._time] >= ibis.literal(since))
        if until is not None:
            rows = rows.filter(rows[self._time] < ibis.literal(until))
        if not self._by:
            return Counter({(): int(copy.scalar(rows.count()) or 0)})
        counted = rows.group_by(list(self._by)).aggregate(n=rows.count())
        return Counter(
            {tuple(row[name] for name in self._by): int(row["n"]) for row in copy.rows(counted).to_pylist()}
        )


MESSAGES = RunningTotals("message", "planned_at", ())
WITHHELD = RunningTotals("withheld", "at", ("reason",))
ATTEMPTS = RunningTotals("attempt", "at", ("channel_id", "outcome", "code"))
RECEIPTS = RunningTotals("receipt", "received_at", ("channel_id", "stat"))
REPLIES = RunningTotals("reply", "received_at", ("meaning",))
