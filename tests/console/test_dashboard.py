"""The dashboard: a checklist that checks itself, then numbers that lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.campaigns.factories import make_channel, make_segment, make_template, planned
from tests.console.people import signed_in
from tests.factories import make_contacts, phone
from tests.privacy.people import asked as request_for

from xinfeng.campaigns import actions
from xinfeng.consent import contracts
from xinfeng.consent.contracts import ContractTerms
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.time import business_day, utc_now
from xinfeng.lens.engine import close_lens
from xinfeng.privacy.models import PrivacyRequest


@pytest.fixture(autouse=True)
def _own_lens(committed_db: str) -> Iterator[None]:
    close_lens()
    yield
    close_lens()


def html_of(client) -> str:
    return client.get("/").content.decode()


def test_the_first_run_is_a_checklist():
    html = html_of(signed_in("administrator"))
    assert html.count("xf-task-mark") == 5 and "is-done" not in html
    assert "xf-stats" not in html


def test_the_checklist_checks_itself():
    admin = signed_in("administrator")
    make_channel()
    assert html_of(admin).count('class="is-done"') == 1
    make_template()
    make_contacts(2)
    make_segment()
    html = html_of(admin)
    assert html.count('class="is-done"') == 4 and "完成了 4 / 5" in html


def test_numbers_lead_to_what_is_behind_them():
    make_contacts(3)
    make_contacts(1, consent=())
    campaign = planned()
    html = html_of(signed_in("operator"))
    assert "xf-task-mark" not in html
    assert 'href="/contacts"' in html and 'href="/inbox?show=waiting"' in html
    assert f'href="/campaigns/{campaign.pk}"' in html and "占 75%" in html


def test_no_link_of_the_dashboard_leads_nowhere():
    make_contacts(1)
    planned()
    admin = signed_in("administrator")
    links = set(re.findall(r'href="(/[^"]*)"', html_of(admin))) - {"/"}
    assert len(links) > 12
    broken = {link: status for link in links if (status := admin.get(link, follow=True).status_code) != 200}
    assert not broken


def test_a_reviewer_sees_what_waits_for_her():
    make_contacts(1)
    campaign = planned()
    other = actions.save_campaign(
        actions.CampaignDraft(
            "等人看",
            "marketing",
            "other",
            campaign.segment_id,
            campaign.template_version_id,
            campaign.channel_id,
        ),
        actor="li",
    )
    actions.submit(other.pk, actor="li")
    assert "等您审核" in html_of(signed_in("reviewer", username="wang"))
    assert "等您审核" not in html_of(signed_in("operator", username="li"))


def test_who_may_see_little_gets_no_links_to_the_rest():
    make_contacts(1)
    planned()
    html = html_of(signed_in("developer"))
    assert 'href="/contacts"' not in html and 'href="/inbox' not in html


def file_contract(number: str, *, days: int) -> None:
    today = business_day(utc_now(), xinfeng_settings.load().zone)
    terms = ContractTerms(
        partner="<b>晨光</b>",
        title="联合会员",
        number=number,
        scope="共同会员",
        purposes=["marketing"],
        fields=["phone"],
        starts_on=today - timedelta(days=300),
        ends_on=today + timedelta(days=days),
    )
    contracts.file_contract(terms, (b"%PDF-",), file_name="a.pdf", actor="li", now=utc_now())


def test_what_runs_out_is_told_to_who_may_see_to_it():
    make_contacts(1)
    planned()
    compliance, operator = signed_in("compliance"), signed_in("operator")
    assert "件个人信息请求" not in html_of(compliance)
    file_contract("XF-1", days=3)
    file_contract("XF-2", days=90)
    request_for("copy", phone(), checked=False)
    late = request_for("erasure", phone())
    PrivacyRequest.objects.filter(pk=late).update(due_at=utc_now() - timedelta(days=1))
    soon = request_for("copy", phone())
    PrivacyRequest.objects.filter(pk=soon).update(due_at=utc_now() + timedelta(days=1))
    html = html_of(compliance)
    assert "1 件个人信息请求已逾期" in html and 'href="/requests?due=overdue"' in html
    assert "1 件个人信息请求三天内到期" in html and "1 件个人信息请求等待核实身份" in html
    assert "XF-1 · 还有 3 天" in html and "XF-2" not in html and "<b>晨光" not in html
    links = set(re.findall(r'href="(/(?:requests|contracts)[^"]*)"', html))
    assert len(links) >= 4 and {compliance.get(link).status_code for link in links} == {200}
    assert "件个人信息请求" not in html_of(operator)


def test_many_contracts_are_counted_and_ask_no_more_questions(asked):
    make_contacts(1)
    planned()
    compliance = signed_in("compliance")
    file_contract("XF-0", days=0)
    html_of(compliance)
    with asked() as one:
        assert "今天到期" in html_of(compliance)
    for number in range(1, 9):
        file_contract(f"XF-{number}", days=number)
    with asked() as nine:
        html = html_of(compliance)
    assert "另有 6 份共享合同即将到期" in html and len(nine) == len(one)
