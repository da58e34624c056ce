"""5G channels in a rehearsal: cards with all that is on them, faults, and texts where a platform dies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.campaigns.factories import make_campaign, make_channel, make_draft, make_template
from tests.campaigns.rehearsal.test_running import CMPP, honeypot, people, rehearse, routed

from xinfeng.campaigns.models import Rehearsal
from xinfeng.campaigns.rehearsal import casting
from xinfeng.campaigns.rehearsal.witnessing import as_a_card
from xinfeng.channels.maap import CspConfig
from xinfeng.channels.models import RICH_KINDS, Channel
from xinfeng.channels.simulator.vendors import maap
from xinfeng.content.rich import to_json
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens
from xinfeng.policy.reasons import TEXT_BLOCKED
from xinfeng.protocols.maap.messages import Card, Media, OpenUrl, Reply, RichMessage

KINDS = sorted(RICH_KINDS)


@pytest.fixture(autouse=True)
def _own_lens(committed_db: str) -> Iterator[None]:
    yield
    close_lens()


def face(title: str = "秋季新品") -> dict[str, Any]:
    picture = Media(f"media:{'ab' * 32}", "image/png", 9_000)
    buttons = (Reply("预约周六", "xf:book:sat"), OpenUrl("去看看", "https://shop.example.com/7"))
    return to_json(
        RichMessage(
            (Card(title, "到店有礼", picture, buttons), Card("第二张 ]]> --next &amp;")), (Reply("退订", ""),)
        )
    )


def platform(kind: str = "maap_csp", **changes: Any) -> Channel:
    config = {
        "host": "maap.example.com",
        "account": "app",
        "chatbot": "sip:106500@botplatform.rcs.cn",
        "media_address": "https://m.example.com",
    }
    return make_channel(kind=kind, config={**config, **changes.pop("config", {})}, price_li=120, **changes)


@pytest.mark.parametrize("kind", KINDS)
def test_every_card_arrives_as_it_was_made_with_pictures_buttons_and_the_sms_behind_it(kind: str) -> None:
    people(130)
    for title in ("秋季新品", "{{ contact.name }}，您好"):
        version = make_template("{{ contact.name }}您好", rich=face(title))
        draft = make_draft(channel_id=platform(kind).pk, template_version_id=version.pk)
        found = rehearse(make_campaign(draft))
        [one] = found.channels
        assert (one.texts, one.parts, one.accepted, one.equal) == (130, 130, 130, 130)
        assert found.settled and found.sound and one.logins >= 1
    kept = str(Rehearsal.objects.values())
    assert "您好" not in kept and "秋季" not in kept


@pytest.mark.parametrize("kind", KINDS)
def test_the_real_platform_is_never_called_nor_its_key_opened(kind: str) -> None:
    people(3)
    with honeypot() as (port, visitors):
        there = {"host": "127.0.0.1", "port": port, "plain_http": True}
        channel = platform(kind, config=there, secret_sealed=b"cannot be opened")
        version = make_template(rich=face())
        found = rehearse(make_campaign(make_draft(channel_id=channel.pk, template_version_id=version.pk)))
        assert found.channels[0].equal == 3 and not visitors


def test_when_a_platform_dies_the_rest_gets_the_text_over_the_next_channel() -> None:
    people(60)
    first, second = platform(rate_per_s=20), make_channel(**CMPP, rate_per_s=60)
    version = make_template("{{ contact.name }}您好", rich=face("{{ contact.name }}，您好"))
    route = routed(first, second)
    draft = make_draft(channel_id=None, route_id=route, template_version_id=version.pk)
    found = rehearse(make_campaign(draft), fault="outage")
    cards, texts = found.channels
    assert cards.moved_out == texts.moved_in > 0 and found.sound
    assert cards.arrived == cards.equal > 0 and texts.equal == texts.texts
    assert cards.accepted + cards.uncertain + texts.accepted == 60


@pytest.mark.parametrize("kind", KINDS)
def test_faults_of_a_platform_lose_and_double_nothing(kind: str) -> None:
    people(60)
    version = make_template(rich=face("{{ contact.name }}，您好"))
    draft = make_draft(channel_id=platform(kind, rate_per_s=40).pk, template_version_id=version.pk)
    campaign = make_campaign(draft)
    [flow] = rehearse(campaign, fault="flow").channels
    assert flow.throttled > 0 and flow.accepted == flow.equal == 60
    cut = rehearse(campaign, fault="cut")
    [one] = cut.channels
    assert one.uncertain > 0 and one.accepted + one.uncertain == 60 and cut.sound and not cut.settled
    partial = rehearse(campaign, fault="partial")
    [one] = partial.channels
    assert one.accepted + one.refused_parts == 60 and partial.sound


def test_a_card_that_may_not_be_sent_leaves_its_reader_out_as_the_plan_would() -> None:
    people(3)
    bad = people(1, prefix="138")
    from xinfeng.contacts.models import Contact
    from xinfeng.foundation.vault import Kind, vault

    Contact.objects.filter(pk=bad[0]).update(name_sealed=vault().seal(Kind.NAME, "加微信abc12345领钱"))
    version = make_template("您好", rich=face("{{ contact.name }}，您好"))
    draft = make_draft(channel_id=platform().pk, template_version_id=version.pk)
    found = rehearse(make_campaign(draft))
    assert found.reasons == {TEXT_BLOCKED: 1} and found.unwritten[0].contact_id == bad[0]
    assert found.channels[0].equal == 3


def test_a_campaign_over_sms_only_is_rehearsed_without_its_cards() -> None:
    people(2)
    version = make_template(rich=face())
    campaign = make_campaign(make_draft(channel_id=make_channel(**CMPP).pk, template_version_id=version.pk))
    found = casting.cast(campaign, most=10, now=utc_now())
    assert [role.card for role in found.roles] == [None, None]
    assert rehearse(campaign).channels[0].equal == 2


def test_the_testimony_tells_a_card_from_one_with_another_button_or_sms() -> None:
    config = CspConfig(host="h", account="a", chatbot="sip:1@b.cn")
    [item] = config.write("15400000001", "退订回R", reference=1)
    said = as_a_card("退订回R", [item])
    card, chips, sms = json.loads(said)
    assert maap.testimony(card, chips, sms) == said
    assert maap.testimony(card, chips, "别的") != said != maap.testimony(card, {"suggestions": []}, sms)
