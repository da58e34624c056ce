"""Background entry points of consent."""

from __future__ import annotations

from django.db import close_old_connections

from xinfeng.consent import notices
from xinfeng.foundation.jobs import app
from xinfeng.kernel.time import utc_now


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="consent.retire_overtaken", queueing_lock="consent.retire_overtaken")  # type: ignore[untyped-decorator]
def retire_overtaken(timestamp: int) -> None:
    """Let consent to wordings that no longer stand go stale."""
    close_old_connections()
    notices.retire_overtaken(now=utc_now())
