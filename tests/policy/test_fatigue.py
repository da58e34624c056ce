"""How much people get, and when the next slot is free."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.world import DAY, NOW, SHANGHAI, World, ago

from xinfeng.policy import fatigue
from xinfeng.policy.ceilings import Ceiling
from xinfeng.policy.fatigue import Counted, limits_on, next_slot
from xinfeng.policy.gates import GateContext, explain_one
from xinfeng.policy.settings import PolicySettings

SETTINGS = PolicySettings()
ACTIVE, DORMANT = 2, 3
CAPS = {"daily_cap", "weekly_cap", "monthly_cap", "tier_cap"}


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def slot(days: list[int], *, tier: int = ACTIVE, settings: PolicySettings = SETTINGS) -> date | None:
    sent = [Counted(1, DAY - timedelta(days=one)) for one in days]
    return next_slot(sent, purpose="marketing", tier=tier, settings=settings, first=DAY)


@pytest.mark.parametrize(
    ("days", "expected"),
    [([], 0), ([0], 1), ([1, 2], 28), ([0, 8], 22), ([29, 10], 1)],
)
def test_the_next_slot_by_the_ceilings_of_a_new_deployment(days: list[int], expected: int) -> None:
    assert slot(days) == DAY + timedelta(days=expected)


def test_who_is_dormant_waits_a_quarter() -> None:
    assert slot([0], tier=DORMANT) == DAY + timedelta(days=90)


def test_a_message_of_an_open_plan_holds_every_day_until_its_last() -> None:
    waiting = [Counted(1, None, DAY + timedelta(days=3))]
    settings = PolicySettings(ceilings={"marketing": Ceiling(1)})
    found = next_slot(waiting, purpose="marketing", tier=ACTIVE, settings=settings, first=DAY)
    assert found == DAY + timedelta(days=4)


def test_a_ceiling_of_nothing_never_frees_a_slot() -> None:
    never = PolicySettings(ceilings={"marketing": Ceiling(0)})
    assert slot([], settings=never) is None
    assert limits_on(DAY, [], purpose="service", tier=ACTIVE, settings=never) == []


@given(
    days=st.lists(st.integers(0, 100), max_size=6),
    tier=st.integers(0, 5),
    ceiling=st.builds(
        Ceiling, st.integers(1, 3), st.integers(1, 5) | st.none(), st.integers(1, 8) | st.none()
    ),
)
def test_the_slot_is_the_first_day_without_a_reached_ceiling(
    days: list[int], tier: int, ceiling: Ceiling
) -> None:
    settings = PolicySettings(ceilings={"marketing": ceiling})
    sent = [Counted(1, DAY - timedelta(days=one)) for one in days]
    found = next_slot(sent, purpose="marketing", tier=tier, settings=settings, first=DAY)
    assert found is not None

    def reached(day: date) -> bool:
        limits = limits_on(day, sent, purpose="marketing", tier=tier, settings=settings)
        return any(one.is_reached for one in limits)

    assert not reached(found)
    assert all(reached(DAY + timedelta(days=one)) for one in range((found - DAY).days))


@pytest.mark.parametrize("days", [[], [0], [1, 3], [8, 29], [1, 7], [2, 9, 20, 29]])
def test_it_says_what_the_gates_say(world: World, days: list[int]) -> None:
    contact = world.contact(tier=ACTIVE)
    for one in days:
        world.message(contact, ago(one))
    rows = fatigue.counted_for(world, contact, "marketing", since=DAY - timedelta(days=99), zone=SHANGHAI)
    assert len(rows) == len(days)
    judged = explain_one(world, contact, GateContext("marketing", NOW, SETTINGS))
    assert (slot(days) == DAY) is (judged.reason not in CAPS)


def test_people_are_spread_by_how_many_they_got(world: World) -> None:
    none, two, many = world.contact(), world.contact(), world.contact(tier=DORMANT)
    world.contact(has_phone=False)
    for one in (1, 2):
        world.message(two, ago(one))
    for one in range(9):
        world.message(many, ago(one))
    world.message(none, ago(1), purpose="service")
    found = fatigue.spread(world, "marketing", days=30, now=NOW, zone=SHANGHAI)
    assert found.by_tier[ACTIVE] == (1, 0, 1, 0, 0, 0, 0)
    assert found.by_tier[DORMANT] == (0, 0, 0, 0, 0, 0, 1)
    assert found.total == (1, 0, 1, 0, 0, 0, 1)
    top = fatigue.most_written(world, "marketing", days=30, now=NOW, zone=SHANGHAI)
    assert top == [(many, 9), (two, 2)]
    assert fatigue.per_day(world, "marketing", DAY - timedelta(days=3), DAY, zone=SHANGHAI) == {
        DAY - timedelta(days=offset): count for offset, count in ((0, 1), (1, 2), (2, 2), (3, 1))
    }
