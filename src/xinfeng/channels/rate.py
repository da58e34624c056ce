"""A rate that holds over any second: no token bucket, whose burst would let twice the rate through. Pure."""

from __future__ import annotations

from collections import deque

SECOND_S = 1.01
"""The second that is guarded, in seconds. The carrier counts when messages arrive, so a hundredth of a second
of jitter between two of them must not make it see more than the rate."""

MERGE_S = 0.002
"""Writes closer together than this count as one, at the later moment: the list stays short at any rate."""


class SlidingRate:
    """At most `limit` units in any second. `now` is a monotonic number of seconds that never goes back."""

    __slots__ = ("_began", "_spent", "_total", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._spent: deque[tuple[float, int]] = deque()
        self._total = 0
        self._began = 0.0

    def free(self, now: float) -> int:
        """How many units may be spent at this moment."""
        spent = self._spent
        horizon = now - SECOND_S
        while spent and spent[0][0] <= horizon:
            self._total -= spent.popleft()[1]
        return max(0, self.limit - self._total)

    def spend(self, count: int, now: float) -> None:
        """Note `count` units as spent at `now`."""
        spent = self._spent
        if spent and now - self._began < MERGE_S:
            spent[-1] = (now, spent[-1][1] + count)
        else:
            spent.append((now, count))
            self._began = now
        self._total += count

    def wait_s(self, now: float) -> float:
        """Seconds until at least one unit is free; 0 when one is."""
        if self.free(now) > 0 or not self._spent:
            return 0.0
        over = self._total - self.limit
        freed = 0
        for moment, count in self._spent:
            freed += count
            if freed > over:
                return max(0.0, moment + SECOND_S - now)
        return SECOND_S


class Throttle:
    """The rate in force when the carrier says "too fast" although we keep to the contract.

    Each second with a complaint takes the rate down to seven tenths; each second without one gives a twentieth
    of the nominal rate back. For `PAUSE_S` after a complaint nothing is sent at all: the answer to flow control
    is to wait (CMPP result 8).
    """

    PAUSE_S = 0.5
    DOWN = 0.7
    UP = 0.05

    __slots__ = ("_changed_at", "_complained_at", "_rate", "nominal")

    def __init__(self, nominal: int) -> None:
        self.nominal = nominal
        self._rate = float(nominal)
        self._complained_at = float("-inf")
        self._changed_at = float("-inf")

    def complain(self, now: float) -> None:
        """The carrier refused for flow control."""
        self._complained_at = now
        if now - self._changed_at >= 1.0:
            self._rate = max(1.0, self._rate * self.DOWN)
            self._changed_at = now

    def paused_s(self, now: float) -> float:
        """Seconds for which nothing may be sent at all."""
        return max(0.0, self._complained_at + self.PAUSE_S - now)

    def rate(self, now: float) -> int:
        """Parts per second to keep to, at least 1."""
        if self._rate < self.nominal and now - self._changed_at >= 1.0:
            steps = int(now - self._changed_at)
            self._rate = min(float(self.nominal), self._rate + steps * self.UP * self.nominal)
            self._changed_at = now
        return max(1, int(self._rate))

    def renominate(self, nominal: int) -> None:
        """The contract's rate, or this gateway's share of it, has changed."""
        if nominal != self.nominal:
            self._rate = (
                min(self._rate * nominal / self.nominal, float(nominal)) if self.nominal else float(nominal)
            )
            self.nominal = nominal
