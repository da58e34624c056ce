"""Background jobs: procrastinate, deferred in the same transaction as the data they are about.

Tasks live in each slice's `jobs.py`. Who defers one imports it; who works them off calls `discover` first. The
gateway does neither, and so stays small.
"""

from __future__ import annotations

from django.utils.module_loading import autodiscover_modules
from procrastinate.contrib.django import app

from xinfeng.kernel.time import utc_now

__all__ = ["app", "discover"]


def discover() -> None:
    """Import the jobs of every slice, so that a worker knows its tasks and their schedules."""
    autodiscover_modules("jobs")


@app.periodic(cron="10 19 * * *")  # type: ignore[untyped-decorator]  # 03:10 in Shanghai
@app.task(  # type: ignore[untyped-decorator]
    name="foundation.cover_partitions", queueing_lock="foundation.cover_partitions"
)
def cover_partitions(timestamp: int) -> None:
    """Make the months ahead for every table that grows without end."""
    from xinfeng.foundation import preparation

    preparation.cover_partitions()


@app.periodic(cron="15 19 * * *")  # type: ignore[untyped-decorator]  # 03:15 in Shanghai
@app.task(name="foundation.forget_logins", queueing_lock="foundation.forget_logins")  # type: ignore[untyped-decorator]
def forget_logins(timestamp: int) -> None:
    """Remove failed logins that no longer count."""
    from xinfeng.foundation import logins

    logins.forget_old(now=utc_now())


@app.periodic(cron="*/10 * * * *")  # type: ignore[untyped-decorator]
@app.task(name="foundation.forget_sessions", queueing_lock="foundation.forget_sessions")  # type: ignore[untyped-decorator]
def forget_sessions(timestamp: int) -> None:
    """Remove sessions that have ended by themselves."""
    from xinfeng.foundation import sessions

    sessions.forget_over(now=utc_now())


@app.periodic(cron="20 19 * * *")  # type: ignore[untyped-decorator]  # 03:20 in Shanghai
@app.task(name="foundation.disable_stale", queueing_lock="foundation.disable_stale")  # type: ignore[untyped-decorator]
def disable_stale(timestamp: int) -> None:
    """Switch off accounts nobody has signed in to for long, where the settings say so."""
    from xinfeng.foundation import people, security

    people.disable_stale(security.current(), now=utc_now())
