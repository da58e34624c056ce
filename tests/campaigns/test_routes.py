"""A campaign that goes by a route: who leaves over which channel, whom none can carry, and what was approved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests.campaigns.factories import NOON, approved, make_campaign, make_channel, make_draft, planned, user
from tests.factories import make_contact

from xinfeng.campaigns import actions, approval, filing, filing_watch, load
from xinfeng.campaigns.explain import explain
from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.campaigns.preflight import contacts_refused_by, preflight
from xinfeng.channels import routes
from xinfeng.channels.models import Channel, RouteEntry
from xinfeng.channels.routes import Entry
from xinfeng.channels.routing import Obstacle
from xinfeng.content.models import Signature
from xinfeng.delivery.models import Chunk, ChunkMove, LeftOut, Message, Plan, PlanChannel
from xinfeng.filings.models import FilingState, SignatureFiling
from xinfeng.hygiene.actions import mark_ported
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.phones import Carrier
from xinfeng.lens.engine import close_lens, lens


@pytest.fixture(autouse=True)
def _own_lens(committed_db: str) -> Iterator[None]:
    yield
    close_lens()


MOBILE, UNICOM, TELECOM = int(Carrier.MOBILE), int(Carrier.UNICOM), int(Carrier.TELECOM)


def _route(*entries: tuple[Channel, tuple[int, ...]], prefer: str = "order", name: str = "全国") -> int:
    return routes.save_route(
        name=name,
        purpose="marketing",
        prefer=prefer,
        entries=[Entry(channel.pk, carriers) for channel, carriers in entries],
        actor="li",
    )


def _draft(route_id: int, **changes: Any) -> Any:
    return make_draft(channel_id=None, route_id=route_id, **changes)


def _people() -> dict[str, int]:
    return {
        "mobile": make_contact(phone="13900000001"),
        "mobile_too": make_contact(phone="13800000002"),
        "unicom": make_contact(phone="13000000003"),
        "telecom": make_contact(phone="18900000004"),
        "unknown": make_contact(phone="15400000005"),
    }


def _channels_of(plan: Plan) -> dict[int, int]:
    """The first choice by contact."""
    found = {}
    for chunk in Chunk.objects.filter(plan=plan):
        for message in Message.objects.filter(id__range=(chunk.first_id, chunk.last_id)):
            found[message.contact_id] = chunk.channel_id
    return found


def test_everybody_leaves_over_the_channel_of_her_carrier_and_the_others_are_left_out_with_the_reason() -> (
    None
):
    people = _people()
    mobile, unicom = make_channel(price_li=40), make_channel(price_li=50)
    both = make_channel(price_li=60)
    route = _route((mobile, (MOBILE,)), (unicom, (UNICOM,)), (both, (MOBILE, UNICOM)))
    campaign = planned(_draft(route))
    assert campaign.state == CampaignState.RUNNING, campaign.fault
    plan = campaign.plan
    assert plan is not None
    assert _channels_of(plan) == {
        people["mobile"]: mobile.pk,
        people["mobile_too"]: mobile.pk,
        people["unicom"]: unicom.pk,
    }
    assert {tuple(chunk.lane) for chunk in Chunk.objects.all()} == {
        (mobile.pk, both.pk),
        (unicom.pk, both.pk),
    }
    left = dict(LeftOut.objects.values_list("contact_id", "reason"))
    assert left == {people["telecom"]: "no_route", people["unknown"]: "no_route"}
    assert (plan.route_id, plan.channel_id) == (route, mobile.pk)
    costs = dict(Message.objects.values_list("contact_id", "cost_li"))
    assert costs[people["unicom"]] == 50 * Message.objects.get(contact_id=people["unicom"]).parts
    noted = {one.channel_id: (one.price_li, one.messages) for one in PlanChannel.objects.all()}
    assert noted == {mobile.pk: (40, 2), unicom.pk: (50, 1), both.pk: (60, 0)}


def test_a_ported_number_goes_by_the_carrier_that_serves_it_now() -> None:
    contact = make_contact(phone="13900000001")
    mobile, unicom = make_channel(), make_channel()
    mark_ported(contact, UNICOM, actor="li", now=NOON - timedelta(days=1))
    campaign = planned(_draft(_route((mobile, (MOBILE,)), (unicom, (UNICOM,)))))
    assert campaign.plan is not None
    assert _channels_of(campaign.plan) == {contact: unicom.pk}


def test_price_decides_among_equals_and_a_line_that_is_down_goes_last() -> None:
    contact = make_contact(phone="13900000001")
    dear, cheap = make_channel(price_li=90), make_channel(price_li=30)
    campaign = planned(_draft(_route((dear, ()), (cheap, ()), prefer="price")))
    assert campaign.plan is not None
    assert _channels_of(campaign.plan) == {contact: cheap.pk}
    assert Chunk.objects.get().lane == [cheap.pk, dear.pk]


def test_a_route_that_prefers_reading_chooses_the_channel_that_tells_of_it() -> None:
    contact = make_contact(phone="13900000001")
    cheap = make_channel(price_li=30)
    telling = make_channel(
        price_li=90,
        capabilities={"signature_filing": False, "bulk_filing": False, "displayed_receipts": True},
    )
    campaign = planned(_draft(_route((cheap, ()), (telling, ()), prefer="read")))
    assert campaign.plan is not None
    assert _channels_of(campaign.plan) == {contact: telling.pk}
    assert "能回已读的优先" in _told(campaign, contact)


def test_the_preflight_says_which_channel_carries_how_many_at_what_cost_and_whom_none_can() -> None:
    people = _people()
    mobile, rest = make_channel(price_li=40, name="移动专线"), make_channel(price_li=50, name="联通专线")
    Channel.objects.filter(pk=rest.pk).update(enabled=True)
    campaign = make_campaign(_draft(_route((mobile, (MOBILE,)), (rest, (UNICOM,)))))
    found = preflight(campaign, NOON)
    assert found.table is not None
    first, second = found.table.channels
    assert (first.name, first.contacts, first.cost_li) == ("移动专线", 2, first.parts * 40)
    assert (second.name, second.contacts, second.cost_li) == ("联通专线", 1, second.parts * 50)
    assert found.cost.cost_li == first.cost_li + second.cost_li
    assert found.reachable == 3
    assert first.cells[UNICOM].obstacle is Obstacle.OTHER_CARRIER
    left = {(one.carrier, one.reason): one.contacts for one in found.table.left}
    assert left == {(0, "no_route"): 1, (TELECOM, "no_route"): 1}
    assert contacts_refused_by(campaign, "no_route", now=NOON, carrier=TELECOM) == [people["telecom"]]
    assert contacts_refused_by(campaign, "", now=NOON, carrier=UNICOM) == [people["unicom"]]
    told = explain(campaign.pk, contact_id=people["telecom"], now=NOON)
    assert told.reason == "no_route"


def _file(signature: Signature, channel: Channel, *carriers: int) -> None:
    for carrier in carriers:
        SignatureFiling.objects.create(
            signature=signature,
            channel=channel,
            carrier=carrier,
            state=FilingState.IN_FORCE,
            number=f"N{carrier}",
        )


def test_a_signature_goes_over_the_channel_where_it_is_filed() -> None:
    people = _people()
    strict, other = make_channel(capabilities={}), make_channel(capabilities={})
    campaign = make_campaign(_draft(_route((strict, ()), (other, ()))))
    assert campaign.template_version is not None
    signature = campaign.template_version.signature
    _file(signature, strict, MOBILE)
    _file(signature, other, MOBILE, UNICOM)
    found = preflight(campaign, NOON)
    assert found.table is not None
    assert [one.contacts for one in found.table.channels] == [2, 1]
    left = {(one.carrier, one.reason): one.contacts for one in found.table.left}
    assert left == {(0, "signature_not_filed"): 1, (TELECOM, "signature_not_filed"): 1}
    assert people["telecom"] in contacts_refused_by(campaign, "signature_not_filed", now=NOON)


def test_a_route_nobody_can_go_by_stops_the_campaign() -> None:
    make_contact(phone="13900000001")
    channel = make_channel(enabled=False)
    campaign = planned(_draft(_route((channel, ()))))
    assert campaign.state == CampaignState.FAILED
    assert campaign.fault is not None
    assert campaign.fault["code"] == "route.carries_nobody"


def test_a_text_a_channel_does_not_take_goes_by_another() -> None:
    contact = make_contact(phone="13900000001")
    short = make_channel(
        capabilities={"signature_filing": False, "bulk_filing": False, "most_characters": 10}
    )
    other = make_channel()
    campaign = make_campaign(_draft(_route((short, ()), (other, ()))))
    found = preflight(campaign, NOON)
    assert found.can_start
    assert found.table is not None
    assert found.table.channels[0].cells[MOBILE].obstacle is Obstacle.TEXT
    assert [fault.code for fault in found.table.channels[0].faults] == ["acceptance.too_long"]
    assert contacts_refused_by(campaign, "", now=NOON) == [contact]


def test_a_filing_that_ends_moves_what_waits_to_a_channel_where_it_stands() -> None:
    make_contact(phone="13900000001")
    strict, free = make_channel(capabilities={}), make_channel()
    draft = _draft(_route((strict, ()), (free, ())))
    campaign = make_campaign(draft)
    assert campaign.template_version is not None
    _file(campaign.template_version.signature, strict, MOBILE)
    user("wang", "reviewer")
    actions.submit(campaign.pk, actor="li")
    actions.approve(campaign.pk, actor="wang", now=NOON)
    actions.start(campaign.pk, actor="li")
    from xinfeng.campaigns import planning

    planning.build_plan(campaign.pk, NOON)
    assert Chunk.objects.get().channel_id == strict.pk
    SignatureFiling.objects.update(state=FilingState.WITHDRAWN)
    assert filing_watch.watch(now=NOON) == []
    moved = Chunk.objects.get()
    assert (moved.channel_id, moved.lane) == (free.pk, [free.pk])
    assert filing.lapsed(Campaign.objects.get(pk=campaign.pk), now=NOON) == []


def test_where_no_other_channel_can_carry_it_a_filing_that_ends_holds_the_campaign() -> None:
    make_contact(phone="13900000001")
    strict = make_channel(capabilities={})
    campaign = make_campaign(_draft(_route((strict, ()))))
    assert campaign.template_version is not None
    _file(campaign.template_version.signature, strict, MOBILE)
    user("wang", "reviewer")
    actions.submit(campaign.pk, actor="li")
    actions.approve(campaign.pk, actor="wang", now=NOON)
    actions.start(campaign.pk, actor="li")
    from xinfeng.campaigns import planning

    planning.build_plan(campaign.pk, NOON)
    SignatureFiling.objects.update(state=FilingState.WITHDRAWN)
    assert filing_watch.watch(now=NOON) == [campaign.pk]


def test_what_was_approved_is_the_route_as_it_was() -> None:
    make_contact(phone="13900000001")
    one, other = make_channel(), make_channel()
    route = _route((one, ()))
    campaign = approved(_draft(route))
    assert approval.holds(Campaign.objects.get(pk=campaign.pk))
    routes.save_route(
        route_id=route, name="全国", purpose="marketing", prefer="order",
        entries=[Entry(one.pk, ()), Entry(other.pk, ())], actor="li",
    )  # fmt: skip
    assert not approval.holds(Campaign.objects.get(pk=campaign.pk))


def test_a_campaign_has_a_channel_or_a_route_never_both() -> None:
    channel = make_channel()
    route = _route((channel, ()))
    with pytest.raises(InvalidInput, match=r"campaign\.channel_or_route"):
        make_campaign(make_draft(channel_id=channel.pk, route_id=route))
    with pytest.raises(NotFound, match=r"route\.unknown"):
        make_campaign(_draft(route + 1000))
    campaign = make_campaign(_draft(route))
    with pytest.raises(IntegrityError), transaction.atomic():
        Campaign.objects.filter(pk=campaign.pk).update(channel=channel)


def test_a_route_of_another_purpose_does_not_fit() -> None:
    service = make_channel(purpose="service")
    route = routes.save_route(
        name="服务", purpose="service", prefer="price", entries=[Entry(service.pk)], actor="li"
    )
    with pytest.raises(InvalidInput, match=r"campaign\.purpose_mismatch"):
        make_campaign(_draft(route))


def test_hours_of_each_channel_are_part_of_the_outlook() -> None:
    make_contact(phone="13900000001")
    night = make_channel(opens=time(18), closes=time(19))
    campaign = make_campaign(_draft(_route((night, ()))))
    found = preflight(campaign, NOON)
    assert found.forecast.starts_at is not None
    assert found.forecast.starts_at.hour == 10  # 18:00 in Shanghai
    assert not found.forecast.open_now


def test_entries_are_kept_in_their_order() -> None:
    one, other = make_channel(), make_channel()
    route = _route((other, ()), (one, (MOBILE,)))
    assert list(
        RouteEntry.objects.filter(route=route).order_by("position").values_list("channel_id", flat=True)
    ) == [
        other.pk,
        one.pk,
    ]


def _told(campaign: Campaign, contact: int, language: str = "zh") -> str:
    return "\n".join(explain(campaign.pk, contact_id=contact, now=NOON).words(language))


def test_explain_names_the_lane_and_what_stood_in_the_way_of_every_other_channel() -> None:
    people = _people()
    mobile, off = make_channel(name="移动专线"), make_channel(name="停用的", enabled=False)
    short = make_channel(
        name="短的", capabilities={"signature_filing": False, "bulk_filing": False, "most_characters": 10}
    )
    spare = make_channel(name="备用的")
    route = _route((mobile, (MOBILE,)), (off, ()), (short, ()), (spare, (MOBILE,)))
    draft = make_campaign(_draft(route))
    foreseen = _told(draft, people["telecom"])
    assert "路由“全国”里没有通道能发给中国电信的客户" in foreseen
    assert "客户在中国电信" in foreseen
    assert "“移动专线”在路由里只发给别家运营商的客户" in foreseen
    planned_ = planned(_draft(route))
    told = _told(planned_, people["mobile"])
    assert "号码在中国移动：移动专线；它断了依次走 备用的。" in told
    assert "“停用的”那时停用着。" in told
    assert "“短的”不收这条文字：全文：" in told
    assert "最多 10" in told
    left = _told(planned_, people["unknown"], "en")
    assert "No channel of route “全国” can carry readers of an unknown carrier" in left
    assert "“备用的” is in the route for readers of other carriers only" in left
    Channel.objects.filter(pk=short.pk).update(name="改了名", capabilities={"signature_filing": False})
    assert _told(planned_, people["mobile"]) == told  # from what was kept, not from what is so now


def test_explain_says_that_a_message_moved_on_and_why() -> None:
    contact = make_contact(phone="13900000001")
    first, second = make_channel(name="甲"), make_channel(name="乙")
    campaign = planned(_draft(_route((first, ()), (second, ()))))
    assert campaign.plan_id is not None
    chunk = Chunk.objects.get(plan_id=campaign.plan_id)
    ChunkMove.objects.create(
        plan_id=campaign.plan_id, chunk_id=chunk.pk, from_channel_id=first.pk, to_channel_id=second.pk,
        messages=1, reason="carrier_refuses:9", at=NOON,
    )  # fmt: skip
    Chunk.objects.update(channel_id=second.pk)
    told = _told(campaign, contact)
    assert "改走：甲 → 乙，因为运营商一直拒绝（结果 9）。" in told
    assert "号码在中国移动：甲；它断了依次走 乙。" in told


def test_the_load_ahead_follows_every_channel_that_something_waits_for() -> None:
    """At noon eight hours are left: at one part a second that is 28,800 a channel, and 3,600 until 13:00."""
    make_contact(phone="13900000001")
    one, other, early = (
        make_channel(rate_per_s=1),
        make_channel(rate_per_s=1),
        make_channel(rate_per_s=1, opens=time(9), closes=time(13)),
    )
    campaign = planned(_draft(_route((one, ()), (other, ()), (early, ()))))
    plan = campaign.plan
    assert plan is not None
    assert plan.planned_at is not None
    Plan.objects.update(messages=60_000, parts=60_000)
    Chunk.objects.all().delete()
    for place, channel in enumerate((one, other, early)):
        Chunk.objects.create(
            plan=plan, channel_id=channel.pk, first_id=1 + 20_000 * place, last_id=20_000 * (place + 1),
            planned_at=plan.planned_at, lane=[one.pk, other.pk, early.pk],
        )  # fmt: skip
    copy = lens()
    copy.refresh()
    days = {found.day: found.planned for found in load.load_ahead(copy, now=NOON)}
    assert days[NOON.date()] == 20_000 + 20_000 + 3_600
    Plan.objects.update(rate_per_s=2)  # shared by all of its channels
    days = {found.day: found.planned for found in load.load_ahead(copy, now=NOON)}
    assert days[NOON.date()] == 2 * 19_200 + 2_400
