"""Bulk writing of contacts: as if one after the other, and nothing is written that says nothing new."""

from __future__ import annotations

from datetime import date
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.factories import NOW, phone
from tests.patience import ONE_WORLD

from xinfeng.contacts.actions import edit_contact
from xinfeng.contacts.models import Contact, Gender, MergeSuggestion, Tag, TagFact
from xinfeng.contacts.records import ContactRecord, Upserted
from xinfeng.contacts.sql import upsert_contacts
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import Carrier


def put(*records: ContactRecord, source_tags: tuple[str, ...] = ()) -> list[Upserted]:
    with bulk_transaction() as raw:
        return upsert_contacts(raw, records, source_tags=source_tags, actor="li", now=NOW, reason="测试")


def changes(*records: ContactRecord) -> list[str]:
    return [result.change for result in put(*records)]


def test_a_new_contact_is_sealed_indexed_and_tagged(db: None) -> None:
    record = ContactRecord(
        phone="13800138000",
        external_id="M1",
        name="王\\小\t明",
        gender=Gender.MALE,
        birthday=date(1990, 2, 3),
        province="广东",
        city="深圳",
        level="金卡",
        attrs={"size": "L", "quote": 'a"b\\n', "n": 3},
        tags=("母婴",),
    )
    [result] = put(record, source_tags=("官网",))
    contact = Contact.objects.get(pk=result.contact_id)
    assert result.change == "new"
    assert vault().open(Kind.PHONE, bytes(contact.phone_sealed or b"")) == "13800138000"
    assert vault().open(Kind.NAME, bytes(contact.name_sealed or b"")) == "王\\小\t明"
    assert bytes(contact.phone_index or b"") == vault().phone_index("13800138000")
    assert (contact.gender, contact.birthday, contact.province, contact.city) == (
        1,
        date(1990, 2, 3),
        "广东",
        "深圳",
    )
    assert contact.carrier == Carrier.MOBILE
    assert contact.attrs == {"size": "L", "quote": 'a"b\\n', "n": 3}
    assert contact.joined_at == NOW
    kinds = dict(Tag.objects.filter(pk__in=contact.tags).values_list("name", "kind"))
    assert kinds == {"官网": "source", "母婴": "manual"}
    assert {(fact.tag_id, fact.actor, fact.reason) for fact in TagFact.objects.all()} == {
        (tag, "li", "测试") for tag in contact.tags
    }


def test_what_is_not_stated_stays_unknown(db: None) -> None:
    [result] = put(ContactRecord(phone=phone()))
    contact = Contact.objects.get(pk=result.contact_id)
    assert (contact.birthday, contact.external_id, contact.name_sealed, contact.level) == (None,) * 4


def test_the_same_twice_changes_nothing_not_even_the_transaction_id(db: None) -> None:
    records = [ContactRecord(phone=phone(), name=f"客户{i}", attrs={"a": i}, tags=("x",)) for i in range(50)]
    first = put(*records, source_tags=("官网",))
    before = _all_rows()
    second = put(*records, source_tags=("官网",))
    assert [result.change for result in second] == ["same"] * 50
    assert [result.contact_id for result in second] == [result.contact_id for result in first]
    assert _all_rows() == before
    assert TagFact.objects.count() == 100


def _all_rows() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("select ctid::text, xmin::text, * from contact order by id")
        return cursor.fetchall()


def test_only_stated_fields_overwrite_and_attributes_merge(db: None) -> None:
    number = phone()
    put(ContactRecord(phone=number, name="甲", city="深圳", attrs={"a": 1, "b": 2}, tags=("x",)))
    [result] = put(ContactRecord(phone=number, city="广州", attrs={"b": 3}, tags=("y",)))
    contact = Contact.objects.get(pk=result.contact_id)
    assert result.change == "changed"
    assert contact.city == "广州"
    assert contact.attrs == {"a": 1, "b": 3}
    assert vault().open(Kind.NAME, bytes(contact.name_sealed or b"")) == "甲"
    assert len(contact.tags) == 2


def test_a_contact_is_found_by_external_id_and_gets_a_new_number(db: None) -> None:
    [first] = put(ContactRecord(phone="13800138000", external_id="M1"))
    [again] = put(ContactRecord(phone="18900138000", external_id="M1"))
    assert again == Upserted(first.contact_id, "changed")
    contact = Contact.objects.get(pk=first.contact_id)
    assert contact.carrier == Carrier.TELECOM
    assert vault().open(Kind.PHONE, bytes(contact.phone_sealed or b"")) == "18900138000"


def test_phone_of_one_and_external_id_of_another_is_a_conflict_that_changes_nothing(db: None) -> None:
    one, other = phone(), phone()
    put(ContactRecord(phone=one, external_id="M1"), ContactRecord(phone=other, external_id="M2"))
    before = _all_rows()
    results = put(ContactRecord(phone=one, external_id="M2", name="谁"), ContactRecord(phone=phone()))
    assert [result.change for result in results] == ["conflict", "new"]
    assert results[0].contact_id is None
    assert _all_rows()[:2] == before


def test_rows_of_one_number_in_a_batch_are_merged_in_order(db: None) -> None:
    number = phone()
    results = put(
        ContactRecord(phone=number, name="甲", city="深圳", attrs={"a": 1}),
        ContactRecord(phone=number, name="乙", attrs={"b": 1}, tags=("x",)),
        ContactRecord(phone=number, city="深圳"),
    )
    assert [result.change for result in results] == ["new", "changed", "same"]
    assert len({result.contact_id for result in results}) == 1
    contact = Contact.objects.get(pk=results[0].contact_id)
    assert vault().open(Kind.NAME, bytes(contact.name_sealed or b"")) == "乙"
    assert contact.attrs == {"a": 1, "b": 1}


def test_external_ids_with_marks_of_their_own_are_found_again(db: None) -> None:
    odd = ['a"b', "c\\d", "{e,f}", "NULL", "g h", "'"]
    first = put(*(ContactRecord(external_id=one) for one in odd))
    again = put(*(ContactRecord(external_id=one) for one in odd))
    assert [result.change for result in first + again] == ["new"] * 6 + ["same"] * 6


def test_long_values_arrive_whole(db: None) -> None:
    [result] = put(ContactRecord(phone=phone(), name="名" * 700, attrs={"a": "长" * 2000}))
    contact = Contact.objects.get(pk=result.contact_id)
    assert vault().open(Kind.NAME, bytes(contact.name_sealed or b"")) == "名" * 700
    assert contact.attrs == {"a": "长" * 2000}


def test_a_record_that_names_nobody_is_refused(db: None) -> None:
    with pytest.raises(InvalidInput, match=r"contact\.unidentified"):
        put(ContactRecord(name="甲"))


def test_nothing_in_nothing_out(db: None) -> None:
    assert put() == []


_PHONES = [f"1380000000{n}" for n in range(3)]
_records = st.lists(
    st.builds(
        ContactRecord,
        phone=st.none() | st.sampled_from(_PHONES),
        external_id=st.none() | st.sampled_from(["A", "B", "C"]),
        name=st.none() | st.sampled_from(["甲", "乙"]),
        city=st.none() | st.sampled_from(["深圳", "广州"]),
        **dict.fromkeys(["gender", "birthday", "province", "level", "language", "joined_at"], st.none()),
        attrs=st.dictionaries(st.sampled_from("ab"), st.integers(0, 2), max_size=2),
        tags=st.lists(st.sampled_from(["x", "y"]), unique=True, max_size=2).map(tuple),
    ).filter(lambda record: record.phone is not None or record.external_id is not None),
    max_size=8,
)


@settings(max_examples=60, suppress_health_check=ONE_WORLD)
@given(records=_records)
def test_a_batch_does_what_its_records_do_one_after_the_other(db: None, records: list[ContactRecord]) -> None:
    _empty()
    together = put(*records)
    in_bulk = _people()
    _empty()
    one_by_one = [put(record)[0] for record in records]
    assert in_bulk == _people()
    assert [result.change == "conflict" for result in together] == [
        result.change == "conflict" for result in one_by_one
    ]
    assert _same_person(together) == _same_person(one_by_one)


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from contact")


def _people() -> set[tuple[object, ...]]:
    names = dict(Tag.objects.values_list("id", "name"))
    return {
        (
            contact.external_id,
            contact.phone_index and bytes(contact.phone_index),
            contact.name_index and bytes(contact.name_index),
            contact.city,
            tuple(sorted(contact.attrs.items())),
            tuple(sorted(names[tag] for tag in contact.tags)),
        )
        for contact in Contact.objects.all()
    }


def _same_person(results: list[Upserted]) -> list[int]:
    """Contact ids as the places where they first appear."""
    ids = [result.contact_id for result in results]
    return [ids.index(contact_id) for contact_id in ids]


def tail_of(contact_id: int | None) -> int | None:
    return Contact.objects.get(pk=contact_id).tail_index


def test_the_last_digits_are_kept_on_every_way_in(db: None) -> None:
    [made, member] = put(
        ContactRecord(phone="13800135678", external_id="M1"), ContactRecord(external_id="M2")
    )
    assert tail_of(made.contact_id) == vault().tail_index("13900005678")
    assert tail_of(member.contact_id) is None
    put(
        ContactRecord(phone="13800131234", external_id="M1"),
        ContactRecord(phone="13800139999", external_id="M2"),
    )
    assert tail_of(made.contact_id) == vault().tail_index("1234")
    assert tail_of(member.contact_id) == vault().tail_index("9999")
    edit_contact(made.contact_id or 0, ContactRecord(phone="13700137777"), actor="li", now=NOW)
    assert tail_of(made.contact_id) == vault().tail_index("7777")


def test_numbers_that_were_there_before_get_their_last_digits(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill = import_module("xinfeng.contacts.migrations.0006_tails")
    monkeypatch.setattr(fill, "_STEP", 2)
    ids = [result.contact_id for result in put(*(ContactRecord(phone=phone()) for _ in range(5)))]
    put(ContactRecord(external_id="M1"))
    wanted = [tail_of(one) for one in ids]
    Contact.objects.update(tail_index=None)
    fill.fill_tails(None, SimpleNamespace(connection=connection))
    assert [tail_of(one) for one in ids] == wanted
    assert Contact.objects.filter(tail_index=None).count() == 1


def test_an_empty_database_is_filled_without_a_key(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    fill = import_module("xinfeng.contacts.migrations.0006_tails")
    monkeypatch.setattr("xinfeng.foundation.vault.vault", lambda: pytest.fail("asked for the key"))
    fill.fill_tails(None, SimpleNamespace(connection=connection))
    assert not Contact.objects.exists()


def test_many_conflicts_leave_one_suggestion_each(db: None) -> None:
    ids = [result.contact_id for result in put(*(ContactRecord(phone=f"1380013800{nr}") for nr in range(3)))]
    other = put(*(ContactRecord(external_id=f"M{nr}") for nr in range(3)))
    mixed = [ContactRecord(phone=f"1380013800{nr}", external_id=f"M{nr}") for nr in (0, 1, 0, 1, 0)]
    assert changes(*mixed) == ["conflict"] * 5
    pairs = set(MergeSuggestion.objects.values_list("one_id", "other_id"))
    assert pairs == {(ids[nr], other[nr].contact_id) for nr in (0, 1)}
    assert set(MergeSuggestion.objects.values_list("score", flat=True)) == {90}
