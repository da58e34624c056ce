"""Tags, edits, attributes and tiers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.factories import NOW, make_contact

from xinfeng.contacts import actions
from xinfeng.contacts.models import Contact, Tag, TagFact
from xinfeng.contacts.records import ContactRecord
from xinfeng.foundation.models import AuditEntry
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound

DAY = timedelta(days=1)


def tags_of(contact: int) -> set[str]:
    ids = Contact.objects.get(pk=contact).tags
    return set(Tag.objects.filter(pk__in=ids).values_list("name", flat=True))


def test_tags_are_put_on_and_taken_off_with_facts(db: None) -> None:
    contact = make_contact()
    assert actions.put_tag(contact, " 高  意向 ", actor="li", now=NOW, reason="来电")
    assert not actions.put_tag(contact, "高 意向", actor="li", now=NOW)
    assert "高 意向" in tags_of(contact)
    assert actions.take_tag(contact, "高 意向", actor="wang", now=NOW + DAY)
    assert not actions.take_tag(contact, "高 意向", actor="wang", now=NOW)
    assert not actions.take_tag(contact, "没有", actor="wang", now=NOW)
    facts = TagFact.objects.filter(contact_id=contact, tag_id=Tag.objects.get(name="高 意向").pk).order_by(
        "at"
    )
    assert [(fact.added, fact.actor) for fact in facts] == [(True, "li"), (False, "wang")]
    with pytest.raises(InvalidInput):
        actions.put_tag(contact, "x" * 41, actor="li", now=NOW)
    with pytest.raises(NotFound):
        actions.put_tag(contact + 1, "x", actor="li", now=NOW)


def test_an_edit_changes_what_it_states(db: None) -> None:
    contact = make_contact(name="王", city="深圳", level="金卡", attrs={"a": 1, "b": 2})
    record = ContactRecord(phone="18900138000", name="王小明", attrs={"a": 5})
    actions.edit_contact(contact, record, clear=["level", "attr:b"], actor="li", now=NOW + DAY)
    edited = Contact.objects.get(pk=contact)
    assert vault().open(Kind.NAME, bytes(edited.name_sealed or b"")) == "王小明"
    assert bytes(edited.phone_index or b"") == vault().phone_index("18900138000")
    assert (edited.city, edited.level, edited.attrs, edited.updated_at) == ("深圳", None, {"a": 5}, NOW + DAY)
    assert "18900138000" not in str(AuditEntry.objects.get(action="contact.edit").detail)


def test_provinces_and_cities_typed_in_are_kept_by_their_everyday_names(db: None) -> None:
    stated = ContactRecord(phone="18900138000", province="广西壮族自治区", city=" 南宁市 ")
    added = actions.add_contact(stated, source_tags=["后台"], actor="li", now=NOW)
    contact = make_contact(city="深圳")
    actions.edit_contact(contact, ContactRecord(province="广东省", city="广州市"), actor="li", now=NOW + DAY)
    assert list(
        Contact.objects.filter(pk__in=[added, contact]).order_by("pk").values_list("province", "city")
    ) == [("广西", "南宁"), ("广东", "广州")]


def test_an_edit_cannot_take_anothers_number(db: None) -> None:
    make_contact(phone="18900138000")
    contact = make_contact()
    with pytest.raises(Conflict, match=r"contact\.exists"):
        actions.edit_contact(contact, ContactRecord(phone="18900138000"), actor="li", now=NOW)
    with pytest.raises(InvalidInput, match=r"contact\.not_clearable"):
        actions.edit_contact(contact, ContactRecord(), clear=["phone_sealed"], actor="li", now=NOW)


def test_an_edit_that_says_nothing_new_writes_nothing(db: None) -> None:
    contact = make_contact(city="深圳")
    before = Contact.objects.values().get(pk=contact)
    actions.edit_contact(contact, ContactRecord(city="深圳"), actor="li", now=NOW + DAY)
    assert Contact.objects.values().get(pk=contact) == before


@pytest.mark.parametrize(
    "record",
    [
        ContactRecord(name="x" * 61),
        ContactRecord(city="\x00"),
        ContactRecord(level=" "),
        ContactRecord(gender=7),
    ],
)
def test_what_a_contact_cannot_hold_is_refused(db: None, record: ContactRecord) -> None:
    contact = make_contact()
    with pytest.raises(InvalidInput, match=r"contact\.unfit"):
        actions.edit_contact(contact, record, actor="li", now=NOW)
    with pytest.raises(InvalidInput, match=r"contact\.unfit"):
        actions.add_contact(record._replace(external_id="N1"), source_tags=(), actor="li", now=NOW)


def test_adding_a_contact_twice_is_a_conflict(db: None) -> None:
    record = ContactRecord(phone="13800138000")
    contact = actions.add_contact(record, source_tags=("控制台",), actor="li", now=NOW)
    assert tags_of(contact) == {"控制台"}
    with pytest.raises(Conflict):
        actions.add_contact(record, source_tags=(), actor="li", now=NOW)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"key": "Size"}, "attribute.key"),
        ({"key": "x; drop table"}, "attribute.key"),
        ({"label": " "}, "attribute.label"),
        ({"kind": "blob"}, "attribute.kind"),
        ({"kind": "choice"}, "attribute.choices"),
        ({"choices": ["a"]}, "attribute.choices"),
        ({"kind": "choice", "choices": ["a", "a "]}, "attribute.choices"),
    ],
)
def test_attributes_that_cannot_be(db: None, given: dict[str, object], code: str) -> None:
    base: dict[str, object] = {"key": "size", "label": "尺码", "kind": "text", "actor": "li"}
    with pytest.raises(InvalidInput) as caught:
        actions.declare_attribute(**(base | given))  # type: ignore[arg-type]
    assert caught.value.code == code


def test_an_attribute_is_declared_once(db: None) -> None:
    actions.declare_attribute(key="size", label="尺码", kind="choice", choices=["S", "L"], actor="li")
    with pytest.raises(Conflict):
        actions.declare_attribute(key="size", label="x", kind="text", actor="li")
    assert actions.read_attributes({"size": "L"}) == {"size": "L"}
    assert actions.read_attributes({"size": " "}) == {}
    with pytest.raises(InvalidInput):
        actions.read_attributes({"size": "M"})
    with pytest.raises(NotFound):
        actions.read_attributes({"nope": "M"})
