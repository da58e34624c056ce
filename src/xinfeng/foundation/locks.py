"""Advisory locks that several slices share. See docs/contract.md, "Locks and the wire barrier"."""

from __future__ import annotations

from typing import Any

LEDGER = 0x58_46_00_01
"""Held exclusively while consent entries are appended."""

WIRE = 0x58_46_00_02
"""Shared: a gateway may write to sockets. Exclusive: an opt-out is being committed."""

PLANNING = 0x58_46_00_03
"""Held exclusively while a plan is made, so that two plans cannot use up the same cap."""


REPLIES = 0x58_46_00_04
"""Held exclusively while replies are stored, so that one that comes twice at once is recognised. Before LEDGER."""


def hold_for_transaction(connection: Any, lock: int) -> None:
    """Take `lock` exclusively until the transaction ends; waits for its turn."""
    connection.execute("select pg_advisory_xact_lock(%s)", (lock,))
