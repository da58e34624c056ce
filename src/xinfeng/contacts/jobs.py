"""Background entry points of contacts."""

from __future__ import annotations

from django.db import close_old_connections

from xinfeng.contacts import tiers, traits
from xinfeng.foundation.jobs import app
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import lens


@app.periodic(cron="20 19 * * *")  # type: ignore[untyped-decorator]  # 03:20 in Shanghai
@app.task(name="contacts.recompute_tiers", queueing_lock="contacts.recompute_tiers")  # type: ignore[untyped-decorator]
def recompute_tiers(timestamp: int) -> None:
    """Time passes for everybody: give each contact the tier the rules say today."""
    close_old_connections()
    tiers.recompute_tiers(now=utc_now())


@app.periodic(cron="50 19 * * *")  # type: ignore[untyped-decorator]  # 03:50 in Shanghai
@app.task(name="contacts.compute_traits_nightly", queueing_lock="contacts.compute_traits_nightly")  # type: ignore[untyped-decorator]
def compute_traits_nightly(timestamp: int) -> None:
    """Spans of days move on: compute the traits of everybody."""
    _compute_traits()


@app.task(name=traits.COMPUTE, queueing_lock=traits.COMPUTE)  # type: ignore[untyped-decorator]
def compute_traits() -> None:
    """A trait was defined or changed: compute the traits of everybody."""
    _compute_traits()


def _compute_traits() -> None:
    close_old_connections()
    copy = lens()
    copy.refresh()
    traits.refresh_traits(copy, now=utc_now())


@app.periodic(cron="*/30 * * * *")  # type: ignore[untyped-decorator]
@app.task(name="contacts.catch_up_traits", queueing_lock="contacts.catch_up_traits")  # type: ignore[untyped-decorator]
def catch_up_traits(timestamp: int) -> None:
    """Compute the traits of those who have done something since."""
    close_old_connections()
    copy = lens()
    copy.refresh()
    traits.catch_up_traits(copy, now=utc_now())
