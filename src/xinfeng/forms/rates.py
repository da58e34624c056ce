"""Counting how often something was tried, so that floods and guesses end. One row a window, one statement a try."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.vault import vault

_HIT = """\
insert into form_rate (key, starts_at, count) values (%s, %s, 1)
on conflict (key, starts_at) do update set count = form_rate.count + 1 returning count"""

_KEPT = timedelta(days=2)


def hit(what: str, whom: bytes | str, *, window: timedelta, now: datetime) -> int:
    """Count one more try in the present window (they begin at multiples of their length); returns how many."""
    seconds = int(window.total_seconds())
    starts_at = datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)
    subject = whom if isinstance(whom, str) else whom.hex()
    with bulk_transaction() as connection:
        row = connection.execute(
            _HIT, (vault().index(f"rate {what} {seconds} {subject}"), starts_at)
        ).fetchone()
    assert row is not None
    return int(row[0])


def forget_old(*, now: datetime) -> int:
    """Remove windows that no limit looks at any more."""
    with bulk_transaction() as connection:
        return connection.execute("delete from form_rate where starts_at < %s", (now - _KEPT,)).rowcount
