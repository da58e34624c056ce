"""Opt-outs beside complaints: many of them stand out, and pause a campaign where that is switched on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from tests.campaigns.factories import again
from tests.complaints.test_rates import AT, complain, sending
from tests.console.people import signed_in
from tests.factories import NOW

from xinfeng.campaigns import actions as campaigns
from xinfeng.campaigns import complaint_watch, opt_out_watch, watch_pauses
from xinfeng.campaigns.models import Campaign
from xinfeng.campaigns.opt_out_watch import OptOuts
from xinfeng.complaints import settings
from xinfeng.complaints.models import Pause
from xinfeng.complaints.settings import Rules
from xinfeng.delivery.models import Plan
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens, lens

STRICT = Rules(opt_out_pauses=True, opt_out_at_least=3, opt_out_percent=5.0)


@pytest.fixture(autouse=True)
def _own_lens(committed_db: str) -> Iterator[None]:
    yield
    close_lens()


def leave(campaign: Campaign, contact_ids: list[int]) -> None:
    """These people answer with an opt-out."""
    with connection.cursor() as cursor:
        for contact_id in contact_ids:
            cursor.execute(
                "insert into reply (id, received_at, channel_id, phone_sealed, phone_index, contact_id, message_id,"
                " plan_id, to_number, body_sealed, meaning) select (select coalesce(max(id), 0) + 1 from reply), %s, 1,"
                " '', '', contact_id, id, plan_id, '10690', '', 'opt_out' from message"
                " where contact_id = %s and plan_id = %s",
                (NOW + timedelta(minutes=2), contact_id, campaign.plan_id),
            )
    lens().refresh()


@pytest.mark.parametrize(
    ("opted_out", "reached", "out"),
    [
        (19, 100, False),  # too few of them
        (20, 1_000, False),  # 2 %, the bound is 1.3 %
        (40, 1_000, True),  # 4 %, the bound is 3 %
        (20, 0, True),
        (2_100, 100_000, True),
        (2_000, 100_000, False),
    ],
)
def test_enough_of_them_and_surely_above_the_share(opted_out: int, reached: int, out: bool) -> None:
    assert OptOuts(opted_out, reached).stands_out(Rules()) is out


def test_by_default_they_are_shown_and_pause_nothing() -> None:
    campaign, people = sending(8)
    settings.save(Rules(opt_out_at_least=3), actor="ma")
    leave(campaign, people[:4])
    assert opt_out_watch.watch(now=AT) == []
    assert again(campaign).state == "running"
    [(shown, found)] = opt_out_watch.recent(now=AT)
    assert (shown.pk, found.opted_out, found.reached) == (campaign.pk, 4, 8)


def test_a_running_campaign_is_paused_and_again_only_when_they_double() -> None:
    campaign, people = sending(20)
    settings.save(STRICT, actor="ma")
    leave(campaign, people[:2])
    assert opt_out_watch.watch(now=AT) == []
    leave(campaign, people[2:4])
    assert opt_out_watch.watch(now=AT) == [campaign.pk]
    paused = again(campaign)
    assert paused.plan is not None and (paused.state, paused.plan.reason) == ("paused", "opt_outs")
    step = paused.steps.order_by("-id").first()
    assert step is not None and "退订 4 人，送到 20 条，占 20.00%" in step.comment
    campaigns.settle_finished(now=AT)
    assert again(campaign).state == "paused"
    campaigns.resume(campaign.pk, actor="li", now=AT)
    leave(campaign, people[4:6])
    assert opt_out_watch.watch(now=AT) == []
    leave(campaign, people[6:8])
    assert opt_out_watch.watch(now=AT) == [campaign.pk]


def test_pauses_for_opt_outs_and_for_complaints_do_not_count_for_each_other() -> None:
    campaign, people = sending(20)
    settings.save(STRICT, actor="ma")
    leave(campaign, people[:5])
    assert opt_out_watch.watch(now=AT) == [campaign.pk]
    assert watch_pauses.last_pause(campaign.plan_id or 0) is None
    campaigns.resume(campaign.pk, actor="li", now=AT)
    complain(people[0])
    complain(people[1])
    assert complaint_watch.watch(now=AT) == [campaign.pk]
    assert [one.limit_key for one in Pause.objects.order_by("pk")] == ["opt_outs", "huawei_suspend"]


def test_the_console_shows_them_on_the_dashboard_the_report_and_in_the_rules() -> None:
    campaign, people = sending(8)
    Plan.objects.filter(pk=campaign.plan_id).update(planned_at=utc_now())
    leave(campaign, people[:4])
    operator, compliance = signed_in("operator"), signed_in("compliance")
    page = compliance.get("/complaints/rules").content.decode()
    assert 'name="opt_out_percent" value="2"' in page
    settings.save(Rules(opt_out_at_least=3), actor="ma")
    assert f"活动“{campaign.name}”退订偏多：4 人，占送到的 50%" in operator.get("/").content.decode()
    report = operator.get(f"/campaigns/{campaign.pk}/report").content.decode()
    assert "4 人回复退订，占送到的 50%，明显高于 2%。" in report


@pytest.mark.parametrize(
    "wrong", [{"opt_out_percent": 0.0}, {"opt_out_percent": 101.0}, {"opt_out_at_least": 0}]
)
def test_rules_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidInput):
        settings.save(Rules(**wrong), actor="ma")  # type: ignore[arg-type]
