"""Rates, ids and timers of the simulated carrier: what must be cheap per message."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime
from time import time

from xinfeng.kernel.time import SHANGHAI
from xinfeng.protocols.cmpp.messages import MsgIdFields, compose_msg_id


class RateGate:
    """Lets through at most `limit` within any second, counted where it arrives."""

    __slots__ = ("_arrivals", "_within", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """0: no limit."""
        self._arrivals: deque[tuple[float, int]] = deque()
        self._within = 0

    def admit(self, count: int, now: float) -> int:
        """How many of `count` arrivals may pass."""
        if not self.limit:
            return count
        arrivals = self._arrivals
        while arrivals and arrivals[0][0] <= now - 1.0:
            self._within -= arrivals.popleft()[1]
        passed = max(0, min(count, self.limit - self._within))
        if passed:
            arrivals.append((now, passed))
            self._within += passed
        return passed


class MessageIds:
    """Unique ids in the carrier's usual layout: time to the second, gateway, counter.

    The counter may run over into the low bits of the gateway code, which `gateway` therefore leaves free.
    """

    __slots__ = ("_next", "_second", "_gateway")

    def __init__(self, gateway: int, /) -> None:
        self._gateway = gateway << 10
        self._second = 0
        self._next = 0

    def take(self, count: int) -> list[bytes]:
        """So many new ids. The clock is looked at, and never goes back."""
        second = int(time())
        if second > self._second:
            self._second = second
            at = datetime.fromtimestamp(second, SHANGHAI)
            first = MsgIdFields(at.month, at.day, at.hour, at.minute, at.second, self._gateway, 0)
            self._next = int.from_bytes(compose_msg_id(first), "big")
        start = self._next
        self._next += count
        return [value.to_bytes(8, "big") for value in range(start, self._next)]


class BcdIds:
    """Ten octets as SMGP gateways make them: gateway, time to the minute, counter, each in BCD (SMGP 3.0.3, MsgID)."""

    __slots__ = ("_gateway", "_next")

    def __init__(self, gateway: int, /) -> None:
        self._gateway = bytes.fromhex(f"{gateway:06d}")
        self._next = 0

    def take(self, count: int) -> list[bytes]:
        """So many new ids; a million are different within a minute."""
        head = self._gateway + bytes.fromhex(f"{datetime.fromtimestamp(time(), SHANGHAI):%m%d%H%M}")
        start = self._next
        self._next += count
        return [head + bytes.fromhex(f"{value % 1_000_000:06d}") for value in range(start, self._next)]


class TextIds:
    """Text, as SMPP centres make them: begun anywhere, so that those of two runs differ."""

    __slots__ = ("_next",)

    def __init__(self, gateway: int, /) -> None:
        self._next = (int(time()) * 4096 + gateway) * 1_000_000

    def take(self, count: int) -> list[bytes]:
        """So many new ids."""
        start = self._next
        self._next += count
        return [b"%d" % value for value in range(start, self._next)]


class Minutes:
    """Moments as reports have them: YYMMDDHHMM in the carrier's zone; formatted once a minute."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[int, str] = {}

    def text(self, at: float) -> str:
        """`at`: seconds since 1970."""
        minute = int(at // 60)
        text = self._known.get(minute)
        if text is None:
            if len(self._known) > 10:
                self._known.clear()
            text = self._known[minute] = f"{datetime.fromtimestamp(minute * 60, SHANGHAI):%y%m%d%H%M}"
        return text


class Later:
    """Does things later, in turns of 10 ms: one timer of the loop a turn, however much there is to do."""

    def __init__(self, after_turn: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._after_turn = after_turn
        self._turns: dict[int, list[Callable[[], None]]] = {}

    @property
    def pending(self) -> int:
        """How much there still is to do."""
        return sum(map(len, self._turns.values()))

    def after(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Call `action` in `delay_ms`, or up to a turn later."""
        turn = int((self._loop.time() * 1000 + delay_ms) // 10) + 1
        actions = self._turns.get(turn)
        if actions is None:
            actions = self._turns[turn] = []
            self._loop.call_at(turn / 100, self._take_turn, turn)
        actions.append(action)

    def _take_turn(self, turn: int) -> None:
        for action in self._turns.pop(turn):
            action()
        self._after_turn()
