"""Background entry points of filings."""

from __future__ import annotations

from xinfeng.filings import expiring
from xinfeng.foundation.jobs import app
from xinfeng.kernel.time import utc_now


@app.periodic(cron="20 16 * * *")  # type: ignore[untyped-decorator]  # 00:20 in Shanghai
@app.task(name="filings.expire", queueing_lock="filings.expire")  # type: ignore[untyped-decorator]
def expire(timestamp: int) -> None:
    """Every night: write down what has expired."""
    expiring.expire_due(now=utc_now())
