"""Who may be written to, and the first reason against whom not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.factories import make_contact
from tests.policy.world import DAY, NOW, World, ago

from xinfeng.consent.actions import suppress_numbers, withdraw
from xinfeng.foundation.database import bulk_transaction
from xinfeng.kernel.ages import youngest_adult
from xinfeng.kernel.errors import NotFound
from xinfeng.lens.engine import close_lens, lens
from xinfeng.policy import reads
from xinfeng.policy.ceilings import Ceiling, TierCap
from xinfeng.policy.facts import OPEN_PLAN_STATES
from xinfeng.policy.gates import GATES, GateContext, explain_one, first_reason
from xinfeng.policy.settings import PolicySettings

SETTINGS = PolicySettings()
MARKETING = GateContext("marketing", NOW, SETTINGS)
SERVICE = GateContext("service", NOW, SETTINGS)

NEW, ACTIVE, DORMANT, POTENTIAL = 1, 2, 3, 4


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def judged(world: World, context: GateContext = MARKETING) -> dict[int, str | None]:
    """First reasons; and `explain_one` must say the same of each."""
    rows = world.rows(first_reason(world, world.everybody(), context)).to_pylist()
    found = {row["contact_id"]: row["reason"] for row in rows}
    for contact_id, reason in found.items():
        assert explain_one(world, contact_id, context).reason == reason
    return found


def lenient(**changes: Any) -> GateContext:
    """Without daily and weekly ceilings in the way."""
    ceilings = {**SETTINGS.ceilings, "marketing": Ceiling(10, 70)}
    return replace(MARKETING, settings=replace(SETTINGS, ceilings=ceilings, **changes))


def test_consent_in_force_lets_through_and_is_named(world: World) -> None:
    contact = world.contact(seq=42)
    (row,) = world.rows(first_reason(world, world.everybody(), MARKETING)).to_pylist()
    assert row == {"contact_id": contact, "reason": None, "entry_seq": 42}


def test_each_gate_refuses_for_its_reason(world: World) -> None:
    expected = {
        world.contact(): None,
        world.contact(has_phone=False): "no_phone",
        world.contact(has_phone=None): "no_phone",
        world.contact(consent=None): "no_consent",
        world.contact(consent="service"): "no_consent",
        world.contact(seq=None): "no_consent",  # granted, but on no entry
        world.contact(birthday=date(2015, 1, 1)): "minor",
        world.contact(birthday=date(1990, 1, 1)): None,
    }
    suppressions = {
        "opt_out": "opted_out",
        "complaint": "suppressed_complaint",
        "manual": "suppressed_manual",
        "carrier": "suppressed_carrier",
        "reassigned": "suppressed_reassigned",
        "erased": "suppressed_erased",
        "unheard_of": "suppressed_other",
    }
    for suppressed, reason in suppressions.items():
        contact = world.contact(consent=None)
        world.standing(contact, granted=True, entry_seq=1, suppressed=suppressed)
        expected[contact] = reason
    withdrawn, never_asked = world.contact(consent=None), world.contact(consent=None)
    world.standing(withdrawn, granted=False, entry_seq=9)
    world.standing(never_asked, granted=False, entry_seq=None)
    expected |= {withdrawn: "opted_out", never_asked: "no_consent"}
    assert judged(world) == expected


def test_who_refused_to_be_profiled_is_left_out_of_audiences_chosen_by_habits(world: World) -> None:
    refused, agreed, silent = world.contact(), world.contact(), world.contact()
    world.standing(refused, "profiling", granted=False, entry_seq=3)
    world.standing(agreed, "profiling", granted=True, entry_seq=4)
    world.standing(silent, "profiling", granted=False, entry_seq=None)
    by_habits = replace(MARKETING, profiled=True)
    assert judged(world, by_habits) == {refused: "no_profiling", agreed: None, silent: None}
    assert judged(world) == {refused: None, agreed: None, silent: None}
    service = replace(SERVICE, profiled=True)
    assert set(judged(world, service).values()) == {"no_consent"}


def test_the_order_of_gates_decides_between_reasons(world: World) -> None:
    contact = world.contact(consent=None, has_phone=False, birthday=date(2015, 1, 1))
    assert judged(world) == {contact: "no_phone"}
    judgement = explain_one(world, contact, MARKETING)
    refused = [verdict.gate.code for verdict in judgement.verdicts if not verdict.passed]
    assert refused == ["no_phone", "no_consent", "minor"]


def test_a_contact_that_is_gone_is_refused_and_not_explained(world: World) -> None:
    audience = ibis.memtable({"contact_id": [999]}, schema={"contact_id": "int64"})
    (row,) = world.rows(first_reason(world, audience, MARKETING)).to_pylist()
    assert row["reason"] == "no_phone"
    with pytest.raises(NotFound, match=r"contact\.unknown"):
        explain_one(world, 999, MARKETING)


def test_nobody_is_judged_twice(world: World) -> None:
    contact = world.contact()
    audience = ibis.memtable({"contact_id": [contact, contact]}, schema={"contact_id": "int64"})
    assert len(world.rows(first_reason(world, audience, MARKETING)).to_pylist()) == 1


@pytest.mark.parametrize(
    ("birthday", "day", "minor"),
    [
        (date(2008, 11, 19), date(2026, 11, 20), False),
        (date(2008, 11, 20), date(2026, 11, 20), True),  # adult from the day after the birthday
        (date(2008, 11, 21), date(2026, 11, 20), True),
        (date(2010, 2, 28), date(2028, 2, 29), False),
        (date(2010, 3, 1), date(2028, 2, 29), True),
        (date(2008, 2, 29), date(2026, 3, 1), False),
        (date(2008, 2, 29), date(2026, 2, 28), True),
    ],
)
def test_minors_by_the_day_of_sending(world: World, birthday: date, day: date, minor: bool) -> None:
    assert (birthday >= youngest_adult(day)) is minor
    contact = world.contact(birthday=birthday)
    context = replace(MARKETING, day=day)
    assert judged(world, context) == {contact: "minor" if minor else None}


def test_service_messages_know_neither_minors_nor_ceilings(world: World) -> None:
    contact = world.contact(consent="service", birthday=date(2015, 1, 1))
    for days in range(5):
        world.message(contact, ago(days))
    assert judged(world, SERVICE) == {contact: None}


@pytest.mark.parametrize(
    ("tier", "days_ago", "reason"),
    [
        (ACTIVE, [0], "daily_cap"),
        (ACTIVE, [1], None),
        (ACTIVE, [1, 6], "weekly_cap"),
        (ACTIVE, [1, 7], "tier_cap"),  # two in the month, one in the week
        (ACTIVE, [1, 30], None),  # the 30 days end with today: day 30 is out
        (ACTIVE, [8, 29], "tier_cap"),
        (NEW, [8, 15, 29], None),
        (NEW, [8, 15, 22, 29], "monthly_cap"),
        (NEW, [8, 15, 22, 30], None),
        (DORMANT, [89], "tier_cap"),
        (DORMANT, [90], None),
        (POTENTIAL, [8, 9], "tier_cap"),
    ],
)
def test_ceilings(world: World, tier: int, days_ago: list[int], reason: str | None) -> None:
    contact = world.contact(tier=tier)
    for days in days_ago:
        world.message(contact, ago(days))
    assert judged(world) == {contact: reason}


def test_a_business_day_begins_at_midnight_of_the_enterprise(world: World) -> None:
    early, late = world.contact(), world.contact()
    world.message(early, ago(0, "00:00"))
    world.message(late, ago(1, "23:59"))
    assert judged(world) == {early: "daily_cap", late: None}


def test_planned_messages_count_withheld_and_service_ones_do_not(world: World) -> None:
    planned, withheld, served = world.contact(), world.contact(), world.contact()
    world.message(planned, ago(0), state="ready")
    world.put("withheld", message_id=world.message(withheld, ago(0)), reason="stopped", at=NOW)
    world.message(served, ago(0), purpose="service")
    assert judged(world) == {planned: "daily_cap", withheld: None, served: None}


@pytest.mark.parametrize("state", OPEN_PLAN_STATES)
def test_a_message_of_an_open_plan_may_still_leave_today(world: World, state: str) -> None:
    contact = world.contact()
    world.message(contact, ago(40), state=state)
    assert judged(world) == {contact: "daily_cap"}


def test_a_message_that_waits_for_tomorrow_counts_for_tomorrow(world: World) -> None:
    waiting, sent = world.contact(), world.contact()
    world.message(waiting, ago(0), state="running")
    world.message(sent, ago(0))
    tomorrow = replace(MARKETING, day=DAY + timedelta(days=1))
    assert judged(world, tomorrow) == {waiting: "daily_cap", sent: None}


def test_messages_to_a_merged_row_count_for_who_it_was_merged_into(world: World) -> None:
    person, other = world.contact(), world.contact()
    world.put("alias", id=999, merged_into=person)
    world.message(999, ago(0))
    assert judged(world) == {person: "daily_cap", other: None}


def test_a_plan_that_finished_later_counts_on_that_day(world: World) -> None:
    if "finished_at" not in world.table("plan").columns:
        world._backend.raw_sql("alter table plan add column finished_at timestamptz")
        schema = dict(world._schemas["plan"].items())
        world._schemas["plan"] = ibis.schema({**schema, "finished_at": "timestamp('UTC')"})
    overnight, quick = world.contact(), world.contact()
    world.message(overnight, ago(1, "20:30"), finished_at=ago(0, "10:30"))
    world.message(quick, ago(1, "20:30"), finished_at=ago(1, "20:31"))
    assert judged(world) == {overnight: "daily_cap", quick: None}


def test_ceilings_are_those_of_the_settings(world: World) -> None:
    contact = world.contact(tier=DORMANT)
    world.message(contact, ago(100))
    caps = {**SETTINGS.tier_caps, "dormant": TierCap(1, 180)}
    assert judged(world, lenient(tier_caps=caps)) == {contact: "tier_cap"}
    none_at_all = {**SETTINGS.tier_caps, "dormant": TierCap(0, 30)}
    assert judged(world, lenient(tier_caps=none_at_all)) == {contact: "tier_cap"}


def test_an_unknown_tier_is_refused_rather_than_let_through(world: World) -> None:
    contact = world.contact(tier=99)
    assert judged(world) == {contact: "tier_cap"}


def test_explaining_shows_the_figures_of_every_gate(world: World) -> None:
    contact = world.contact(tier=ACTIVE, seq=5)
    world.message(contact, ago(8))
    world.message(contact, ago(20))
    judgement = explain_one(world, contact, MARKETING)
    figures = {verdict.gate.code: dict(verdict.figures) for verdict in judgement.verdicts}
    assert (judgement.reason, judgement.entry_seq) == ("tier_cap", 5)
    assert figures["tier_cap"] == {"tier": "active", "sent": 2, "at_most": 2, "days": 30}
    assert figures["weekly_cap"] == {"sent": 0, "at_most": 2, "days": 7}
    assert figures["daily_cap"] == {"sent": 0, "at_most": 1, "days": 1}
    assert figures["no_consent"] == {"entry_seq": 5}
    conditional = {"no_profiling", "slot_reserved", "no_route"}
    assert {one.gate.code for one in judgement.verdicts} == {one.code for one in GATES} - conditional


def test_refusals_add_up_to_the_audience(world: World) -> None:
    for _ in range(3):
        world.contact()
    for _ in range(2):
        world.contact(consent=None)
    world.contact(has_phone=False)
    world.message(world.contact(), ago(0))
    found = reads.refusals(world, world.everybody(), MARKETING)
    assert (found.audience, found.allowed, found.refused) == (7, 3, 4)
    assert list(found.by_reason.items()) == [("no_phone", 1), ("no_consent", 2), ("daily_cap", 1)]


def test_an_empty_audience_is_no_trouble(world: World) -> None:
    found = reads.refusals(world, world.everybody(), MARKETING)
    assert (found.audience, found.allowed, found.by_reason) == (0, 0, {})


_people = st.fixed_dictionaries(
    {
        "has_phone": st.sampled_from([True, True, True, False, None]),
        "tier": st.integers(0, 5),
        "birthday": st.sampled_from([None, date(1990, 1, 1), date(2012, 1, 1)]),
        "granted": st.sampled_from([True, True, False, None]),
        "entry_seq": st.sampled_from([None, 3]),
        "suppressed": st.sampled_from([None, None, None, "opt_out", "manual", "else"]),
        "days_ago": st.lists(st.integers(0, 100), max_size=5),
    }
)


def expected_reason(person: dict[str, Any]) -> str | None:
    """The gates once more, in plain Python, one person at a time."""
    granted, seq, suppressed = bool(person["granted"]), person["entry_seq"], person["suppressed"]
    sent = [DAY - timedelta(days=days) for days in person["days_ago"]]

    def within(days: int) -> int:
        return sum(day > DAY - timedelta(days=days) for day in sent)

    cap = list(SETTINGS.tier_caps.values())[person["tier"]]
    checks = [
        ("no_phone", not person["has_phone"]),
        ("opted_out", suppressed == "opt_out" or (not granted and seq is not None)),
        ("suppressed_manual", suppressed == "manual"),
        ("suppressed_other", suppressed is not None),
        ("no_consent", not granted or seq is None),
        ("minor", person["birthday"] == date(2012, 1, 1)),
        ("daily_cap", within(1) >= 1),
        ("weekly_cap", within(7) >= 2),
        ("tier_cap", within(cap.days) >= cap.messages),
    ]
    return next((code for code, refuses in checks if refuses), None)


@settings(max_examples=40, deadline=None)
@given(st.lists(_people, min_size=1, max_size=6))
def test_the_expression_says_what_plain_python_says(people: list[dict[str, Any]]) -> None:
    world = World()
    expected = {}
    for person in people:
        contact = world.contact(
            consent=None, **{key: person[key] for key in ("has_phone", "tier", "birthday")}
        )
        world.standing(contact, **{key: person[key] for key in ("granted", "entry_seq", "suppressed")})
        for days in person["days_ago"]:
            world.message(contact, ago(days))
        expected[contact] = expected_reason(person)
    rows = world.rows(first_reason(world, world.everybody(), MARKETING)).to_pylist()
    world.close()
    assert {row["contact_id"]: row["reason"] for row in rows} == expected


def test_on_the_real_lens(committed_db: str) -> None:
    willing, unwilling, suppressed = (make_contact() for _ in range(3))
    silent = make_contact(consent=())
    child = make_contact(birthday=date(2015, 5, 5))
    now = datetime(2026, 11, 21, 4, 0, tzinfo=NOW.tzinfo)
    withdraw(unwilling, "marketing", at=now, source="console", evidence="电话", actor="amy", now=now)
    with bulk_transaction() as connection:
        row = connection.execute("select phone_index from contact where id = %s", (suppressed,)).fetchone()
    assert row is not None
    suppress_numbers([bytes(row[0])], scope="all", reason="manual", source="console", actor="amy", now=now)
    try:
        mirror = lens()
        mirror.refresh()
        context = GateContext("marketing", now, reads.current_settings())
        audience = mirror.table("contact").select(contact_id="id")
        rows = mirror.rows(first_reason(mirror, audience, context)).to_pylist()
        assert {row["contact_id"]: row["reason"] for row in rows} == {
            willing: None,
            unwilling: "opted_out",
            suppressed: "suppressed_manual",
            silent: "no_consent",
            child: "minor",
        }
        assert all(row["entry_seq"] for row in rows if row["contact_id"] != silent)
        assert reads.refusals(mirror, audience, context).allowed == 1
        assert explain_one(mirror, child, context).reason == "minor"
    finally:
        close_lens()


def test_whom_no_channel_of_a_route_can_carry_is_left_out_by_her_carrier(world: World) -> None:
    mobile, telecom, unknown = (world.contact(carrier=carrier) for carrier in (1, 3, 0))
    routed = replace(MARKETING, routed=True, unrouted=frozenset({3, 0}))
    assert judged(world, routed) == {mobile: None, telecom: "no_route", unknown: "no_route"}
    rows = world.rows(first_reason(world, world.everybody(), routed)).to_pylist()
    assert {row["contact_id"]: row["carrier"] for row in rows} == {mobile: 1, telecom: 3, unknown: 0}
    assert judged(world, MARKETING) == dict.fromkeys((mobile, telecom, unknown))
