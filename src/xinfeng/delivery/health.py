"""When to stop a plan because the carrier does not want it. Pure.

Every acceptance clears the record. Without one, a plan is paused after `REFUSALS` refusals that are about the
account rather than one number, after `SILENCES` occasions on which submits stayed without an answer (silence or a
lost connection), or when flow control has let nothing through for `THROTTLED_S` seconds.
"""

from __future__ import annotations

REFUSALS = 50
SILENCES = 3
LONGEST_REASON = 60
THROTTLED_S = 120.0

REFUSES = "carrier_refuses"
SILENT = "carrier_silent"
CUTS = "carrier_cuts"
THROTTLES = "carrier_throttles"


class Health:
    """How the carrier has treated one plan since it last accepted something of it."""

    __slots__ = ("_refusals", "_silences", "_throttled_since")

    def __init__(self) -> None:
        self._refusals = 0
        self._silences = 0
        self._throttled_since: float | None = None

    def accepted(self) -> None:
        self._refusals = self._silences = 0
        self._throttled_since = None

    def refused(self, result: int | str) -> str | None:
        """A refusal that any message would meet. Returns the reason to pause, if it is time."""
        self._refusals += 1
        return f"{REFUSES}:{result}"[:LONGEST_REASON] if self._refusals >= REFUSALS else None

    def unanswered(self, code: str) -> str | None:
        """One occasion on which submits stayed without an answer, however many."""
        self._silences += 1
        if self._silences < SILENCES:
            return None
        return SILENT if code == "timeout" else CUTS

    def throttled(self, now: float) -> str | None:
        if self._throttled_since is None:
            self._throttled_since = now
        return THROTTLES if now - self._throttled_since >= THROTTLED_S else None
