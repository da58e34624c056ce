"""The gate for numbers in quarantine: every purpose, and after what the law says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.policy.world import NOW, World

from xinfeng.policy.gates import GateContext, explain_one, first_reason
from xinfeng.policy.settings import PolicySettings


@pytest.fixture
def world() -> Iterator[World]:
    built = World()
    yield built
    built.close()


def _reasons(world: World, purpose: str) -> dict[int, str | None]:
    context = GateContext(purpose, NOW, PolicySettings())
    rows = world.rows(first_reason(world, world.everybody(), context)).to_pylist()
    return {row["contact_id"]: row["reason"] for row in rows}


@pytest.mark.parametrize("purpose", ["marketing", "service"])
def test_a_quarantined_number_gets_nothing_for_any_purpose(world: World, purpose: str) -> None:
    inside, outside, unknown = (world.contact(consent=purpose) for _ in range(3))
    world.put("number", contact_id=inside, state=3, quarantined=True)
    world.put("number", contact_id=outside, state=1, quarantined=False)
    assert _reasons(world, purpose) == {inside: "number_quarantined", outside: None, unknown: None}


def test_what_she_said_is_named_before_what_became_of_her_number(world: World) -> None:
    contact = world.contact(consent=None)
    world.put("number", contact_id=contact, state=3, quarantined=True)
    assert _reasons(world, "marketing") == {contact: "no_consent"}


def test_explain_names_the_gate(world: World) -> None:
    contact = world.contact()
    world.put("number", contact_id=contact, state=3, quarantined=True)
    judgement = explain_one(world, contact, GateContext("marketing", NOW, PolicySettings()))
    assert judgement.reason == "number_quarantined"
    assert [one.gate.code for one in judgement.verdicts if not one.passed] == ["number_quarantined"]
