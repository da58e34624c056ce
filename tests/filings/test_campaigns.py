"""Filings in a campaign's life: preflight, plan, what holds while it is sending, and explain a year later."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from tests.campaigns.factories import again, approved, make_campaign, make_draft, make_template, planned
from tests.factories import make_contacts
from tests.filings.factories import NOW, TODAY, demanding, in_force

from xinfeng.campaigns import actions, filing_watch, planning
from xinfeng.campaigns.explain import explain
from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.campaigns.preflight import contacts_refused_by, preflight
from xinfeng.campaigns.reads import campaign as read_campaign
from xinfeng.channels.models import Channel
from xinfeng.contacts.models import Attribute
from xinfeng.content.models import TemplateVersion
from xinfeng.delivery.one_off import Sender, judge
from xinfeng.filings import bulk, signatures, templates
from xinfeng.filings.bulk import BulkDraft
from xinfeng.filings.lifecycle import Move
from xinfeng.hygiene.actions import mark_ported
from xinfeng.kernel.errors import RefusedByPolicy
from xinfeng.lens.engine import close_lens

MOBILE, UNICOM, TELECOM = "13900000001", "13100000002", "13300000003"


@pytest.fixture(autouse=True)
def world(committed_db: str) -> Any:
    yield
    close_lens()


def people() -> list[int]:
    return [make_contacts(1, phone=number)[0] for number in (MOBILE, UNICOM, TELECOM)]


def draft(version: TemplateVersion, channel: Channel) -> Any:
    return make_draft(template_version_id=version.pk, channel_id=channel.pk)


def codes(campaign: Campaign, *, now: Any = NOW) -> list[str]:
    found = preflight(read_campaign(campaign.pk), now)
    return [caution.code for caution in found.cautions if caution.stops]


def plan(version: TemplateVersion, channel: Channel) -> Campaign:
    return planned(draft(version, channel))


def test_who_is_with_a_carrier_without_filing_is_left_out_of_preflight_and_plan_alike() -> None:
    _, _, telecom = people()
    version, channel = make_template(), demanding()
    in_force(version, channel, carriers=(1, 2))
    campaign = approved(draft(version, channel))
    found = preflight(read_campaign(campaign.pk), NOW)
    assert {one.reason: one.contacts for one in found.left_out} == {"signature_not_filed": 1}
    assert contacts_refused_by(read_campaign(campaign.pk), "signature_not_filed", now=NOW) == [telecom]
    actions.start(campaign.pk, actor="li")
    counts = planning.build_plan(campaign.pk, NOW)
    assert counts is not None
    assert (counts.messages, counts.left_out) == (2, 1)
    told = "\n".join(explain(campaign.pk, now=NOW, contact_id=telecom).words())
    assert "签名未报备" in told


def test_a_number_that_was_ported_is_planned_by_where_it_went() -> None:
    mobile, _, telecom = people()
    mark_ported(telecom, 1, actor="he", now=NOW)
    mark_ported(mobile, 3, actor="he", now=NOW)
    version, channel = make_template(), demanding()
    in_force(version, channel, carriers=(1, 2))
    campaign = approved(draft(version, channel))
    assert contacts_refused_by(read_campaign(campaign.pk), "signature_not_filed", now=NOW) == [mobile]
    told = "\n".join(explain(campaign.pk, now=NOW, contact_id=mobile).words())
    assert "客户在中国电信，已报备：中国移动、中国联通" in told


def test_without_any_filing_the_campaign_stops_at_the_preflight_and_in_the_planner() -> None:
    people()
    version, channel = make_template(), demanding()
    campaign = approved(draft(version, channel))
    assert "filing.signature_none" in codes(campaign)
    actions.start(campaign.pk, actor="li")
    assert planning.build_plan(campaign.pk, NOW) is None
    failed = again(campaign)
    assert failed.state == CampaignState.FAILED
    assert failed.fault["code"] == "filing.signature_none"
    assert failed.fault["params"]["signature"] == "信风商城"


def test_a_text_its_channel_would_refuse_is_found_before_the_carrier_finds_it() -> None:
    people()
    version = make_template(opt_out="退订回T")
    channel = demanding(opt_out_wording=["拒收请回复R"], salutation_required=True)
    in_force(version, channel)
    campaign = make_campaign(draft(version, channel))
    assert codes(campaign) == ["acceptance.opt_out", "acceptance.salutation"]


def test_what_was_relied_on_is_told_a_year_later_though_the_filing_is_gone() -> None:
    mobile, *_ = people()
    version, channel = make_template(), demanding()
    filed = in_force(version, channel, carriers=(1, 2, 3), expires_on=date(2027, 3, 1))
    campaign = plan(version, channel)
    actions.stop(campaign.pk, actor="li", now=NOW)
    signatures.withdraw(filed, reason="换了签名", actor="he", now=NOW)
    for language, expected in (
        ("zh", "中国移动 N-1（至 2027-03-01）"),
        ("en", "China Mobile N-1 (until 2027-03-01)"),
    ):
        told = "\n".join(
            explain(campaign.pk, now=NOW + timedelta(days=365), contact_id=mobile).words(language)
        )
        assert expected in told


def test_a_filing_that_expires_while_a_campaign_is_sending_pauses_it() -> None:
    people()
    version, channel = make_template(), demanding()
    in_force(version, channel, expires_on=TODAY)
    campaign = plan(version, channel)
    assert campaign.state == CampaignState.RUNNING
    assert filing_watch.watch(now=NOW) == []
    tomorrow = NOW + timedelta(days=1)
    assert filing_watch.watch(now=tomorrow) == [campaign.pk]
    held = again(campaign)
    assert (held.state, held.plan.reason if held.plan else "") == ("paused", filing_watch.LAPSED)
    with pytest.raises(RefusedByPolicy) as refused:
        actions.resume(campaign.pk, actor="li", now=tomorrow)
    assert (refused.value.code, refused.value.params["what"]) == ("filing.lapsed", ["signature"])
    assert again(campaign).state == CampaignState.PAUSED


def test_a_withdrawal_binds_what_is_being_sent_at_once_and_a_renewal_lets_it_go_on() -> None:
    people()
    version, channel = make_template(), demanding()
    filed = in_force(version, channel)
    campaign = plan(version, channel)
    filing_watch.withdraw_signatures(filed[:1], reason="停用", actor="he", now=NOW)
    assert again(campaign).state == CampaignState.PAUSED
    in_force(version, channel, carriers=(1,))
    actions.resume(campaign.pk, actor="li", now=NOW)
    assert filing_watch.watch(now=NOW) == []
    assert again(campaign).state == CampaignState.RUNNING


def test_a_demand_that_is_new_binds_plans_made_before_it() -> None:
    people()
    version, channel = make_template(), demanding(signature_filing=False)
    campaign = plan(version, channel)
    assert filing_watch.watch(now=NOW) == []
    Channel.objects.filter(pk=channel.pk).update(capabilities={})
    assert filing_watch.watch(now=NOW) == [campaign.pk]


def test_a_text_that_cannot_be_read_any_more_does_not_stop_the_watch() -> None:
    people()
    Attribute.objects.create(key="gone", label="门店", kind="text")
    version = make_template("{{ attr.gone }}您好", defaults={"attr.gone": "门店"})
    channel = demanding()
    filed = in_force(version, channel)
    campaign = plan(version, channel)
    Attribute.objects.all().delete()
    assert filing_watch.watch(now=NOW) == []
    signatures.withdraw(filed, reason="停用", actor="he", now=NOW)
    assert filing_watch.watch(now=NOW) == [campaign.pk]


def test_only_the_carriers_a_plan_relied_on_matter_to_it() -> None:
    people()
    version, channel = make_template(), demanding()
    in_force(version, channel, carriers=(1, 2))
    telecom = in_force(version, channel, carriers=(3,))
    filing_watch.withdraw_signatures(telecom, reason="换通道", actor="he", now=NOW)
    campaign = plan(version, channel)
    assert filing_watch.watch(now=NOW) == []
    assert again(campaign).state == CampaignState.RUNNING


def test_a_template_must_be_filed_where_the_channel_demands_it() -> None:
    people()
    version, channel = make_template(), demanding(template_filing=True)
    in_force(version, channel)
    campaign = make_campaign(draft(version, channel))
    assert codes(campaign) == ["filing.template_missing"]
    filing_id = templates.add(version.pk, channel.pk, actor="he", now=NOW)
    assert codes(campaign) == ["filing.template_waiting"]
    templates.move(filing_id, Move.SUBMIT, actor="he", now=NOW)
    templates.move(filing_id, Move.CONFIRM, number="SMS_1", actor="he", now=NOW)
    assert codes(campaign) == []


def test_a_template_filing_that_ends_pauses_what_is_being_sent() -> None:
    people()
    version, channel = make_template(), demanding(template_filing=True)
    in_force(version, channel)
    filing_id = templates.add(version.pk, channel.pk, actor="he", now=NOW)
    templates.move(filing_id, Move.CONFIRM, number="SMS_1", actor="he", now=NOW)
    campaign = plan(version, channel)
    filing_watch.move_template(filing_id, Move.WITHDRAW, reason="服务商下架", actor="he", now=NOW)
    assert again(campaign).state == CampaignState.PAUSED


PEAK = [["大促", TODAY.month, TODAY.day, 1]]


def test_bulk_on_a_peak_day_needs_its_number_in_advance() -> None:
    people()
    bulk.save_peaks({"threshold": 2, "peaks": PEAK}, actor="he")
    version, channel = make_template(), demanding(bulk_filing=True)
    in_force(version, channel)
    campaign = approved(draft(version, channel))
    assert codes(campaign) == ["filing.bulk_missing"]
    actions.start(campaign.pk, actor="li")
    assert planning.build_plan(campaign.pk, NOW) is None
    assert again(campaign).fault["code"] == "filing.bulk_missing"


def test_a_number_lets_as_many_go_as_it_says() -> None:
    people()
    bulk.save_peaks({"threshold": 1, "peaks": PEAK}, actor="he")
    version, channel = make_template(), demanding(bulk_filing=True)
    in_force(version, channel)
    campaign = make_campaign(draft(version, channel))
    for at_most, expected in ((2, ["filing.bulk_exceeded"]), (3, [])):
        filing_id = bulk.add(
            BulkDraft(channel_id=channel.pk, first_day=TODAY, last_day=TODAY, at_most=at_most),
            actor="he",
            now=NOW,
        )
        bulk.move(filing_id, Move.CONFIRM, number=f"B-{at_most}", actor="he", now=NOW)
        assert codes(campaign) == expected


def test_few_messages_need_no_number() -> None:
    people()
    bulk.save_peaks({"threshold": 3, "peaks": PEAK}, actor="he")
    version, channel = make_template(), demanding(bulk_filing=True)
    in_force(version, channel)
    assert codes(make_campaign(draft(version, channel))) == []


def test_a_later_peak_day_without_a_number_is_left_out_of_the_plan() -> None:
    people()
    tomorrow = TODAY + timedelta(days=1)
    bulk.save_peaks({"threshold": 1, "peaks": [["大促", tomorrow.month, tomorrow.day, 1]]}, actor="he")
    version, channel = make_template(), demanding(bulk_filing=True)
    in_force(version, channel)
    made = plan(version, channel).plan
    assert made is not None
    days = {start[:10] for start, _ in made.windows}
    assert tomorrow.isoformat() not in days
    assert TODAY.isoformat() in days


def test_codes_and_confirmations_ask_for_the_filing_too() -> None:
    mobile, unicom, _ = (
        make_contacts(1, phone=one, consent=("service",))[0] for one in (MOBILE, UNICOM, TELECOM)
    )
    version = make_template()
    channel = demanding()
    Channel.objects.filter(pk=channel.pk).update(purpose="service")
    channel.refresh_from_db()
    in_force(version, channel, carriers=(1,))
    judged = judge([mobile, unicom], Sender(channel, version.signature), at=NOW, now=NOW)
    assert set(judged.allowed) == {mobile}
    assert judged.refused == {unicom: "signature_not_filed"}
