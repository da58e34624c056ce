"""Background entry points of insights."""

from __future__ import annotations

from xinfeng.foundation.jobs import app
from xinfeng.insights import unusual
from xinfeng.kernel.time import utc_now


@app.periodic(cron="17 * * * *")  # type: ignore[untyped-decorator]
@app.task(  # type: ignore[untyped-decorator]
    name="insights.look_at_receipts",
    queueing_lock="insights.look_at_receipts",
    lock="insights.look_at_receipts",
)
def look_at_receipts(timestamp: int) -> None:
    """Every hour: look whether the receipts of channels and recent plans are unusual, and keep what was found."""
    unusual.look(now=utc_now())
