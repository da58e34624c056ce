"""Background entry points of forms."""

from __future__ import annotations

from django.db import close_old_connections

from xinfeng.forms import lapsing, rates
from xinfeng.foundation.jobs import app
from xinfeng.kernel.time import utc_now


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="forms.lapse", queueing_lock="forms.lapse")  # type: ignore[untyped-decorator]
def lapse(timestamp: int) -> None:
    """Every minute: what nobody confirmed lapses, and leaves nothing behind."""
    close_old_connections()
    lapsing.lapse(now=utc_now())


@app.periodic(cron="40 19 * * *")  # type: ignore[untyped-decorator]  # 03:40 in Shanghai
@app.task(name="forms.forget_rates", queueing_lock="forms.forget_rates")  # type: ignore[untyped-decorator]
def forget_rates(timestamp: int) -> None:
    """Remove counts that no limit looks at any more."""
    close_old_connections()
    rates.forget_old(now=utc_now())
