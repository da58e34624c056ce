"""Campaigns with 5G messages in the console: the card beside the text, who read it, and a segment of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from tests.campaigns.factories import NOON, make_campaign, make_draft, make_template, planned
from tests.campaigns.test_cards import channel, face
from tests.console.people import signed_in
from tests.factories import make_contact, phone

from xinfeng.campaigns.models import Campaign
from xinfeng.lens.engine import close_lens
from xinfeng.segments.models import Segment, SegmentKind

BEFORE = NOON - timedelta(days=40)
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True)
def _own_lens(committed_db: str) -> Iterator[None]:
    close_lens()
    yield
    close_lens()


@pytest.fixture
def author() -> Client:
    return signed_in("operator", username="li")


def html_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def sent(campaign: Campaign, *stats: str) -> None:
    """Every message accepted; of each in their order its receipt."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into attempt (message_id, part, channel_id, outcome, code, sent_at, at)"
            " select id, 1, %s, 1, '0', %s, %s from message where plan_id = %s",
            (campaign.channel_id, NOON, NOON, campaign.plan_id),
        )
        cursor.execute(
            "insert into receipt (id, received_at, channel_id, carrier_id, phone_index, stat, message_id, part)"
            " select id, %s, %s, '', '', (%s::text[])[row_number() over (order by id)], id, 1 from message"
            " where plan_id = %s",
            (NOON, campaign.channel_id, list(stats), campaign.plan_id),
        )


def test_the_wizard_and_the_check_show_the_card_beside_the_text(author: Client) -> None:
    make_contact(at=BEFORE, name=HOSTILE)
    version = make_template(rich=face("{{ contact.name | default: '会员' }}，秋季新品"))
    campaign = make_campaign(make_draft(template_version_id=version.pk, channel_id=channel().pk))
    for page in ("what", "check", "review"):
        html = html_of(author, f"/campaigns/{campaign.pk}/{page}")
        assert "xf-rich-card" in html and "秋季新品" in html and "预约周六" in html, page
        assert "满" in html and "rich.css" in html and HOSTILE not in html
        assert "卡片用不上" not in html


def test_a_campaign_by_sms_channels_says_that_its_card_is_of_no_use(author: Client) -> None:
    make_contact(at=BEFORE)
    version = make_template(rich=face())
    campaign = make_campaign(make_draft(template_version_id=version.pk))
    assert "卡片用不上" in html_of(author, f"/campaigns/{campaign.pk}/check")
    plain = make_campaign(make_draft(template_version_id=make_template().pk))
    assert "xf-rich-card" not in html_of(author, f"/campaigns/{plain.pk}/check")


def test_who_read_it_is_a_list_that_becomes_a_segment(author: Client) -> None:
    numbers = sorted(phone() for _ in range(3))
    people = [make_contact(phone=one, at=BEFORE, province="浙江") for one in numbers]
    draft = make_draft(template_version_id=make_template(rich=face()).pk, channel_id=channel().pk)
    campaign = planned(draft)
    sent(campaign, "DISPLAYED", "DELIVRD", "FALLBACK")
    report = html_of(author, f"/campaigns/{campaign.pk}/report")
    address = f"/campaigns/{campaign.pk}/people?group=displayed"
    assert f'href="{address}">1</a>' in report and f"{address}&amp;tier=0" in report
    assert f"/campaigns/{campaign.pk}/people?group=fell_back" in report and "已读率" in report
    html = html_of(author, address)
    assert "已读" in html and html.count("****") == 1 and "存为分群" in html
    kept = {"group": "displayed", "name": "读过的"}
    answer = author.post(f"/campaigns/{campaign.pk}/people/keep", kept)
    made = Segment.objects.get(name="读过的")
    assert answer["Location"] == f"/segments/{made.pk}" and made.kind == SegmentKind.LIST
    with connection.cursor() as cursor:
        cursor.execute("select contact_id from segment_member where segment_id = %s", (made.pk,))
        assert [row[0] for row in cursor.fetchall()] == [min(people)]
    again = author.post(f"/campaigns/{campaign.pk}/people/keep", kept, follow=True)
    assert "读过的" in again.content.decode() and Segment.objects.filter(kind=SegmentKind.LIST).count() == 1
    assert (
        author.post(f"/campaigns/{campaign.pk}/people/keep", {"group": "x", "name": "y"}).status_code == 400
    )


def test_only_who_may_edit_segments_keeps_such_a_list() -> None:
    make_contact(at=BEFORE)
    campaign = planned()
    viewer = signed_in("reviewer", username="zhao")
    assert "存为分群" not in html_of(viewer, f"/campaigns/{campaign.pk}/people?group=planned")
    kept = {"group": "planned", "name": "全部"}
    assert viewer.post(f"/campaigns/{campaign.pk}/people/keep", kept).status_code == 403
    assert not Segment.objects.filter(kind=SegmentKind.LIST).exists()
