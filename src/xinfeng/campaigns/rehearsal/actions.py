"""What people do with rehearsals: ask for one, cancel it; and the job that plays it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, transaction

from xinfeng.campaigns.models import Campaign, CampaignState, Rehearsal, RehearsalState
from xinfeng.campaigns.rehearsal.faults import Fault
from xinfeng.campaigns.rehearsal.performing import Stopped, perform
from xinfeng.campaigns.rehearsal.subject import subject_of
from xinfeng.foundation import audit
from xinfeng.foundation.database import connect
from xinfeng.foundation.jobs import app
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound, XinfengError
from xinfeng.kernel.time import utc_now

log = logging.getLogger(__name__)

MOST = 2_000
USUAL = 1_000
KEPT = 10
"""Rehearsals of one campaign that are kept."""
LOST_AFTER = timedelta(seconds=90)
"""A run that has said nothing for so long has died with its process. Making the cast says nothing, and may take a while."""
REHEARSABLE = frozenset(
    {CampaignState.DRAFT, CampaignState.SUBMITTED, CampaignState.APPROVED, CampaignState.SCHEDULED}
)

Stopping = Callable[[], bool]


def ask(
    campaign_id: int,
    *,
    actor: str,
    now: datetime,
    messages: int = USUAL,
    fault: str = "",
    by_job: bool = True,
) -> Rehearsal:
    """Ask for a rehearsal; a worker plays it, or, without `by_job`, whoever calls `run` then.

    Raises NotFound `campaign.unknown`; InvalidInput `rehearsal.messages`, `rehearsal.fault`, `campaign.incomplete`;
    Conflict `rehearsal.too_late` once the campaign was started, `rehearsal.under_way` while there is another.
    """
    if not 1 <= messages <= MOST:
        raise InvalidInput("rehearsal.messages", at_most=MOST)
    if fault not in list(Fault):
        raise InvalidInput("rehearsal.fault", fault=fault[:20])
    campaign = _campaign(campaign_id)
    if campaign.state not in REHEARSABLE:
        raise Conflict("rehearsal.too_late", campaign=campaign_id)
    subject = subject_of(campaign)
    end_lost(now=now)
    try:
        with transaction.atomic():
            asked = Rehearsal.objects.create(
                campaign=campaign,
                messages=messages,
                fault=fault,
                asked_by=actor,
                seen_at=now,
                subject=subject,
            )
            audit.record(
                actor=actor,
                action="campaign.rehearse",
                kind="campaign",
                subject=campaign_id,
                messages=messages,
                fault=fault,
            )
            if by_job:
                transaction.on_commit(partial(_enqueue, asked.pk))
    except IntegrityError:
        raise Conflict("rehearsal.under_way") from None
    return asked


def _enqueue(rehearsal_id: int) -> None:
    app.configure_task("campaigns.rehearse").defer(rehearsal_id=rehearsal_id)


def cancel(rehearsal_id: int, *, actor: str) -> Rehearsal:
    """Have it end; what runs does so within a second or two. One that is over stays as it is. Raises NotFound
    `rehearsal.unknown`."""
    with transaction.atomic():
        found = Rehearsal.objects.select_for_update().filter(pk=rehearsal_id).first()
        if found is None:
            raise NotFound("rehearsal.unknown", rehearsal=rehearsal_id)
        if found.active:
            found.cancelled_by = actor
            if found.state == RehearsalState.WAITING:
                _close(found, RehearsalState.CANCELLED)
            found.save()
    return found


def run(rehearsal_id: int, *, stopping: Stopping = lambda: False) -> None:
    """Play what was asked for, if nobody else does; its row says what came of it. `stopping`: whether this process is
    about to end."""
    now = utc_now()
    claimed = Rehearsal.objects.filter(pk=rehearsal_id, state=RehearsalState.WAITING).update(
        state=RehearsalState.RUNNING, started_at=now, seen_at=now
    )
    if not claimed:
        return
    try:
        _run(rehearsal_id, stopping, now)
    except Stopped:
        _end(rehearsal_id, RehearsalState.CANCELLED)
    except XinfengError as fault:
        log.warning("a rehearsal can't be played: %s", fault.code)
        _end(rehearsal_id, RehearsalState.FAILED, error={"code": fault.code, "params": fault.params})
    except KeyboardInterrupt:
        _end(rehearsal_id, RehearsalState.CANCELLED)
        raise
    except BaseException:
        _end(rehearsal_id, RehearsalState.FAILED, error={"code": "rehearsal.broke", "params": {}})
        raise


def _run(rehearsal_id: int, stopping: Stopping, now: datetime) -> None:
    asked = Rehearsal.objects.get(pk=rehearsal_id)
    campaign = _campaign(asked.campaign_id)
    Rehearsal.objects.filter(pk=rehearsal_id).update(subject=subject_of(campaign))
    with connect(autocommit=True) as aside:

        def tell(done: int, total: int) -> bool:
            row = aside.execute(
                "update rehearsal set done = %s, total = %s, seen_at = clock_timestamp() where id = %s and active"
                " returning cancelled_by",
                (done, total, rehearsal_id),
            ).fetchone()
            return row is not None and not row[0] and not stopping()

        outcome = perform(campaign, most=asked.messages, fault=Fault(asked.fault), now=now, tell=tell)
    _end(rehearsal_id, RehearsalState.DONE, result=outcome.to_json())


def end_lost(*, now: datetime) -> None:
    """End those whose process has died, so that there can be another."""
    for lost in Rehearsal.objects.filter(active=True, seen_at__lt=now - LOST_AFTER):
        _end(lost.pk, RehearsalState.FAILED, error={"code": "rehearsal.lost", "params": {}})


def _end(
    rehearsal_id: int,
    state: RehearsalState,
    *,
    result: dict[str, object] | None = None,
    error: dict[str, object] | None = None,
) -> None:
    with transaction.atomic():
        found = Rehearsal.objects.select_for_update().get(pk=rehearsal_id)
        if found.active is None:
            return
        found.result, found.error = result, error
        _close(found, state)
        found.save()
        kept = Rehearsal.objects.filter(campaign_id=found.campaign_id).order_by("-pk")[:KEPT]
        Rehearsal.objects.filter(campaign_id=found.campaign_id, active=None).exclude(
            pk__in=[one.pk for one in kept]
        ).delete()


def _close(found: Rehearsal, state: RehearsalState) -> None:
    found.state, found.active, found.finished_at = state, None, utc_now()


def _campaign(campaign_id: int) -> Campaign:
    found = (
        Campaign.objects.select_related(
            "segment", "channel", "route", "template_version__signature", "template_version__template"
        )
        .filter(pk=campaign_id)
        .first()
    )
    if found is None:
        raise NotFound("campaign.unknown", campaign=campaign_id)
    return found
