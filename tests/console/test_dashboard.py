"""The dashboard: a checklist that checks itself, then numbers that lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from tests.campaigns.factories import make_channel, make_segment, make_template, planned
from tests.console.people import signed_in
from tests.factories import make_contacts

from xinfeng.campaigns import actions
from xinfeng.lens.engine import close_lens


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
