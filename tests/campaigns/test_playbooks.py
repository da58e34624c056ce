"""Strategies for tiers, what a message was worth before, what a change of rules would do, and how much leaves per day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta

import pytest
from tests.campaigns.factories import (
    NOON,
    approved,
    make_campaign,
    make_channel,
    make_draft,
    make_template,
    planned,
    user,
)
from tests.factories import make_contacts, make_event

from xinfeng.campaigns import actions, load, playbooks, value, what_if
from xinfeng.campaigns.models import Campaign
from xinfeng.campaigns.playbooks import Choice
from xinfeng.campaigns.what_if import Line, Trial
from xinfeng.content import review
from xinfeng.content.actions import save_template
from xinfeng.content.models import Signature, Template
from xinfeng.delivery.models import Plan
from xinfeng.foundation.models import AuditEntry, Role
from xinfeng.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from xinfeng.lens.engine import close_lens, lens
from xinfeng.policy import actions as policy_actions
from xinfeng.policy import reads as policy
from xinfeng.policy.calendar import Calendar
from xinfeng.policy.ceilings import DEFAULT_TIER_CAPS
from xinfeng.policy.defaults import WINDOWS
from xinfeng.policy.settings import DailyWindow, PolicySettings
from xinfeng.segments import reads as segments
from xinfeng.segments.models import Segment

BEFORE = NOON - timedelta(days=40)
FRIDAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _lens(committed_db: str) -> Iterator[None]:
    yield
    close_lens()


def test_every_tier_has_a_strategy_whose_rule_reads_and_whose_cap_is_the_feature_s() -> None:
    books = {one.tier: one for one in playbooks.playbooks()}
    assert set(books) == {"dormant", "potential", "active", "new", "industry"}
    for tier, one in books.items():
        segments.parse_rule(one.rule)
        assert one.cap == DEFAULT_TIER_CAPS[tier]
        assert len(one.texts) >= 2 and all(text.purpose == "marketing" for text in one.texts)
        for language in ("zh", "en"):
            assert all(one.told(what, language) for what in ("title", "why", "whom"))


def test_a_strategy_is_made_whole_or_not_at_all() -> None:
    user("li")
    signature = Signature.objects.create(text="信风商城")
    choice = Choice("dormant", "retail", signature.pk)
    with pytest.raises(NotFound):  # nobody of that name: the campaign cannot be made, so nothing is
        playbooks.create(Choice("dormant", "retail", 10**6), actor="li", now=NOON)
    assert not Template.objects.exists()
    first, again = (playbooks.create(choice, actor="li", now=NOON) for _ in range(2))
    assert first.campaign.state == "draft" and first.campaign.plan_id is None
    assert first.campaign.trade == "retail" and first.segment.rule["all"][0]["value"] == "dormant"
    assert again.campaign.name != first.campaign.name
    assert again.segment.name == again.version.template.name == again.campaign.name
    assert AuditEntry.objects.filter(action="campaign.from_playbook").count() == 2


def test_nothing_is_left_of_a_strategy_whose_campaign_fails() -> None:
    signature = Signature.objects.create(text="信风商城")
    before = Segment.objects.count()
    with pytest.raises(NotAllowed, match=r"approval\.unknown_user"):
        playbooks.create(Choice("new", "retail", signature.pk), actor="nobody", now=NOON)
    assert (Segment.objects.count(), Template.objects.count(), Campaign.objects.count()) == (before, 0, 0)


def test_a_looser_cap_is_seen_and_tightened_only_when_asked() -> None:
    user("li")
    signature = Signature.objects.create(text="信风商城")
    policy_actions.save_settings({"tier_caps": {"dormant": [6, 90]}}, actor="amy", now=NOON)
    assert playbooks.outline(Choice("dormant", "retail", signature.pk), now=NOON).looser
    playbooks.create(Choice("dormant", "retail", signature.pk), actor="li", now=NOON)
    assert policy.settings_at(NOON).tier_caps["dormant"].messages == 6
    playbooks.create(Choice("dormant", "retail", signature.pk, tighten=True), actor="li", now=NOON)
    assert policy.settings_at(NOON).tier_caps["dormant"] == DEFAULT_TIER_CAPS["dormant"]


def test_a_value_is_suggested_only_from_what_was_bought() -> None:
    [buyer, other] = make_contacts(2, at=BEFORE)
    past = planned()
    copy = lens()
    next_one = approved(make_draft(template_version_id=past.template_version_id))
    later = NOON + timedelta(days=9)
    assert value.observed(next_one, copy, now=later) is None
    Plan.objects.filter(pk=past.plan_id).update(state="finished", finished_at=NOON)
    copy.refresh()
    assert value.observed(next_one, copy, now=later) is None
    make_event(buyer, kind=1, at=NOON + timedelta(days=2), amount_fen=5_001)
    make_event(other, kind=1, at=NOON + timedelta(days=8), amount_fen=9_999)
    make_event(other, kind=1, at=NOON - timedelta(days=1), amount_fen=7_777)
    copy.refresh()
    found = value.observed(next_one, copy, now=later)
    assert found is not None
    assert (found.same, found.campaigns, found.messages, found.bought_fen) == ("template", 1, 2, 5_001)
    assert found.per_message_fen == 2_500
    assert value.observed(next_one, copy, now=NOON + timedelta(days=6)) is None


def test_a_trial_asks_the_same_gates_and_writes_nothing() -> None:
    make_contacts(3, at=BEFORE)
    planned()
    copy = lens()
    copy.refresh()
    now, settings = NOON, policy.settings_at(NOON)
    after = what_if.tried(settings, Trial({"ceilings": {"marketing": {"day": 3}}}))
    found = what_if.reach(
        copy, purpose="marketing", segment=None, day=FRIDAY, now=now, before=settings, after=after
    )
    assert (found.before.allowed, found.after.allowed, found.difference) == (0, 3, 3)
    assert found.by_reason == [("daily_cap", 3, 0)]
    assert policy.settings_at(NOON).ceiling("marketing").day == 1


def test_a_trial_refuses_what_saving_would() -> None:
    for trial in (
        Trial({"latest": "23:00"}),
        Trial({"ceilings": {"marketing": {"day": 99}}}),
        Trial(windows={"retail": [DailyWindow(time(6), time(7), source="x")]}),
    ):
        with pytest.raises(InvalidInput):
            what_if.tried(PolicySettings(), trial)


def test_rooms_are_minutes_times_rates_within_the_channels_hours() -> None:
    settings = PolicySettings(windows=WINDOWS)
    by = [Line(10, None), Line(5, (time(8), time(11)))]
    found = {
        one.trade: one
        for one in what_if.rooms(settings, FRIDAY, calendar=Calendar.of([]), purpose="marketing", by=by)
    }
    assert (found["retail"].minutes, found["retail"].parts) == (240, 240 * 60 * 10 + 60 * 60 * 5)
    assert found["finance"].parts == 0  # nothing is known of the year, so it is no workday


def test_the_load_of_the_days_is_what_left_and_what_is_still_to_leave() -> None:
    make_contacts(3, at=BEFORE)
    make_channel()
    planned()
    copy = lens()
    copy.refresh()
    days = {one.day: one for one in load.load_ahead(copy, now=NOON)}
    assert len(days) == load.BACK + load.AHEAD
    assert (days[FRIDAY].planned, days[FRIDAY].sent) == (3, 0)
    Plan.objects.update(state="finished", finished_at=NOON)
    copy.refresh()
    days = {one.day: one for one in load.load_ahead(copy, now=NOON)}
    assert (days[FRIDAY].planned, days[FRIDAY].sent) == (0, 3)


def test_a_strategy_whose_examples_still_stand_is_not_submitted() -> None:
    user("li")
    user("chen", Role.REVIEWER)
    make_channel()
    signature = Signature.objects.create(text="信风商城", hotline="400-820-8820")
    made = playbooks.create(Choice("dormant", "retail", signature.pk), actor="li", now=NOON)
    for asked in (
        lambda: actions.submit(made.campaign.pk, actor="li"),
        lambda: review.ask_for_review(made.version.pk, actor="li", now=NOON),
    ):
        with pytest.raises(Conflict) as refused:
            asked()
        assert refused.value.code == "review.examples"
        assert refused.value.params["places"] == ["入会礼", "HUILAI"]
    assert Campaign.objects.get().state == "draft"
    version = save_template(
        template_id=made.version.template_id,
        name=made.version.template.name,
        purpose="marketing",
        signature_id=signature.pk,
        value=made.version.value.replace("入会礼", "一罐龙井").replace("HUILAI", "CHA26"),
        action=made.version.action,
        opt_out=made.version.opt_out,
        defaults=made.version.defaults,
        actor="li",
    )
    Campaign.objects.update(template_version=version)
    assert actions.submit(made.campaign.pk, actor="li").state == "submitted"


def test_examples_stop_an_approval_that_was_asked_for_before_the_rule() -> None:
    user("chen", Role.REVIEWER)
    version = make_template("激活码 HUILAI 给您留着，到店可用")
    campaign = make_campaign(make_draft(template_version_id=version.pk))
    Campaign.objects.filter(pk=campaign.pk).update(state="submitted")
    with pytest.raises(Conflict, match=r"review\.examples"):
        actions.approve(campaign.pk, actor="chen", now=NOON)
    [doubt] = review.doubts(version, None, review.judgement_of(version, at=NOON))
    assert (doubt.code, doubt.params["places"], doubt.stops) == ("text_examples", ["HUILAI"], True)
