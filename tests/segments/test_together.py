"""Rules over what the other slices keep: traits, merged people, numbers, tiers over time, sensitive attributes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from tests.factories import NOW, make_contact, make_event

from xinfeng.consent.actions import append_entries
from xinfeng.consent.ledger import NewEntry
from xinfeng.contacts import merging, traits
from xinfeng.contacts.models import Attribute, Contact, EventKind
from xinfeng.contacts.trait_definitions import Definition, Measure
from xinfeng.foundation.database import bulk_transaction
from xinfeng.hygiene.models import State
from xinfeng.kernel.errors import InvalidInput
from xinfeng.lens.engine import Lens
from xinfeng.segments import actions, reads
from xinfeng.segments.attributes import NUMBER_STATES


def who(mirror: Lens, rule: Any) -> set[int]:
    mirror.refresh()
    question = reads.rule_audience(mirror, reads.parse_rule(rule), NOW)
    found: list[int] = mirror.rows(question).column("contact_id").to_pylist()
    assert len(found) == len(set(found))
    return set(found)


def say(contact_id: int, purpose: str, *, granted: bool) -> None:
    with bulk_transaction() as at:
        entry = NewEntry(contact_id, purpose, granted, NOW, "form:test", None, "test", "test")
        append_entries(at, [entry], now=NOW)


def test_traits_are_attributes_of_who_has_them(mirror: Lens) -> None:
    spender, thrifty, refused = make_contact(), make_contact(), make_contact()
    for contact, fen in ((spender, 90_000), (thrifty, 1_000), (refused, 90_000)):
        make_event(contact, amount_fen=fen, at=NOW - timedelta(days=3))
    say(refused, "profiling", granted=False)
    traits.define_trait(
        key="spent",
        label="累计消费",
        definition=Definition(Measure.SUM_FEN, (int(EventKind.PURCHASE),)),
        actor="li",
    )
    traits.define_trait(
        key="last",
        label="最近购买",
        definition=Definition(Measure.LAST_AT, (int(EventKind.PURCHASE),)),
        actor="li",
    )
    mirror.refresh()
    traits.refresh_traits(mirror, now=NOW)
    much = {"attribute": "trait:spent", "op": "at_least", "value": 50_000}
    assert who(mirror, much) == {spender}
    assert who(mirror, {"not": much}) == {thrifty, refused}
    assert who(mirror, {"attribute": "trait:last", "op": "in_last_days", "value": 7}) == {spender, thrifty}
    segment = actions.create_segment(name="花得多", rule=much, actor="ada")
    assert reads.reading(segment) == "累计消费至少 500 元" and reads.profiles(segment)
    traits.archive_trait("spent", actor="li")
    with pytest.raises(InvalidInput):
        reads.parse_rule(much)


def test_what_was_done_before_a_merge_is_hers(mirror: Lens) -> None:
    survivor, absorbed, other = make_contact(), make_contact(), make_contact()
    for days in (100, 60, 20):
        make_event(absorbed, at=NOW - timedelta(days=days))
    listed = actions.create_list(name="名单", contact_ids=[absorbed, other], actor="ada")
    merging.merge(survivor, absorbed, how="manual", actor="ada", reason="同一人", now=NOW)
    bought = {"event": "purchase", "measure": "count", "op": "at_least", "value": 3}
    assert who(mirror, bought) == {survivor}
    assert who(mirror, {"not": bought}) == {other}
    assert who(mirror, {"segment": listed.pk, "op": "in"}) == {survivor, other}
    assert who(mirror, {"rhythm": "purchase", "op": "silent", "times": 1}) == set()


def test_a_sensitive_attribute_is_only_looked_at_with_its_own_consent(mirror: Lens) -> None:
    Attribute.objects.create(key="blood", label="血型", kind="text", sensitive=True)
    agreed, silent, refused = make_contact(), make_contact(), make_contact()
    Contact.objects.all().update(attrs={"blood": "A"})
    say(agreed, "sensitive:blood", granted=True)
    say(refused, "sensitive:blood", granted=False)
    is_a = {"attribute": "attr_blood", "op": "is", "value": "A"}
    assert who(mirror, is_a) == {agreed}
    assert who(mirror, {**is_a, "op": "is_not"}) == set()
    assert who(mirror, {"attribute": "attr_blood", "op": "is_set"}) == {agreed}
    assert who(mirror, {"attribute": "attr_blood", "op": "is_not_set"}) == set()
    assert who(mirror, {"not": is_a}) == {silent, refused}
    said_no = {"consent": "sensitive:blood", "op": "withdrawn"}
    assert who(mirror, said_no) == {refused}
    segment = actions.create_segment(name="拒绝", rule=said_no, actor="ada")
    assert reads.reading(segment) == "已撤回使用敏感信息「血型」授权"


def test_states_of_numbers_are_those_of_hygiene(mirror: Lens) -> None:
    assert [(code.number, code.label.zh) for code in NUMBER_STATES] == [
        (state.value, state.label) for state in State
    ]
    sick, well = make_contact(), make_contact()
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into number_state (contact_id, state, quarantined, quarantine) values (%s, 3, true, 'receipts')"
            " on conflict (contact_id) do update set state = 3, quarantined = true, quarantine = 'receipts'",
            (sick,),
        )
    gone = {"attribute": "number:state", "op": "in", "value": ["not_existing", "out_of_service"]}
    assert who(mirror, gone) == {sick}
    assert who(mirror, {"attribute": "number:quarantined", "op": "is_true"}) == {sick}
    assert who(mirror, {"attribute": "number:quarantined", "op": "is_false"}) == {well}


def test_tiers_over_time(mirror: Lens) -> None:
    fell, stayed = make_contact(), make_contact()
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into tier_fact (contact_id, before, tier, at, cause) values (%s, 2, 3, %s, 'nightly')",
            (fell, NOW - timedelta(days=5)),
        )
    rule = {"tier_change": "dormant", "op": "did", "from": "active", "period": {"days": 7}}
    assert who(mirror, rule) == {fell}
    assert who(mirror, {**rule, "op": "did_not"}) == {stayed}
    assert who(mirror, {**rule, "period": {"days": 3}}) == set()
    assert who(mirror, {**rule, "from": "new"}) == set()


def test_refused_profiling_is_out_of_reach_only_where_habits_choose(mirror: Lens) -> None:
    one, other = make_contact(city="杭州"), make_contact(city="杭州")
    for contact in (one, other):
        make_event(contact)
    say(other, "profiling", granted=False)
    mirror.refresh()
    habits = reads.parse_rule({"event": "purchase", "measure": "count", "op": "at_least", "value": 1})
    stated = reads.parse_rule({"attribute": "city", "op": "is", "value": "杭州"})
    assert reads.live_numbers(mirror, habits, "marketing", NOW).reachable == 1
    assert reads.live_numbers(mirror, stated, "marketing", NOW).reachable == 2
