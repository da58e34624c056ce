"""The exclusive side of the wire barrier (law 2), and the turn for writing in the ledger.

A gateway writes to sockets only while it holds `WIRE` shared, for 50 ms at a time. Whoever records a "no"
takes it exclusively as the last thing before the commit: when that returns, nobody is writing; when the commit
is done, every gateway reads the "no" before it writes again. Lock order: `LEDGER`, then `WIRE`. `LEDGER` is
also held by everybody who writes standing, so standings never race with the facts they are derived from.
"""

from __future__ import annotations

from xinfeng.consent.script import Ask, Script
from xinfeng.foundation import locks

_LOCK = "select pg_advisory_xact_lock(%s)"


def take_ledger() -> Script[None]:
    """Wait for one's turn to append; held until the transaction ends."""
    yield Ask(_LOCK, (locks.LEDGER,))


def silence_wire() -> Script[None]:
    """Wait until no gateway is writing, and keep them from it until the transaction ends: commit at once."""
    yield Ask(_LOCK, (locks.WIRE,))
