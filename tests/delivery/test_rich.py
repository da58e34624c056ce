"""Plans over 5G platforms, with real commits: the card that was frozen, what is known of it, and what taps do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.vendor_world import MEDIA_ADDRESS, VendorWorld, vendor_and_gateway
from tests.delivery.world import agreed, ask, fates, finished, make_plan, one, wait_until

from xinfeng.channels.models import RICH_KINDS
from xinfeng.channels.simulator import witness
from xinfeng.channels.simulator.vendors.maap import Platform
from xinfeng.contacts.models import EventKind
from xinfeng.delivery import parcels
from xinfeng.delivery.actions import start_plan
from xinfeng.delivery.planning import NewMessage, PlanTerms, close_plan, open_plan
from xinfeng.delivery.reads import message_to
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.vault import Kind, vault
from xinfeng.insights.live import live_numbers
from xinfeng.kernel.ids import ChannelId
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens
from xinfeng.protocols.maap.messages import Card, Media, Reply, RichMessage

pytestmark = pytest.mark.usefixtures("committed_db")

KINDS = sorted(RICH_KINDS)
DIGEST = "ab" * 32
SMS = "【信风】秋季新品到店，拒收请回复R"


def face(title: str = "秋季新品") -> RichMessage:
    picture = Media(f"media:{DIGEST}", "image/jpeg", 120_000)
    buttons = (Reply("预约周六", "xf:book:sat-10"), Reply("退订", "xf:no"))
    return RichMessage((Card(title, "到店有礼", picture, buttons),))


def make_rich_plan(contacts: Sequence[int], channel: int, *, personal: bool = False) -> int:
    now = utc_now()
    terms = PlanTerms(
        purpose="marketing",
        channel_id=ChannelId(channel),
        policy={},
        windows=[(now - timedelta(hours=1), now + timedelta(hours=5))],
        deadline=now + timedelta(hours=5),
        price_li=60,
    )
    bodies = vault().seal_many(Kind.BODY, [SMS] * len(contacts))
    with bulk_transaction() as connection:
        plan = open_plan(connection, terms, at_most=len(contacts), now=now)
        rows = [NewMessage(one, 0, 1, 1, body) for one, body in zip(contacts, bodies, strict=True)]
        cards = parcels.seal([face(f"第{one}位") for one in contacts]) if personal else []
        with parcels.message_copy(connection, plan, personal=personal) as copy:
            copy.write(rows, cards)
        if not personal:
            parcels.store_shared(connection, plan, parcels.seal([face()])[0])
        close_plan(connection, plan)
    start_plan(plan.id, actor="test", now=utc_now())
    return int(plan.id)


def platform(world: VendorWorld) -> Platform:
    assert isinstance(world.vendor, Platform)
    return world.vendor


def number_of(contact_id: int) -> str:
    sealed = one("select phone_sealed from contact where id = %s", contact_id)
    return vault().open(Kind.PHONE, bytes(sealed))


def contents(world: VendorWorld) -> list[dict[str, Any]]:
    return [
        message["card"]["message"]["generalPurposeCard"]["content"]
        for message in platform(world).messages.values()
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_is_sent_once_to_everybody_with_the_picture_where_it_can_be_fetched(
    tmp_path: Path, kind: str
) -> None:
    with vendor_and_gateway(tmp_path, kind, double_receipts=0.3) as world:
        plan = make_rich_plan(agreed(250), world.channel(kind))
        finished(plan)
        assert fates(plan) == {"accepted": 250}
        wait_until("select count(distinct message_id) from receipt_match where stat = 'DELIVRD'", 250)
        assert one("select count(*) from parcel") == 1
        assert {content["title"] for content in contents(world)} == {"秋季新品"}
        [*messages] = platform(world).messages.values()
        assert messages[0]["sms"] == SMS
        urls = {content["media"]["mediaUrl"] for content in contents(world)}
        assert urls == {f"{MEDIA_ADDRESS}/media/{DIGEST}.jpg"}
        assert one("select count(*) from receipt where stat = 'DELIVRD'") == 250
    totals = witness.totals(tmp_path / "vendor.log")
    assert (totals.messages, totals.numbers, totals.duplicates) == (250, 250, 0)


def test_a_personal_card_is_each_readers_own(tmp_path: Path) -> None:
    with vendor_and_gateway(tmp_path, "maap_csp") as world:
        contacts = agreed(30)
        plan = make_rich_plan(contacts, world.channel("maap_csp"), personal=True)
        finished(plan)
        assert fates(plan) == {"accepted": 30}
        assert one("select count(*) from parcel where first_id = last_id") == 30
    delivered = witness.deliveries_by_number(tmp_path / "vendor.log")
    assert {number: list(texts) for number, texts in delivered.items()} == {
        number_of(contact): [f"第{contact}位\n到店有礼"] for contact in contacts
    }


def test_a_card_that_is_missing_or_cannot_be_opened_sends_nothing_in_its_place(tmp_path: Path) -> None:
    with vendor_and_gateway(tmp_path, "maap_csp") as world:
        channel = world.channel("maap_csp", media_address="")
        plan = make_rich_plan(agreed(3), channel)
        finished(plan)
        assert fates(plan) == {"withheld:unreadable": 3}
        assert not platform(world).messages


def test_a_text_of_our_own_goes_as_the_words_of_a_card(tmp_path: Path) -> None:
    with vendor_and_gateway(tmp_path, "maap_mobile") as world:
        plan = make_plan(agreed(2), world.channel("maap_mobile"), text=lambda _: SMS)
        finished(plan)
        assert fates(plan) == {"accepted": 2}
        assert contents(world)[0] == {"description": SMS}


@pytest.mark.parametrize("kind", KINDS)
def test_displayed_is_delivered_and_read_and_a_fallback_claims_nothing(tmp_path: Path, kind: str) -> None:
    receipts = {"DISPLAYED": 0.5, "DELIVRD": 0.2, "FALLBACK": 0.2, "4": 0.1}
    with vendor_and_gateway(tmp_path, kind, receipts=receipts) as world:
        plan = make_rich_plan(agreed(200), world.channel(kind))
        finished(plan)
        wait_until("select count(distinct message_id) from receipt_match where stat <> 'ACCEPTD'", 200)
        wait_until("select count(distinct message_id) from receipt_match where stat = 'ACCEPTD'", 200)
        try:
            numbers = live_numbers(plan, now=utc_now())
        finally:
            close_lens()
        told = dict(ask("select stat, count(*) from receipt group by stat"))
        assert numbers.displayed == told["DISPLAYED"] > 0
        assert numbers.delivered == numbers.displayed_of == told["DELIVRD"] > numbers.displayed
        assert numbers.fell_back == numbers.accepted == told["FALLBACK"] > 0
        assert numbers.failed == told["MAAP:4"] > 0
        assert numbers.displayed_share == numbers.displayed / numbers.delivered
        fell = one("select message_id from receipt_match where stat = 'FALLBACK' limit 1")
        history = message_to(one("select contact_id from message where id = %s", fell), plan)
        assert history is not None and (history.state, history.code) == ("accepted", "FALLBACK")


@pytest.mark.parametrize("kind", KINDS)
def test_a_tapped_slot_is_booked_once_and_the_inbox_shows_the_label(tmp_path: Path, kind: str) -> None:
    with vendor_and_gateway(tmp_path, kind) as world:
        [contact] = agreed(1)
        plan = make_rich_plan([contact], world.channel(kind))
        finished(plan)
        for _ in range(2):
            world.reply(number_of(contact), "tap:预约周六")
        wait_until("select count(*) from reply", 2)
        [(item, properties)] = ask(
            "select item, properties from event where kind = %s", EventKind.BOOKING.value
        )
        assert (item, properties["label"], properties["plan"]) == ("sat-10", "预约周六", plan)
        [(body, meaning)] = ask("select body_sealed, meaning from reply order by id limit 1")
        assert (vault().open(Kind.REPLY, bytes(body)), meaning) == ("预约周六", "other")


@pytest.mark.parametrize(
    ("kind", "said"), [("maap_csp", "tap:退订"), ("maap_mobile", "tap:退订"), ("maap_csp", "TD")]
)
def test_a_no_tapped_or_typed_binds(tmp_path: Path, kind: str, said: str) -> None:
    with vendor_and_gateway(tmp_path, kind) as world:
        channel = world.channel(kind)
        [contact] = agreed(1)
        finished(make_rich_plan([contact], channel))
        world.reply(number_of(contact), said)
        wait_until("select count(*) from suppression where lifted_at is null", 1)
        second = make_rich_plan([contact], channel)
        finished(second)
        assert fates(second) == {"withheld:opted_out": 1}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_accepted_and_never_answered_is_uncertain_until_its_receipt(
    tmp_path: Path, kind: str
) -> None:
    with vendor_and_gateway(tmp_path, kind, broken=1.0, receipt_delay_ms=3_000) as world:
        contacts = agreed(2)
        plan = make_rich_plan(contacts, world.channel(kind))
        finished(plan)
        assert fates(plan) == {"uncertain": 2}
        wait_until("select count(distinct message_id) from receipt_match where stat = 'DELIVRD'", 2)
    totals = witness.totals(tmp_path / "vendor.log")
    assert (totals.messages, totals.duplicates) == (2, 0)


def test_a_token_that_runs_out_costs_no_message(tmp_path: Path) -> None:
    with vendor_and_gateway(tmp_path, "maap_csp") as world:
        channel = world.channel("maap_csp")
        first = make_rich_plan(agreed(20), channel)
        finished(first)
        platform(world).tokens.clear()
        second = make_rich_plan(agreed(150), channel)
        finished(second)
        assert fates(second) == {"accepted": 150}
        assert one("select count(*) from attempt where outcome = 3 and code = '42001'") > 0
    totals = witness.totals(tmp_path / "vendor.log")
    assert (totals.messages, totals.duplicates) == (170, 0)
