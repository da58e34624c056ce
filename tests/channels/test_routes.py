"""Routes as people keep them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.campaigns.factories import make_channel

from xinfeng.channels import actions, routes
from xinfeng.channels.models import Channel, ChannelHealth, Route
from xinfeng.channels.routes import Entry
from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.kernel.time import utc_now

pytestmark = pytest.mark.usefixtures("db")


def _save(*entries: Entry, **changes: Any) -> int:
    fields = {"name": "全国", "purpose": "marketing", "prefer": "price", "actor": "li", **changes}
    return routes.save_route(entries=entries, **fields)


def test_a_route_is_kept_changed_and_audited() -> None:
    one, other = make_channel(), make_channel()
    route = _save(Entry(one.pk, (2, 1)), Entry(other.pk))
    assert [entry.carriers for entry in routes.route(route, now=utc_now()).entries] == [(1, 2), ()]
    assert _save(Entry(other.pk, (1,)), route_id=route, name="移动") == route
    row = routes.route(route, now=utc_now())
    assert (row.name, row.uncovered, [entry.channel.pk for entry in row.entries]) == (
        "移动",
        (2, 3, 4),
        [other.pk],
    )
    assert AuditEntry.objects.filter(action="route.save", object_id=str(route)).count() == 2


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"name": " "}, "name"),
        ({"name": "长" * 61}, "name"),
        ({"name": "一\x00二"}, "name"),
        ({"purpose": "spam"}, "purpose"),
        ({"prefer": "luck"}, "prefer"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        _save(Entry(make_channel().pk), **changes)
    assert fault in caught.value.params["faults"]


def test_entries_are_channels_of_the_routes_purpose_each_once() -> None:
    channel, service = make_channel(), make_channel(purpose="service")
    for entries, code in (
        ((), "missing"),
        ((Entry(channel.pk), Entry(channel.pk)), "twice"),
        ((Entry(channel.pk, (0,)),), "carrier"),
        ((Entry(channel.pk, (9,)),), "carrier"),
        ((Entry(channel.pk), Entry(service.pk)), "purpose"),
        (tuple(Entry(number) for number in range(31)), "too_many"),
    ):
        with pytest.raises(InvalidInput) as caught:
            _save(*entries)
        assert caught.value.params["faults"] == {"entries": code}
    with pytest.raises(NotFound, match=r"channel\.unknown"):
        _save(Entry(10**12))
    assert not Route.objects.exists()


def test_purpose_is_kept_by_a_route_and_by_the_channels_in_it() -> None:
    channel = make_channel()
    route = _save(Entry(channel.pk))
    service = make_channel(purpose="service")
    with pytest.raises(Conflict, match=r"route\.purpose_fixed"):
        _save(Entry(service.pk), route_id=route, purpose="service")
    with pytest.raises(Conflict, match=r"channel\.in_route"):
        actions.save_channel(
            channel_id=channel.pk, name=channel.name, kind=channel.kind, purpose="service", config=channel.config,
            secret=None, rate_per_s=1, price_li=1, actor="li",
        )  # fmt: skip
    assert Channel.objects.get(pk=channel.pk).purpose == "marketing"


def test_a_name_is_given_once_and_what_is_unknown_is_said() -> None:
    channel = make_channel()
    _save(Entry(channel.pk))
    with pytest.raises(Conflict, match=r"route\.name_taken"):
        _save(Entry(channel.pk))
    with pytest.raises(NotFound, match=r"route\.unknown"):
        routes.remove_route(10**9, actor="li")


def test_alive_is_what_gateways_saw_lately() -> None:
    now = utc_now()
    good, down, ill, off, stale = (make_channel(enabled=number != 3) for number in range(5))
    ChannelHealth.objects.create(channel=good, observed_at=now, ill_until=now - timedelta(seconds=1))
    ChannelHealth.objects.create(channel=down, observed_at=now, down_since=now)
    ChannelHealth.objects.create(channel=ill, observed_at=now, ill_until=now + timedelta(seconds=9))
    ChannelHealth.objects.create(channel=off, observed_at=now)
    ChannelHealth.objects.create(channel=stale, observed_at=now - timedelta(minutes=1))
    assert routes.alive_channels(now=now) == {good.pk}
