"""What leaves is byte for byte what was approved, given the data: from the approval to the simulated carrier's log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.campaigns.factories import again, make_campaign, make_draft, make_template, user
from tests.delivery.world import carrier_and_gateway, finished, make_channel
from tests.factories import make_contact, phone

from xinfeng.campaigns import actions, planning
from xinfeng.channels.simulator import witness
from xinfeng.cli.demo.clock import zone_where_shops_send
from xinfeng.content import reads, review
from xinfeng.content.rendering import Renderer
from xinfeng.content.values import Moment
from xinfeng.foundation import settings
from xinfeng.foundation.models import Role
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens


@pytest.fixture(autouse=True)
def _where_a_window_is_open(committed_db: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XINFENG_TIME_ZONE", zone_where_shops_send(utc_now()))
    settings.load.cache_clear()
    yield
    close_lens()
    settings.load.cache_clear()


PEOPLE: tuple[str | None, ...] = ("王小明", "欧阳娜娜", "😀茶友", "司" * 20, None)


def test_the_carrier_gets_exactly_what_was_approved(tmp_path: Path) -> None:
    before = utc_now() - timedelta(days=40)
    numbers = {name: phone() for name in PEOPLE}
    for name, number in numbers.items():
        make_contact(at=before, name=name, phone=number)
    version = make_template(
        "{{ contact.name }}您好，{% if contact.name %}老友{% else %}新友{% endif %}满200减50，秋茶三天有效，"
        + "到店有礼，" * 9
    )
    with carrier_and_gateway(tmp_path) as world:
        channel = make_channel(world.port)
        user("wang", Role.REVIEWER)
        campaign = make_campaign(make_draft(template_version_id=version.pk, channel_id=channel))
        actions.submit(campaign.pk, actor="li")
        actions.approve(campaign.pk, actor="wang", now=utc_now())
        actions.start(campaign.pk, actor="li", now=utc_now())
        planned_at = utc_now()
        assert planning.build_plan(campaign.pk, planned_at) is not None
        plan_id = again(campaign).plan_id
        assert plan_id is not None
        finished(plan_id)
    row = review.review_of(version.pk)
    assert row is not None
    assert row.state == "approved"
    stored = reads.version(version.pk)
    assert row.text == f"【信风商城】{stored.value} {stored.action} {stored.opt_out}"
    moment = Moment(planned_at, settings.load().zone)
    renderer = Renderer(stored, stored.signature, catalogue=reads.catalogue(), fixed=moment.values())
    expected = {number: renderer.render({"contact.name": name}) for name, number in numbers.items()}
    got = witness.deliveries_by_number(tmp_path / "carrier.log")
    assert {number: list(texts.items()) for number, texts in got.items()} == {
        number: [(text, 1)] for number, text in expected.items()
    }
    assert {number: next(iter(texts)).encode("utf-16-be") for number, texts in got.items()} == {
        number: text.encode("utf-16-be") for number, text in expected.items()
    }
