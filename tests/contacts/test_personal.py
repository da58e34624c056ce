"""What is held about a person is told in full, and erased so that nothing identifying is left."""

from datetime import date, timedelta

import pytest
from django.db import connection
from tests.factories import NOW, make_contact, make_contacts, make_event

from xinfeng.contacts import merging
from xinfeng.contacts.actions import put_tag
from xinfeng.contacts.merging import members
from xinfeng.contacts.models import Contact, ContactState, Event, Merge, MergeSuggestion, Placement, TagFact
from xinfeng.contacts.personal import HOLDINGS
from xinfeng.contacts.reads import ContactQuery, contact_card, search_contacts, timeline
from xinfeng.contacts.suggesting import find_suggestions
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.personal import erasing
from xinfeng.kernel.errors import Conflict, NotFound

SECRETS = (
    "13800138000",
    "13900139000",
    "王小明",
    "M0001",
    "住址",
    "1985-05-06",
    "她说过的话",
    "深圳",
    "金卡",
)


def erase(ids: list[int]) -> None:
    with bulk_transaction() as raw, erasing(raw):
        for holding in sorted(HOLDINGS, key=lambda one: one.order):
            if holding.erase is not None:
                holding.erase(raw, ids, NOW)


def everything() -> str:
    parts = []
    with connection.cursor() as cursor:
        for table in ("contact", "event", "tag_fact", "merge", "merge_suggestion", "tier_fact"):
            cursor.execute(f"select t::text from {table} t")
            parts += [row[0] for row in cursor.fetchall()]
    return "\n".join(parts)


@pytest.fixture
def her(db: None) -> list[int]:
    one = make_contact(
        phone="13800138000",
        name="王小明",
        external_id="M0001",
        birthday=date(1985, 5, 6),
        city="深圳",
        level="金卡",
        attrs={"note": "住址"},
    )
    other = make_contact(phone="13900139000", name="王小明", birthday=date(1985, 5, 6))
    make_contact(name="王小明", birthday=date(1990, 5, 6))
    make_event(one, item="住址", properties={"to": "住址"})
    make_event(other, at=NOW - timedelta(days=1))
    put_tag(one, "她", actor="li", now=NOW, reason="她说过的话")
    find_suggestions(now=NOW)
    merging.merge(one, other, how="manual", actor="li", reason="她说过的话", now=NOW)
    return members(one)


def test_all_of_it_is_told_in_the_clear(her: list[int]) -> None:
    told = {holding.name: list(holding.rows(her)) for holding in HOLDINGS}
    assert [row["phone"] for row in told["contact.profile"]] == ["13800138000", "13900139000"]
    assert told["contact.profile"][0]["name"] == "王小明"
    assert [row["item"] for row in told["contact.events"]] == [None, "住址"]
    assert [row["tag"] for row in told["contact.tags"]][-1] == "她"
    assert told["contact.merges"][0]["reason"] == "她说过的话"


def test_long_histories_are_told_page_by_page(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xinfeng.contacts.personal._PAGE", 3)
    one = make_contact()
    for nr in range(8):
        make_event(one, at=NOW - timedelta(days=nr // 4))
    [events] = [holding for holding in HOLDINGS if holding.name == "contact.events"]
    ats = [row["at"] for row in events.rows([one])]
    assert len(ats) == 8 and ats == sorted(ats)


def test_nothing_that_identifies_is_left(her: list[int]) -> None:
    other_people = make_contacts(2)
    make_event(other_people[0], item="茶")
    erase(her)
    left = everything()
    assert [secret for secret in SECRETS if secret in left] == []
    rows = Contact.objects.filter(pk__in=her).values(
        "state", "phone_index", "name_index", "tail_index", "tags", "attrs", "merged_into"
    )
    nothing = {
        "state": ContactState.ERASED,
        "phone_index": None,
        "name_index": None,
        "tail_index": None,
        "tags": [],
        "attrs": {},
        "merged_into": None,
    }
    assert list(rows) == [nothing, nothing]
    assert not Placement.objects.filter(pk__in=her).exists()
    assert Event.objects.filter(contact_id__in=her, amount_fen=1000).count() == 2
    assert Event.objects.filter(item="茶").exists()
    assert TagFact.objects.filter(contact_id=her[0]).exists()
    assert Merge.objects.get().before == {}
    assert not MergeSuggestion.objects.filter(one_id__in=her).exists()


def test_she_is_found_no_more_and_nothing_brings_her_back(her: list[int]) -> None:
    merge_id = Merge.objects.get().pk
    erase(her)
    erase(her)
    for text in ("13800138000", "13900139000", "8000", "M0001"):
        assert search_contacts(ContactQuery(text=text)).rows == []
    assert her[0] not in [row.id for row in search_contacts(ContactQuery()).rows]
    with pytest.raises(NotFound):
        contact_card(her[0])
    with pytest.raises(Conflict, match="merge.erased"):
        merging.undo(merge_id, actor="li", reason="", now=NOW)
    assert list(next(one for one in HOLDINGS if one.name == "contact.profile").rows(her)) == []
    assert merging.leads_to(her[1]) is None
    assert len(timeline(her[0])) > 0
