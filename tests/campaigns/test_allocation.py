"""Campaigns that want the same people: who goes first, what is left to whom, and what of it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.campaigns.factories import NOON, again, approved, make_campaign, make_draft, make_segment
from tests.factories import make_contacts

from xinfeng.campaigns import actions, allocation, audience, planning, rivals
from xinfeng.campaigns.explain import explain
from xinfeng.campaigns.models import Allocation, Campaign, CampaignStep
from xinfeng.campaigns.preflight import preflight
from xinfeng.delivery.models import LeftOut
from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.lens.engine import close_lens

BEFORE = NOON - timedelta(days=40)


@pytest.fixture(autouse=True)
def _lens(committed_db: str) -> Iterator[None]:
    yield
    close_lens()


def ranked(priority: int = 3, expected_fen: int | None = None, name: str = "", **changes: int) -> Campaign:
    draft = make_draft(**changes)
    campaign = approved(replace(draft, name=name or draft.name))
    allocation.rank_campaign(campaign.pk, priority=priority, expected_fen=expected_fen, actor="li")
    return again(campaign)


def plan(campaign: Campaign) -> Campaign:
    actions.start(campaign.pk, actor="li", now=NOON)
    planning.build_plan(campaign.pk, NOON)
    return again(campaign)


def reached(campaign: Campaign) -> int:
    assert campaign.plan is not None
    return campaign.plan.messages


def test_a_slot_is_left_to_the_higher_priority_and_kept_on_record() -> None:
    [person, *_] = make_contacts(3, at=BEFORE)
    high, low = ranked(4, 30, "高"), ranked(2, 10, "低")
    foreseen = preflight(low, NOON)
    assert {one.reason: one.contacts for one in foreseen.left_out} == {"slot_reserved": 3}
    [to] = allocation.foresee(low, audience.ground(low, now=NOON))
    assert (to.rival.pk, to.contacts, to.gained_fen) == (high.pk, 3, 60)
    before = explain(low.pk, contact_id=person, now=NOON)
    assert any("留给：高" in words for words in before.words("zh"))
    low = plan(low)
    assert reached(low) == 0
    [kept] = allocation.yielded_by(low)
    assert (kept.rival.pk, kept.contacts, kept.gained_fen) == (high.pk, 3, 60)
    assert LeftOut.objects.filter(plan_id=low.plan_id, reason="slot_reserved").count() == 3
    assert allocation.yielded_to(high)[0][:2] == (low, 3)
    after = explain(low.pk, contact_id=person, now=NOON).words("zh")
    assert any("留给优先的活动" in words for words in after)
    assert any("排在前面的活动：高" in words for words in after)
    assert reached(plan(high)) == 3


def test_the_higher_one_planned_first_ends_the_same() -> None:
    make_contacts(3, at=BEFORE)
    high, low = ranked(4, name="高"), ranked(2, name="低")
    assert reached(plan(high)) == 3
    low = plan(low)
    assert reached(low) == 0 and not Allocation.objects.exists()


def test_stated_value_goes_before_none_and_more_before_less() -> None:
    now = NOON
    none, little, much = ranked(), ranked(3, 5), ranked(3, 50)
    order = sorted((none, little, much), key=lambda one: rivals.rank(one, start=now))
    assert [one.pk for one in order] == [much.pk, little.pk, none.pk]
    urgent = ranked(5)
    assert rivals.rank(urgent, start=now) < rivals.rank(much, start=now)
    early, late = ranked(1), ranked(1)
    late.scheduled_at, early.scheduled_at = now + timedelta(hours=2), now + timedelta(hours=1)
    assert rivals.rank(early, start=now) < rivals.rank(late, start=now)


def test_a_rival_that_is_sent_back_claims_nothing() -> None:
    make_contacts(2, at=BEFORE)
    high, low = ranked(4), ranked(2)
    assert preflight(low, NOON).reachable == 0
    actions.send_back(high.pk, actor="wang", comment="改一下")
    assert preflight(low, NOON).reachable == 2


def test_an_approval_that_is_forgotten_holds_nobody_back() -> None:
    make_contacts(2, at=BEFORE)
    high, low = ranked(4), ranked(2)
    Campaign.objects.filter(pk=high.pk).update(approved_at=NOON - timedelta(days=8))
    assert preflight(low, NOON).reachable == 2


def test_only_whom_the_rival_wants_and_only_soon_enough_is_left_to_it() -> None:
    make_contacts(1, at=BEFORE, city="杭州市")
    make_contacts(3, at=BEFORE, city="宁波市")
    rule = {"attribute": "city", "op": "is", "value": "杭州市"}
    high = ranked(4, segment_id=make_segment(rule).pk)
    low = ranked(2)
    assert preflight(low, NOON).reachable == 3
    Campaign.objects.filter(pk=high.pk).update(state="scheduled", scheduled_at=NOON + timedelta(days=40))
    assert preflight(low, NOON).reachable == 4


def test_ranking_is_checked_noted_and_ends_with_the_plan() -> None:
    campaign = make_campaign()
    for priority in (0, 6):
        with pytest.raises(InvalidInput, match=r"campaign\.priority"):
            allocation.rank_campaign(campaign.pk, priority=priority, expected_fen=None, actor="li")
    with pytest.raises(InvalidInput, match=r"campaign\.expected"):
        allocation.rank_campaign(campaign.pk, priority=3, expected_fen=-1, actor="li")
    allocation.rank_campaign(campaign.pk, priority=5, expected_fen=20, actor="li")
    assert CampaignStep.objects.filter(campaign=campaign, action="rank").get().detail == {
        "priority": 5,
        "expected_fen": 20,
    }
    assert AuditEntry.objects.filter(action="campaign.rank").count() == 1
    make_contacts(1, at=BEFORE)
    done = plan(approved())
    with pytest.raises(Conflict, match=r"campaign\.planned"):
        allocation.rank_campaign(done.pk, priority=1, expected_fen=None, actor="li")


def test_a_person_is_told_of_the_campaign_that_took_her_slot_not_of_all() -> None:
    [hangzhou] = make_contacts(1, at=BEFORE, city="杭州市")
    [ningbo] = make_contacts(1, at=BEFORE, city="宁波市")
    rules = [{"attribute": "city", "op": "is", "value": city} for city in ("杭州市", "宁波市")]
    first, second = (
        ranked(4, name=f"活动{one}", segment_id=make_segment(rule).pk) for one, rule in enumerate(rules)
    )
    low = plan(ranked(2))
    unsure = explain(low.pk, contact_id=hangzhou, now=NOON).words("zh")
    assert any("以下之一：" in words and "活动0" in words and "活动1" in words for words in unsure)
    plan(first)
    plan(second)
    for person, name in ((hangzhou, "活动0"), (ningbo, "活动1")):
        told = explain(low.pk, contact_id=person, now=NOON).words("zh")
        assert any(words.endswith(f"排在前面的活动：{name}。") for words in told)
