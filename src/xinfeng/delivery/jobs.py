"""Background entry points of delivery."""

from __future__ import annotations

from procrastinate import RetryStrategy

from xinfeng.delivery import actions
from xinfeng.foundation.jobs import app
from xinfeng.kernel.time import utc_now


@app.task(name="delivery.withhold_stopped", retry=RetryStrategy(max_attempts=10, wait=5))  # type: ignore[untyped-decorator]
def withhold_stopped(plan_id: int) -> None:
    """Withhold what no gateway holds of a stopped plan."""
    actions.withhold_queued(plan_id, now=utc_now())
