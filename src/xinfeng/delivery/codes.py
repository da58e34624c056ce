"""Our own words where a carrier gave no result. What carriers' codes mean is `channels.codes`."""

from __future__ import annotations

CRASH = "crash"
"""Uncertain: the gateway that held it is gone."""
TIMEOUT = "timeout"
"""Uncertain: no answer within the response time."""
LOST = "lost"
"""Uncertain: the connection ended before the answer."""
RESTORED = "restored"
"""Uncertain: a backup was restored, and the message may have left after it was made."""
OPTED_OUT = "opted_out"
"""Refused by ourselves: the rest of a long message, after its reader opted out. It never left."""
INCOMPLETE = "incomplete"
"""Refused by ourselves: the rest of a long message that could not be written. It never left."""
