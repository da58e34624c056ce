"""Background entry points of hygiene."""

from __future__ import annotations

from xinfeng.foundation.jobs import app
from xinfeng.hygiene import plan
from xinfeng.kernel.time import utc_now


@app.periodic(cron="*/5 * * * *")  # type: ignore[untyped-decorator]
@app.task(  # type: ignore[untyped-decorator]
    name="hygiene.revalidate", queueing_lock="hygiene.revalidate", lock="hygiene.revalidate"
)
def revalidate(timestamp: int) -> None:
    """Every five minutes: go on with today's share of the plan."""
    plan.revalidate(utc_now())
