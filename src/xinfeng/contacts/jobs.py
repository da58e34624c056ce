"""Background entry points of contacts."""

from __future__ import annotations

from django.db import close_old_connections

from xinfeng.contacts import tiers
from xinfeng.foundation.jobs import app
from xinfeng.kernel.time import utc_now


@app.periodic(cron="20 19 * * *")  # type: ignore[untyped-decorator]  # 03:20 in Shanghai
@app.task(name="contacts.recompute_tiers", queueing_lock="contacts.recompute_tiers")  # type: ignore[untyped-decorator]
def recompute_tiers(timestamp: int) -> None:
    """Time passes for everybody: give each contact the tier the rules say today."""
    close_old_connections()
    tiers.recompute_tiers(now=utc_now())
