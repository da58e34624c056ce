"""Background entry points of integrations."""

from __future__ import annotations

from xinfeng.foundation.jobs import app
from xinfeng.integrations import idempotency
from xinfeng.integrations.ingest import tiers
from xinfeng.integrations.keys import meter
from xinfeng.integrations.webhooks import actions, delivering, gathering
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
    actions.forget_old(now=now)


@app.periodic(cron="* * * * * */5")  # type: ignore[untyped-decorator]
@app.task(name="integrations.gather", queueing_lock="integrations.gather", lock="integrations.gather")  # type: ignore[untyped-decorator]
def gather(timestamp: int) -> None:
    """Every five seconds: see what changed, for webhooks."""
    gathering.gather(now=utc_now())


@app.periodic(cron="* * * * * */5")  # type: ignore[untyped-decorator]
@app.task(name="integrations.deliver", queueing_lock="integrations.deliver", lock="integrations.deliver")  # type: ignore[untyped-decorator]
def deliver(timestamp: int) -> None:
    """Every five seconds: deliver what is due to webhooks; one such job at a time."""
    delivering.deliver_due()
