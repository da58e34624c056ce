"""Background entry points of contacts."""

from __future__ import annotations

from django.db import close_old_connections
from procrastinate import RetryStrategy

from xinfeng.contacts import suggesting, tagging, tier_placing, tiers, traits
from xinfeng.foundation.jobs import app
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import lens


@app.periodic(cron="20 19 * * *")  # type: ignore[untyped-decorator]  # 03:20 in Shanghai
@app.task(name="contacts.recompute_tiers", queueing_lock="contacts.recompute_tiers")  # type: ignore[untyped-decorator]
def recompute_tiers(timestamp: int) -> None:
    """Time passes for everybody: give each contact the tier the rules say today."""
    close_old_connections()
    tier_placing.recompute_tiers(now=utc_now())


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
@app.task(name=tiers.CATCH_UP, queueing_lock=tiers.CATCH_UP)  # type: ignore[untyped-decorator]
def catch_up(timestamp: int) -> None:
    """Tiers of newcomers and of those who withdrew; traits of those who have done something since."""
    close_old_connections()
    copy = lens()
    copy.refresh()
    tier_placing.catch_up_tiers(copy, now=utc_now())
    traits.catch_up_traits(copy, now=utc_now())


@app.task(name=tiers.APPLY)  # type: ignore[untyped-decorator]
def apply_tier_rules() -> None:
    """The rules of the tiers have changed."""
    close_old_connections()
    tier_placing.recompute_tiers(now=utc_now(), cause="rules")


@app.periodic(cron="0 20 * * *")  # type: ignore[untyped-decorator]  # 04:00 in Shanghai
@app.task(name="contacts.find_suggestions", queueing_lock="contacts.find_suggestions")  # type: ignore[untyped-decorator]
def find_suggestions(timestamp: int) -> None:
    """Look for contacts that may be one person."""
    close_old_connections()
    suggesting.find_suggestions(now=utc_now())


@app.task(name="contacts.move_tagged", retry=RetryStrategy(max_attempts=20, linear_wait=10))  # type: ignore[untyped-decorator]
def move_tagged(tag_id: int, into_id: int, actor: str) -> None:
    """Move everybody over to the tag that another was merged into; after a crash, whoever is left."""
    close_old_connections()
    tagging.move_tagged(tag_id, into_id, actor=actor, now=utc_now())
