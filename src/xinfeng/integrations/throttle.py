"""Token buckets, in the memory of this process: there is one `app`. The clock is an argument, in seconds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from math import ceil
from typing import NamedTuple


class Verdict(NamedTuple):
    """`wait_s`: when one more will be allowed (0: now); `reset_s`: when the bucket will be full again."""

    allowed: bool
    limit: int
    remaining: int
    wait_s: int
    reset_s: int


class Buckets:
    """A bucket for each name. The names used longest ago are forgotten past `at_most`: those buckets were full or
    nearly so, unless somebody floods us with names, against which `at_most` holds."""

    def __init__(self, *, at_most: int = 20_000) -> None:
        self._lock = threading.Lock()
        self._at_most = at_most
        self._levels: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, name: Hashable, *, per_minute: int, burst: int, now: float, cost: int = 1) -> Verdict:
        """Take `cost` tokens out of the bucket of `name`; with cost 0 only look whether there is one left."""
        per_s = per_minute / 60
        with self._lock:
            level, at = self._levels.get(name, (float(burst), now))
            level = min(float(burst), level + max(0.0, now - at) * per_s)
            allowed = level >= max(cost, 1)
            if allowed:
                level -= cost
            self._levels[name] = level, now
            self._levels.move_to_end(name)
            while len(self._levels) > self._at_most:
                self._levels.popitem(last=False)
        missing = 0.0 if allowed else max(cost, 1) - level
        return Verdict(allowed, burst, int(level), ceil(missing / per_s), ceil((burst - level) / per_s))

    def forget(self) -> None:
        """Fill every bucket."""
        with self._lock:
            self._levels.clear()
