"""Background entry points of campaigns."""

from __future__ import annotations

from django.db import close_old_connections
from procrastinate import JobContext, RetryStrategy

from xinfeng.campaigns import (
    actions,
    complaint_watch,
    filing_watch,
    narrowing,
    opt_out_watch,
    planning,
    proof,
)
from xinfeng.campaigns.rehearsal import actions as rehearsal
from xinfeng.foundation.jobs import app
from xinfeng.kernel.time import utc_now


@app.task(name="campaigns.plan")  # type: ignore[untyped-decorator]
def plan(campaign_id: int) -> None:
    """Make the plan of a campaign that was started; does nothing when somebody already has."""
    planning.build_plan(campaign_id, utc_now())


@app.task(name="campaigns.start_scheduled", retry=RetryStrategy(max_attempts=10, wait=5))  # type: ignore[untyped-decorator]
def start_scheduled(campaign_id: int) -> None:
    """The time of a scheduled campaign has come; every other that is due starts with it."""
    actions.start_due(now=utc_now())


@app.periodic(cron="* * * * * */10")  # type: ignore[untyped-decorator]
@app.task(name="campaigns.settle", queueing_lock="campaigns.settle")  # type: ignore[untyped-decorator]
def settle(timestamp: int) -> None:
    """Every ten seconds: cut plans to the rules in force, pause what is no longer filed, start what is due, plan what a
    crash left unplanned, finish what is done."""
    now = utc_now()
    narrowing.narrow(now=now)
    filing_watch.watch(now=now)
    actions.start_due(now=now)
    actions.recover_planning()
    actions.settle_finished(now=now)


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="campaigns.watch_complaints", queueing_lock="campaigns.watch_complaints")  # type: ignore[untyped-decorator]
def watch_complaints(timestamp: int) -> None:
    """Every minute: pause what makes people complain, or leave."""
    now = utc_now()
    complaint_watch.watch(now=now)
    opt_out_watch.watch(now=now)


@app.task(name="campaigns.draw_up_proof", retry=RetryStrategy(max_attempts=5, wait=10))  # type: ignore[untyped-decorator]
def draw_up_proof(proof_id: int) -> None:
    """Write a campaign's proof bundle that was asked for."""
    close_old_connections()
    proof.draw_up_proof(proof_id, now=utc_now())


@app.task(name="campaigns.rehearse", pass_context=True)  # type: ignore[untyped-decorator]
def rehearse(context: JobContext, rehearsal_id: int) -> None:
    """Play a rehearsal that was asked for; it ends early with the worker."""
    close_old_connections()
    rehearsal.run(rehearsal_id, stopping=context.should_abort)
