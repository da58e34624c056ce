"""Background entry points of hygiene."""

from __future__ import annotations

from xinfeng.foundation.jobs import app
from xinfeng.hygiene import carriers, plan
from xinfeng.kernel.time import utc_now


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
