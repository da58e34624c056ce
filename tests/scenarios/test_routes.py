"""A campaign by a route of two carriers, one of which dies with its process: everybody once, or uncertain."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.campaigns.factories import NOON, approved, make_draft
from tests.delivery.world import (
    ask,
    carrier_and_gateway,
    fates,
    finished,
    make_channel,
    one,
    second_carrier,
    wait_until,
)
from tests.factories import make_contacts

from xinfeng.campaigns import actions, planning
from xinfeng.campaigns.models import Campaign
from xinfeng.campaigns.preflight import preflight
from xinfeng.channels.routes import Entry, save_route
from xinfeng.channels.simulator import witness
from xinfeng.consent.models import ConsentEntry
from xinfeng.contacts.models import Contact
from xinfeng.delivery import failover
from xinfeng.hygiene.actions import mark_ported
from xinfeng.insights.live import live_numbers
from xinfeng.insights.stages import by_channel
from xinfeng.kernel.phones import Carrier
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens


@pytest.fixture(autouse=True)
def _own_lens(committed_db: str) -> Iterator[None]:
    yield
    close_lens()


def _people(prefix: str, count: int) -> list[int]:
    return [
        make_contacts(1, at=NOON - timedelta(days=90), phone=f"{prefix}{number:08d}")[0]
        for number in range(count)
    ]


def _open_now(plan_id: int) -> None:
    """The plan was made for noon in Shanghai; the test runs at any hour."""
    now = utc_now()
    window = [[(now - timedelta(hours=1)).isoformat(), (now + timedelta(hours=2)).isoformat()]]
    ask(
        "update plan set windows = %s::jsonb, deadline = %s where id = %s returning 1",
        *(str(window).replace("'", '"'), now + timedelta(hours=2), plan_id),
    )


def test_a_campaign_by_a_route_survives_the_death_of_one_of_its_carriers(tmp_path: Path) -> None:
    failover.save_patience(5, actor="test")
    _people("139", 400)
    unicom, telecom = _people("130", 100), _people("189", 20)
    mark_ported(unicom[0], int(Carrier.MOBILE), actor="li", now=NOON - timedelta(days=1))
    with (
        second_carrier(tmp_path, "--latency-ms=20") as (port, process),
        carrier_and_gateway(tmp_path, gateways=0) as world,
    ):
        dying = make_channel(port, name="移动专线", rate_per_s=30, window=8)
        other = make_channel(world.port, name="联通兼移动", rate_per_s=2000, window=100)
        route = save_route(
            name="全国",
            purpose="marketing",
            prefer="order",
            entries=[Entry(dying, (1,)), Entry(other, (1, 2))],
            actor="li",
        )
        campaign = approved(make_draft(channel_id=None, route_id=route))
        found = preflight(campaign, NOON)
        assert found.table is not None
        foretold = {one_.channel_id: one_.contacts for one_ in found.table.channels}
        assert foretold == {dying: 401, other: 99}
        assert {(left.carrier, left.contacts) for left in found.table.left} == {
            (int(Carrier.TELECOM), len(telecom))
        }
        actions.start(campaign.pk, actor="li")
        planning.build_plan(campaign.pk, NOON)
        kept = Campaign.objects.get(pk=campaign.pk)
        assert kept.plan_id is not None, kept.fault
        _open_now(kept.plan_id)
        world.start_gateway()
        wait_until("select count(*) > 40 from attempt where channel_id = %s", True, dying)
        process.send_signal(signal.SIGKILL)
        finished(kept.plan_id)
        states = fates(kept.plan_id)
    assert sum(states.values()) == 500
    assert states.keys() <= {"accepted", "uncertain"}
    first = [entry.number for entry in witness.accepted(tmp_path / "second.log")]
    second = [entry.number for entry in witness.accepted(tmp_path / "carrier.log")]
    everybody = [*first, *second]
    assert len(set(everybody)) == len(everybody)
    assert len(everybody) >= states["accepted"]
    assert not [number for number in everybody if number.startswith("189")]
    numbers = live_numbers(kept.plan_id, now=utc_now())
    carried = {one_.channel_id: one_ for one_ in by_channel(kept.plan_id, numbers.carried_by)}
    assert (carried[dying].planned, carried[other].planned) == (401, 99)
    assert carried[other].carried > 99
    assert numbers.uncertain == states.get("uncertain", 0)
    assert failover.moves_by_plan([kept.plan_id])[kept.plan_id][0].to_id == other
    assert one("select count(*) from left_out where reason = 'no_route'") == len(telecom)
    assert Contact.objects.count() == 520
    assert ConsentEntry.objects.filter(granted=False).count() == 0
