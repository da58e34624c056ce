"""From an approved campaign to a plan: what the planner writes, what the preflight foretold, what explain says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from tests.campaigns.factories import (
    NOON,
    again,
    approved,
    make_channel,
    make_draft,
    make_segment,
    make_template,
    planned,
)
from tests.factories import make_contact, make_contacts, phone

from xinfeng.campaigns import actions, audience, planning
from xinfeng.campaigns.explain import explain
from xinfeng.campaigns.explanation import Verdict
from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.campaigns.planning import billed_parts_of
from xinfeng.campaigns.preflight import contacts_refused_by, preflight
from xinfeng.channels.models import Channel
from xinfeng.consent.actions import withdraw
from xinfeng.content.models import Signature
from xinfeng.delivery.models import Plan, PlanState
from xinfeng.delivery.outcomes import MessageState
from xinfeng.foundation import database
from xinfeng.foundation.vault import Kind, vault
from xinfeng.intake.people import merge_people
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.text import billed_parts
from xinfeng.lens.engine import close_lens
from xinfeng.policy.reasons import DAILY_CAP, MINOR, NO_CONSENT, NO_PHONE, OPTED_OUT
from xinfeng.segments.models import SegmentMember

BEFORE = NOON - timedelta(days=40)


@pytest.fixture(autouse=True)
def _own_lens(committed_db: str) -> Iterator[None]:
    yield
    close_lens()


def withdraw_marketing(contact_id: int, at: datetime) -> None:
    withdraw(contact_id, "marketing", at=at, source="reply", evidence="TD", actor="test", now=at)


class People:
    """Three who may be written to, and one for each of four gates."""

    def __init__(self) -> None:
        self.allowed = [
            make_contact(at=BEFORE, name="王小明"),
            make_contact(at=BEFORE),
            make_contact(at=BEFORE, name="司" * 20),
        ]
        self.opted_out = make_contact(at=BEFORE)
        withdraw_marketing(self.opted_out, BEFORE)
        self.no_consent = make_contact(consent=())
        self.minor = make_contact(at=BEFORE, birthday=date(2015, 1, 1))
        self.no_phone = make_contact(at=BEFORE, phone=None, external_id="ext-1")

    @property
    def left_out(self) -> dict[int, str]:
        return {
            self.opted_out: OPTED_OUT,
            self.no_consent: NO_CONSENT,
            self.minor: MINOR,
            self.no_phone: NO_PHONE,
        }


def ask(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def texts(campaign: Campaign) -> dict[int, str]:
    rows = ask("select contact_id, body_sealed from message where plan_id = %s", campaign.plan_id)
    return {contact_id: vault().open(Kind.BODY, bytes(body)) for contact_id, body in rows}


def test_a_plan_has_a_personal_text_for_everybody_allowed_and_a_reason_for_the_rest() -> None:
    people = People()
    campaign = planned()
    assert campaign.state == CampaignState.RUNNING
    assert texts(campaign) == {
        people.allowed[0]: "【信风商城】王小明您好，满200减50 回复1预留 拒收请回复R",
        people.allowed[1]: "【信风商城】顾客您好，满200减50 回复1预留 拒收请回复R",
        people.allowed[2]: f"【信风商城】{'司' * 20}您好，满200减50 回复1预留 拒收请回复R",
    }
    assert (
        dict(ask("select contact_id, reason from left_out where plan_id = %s", campaign.plan_id))
        == people.left_out
    )
    plan = Plan.objects.get(pk=campaign.plan_id)
    assert (plan.state, plan.audience, plan.messages, plan.parts) == (PlanState.RUNNING, 7, 3, 3)
    assert plan.started_at == NOON
    assert plan.deadline > NOON + timedelta(days=5)
    assert plan.policy["ceilings"]["marketing"]["day"] == 1
    rests_on = ask(
        "select count(*) from message join consent_entry entry on entry.seq = message.consent_seq"
        " and entry.contact_id = message.contact_id and entry.granted where plan_id = %s",
        campaign.plan_id,
    )
    assert rests_on == [(3,)]


def test_long_texts_are_billed_by_parts() -> None:
    make_contact(at=BEFORE)
    channel = make_channel(price_li=35)
    version = make_template("长" * 80)
    campaign = planned(make_draft(template_version_id=version.pk, channel_id=channel.pk))
    assert ask("select parts, cost_li from message where plan_id = %s", campaign.plan_id) == [(2, 70)]


def test_batches_keep_their_contacts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "BATCH", 3)
    ids = make_contacts(10, at=BEFORE)
    names = {contact_id: f"客户{number}" for number, contact_id in enumerate(ids)}
    with connection.cursor() as cursor:
        for contact_id, name in names.items():
            cursor.execute(
                "update contact set name_sealed = %s where id = %s",
                [vault().seal(Kind.NAME, name), contact_id],
            )
    campaign = planned()
    written = texts(campaign)
    assert {contact_id: text.split("您好")[0] for contact_id, text in written.items()} == {
        contact_id: f"【信风商城】{name}" for contact_id, name in names.items()
    }


def test_the_preflight_foretells_the_plan() -> None:
    people = People()
    campaign = approved()
    foretold = preflight(campaign, NOON)
    assert {gate.reason: gate.contacts for gate in foretold.left_out} == dict.fromkeys(
        people.left_out.values(), 1
    )
    for contact_id, reason in people.left_out.items():
        assert contacts_refused_by(campaign, reason, now=NOON) == [contact_id]
    assert contacts_refused_by(campaign, "", now=NOON) == people.allowed
    assert foretold.cost.exact
    assert foretold.cost.spread is not None
    assert foretold.cost.spread.longest_text.startswith("【信风商城】司司")
    assert foretold.cost.spread.longest.parts <= foretold.cost.at_most.parts
    actions.start(campaign.pk, actor="li")
    counts = planning.build_plan(campaign.pk, NOON)
    assert counts is not None
    assert (counts.audience, counts.messages, counts.parts) == (
        foretold.audience,
        foretold.reachable,
        foretold.cost.parts,
    )
    assert ask("select sum(cost_li) from message") == [(foretold.cost.cost_li,)]


def test_a_second_campaign_on_the_same_day_meets_the_daily_ceiling() -> None:
    people = People()
    planned()
    second = planned()
    assert second.state == CampaignState.FINISHED
    assert second.fault is not None
    assert second.fault["code"] == "campaign.nobody"
    reasons = dict(ask("select contact_id, reason from left_out where plan_id = %s", second.plan_id))
    assert reasons == {**people.left_out, **dict.fromkeys(people.allowed, DAILY_CAP)}
    assert Plan.objects.get(pk=second.plan_id).state == PlanState.FINISHED


def test_planning_twice_makes_one_plan() -> None:
    People()
    campaign = planned()
    assert planning.build_plan(campaign.pk, NOON) is None
    assert Plan.objects.count() == 1


def test_a_campaign_that_changed_since_its_approval_fails_and_plans_nothing() -> None:
    People()
    campaign = approved()
    actions.start(campaign.pk, actor="li")
    assert campaign.segment is not None
    campaign.segment.rule = {"attribute": "city", "op": "is", "value": "杭州"}
    campaign.segment.save()
    assert planning.build_plan(campaign.pk, NOON) is None
    failed = again(campaign)
    assert failed.state == CampaignState.FAILED
    assert failed.fault is not None
    assert failed.fault["code"] == "campaign.changed_since_approval"
    assert (Plan.objects.count(), ask("select count(*) from message")) == (0, [(0,)])


def test_a_disabled_signature_sends_nothing() -> None:
    People()
    campaign = approved()
    Signature.objects.update(enabled=False)
    assert any(
        caution.code == "signature_disabled" and caution.stops
        for caution in preflight(again(campaign), NOON).cautions
    )
    actions.start(campaign.pk, actor="li")
    planning.build_plan(campaign.pk, NOON)
    assert again(campaign).state == CampaignState.FAILED


def test_a_campaign_stopped_while_it_is_planned_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    People()
    campaign = approved()
    actions.start(campaign.pk, actor="li")
    write_left_out = planning.delivery.write_left_out

    def stop_meanwhile(*arguments: Any) -> None:
        write_left_out(*arguments)
        with database.connect() as other:
            other.execute("update campaign set state = 'stopped' where id = %s", (campaign.pk,))

    monkeypatch.setattr(planning.delivery, "write_left_out", stop_meanwhile)
    assert planning.build_plan(campaign.pk, NOON) is None
    assert again(campaign).state == CampaignState.STOPPED
    assert (Plan.objects.count(), ask("select count(*) from message")) == (0, [(0,)])


def test_a_plan_that_kills_its_process_is_not_tried_for_ever() -> None:
    campaign = approved()
    actions.start(campaign.pk, actor="li")
    for _ in range(planning.MOST_ATTEMPTS):
        actions.note_planning(again(campaign))
    assert planning.build_plan(campaign.pk, NOON) is None
    failed = again(campaign)
    assert (failed.state, failed.fault["code"] if failed.fault else "") == (
        CampaignState.FAILED,
        "campaign.planning_fails",
    )


def test_cautions_say_what_to_know_before_starting() -> None:
    make_contact(at=BEFORE)
    channel = make_channel(rate_per_s=1, name="慢")
    late = NOON + timedelta(hours=7, minutes=59, seconds=58)  # two seconds before 20:00
    running = planned(make_draft(name="早先"))
    assert running.segment_id is not None
    ids = make_contacts(5, at=BEFORE)
    draft = make_draft(channel_id=channel.pk, rate_per_s=9, segment_id=running.segment_id)
    found = preflight(approved(draft), late)
    codes = {caution.code for caution in found.cautions}
    assert {
        "tiny_audience",
        "channel_not_ready",
        "rate_above_channel",
        "not_in_one_window",
        "same_segment",
    } <= codes
    assert found.per_s == 1
    assert found.reachable == len(ids)
    assert found.forecast.sent_in_first == 2
    assert found.can_start
    zone = found_zone()
    for caution in found.cautions:
        assert caution.words("zh", zone=zone)
        assert "{" not in caution.words("en", zone=zone)


def found_zone() -> Any:
    from xinfeng.foundation import settings

    return settings.load().zone


def test_cautions_that_stop() -> None:
    channel = make_channel(enabled=False)
    found = preflight(approved(make_draft(channel_id=channel.pk)), NOON)
    assert [caution.code for caution in found.cautions if caution.stops] == ["nobody", "channel_disabled"]
    assert not found.can_start


def test_a_closed_window_and_a_scheduled_start() -> None:
    make_contact(at=BEFORE)
    campaign = approved(make_draft(trade="retail"))
    closed = preflight(campaign, NOON)
    assert [caution.code for caution in closed.cautions if caution.code == "window_closed"]
    assert closed.forecast.starts_at == NOON + timedelta(hours=3)  # 15:00
    actions.schedule(campaign.pk, NOON + timedelta(hours=3, minutes=30), actor="li", now=NOON)
    scheduled = preflight(again(campaign), NOON)
    assert scheduled.forecast.open_now
    assert scheduled.forecast.starts_at == NOON + timedelta(hours=3, minutes=30)


def test_parts_of_a_batch_are_those_of_each_text() -> None:
    plain = ["短", "长" * 70, "长" * 71, "长" * 134, "长" * 135, "a" * 140, ""]
    assert billed_parts_of(plain) == [billed_parts(text) for text in plain]
    emoji = [*plain, "😀" * 36, "长" * 66 + "😀" * 10]
    assert billed_parts_of(emoji) == [billed_parts(text) for text in emoji]


# --- explain -------------------------------------------------------------------------------------------------


def test_explain_before_the_plan() -> None:
    people = People()
    rule = {"not": {"attribute": "city", "op": "is", "value": "杭州"}}
    stranger = make_contact(at=BEFORE, city="杭州")
    campaign = approved(make_draft(segment_id=make_segment(rule).pk))
    would = explain(campaign.pk, contact_id=people.allowed[0], now=NOON)
    assert (would.verdict, would.reason, would.message) == (Verdict.WOULD_BE_SENT, "", None)
    assert any(verdict.gate.code == DAILY_CAP and verdict.passed for verdict in would.gates)
    refused = explain(campaign.pk, contact_id=people.minor, now=NOON)
    assert (refused.verdict, refused.reason) == (Verdict.WOULD_BE_LEFT_OUT, MINOR)
    outside = explain(campaign.pk, contact_id=stranger, now=NOON)
    assert outside.verdict == Verdict.WOULD_NOT_BE_IN_AUDIENCE
    assert any("杭州" in sentence for sentence in outside.words("zh"))
    assert outside.words("en")[0].startswith("The campaign is not planned yet")


def test_explain_after_the_plan_for_every_verdict() -> None:
    people = People()
    number = phone()
    known = make_contact(at=BEFORE, phone=number)
    campaign = planned()
    waiting = explain(campaign.pk, phone=number, now=NOON)
    assert "计划时的频次上限：每天 1 条，七天 2 条，30 天 4 条，另按分层；已计划的也计入。" in waiting.words(
        "zh"
    )
    assert (waiting.verdict, waiting.contact_id) == (Verdict.WAITING, known)
    assert waiting.consent is not None
    assert waiting.message is not None
    assert waiting.consent.seq == waiting.message.consent_seq
    assert waiting.phone.startswith("139****")
    assert waiting.plan is not None
    assert waiting.plan.windows
    assert waiting.approval is not None
    assert (waiting.approval.by, waiting.approval.alone) == ("wang", False)

    left_out = explain(campaign.pk, contact_id=people.opted_out, now=NOON)
    assert (left_out.verdict, left_out.reason) == (Verdict.LEFT_OUT, OPTED_OUT)
    assert left_out.consent is not None
    assert not left_out.consent.granted
    assert "已退订" in left_out.words("zh")[0]

    later = make_contact(at=BEFORE)
    assert explain(campaign.pk, contact_id=later, now=NOON).verdict == Verdict.NOT_IN_AUDIENCE


def test_explain_what_was_sent_with_attempts_receipts_and_replies() -> None:
    people = People()
    campaign = planned()
    contact_id = people.allowed[0]
    (message_id,) = ask("select id from message where contact_id = %s", contact_id)[0]
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into attempt (message_id, part, channel_id, outcome, code, sent_at, at)"
            " values (%s, 1, 1, 1, '0', %s, %s)",
            [message_id, NOON, NOON],
        )
        cursor.execute(
            "insert into receipt (id, received_at, channel_id, carrier_id, phone_index, stat, message_id, part)"
            " values (1, %s, 1, '', '', 'DELIVRD', %s, 1)",
            [NOON + timedelta(seconds=4), message_id],
        )
        cursor.execute(
            "insert into reply (id, received_at, channel_id, phone_sealed, phone_index, contact_id, message_id,"
            " plan_id, to_number, body_sealed, meaning) values (1, %s, 1, '', '', %s, %s, %s, '', '', 'opt_out')",
            [NOON + timedelta(minutes=1), contact_id, message_id, campaign.plan_id],
        )
    withdraw_marketing(contact_id, NOON + timedelta(minutes=1))
    found = explain(campaign.pk, contact_id=contact_id, now=NOON)
    assert found.verdict == Verdict.SENT
    assert found.message is not None
    assert found.message.state == MessageState.DELIVERED
    assert [entry.granted for entry in found.consent_since] == [False]
    text = "\n".join(found.words("zh"))
    for piece in ("运营商接收", "DELIVRD", "退订", "wang", "2026-11-20 12:00:04"):
        assert piece in text, piece
    assert campaign.template_version is not None
    english = "".join(found.words("en"))
    names = ("测试", campaign.template_version.template.name, Channel.objects.get(pk=1).name)
    for named_by_people in names:
        english = english.replace(named_by_people, "")
    assert not any("\u4e00" <= character <= "\u9fff" for character in english)


def test_explain_a_message_that_was_withheld() -> None:
    people = People()
    campaign = planned()
    (message_id,) = ask("select id from message where contact_id = %s", people.allowed[0])[0]
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into withheld (message_id, reason, at) values (%s, 'opted_out', %s)", [message_id, NOON]
        )
    found = explain(campaign.pk, contact_id=people.allowed[0], now=NOON)
    assert (found.verdict, found.reason) == (Verdict.WITHHELD, OPTED_OUT)


def test_explain_needs_a_known_contact() -> None:
    campaign = approved()
    with pytest.raises(NotFound, match=r"contact\.unknown"):
        explain(campaign.pk, phone=phone(), now=NOON)
    with pytest.raises(NotFound, match=r"campaign\.unknown"):
        explain(campaign.pk + 1, phone=phone(), now=NOON)
    with pytest.raises(InvalidInput, match=r"explain\.phone_or_contact"):
        explain(campaign.pk, now=NOON)


def test_a_list_is_an_audience_too() -> None:
    people = People()
    segment = make_segment(kind="list")
    segment.rule = None
    segment.save()
    SegmentMember.objects.create(segment=segment, contact_id=people.allowed[1])
    campaign = planned(make_draft(segment_id=segment.pk))
    assert set(texts(campaign)) == {people.allowed[1]}
    assert explain(campaign.pk, contact_id=people.allowed[0], now=NOON).rule == {}


def test_a_channel_that_closes_early_narrows_preflight_and_plan() -> None:
    people = People()
    one_pm, ten = NOON + timedelta(hours=1), NOON + timedelta(hours=22)
    narrow = make_channel(opens=time(10), closes=time(13))
    campaign = planned(make_draft(channel_id=narrow.pk))
    plan = Plan.objects.get(pk=campaign.plan_id)
    assert plan.messages == len(people.allowed)
    windows = [tuple(map(datetime.fromisoformat, window)) for window in plan.windows]
    assert windows[:2] == [(NOON, one_pm), (ten, one_pm + timedelta(days=1))]
    assert plan.deadline == windows[-1][1]
    found = preflight(approved(make_draft(channel_id=narrow.pk)), now=one_pm)
    assert found.forecast.starts_at == ten


def test_a_channel_that_is_closed_whenever_the_trade_may_send_leaves_no_window() -> None:
    People()
    campaign = approved(make_draft(channel_id=make_channel(opens=time(5), closes=time(6)).pk))
    assert audience.ground(campaign, now=NOON).windows == ()


def test_explain_finds_what_became_of_a_merged_person_under_all_her_numbers() -> None:
    mine, other, third = phone(), phone(), phone()
    one, two = make_contact(at=BEFORE, phone=mine), make_contact(at=BEFORE, phone=other)
    three = make_contact(at=BEFORE, phone=third, consent=())
    campaign = planned()
    foreseen = approved()
    merge_people(one, two, how="manual", actor="li", reason="", now=NOON)
    merge_people(one, three, how="manual", actor="li", reason="", now=NOON)
    assert campaign.plan_id is not None
    [[message]] = ask("select id from message where contact_id = %s", two)
    ask("insert into withheld (message_id, reason, at) values (%s, 'merged', %s) returning 1", message, NOON)
    asked = {number: explain(campaign.pk, now=NOON, phone=number) for number in (mine, other)}
    assert (asked[mine].verdict, asked[mine].contact_id) == (Verdict.WAITING, one)
    assert (asked[other].verdict, asked[other].reason, asked[other].contact_id) == (
        Verdict.WITHHELD,
        "merged",
        two,
    )
    assert asked[other].consent is not None
    assert explain(campaign.pk, now=NOON, phone=third).reason == NO_CONSENT
    assert explain(campaign.pk, now=NOON, contact_id=one).message is not None
    # the survivor was not in the plan, but the row merged into her was
    undone = make_contact(at=BEFORE, consent=())
    merge_people(undone, one, how="manual", actor="li", reason="", now=NOON)
    assert explain(campaign.pk, now=NOON, contact_id=undone).verdict is Verdict.WAITING
    # not planned yet: the person who speaks for the number now is judged
    assert explain(foreseen.pk, now=NOON, phone=other).contact_id == undone
