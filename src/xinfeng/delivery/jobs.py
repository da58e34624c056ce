"""Background entry points of delivery."""

from __future__ import annotations

from procrastinate import RetryStrategy

from xinfeng.delivery import actions, confirmation, number_news
from xinfeng.foundation.jobs import app
from xinfeng.kernel.time import utc_now


@app.task(name="delivery.withhold_stopped", retry=RetryStrategy(max_attempts=10, wait=5))  # type: ignore[untyped-decorator]
def withhold_stopped(plan_id: int) -> None:
    """Withhold what no gateway holds of a stopped plan."""
    actions.withhold_queued(plan_id, now=utc_now())


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="delivery.confirm_opt_outs", queueing_lock="delivery.confirm_opt_outs")  # type: ignore[untyped-decorator]
def confirm_opt_outs(timestamp: int) -> None:
    """Every minute: tell those who opted out that it was taken, if that is switched on."""
    confirmation.send_queued(now=utc_now())


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(  # type: ignore[untyped-decorator]
    name="delivery.hand_on_number_news",
    queueing_lock="delivery.hand_on_number_news",
    lock="delivery.hand_on_number_news",
)
def hand_on_number_news(timestamp: int) -> None:
    """Every minute: let number hygiene learn from the receipts that have found their message."""
    number_news.hand_on(now=utc_now())
