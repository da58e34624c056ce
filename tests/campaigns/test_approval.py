"""Who approves what, and what voids it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from tests.campaigns.factories import (
    NOON,
    again,
    approved,
    make_campaign,
    make_channel,
    make_draft,
    make_segment,
    make_template,
    user,
)

from xinfeng.campaigns import actions, approval
from xinfeng.campaigns.actions import CampaignDraft
from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.content import actions as content
from xinfeng.content.models import TemplateVersion
from xinfeng.foundation.models import Role
from xinfeng.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from xinfeng.segments.models import SegmentMember


def draft_of(campaign: Campaign, **changes: Any) -> CampaignDraft:
    fields = {
        "name": campaign.name,
        "trade": campaign.trade,
        "segment_id": campaign.segment_id,
        "template_version_id": campaign.template_version_id,
        "channel_id": campaign.channel_id,
        "rate_per_s": campaign.rate_per_s,
    }
    return CampaignDraft(**{**fields, **changes})


def test_another_than_the_author_approves(db: None) -> None:
    campaign = approved()
    assert campaign.state == CampaignState.APPROVED
    assert campaign.approver is not None
    assert (campaign.approver.username, campaign.approved_at) == ("wang", NOON)
    assert approval.holds(campaign)
    steps = list(campaign.steps.order_by("id").values_list("action", "actor"))
    assert steps == [("create", "li"), ("submit", "li"), ("approve", "wang")]
    assert campaign.steps.get(action="approve").detail["alone"] is False


def test_nobody_approves_what_they_wrote_while_another_could(db: None) -> None:
    user("wang", Role.REVIEWER)
    user("chef", Role.ADMINISTRATOR)
    campaign = make_campaign(author="wang")
    actions.submit(campaign.pk, actor="wang")
    with pytest.raises(NotAllowed, match=r"approval\.own_campaign"):
        actions.approve(campaign.pk, actor="wang", now=NOON)
    assert again(campaign).state == CampaignState.SUBMITTED


def test_the_only_one_who_may_approve_may_approve_alone_and_it_is_recorded(db: None) -> None:
    user("chef", Role.ADMINISTRATOR)
    user("gone", Role.REVIEWER)
    type(user("gone")).objects.filter(username="gone").update(is_active=False)
    campaign = make_campaign(author="chef")
    actions.submit(campaign.pk, actor="chef")
    actions.approve(campaign.pk, actor="chef", now=NOON)
    assert campaign.steps.get(action="approve").detail["alone"] is True


@pytest.mark.parametrize(
    ("name", "role", "code"), [("chen", Role.OPERATOR, "approval.role"), ("", "", "approval.unknown_user")]
)
def test_others_may_not_approve(db: None, name: str, role: str, code: str) -> None:
    campaign = make_campaign()
    actions.submit(campaign.pk, actor="li")
    if name:
        user(name, role)
    with pytest.raises(NotAllowed) as caught:
        actions.approve(campaign.pk, actor=name, now=NOON)
    assert caught.value.code == code


CHANGES: dict[str, Callable[[], dict[str, Any]]] = {
    "segment": lambda: {"segment_id": make_segment().pk},
    "template version": lambda: {"template_version_id": make_template("别的话").pk},
    "channel": lambda: {"channel_id": make_channel().pk},
    "trade": lambda: {"trade": "catering"},
    "rate": lambda: {"rate_per_s": 5},
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_of_what_is_sent_voids_the_approval(db: None, what: str) -> None:
    campaign = approved()
    actions.save_campaign(draft_of(campaign, **CHANGES[what]()), actor="li", campaign_id=campaign.pk)
    changed = again(campaign)
    assert (changed.state, changed.approver, changed.approved_digest) == (CampaignState.DRAFT, None, "")
    with pytest.raises(Conflict, match=r"campaign\.state"):
        actions.start(campaign.pk, actor="li")


def test_another_name_changes_nothing_that_is_sent(db: None) -> None:
    campaign = approved()
    actions.save_campaign(draft_of(campaign, name="双十二"), actor="li", campaign_id=campaign.pk)
    assert (again(campaign).state, again(campaign).name) == (CampaignState.APPROVED, "双十二")


def test_a_rule_that_changed_under_an_approved_campaign_keeps_it_from_starting(db: None) -> None:
    campaign = approved()
    assert campaign.segment is not None
    campaign.segment.rule = {"attribute": "city", "op": "is", "value": "杭州"}
    campaign.segment.save()
    assert not approval.holds(again(campaign))
    with pytest.raises(Conflict, match=r"campaign\.changed_since_approval"):
        actions.start(campaign.pk, actor="li")
    assert again(campaign).state == CampaignState.APPROVED


def test_so_does_another_member_of_a_list(db: None) -> None:
    segment = make_segment(kind="list")
    segment.rule = None
    segment.save()
    SegmentMember.objects.create(segment=segment, contact_id=1)
    campaign = approved(make_draft(segment_id=segment.pk))
    SegmentMember.objects.create(segment=segment, contact_id=2)
    assert not approval.holds(again(campaign))


def test_the_digest_covers_the_wording_itself(db: None) -> None:
    campaign = approved()
    content = approval.content_of(campaign)
    assert replace(content, value="换了").digest() != content.digest() == campaign.approved_digest


def test_the_database_itself_refuses_to_change_a_wording(db: None) -> None:
    campaign = approved()
    version = TemplateVersion.objects.filter(pk=campaign.template_version_id)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        version.update(value="换了")
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        connection.cursor().execute(
            "delete from template_version where id = %s", [campaign.template_version_id]
        )
    assert approval.holds(again(campaign))


def test_what_is_missing_is_named(db: None) -> None:
    campaign = make_campaign(CampaignDraft(name="空"))
    with pytest.raises(InvalidInput) as caught:
        actions.submit(campaign.pk, actor="li")
    assert caught.value.params["missing"] == ["segment", "template_version", "channel"]


def test_sent_back_and_submitted_again(db: None) -> None:
    campaign = approved()
    actions.send_back(campaign.pk, actor="wang", comment="改一下称呼")
    assert again(campaign).approved_digest == ""
    assert campaign.steps.get(action="send_back").comment == "改一下称呼"
    actions.submit(campaign.pk, actor="li")
    assert again(campaign).state == CampaignState.SUBMITTED


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " "}, "campaign.name"),
        ({"purpose": "fun"}, "campaign.purpose"),
        ({"trade": "magic"}, "campaign.trade"),
        ({"rate_per_s": 0}, "campaign.rate"),
    ],
)
def test_what_cannot_be_saved(db: None, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        make_campaign(make_draft(**changes))
    assert caught.value.code == code
    assert not Campaign.objects.exists()


def test_marketing_never_leaves_on_a_service_channel(db: None) -> None:
    with pytest.raises(InvalidInput) as caught:
        make_campaign(make_draft(channel_id=make_channel(purpose="service").pk))
    assert (caught.value.code, caught.value.params["what"]) == ("campaign.purpose_mismatch", "channel")
    with pytest.raises(InvalidInput) as caught:
        make_campaign(make_draft(template_version_id=make_template(purpose="service").pk))
    assert caught.value.params["what"] == "template"


def test_whoever_changed_it_is_an_author_too(db: None) -> None:
    user("chef", Role.ADMINISTRATOR)
    user("wang", Role.REVIEWER)
    campaign = make_campaign()
    actions.save_campaign(draft_of(campaign, rate_per_s=7), actor="chef", campaign_id=campaign.pk)
    actions.submit(campaign.pk, actor="li")
    with pytest.raises(NotAllowed, match=r"approval\.own_campaign"):
        actions.approve(campaign.pk, actor="chef", now=NOON)
    assert actions.approve(campaign.pk, actor="wang", now=NOON).state == CampaignState.APPROVED


def test_the_hotline_in_the_text_is_approved_with_it(db: None) -> None:
    version = make_template("会员日三天，详询{{ brand.hotline }}")
    campaign = approved(make_draft(template_version_id=version.pk))
    content.edit_signature(version.signature_id, hotline="400-111-2222", enabled=True, actor="li")
    with pytest.raises(Conflict, match=r"campaign\.changed_since_approval"):
        actions.start(campaign.pk, actor="li")


def test_nobody_unknown_writes_a_campaign(db: None) -> None:
    with pytest.raises(NotAllowed, match=r"approval\.unknown_user"):
        actions.save_campaign(make_draft(), actor="ghost")
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("segment_id", "segment.unknown"),
        ("template_version_id", "template.unknown_version"),
        ("channel_id", "channel.unknown"),
    ],
)
def test_a_draft_names_what_is_there(db: None, field: str, code: str) -> None:
    with pytest.raises(NotFound, match=code.replace(".", r"\.")):
        make_campaign(make_draft(**{field: 987654321}))
