"""Events are appended once each, wherever in time they lie."""

from __future__ import annotations

from datetime import timedelta

from tests.factories import NOW, make_contact

from xinfeng.contacts.models import Event, EventKind
from xinfeng.contacts.records import EventRecord
from xinfeng.contacts.sql import append_events
from xinfeng.foundation.database import bulk_transaction


def put(*events: EventRecord) -> list[bool]:
    with bulk_transaction() as raw:
        return append_events(raw, events, now=NOW)


def event(contact: int, source_id: str, *, days_ago: int = 0, source: str = "shop") -> EventRecord:
    return EventRecord(
        contact,
        EventKind.PURCHASE,
        NOW - timedelta(days=days_ago),
        source,
        source_id,
        amount_fen=1990,
        item="奶粉\t1段",
        category="母婴",
        properties={"数量": 2, "注": "a\\b"},
    )


def test_an_event_is_taken_once(db: None) -> None:
    contact = make_contact()
    assert put(event(contact, "1"), event(contact, "2"), event(contact, "1")) == [True, True, False]
    assert put(event(contact, "2"), event(contact, "3")) == [False, True]
    assert Event.objects.count() == 3


def test_ids_of_different_senders_do_not_meet(db: None) -> None:
    contact = make_contact()
    assert put(event(contact, "1", source="shop"), event(contact, "1", source="crm")) == [True, True]


def test_what_was_given_comes_back(db: None) -> None:
    contact = make_contact()
    put(event(contact, "1"))
    row = Event.objects.get()
    assert (row.contact_id, row.kind, row.at, row.amount_fen, row.item, row.category) == (
        contact,
        EventKind.PURCHASE,
        NOW,
        1990,
        "奶粉\t1段",
        "母婴",
    )
    assert row.properties == {"数量": 2, "注": "a\\b"}


def test_old_and_absurd_times_find_their_place(db: None) -> None:
    contact = make_contact()
    assert put(*(event(contact, str(days), days_ago=days) for days in (0, 800, 20_000, -3_000))) == [True] * 4
    assert Event.objects.count() == 4
