"""What the results of carriers, and our own words in their place, mean for what happens next."""

from __future__ import annotations

from enum import Enum, auto

CRASH = "crash"
"""Uncertain: the gateway that held it is gone."""
TIMEOUT = "timeout"
"""Uncertain: no answer within the response time."""
LOST = "lost"
"""Uncertain: the connection ended before the answer."""
OPTED_OUT = "opted_out"
"""Refused by ourselves: the rest of a long message, after its reader opted out. It never left."""
INCOMPLETE = "incomplete"
"""Refused by ourselves: the rest of a long message that could not be written. It never left."""


class Verdict(Enum):
    """What a result says."""

    ACCEPTED = auto()
    THROTTLED = auto()
    """Too fast: not taken, may be sent again later."""
    THIS_MESSAGE = auto()
    """Something about this one message or number."""
    ALL_MESSAGES = auto()
    """Something about the account or its set-up: the next message will fare no better."""


_THIS_MESSAGE = frozenset({6, 12, 13})
"""Too long; bad number to be charged; bad number to be sent to (CMPP 3.0.0, 7.4.3.2)."""

FLOW_CONTROL = 8


def verdict(result: int) -> Verdict:
    """Read the Result of a CMPP SUBMIT_RESP."""
    if result == 0:
        return Verdict.ACCEPTED
    if result == FLOW_CONTROL:
        return Verdict.THROTTLED
    return Verdict.THIS_MESSAGE if result in _THIS_MESSAGE else Verdict.ALL_MESSAGES
