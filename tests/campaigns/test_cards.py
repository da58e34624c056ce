"""Campaigns over 5G channels: the card that is missing is said before anything starts, and frozen when it is there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from tests.campaigns.factories import NOON, again, approved, make_channel, make_draft, make_template, planned
from tests.factories import make_contact

from xinfeng.campaigns import actions, planning
from xinfeng.campaigns.preflight import contacts_refused_by, preflight
from xinfeng.channels.models import Channel, Route, RouteEntry
from xinfeng.content.models import TemplateVersion
from xinfeng.content.rich import to_json
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import Conflict
from xinfeng.lens.engine import close_lens
from xinfeng.policy.reasons import TEXT_BLOCKED
from xinfeng.protocols.maap.messages import Card, Media, Reply, RichMessage
from xinfeng.protocols.maap.parcel import Parcel

BEFORE = NOON - timedelta(days=40)
LONG = "周末到店满三百减一百，会员再享九折，" * 6


@pytest.fixture(autouse=True)
def _own_lens(committed_db: str) -> Iterator[None]:
    yield
    close_lens()


def face(title: str = "秋季新品", *, media: Media | None = None) -> dict[str, Any]:
    return to_json(RichMessage((Card(title, "到店有礼", media, (Reply("预约周六", "xf:book:sat"),)),)))


def channel(**changes: Any) -> Channel:
    config = {"host": "maap.example.com", "account": "app", "chatbot": "sip:106500@botplatform.rcs.cn"}
    return make_channel(
        kind="maap_csp", config={**config, **changes.pop("config", {})}, price_li=120, **changes
    )


def draft(version: TemplateVersion, **changes: Any) -> Any:
    if "route_id" not in changes:
        changes.setdefault("channel_id", channel().pk)
    else:
        changes["channel_id"] = None
    return make_draft(template_version_id=version.pk, **changes)


def cards(plan_id: int | None) -> list[tuple[int, int, Parcel]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select first_id, last_id, body_sealed from parcel where plan_id = %s order by 1", (plan_id,)
        )
        return [
            (first, last, Parcel.unpack(vault().open(Kind.BODY, bytes(body)).encode()))
            for first, last, body in cursor.fetchall()
        ]


def messages(plan_id: int | None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, contact_id, parts, cost_li from message where plan_id = %s order by id", (plan_id,)
        )
        return list(cursor.fetchall())


def title(card: Parcel) -> str:
    return str(card.message["message"]["generalPurposeCard"]["content"]["title"])


def test_a_text_without_a_card_stops_before_it_starts_and_says_what_to_do() -> None:
    make_contact(at=BEFORE)
    campaign = approved(draft(make_template()))
    found = preflight(campaign, NOON)
    assert not found.can_start
    [said] = [one for one in found.cautions if one.code == "acceptance.no_card"]
    assert "还没有 5G 卡片" in said.words("zh", zone=ZoneInfo("Asia/Shanghai"))
    assert "no card yet" in said.words("en", zone=ZoneInfo("Asia/Shanghai"))
    with pytest.raises(Conflict, match=r"acceptance\.no_card"):
        actions.start(campaign.pk, actor="li")


def test_pictures_need_an_address_from_which_they_can_be_fetched() -> None:
    make_contact(at=BEFORE)
    version = make_template(rich=face(media=Media(f"media:{'ab' * 32}", "image/png", 9_000)))
    without = preflight(approved(draft(version)), NOON)
    assert "acceptance.media_address" in {one.code for one in without.cautions if one.stops}
    reached = channel(config={"media_address": "https://m.example.com"})
    found = preflight(approved(draft(version, channel_id=reached.pk)), NOON)
    assert not {one.code for one in found.cautions} & {"acceptance.media_address", "acceptance.no_card"}


def test_one_card_for_all_is_frozen_once_and_a_message_is_one_unit() -> None:
    contacts = [make_contact(at=BEFORE, name="王小明") for _ in range(3)]
    version = make_template(value=LONG, rich=face())
    campaign = approved(draft(version))
    foretold = preflight(campaign, NOON)
    assert (foretold.cost.parts, foretold.cost.cost_li) == (3, 360)
    actions.start(campaign.pk, actor="li")
    planning.build_plan(campaign.pk, NOON)
    campaign = again(campaign)
    found = messages(campaign.plan_id)
    assert [row[1:] for row in found] == [(contact, 1, 120) for contact in sorted(contacts)]
    [(first, last, card)] = cards(campaign.plan_id)
    assert (first, last) == (found[0][0], found[-1][0])
    assert (title(card), card.sms) == ("秋季新品", "")


def test_a_card_with_the_readers_name_is_frozen_for_each() -> None:
    contacts = {make_contact(at=BEFORE, name=name): name for name in ("王小明", "李雷")}
    nameless = make_contact(at=BEFORE)
    campaign = planned(draft(make_template(value="满200减50", rich=face("{{ contact.name }}，您好"))))
    found = {row[0]: row[1] for row in messages(campaign.plan_id)}
    assert {found[first]: title(card) for first, _, card in cards(campaign.plan_id)} == {
        **{contact: f"{name}，您好" for contact, name in contacts.items()},
        nameless: "顾客，您好",
    }
    assert all(first == last for first, last, _ in cards(campaign.plan_id))


def test_what_a_name_brings_into_a_card_is_screened_like_a_text() -> None:
    fine, linked = make_contact(at=BEFORE, name="王小明"), make_contact(at=BEFORE, name="看www.evil.com")
    campaign = approved(draft(make_template(value="满200减50", rich=face("{{ contact.name }}，您好"))))
    foreseen = preflight(campaign, NOON)
    assert {one.reason: one.contacts for one in foreseen.left_out} == {TEXT_BLOCKED: 1}
    assert contacts_refused_by(campaign, TEXT_BLOCKED, now=NOON) == [linked]
    actions.start(campaign.pk, actor="li")
    planning.build_plan(campaign.pk, NOON)
    plan_id = again(campaign).plan_id
    assert [row[1] for row in messages(plan_id)] == [fine]
    assert [title(card) for _, _, card in cards(plan_id)] == ["王小明，您好"]


def test_a_text_with_a_card_over_an_sms_channel_keeps_none() -> None:
    make_contact(at=BEFORE)
    campaign = planned(draft(make_template(rich=face()), channel_id=make_channel().pk))
    assert len(messages(campaign.plan_id)) == 1
    assert cards(campaign.plan_id) == []


def test_on_a_route_a_5g_channel_carries_cards_and_an_sms_channel_stands_behind_it() -> None:
    make_contact(at=BEFORE)
    route = Route.objects.create(name="混合", purpose="marketing", prefer="order")
    rich, plain = channel(), make_channel()
    for position, one in enumerate((rich, plain)):
        RouteEntry.objects.create(route=route, channel=one, position=position)
    with_card = planned(draft(make_template(value=LONG, rich=face()), route_id=route.pk))
    assert len(cards(with_card.plan_id)) == 1
    [(_, _, parts, _)] = messages(with_card.plan_id)
    assert parts > 1  # the SMS behind it may go instead
    with connection.cursor() as cursor:
        cursor.execute("select lane from chunk where plan_id = %s", (with_card.plan_id,))
        assert cursor.fetchall() == [([rich.pk, plain.pk],)]


def test_on_a_route_a_text_without_a_card_leaves_the_5g_channel_out() -> None:
    make_contact(at=BEFORE)
    route = Route.objects.create(name="混合", purpose="marketing", prefer="order")
    rich, plain = channel(), make_channel()
    for position, one in enumerate((rich, plain)):
        RouteEntry.objects.create(route=route, channel=one, position=position)
    campaign = planned(draft(make_template(), route_id=route.pk))
    with connection.cursor() as cursor:
        cursor.execute("select channel_id, lane from chunk where plan_id = %s", (again(campaign).plan_id,))
        assert cursor.fetchall() == [(plain.pk, [])]
