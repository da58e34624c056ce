"""When a failed delivery is tried again: fifteen times over about 41 hours, each a little off the beat. Pure."""

from __future__ import annotations

from datetime import timedelta

DELAYS_S = (10, 30, 60, 300, 900, 1_800, 3_600, 7_200, 10_800, 14_400, 21_600, 21_600, 21_600, 21_600, 21_600)
"""The last but one try comes after `GIVE_UP_AFTER`, however they fall: of a dead receiver nothing is given up, it waits."""
MOST_ATTEMPTS = len(DELAYS_S) + 1
LONGEST_HOLD_S = 900
"""A receiver that fails is left alone at most this long before another of its deliveries is tried."""

GIVE_UP_AFTER = timedelta(hours=24)
"""Without a single success a webhook is stopped then."""


def next_delay(attempts: int, *, draw: float) -> timedelta | None:
    """How long to wait after so many failed attempts; None: no more. `draw` (0 to 1) spreads it by ±20 %, so that
    many deliveries that failed together do not come back together."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return timedelta(seconds=DELAYS_S[attempts - 1] * (0.8 + 0.4 * draw))


def hold(failures: int, *, draw: float) -> timedelta:
    """How long a receiver is left alone after so many failures in a row."""
    seconds = DELAYS_S[min(failures, len(DELAYS_S)) - 1]
    return timedelta(seconds=min(seconds, LONGEST_HOLD_S) * (0.8 + 0.4 * draw))
