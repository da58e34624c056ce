"""Rules that were tightened after a plan was made bind it too."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from tests.campaigns.factories import NOON, again, approved

from xinfeng.campaigns import actions, binding, narrowing
from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.channels.models import Channel
from xinfeng.console.campaigns.frame import held_because
from xinfeng.delivery.models import Chunk, Plan, PlanState
from xinfeng.policy.actions import mark_day, save_windows
from xinfeng.policy.calendar import Mark, MarkedDay
from xinfeng.policy.settings import DailyWindow

TODAY = (datetime(2026, 11, 20, 1, 0, tzinfo=UTC), datetime(2026, 11, 20, 12, 0, tzinfo=UTC))
TOMORROW = tuple(moment + timedelta(days=1) for moment in TODAY)
"""09:00–20:00 in Shanghai, what the trade `other` has."""


def running() -> Campaign:
    """A campaign that sends today and tomorrow, at noon of the first day."""
    campaign = approved()
    actions.start(campaign.pk, actor="li")
    plan = Plan.objects.create(
        purpose="marketing",
        channel_id=1,
        windows=[[start.isoformat(), end.isoformat()] for start, end in (TODAY, TOMORROW)],
        deadline=TOMORROW[1],
        messages=10,
        planned_at=NOON,
        state=PlanState.READY,
    )
    Chunk.objects.create(plan=plan, channel_id=1, first_id=1, last_id=10, planned_at=NOON)
    actions.settle_planned(again(campaign), plan, now=NOON, counts={"messages": 10})
    return again(campaign)


def windows_of(campaign: Campaign) -> list[tuple[datetime, ...]]:
    plan = again(campaign).plan
    assert plan is not None
    return [tuple(map(datetime.fromisoformat, window)) for window in plan.windows]


def test_what_the_rules_still_allow_is_left_alone(db: None) -> None:
    campaign = running()
    assert narrowing.narrow(now=NOON) == []
    assert windows_of(campaign) == [TODAY, TOMORROW]
    assert again(campaign).state == CampaignState.RUNNING


def test_a_day_on_which_nothing_may_be_sent_pauses_what_is_sending(db: None) -> None:
    campaign = running()
    mark_day(MarkedDay(NOON.date(), Mark.BLACKOUT, "哀悼日", "公告"), actor="chef")
    assert narrowing.narrow(now=NOON) == [campaign.pk]
    plan = again(campaign).plan
    assert plan is not None
    assert (again(campaign).state, plan.state, plan.reason) == ("paused", "paused", "window_closed")
    assert windows_of(campaign) == [(TODAY[0], NOON), TOMORROW]
    actions.resume(campaign.pk, actor="li", now=NOON)
    assert narrowing.narrow(now=NOON) == []
    assert again(campaign).state == CampaignState.RUNNING


def test_narrower_hours_cut_those_to_come(db: None) -> None:
    campaign = running()
    save_windows("other", [DailyWindow(time(11), time(13), source="新规")], actor="chef", now=NOON)
    assert narrowing.narrow(now=NOON) == [campaign.pk]
    assert again(campaign).state == CampaignState.RUNNING
    one_pm = NOON + timedelta(hours=1)
    assert windows_of(campaign) == [
        (TODAY[0], one_pm),
        (one_pm + timedelta(hours=22), one_pm + timedelta(days=1)),
    ]


def test_wider_hours_give_a_plan_no_time_it_was_not_planned_with(db: None) -> None:
    campaign = running()
    save_windows("other", [DailyWindow(time(8), time(21), source="新规")], actor="chef", now=NOON)
    assert narrowing.narrow(now=NOON) == []
    assert windows_of(campaign) == [TODAY, TOMORROW]


def test_rules_that_are_saved_bind_what_is_sending_at_once(db: None) -> None:
    campaign = running()
    day = MarkedDay(NOON.date(), Mark.BLACKOUT, "哀悼日", "公告")
    binding.mark_day(day, actor="chef", now=NOON)
    assert windows_of(campaign) == [(TODAY[0], NOON), TOMORROW]
    assert again(campaign).state == CampaignState.PAUSED
    binding.unmark_day(day.day, actor="chef", now=NOON)
    assert windows_of(campaign) == [(TODAY[0], NOON), TOMORROW]
    binding.save_windows("other", [DailyWindow(time(9), time(12), source="新规")], actor="chef", now=NOON)
    assert windows_of(campaign) == [(TODAY[0], NOON), (TOMORROW[0], NOON + timedelta(days=1))]
    binding.save_settings({"earliest": "10:00"}, actor="chef", now=NOON)
    assert windows_of(campaign)[1][0] == TOMORROW[0] + timedelta(hours=1)


def test_the_console_says_why_a_tightened_plan_was_paused() -> None:
    assert "时段" in held_because(narrowing.CLOSED)


def test_a_channel_that_closes_earlier_from_now_on_cuts_them_too(db: None) -> None:
    campaign = running()
    Channel.objects.filter(pk=campaign.channel_id).update(opens=time(10), closes=time(13))
    assert narrowing.narrow(now=NOON) == [campaign.pk]
    one_pm = NOON + timedelta(hours=1)
    assert windows_of(campaign) == [
        (TODAY[0], one_pm),
        (one_pm + timedelta(hours=21), one_pm + timedelta(days=1)),
    ]
