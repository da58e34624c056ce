"""Background entry points of integrations."""

from __future__ import annotations

from xinfeng.foundation.jobs import app
from xinfeng.integrations import idempotency
from xinfeng.integrations.ingest import tiers
from xinfeng.integrations.keys import meter
from xinfeng.kernel.time import utc_now


@app.periodic(cron="* * * * * */15")  # type: ignore[untyped-decorator]
@app.task(name="integrations.tiers", queueing_lock="integrations.tiers", lock="integrations.tiers")  # type: ignore[untyped-decorator]
def recompute_touched(timestamp: int) -> None:
    """Give those whom batches have touched the tier the rules say."""
    tiers.recompute_touched(now=utc_now())


@app.periodic(cron="25 * * * *")  # type: ignore[untyped-decorator]
@app.task(name="integrations.forget", queueing_lock="integrations.forget")  # type: ignore[untyped-decorator]
def forget(timestamp: int) -> None:
    """Every hour: drop answers nobody may ask for again, write down what was counted."""
    now = utc_now()
    idempotency.forget_old(now=now)
    meter.flush(now)
