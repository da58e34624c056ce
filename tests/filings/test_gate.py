"""The gate in the lens: whose carrier has no filing of the signature is not written to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.policy.world import NOW, World

from xinfeng.kernel.phones import Carrier
from xinfeng.policy.facts import GateContext
from xinfeng.policy.gates import explain_one, first_reason
from xinfeng.policy.settings import PolicySettings

FILED = frozenset({int(Carrier.MOBILE), int(Carrier.UNICOM)})


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def context(filed: frozenset[int] | None, purpose: str = "marketing") -> GateContext:
    return GateContext(purpose, NOW, PolicySettings(), filed_carriers=filed)


def reasons(world: World, filed: frozenset[int] | None, purpose: str = "marketing") -> dict[int, str | None]:
    asked = first_reason(world, world.everybody(), context(filed, purpose))
    return {row["contact_id"]: row["reason"] for row in world.rows(asked).to_pylist()}


def test_a_reader_of_a_carrier_without_a_filing_is_left_out(world: World) -> None:
    mobile, unicom = world.contact(carrier=1), world.contact(carrier=2)
    telecom, broadnet = world.contact(carrier=3), world.contact(carrier=4)
    assert reasons(world, FILED) == {
        mobile: None,
        unicom: None,
        telecom: "signature_not_filed",
        broadnet: "signature_not_filed",
    }


def test_a_channel_that_demands_no_filing_takes_everybody(world: World) -> None:
    anybody = [world.contact(carrier=carrier) for carrier in (0, 1, 3)]
    assert reasons(world, None) == dict.fromkeys(anybody)


def test_service_messages_need_the_filing_too(world: World) -> None:
    one = world.contact(carrier=3, consent="service")
    assert reasons(world, FILED, "service") == {one: "signature_not_filed"}


def test_a_ported_number_is_judged_by_where_it_went(world: World) -> None:
    went_away, came_over, stayed = (world.contact(carrier=carrier) for carrier in (1, 3, 1))
    world.put("number", contact_id=went_away, carrier_now=3, quarantined=False)
    world.put("number", contact_id=came_over, carrier_now=1, quarantined=False)
    world.put("number", contact_id=stayed, carrier_now=0, quarantined=False)
    assert reasons(world, FILED) == {went_away: "signature_not_filed", came_over: None, stayed: None}


@pytest.mark.parametrize("carrier", [0, None])
def test_an_unknown_carrier_passes_only_where_all_four_have_it(world: World, carrier: int | None) -> None:
    one = world.contact(carrier=carrier)
    assert reasons(world, FILED) == {one: "signature_not_filed"}
    assert reasons(world, frozenset({1, 2, 3, 4})) == {one: None}


def test_no_filing_at_all_refuses_everybody(world: World) -> None:
    one = world.contact(carrier=1)
    assert reasons(world, frozenset()) == {one: "signature_not_filed"}


@pytest.mark.parametrize("filed", [None, frozenset(), FILED, frozenset({1, 2, 3, 4})])
def test_one_contact_is_explained_by_the_same_expression(world: World, filed: frozenset[int] | None) -> None:
    people = [world.contact(carrier=carrier) for carrier in (0, 1, 2, 3, 4)]
    world.put("number", contact_id=people[1], carrier_now=4, quarantined=False)
    together = reasons(world, filed)
    for contact_id in people:
        assert explain_one(world, contact_id, context(filed)).reason == together[contact_id]


def test_the_figures_say_which_carrier_and_which_are_filed(world: World) -> None:
    one = world.contact(carrier=3)
    verdicts = {each.gate.code: each for each in explain_one(world, one, context(FILED)).verdicts}
    assert verdicts["signature_not_filed"].figures == {"carrier": 3, "filed": [1, 2]}
    assert not verdicts["signature_not_filed"].passed
    no_demand = {each.gate.code: each for each in explain_one(world, one, context(None)).verdicts}
    assert no_demand["signature_not_filed"].figures == {}
