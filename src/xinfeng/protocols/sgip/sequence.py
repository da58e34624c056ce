"""How SGIP numbers its commands: twelve octets, which are the id of the message for good.

Node, time (MMDDhhmmss as a decimal number) and counter, four octets each (SGIP 1.2, message header). Above the codec
they are one number of 96 bits. A report names the submit it reports on by them, days later and on another
connection, so they must differ between all connections of an account: the upper half of the counter is the `lane`
of a connection, the lower half counts within the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from xinfeng.protocols.core import carrier_clock
from xinfeng.protocols.session import SequenceNumbers

WIDTH = 12
"""Octets."""
LANES = 2**16
A_SECOND = 2**16
"""Numbers that one lane has in a second; with more, the clock is put forward."""

_UNSET = datetime(2000, 1, 1, tzinfo=UTC)
"""The clock of a listener, which numbers nothing but its goodbye."""


class Fields(NamedTuple):
    """What the twelve octets are made of."""

    node: int
    clock: int
    counter: int


def compose(fields: Fields) -> int:
    """The sequence as one number."""
    return fields.node << 64 | fields.clock << 32 | fields.counter


def read(sequence: int) -> Fields:
    """The reverse."""
    return Fields(sequence >> 64, sequence >> 32 & 0xFFFFFFFF, sequence & 0xFFFFFFFF)


class SgipSequences(SequenceNumbers):
    """Numbers of one connection; they grow, but for the turn of the year.

    The clock is told the time by `set`, and goes on with every `at`.
    """

    __slots__ = ("_base", "_lane", "_low", "_second", "_set_at", "_wall")

    def __init__(self, node: int, lane: int, first: int = 0) -> None:
        self._base = node << 32
        self._lane = lane % LANES * A_SECOND
        self._low = first % A_SECOND
        self._wall = self._second = _UNSET
        self._set_at = 0.0

    def set(self, wall: datetime, now: float) -> None:
        """It is `wall` (aware) at the monotonic second `now`."""
        self._wall, self._set_at = wall.replace(microsecond=0), now
        self._second = self._wall

    def at(self, now: float) -> None:
        """It is `now`. A clock that was put forward waits for the time to catch up."""
        second = self._wall + timedelta(seconds=int(now - self._set_at))
        if second > self._second:
            self._second, self._low = second, 0

    def take(self, count: int) -> Sequence[int]:
        """The next `count` numbers."""
        if self._low + count <= A_SECOND:
            first = self._first()
            self._low += count
            return range(first, first + count)
        numbers: list[int] = []
        while count:
            if self._low == A_SECOND:
                self._second, self._low = self._second + timedelta(seconds=1), 0
            some = min(count, A_SECOND - self._low)
            first = self._first()
            numbers.extend(range(first, first + some))
            self._low += some
            count -= some
        return numbers

    def _first(self) -> int:
        return (self._base | carrier_clock(self._second)) << 32 | self._lane | self._low
