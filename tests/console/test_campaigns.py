"""Campaigns in the console: from the wizard through review to the report, and who may do what on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from tests.campaigns.factories import (
    NOON,
    again,
    approved,
    make_campaign,
    make_channel,
    make_draft,
    make_segment,
    make_template,
    planned,
)
from tests.console.people import signed_in
from tests.factories import make_contact, make_contacts, phone

from xinfeng.campaigns import actions
from xinfeng.campaigns.explain import explain
from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.content.actions import save_template
from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens

HOSTILE = '"><script>alert(1)</script>'
BEFORE = NOON - timedelta(days=40)


@pytest.fixture(autouse=True)
def _own_lens(committed_db: str) -> Iterator[None]:
    close_lens()
    yield
    close_lens()


@pytest.fixture
def author() -> Client:
    return signed_in("operator", username="li")


@pytest.fixture
def reviewer() -> Client:
    return signed_in("reviewer", username="wang")


def html_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def press(client: Client, campaign: Campaign, move: str, **fields: str) -> int:
    return client.post(f"/campaigns/{campaign.pk}/{move}", fields).status_code


def deliver(campaign: Campaign, *, stat: str = "DELIVRD") -> None:
    """Every message accepted, and its receipt."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into attempt (message_id, part, channel_id, outcome, code, sent_at, at)"
            " select id, 1, 1, 1, '0', %s, %s from message where plan_id = %s",
            (NOON, NOON, campaign.plan_id),
        )
        cursor.execute(
            "insert into receipt (id, received_at, channel_id, carrier_id, phone_index, stat, message_id, part)"
            " select id, %s, 1, '', '', %s, id, 1 from message where plan_id = %s",
            (NOON, stat, campaign.plan_id),
        )


def test_an_empty_list_says_what_to_do_next(author):
    html = html_of(author, "/campaigns")
    assert "还没有活动" in html and "/campaigns/new" in html


def test_the_wizard_leads_from_a_segment_to_a_submitted_campaign(author, reviewer):
    make_contacts(3, at=BEFORE)
    segment, version, channel = make_segment(), make_template(), make_channel()
    assert f'value="{segment.pk}" selected' in html_of(author, f"/campaigns/new?segment={segment.pk}")
    answer = author.post(
        "/campaigns/new", {"name": "双十一", "purpose": "marketing", "segment": segment.pk}, follow=True
    )
    campaign = Campaign.objects.get()
    assert answer.redirect_chain[-1][0] == f"/campaigns/{campaign.pk}/what"
    author.post(f"/campaigns/{campaign.pk}/what", {"version": version.pk})
    how = {"channel": channel.pk, "trade": "other", "rate_per_s": "", "priority": "4"}
    author.post(f"/campaigns/{campaign.pk}/how", how)
    assert again(campaign).priority == 4
    author.post(f"/campaigns/{campaign.pk}/how", {**how, "priority": ""})
    assert again(campaign).priority == 4, "what is not said stays"
    assert author.post(f"/campaigns/{campaign.pk}/how", {**how, "priority": "9"}).status_code == 200
    check = html_of(author, f"/campaigns/{campaign.pk}/check")
    assert "提交审核" in check and "会收到" in check
    assert press(author, campaign, "submit", comment="请看") == 302
    assert again(campaign).state == CampaignState.SUBMITTED
    assert "请看" in html_of(reviewer, f"/campaigns/{campaign.pk}/history")


def test_a_segment_beyond_the_menu_is_found_from_its_own_page(author, monkeypatch):
    monkeypatch.setattr("xinfeng.segments.reads.MOST_OFFERED", 1)
    old, new = make_segment(), make_segment()
    html = html_of(author, "/campaigns/new")
    assert "一共 2 个分群" in html and "另有 1 个" in html
    assert f'value="{new.pk}"' in html and f'value="{old.pk}"' not in html
    address = f"/campaigns/new?segment={old.pk}"
    assert f'value="{old.pk}" selected' in html_of(author, address)
    filled = {"name": "双十一", "purpose": "marketing", "segment": old.pk}
    assert author.post("/campaigns/new", filled).status_code == 200
    assert author.post(address, filled).status_code == 302
    assert f'value="{old.pk}" selected' in html_of(author, f"/campaigns/{Campaign.objects.get().pk}/whom")
    for hostile in ("9" * 40, "٣", "-1", "x"):
        assert author.get("/campaigns/new", {"segment": hostile}).status_code in (200, 404)


def test_a_step_that_is_not_filled_in_says_so_at_its_field(author):
    html = author.post("/campaigns/new", {"name": "", "purpose": "marketing", "segment": ""}).content.decode()
    assert html.count("is-invalid") == 2
    assert not Campaign.objects.exists()


def test_the_live_size_counts_who_could_be_written_to(author):
    make_contacts(2, at=BEFORE)
    make_contact(consent=(), at=BEFORE)
    html = html_of(author, f"/campaigns/audience?segment={make_segment().pk}&purpose=marketing")
    assert re.findall(r'xf-stat-value">(\d+)', html) == ["3", "2"]


def test_every_number_of_the_preflight_leads_to_the_people_behind_it(author):
    make_contacts(2, at=BEFORE)
    make_contact(consent=(), at=BEFORE, province="江苏")
    campaign = make_campaign()
    check = html_of(author, f"/campaigns/{campaign.pk}/check")
    address = f"/campaigns/{campaign.pk}/gate?reason=no_consent"
    assert f'<a href="{address}">1</a>' in check
    people = html_of(author, address)
    assert people.count("****") == 1 and "江苏" in people
    assert html_of(author, f"/campaigns/{campaign.pk}/gate").count("****") == 2
    assert author.get(f"/campaigns/{campaign.pk}/gate?reason=nonsense").status_code == 400


def test_the_author_sees_why_she_cannot_approve_and_the_reviewer_can(author, reviewer):
    make_contact(at=BEFORE)
    campaign = make_campaign()
    actions.submit(campaign.pk, actor="li")
    assert "不能批准活动" in html_of(author, f"/campaigns/{campaign.pk}/review")
    assert press(author, campaign, "approve") == 403
    assert "拒收请回复R" in html_of(reviewer, f"/campaigns/{campaign.pk}/review")
    assert press(reviewer, campaign, "approve") == 302
    assert again(campaign).state == CampaignState.APPROVED


def test_an_administrator_alone_may_approve_her_own_campaign_and_it_is_shown():
    alone = signed_in("administrator", username="li")
    make_contact(at=BEFORE)
    campaign = make_campaign()
    assert "可以自己批准" in html_of(alone, f"/campaigns/{campaign.pk}/check")
    actions.submit(campaign.pk, actor="li")
    assert press(alone, campaign, "approve") == 302
    assert "由作者自己批准" in html_of(alone, f"/campaigns/{campaign.pk}/review")


def test_a_campaign_sent_back_carries_the_comment(author, reviewer):
    make_contact(at=BEFORE)
    campaign = make_campaign()
    actions.submit(campaign.pk, actor="li")
    assert press(reviewer, campaign, "send_back", comment="缺少门店地址") == 302
    assert again(campaign).state == CampaignState.DRAFT
    assert "缺少门店地址" in html_of(author, f"/campaigns/{campaign.pk}/history")


def test_an_approval_that_no_longer_holds_is_said_and_the_start_is_refused(author):
    campaign = approved()
    segment = campaign.segment
    assert segment is not None
    segment.rule = {"any": []}
    segment.save()
    assert "批准之后内容有变" in html_of(author, f"/campaigns/{campaign.pk}/review")
    assert press(author, campaign, "start") == 409


def test_a_time_is_read_in_the_zone_of_the_enterprise(author):
    make_contact(at=BEFORE)
    campaign = approved()
    local = timezone.localtime(utc_now() + timedelta(days=2)).replace(second=0, microsecond=0, tzinfo=None)
    assert press(author, campaign, "schedule", at=local.isoformat()) == 302
    at = again(campaign).scheduled_at
    assert at is not None and timezone.localtime(at).replace(tzinfo=None) == local
    assert press(author, campaign, "unschedule") == 302
    assert press(author, campaign, "schedule", at="tomorrow") == 400


def test_the_live_page_adds_up_and_its_buttons_act(author):
    make_contacts(3, at=BEFORE)
    make_contact(consent=(), at=BEFORE)
    campaign = planned()
    fragment = author.get(f"/campaigns/{campaign.pk}/live?was=running", headers={"hx-request": "true"})
    html = fragment.content.decode()
    assert html.lstrip().startswith('<div class="xf-stack" id="live"') and "没有授权" in html
    assert f'/campaigns/{campaign.pk}/people?group=waiting">3</a>' in html
    assert press(author, campaign, "pause") == 302
    moved = author.get(f"/campaigns/{campaign.pk}/live?was=running", headers={"hx-request": "true"})
    assert moved["HX-Refresh"] == "true"
    assert press(author, campaign, "resume") == 302
    assert press(author, campaign, "stop") == 302
    assert again(campaign).state == CampaignState.STOPPED
    assert press(author, campaign, "resume") == 409


def test_the_bar_of_a_campaign_that_waits_for_its_window_is_named_in_words_only(author):
    """The moment it goes on is markup on the page, and cannot be in an attribute."""
    make_contacts(2, at=BEFORE)
    campaign = planned()
    opens = utc_now() + timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "update plan set windows = jsonb_build_array(jsonb_build_array(%s::text, %s::text)) where id = %s",
            [opens.isoformat(), (opens + timedelta(hours=1)).isoformat(), campaign.plan_id],
        )
    html = html_of(author, f"/campaigns/{campaign.pk}/live")
    assert "不在发送时段，<time" in html
    [name] = re.findall(r'<progress [^>]*aria-label="([^"]*)"', html)
    assert name.startswith("不在发送时段，") and name.endswith(" 继续") and "<" not in name


def test_the_report_leads_to_masked_people_with_their_outcome(author):
    number = phone()
    make_contact(phone=number, at=BEFORE, province="浙江")
    campaign = planned()
    deliver(campaign)
    report = html_of(author, f"/campaigns/{campaign.pk}/report")
    assert "漏斗" in report and "浙江" in report
    people = html_of(author, f"/campaigns/{campaign.pk}/people?group=delivered&province=%E6%B5%99%E6%B1%9F")
    assert number not in people and f"{number[:3]}****{number[-4:]}" in people
    assert author.get(f"/campaigns/{campaign.pk}/people?group=everybody").status_code == 400


def test_a_template_shows_what_came_of_it_so_far(author):
    make_contact(phone=phone(), at=BEFORE)
    campaign = planned()
    page = f"/templates/{campaign.template_version.template_id}"
    deliver(campaign)
    html = html_of(author, page)
    row = html.split("用它发过的活动")[1].split("</tbody>")[0]
    assert campaign.name in row and "100" in row and f"/campaigns/{campaign.pk}" in row
    other = save_template(
        name="没有用过",
        purpose="marketing",
        signature_id=campaign.template_version.signature_id,
        value="新茶到店",
        action="回复1预留",
        actor="li",
    )
    assert "还没有活动用过它" in html_of(author, f"/templates/{other.template_id}")


def test_an_export_is_masked_and_clear_numbers_need_permission_and_a_reason(author):
    number = phone()
    make_contact(phone=number, at=BEFORE)
    campaign = planned()
    address, asked = f"/campaigns/{campaign.pk}/export", {"form": "csv", "group": "planned"}
    masked = b"".join(author.post(address, asked).streaming_content).decode()
    assert number not in masked and "****" in masked
    assert author.post(address, {**asked, "numbers": "clear", "reason": "核查"}).status_code == 403
    compliance = signed_in("compliance")
    assert compliance.post(address, {**asked, "numbers": "clear"}).status_code == 400
    clear = compliance.post(address, {**asked, "numbers": "clear", "reason": "监管检查"})
    assert number in b"".join(clear.streaming_content).decode()
    entry = AuditEntry.objects.filter(action="plan.export", actor="compliance").get()
    assert entry.detail["clear_numbers"] is True and entry.detail["reason"] == "监管检查"
    sheet = author.post(address, {**asked, "form": "xlsx"})
    assert b"".join(sheet.streaming_content).startswith(b"PK")


def test_a_person_is_explained_by_number_which_never_stands_in_an_address(author):
    number = phone()
    make_contact(phone=number, at=BEFORE)
    campaign = planned()
    address = f"/campaigns/{campaign.pk}/explain"
    html = author.post(address, {"phone": number}).content.decode()
    assert "授权账本" in html and f"{number[:3]}****{number[-4:]}" in html
    assert "没有找到" in author.post(address, {"phone": phone()}).content.decode()
    assert 'id="id_phone_error"' in author.post(address, {"phone": "12"}).content.decode()


def test_a_failed_campaign_says_why_and_can_be_revised(author):
    make_contact(at=BEFORE)
    campaign = approved()
    actions.start(campaign.pk, actor="li")
    actions.fail(campaign.pk, "campaign.no_window", actor="system:planner", params={"days": 7})
    assert "7 天内没有可以发送的时段" in html_of(author, f"/campaigns/{campaign.pk}/review")
    assert press(author, campaign, "revise") == 302
    assert again(campaign).state == CampaignState.DRAFT


def test_explaining_a_campaign_that_failed_begins_with_why(author):
    number = phone()
    make_contact(at=BEFORE, phone=number)
    campaign = approved()
    actions.start(campaign.pk, actor="li")
    actions.fail(campaign.pk, "campaign.no_window", actor="system:planner", params={"days": 7})
    html = author.post(f"/campaigns/{campaign.pk}/explain", {"phone": number}).content.decode()
    assert "活动没有完成，没有发给任何人：" in html and "7 天内没有可以发送的时段" in html
    found = explain(campaign.pk, now=utc_now(), phone=number)
    assert found.failure is not None and found.failure.code == "campaign.no_window"
    assert "nobody was written to" in found.words("en")[0]


def test_names_from_outside_are_shown_as_text(author):
    make_contact(at=BEFORE, name=HOSTILE, province="<b>浙江</b>")
    campaign = make_campaign(make_draft(name=HOSTILE))
    for page in ("", f"/{campaign.pk}/check", f"/{campaign.pk}/review", f"/{campaign.pk}/gate"):
        html = html_of(author, f"/campaigns{page}")
        assert "<script>alert" not in html and "<b>浙江" not in html


def test_a_list_asks_as_often_for_many_campaigns_as_for_one(author, asked):
    make_campaign()
    author.get("/campaigns")
    with asked() as one:
        author.get("/campaigns")
    for number in range(5):
        make_campaign(make_draft(name=f"第 {number} 个"))
    with asked() as many:
        author.get("/campaigns")
    assert len(many) == len(one) <= 8


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("developer", "/campaigns", 403),
        ("analyst", "/campaigns/new", 403),
        ("reviewer", "/campaigns/new", 403),
        ("analyst", "/campaigns", 200),
    ],
)
def test_doors_open_by_role(role, path, status):
    assert signed_in(role).get(path).status_code == status


def test_buttons_of_others_are_refused(reviewer):
    make_contact(at=BEFORE)
    campaign = planned()
    analyst = signed_in("analyst")
    assert press(analyst, campaign, "pause") == 403
    assert press(analyst, campaign, "finish") == 404
    assert analyst.post(f"/campaigns/{campaign.pk}/export", {"form": "csv"}).status_code == 200
    assert reviewer.post(f"/campaigns/{campaign.pk}/export", {"form": "csv"}).status_code == 403
    assert reviewer.get("/campaigns/999999").status_code == 404
