"""Routes on screen: made, changed, shown with whom nobody covers; a campaign that goes by one."""

from __future__ import annotations

import pytest
from tests.campaigns.factories import make_channel, make_segment, make_template, user
from tests.console.people import signed_in
from tests.factories import make_contact

from xinfeng.campaigns import actions
from xinfeng.campaigns.actions import CampaignDraft
from xinfeng.campaigns.models import Campaign
from xinfeng.channels.models import Route, RouteEntry
from xinfeng.channels.routes import Entry, save_route
from xinfeng.delivery import failover
from xinfeng.lens.engine import close_lens


@pytest.fixture
def developer(db):
    return signed_in("developer")


def test_an_empty_list_says_what_to_do_next(developer):
    html = developer.get("/channels/routes").content.decode()
    assert "还没有路由" in html and "/channels/routes/new" in html


def test_a_route_is_made_in_the_order_that_was_written_and_says_whom_it_does_not_cover(developer):
    first, second, third = make_channel(name="甲"), make_channel(name="乙"), make_channel(name="丙")
    given = {
        "name": "全国",
        "prefer": "order",
        f"place_{second.pk}": "1",
        f"carriers_{second.pk}": ["1", "2"],
        f"place_{first.pk}": "2",
        f"carriers_{first.pk}": ["2"],
        f"place_{third.pk}": "",
        f"carriers_{third.pk}": ["3"],
    }
    answer = developer.post("/channels/routes/new", given)
    route = Route.objects.get()
    assert answer.status_code == 302 and answer["Location"] == f"/channels/routes/{route.pk}"
    kept = RouteEntry.objects.order_by("position").values_list("channel_id", "carriers")
    assert list(kept) == [(second.pk, [1, 2]), (first.pk, [2])]
    html = developer.get(f"/channels/routes/{route.pk}").content.decode()
    assert "没有通道给这些运营商的客户：中国电信、中国广电" in html
    assert "全国" in developer.get("/channels/routes").content.decode()


@pytest.mark.parametrize("place", ["0", "-1", "1.5", "一", "100", "<b>"])
def test_a_place_that_is_none_is_said_and_what_was_written_stays(developer, place):
    channel = make_channel()
    answer = developer.post(
        "/channels/routes/new", {"name": "全国", "prefer": "price", f"place_{channel.pk}": place}
    )
    assert answer.status_code == 422
    assert "顺序要是 1 到 99 的整数" in answer.content.decode() and 'value="全国"' in answer.content.decode()
    assert not Route.objects.exists()


def test_without_a_channel_or_with_a_name_that_is_taken_nothing_is_saved(developer):
    channel = make_channel()
    save_route(name="全国", purpose="marketing", prefer="price", entries=[Entry(channel.pk)], actor="t")
    empty = developer.post("/channels/routes/new", {"name": "别的", "prefer": "price"})
    assert empty.status_code == 422 and "请至少给一个通道写上顺序" in empty.content.decode()
    taken = developer.post(
        "/channels/routes/new", {"name": "全国", "prefer": "price", f"place_{channel.pk}": "1"}
    )
    assert taken.status_code == 422 and "已经有叫“全国”的路由" in taken.content.decode()
    assert Route.objects.count() == 1


def test_a_service_channel_is_not_offered_for_marketing(developer):
    make_channel(name="验证码专线", purpose="service")
    assert "验证码专线" not in developer.get("/channels/routes/new").content.decode()
    assert "验证码专线" in developer.get("/channels/routes/new?purpose=service").content.decode()
    assert developer.get("/channels/routes/new?purpose=nothing").status_code == 400


def test_a_route_in_use_stays(developer):
    channel = make_channel()
    route = save_route(
        name="全国", purpose="marketing", prefer="price", entries=[Entry(channel.pk)], actor="t"
    )
    Campaign.objects.create(name="x", route_id=route)
    answer = developer.post(f"/channels/routes/{route}/remove")
    assert answer.status_code == 409 and Route.objects.exists()
    Campaign.objects.all().delete()
    assert developer.post(f"/channels/routes/{route}/remove").status_code == 302
    assert not Route.objects.exists()


def test_patience_is_set_within_its_bounds(developer):
    assert developer.post("/channels/routes/patience", {"seconds": "90"}).status_code == 302
    assert failover.patience_s() == 90
    for wrong in ("0", "999999", "x", ""):
        assert developer.post("/channels/routes/patience", {"seconds": wrong}).status_code == 400
    assert failover.patience_s() == 90


def test_who_may_only_look_changes_nothing(db):
    channel = make_channel()
    route = save_route(
        name="全国", purpose="marketing", prefer="price", entries=[Entry(channel.pk)], actor="t"
    )
    analyst = signed_in("analyst")
    assert analyst.get("/channels/routes").status_code in (200, 403)
    answer = analyst.post(
        f"/channels/routes/{route}", {"name": "改", "prefer": "price", f"place_{channel.pk}": "1"}
    )
    assert answer.status_code == 403 and Route.objects.get().name == "全国"


def test_a_campaign_chooses_a_route_and_its_check_shows_who_goes_where(committed_db):
    try:
        make_contact(phone="13900000001")
        make_contact(phone="18900000004")
        channel = make_channel(name="移动专线")
        route = save_route(
            name="全国", purpose="marketing", prefer="order", entries=[Entry(channel.pk, (1,))], actor="t"
        )
        operator = signed_in("operator")
        campaign = actions.save_campaign(
            CampaignDraft(
                name="双十二",
                segment_id=make_segment().pk,
                template_version_id=make_template().pk,
                trade="other",
            ),
            actor=user("li").username,
        )
        page = operator.get(f"/campaigns/{campaign.pk}/how").content.decode()
        assert "路由：全国（移动专线）" in page
        answer = operator.post(
            f"/campaigns/{campaign.pk}/how", {"channel": f"route:{route}", "trade": "other", "rate_per_s": ""}
        )
        assert answer.status_code == 302
        kept = Campaign.objects.get(pk=campaign.pk)
        assert (kept.channel_id, kept.route_id) == (None, route)
        html = operator.get(f"/campaigns/{campaign.pk}/check").content.decode()
        assert "路由“全国”" in html and "没有通道能发的客户" in html and "没有可走的通道" in html
        people = operator.get(f"/campaigns/{campaign.pk}/gate?carrier=3&reason=no_route").content.decode()
        assert "189****0004" in people
        assert operator.get(f"/campaigns/{campaign.pk}/gate?carrier=9").status_code == 400
        answer = operator.post(
            f"/campaigns/{campaign.pk}/how", {"channel": str(channel.pk), "trade": "other", "rate_per_s": ""}
        )
        kept = Campaign.objects.get(pk=campaign.pk)
        assert (kept.channel_id, kept.route_id) == (channel.pk, None)
    finally:
        close_lens()
