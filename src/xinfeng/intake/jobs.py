"""Background entry points of intake."""

from __future__ import annotations

import psycopg
from django.db import DatabaseError, close_old_connections
from procrastinate import RetryStrategy

from xinfeng.foundation.jobs import app
from xinfeng.intake import actions
from xinfeng.kernel.time import utc_now

_AGAIN = RetryStrategy(max_attempts=20, linear_wait=3, retry_exceptions={DatabaseError, psycopg.Error})


@app.task(name="intake.run_import", retry=_AGAIN)  # type: ignore[untyped-decorator]
def run_import(job_id: int) -> None:
    """Run one import; after a crash, go on where it stopped."""
    close_old_connections()
    actions.run_import(job_id, now=utc_now())


@app.periodic(cron="40 19 * * *")  # type: ignore[untyped-decorator]  # 03:40 in Shanghai
@app.task(name="intake.drop_abandoned", queueing_lock="intake.drop_abandoned")  # type: ignore[untyped-decorator]
def drop_abandoned(timestamp: int) -> None:
    """Delete uploads that nobody came back to."""
    close_old_connections()
    actions.drop_abandoned(now=utc_now())
