"""Texts from handsets that carry no id: is this one delivered again, or did somebody write the same again?

SMPP gives a text no id, so all there is to know it by is who wrote what to whom, on which channel. A carrier delivers
again what it believes was not acknowledged, and nothing else; people do write the same twice. So a text is

1. *fresh*, certainly another one, where the earlier one was acknowledged on a connection that still lives (the carrier
   has heard us), or is so young that no carrier can have lost patience with it;
2. otherwise the same one, if it was stored within `ALIKE`: then it is acknowledged and not stored again.

What is lost by this in the worst case is the second of two equal texts of one person within ten minutes, between which
the connection broke. What is prevented is that every broken connection counts answers twice.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta

from xinfeng.channels.lines import Line
from xinfeng.channels.models import ConnectionPhase

ALIKE = timedelta(minutes=10)
"""How far back an equal text may be the same one. Carriers deliver again as soon as another connection is there, or after
30 to 60 seconds."""

LEAST_PATIENCE_S = 5.0
"""Seconds after which, at the earliest, a carrier delivers again what was not acknowledged."""

MOST_REMEMBERED = 20_000

Wording = tuple[int, str, str, str]
"""Channel, number, what it was sent to, text."""


@dataclass(slots=True)
class _Heard:
    line: Line
    at: float
    acknowledged: bool = False


class Wordings:
    """What was heard lately without an id, over which connection, and whether that was acknowledged. `now`: monotonic."""

    def __init__(self) -> None:
        self._heard: OrderedDict[Wording, _Heard] = OrderedDict()

    def is_fresh(self, wording: Wording, line: Line, now: float) -> bool:
        """Whether this can't be what was heard before; notes that it is heard now."""
        earlier = self._heard.pop(wording, None)
        self._heard[wording] = _Heard(line, now)
        if len(self._heard) > MOST_REMEMBERED:
            self._heard.popitem(last=False)
        if earlier is None:
            return False  # another gateway, or this one before its restart, may have heard it
        if earlier.acknowledged:
            return earlier.line.phase is ConnectionPhase.READY
        return now - earlier.at < LEAST_PATIENCE_S

    def acknowledged(self, wording: Wording) -> None:
        """The carrier was told that we have it, over the connection it came by, if that is still there."""
        heard = self._heard.get(wording)
        if heard is not None:
            heard.acknowledged = heard.line.phase is ConnectionPhase.READY
