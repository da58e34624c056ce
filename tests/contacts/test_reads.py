"""Looking contacts up: found by what one knows, shown masked, revealed with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.factories import NOW, make_contact, make_contacts, make_event

from xinfeng.contacts import actions, merging
from xinfeng.contacts.models import EventKind, Tier
from xinfeng.contacts.reads import (
    ContactQuery,
    contact_card,
    contacts_by_id,
    mask_name,
    masked_phone,
    reveal,
    search_contacts,
    tags,
    tier_counts,
    timeline,
)
from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.lens.engine import lens


def found(**query: object) -> list[int]:
    return [row.id for row in search_contacts(ContactQuery(**query)).rows]  # type: ignore[arg-type]


def pages(**query: object) -> Iterator[list[int]]:
    after = ""
    while True:
        page = search_contacts(ContactQuery(**query, after=after))  # type: ignore[arg-type]
        yield [row.id for row in page.rows]
        if page.next is None:
            return
        after = page.next


def test_a_contact_is_found_by_what_one_knows_of_her(db: None) -> None:
    contact = make_contact(phone="13800138000", name="王小明", external_id="M1", tags=("母婴",))
    make_contacts(3)
    for text in ("13800138000", "+86 138 0013 8000", "王小明", "M1", " M1 "):
        assert found(text=text) == [contact]
    for text in (
        "8000",
        "８０００",
        "138****8000",
        "１３８＊＊＊＊８０００",
    ):  # as some keyboards write digits
        assert contact in found(text=text)
    for text in ("138001380", "王", "M", "13800138001", "' or 1=1 --", "%", "王\x00"):
        assert found(text=text) == []
    assert found(tag="母婴") == [contact]
    assert found(tag="没有") == []


def test_numbers_and_names_are_masked(db: None) -> None:
    contact = make_contact(phone="13800138000", name="王小明")
    [row] = search_contacts(ContactQuery(text="王小明")).rows
    assert (row.phone, row.name) == ("138****8000", "王**")
    assert masked_phone(contact) == "138****8000"
    assert "13800138000" not in repr(contact_card(contact))
    assert masked_phone(make_contact(phone=None, external_id="X")) is None


@pytest.mark.parametrize("query", [{}, {"tier": Tier.NONE}, {"tag": "测试"}])
def test_pages_show_everybody_once(db: None, query: dict[str, object]) -> None:
    ids = [*make_contacts(7), *make_contacts(6, at=NOW + timedelta(days=1))]
    shown = list(pages(limit=4, **query))
    assert [len(page) for page in shown] == [4, 4, 4, 1]
    assert sorted(one for page in shown for one in page) == sorted(ids)
    assert set(shown[0]) <= set(ids[7:])


@pytest.mark.parametrize(
    "after",
    ["x", "_", "2025-01-01_1", "2025-01-01T00:00:00+00:00_x", "2025-01-01T00:00:00+00:00_" + "9" * 30],
)
def test_an_invented_place_is_refused(db: None, after: str) -> None:
    with pytest.raises(InvalidInput, match=r"request\.page"):
        search_contacts(ContactQuery(after=after))


def test_a_page_takes_three_questions_however_long(db: None) -> None:
    make_contacts(30, tags=("a", "b"))
    for limit in (2, 30):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            search_contacts(ContactQuery(limit=limit))
        assert len(asked) == 3


def test_revealing_needs_a_reason_and_leaves_an_entry(db: None) -> None:
    actions.declare_attribute(key="illness", label="病史", kind="text", actor="li", sensitive=True)
    contact = make_contact(phone="13800138000", name="王小明", attrs={"illness": "花粉"})
    [hidden] = contact_card(contact).attributes
    assert (hidden.value, hidden.sensitive) == (None, True)
    with pytest.raises(InvalidInput):
        reveal(contact, actor="li", reason="  ")
    assert AuditEntry.objects.filter(action="contact.reveal").count() == 0
    shown = reveal(contact, actor="li", reason="客户来电核对")
    assert (shown.phone, shown.name, shown.attributes) == ("13800138000", "王小明", {"illness": "花粉"})
    entry = AuditEntry.objects.get(action="contact.reveal")
    assert (entry.actor, entry.object_id, entry.detail["reason"]) == ("li", str(contact), "客户来电核对")
    with pytest.raises(NotFound):
        reveal(contact + 1, actor="li", reason="x")


def test_the_timeline_is_complete_page_by_page(db: None) -> None:
    contact = make_contact(at=NOW - timedelta(days=30))
    for days in range(5):
        make_event(contact, at=NOW - timedelta(days=days), item=f"商品{days}")
        make_event(contact, kind=EventKind.VIEW, at=NOW - timedelta(days=days))
    actions.put_tag(contact, "高意向", actor="li", now=NOW - timedelta(days=2), reason="来电")
    whole = timeline(contact)
    assert [item.what for item in whole].count("event") == 10
    assert whole == sorted(whole, key=lambda item: item.at, reverse=True)
    [tagged] = [item for item in whole if item.tag == "高意向"]
    assert (tagged.actor, tagged.reason, tagged.added) == ("li", "来电", True)
    shown, before = [], None
    while page := timeline(contact, before, 3):
        shown += page
        before = page[-1].at
    assert shown == whole


def test_rows_by_id_keep_their_order(db: None) -> None:
    one, two = make_contacts(2)
    assert [row.id for row in contacts_by_id([two, 999_999, one])] == [two, one]


def test_tags_for_filters(db: None) -> None:
    make_contact(tags=("母婴",))
    assert [(tag.name, tag.kind) for tag in tags()] == [("母婴", "manual"), ("测试", "source")]


def test_tiers_are_counted_in_the_lens(committed_db: str) -> None:
    make_contacts(3)
    copy = lens()
    copy.refresh()
    assert tier_counts(copy) == {0: 3}


@pytest.mark.parametrize(
    ("name", "masked"),
    [("王小明", "王**"), ("李", "李"), ("\u202e反向", "反**"), ("【银行】李四", "银**"), ("—", "*")],
)
def test_a_masked_name_begins_with_a_letter(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_the_last_four_digits_and_a_masked_number_are_enough(db: None) -> None:
    one = make_contact(phone="13800135678")
    other = make_contact(phone="13900135678")
    member = make_contact(external_id="5678")
    make_contact(phone="13800138000")
    assert found(text="5678") == [member, other, one]
    for text in ("138****5678", "138 **** 5678", "+86138••••5678", "138-xxxx-5678"):
        assert found(text=text) == [one]
    assert found(text="177****5678") == [] and found(text="0000") == []
    assert [ids for page in pages(text="5678", limit=1) for ids in page] == [member, other, one]


def test_a_number_that_serves_as_member_id_is_found_as_such(db: None) -> None:
    member = make_contact(external_id="13800138000")
    assert found(text="13800138000") == [member]


def test_masked_numbers_come_in_pages(db: None) -> None:
    ids = [make_contact(phone=f"138{nr:04d}7777") for nr in range(5)]
    make_contact(phone="13900007777")
    assert [one for page in pages(text="138****7777", limit=2) for one in page] == ids[::-1]


def test_whoever_was_merged_or_erased_is_in_no_list(db: None) -> None:
    one = make_contact(name="王小明", external_id="M1", tags=("甲",))
    other = make_contact(phone="13800138000", name="王小明", external_id="M2", tags=("甲",))
    merging.merge(one, other, how="manual", actor="li", reason="", now=NOW)
    for query in (
        {},
        {"text": "王小明"},
        {"text": "M2"},
        {"text": "13800138000"},
        {"tag": "甲"},
        {"tier": Tier.NEW},
    ):
        assert found(**query) == [one], query
    assert [row.id for row in contacts_by_id([other, one])] == [one]
    for read in (contact_card, masked_phone):
        with pytest.raises(NotFound):
            read(other)


def test_one_page_tells_everything_of_the_rows_that_became_one(db: None) -> None:
    one, other = make_contact(phone="13900139000"), make_contact(phone="13800138000", external_id="M2")
    third = make_contact(phone="13700137000", external_id="M3")
    make_event(one), make_event(other, at=NOW - timedelta(days=1))
    for row in (other, third):
        merging.merge(one, row, how="manual", actor="li", reason="", now=NOW)
    card = contact_card(one)
    assert [(row.id, row.phone, row.external_id) for row in card.others] == [
        (other, "138****8000", None),
        (third, "137****7000", "M3"),
    ]
    assert card.row.external_id == "M2"
    assert sum(item.what == "event" for item in timeline(one)) == 2
    assert reveal(one, actor="li", reason="客户来电").other_phones == ("13800138000", "13700137000")


def test_pages_of_one_moment_follow_each_other(db: None) -> None:
    ids = make_contacts(7)
    seen = [one for page in pages(limit=3) for one in page]
    assert seen == sorted(ids, reverse=True)


@pytest.mark.parametrize(
    "after", ["x", "1", "2026-01-01_1", "_", "2026-01-01T00:00:00+00:00_-1", "9" * 30, "１"]
)
def test_a_page_nobody_gave_out_is_refused(db: None, after: str) -> None:
    with pytest.raises(InvalidInput, match=r"request\.page"):
        search_contacts(ContactQuery(after=after))


@pytest.mark.parametrize("after", ["x", "-1", "9" * 30, "1_1", "1 or 1=1"])
def test_a_page_by_id_nobody_gave_out_is_refused(db: None, after: str) -> None:
    for query in (ContactQuery(after=after, tier=1), ContactQuery(after=after, text="138****8000")):
        with pytest.raises(InvalidInput, match=r"request\.page"):
            search_contacts(query)


def test_the_lens_answers_filters_as_postgresql_does(committed_db: str) -> None:
    tea = [make_contact(tags=("茶",), province="广东", city="深圳") for _ in range(3)]
    make_contact(tags=("酒",), province="广东", city="深圳")
    gone = make_contact(tags=("茶",), province="广东", city="深圳")
    merging.merge(tea[0], gone, how="manual", actor="li", reason="", now=NOW)
    copy = lens()
    copy.refresh()
    for query in (
        ContactQuery(tag="茶"),
        ContactQuery(tag="没有"),
        ContactQuery(province="广东"),
        ContactQuery(province="' or 1=1 --"),
        ContactQuery(tag="茶", province="广东", tier=0, limit=2),
        ContactQuery(tag="茶", limit=1, after=str(tea[1])),
    ):
        asked = search_contacts(query, copy)
        by_id = sorted((row.id for row in search_contacts(query).rows), reverse=True)
        assert [row.id for row in asked.rows] == by_id
    assert search_contacts(ContactQuery(tag="茶", limit=1), copy).next == str(tea[2])
    narrowed = ContactQuery(among_in_lens=lambda _, contact: contact.filter(contact.id <= tea[1]))
    assert [row.id for row in search_contacts(narrowed, copy).rows] == [tea[1], tea[0]]
