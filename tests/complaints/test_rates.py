"""Counting per million, exactly, and pausing what causes complaints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.campaigns.factories import again, make_channel, make_draft, make_segment, make_template, planned
from tests.complaints.world import complaint, send
from tests.factories import NOW, make_contacts

from xinfeng.campaigns import actions as campaigns
from xinfeng.campaigns import complaint_watch
from xinfeng.campaigns.complaint_rates import by_dimension, rate_of
from xinfeng.campaigns.models import Campaign
from xinfeng.channels.routes import Entry, save_route
from xinfeng.complaints import actions, rates, settings, waivers
from xinfeng.complaints.models import ComplaintStanding, Delivered, Pause
from xinfeng.complaints.rates import Rate
from xinfeng.complaints.settings import Rules, Threshold
from xinfeng.delivery.models import Message
from xinfeng.kernel.errors import InvalidInput, RefusedByPolicy
from xinfeng.lens.engine import close_lens, lens

AT = NOW + timedelta(minutes=5)


@pytest.fixture(autouse=True)
def _own_lens(committed_db: str) -> Iterator[None]:
    yield
    close_lens()


def sending(count: int = 4, **draft: Any) -> tuple[Campaign, list[int]]:
    """A campaign that is being sent; all its messages have arrived."""
    people = make_contacts(count, at=NOW - timedelta(days=1))
    campaign = planned(make_draft(**draft), now=NOW)
    assert campaign.state == "running"
    for message in Message.objects.filter(plan_id=campaign.plan_id):
        send(message.pk, NOW + timedelta(minutes=1), channel_id=campaign.channel_id or 1)
    return campaign, people


def complain(contact_id: int, *, now: Any = AT) -> int:
    given = complaint(contact_id, complained_at=NOW + timedelta(minutes=2))
    return actions.take_complaint(given, actor="ma", now=now).complaint_id


class TestRate:
    def test_an_interval_and_a_probability(self) -> None:
        rate = Rate(2, 1_000_000)

        assert rate.per_million == 2
        assert rate.interval is not None
        assert (round(rate.interval.low, 3), round(rate.interval.high, 2)) == (0.242, 7.22)
        assert 0.9 < (rate.probability_above(0.4) or 0) < 1

    def test_nothing_delivered_has_no_rate(self) -> None:
        assert (Rate(1, 0).per_million, Rate(1, 0).interval, Rate(1, 0).probability_above(1)) == (
            None,
            None,
            None,
        )

    @pytest.mark.parametrize(
        ("complaints", "delivered", "above"),
        [
            (1, 1_000, False),  # one is never enough
            (2, 1_000_000, True),  # bound 0.355 per million
            (2, 2_000_000, False),
            (3, 3_000_000, True),  # 0.818 / 3
            (3, 4_000_000, False),
            (2, 0, True),
        ],
    )
    def test_surely_above_the_suspending_limit(self, complaints: int, delivered: int, above: bool) -> None:
        assert Rate(complaints, delivered).surely_above(0.25, rules=Rules()) is above


def test_complaints_count_until_they_are_dismissed() -> None:
    campaign, people = sending()
    ids = [complain(one) for one in people[:3]]
    assert campaign.plan_id is not None

    def n(rules: Rules) -> int:
        return rates.complaints_by_plan(rules).get(campaign.plan_id or 0, 0)

    strict, valid = Rules(), Rules(counts="valid")
    assert (n(strict), n(valid)) == (3, 0)
    actions.dismiss(ids[0], why="taken_back", explanation="电话撤回", actor="ma", now=AT)
    actions.answer(ids[1], valid=True, how="道歉", actor="ma", now=AT)
    actions.answer(ids[2], valid=False, how="解释清楚", actor="ma", now=AT)
    assert (n(strict), n(valid)) == (1, 1)
    actions.reopen(ids[0], reason="又投诉", actor="ma", now=AT)
    assert n(strict) == 2


def test_a_running_campaign_is_paused_and_only_a_person_resumes_it() -> None:
    campaign, people = sending()
    complain(people[0])
    assert complaint_watch.watch(now=AT) == []

    complain(people[1])
    assert complaint_watch.watch(now=AT) == [campaign.pk]

    paused = again(campaign)
    assert paused.state == "paused"
    assert paused.plan is not None
    assert paused.plan.reason == "complaints"
    step = paused.steps.order_by("-id").first()
    assert step is not None
    assert "投诉 2 件，送达 4 条" in step.comment
    [kept] = Pause.objects.all()
    assert (kept.complaints, kept.delivered, kept.limit_key) == (2, 4, "huawei_suspend")
    assert complaint_watch.held_campaigns() == [paused]

    campaigns.settle_finished(now=AT)
    assert again(campaign).state == "paused"


def test_after_a_person_resumed_it_only_new_complaints_pause_it_again() -> None:
    campaign, people = sending()
    complain(people[0])
    complain(people[1])
    complaint_watch.watch(now=AT)
    campaigns.resume(campaign.pk, actor="li", now=AT)

    assert complaint_watch.watch(now=AT) == []
    complain(people[2])
    assert complaint_watch.watch(now=AT) == [campaign.pk]


def test_one_person_in_two_places_is_one_complaint() -> None:
    campaign, people = sending()
    complain(people[0])
    given = complaint(people[0], source="10086", complained_at=NOW + timedelta(minutes=2))
    actions.take_complaint(given, actor="ma", now=AT)

    assert rates.complaints_by_plan(Rules()) == {campaign.plan_id: 1}
    assert complaint_watch.watch(now=AT) == []


def test_it_can_be_switched_off() -> None:
    _, people = sending()
    complain(people[0])
    complain(people[1])
    settings.save(Rules(pauses=False), actor="ma")

    assert complaint_watch.watch(now=AT) == []


def test_nothing_is_asked_while_nobody_complains() -> None:
    sending()
    with CaptureQueriesContext(connection) as asked:
        complaint_watch.watch(now=AT)

    assert len(asked) <= 3


def test_delivered_is_counted_once_it_is_final() -> None:
    campaign, people = sending()
    complain(people[0])
    assert rates.count_delivered(lens(), now=AT) == 1
    kept = Delivered.objects.get()
    assert (kept.plan_id, kept.messages, kept.delivered, kept.final) == (campaign.plan_id, 4, 4, False)

    assert rates.count_delivered(lens(), now=AT) == 0
    assert rates.count_delivered(lens(), now=AT + timedelta(minutes=11)) == 1
    campaigns.settle_finished(now=AT)
    later = NOW + timedelta(days=9)
    if again(campaign).state != "finished":
        campaigns.stop(campaign.pk, actor="li", now=AT)
    assert rates.count_delivered(lens(), now=later) == 1
    assert Delivered.objects.get().final
    assert rates.count_delivered(lens(), now=later + timedelta(days=1)) == 0


def test_rates_by_what_was_sent() -> None:
    template, segment = make_template(), make_segment()
    campaign, people = sending(template_version_id=template.pk, segment_id=segment.pk)
    complain(people[0])
    rates.count_delivered(lens(), now=AT)
    span = (NOW - timedelta(days=1), NOW + timedelta(days=1))

    for dimension, id_ in (
        ("campaign", campaign.pk),
        ("signature", template.signature_id),
        ("template", template.template_id),
        ("segment", segment.pk),
        ("channel", campaign.channel_id),
    ):
        [line] = by_dimension(dimension, *span)
        assert (line.id, line.rate) == (id_, Rate(1, 4)), dimension
    assert rate_of("template", template.template_id, now=AT) == Rate(1, 4)
    assert by_dimension("campaign", NOW - timedelta(days=9), NOW - timedelta(days=8)) == []


def test_a_route_counts_against_the_channel_that_carried_each_message() -> None:
    """Not against the plan's main channel, and not for nothing because the campaign names no channel."""
    main, other = make_channel(name="主"), make_channel(name="备")
    route = save_route(
        name="全国",
        purpose="marketing",
        prefer="order",
        entries=[Entry(main.pk), Entry(other.pk)],
        actor="li",
    )
    people = make_contacts(4, at=NOW - timedelta(days=1))
    campaign = planned(make_draft(channel_id=None, route_id=route), now=NOW)
    assert campaign.plan is not None
    assert campaign.plan.channel_id == main.pk
    messages = {one.contact_id: one.pk for one in Message.objects.filter(plan_id=campaign.plan_id)}
    for place, contact in enumerate(people):  # the first choice died after one message
        send(messages[contact], NOW + timedelta(minutes=1), channel_id=main.pk if not place else other.pk)
    complain(people[1])
    complain(people[2])
    rates.count_delivered(lens(), now=AT)

    lines = {line.id: line.rate for line in by_dimension("channel", NOW - timedelta(days=1), AT)}
    assert lines == {main.pk: Rate(0, 1), other.pk: Rate(2, 3)}
    assert rate_of("channel", other.pk, now=AT) == Rate(2, 3)
    [line] = by_dimension("campaign", NOW - timedelta(days=1), AT)
    assert line.rate == Rate(2, 4)

    Delivered.objects.update(by_channel={})  # counted by an earlier version: all by the main channel
    lines = {line.id: line.rate for line in by_dimension("channel", NOW - timedelta(days=1), AT)}
    assert lines == {main.pk: Rate(0, 4), other.pk: Rate(2, 0)}


def test_months_count_what_came_in_them_matched_or_not() -> None:
    _, people = sending()
    complain(people[0])
    actions.take_complaint(complaint(0, phone="13800138000", quoted="【别家】贷款广告"), actor="ma", now=AT)
    rates.count_delivered(lens(), now=AT)

    [month] = rates.months([(NOW - timedelta(days=19), NOW + timedelta(days=11))])

    assert (month.rate, month.unmatched) == (Rate(2, 4), 1)


class TestStarting:
    def test_a_signature_above_the_closing_limit_cannot_start(self) -> None:
        template = make_template()
        _, people = sending(template_version_id=template.pk)
        complain(people[0])
        complain(people[1])
        rates.count_delivered(lens(), now=AT)
        next_one = planned(make_draft(template_version_id=template.pk), now=AT)

        assert next_one.state == "failed"
        assert (next_one.fault or {})["code"] == "complaint.rate_high"
        codes = {(one.dimension, one.stops) for one in complaint_watch.warnings(next_one, now=AT)}
        assert codes == {("signature", True), ("template", True)}

    def test_who_handles_complaints_can_let_it_pass(self) -> None:
        template = make_template()
        _, people = sending(template_version_id=template.pk)
        complain(people[0])
        complain(people[1])
        rates.count_delivered(lens(), now=AT)
        until = AT + timedelta(days=7)
        for dimension, id_ in (("signature", template.signature_id), ("template", template.template_id)):
            waivers.waive(dimension, id_, reason="已整改，运营商同意", until=until, actor="ma", now=AT)
        make_contacts(1, at=NOW - timedelta(days=1))
        next_one = planned(make_draft(template_version_id=template.pk), now=AT)

        assert next_one.state == "running"
        found = list(complaint_watch.warnings(next_one, now=AT))
        assert {one.code for one in found} == {"complaint_rate_waived"}
        assert not any(one.stops for one in found)
        with pytest.raises(RefusedByPolicy):
            complaint_watch.refuse_start(next_one, now=until)

    @pytest.mark.parametrize("given", [{"reason": " "}, {"until": AT + timedelta(days=40)}, {"until": AT}])
    def test_a_waiver_has_a_reason_and_an_end(self, given: dict[str, Any]) -> None:
        named = {"reason": "x", "until": AT + timedelta(days=1), **given}
        with pytest.raises(InvalidInput):
            waivers.waive("signature", 1, actor="ma", now=AT, **named)


class TestRules:
    def test_they_are_kept_and_read_back(self) -> None:
        own = Threshold("own_1", "合同", "", 1.5, "suspend", "与某运营商的合同第 8 条", "", "2026-10")
        rules = replace(
            Rules(), workdays={"12321": 2}, thresholds=(*Rules().thresholds, own), at_least=3, confidence=0.9
        )

        settings.save(rules, actor="ma")

        assert settings.current() == rules
        assert settings.current().workdays_of("12321") == 2
        assert settings.current().workdays_of("shop") == 3

    @pytest.mark.parametrize(
        "broken",
        [
            {"look_back_days": 0},
            {"at_least": 0},
            {"confidence": 1.0},
            {"counts": "all"},
            {"workdays": {"fax": 1}},
            {"workdays": {"12321": 0}},
            {"thresholds": (Threshold("a", "", "", 1, "alarm", "x", "", ""),)},
            {"thresholds": (Threshold("a", "a", "", 0, "alarm", "x", "", ""),)},
            {"thresholds": (Threshold("a", "a", "", 1, "shoot", "x", "", ""),)},
            {"thresholds": (Threshold("a", "a", "", 1, "alarm", "", "", ""),)},
            {"thresholds": (Threshold("a", "a", "", float("nan"), "alarm", "x", "", ""),)},
        ],
    )
    def test_what_makes_no_sense_is_refused(self, broken: dict[str, Any]) -> None:
        with pytest.raises(InvalidInput) as refused:
            settings.save(replace(Rules(), **broken), actor="ma")

        assert refused.value.code == "complaint.rules"

    def test_the_strictest_limit_of_its_kind_holds(self) -> None:
        limit = Rules().limit("close")
        assert limit is not None
        assert limit.per_million == 0.4
        off = replace(Rules(), thresholds=tuple(replace(one, enabled=False) for one in Rules().thresholds))
        assert off.limit("close") is None


def test_the_lens_sees_no_number_and_no_text() -> None:
    _, people = sending()
    complain(people[0])
    copy = lens()
    copy.refresh()

    [row] = copy.rows(copy.table("complaint")).to_pylist()

    assert row["contact_id"] == people[0]
    assert set(row) == {
        "complaint_id",
        "source",
        "about",
        "complained_at",
        "taken_at",
        "contact_id",
        "state",
        "valid",
        "certainty",
        "message_id",
        "plan_id",
        "channel_id",
    }
    actions.answer(row["complaint_id"], valid=True, how="x", actor="ma", now=AT)
    copy.refresh()
    [row] = copy.rows(copy.table("complaint")).to_pylist()
    assert (row["state"], row["valid"]) == ("answered", True)
    assert ComplaintStanding.objects.count() == 1
