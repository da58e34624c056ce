"""Background entry points of hygiene."""

from __future__ import annotations

import psycopg
from django.db import DatabaseError, close_old_connections
from procrastinate import RetryStrategy

from xinfeng.foundation.jobs import app
from xinfeng.hygiene import carriers, plan, ported_uploads
from xinfeng.kernel.time import utc_now

_AGAIN = RetryStrategy(max_attempts=20, linear_wait=3, retry_exceptions={DatabaseError, psycopg.Error})


@app.periodic(cron="*/5 * * * *")  # type: ignore[untyped-decorator]
@app.task(  # type: ignore[untyped-decorator]
    name="hygiene.revalidate", queueing_lock="hygiene.revalidate", lock="hygiene.revalidate"
)
def revalidate(timestamp: int) -> None:
    """Every five minutes: go on with today's share of the plan."""
    plan.revalidate(utc_now())


@app.periodic(cron="40 3 * * *")  # type: ignore[untyped-decorator]
@app.task(  # type: ignore[untyped-decorator]
    name="hygiene.forget_carriers", queueing_lock="hygiene.forget_carriers", lock="hygiene.forget_carriers"
)
def forget_carriers(timestamp: int) -> None:
    """Every night: believe a number's prefix again where what was learned of its carrier is too old."""
    carriers.forget_old(now=utc_now())


@app.task(  # type: ignore[untyped-decorator]
    name="hygiene.read_carriers", queueing_lock="hygiene.read_carriers", lock="hygiene.read_carriers"
)
def read_carriers(actor: str) -> None:
    """After the table of ranges was replaced: read the carriers of all contacts off their numbers again."""
    carriers.read_again(actor=actor, now=utc_now())


@app.task(name=ported_uploads.JOB, retry=_AGAIN)  # type: ignore[untyped-decorator]
def take_ported(upload_id: str) -> None:
    """Take in a file of ported numbers; after a crash, go on where it stopped."""
    close_old_connections()
    ported_uploads.run(upload_id, now=utc_now())


@app.periodic(cron="*/5 * * * *")  # type: ignore[untyped-decorator]
@app.task(name="hygiene.resume_ported", queueing_lock="hygiene.resume_ported")  # type: ignore[untyped-decorator]
def resume_ported(timestamp: int) -> None:
    """Every five minutes: go on with a file of ported numbers that a crash left behind."""
    close_old_connections()
    ported_uploads.resume_unfinished(now=utc_now())
