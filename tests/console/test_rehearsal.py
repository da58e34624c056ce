"""A rehearsal in the console: started, watched, cancelled, read; and who may."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from tests.campaigns.factories import make_campaign, make_channel, make_draft, make_template
from tests.console.people import signed_in
from tests.factories import make_contact

from xinfeng.campaigns.models import Campaign, Rehearsal, RehearsalState
from xinfeng.campaigns.rehearsal import actions
from xinfeng.channels.models import Channel
from xinfeng.filings.models import FilingState, TemplateFiling
from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens

HOSTILE = '"><script>alert(1)</script>'
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _own_lens(committed_db: str) -> Iterator[None]:
    close_lens()
    yield
    close_lens()


@pytest.fixture
def operator() -> Client:
    return signed_in("operator", username="li")


@pytest.fixture
def campaign() -> Campaign:
    for index in range(3):
        make_contact(phone=f"1390000000{index}")
    return make_campaign(make_draft(name="双十一" + HOSTILE))


def begin(client: Client, campaign: Campaign, **fields: Any) -> Any:
    return client.post(
        f"/campaigns/{campaign.pk}/rehearsal/start", {"messages": "100", "fault": "", **fields}
    )


def html_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    html: str = answer.content.decode()
    assert HOSTILE not in html
    return html


def test_before_the_first_the_preflight_offers_it(operator: Client, campaign: Campaign) -> None:
    html = html_of(operator, f"/campaigns/{campaign.pk}/check")
    assert "还没有演练过" in html and f"/campaigns/{campaign.pk}/rehearsal" in html
    page = html_of(operator, f"/campaigns/{campaign.pk}/rehearsal")
    assert "开始演练" in page and "流控" in page and 'max="2000"' in page


def test_it_is_started_by_a_job_watched_and_read(operator: Client, campaign: Campaign) -> None:
    assert begin(operator, campaign)["Location"] == f"/campaigns/{campaign.pk}/rehearsal"
    row = Rehearsal.objects.get()
    with connection.cursor() as cursor:
        cursor.execute(
            "select (args->>'rehearsal_id')::bigint from procrastinate_jobs"
            " where task_name = 'campaigns.rehearse'"
        )
        assert cursor.fetchall() == [(row.pk,)]
    page = html_of(operator, f"/campaigns/{campaign.pk}/rehearsal")
    assert "就要开始" in page and "取消演练" in page and "开始演练" not in page
    fragment = operator.get(f"/campaigns/{campaign.pk}/rehearsal", headers=HTMX)
    assert b'id="rehearsal"' in fragment.content and b"<html" not in fragment.content
    actions.run(row.pk)
    over = operator.get(f"/campaigns/{campaign.pk}/rehearsal", headers=HTMX)
    assert over["HX-Refresh"] == "true"
    page = html_of(operator, f"/campaigns/{campaign.pk}/rehearsal")
    assert "3 条短信都到了模拟运营商，逐字相同，各一条" in page and "3 / 3" in page and "再演练一次" in page
    assert "都到了模拟运营商" in html_of(operator, f"/campaigns/{campaign.pk}/check")
    assert AuditEntry.objects.filter(action="campaign.rehearse", object_id=str(campaign.pk)).count() == 1


def test_changes_since_are_named(operator: Client, campaign: Campaign) -> None:
    row = actions.ask(campaign.pk, actor="li", now=utc_now(), by_job=False)
    actions.run(row.pk)
    Channel.objects.update(rate_per_s=3)
    for path in ("check", "rehearsal"):
        assert "演练之后改过：速率" in html_of(operator, f"/campaigns/{campaign.pk}/{path}")


def test_one_is_cancelled_and_the_next_may_begin(operator: Client, campaign: Campaign) -> None:
    begin(operator, campaign)
    again = begin(operator, campaign)
    assert again.status_code == 409 and "已经有一次演练在进行" in again.content.decode()
    operator.post(f"/campaigns/{campaign.pk}/rehearsal/cancel")
    assert Rehearsal.objects.get().state == RehearsalState.CANCELLED
    assert "演练已取消" in html_of(operator, f"/campaigns/{campaign.pk}/rehearsal")
    assert begin(operator, campaign).status_code == 302


def test_another_campaign_s_rehearsal_is_named(operator: Client, campaign: Campaign) -> None:
    begin(operator, campaign)
    other = make_campaign(make_draft())
    page = html_of(operator, f"/campaigns/{other.pk}/rehearsal")
    assert "同时只能有一次" in page and "开始演练" not in page


@pytest.mark.parametrize("role", ["reviewer", "analyst", "compliance"])
def test_who_may_not_edit_campaigns_looks_on(role: str, operator: Client, campaign: Campaign) -> None:
    begin(operator, campaign)
    other = signed_in(role)
    for what in ("start", "cancel"):
        posted = {"messages": "5", "fault": ""}
        assert other.post(f"/campaigns/{campaign.pk}/rehearsal/{what}", posted).status_code == 403
    assert "取消演练" not in html_of(other, f"/campaigns/{campaign.pk}/rehearsal")
    assert Rehearsal.objects.get().active


@pytest.mark.parametrize(
    "fields",
    [{"messages": one} for one in ("", "0", "-1", "2001", "1e3", "９", "9" * 40, HOSTILE)]
    + [{"fault": one} for one in ("x", HOSTILE)],
)
def test_what_was_typed_wrongly_starts_nothing(
    operator: Client, campaign: Campaign, fields: dict[str, str]
) -> None:
    answer = begin(operator, campaign, **fields)
    assert answer.status_code == 400 and HOSTILE not in answer.content.decode()
    assert not Rehearsal.objects.exists()


def test_a_draft_that_is_not_filled_in_has_none(operator: Client) -> None:
    campaign = make_campaign(make_draft(channel_id=None))
    assert operator.get(f"/campaigns/{campaign.pk}/rehearsal").status_code == 302
    assert begin(operator, campaign).status_code == 400


def test_texts_that_could_not_be_written_name_masked_contacts(operator: Client) -> None:
    make_contact(phone="13912345678")
    version = make_template()
    channel = make_channel(kind="aliyun", config={"account": "LTAI-real"})
    TemplateFiling.objects.create(
        version=version,
        channel=channel,
        state=FilingState.IN_FORCE,
        number="SMS_1",
        text="【信风商城】别的${a}",
        created_by="li",
    )
    campaign = make_campaign(make_draft(channel_id=channel.pk, template_version_id=version.pk))
    actions.run(actions.ask(campaign.pk, actor="li", now=utc_now(), by_job=False).pk)
    page = html_of(operator, f"/campaigns/{campaign.pk}/rehearsal")
    assert "写不出来的短信" in page and "5678" in page and "13912345678" not in page
