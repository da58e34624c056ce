"""The audit log: newest first, narrowed, page by page, for those who answer for it."""

from __future__ import annotations

import pytest
from django.utils import timezone
from tests.console.people import signed_in

from xinfeng.foundation import audit, trail
from xinfeng.foundation.trail import TrailQuery


@pytest.fixture
def compliance(db):
    return signed_in("compliance")


def html_of(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_entries_are_told_in_words_and_lead_to_their_object(compliance):
    audit.record(actor="li", action="campaign.start", kind="campaign", subject=7)
    html = html_of(compliance, "/audit")
    assert "开始活动" in html and "/campaigns/7" in html


def test_the_list_is_narrowed_by_person_area_object_and_day(compliance):
    audit.record(actor="li", action="campaign.start", kind="campaign", subject=7)
    audit.record(actor="wang", action="user.add", kind="user", subject=3)
    assert "添加用户" not in html_of(compliance, "/audit?q=li")
    assert "添加用户" not in html_of(compliance, "/audit?action=campaign")
    assert "开始活动" not in html_of(compliance, "/audit?kind=user&id=3")
    assert "开始活动" in html_of(compliance, f"/audit?day={timezone.localdate()}")
    assert "开始活动" not in html_of(compliance, "/audit?day=2020-01-01")
    assert compliance.get("/audit?day=today").status_code == 400
    assert compliance.get("/audit?action=nonsense").status_code == 400


def test_pages_follow_each_other_without_gaps_and_keep_what_was_asked(compliance):
    for number in range(60):
        audit.record(actor="li", action="campaign.start", kind="campaign", subject=number)
    seen, after = [], ""
    while True:
        page = trail.entries(TrailQuery(kind="campaign", after=after, limit=25))
        seen += [int(entry.subject) for entry in page.entries]
        after = page.after
        if not after:
            break
    assert seen == list(reversed(range(60)))
    html = html_of(compliance, f"/audit?day={timezone.localdate()}&kind=campaign")
    following = html.split('rel="next" href="')[1].split('"')[0]
    assert "day=" in following and "kind=campaign" in following


def test_an_entry_shows_its_details_as_text(compliance):
    audit.record(
        actor="li", action="contact.reveal", kind="contact", subject=5, reason="<script>alert(1)</script>"
    )
    entry = trail.entries(TrailQuery(kind="contact")).entries[0]
    html = html_of(compliance, f"/audit/{entry.id}")
    assert "查看完整手机号" in html and "<script>alert" not in html
    assert compliance.get("/audit/999999999").status_code == 404


@pytest.mark.parametrize("after", ["nonsense", "2026-11-20T04:00:00,1", "2026-11-20T04:00:00+00:00,x"])
def test_a_cursor_that_is_none_is_refused(compliance, after):
    assert compliance.get("/audit", {"after": after}).status_code == 400


def test_an_operator_may_not_read_the_audit_log(db):
    assert signed_in("operator").get("/audit").status_code == 403


def test_the_list_asks_as_often_for_many_entries_as_for_one(compliance, asked):
    audit.record(actor="li", action="campaign.start", kind="campaign", subject=1)
    with asked() as one:
        compliance.get("/audit")
    for number in range(20):
        audit.record(actor="li", action="campaign.start", kind="campaign", subject=number)
    with asked() as many:
        compliance.get("/audit")
    assert len(many) == len(one)
