"""What people and campaigns do to a plan: start, pause, resume, stop. Each one transaction, audited.

Only `plan.state` changes here. Gateways look at it every 50 ms at most and before every slice they write, so a
pause or a stop acts within that, on however many hosts.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from xinfeng.delivery import closing, failover
from xinfeng.delivery.models import Plan, PlanState
from xinfeng.foundation import audit
from xinfeng.foundation.jobs import app
from xinfeng.kernel.errors import Conflict, NotFound
from xinfeng.policy.reasons import STOPPED

_FROM: dict[str, tuple[PlanState, ...]] = {
    "plan.start": (PlanState.READY,),
    "plan.pause": (PlanState.RUNNING,),
    "plan.resume": (PlanState.PAUSED,),
    "plan.stop": (PlanState.READY, PlanState.RUNNING, PlanState.PAUSED),
}


def start_plan(plan_id: int, *, actor: str, now: datetime) -> Plan:
    """Let the gateways send it. Raises NotFound `plan.unknown`, Conflict `plan.state`."""
    with transaction.atomic():
        plan = _locked(plan_id, "plan.start")
        plan.state, plan.started_at, plan.reason = PlanState.RUNNING, now, ""
        plan.save(update_fields=["state", "started_at", "reason"])
        audit.record(actor=actor, action="plan.start", kind="plan", subject=plan_id, messages=plan.messages)
        _call_gateways()
    return plan


def pause_plan(plan_id: int, reason: str, *, actor: str, now: datetime) -> Plan:
    """Hold everything not yet handed to a carrier. `reason` is a code that the screen explains."""
    with transaction.atomic():
        plan = _locked(plan_id, "plan.pause")
        plan.state, plan.reason = PlanState.PAUSED, reason
        plan.save(update_fields=["state", "reason"])
        audit.record(
            actor=actor, action="plan.pause", kind="plan", subject=plan_id, reason=reason, at=now.isoformat()
        )
    return plan


def resume_plan(plan_id: int, *, actor: str, now: datetime) -> Plan:
    """Go on where it was paused. Channels that took nothing of it are tried again."""
    with transaction.atomic():
        plan = _locked(plan_id, "plan.resume")
        plan.state, plan.reason = PlanState.RUNNING, ""
        plan.save(update_fields=["state", "reason"])
        failover.try_again(plan_id)
        audit.record(actor=actor, action="plan.resume", kind="plan", subject=plan_id, at=now.isoformat())
        _call_gateways()
    return plan


def stop_plan(plan_id: int, reason: str, *, actor: str, now: datetime) -> Plan:
    """End it for good. What was not handed to a carrier is withheld: by a job, and by the gateways that hold
    chunks of it. The stop itself commits at once and does not wait for that."""
    with transaction.atomic():
        plan = _locked(plan_id, "plan.stop")
        plan.state, plan.reason, plan.finished_at = PlanState.STOPPED, reason, now
        plan.save(update_fields=["state", "reason", "finished_at"])
        audit.record(
            actor=actor, action="plan.stop", kind="plan", subject=plan_id, reason=reason, at=now.isoformat()
        )
        app.configure_task("delivery.withhold_stopped").defer(plan_id=plan_id)
    return plan


def withhold_queued(plan_id: int, *, now: datetime) -> int:
    """Withhold what is unsent in a stopped plan's queued chunks; returns how many. Safe to repeat."""
    with transaction.atomic(), connection.cursor() as cursor:
        state = Plan.objects.values_list("state", flat=True).get(pk=plan_id)
        if state != PlanState.STOPPED:
            raise Conflict("plan.state", state=state, action="plan.withhold")
        cursor.execute(closing.WITHHOLD_QUEUED, {"plan": plan_id, "reason": STOPPED, "now": now})
        return int(cursor.rowcount)


def finish_if_done(plan_id: int, *, now: datetime) -> bool:
    """Finish a plan whose chunks are all done; whether this call did it."""
    with connection.cursor() as cursor:
        cursor.execute(closing.FINISH_PLAN, {"plan": plan_id, "now": now})
        return bool(cursor.rowcount == 1)


def _call_gateways() -> None:
    """They hear it when the transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute(closing.NOTIFY_RUNS)


def _locked(plan_id: int, action: str) -> Plan:
    plan = Plan.objects.select_for_update().filter(pk=plan_id).first()
    if plan is None:
        raise NotFound("plan.unknown", plan=plan_id)
    if plan.state not in _FROM[action]:
        raise Conflict("plan.state", plan=plan_id, state=plan.state, action=action)
    return plan
