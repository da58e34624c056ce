"""Tiers: the rules, that lens and PostgreSQL decide alike, what is written, and how people move."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.factories import NOW, make_contact, make_contacts, make_event
from tests.patience import ONE_WORLD

from xinfeng.consent.actions import append_entries
from xinfeng.consent.ledger import NewEntry
from xinfeng.contacts import actions, tier_flows, tier_placing, tiers
from xinfeng.contacts.masked import tiers_of
from xinfeng.contacts.models import Contact, EventKind, Placement, Tier, TierFact
from xinfeng.contacts.tier_decision import sql_of_decision
from xinfeng.contacts.tier_placing import catch_up_tiers, recompute_tiers
from xinfeng.contacts.tier_rules import ORDER, TierRules, read_rules
from xinfeng.contacts.tiers import (
    change_tier_rules,
    history,
    recompute_tiers_of,
    rule_changes,
    tier_rules,
)
from xinfeng.foundation.database import bulk_transaction, connect
from xinfeng.foundation.ids import take_block
from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.errors import InvalidInput
from xinfeng.lens.engine import Lens, close_lens, lens

DAY = timedelta(days=1)
OLD = NOW - 400 * DAY
BUY, LOOK, CLICK = EventKind.PURCHASE, EventKind.VIEW, EventKind.CLICK


@pytest.fixture
def mirror(committed_db: str) -> Iterator[Lens]:
    found = lens()
    found.refresh()
    yield found
    close_lens()


def tier(contact: int) -> int:
    return tiers_of([contact]).get(contact, Tier.NONE)


def place(*contacts: int, now: datetime = NOW, **named: Any) -> list[int]:
    with bulk_transaction() as raw:
        recompute_tiers_of(raw, contacts, now=now, **named)
    return [tier(one) for one in contacts]


def move(contact: int, before: Tier, into: Tier) -> None:
    """As whoever writes a tier does: the fact goes with it."""
    Placement.objects.update_or_create(pk=contact, defaults={"tier": into})
    TierFact.objects.create(contact_id=contact, before=before, tier=into, at=NOW, cause="test")


def profiling(contact: int, *, granted: bool, at: datetime = NOW) -> None:
    with bulk_transaction() as raw:
        append_entries(raw, [NewEntry(contact, "profiling", granted, at, "form:t", None, "t", "t")], now=at)


def merge(survivor: int, absorbed: int) -> None:
    with bulk_transaction() as raw:
        raw.execute("update contact set state = 1, merged_into = %s where id = %s", (survivor, absorbed))
        raw.execute(
            "insert into merge (survivor_id, absorbed_id, how, at, actor, reason, before, moved, undone_by, "
            "undone_reason) values (%s, %s, 'manual', now(), 'test', '', '{}', '{}', '', '')",
            (survivor, absorbed),
        )


def everybody(now: datetime = NOW) -> dict[str, int]:
    """A person for each way the rules can go, by name; nobody has a tier yet."""
    people = dict(
        zip(
            (
                "active",
                "cooling",
                "dormant",
                "silent",
                "potential",
                "looked_long_ago",
                "peer",
                "said_no",
                "tomorrow",
            ),
            make_contacts(9, at=now - 400 * DAY),
            strict=True,
        )
    ) | {"new": make_contact(at=now - 29 * DAY), "newly_buying": make_contact(at=now - 3 * DAY)}
    for name, kind, days in (
        ("active", BUY, 80),
        ("cooling", BUY, 150),
        ("dormant", BUY, 300),
        ("potential", LOOK, 1),
        ("looked_long_ago", LOOK, 200),
        ("peer", BUY, 1),
        ("said_no", BUY, 1),
        ("newly_buying", BUY, 1),
        ("tomorrow", BUY, -1),
    ):
        make_event(people[name], kind=kind, at=now - days * DAY)
    actions.put_tag(people["peer"], "同业", actor="li", now=now)
    profiling(people["said_no"], granted=False)
    with connection.cursor() as cursor:
        cursor.execute("delete from placement")
    return people


EXPECTED = {
    "active": Tier.ACTIVE,
    "cooling": Tier.NONE,
    "dormant": Tier.DORMANT,
    "silent": Tier.DORMANT,
    "potential": Tier.POTENTIAL,
    "looked_long_ago": Tier.DORMANT,
    "peer": Tier.INDUSTRY,
    "said_no": Tier.NONE,
    "tomorrow": Tier.DORMANT,
    "new": Tier.NEW,
    "newly_buying": Tier.NEW,
}


def test_the_tiers_in_postgres(db: None) -> None:
    people = everybody()
    assert dict(zip(people, place(*people.values()), strict=True)) == EXPECTED
    with bulk_transaction() as raw:
        assert recompute_tiers_of(raw, people.values(), now=NOW) == 0
        assert recompute_tiers_of(raw, [], now=NOW) == 0
        assert recompute_tiers_of(raw, [10**12], now=NOW) == 0


def test_the_tiers_in_the_lens(mirror: Lens) -> None:
    people = everybody()
    assert recompute_tiers(now=NOW) == len([one for one in EXPECTED.values() if one])
    assert {name: tier(one) for name, one in people.items()} == EXPECTED
    assert recompute_tiers(now=NOW) == 0


def test_time_alone_moves_a_contact_on(mirror: Lens) -> None:
    contact = make_contact(at=NOW)
    make_event(contact, at=NOW)
    seen = []
    for days in (1, 40, 100, 200):
        recompute_tiers(now=NOW + days * DAY)
        seen.append(tier(contact))
    assert seen == [Tier.NEW, Tier.ACTIVE, Tier.NONE, Tier.DORMANT]
    assert [(one.before, one.tier, one.cause) for one in reversed(history(contact))] == [
        (Tier.NONE, Tier.NEW, "nightly"),
        (Tier.NEW, Tier.ACTIVE, "nightly"),
        (Tier.ACTIVE, Tier.NONE, "nightly"),
        (Tier.NONE, Tier.DORMANT, "nightly"),
    ]


def test_the_first_tier_of_a_new_contact_is_a_fact(db: None) -> None:
    contact = actions.add_contact(
        actions.ContactRecord(phone="13912340000"), source_tags=(), actor="li", now=NOW
    )
    assert [(one.before, one.tier, one.cause, one.at) for one in history(contact)] == [
        (Tier.NONE, Tier.NEW, "new", NOW)
    ]


def test_what_happened_is_the_cause(db: None) -> None:
    contact = make_contact(at=OLD)
    make_event(contact)
    place(contact)
    place(contact, now=NOW + 200 * DAY, cause="rules")
    assert [(one.tier, one.cause) for one in history(contact)] == [
        (Tier.DORMANT, "rules"),
        (Tier.ACTIVE, "event"),
    ]


def test_rules_that_an_earlier_version_stored_still_hold(db: None) -> None:
    assert read_rules({}) == TierRules()
    assert read_rules({"new_days": 5, "industry_tag": "同行"}) == TierRules(new_days=5, industry_tag="同行")
    rules = TierRules(interactions=(int(CLICK),), order=tuple(reversed(ORDER)))
    assert read_rules(rules.as_json()) == rules


def test_rules_are_data(db: None) -> None:
    actions.declare_attribute(key="peer", label="同行", kind="bool", actor="li")
    contact = make_contact(at=NOW - 10 * DAY, attrs={"peer": True})
    change_tier_rules(TierRules(new_days=5, active_days=7, dormant_days=9), actor="li")
    assert place(contact) == [Tier.DORMANT]
    change_tier_rules(TierRules(industry_attribute="peer"), actor="wang")
    assert place(contact) == [Tier.INDUSTRY]
    assert tier_rules().industry_attribute == "peer"
    assert [(one.actor, one.rules.new_days) for one in rule_changes()] == [("wang", 30), ("li", 5)]
    assert AuditEntry.objects.filter(action="tiers.change").count() == 2
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from procrastinate_jobs where task_name = %s", [tiers.APPLY])
        assert cursor.fetchone() == (2,)


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (TierRules(new_days=0), "tiers.span"),
        (TierRules(active_days=200, dormant_days=100), "tiers.span"),
        (TierRules(dormant_days=9999), "tiers.span"),
        (TierRules(industry_tag="x" * 41), "tiers.tag"),
        (TierRules(industry_tag="a\x00"), "tiers.tag"),
        (TierRules(industry_attribute="a'b"), "tiers.attribute"),
        (TierRules(industry_attribute="a\n"), "tiers.attribute"),
        (TierRules(interactions=(4711,)), "tiers.interactions"),
        (TierRules(order=(1, 2, 3)), "tiers.order"),
        (TierRules(order=(1, 1, 2, 3, 4)), "tiers.order"),
    ],
)
def test_what_cannot_be_meant_is_refused(db: None, rules: TierRules, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        change_tier_rules(rules, actor="li")
    assert caught.value.code == code
    assert tier_rules() == TierRules()


def test_the_decision_reads_no_rule_as_text() -> None:
    assert "同业" not in sql_of_decision(ORDER)


def test_a_merged_person_is_one(mirror: Lens) -> None:
    survivor, absorbed = make_contacts(2, at=OLD)
    make_event(absorbed, at=NOW - DAY)
    place(survivor, absorbed)
    assert tier(survivor) == Tier.DORMANT
    merge(survivor, absorbed)
    assert place(absorbed)[0] == Tier.ACTIVE  # its own row stays as it was
    assert tier(survivor) == Tier.ACTIVE
    with connect() as raw:
        raw.execute("delete from placement")
    assert recompute_tiers(now=NOW) == 1
    assert tier(survivor) == Tier.ACTIVE
    assert tier(absorbed) == Tier.NONE


def test_the_erased_have_no_tier_to_change(mirror: Lens) -> None:
    contact = make_contact(at=OLD)
    make_event(contact)
    with connect() as raw:
        raw.execute("update contact set state = 2")
    assert place(contact) == [Tier.NONE]
    assert recompute_tiers(now=NOW) == 0
    assert history(contact) == []


def test_a_tag_that_was_merged_still_marks_our_trade(db: None) -> None:
    contact = make_contact(at=OLD)
    actions.put_tag(contact, "同行", actor="li", now=NOW)
    actions.put_tag(make_contact(), "同业", actor="li", now=NOW)
    with connection.cursor() as cursor:
        cursor.execute(
            "update tag set merged_into_id = (select id from tag where name = '同行') where name = '同业'"
        )
    assert place(contact) == [Tier.INDUSTRY]


def test_catching_up_reaches_newcomers_and_whoever_kept_a_tier_she_refused(mirror: Lens) -> None:
    imported, buyer = make_contact(at=NOW - DAY), make_contact(at=OLD)
    make_event(buyer)
    profiling(buyer, granted=False)
    move(buyer, Tier.NONE, Tier.ACTIVE)
    mirror.refresh()
    assert catch_up_tiers(mirror, now=NOW) == 2
    assert (tier(imported), tier(buyer)) == (Tier.NEW, Tier.NONE)
    assert history(buyer)[0].cause == "catch_up"
    mirror.refresh()
    assert catch_up_tiers(mirror, now=NOW) == 0


def test_whoever_was_faster_is_not_overwritten(mirror: Lens, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the answer of the lens and the write, somebody buys: her tier is hers."""
    sleeper, other = make_contacts(2, at=OLD)
    recompute_tiers(now=NOW)
    later = NOW + DAY
    move(sleeper, Tier.DORMANT, Tier.POTENTIAL)
    move(other, Tier.DORMANT, Tier.POTENTIAL)
    original, bought = tier_placing.write_changes, []

    def write(*arguments: Any, **named: Any) -> int:
        if not bought:
            bought.append(True)
            make_event(sleeper, at=later)
            place(sleeper, now=later)
        return original(*arguments, **named)

    monkeypatch.setattr(tier_placing, "write_changes", write)
    recompute_tiers(now=later)
    assert (tier(sleeper), tier(other)) == (Tier.ACTIVE, Tier.DORMANT)


def test_a_purchase_that_keeps_the_tier_is_seen_in_a_second_look(
    mirror: Lens, monkeypatch: pytest.MonkeyPatch
) -> None:
    buyer, other = make_contacts(2, at=OLD)
    make_event(buyer, at=NOW - 91 * DAY)
    recompute_tiers(now=NOW)
    later, original, bought = NOW + 5 * DAY, tier_placing.write_changes, []

    def write(*arguments: Any, **named: Any) -> int:
        if not bought:
            bought.append(True)
            make_event(buyer, at=later)
            assert place(buyer, now=later) == [Tier.ACTIVE]  # nothing to write: she still is
        return original(*arguments, **named)

    monkeypatch.setattr(tier_placing, "write_changes", write)
    recompute_tiers(now=later)
    assert tier(buyer) == Tier.ACTIVE
    assert tier(other) == Tier.DORMANT


def test_a_recomputation_goes_on_in_steps_and_says_so(mirror: Lens, monkeypatch: pytest.MonkeyPatch) -> None:
    make_contacts(7, at=OLD)
    monkeypatch.setattr(tier_placing, "_STEP", 3)
    told: list[tuple[int, int]] = []
    assert recompute_tiers(now=NOW, progress=lambda done, of: told.append((done, of))) == 7
    assert told == [(3, 7), (6, 7), (7, 7)]
    assert TierFact.objects.count() == 7


# --- lens and PostgreSQL are one mind ---

moments = st.one_of(
    st.none(),
    st.integers(-2, 500).map(lambda days: NOW - days * DAY),
    st.sampled_from([30, 92, 183, 60]).map(lambda days: NOW - days * DAY),
    st.sampled_from([30, 92, 183, 60]).map(lambda days: NOW - days * DAY - timedelta(microseconds=1)),
)
histories = st.lists(st.tuples(st.sampled_from([BUY, LOOK, CLICK]), moments.filter(bool)), max_size=4)
persons = st.tuples(
    moments.map(lambda at: at or OLD),
    histories,
    st.sampled_from([None, True, False]),  # profiling: never asked, agreed, withdrew
    st.booleans(),  # tagged
    st.sampled_from([{}, {"peer": True}, {"peer": False}, {"kind": "是"}, {"kind": "true"}, {"kind": "否"}]),
    st.booleans(),  # the person before is merged into this one
)
rules_of = st.builds(
    TierRules,
    new_days=st.sampled_from([30, 60]),
    active_days=st.sampled_from([60, 92]),
    dormant_days=st.sampled_from([92, 183]),
    industry_tag=st.sampled_from(["同业", ""]),
    industry_attribute=st.sampled_from(["", "peer", "kind", "unknown"]),
    interactions=st.sampled_from([(), (int(BUY),), (int(LOOK), int(CLICK))]),
    order=st.permutations(ORDER).map(tuple),
)


@pytest.fixture
def world(mirror: Lens) -> Lens:
    actions.declare_attribute(key="peer", label="同行", kind="bool", actor="li")
    actions.declare_attribute(key="kind", label="类别", kind="text", actor="li")
    return mirror


@settings(max_examples=25, suppress_health_check=ONE_WORLD)
@given(people=st.lists(persons, min_size=1, max_size=8), rules=rules_of)
def test_lens_and_postgres_decide_alike(world: Lens, people: list[Any], rules: TierRules) -> None:
    made: list[int] = []
    for joined, events, agreed, tagged, attrs, swallows in people:
        contact = make_contact(at=joined, attrs=attrs)
        for kind, at in events:
            make_event(contact, kind=kind, at=at)
        if agreed is not None:
            profiling(contact, granted=agreed)
        if tagged:
            actions.put_tag(contact, "同业", actor="li", now=NOW)
        if swallows and made and Contact.objects.get(pk=made[-1]).state == 0:
            merge(contact, made[-1])
        made.append(contact)
    change_tier_rules(rules, actor="li")
    world.refresh()
    asked = tier_placing.placed(world, rules, now=NOW)
    by_lens = {row["id"]: row["tier"] for row in world.rows(asked).to_pylist() if row["id"] in made}
    place(*made)
    alive = Contact.objects.filter(pk__in=made, state=0)
    ids = list(alive.values_list("id", flat=True))
    assert dict.fromkeys(ids, 0) | tiers_of(ids) == by_lens


# --- numbers ---


def test_a_preview_says_who_would_move_and_writes_nothing(mirror: Lens) -> None:
    people = everybody()
    recompute_tiers(now=NOW)
    mirror.refresh()
    same = tier_flows.preview(mirror, TierRules(), now=NOW)
    assert same.changed == 0
    assert same.before == same.after == tier_flows.counts(mirror)
    other = tier_flows.preview(mirror, TierRules(active_days=183), now=NOW)
    assert other.moves() == [(Tier.NONE, Tier.ACTIVE, 1)]
    assert other.after[Tier.ACTIVE] == 2
    assert tier(people["cooling"]) == Tier.NONE
    with pytest.raises(InvalidInput, match=r"tiers\.span"):
        tier_flows.preview(mirror, TierRules(new_days=-1), now=NOW)


def test_flows_and_counts_follow_the_facts(mirror: Lens) -> None:
    # In Shanghai: made on the 1st at noon, evening and midnight.
    start = datetime(2026, 3, 1, 4, tzinfo=UTC)
    first, second = make_contacts(2, at=start)
    recompute_tiers(now=start)  # both new
    third = make_contact(at=start + 3 * DAY)
    make_event(first, at=start + DAY)
    recompute_tiers(now=start + 40 * DAY)  # first: active, second and third: potential
    recompute_tiers(now=start + 200 * DAY)  # all dormant
    mirror.refresh()
    beginning, april = date(2026, 3, 1), date(2026, 4, 15)
    march = tier_flows.flows(mirror, beginning, date(2026, 3, 31))
    assert march.people == {(None, Tier.NEW): 2, (None, Tier.NONE): 1}
    assert (march.came, march.changed) == (3, 0)
    spring = tier_flows.flows(mirror, date(2026, 3, 2), april)
    assert spring.people == {
        (Tier.NEW, Tier.ACTIVE): 1,
        (Tier.NEW, Tier.POTENTIAL): 1,
        (None, Tier.POTENTIAL): 1,
    }
    assert spring.changed == 2
    late = tier_flows.flows(mirror, date(2026, 5, 1), date(2026, 12, 31))
    assert late.moves() == [(Tier.POTENTIAL, Tier.DORMANT, 2), (Tier.ACTIVE, Tier.DORMANT, 1)]
    days = dict(tier_flows.daily_counts(mirror, date(2026, 2, 27), date(2026, 12, 31)))
    shown = {day: {Tier(one).name: n for one, n in count.items() if n} for day, count in days.items()}
    assert shown[date(2026, 2, 28)] == {}
    assert shown[date(2026, 3, 1)] == {"NEW": 2}
    assert shown[date(2026, 3, 4)] == {"NEW": 2, "NONE": 1}
    assert shown[april] == {"ACTIVE": 1, "POTENTIAL": 2}
    assert shown[date(2026, 12, 31)] == {"DORMANT": 3}
    assert len(days) == 308
    assert third
    with connect() as raw:
        raw.execute("update contact set state = 2 where id = %s", (second,))
    mirror.refresh()
    assert tier_flows.flows(mirror, beginning, april).came == 2
    assert tier_flows.daily_counts(mirror, beginning, beginning)[0][1][Tier.NEW] == 1


@pytest.mark.parametrize(("first", "last"), [(2, 1), (0, 4000)])
def test_a_period_must_be_one(db: None, first: int, last: int) -> None:
    day = date(2026, 1, 1)
    for ask in (tier_flows.flows, tier_flows.daily_counts):
        with pytest.raises(InvalidInput, match=r"tiers\.period"):
            ask(None, day + first * DAY, day + last * DAY)  # type: ignore[arg-type]


def test_it_waits_for_other_writers_of_contacts(committed_db: str) -> None:
    """The turn is taken before anything is read, so what is decided is decided on the latest."""
    contact = make_contact(at=OLD)
    with connect() as other:
        take_block(other, "contact", 0)
        with connect() as mine, pytest.raises(Exception, match="lock timeout"):
            mine.execute("set lock_timeout = '50ms'")
            recompute_tiers_of(mine, [contact], now=NOW)
