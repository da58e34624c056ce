"""How bodies come in from the public. A page filled in is short, so they end early, and nobody can fill the disk from
outside or hold a connection with a byte at a time."""

from __future__ import annotations

from xinfeng.foundation.bodies import Door, Refusal, Scope
from xinfeng.pages.answers import LARGEST_BODY

PATIENCE_S = 30.0
"""For a whole body: 64 KiB at 20 kbit/s."""


def _refuse(scope: Scope, status: int, at_most: int) -> Refusal:
    return Refusal(status)


DOOR = Door("/f/", LARGEST_BODY, PATIENCE_S, _refuse)
