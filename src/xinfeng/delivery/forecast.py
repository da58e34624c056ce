"""When a number of parts will have left, at a rate, within the send windows. Pure.

The gateways may send only inside the windows; between them the campaign waits. What the carrier takes per
second is the smaller of the plan's and the channel's rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from xinfeng.kernel.errors import InvalidInput

Window = tuple[datetime, datetime]


@dataclass(frozen=True)
class Forecast:
    """`finishes_at` is None when the windows end first; `left_over` parts would then never be sent.

    `open_now`: a window is open at the moment asked about. `starts_at`: when the first part leaves, None
    without any window left. `windows_used`: in how many windows it sends. `closes_at`: the end of the first.
    """

    open_now: bool
    starts_at: datetime | None
    closes_at: datetime | None
    finishes_at: datetime | None
    windows_used: int
    sent_in_first: int
    left_over: int

    @property
    def in_first_window(self) -> bool:
        """Whether it will finish before the window closes in which it starts."""
        return self.finishes_at is not None and self.windows_used <= 1


def forecast(parts: int, *, per_s: int, windows: Sequence[Window], now: datetime) -> Forecast:
    """Lay `parts` into the windows from `now` on; `windows` ascend, `[start, end)`, aware UTC.

    A window of n seconds takes n × `per_s` parts. Nothing to send finishes at once, whatever the windows.
    """
    if per_s < 1:
        raise InvalidInput("forecast.rate", per_s=per_s)
    ahead = [(max(start, now), end) for start, end in windows if end > now]
    open_now = bool(ahead) and ahead[0][0] == now
    starts_at, closes_at = ahead[0] if ahead else (None, None)
    if parts <= 0:
        return Forecast(open_now, starts_at, closes_at, now, 0, 0, 0)
    left = parts
    sent_in_first = 0
    for used, (start, end) in enumerate(ahead, start=1):
        room = int((end - start) / timedelta(seconds=1) * per_s)
        taken = min(left, room)
        if used == 1:
            sent_in_first = taken
        if left <= room:
            finishes_at = start + timedelta(seconds=left / per_s)
            return Forecast(open_now, starts_at, closes_at, finishes_at, used, sent_in_first, 0)
        left -= taken
    return Forecast(open_now, starts_at, closes_at, None, len(ahead), sent_in_first, left)


def within_hours(
    windows: Sequence[Window], hours: tuple[time, time] | None, zone: ZoneInfo
) -> tuple[Window, ...]:
    """What of the windows lies in `[opens, closes)` of each day in `zone`; None: all of it."""
    if hours is None:
        return tuple(windows)
    found = []
    for start, end in windows:
        day = start.astimezone(zone).date()
        while day <= end.astimezone(zone).date():
            opens, closes = (datetime.combine(day, at, zone).astimezone(UTC) for at in hours)
            if (first := max(start, opens)) < (last := min(end, closes)):
                found.append((first, last))
            day += timedelta(days=1)
    return tuple(found)


def side_by_side(several: Sequence[Forecast]) -> Forecast:
    """Of channels that send their shares at the same time: it is done when the last one is. At least one."""
    starts = [one.starts_at for one in several if one.starts_at is not None]
    closes = [one.closes_at for one in several if one.closes_at is not None]
    ends = [one.finishes_at for one in several]
    return Forecast(
        open_now=any(one.open_now for one in several),
        starts_at=min(starts, default=None),
        closes_at=min(closes, default=None),
        finishes_at=None if None in ends else max(one for one in ends if one is not None),
        windows_used=max(one.windows_used for one in several),
        sent_in_first=sum(one.sent_in_first for one in several),
        left_over=sum(one.left_over for one in several),
    )
