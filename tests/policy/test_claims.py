"""Scarce slots go to the campaigns that rank higher: the expression against a naive evaluator on small worlds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.policy.world import DAY, NOW, World, ago

from xinfeng.policy.ceilings import TIERS, Ceiling, TierCap
from xinfeng.policy.facts import Rival
from xinfeng.policy.gates import GateContext, explain_one, first_reason
from xinfeng.policy.settings import PolicySettings

ROOMY = {tier: TierCap(300, 30) for tier in TIERS}


def rules(
    day: int | None, week: int | None, month: int | None, active: TierCap | None = None
) -> PolicySettings:
    caps = {**ROOMY, **({"active": active} if active else {})}
    return PolicySettings(ceilings={"marketing": Ceiling(day, week, month)}, tier_caps=caps)


def audience(*contacts: int) -> ibis.Table:
    return ibis.memtable({"contact_id": list(contacts)}, schema={"contact_id": "int64"})


def rival(number: int, contacts: Sequence[int], settings: PolicySettings, *, in_days: int = 0) -> Rival:
    context = GateContext("marketing", NOW, settings, DAY + timedelta(days=in_days))
    return Rival(number, f"活动{number}", audience(*contacts), context)


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def judged(world: World, context: GateContext) -> dict[int, tuple[str | None, int | None]]:
    rows = world.rows(first_reason(world, world.everybody(), context)).to_pylist()
    for row in rows:
        judgement = explain_one(world, row["contact_id"], context)
        assert judgement.reason == row["reason"]
        if row["reason"] == "slot_reserved":
            [figures] = [one.figures for one in judgement.verdicts if one.gate.code == "slot_reserved"]
            assert figures["left_to"][0] == context.rivals[row["rival"]].campaign_id
            assert figures["names"][0] == context.rivals[row["rival"]].name
    return {
        row["contact_id"]: (row["reason"], row["rival"] if row["reason"] == "slot_reserved" else None)
        for row in rows
    }


def context(settings: PolicySettings, *rivals: Rival) -> GateContext:
    return GateContext("marketing", NOW, settings, DAY, rivals=rivals)


def test_the_last_slot_is_left_to_a_campaign_that_goes_first(world: World) -> None:
    wanted, free = world.contact(), world.contact()
    one_a_day = rules(1, None, None)
    found = judged(world, context(one_a_day, rival(7, [wanted], one_a_day)))
    assert found == {wanted: ("slot_reserved", 0), free: (None, None)}


def test_without_rivals_nobody_yields_and_no_column_is_asked(world: World) -> None:
    contact = world.contact()
    assert judged(world, context(rules(1, None, None))) == {contact: (None, None)}
    assert "rival" not in first_reason(world, world.everybody(), context(rules(1, 1, 1))).columns


def test_who_would_not_get_the_rival_anyway_keeps_nothing_back(world: World) -> None:
    settings = rules(1, None, None)
    young = world.contact(birthday=date(2008, 11, 21))
    withdrawn = world.contact(consent=None)
    world.standing(withdrawn, granted=False, entry_seq=3)
    profiled = world.contact()
    world.standing(profiled, "profiling", granted=False, entry_seq=4)
    everybody = [young, withdrawn, profiled]
    theirs = rival(7, everybody, settings)
    theirs = replace(theirs, context=replace(theirs.context, profiled=True))
    found = judged(world, context(settings, theirs))
    assert found == {young: ("minor", None), withdrawn: ("opted_out", None), profiled: (None, None)}


def test_a_rival_whose_signature_is_not_filed_with_her_carrier_claims_nobody(world: World) -> None:
    mobile, unicom = world.contact(carrier=1), world.contact(carrier=2)
    settings = rules(1, None, None)
    theirs = rival(7, [mobile, unicom], settings)
    theirs = replace(theirs, context=replace(theirs.context, filed_carriers=frozenset({1})))
    assert judged(world, context(settings, theirs)) == {mobile: ("slot_reserved", 0), unicom: (None, None)}


def test_as_many_slots_are_kept_as_there_are_claimants(world: World) -> None:
    contact = world.contact()
    world.message(contact, ago(0))
    three = rules(3, None, None)
    one, two = rival(1, [contact], three), rival(2, [contact], three)
    assert judged(world, context(three, one)) == {contact: (None, None)}
    assert judged(world, context(three, one, two)) == {contact: ("slot_reserved", 0)}


def test_a_rival_on_another_day_matters_only_within_the_span(world: World) -> None:
    contact = world.contact()
    one_a_week = rules(None, 1, None)
    for in_days, expected in ((6, "slot_reserved"), (7, None), (-6, "slot_reserved"), (-7, None)):
        found = judged(world, context(one_a_week, rival(1, [contact], one_a_week, in_days=in_days)))
        assert found[contact][0] == expected


def test_what_drops_out_of_the_span_by_then_takes_no_slot(world: World) -> None:
    contact = world.contact()
    world.message(contact, ago(6))
    two_a_week = rules(None, 2, None)
    later = rival(1, [contact], two_a_week, in_days=1)
    assert judged(world, context(two_a_week, later)) == {contact: (None, None)}
    same = rival(1, [contact], two_a_week)
    assert judged(world, context(two_a_week, same)) == {contact: ("slot_reserved", 0)}


def test_rivals_of_one_day_take_no_more_than_its_ceiling(world: World) -> None:
    contact = world.contact()
    both = rules(1, 2, None)
    first, second = rival(1, [contact], both, in_days=2), rival(2, [contact], both, in_days=2)
    assert judged(world, context(both, first, second)) == {contact: (None, None)}


def test_ceilings_of_tiers_keep_slots_too(world: World) -> None:
    active, other = world.contact(tier=2), world.contact(tier=5)
    settings = rules(None, None, None, TierCap(2, 30))
    world.message(active, ago(10))
    world.message(other, ago(10))
    theirs = rival(1, [active, other], settings, in_days=3)
    assert judged(world, context(settings, theirs)) == {active: ("slot_reserved", 0), other: (None, None)}


def test_service_messages_have_ceilings_once_they_are_set(world: World) -> None:
    contact = world.contact(consent="service")
    settings = PolicySettings(ceilings={"marketing": Ceiling(1), "service": Ceiling(1)})
    theirs = Rival(3, "验证", audience(contact), GateContext("service", NOW, settings, DAY))
    mine = GateContext("service", NOW, settings, DAY, rivals=(theirs,))
    assert judged(world, mine) == {contact: ("slot_reserved", 0)}
    world.message(contact, ago(0), purpose="service")
    assert judged(world, mine) == {contact: ("daily_cap", None)}


@dataclass(frozen=True)
class Wish:
    """A campaign of the naive world: on which day from DAY, and to whom."""

    day: int
    audience: frozenset[int]


Limits = dict[int, int]
"""From span to ceiling."""


def room(day: int, counted: Sequence[int], limits: Limits) -> bool:
    """Whether one more message on `day` keeps within all ceilings, whichever days of `counted` are still to come."""
    return all(
        sum(end - span < one <= end for one in counted) < most
        for span, most in limits.items()
        for end in {day, *(each for each in counted if day <= each < day + span)}
    )


def in_turn(sent: Sequence[int], wishes: Sequence[Wish], limits: Limits, contact: int) -> list[bool]:
    """Who gets her when campaigns are planned one after the other."""
    counted, found = list(sent), []
    for wish in wishes:
        found.append(contact in wish.audience and room(wish.day, counted, limits))
        if found[-1]:
            counted.append(wish.day)
    return found


contacts = st.frozensets(st.integers(1, 3), min_size=1)
sent_before = st.dictionaries(st.integers(1, 3), st.lists(st.integers(-8, 0), max_size=3))


def asked(
    sent: dict[int, list[int]], rivals: Sequence[Wish], mine: Wish, day: int, week: int
) -> dict[int, bool]:
    """Whom the expression lets `mine` write to."""
    world = World()
    try:
        people = {number: world.contact() for number in (1, 2, 3)}
        for number, days in sent.items():
            for one in days:
                world.message(people[number], ago(-one))
        limits = rules(day, week, None)
        theirs = [
            rival(at, [people[one] for one in wish.audience], limits, in_days=wish.day)
            for at, wish in enumerate(rivals)
        ]
        question = first_reason(world, world.everybody(), context(limits, *theirs))
        found = {row["contact_id"]: row["reason"] for row in world.rows(question).to_pylist()}
        return {number: found[contact] is None for number, contact in people.items()}
    finally:
        world.close()


@settings(max_examples=10, deadline=None)
@given(
    sent=sent_before,
    audiences=st.lists(contacts, min_size=1, max_size=4),
    day=st.integers(1, 3),
    week=st.integers(1, 4),
)
def test_on_one_day_it_is_as_if_campaigns_were_planned_by_rank(
    sent: dict[int, list[int]], audiences: list[frozenset[int]], day: int, week: int
) -> None:
    mine, rivals = Wish(0, frozenset({1, 2, 3})), [Wish(0, one) for one in audiences]
    found = asked(sent, rivals, mine, day, week)
    for number, allowed in found.items():
        turns = in_turn(sent.get(number, []), [*rivals, mine], {1: day, 7: week}, number)
        assert turns[-1] is allowed


@settings(max_examples=10, deadline=None)
@given(
    sent=sent_before,
    rivals=st.lists(st.builds(Wish, st.integers(0, 4), contacts), min_size=1, max_size=4),
    day=st.integers(1, 2),
    week=st.integers(1, 4),
)
def test_who_is_let_through_takes_no_slot_from_a_rival(
    sent: dict[int, list[int]], rivals: list[Wish], day: int, week: int
) -> None:
    mine = Wish(0, frozenset({1, 2, 3}))
    found = asked(sent, rivals, mine, day, week)
    for number in (one for one, allowed in found.items() if allowed):
        before, limits = sent.get(number, []), {1: day, 7: week}
        theirs = in_turn(before, rivals, limits, number)
        assert in_turn(before, [*rivals, mine], limits, number)[-1]
        assert in_turn([*before, mine.day], rivals, limits, number) == theirs


@settings(max_examples=10, deadline=None)
@given(sent=sent_before, day=st.integers(1, 2), week=st.integers(1, 4), in_days=st.integers(-7, 7))
def test_two_campaigns_share_alike_in_either_order(
    sent: dict[int, list[int]], day: int, week: int, in_days: int
) -> None:
    """The lower one first leaves exactly those to the higher one whom she would have had to refuse after it.

    What was sent was sent by now, and both are still to come.
    """
    sent = {number: [one for one in days if one <= min(0, in_days)] for number, days in sent.items()}
    mine, better = Wish(0, frozenset({1, 2, 3})), Wish(in_days, frozenset({1, 2}))
    found = asked(sent, [better], mine, day, week)
    for number, allowed in found.items():
        assert in_turn(sent.get(number, []), [better, mine], {1: day, 7: week}, number)[-1] is allowed
