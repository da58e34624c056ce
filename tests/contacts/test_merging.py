"""Two rows that are one person: merged, read as one, taken apart again exactly."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories import NOW, make_contact, make_contacts, phone

from xinfeng.contacts import merging
from xinfeng.contacts.actions import edit_contact, put_tag
from xinfeng.contacts.combining import FIELDS, combined, taken_apart
from xinfeng.contacts.merging import members, merge, undo
from xinfeng.contacts.models import Contact, ContactState, Merge, MergeSuggestion, TagFact
from xinfeng.contacts.reads import ContactQuery, search_contacts
from xinfeng.contacts.records import ContactRecord, Upserted
from xinfeng.contacts.sql import find_by_external_ids, find_by_phone_indexes, upsert_contacts
from xinfeng.contacts.suggesting import dismiss, find_suggestions, suggestion, suggestions, suggestions_for
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.vault import vault
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound


def put(*records: ContactRecord) -> list[Upserted]:
    with bulk_transaction() as raw:
        return upsert_contacts(raw, records, actor="li", now=NOW)


def merged(survivor: int, absorbed: int) -> int:
    return merge(survivor, absorbed, how="manual", actor="li", reason="同一人", now=NOW)


def row(contact_id: int) -> dict[str, Any]:
    found = Contact.objects.values().get(pk=contact_id)
    for name in ("xid", "updated_at"):
        del found[name]
    return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in found.items()}


def numbers_of(contact_id: int) -> bytes | None:
    return row(contact_id)["phone_index"]  # type: ignore[no-any-return]


def test_the_survivor_speaks_for_both_and_keeps_what_she_stated(db: None) -> None:
    one = make_contact(phone="13800138000", name="王明", city="深圳", tags=("甲",), attrs={"a": 1, "b": 1})
    other = make_contact(
        external_id="M2",
        name="王小明",
        birthday=date(1990, 1, 2),
        gender=2,
        tags=("乙",),
        attrs={"b": 2, "c": 3},
        joined_at=NOW - timedelta(days=9),
    )
    other_number = numbers_of(other)
    merged(one, other)
    now = row(one)
    assert now["phone_index"] == vault().phone_index("13800138000") and numbers_of(other) == other_number
    assert now["name_index"] == vault().index("王明")
    assert (now["external_id"], now["birthday"], now["gender"]) == ("M2", date(1990, 1, 2), 2)
    assert (now["city"], now["attrs"]) == ("深圳", {"a": 1, "b": 1, "c": 3})
    assert now["joined_at"] == NOW - timedelta(days=9)
    assert len(now["tags"]) == 3
    assert TagFact.objects.filter(contact_id=one, reason__startswith=merging.MERGE_REASON).count() == 1
    assert row(other)["state"] == ContactState.MERGED and row(other)["merged_into"] == one


def test_a_number_of_the_absorbed_row_leads_to_the_survivor(db: None) -> None:
    one, other = make_contact(phone="13800138000"), make_contact(phone="13900139000", external_id="M2")
    make_contact()
    with bulk_transaction() as raw:
        merged(one, other)
        index = vault().phone_index("13900139000")
        assert find_by_phone_indexes(raw, [index]) == {index: one}
        assert find_by_external_ids(raw, ["M2"]) == {"M2": one}
    assert [found.id for found in search_contacts(ContactQuery(text="13900139000")).rows] == [one]


def test_a_source_that_knows_the_other_number_is_a_match_and_moves_nothing(db: None) -> None:
    one = make_contact(phone="13800138000", external_id="M1")
    other = make_contact(phone="13900139000", external_id="M2")
    merged(one, other)
    before = row(one)
    same = put(
        ContactRecord(phone="13900139000", external_id="M2"),
        ContactRecord(phone="13900139000"),
        ContactRecord(phone="13900139000", external_id="M1"),
        ContactRecord(phone="13800138000", external_id="M2"),
    )
    assert same == [Upserted(one, "same")] * 4
    assert row(one) == before
    assert put(ContactRecord(phone="13900139000", external_id="M2", level="金卡")) == [
        Upserted(one, "changed")
    ]
    assert (row(one)["level"], numbers_of(one)) == ("金卡", before["phone_index"])


def test_a_survivor_without_a_number_takes_the_other_ones(db: None) -> None:
    one, other = make_contact(phone=None, external_id="M1"), make_contact(phone="13900139000", city=None)
    before = row(one), row(other)
    merge_id = merged(one, other)
    assert numbers_of(one) == vault().phone_index("13900139000") and numbers_of(other) is None
    assert row(one)["tail_index"] == vault().tail_index("13900139000")
    assert (row(one)["city"], row(one)["region_guessed"]) == (row(other)["city"], True)
    undo(merge_id, actor="li", reason="弄错了", now=NOW)
    assert (row(one), row(other)) == before


def test_undoing_gives_both_back_exactly(db: None) -> None:
    one = make_contact(name="王明", tags=("甲",), attrs={"a": 1})
    other = make_contact(external_id="M2", birthday=date(1990, 1, 2), tags=("乙",), attrs={"c": 3})
    third = make_contact()
    merged(other, third)
    before = [row(contact) for contact in (one, other, third)]
    merge_id = merged(one, other)
    assert members(one) == [one, other, third] and row(third)["merged_into"] == one
    undo(merge_id, actor="zhao", reason="两个人", now=NOW)
    assert [row(contact) for contact in (one, other, third)] == before
    assert members(one) == [one] and members(other) == [other, third]
    with pytest.raises(Conflict, match="merge.undone_already"):
        undo(merge_id, actor="li", reason="", now=NOW)


def test_what_changed_since_stays_when_a_merge_is_undone(db: None) -> None:
    one, other = make_contact(), make_contact(external_id="M2", level="银卡", attrs={"c": 3, "d": 4})
    merge_id = merged(one, other)
    edit_contact(one, ContactRecord(level="金卡", attrs={"c": 5}), actor="li", now=NOW)
    put_tag(one, "丙", actor="li", now=NOW)
    undo(merge_id, actor="li", reason="", now=NOW)
    assert (row(one)["level"], row(one)["attrs"], row(one)["external_id"]) == ("金卡", {"c": 5}, None)
    assert len(row(one)["tags"]) == 2
    assert (row(other)["level"], row(other)["external_id"]) == ("银卡", "M2")


def test_chains_lead_to_whoever_speaks_now_and_are_undone_from_the_end(db: None) -> None:
    one, other, third = make_contacts(3)
    first = merged(other, third)
    second = merged(one, other)
    with pytest.raises(Conflict, match="merge.later_first"):
        undo(first, actor="li", reason="", now=NOW)
    undo(second, actor="li", reason="", now=NOW)
    undo(first, actor="li", reason="", now=NOW)
    assert [members(contact) for contact in (one, other, third)] == [[one], [other], [third]]


def test_a_number_that_is_somebody_elses_by_now_cannot_go_back(db: None) -> None:
    one, other = make_contact(phone=None, external_id="M1"), make_contact(phone="13900139000")
    merge_id = merged(one, other)
    edit_contact(one, ContactRecord(phone="13800138000"), actor="li", now=NOW)
    make_contact(phone="13900139000")
    with pytest.raises(Conflict, match="merge.key_taken"):
        undo(merge_id, actor="li", reason="", now=NOW)
    assert row(other)["state"] == ContactState.MERGED


def test_only_two_people_who_are_there_can_be_merged(db: None) -> None:
    one, other = make_contacts(2)
    with pytest.raises(InvalidInput, match="merge.same"):
        merged(one, one)
    with pytest.raises(NotFound, match="contact.unknown"):
        merged(one, 10**12)
    with pytest.raises(InvalidInput, match="merge.how"):
        merge(one, other, how="x' or 1=1", actor="li", reason="", now=NOW)
    merged(one, other)
    for pair in ((one, other), (other, one)):
        with pytest.raises(NotFound, match="contact.unknown"):
            merged(*pair)
    with pytest.raises(NotFound, match="contact.unknown"):
        edit_contact(other, ContactRecord(name="x"), actor="li", now=NOW)


def test_a_conflict_is_reported_and_suggested(db: None) -> None:
    one, other = make_contact(phone="13800138000"), make_contact(external_id="M2")
    assert put(ContactRecord(phone="13800138000", external_id="M2", name="王")) == [
        Upserted(None, "conflict")
    ]
    put(ContactRecord(phone="13800138000", external_id="M2"))
    [found], rest = suggestions()
    assert ((found.one.id, found.other.id), found.why, rest) == (
        (one, other),
        ("phone_external_conflict",),
        None,
    )
    merged(one, other)
    assert put(ContactRecord(phone="13800138000", external_id="M2")) == [Upserted(one, "same")]
    assert suggestions() == ([], None)


def test_likely_pairs_are_found_and_families_of_names_are_not(db: None) -> None:
    born = date(1990, 1, 2)
    pair = [make_contact(name="王明", birthday=born) for _ in range(2)]
    hint = [make_contact(name="李雷", city="深圳", province="广东", gender=1) for _ in range(2)]
    for _ in range(6):
        make_contact(name="张伟", birthday=born, city="广州", province="广东", gender=1)
    make_contact(name="赵静", birthday=born)
    make_contact(name="赵静", birthday=date(1991, 1, 2))
    for _ in range(2):
        make_contact(name="孙悟", gender=1)  # the city is guessed: says nothing
    assert find_suggestions(now=NOW) == 2
    found, _ = suggestions()
    assert [[s.one.id, s.other.id] for s in found] == [pair, hint]
    assert found[0].score > found[1].score and found[0].one.phone and "*" in found[0].one.phone
    assert [s.id for s in suggestions_for(pair[1])] == [found[0].id]


def test_what_was_dismissed_or_undone_is_not_suggested_again_and_what_no_longer_holds_goes(db: None) -> None:
    pairs = [
        [make_contact(name=name, birthday=date(1990, 1, 2)) for _ in range(2)]
        for name in ("甲一", "乙二", "丙三")
    ]
    find_suggestions(now=NOW)
    first = suggestions_for(pairs[0][0])[0]
    dismiss(first.id, actor="li", now=NOW)
    undo(merged(*pairs[1]), actor="li", reason="", now=NOW)
    edit_contact(pairs[2][0], ContactRecord(name="丙四"), actor="li", now=NOW)
    assert find_suggestions(now=NOW + timedelta(days=1)) == 0
    assert MergeSuggestion.objects.filter(dismissed_at=None).count() == 0
    for call in (lambda: dismiss(first.id, actor="li", now=NOW), lambda: suggestion(first.id)):
        with pytest.raises(NotFound, match="suggestion.unknown"):
            call()


def test_no_more_are_suggested_than_people_look_through(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xinfeng.contacts.suggesting.MOST_OPEN", 3)
    for nr in range(12):
        for _ in range(2):
            make_contact(name=f"人{nr}", birthday=date(1990, 1, 2))
    assert 0 < find_suggestions(now=NOW) <= 3
    assert 0 < find_suggestions(now=NOW + timedelta(days=1)) <= 3


def test_suggestions_come_in_pages(db: None) -> None:
    for nr in range(5):
        for _ in range(2):
            make_contact(name=f"人{nr}", birthday=date(1990, 1, 2))
    find_suggestions(now=NOW)
    seen: list[int] = []
    after: str | None = ""
    while after is not None:
        page, after = suggestions(after=after, limit=2)
        seen += [one.id for one in page]
    assert len(seen) == len(set(seen)) == 5
    for hostile in ("x", "1_", "1_x", "-1_2", "1_99999999999999999999", "1' or 1=1_2"):
        with pytest.raises(InvalidInput, match="request.page"):
            suggestions(after=hostile)


def test_merges_are_listed_with_who_and_why(db: None) -> None:
    one, other, third = make_contacts(3)
    first, second = merged(one, other), merged(one, third)
    undo(first, actor="zhao", reason="两个人", now=NOW)
    assert [found.id for found in merging.merges_of(one)] == [second, first]
    assert merging.merges()[1].undone_reason == "两个人"
    assert [found.id for found in merging.merges(in_force=True)] == [second]
    assert [found.id for found in merging.merges(before_id=second)] == [first]
    assert Merge.objects.get(pk=first).before


_optional = st.one_of(st.none(), st.sampled_from(["x", "y"]))
_rows = st.fixed_dictionaries(
    {
        "external_id": _optional,
        "phone_index": _optional,
        "name_index": _optional,
        "gender": st.integers(0, 2),
        "birthday": _optional,
        "province": _optional,
        "city": _optional,
        "region_guessed": st.booleans(),
        "level": _optional,
        "tags": st.lists(st.integers(1, 4), unique=True),
        "attrs": st.dictionaries(st.sampled_from("ab"), st.integers(0, 2)),
        "joined_at": st.integers(0, 5),
    }
).map(
    lambda one: {
        **one,
        "phone_sealed": one["phone_index"],
        "tail_index": one["phone_index"],
        "carrier": int(one["phone_index"] is not None),
        "name_sealed": one["name_index"],
    }
)


@given(_rows, _rows)
def test_combining_loses_nothing_stated_and_comes_apart(one: dict[str, Any], other: dict[str, Any]) -> None:
    changes = combined(one, other)
    both = {**one, **changes}
    assert set(both) == set(FIELDS)
    for name in ("external_id", "phone_index", "name_index", "birthday", "level"):
        assert both[name] == (other[name] if one[name] is None else one[name])
    assert set(both["tags"]) == {*one["tags"], *other["tags"]}
    assert {**one, **changes, **taken_apart(both, one, other)} == one


def test_a_fresh_number_still_makes_a_new_contact(db: None) -> None:
    one, other = make_contacts(2)
    merged(one, other)
    [made] = put(ContactRecord(phone=phone()))
    assert made.change == "new" and made.contact_id not in (one, other)
