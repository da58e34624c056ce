"""Background entry points of privacy."""

from __future__ import annotations

from django.db import close_old_connections

from xinfeng.foundation.jobs import app
from xinfeng.kernel.time import utc_now
from xinfeng.privacy import actions, exports, retention


@app.task(name="privacy.export")  # type: ignore[untyped-decorator]
def export(request_id: int, actor: str) -> None:
    """Write what is held about a person into her archive."""
    close_old_connections()
    actions.make_export(request_id, actor=actor, now=utc_now())


@app.periodic(cron="50 19 * * *")  # type: ignore[untyped-decorator]  # 03:50 in Shanghai
@app.task(name="privacy.let_go", queueing_lock="privacy.let_go")  # type: ignore[untyped-decorator]
def let_go(timestamp: int) -> None:
    """Remove exports whose time is over, and what the law no longer keeps of those who were erased."""
    close_old_connections()
    now = utc_now()
    exports.drop_expired(now=now)
    retention.let_go_of_kept(now=now)
