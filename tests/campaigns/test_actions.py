"""Scheduling, starting, pausing, stopping; and campaigns following their plans."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from tests.campaigns.factories import NOON, again, approved, jobs

from xinfeng.campaigns import actions
from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.delivery.models import Chunk, Plan, PlanState
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound


def running(**plan: Any) -> Campaign:
    """A campaign whose plan is being sent, with one chunk."""
    campaign = approved()
    actions.start(campaign.pk, actor="li")
    made = Plan.objects.create(
        purpose="marketing", channel_id=1, deadline=NOON, messages=10, planned_at=NOON, state=PlanState.READY
    )
    Chunk.objects.create(plan=made, channel_id=1, first_id=1, last_id=10, planned_at=NOON)
    actions.settle_planned(again(campaign), made, now=NOON, counts={"messages": 10})
    Plan.objects.filter(pk=made.pk).update(**plan)
    return again(campaign)


def test_starting_defers_the_plan_once(db: None) -> None:
    campaign = approved()
    actions.start(campaign.pk, actor="li")
    assert again(campaign).state == CampaignState.PLANNING
    assert jobs() == [("campaigns.plan", "todo")]
    with pytest.raises(Conflict, match=r"campaign\.state"):
        actions.start(campaign.pk, actor="li")
    assert actions.recover_planning() == [campaign.pk]
    assert jobs() == [("campaigns.plan", "todo")]


def test_a_campaign_left_planning_by_a_crash_is_planned_again(db: None) -> None:
    campaign = approved()
    actions.start(campaign.pk, actor="li")
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set status = 'doing'")  # its worker is gone
    assert actions.recover_planning() == [campaign.pk]
    assert jobs() == [("campaigns.plan", "doing"), ("campaigns.plan", "todo")]


def test_schedule_and_unschedule(db: None) -> None:
    campaign = approved()
    at = NOON + timedelta(hours=3)
    actions.schedule(campaign.pk, at, actor="li", now=NOON)
    assert (again(campaign).state, again(campaign).scheduled_at) == (CampaignState.SCHEDULED, at)
    assert jobs() == [("campaigns.start_scheduled", "todo")]
    assert actions.start_due(now=at - timedelta(seconds=1)) == []
    actions.unschedule(campaign.pk, actor="li")
    assert (again(campaign).state, again(campaign).scheduled_at) == (CampaignState.APPROVED, None)
    assert actions.start_due(now=at) == []
    with pytest.raises(InvalidInput, match=r"campaign\.schedule_past"):
        actions.schedule(campaign.pk, NOON, actor="li", now=NOON)


def test_what_is_due_starts(db: None) -> None:
    campaign = approved()
    at = NOON + timedelta(hours=3)
    actions.schedule(campaign.pk, at, actor="li", now=NOON)
    assert actions.start_due(now=at) == [campaign.pk]
    assert again(campaign).state == CampaignState.PLANNING
    assert actions.start_due(now=at) == []


def test_what_is_due_but_changed_fails_with_the_reason(db: None) -> None:
    campaign = approved()
    actions.schedule(campaign.pk, NOON + timedelta(hours=3), actor="li", now=NOON)
    assert campaign.segment is not None
    campaign.segment.rule = {"all": [{"all": []}]}
    campaign.segment.save()
    assert actions.start_due(now=NOON + timedelta(hours=3)) == []
    failed = again(campaign)
    assert failed.state == CampaignState.FAILED
    assert failed.fault is not None
    assert failed.fault["code"] == "campaign.changed_since_approval"
    actions.revise(campaign.pk, actor="li")
    assert (again(campaign).state, again(campaign).fault) == (CampaignState.DRAFT, None)


def test_pause_resume_and_stop_reach_the_plan(db: None) -> None:
    campaign = running()
    actions.pause(campaign.pk, actor="li", now=NOON, comment="等一下")
    assert (again(campaign).state, Plan.objects.get().state) == ("paused", "paused")
    actions.resume(campaign.pk, actor="li", now=NOON)
    assert (again(campaign).state, Plan.objects.get().state) == ("running", "running")
    actions.stop(campaign.pk, actor="li", now=NOON)
    assert (again(campaign).state, Plan.objects.get().state) == ("stopped", "stopped")
    assert ("delivery.withhold_stopped", "todo") in jobs()


def test_a_campaign_stopped_while_planning_has_no_plan_to_stop(db: None) -> None:
    campaign = approved()
    actions.start(campaign.pk, actor="li")
    actions.stop(campaign.pk, actor="li", now=NOON)
    assert again(campaign).state == CampaignState.STOPPED


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ({"state": PlanState.PAUSED, "reason": "carrier_refuses"}, CampaignState.PAUSED),
        ({"state": PlanState.STOPPED}, CampaignState.STOPPED),
        ({"state": PlanState.FINISHED}, CampaignState.FINISHED),
    ],
)
def test_a_campaign_follows_its_plan(db: None, plan: dict[str, Any], expected: str) -> None:
    campaign = running(**plan)
    assert actions.settle_finished(now=NOON) == [campaign.pk]
    assert again(campaign).state == expected
    assert actions.settle_finished(now=NOON) == []


def test_a_campaign_finishes_with_the_last_chunk(db: None) -> None:
    campaign = running()
    assert actions.settle_finished(now=NOON) == []
    Chunk.objects.update(state="done")
    assert actions.settle_finished(now=NOON) == [campaign.pk]
    assert (again(campaign).state, Plan.objects.get().state) == ("finished", "finished")


def test_a_plan_that_delivery_resumed_resumes_its_campaign(db: None) -> None:
    campaign = running()
    actions.pause(campaign.pk, actor="li", now=NOON)
    Plan.objects.update(state=PlanState.RUNNING)
    assert actions.settle_finished(now=NOON) == [campaign.pk]
    assert again(campaign).state == CampaignState.RUNNING


def test_every_move_is_audited(db: None) -> None:
    campaign = running()
    actions.pause(campaign.pk, actor="li", now=NOON)
    with connection.cursor() as cursor:
        cursor.execute("select action from audit_entry where object_kind = 'campaign' order by id")
        done = [row[0].removeprefix("campaign.") for row in cursor.fetchall()]
    assert done == ["create", "submit", "approve", "start", "planned", "pause"]
    assert list(campaign.steps.order_by("id").values_list("action", flat=True)) == done


def test_an_unknown_campaign(db: None) -> None:
    with pytest.raises(NotFound, match=r"campaign\.unknown"):
        actions.start(1, actor="li")
