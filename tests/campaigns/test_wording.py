"""A campaign's text: approved with it, judged again before it leaves, screened for every reader, explained later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from tests.campaigns.factories import (
    NOON,
    again,
    approved,
    make_campaign,
    make_draft,
    make_template,
    planned,
    user,
)
from tests.factories import make_contact

from xinfeng.campaigns import actions, planning, text_watch
from xinfeng.campaigns.explain import explain
from xinfeng.campaigns.explanation import Verdict
from xinfeng.campaigns.models import Campaign, CampaignState, TextRefusal
from xinfeng.campaigns.preflight import contacts_refused_by, preflight
from xinfeng.content import evidence, reads, review
from xinfeng.content.evidence import Document, Proof
from xinfeng.content.models import TemplateVersion
from xinfeng.content.values import Moment
from xinfeng.foundation import settings
from xinfeng.foundation.models import Role
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import Conflict, NotAllowed
from xinfeng.lens.engine import close_lens
from xinfeng.policy.reasons import TEXT_BLOCKED
from xinfeng.screening.actions import add_word

BEFORE = NOON - timedelta(days=40)
FORBIDDEN_NAME = "国家级"


@pytest.fixture(autouse=True)
def _own_lens(committed_db: str) -> Iterator[None]:
    yield
    close_lens()


def submitted(version: TemplateVersion, *, author: str = "li") -> Campaign:
    user("wang", Role.REVIEWER)
    campaign = make_campaign(make_draft(template_version_id=version.pk), author=author)
    actions.submit(campaign.pk, actor=author)
    return campaign


def prove(version: TemplateVersion, *, until: date = date(2026, 12, 1)) -> int:
    kept = review.attach_evidence(
        version.pk,
        rule="absolute.first",
        claim="销量第一",
        proof=Proof("年度统计", "协会 12 号", until),
        document=Document("a.pdf", [b"%PDF"]),
        actor="li",
        now=NOON,
    )
    return kept.pk


def codes(campaign: Campaign, now: datetime = NOON) -> dict[str, bool]:
    return {one.code: one.stops for one in preflight(again(campaign), now).cautions}


def start_and_plan(campaign: Campaign, *, now: datetime = NOON) -> Campaign:
    actions.start(campaign.pk, actor="li", now=now)
    planning.build_plan(campaign.pk, now)
    return again(campaign)


def texts(campaign: Campaign) -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute("select contact_id, body_sealed from message where plan_id = %s", [campaign.plan_id])
        rows: list[tuple[int, Any]] = cursor.fetchall()
    return {contact_id: vault().open(Kind.BODY, bytes(body)) for contact_id, body in rows}


def test_approving_a_campaign_approves_its_text_in_one_step() -> None:
    campaign = approved()
    row = review.review_of(campaign.template_version_id or 0)
    assert row is not None
    assert (row.state, row.actor, row.campaign_id) == ("approved", "wang", campaign.pk)
    assert campaign.steps.get(action="approve").detail["review"] == row.pk


def test_a_text_that_was_reviewed_before_needs_no_second_review() -> None:
    version = make_template()
    user("wang", Role.REVIEWER)
    user("zhao", Role.REVIEWER)
    review.ask_for_review(version.pk, actor="li", now=NOON)
    row = review.approve_version(version.pk, actor="zhao", now=NOON)
    campaign = submitted(TemplateVersion.objects.get(pk=version.pk))
    Campaign.objects.filter(pk=campaign.pk).update(trade=row.trade)
    actions.approve(campaign.pk, actor="wang", now=NOON)
    assert review.review_of(version.pk) == row


def test_a_text_the_law_forbids_cannot_be_approved_with_its_campaign() -> None:
    campaign = submitted(make_template("国家级品质"))
    with pytest.raises(Conflict, match=r"review\.forbidden"):
        actions.approve(campaign.pk, actor="wang", now=NOON)
    assert again(campaign).state == CampaignState.SUBMITTED
    assert review.state_of(campaign.template_version_id or 0) == "draft"
    assert codes(campaign)["text_forbidden"] is True


def test_a_claim_needs_its_proof_before_the_campaign_is_approved() -> None:
    version = make_template("销量第一的茶")
    campaign = submitted(version)
    with pytest.raises(Conflict, match=r"review\.unproven"):
        actions.approve(campaign.pk, actor="wang", now=NOON)
    prove(version)
    assert actions.approve(campaign.pk, actor="wang", now=NOON).state == CampaignState.APPROVED


def test_a_text_that_was_returned_or_blocked_is_not_approved_by_the_way() -> None:
    version = make_template()
    user("wang", Role.REVIEWER)
    review.ask_for_review(version.pk, actor="li", now=NOON)
    review.return_version(version.pk, comment="改称呼", actor="wang", now=NOON)
    campaign = submitted(version)
    with pytest.raises(Conflict, match=r"review\.returned"):
        actions.approve(campaign.pk, actor="wang", now=NOON)
    review.block_version(version.pk, comment="不许用", actor="wang", now=NOON)
    with pytest.raises(Conflict, match=r"review\.version_blocked"):
        actions.approve(campaign.pk, actor="wang", now=NOON)


def test_who_wrote_the_text_does_not_approve_the_campaign_either() -> None:
    wang = user("wang", Role.REVIEWER)
    user("zhao", Role.REVIEWER)
    version = make_template(author=wang)
    campaign = submitted(version)
    with pytest.raises(NotAllowed, match=r"review\.own_text"):
        actions.approve(campaign.pk, actor="wang", now=NOON)
    assert actions.approve(campaign.pk, actor="zhao", now=NOON).state == CampaignState.APPROVED


def test_where_each_of_two_wrote_a_half_either_may_approve_and_it_is_recorded() -> None:
    wang = user("wang", Role.REVIEWER)
    user("chef", Role.ADMINISTRATOR)
    campaign = submitted(make_template(author=wang), author="chef")
    actions.approve(campaign.pk, actor="wang", now=NOON)
    assert campaign.steps.get(action="approve").detail["alone"] is True


def test_rules_that_became_stricter_stop_what_was_approved() -> None:
    make_contact(at=BEFORE)
    campaign = approved()
    add_word("满200减50", outcome="block", reason="活动取消", actor="wang", now=NOON)
    after = NOON + timedelta(minutes=1)
    assert codes(campaign, after)["text_forbidden_now"] is True
    with pytest.raises(Conflict, match=r"review\.forbidden"):
        actions.start(campaign.pk, actor="li", now=after)
    assert again(campaign).state == CampaignState.APPROVED


def test_rules_that_became_stricter_after_the_start_stop_the_plan() -> None:
    make_contact(at=BEFORE)
    campaign = approved()
    actions.start(campaign.pk, actor="li", now=NOON)
    add_word("满200减50", outcome="block", reason="活动取消", actor="wang", now=NOON)
    assert planning.build_plan(campaign.pk, NOON + timedelta(minutes=1)) is None
    failed = again(campaign)
    assert (failed.state, failed.fault["code"]) == (CampaignState.FAILED, "review.forbidden")


def test_a_proof_that_runs_out_before_the_start_stops_it_too() -> None:
    make_contact(at=BEFORE)
    version = make_template("销量第一的茶")
    kept = prove(version)
    campaign = submitted(version)
    actions.approve(campaign.pk, actor="wang", now=NOON)
    evidence.withdraw(kept, reason="数据有误", actor="wang", now=NOON)
    assert codes(campaign)["text_unproven_now"] is True
    with pytest.raises(Conflict, match=r"review\.unproven"):
        actions.start(campaign.pk, actor="li", now=NOON)


def test_a_text_blocked_while_it_is_sent_pauses_the_campaign_for_good() -> None:
    make_contact(at=BEFORE)
    campaign = planned()
    held = text_watch.block(campaign.template_version_id or 0, comment="停", actor="wang", now=NOON)
    assert held == [campaign.pk]
    assert again(campaign).state == CampaignState.PAUSED
    with pytest.raises(Conflict, match=r"review\.version_blocked"):
        actions.resume(campaign.pk, actor="li", now=NOON)


class TestOwnTexts:
    """Somebody's own name or attribute brings what may not be sent."""

    def test_only_she_is_left_out_in_preflight_plan_and_explanation_alike(self) -> None:
        fine, bad = make_contact(at=BEFORE, name="王小明"), make_contact(at=BEFORE, name=FORBIDDEN_NAME)
        linked = make_contact(at=BEFORE, name="看www.evil.com")
        campaign = approved()
        foreseen = preflight(campaign, NOON)
        assert {one.reason: one.contacts for one in foreseen.left_out} == {TEXT_BLOCKED: 2}
        assert (foreseen.audience, foreseen.reachable, foreseen.cost.parts) == (3, 1, 1)
        assert contacts_refused_by(campaign, TEXT_BLOCKED, now=NOON) == [bad, linked]
        assert contacts_refused_by(campaign, "", now=NOON) == [fine]
        would = explain(campaign.pk, now=NOON, contact_id=bad)
        assert (would.verdict, would.reason) == (Verdict.WOULD_BE_LEFT_OUT, TEXT_BLOCKED)

        sent = start_and_plan(campaign)
        assert list(texts(sent)) == [fine]
        rules = dict(TextRefusal.objects.values_list("contact_id", "rule"))
        assert rules == {bad: "absolute.named", linked: "link.brought"}
        found = explain(sent.pk, now=NOON, contact_id=bad)
        assert (found.verdict, found.reason) == (Verdict.LEFT_OUT, TEXT_BLOCKED)
        said = " ".join(found.words("zh"))
        assert "个人文本不合规" in said
        assert "广告法" in said
        assert "link" in " ".join(explain(sent.pk, now=NOON, contact_id=linked).words("en"))
        plan = sent.plan
        assert plan is not None
        assert (plan.audience, plan.messages) == (3, 1)

    def test_if_it_is_everybody_nothing_is_sent(self) -> None:
        make_contact(at=BEFORE, name=FORBIDDEN_NAME)
        campaign = start_and_plan(approved())
        assert (campaign.state, campaign.fault["code"]) == (CampaignState.FINISHED, "campaign.nobody")

    def test_a_proven_claim_of_the_wording_leaves_nobody_out(self) -> None:
        contacts = [make_contact(at=BEFORE, name=name) for name in ("王小明", "李雷")]
        version = make_template("{{ contact.name }}您好，销量第一的茶")
        prove(version)
        campaign = submitted(version)
        actions.approve(campaign.pk, actor="wang", now=NOON)
        assert sorted(texts(start_and_plan(campaign))) == contacts


def test_what_is_planned_is_byte_for_byte_what_was_approved_given_the_data() -> None:
    contacts = [make_contact(at=BEFORE, name=name) for name in ("王小明", "欧阳娜娜", None)]
    campaign = planned()
    version = reads.version(campaign.template_version_id or 0)
    row = review.review_of(version.pk)
    assert row is not None
    expected = dict(reads.texts(version, contacts, Moment(NOON, settings.load().zone)))
    planned_texts = texts(campaign)
    assert {one: text.encode("utf-16-be") for one, text in planned_texts.items()} == {
        one: text.encode("utf-16-be") for one, text in expected.items()
    }
    assert planned_texts[contacts[0]] == row.text.replace("{{ contact.name }}", "王小明")


def test_a_year_later_the_plan_still_says_what_was_approved_by_which_rules() -> None:
    someone = make_contact(at=BEFORE)
    version = make_template("销量第一的茶")
    kept = prove(version)
    campaign = submitted(version)
    actions.approve(campaign.pk, actor="wang", now=NOON)
    sent = start_and_plan(campaign)
    plan = sent.plan
    assert plan is not None
    digest = plan.policy["text"]["ruleset"]
    evidence.withdraw(kept, reason="过期", actor="wang", now=NOON)
    add_word("销量第一", outcome="block", reason="以后不许", actor="wang", now=NOON + timedelta(days=1))
    said = explain(sent.pk, now=NOON + timedelta(days=365), contact_id=someone)
    assert said.text is not None
    assert (said.text.by, said.text.ruleset, said.text.with_campaign) == ("wang", digest, True)
    chinese, english = " ".join(said.words("zh")), " ".join(said.words("en"))
    assert f"凭证 #{kept}“年度统计”，有效至 2026-12-01" in chinese
    assert f"审核 #{said.text.review}" in chinese
    assert f"Proof #{kept}" in english
    assert digest[:12] in english
