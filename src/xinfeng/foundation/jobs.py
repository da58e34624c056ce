"""Background jobs: procrastinate, deferred in the same transaction as the data they are about.

Tasks live in each slice's `jobs.py`. Who defers one imports it; who works them off calls `discover` first. The
gateway does neither, and so stays small.
"""

from __future__ import annotations

import contextlib

from django.db import transaction
from django.utils.module_loading import autodiscover_modules
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

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


RESEAL_S = 20.0
"""How long one job of a rotation works; the next takes over, so that a stop never waits for long."""


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="foundation.reseal", queueing_lock="foundation.reseal", lock="foundation.reseal")  # type: ignore[untyped-decorator]
def reseal(timestamp: int = 0) -> None:
    """Go on with a rotation, if there is one."""
    from xinfeng.foundation import rotation

    if rotation.unfinished() is not None and not rotation.go_on(seconds=RESEAL_S):
        again()


def again() -> None:
    """Let a rotation go on at once; whoever has it done already does no harm."""
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        reseal.defer()


@app.task(name="foundation.change_key", queueing_lock="foundation.change_key")  # type: ignore[untyped-decorator]
def change_key(key_id: int, actor: str) -> None:
    """Use a new key as soon as every process knows it, then bring everything under it."""
    from xinfeng.foundation import keys, rotation
    from xinfeng.foundation import settings as xinfeng_settings
    from xinfeng.kernel.errors import Conflict

    try:
        keys.activate(xinfeng_settings.load().key_file, key_id, actor=actor, now=utc_now())
        rotation.start(actor=actor, now=utc_now())
    except Conflict as wait:
        if wait.code != "key.rotating":
            with contextlib.suppress(AlreadyEnqueued):
                change_key.configure(schedule_in={"seconds": 5}).defer(key_id=key_id, actor=actor)
            return
    again()


@app.task(name="foundation.count_sealed", queueing_lock="foundation.count_sealed")  # type: ignore[untyped-decorator]
def count_sealed() -> None:
    """Count what is sealed with which key."""
    from xinfeng.foundation import rotation

    rotation.count_again(now=utc_now())


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="foundation.seal_audit", queueing_lock="foundation.seal_audit")  # type: ignore[untyped-decorator]
def seal_audit(timestamp: int) -> None:
    """Seal what the audit log has gained."""
    from xinfeng.foundation import seals

    seals.seal(now=utc_now())


@app.periodic(cron="30 20 * * *")  # type: ignore[untyped-decorator]  # 04:30 in Shanghai
@app.task(name="foundation.check_seals", queueing_lock="foundation.check_seals")  # type: ignore[untyped-decorator]
def check_seals(timestamp: int) -> None:
    """Check the audit log against its seals."""
    from xinfeng.foundation import seal_checks

    seal_checks.run_check(now=utc_now())


@app.periodic(cron="45 19 * * *")  # type: ignore[untyped-decorator]  # 03:45 in Shanghai
@app.task(name="foundation.let_go", queueing_lock="foundation.let_go")  # type: ignore[untyped-decorator]
def let_go(timestamp: int) -> None:
    """Let go of what is past its retention; what goes has been sealed."""
    from xinfeng.foundation import retention, seals

    seals.seal(now=utc_now())
    retention.run(now=utc_now())


@app.periodic(cron="*/10 * * * *")  # type: ignore[untyped-decorator]
@app.task(name="foundation.back_up", queueing_lock="foundation.back_up")  # type: ignore[untyped-decorator]
def back_up(timestamp: int) -> None:
    """Make the backup that is due, if any."""
    from xinfeng.foundation.backups import schedule

    schedule.run_due(now=utc_now())


@app.task(name="foundation.back_up_now", queueing_lock="foundation.back_up_now")  # type: ignore[untyped-decorator]
def back_up_now(actor: str) -> None:
    """Make the backup that somebody asked for."""
    from xinfeng.foundation.backups import schedule

    schedule.run_now(actor=actor, now=utc_now())
