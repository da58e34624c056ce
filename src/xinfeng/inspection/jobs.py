"""Background entry points of inspection."""

from __future__ import annotations

from django.db import close_old_connections

from xinfeng.foundation.jobs import app
from xinfeng.inspection import exports
from xinfeng.kernel.time import utc_now


@app.task(name=exports.JOB)  # type: ignore[untyped-decorator]
def draw_up(export_id: int) -> None:
    """Write an archive that was asked for."""
    close_old_connections()
    exports.draw_up(export_id, now=utc_now())


@app.periodic(cron="35 20 * * *")  # type: ignore[untyped-decorator]  # 04:35 in Shanghai
@app.task(name="inspection.remove_old", queueing_lock="inspection.remove_old")  # type: ignore[untyped-decorator]
def remove_old(timestamp: int) -> None:
    """Delete archives that were drawn up a week ago."""
    close_old_connections()
    exports.remove_old(now=utc_now())
