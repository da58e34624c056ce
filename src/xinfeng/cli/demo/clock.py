"""Which hour the sample shop lives in.

The rules on send windows hold in the demonstration too. So that it can be run at any hour, the sample shop lies
in the time zone where it is between 10:00 and 11:00 just now, inside retail's morning window.
"""

from __future__ import annotations

from datetime import datetime

OPENS = 10


def zone_where_shops_send(now: datetime) -> str:
    """A fixed-offset zone name (`Etc/GMT-8` lies eight hours *east* of Greenwich, by POSIX's inverted signs)."""
    offset = (OPENS - now.hour) % 24
    if offset > 14:
        offset -= 24
    return "Etc/GMT" if offset == 0 else f"Etc/GMT{-offset:+d}"
