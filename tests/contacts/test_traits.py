"""Computed traits: what may be defined, and that the values are those the events say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from tests.factories import NOW, make_contact, make_contacts, make_event

from xinfeng.consent.actions import append_entries
from xinfeng.consent.ledger import NewEntry
from xinfeng.contacts import clock, traits
from xinfeng.contacts.models import EventKind, Trait
from xinfeng.contacts.trait_definitions import KINDS, Definition, Measure, read_definition
from xinfeng.contacts.trait_values import TABLE
from xinfeng.contacts.traits import (
    archive_trait,
    catch_up_traits,
    declared,
    define_trait,
    edit_trait,
    install_ready_made,
    refresh_traits,
    restore_trait,
    values_of,
)
from xinfeng.foundation.database import bulk_transaction, connect
from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.lens.engine import Lens, close_lens, lens

DAY = timedelta(days=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
BUY, LOOK = int(EventKind.PURCHASE), int(EventKind.VIEW)


@pytest.fixture
def mirror(committed_db: str) -> Iterator[Lens]:
    found = lens()
    found.refresh()
    yield found
    close_lens()


def define(key: str, measure: Measure, **narrowed: Any) -> None:
    define_trait(key=key, label=key, definition=Definition(measure, **narrowed), actor="li")


def computed(mirror: Lens, *, now: datetime = NOW) -> dict[int, dict[str, Any]]:
    mirror.refresh()
    refresh_traits(mirror, now=now)
    ids = mirror.rows(mirror.table("contact").select("id")).column("id").to_pylist()
    return values_of(mirror, ids)


def withdraw_profiling(contact: int, *, granted: bool = False, at: datetime = NOW) -> None:
    with bulk_transaction() as raw:
        entry = NewEntry(contact, "profiling", granted, at, "form:test", None, "test", "test")
        append_entries(raw, [entry], now=at)


def test_every_measure(mirror: Lens) -> None:
    buyer, looker, nobody = make_contacts(3)
    make_event(buyer, at=NOW - 10 * DAY, amount_fen=1000, category="鞋", item="跑鞋")
    make_event(buyer, at=NOW - 10 * DAY + timedelta(hours=1), amount_fen=500, category="袜", item="棉袜")
    make_event(buyer, at=NOW - 2 * DAY, amount_fen=300, category="鞋", item="跑鞋")
    make_event(looker, kind=EventKind.VIEW, at=NOW - DAY, amount_fen=None, category="伞", item="雨伞")
    for measure in Measure:
        define(f"any_{measure.value}", measure)
        define(f"bought_{measure.value}", measure, kinds=(BUY,))
    values = computed(mirror)
    assert {
        name.removeprefix("bought_"): values[buyer][name] for name in values[buyer] if "bought" in name
    } == {
        "last_at": NOW - 2 * DAY,
        "first_at": NOW - 10 * DAY,
        "count": 3,
        "sum_fen": 1800,
        "average_fen": 600,
        "favourite_category": "鞋",
        "favourite_item": "跑鞋",
        "usual_hour": 12,
        "interval_days": 8.0,
        "distinct_days": 2,
    }
    assert values[looker]["any_favourite_category"] == "伞"
    assert values[looker]["any_interval_days"] is None
    assert values[looker]["any_count"] == 1
    assert values[looker]["bought_last_at"] is None
    none = {name: value for name, value in values[nobody].items() if value not in (None, 0)}
    assert none == {}
    assert (
        values[nobody]["any_count"]
        == values[nobody]["any_distinct_days"]
        == values[nobody]["any_sum_fen"]
        == 0
    )


def test_only_the_events_a_definition_names(mirror: Lens) -> None:
    contact = make_contact()
    for days, kind, category, item in (
        (0, BUY, "鞋", "红色跑鞋"),
        (5, LOOK, "鞋", "跑鞋"),
        (6, BUY, "伞", "雨伞"),
        (7, BUY, "鞋", "凉鞋"),
        (-1, BUY, "鞋", "跑鞋"),  # a clock that runs ahead somewhere
    ):
        make_event(contact, kind=kind, at=NOW - days * DAY, category=category, item=item)
    define("everything", Measure.COUNT)
    define("bought", Measure.COUNT, kinds=(BUY,))
    define("bought_or_looked", Measure.COUNT, kinds=(LOOK, BUY))
    define("shoes", Measure.COUNT, category="鞋")
    define("runners", Measure.COUNT, item="跑鞋")
    define("today", Measure.COUNT, days=1)
    define("week", Measure.COUNT, days=7)
    define("week_interval", Measure.INTERVAL_DAYS, days=7, kinds=(BUY,))
    assert computed(mirror)[contact] == {
        "everything": 4,
        "bought": 3,
        "bought_or_looked": 4,
        "shoes": 3,
        "runners": 2,
        "today": 1,
        "week": 3,
        "week_interval": 6.0,
    }
    assert computed(mirror, now=NOW + 30 * DAY)[contact]["week"] == 0


def test_days_and_hours_are_the_enterprises(mirror: Lens) -> None:
    contact = make_contact()
    midnight = datetime(2026, 11, 9, 16, 0, tzinfo=UTC)  # 00:00 of the 10th in Shanghai
    for at in (midnight - timedelta(seconds=1), midnight, midnight + timedelta(hours=23, minutes=59)):
        make_event(contact, at=at)
    define("days", Measure.DISTINCT_DAYS)
    define("hour", Measure.USUAL_HOUR)
    assert computed(mirror)[contact] == {"days": 2, "hour": 23}


def test_among_equals_the_latest_wins(mirror: Lens) -> None:
    contact = make_contact()
    for hours, category in ((0, "甲"), (5, "乙"), (9, "甲"), (12, "乙")):
        make_event(contact, at=NOW - DAY + timedelta(hours=hours), category=category)
    define("category", Measure.FAVOURITE_CATEGORY)
    assert computed(mirror)[contact]["category"] == "乙"
    make_event(contact, at=NOW - 200 * DAY, category="甲")
    assert computed(mirror)[contact]["category"] == "甲"


def test_values_are_what_plain_arithmetic_says(mirror: Lens) -> None:
    """Against a second computation in Python, over people with many, few and no events, in several slices."""
    people = make_contacts(12)
    events: dict[int, list[tuple[datetime, int | None, str | None]]] = defaultdict(list)
    for number in range(300):
        contact = people[(number * number) % 11]
        at = NOW - timedelta(hours=(number * 37) % 4000, seconds=number)
        amount, category = (number * 91) % 7000 or None, f"类{number % 4}" if number % 5 else None
        make_event(contact, at=at, amount_fen=amount, category=category)
        events[contact].append((at, amount, category))
    for measure in Measure:
        define(measure.value, measure)
    values = computed(mirror)
    for contact in people:
        assert values[contact] | {"favourite_item": None} == expected(events[contact])


def expected(events: list[tuple[datetime, int | None, str | None]]) -> dict[str, Any]:
    times = [at for at, _, _ in events]
    amounts = [amount for _, amount, _ in events if amount is not None]
    days = sorted({at.astimezone(SHANGHAI).date() for at in times})
    return {
        "last_at": max(times, default=None),
        "first_at": min(times, default=None),
        "count": len(events),
        "sum_fen": sum(amounts),
        "average_fen": round(sum(amounts) / len(amounts)) if amounts else None,
        "favourite_category": favourite([(category, at) for at, _, category in events if category]),
        "favourite_item": None,
        "usual_hour": favourite([(at.astimezone(SHANGHAI).hour, at) for at in times]),
        "interval_days": (days[-1] - days[0]).days / (len(days) - 1) if len(days) > 1 else None,
        "distinct_days": len(days),
    }


def favourite(met: list[tuple[Any, datetime]]) -> Any:
    counts = Counter(what for what, _ in met)
    last = dict(sorted(met, key=lambda pair: pair[1]))
    return max(counts, key=lambda what: (counts[what], last[what]), default=None)


def test_slices_make_no_difference(mirror: Lens, monkeypatch: pytest.MonkeyPatch) -> None:
    people = make_contacts(7)
    for number in range(40):
        make_event(people[number % 5], at=NOW - number * DAY)
    install_ready_made(actor="li")
    whole = computed(mirror)
    monkeypatch.setattr("xinfeng.contacts.trait_values.EVENTS_A_SLICE", 9)
    assert computed(mirror) == whole
    assert len(whole) == 7


def test_whoever_withdrew_profiling_has_none_at_once_and_again_after_agreeing(mirror: Lens) -> None:
    contact, other = make_contacts(2)
    for one in (contact, other):
        make_event(one)
    define("bought", Measure.COUNT)
    assert set(computed(mirror)) == {contact, other}
    withdraw_profiling(contact)
    mirror.refresh()
    assert set(values_of(mirror, [contact, other])) == {other}  # not even the values computed before
    assert set(computed(mirror)) == {other}
    assert mirror.scalar(mirror.table(TABLE).count()) == 1
    withdraw_profiling(contact, granted=True, at=NOW + DAY)
    mirror.refresh()
    assert catch_up_traits(mirror, now=NOW + DAY) == 1
    assert values_of(mirror, [contact])[contact] == {"bought": 1}


def merge(survivor: int, absorbed: int) -> None:
    with connect() as raw:
        raw.execute("update contact set state = 1, merged_into = %s where id = %s", (survivor, absorbed))
        raw.execute(
            "insert into merge (survivor_id, absorbed_id, how, at, actor, reason, before, moved, undone_by, "
            "undone_reason) values (%s, %s, 'manual', now(), 'test', '', '{}', '{}', '', '')",
            (survivor, absorbed),
        )


def test_a_merged_person_has_the_events_of_all_her_rows(mirror: Lens) -> None:
    survivor, absorbed, other = make_contacts(3)
    for one, amount in ((survivor, 100), (absorbed, 20), (other, 3)):
        make_event(one, amount_fen=amount)
    define("spent", Measure.SUM_FEN)
    computed(mirror)
    merge(survivor, absorbed)
    mirror.refresh()
    assert catch_up_traits(mirror, now=NOW) == 1
    assert values_of(mirror, [survivor, absorbed, other]) == {survivor: {"spent": 120}, other: {"spent": 3}}
    assert computed(mirror) == {survivor: {"spent": 120}, other: {"spent": 3}}
    make_event(absorbed, amount_fen=5)  # a source that still knows the old row
    mirror.refresh()
    catch_up_traits(mirror, now=NOW)
    assert values_of(mirror, [survivor])[survivor] == {"spent": 125}


def test_catching_up_computes_only_who_did_something(mirror: Lens) -> None:
    first, second = make_contacts(2)
    make_event(first)
    make_event(second)
    define("bought", Measure.COUNT)
    mirror.refresh()
    assert catch_up_traits(mirror, now=NOW) == 2  # the first time, everybody
    assert catch_up_traits(mirror, now=NOW) == 0
    make_event(second)
    newcomer = make_contact()
    mirror.refresh()
    assert catch_up_traits(mirror, now=NOW) == 2
    assert values_of(mirror, [first, second, newcomer]) == {
        first: {"bought": 1},
        second: {"bought": 2},
        newcomer: {"bought": 0},
    }
    with connect() as raw:
        raw.execute("update contact set state = 2 where id = %s", (first,))
    mirror.refresh()
    assert catch_up_traits(mirror, now=NOW) == 0
    assert mirror.scalar(mirror.table(TABLE).count()) == 2


def test_columns_follow_the_definitions(mirror: Lens) -> None:
    contact = make_contact()
    make_event(contact)
    define("one", Measure.COUNT)
    computed(mirror)
    define("two", Measure.LAST_AT)
    mirror.refresh()
    assert values_of(mirror, [contact])[contact] == {"one": 1, "two": None}
    archive_trait("one", actor="li")
    mirror.refresh()
    assert mirror.table(TABLE).columns == ("contact_id", "event_id", "t_two")
    assert computed(mirror)[contact] == {"two": NOW}
    restore_trait("one", actor="li")
    assert computed(mirror)[contact] == {"one": 1, "two": NOW}


def test_a_rebuilt_lens_has_the_traits(mirror: Lens) -> None:
    contact = make_contact()
    make_event(contact)
    define("bought", Measure.COUNT)
    mirror.rebuild(now=NOW)
    assert values_of(mirror, [contact]) == {contact: {"bought": 1}}
    assert mirror.computed_at(TABLE) == NOW


@pytest.mark.parametrize(
    "key",
    ["", "Key", "1a", "a b", "a-b", "名", 'x"; drop table contact; --', "a" * 41, "a\n", "a'||'b", "{{a}}"],
)
def test_hostile_keys_are_refused(db: None, key: str) -> None:
    with pytest.raises(InvalidInput, match=r"trait\.key"):
        define(key, Measure.COUNT)
    assert not Trait.objects.exists()


@pytest.mark.parametrize("key", ["contact_id", "event_id", "select", "order", "a" * 40])
def test_words_of_a_database_make_good_keys(mirror: Lens, key: str) -> None:
    contact = make_contact()
    make_event(contact)
    define(key, Measure.COUNT)
    assert computed(mirror) == {contact: {key: 1}}


@pytest.mark.parametrize("text", ["'; drop table event; --", '"', "\\", "%", "{{ x }}", "$1", "；--"])
def test_hostile_values_are_only_values(mirror: Lens, text: str) -> None:
    contact = make_contact()
    make_event(contact, category=text, item=f"<{text}>")
    make_event(contact, category="鞋", item="跑鞋")
    define("by_category", Measure.COUNT, category=text)
    define("by_item", Measure.COUNT, item=text)
    define("favourite", Measure.FAVOURITE_CATEGORY, category=text)
    assert computed(mirror)[contact] == {"by_category": 1, "by_item": 1, "favourite": text}


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (None, "definition"),
        ([], "definition"),
        ({}, "measure"),
        ({"measure": "median"}, "measure"),
        ({"measure": ["count"]}, "measure"),
        ({"measure": "count", "kinds": 1}, "kinds"),
        ({"measure": "count", "kinds": ["1"]}, "kinds"),
        ({"measure": "count", "kinds": [True]}, "kinds"),
        ({"measure": "count", "kinds": [12345]}, "kinds"),
        ({"measure": "count", "category": 5}, "category"),
        ({"measure": "count", "category": "x" * 61}, "category"),
        ({"measure": "count", "item": "a\x00b"}, "item"),
        ({"measure": "count", "days": 0}, "days"),
        ({"measure": "count", "days": 3661}, "days"),
        ({"measure": "count", "days": True}, "days"),
        ({"measure": "count", "days": "7"}, "days"),
        ({"measure": "count", "sql": "1"}, "sql"),
    ],
)
def test_what_is_no_definition(raw: object, field: str) -> None:
    with pytest.raises(InvalidInput, match=r"trait\.definition") as caught:
        read_definition(raw)
    assert caught.value.params["field"] == field


def test_a_definition_survives_its_json_form() -> None:
    one = Definition(Measure.SUM_FEN, (LOOK, BUY), "鞋", "跑", 30)
    assert read_definition(one.as_json()) == Definition(Measure.SUM_FEN, (BUY, LOOK), "鞋", "跑", 30)
    assert set(KINDS) == set(Measure)


def test_defining_checks_and_is_audited(db: None) -> None:
    define("spent", Measure.SUM_FEN)
    with pytest.raises(Conflict, match=r"trait\.exists"):
        define("spent", Measure.COUNT)
    for label in ("", "  ", "x" * 61, "a\x07b"):
        with pytest.raises(InvalidInput, match=r"trait\.label"):
            define_trait(key="other", label=label, definition=Definition(Measure.COUNT), actor="li")
    with pytest.raises(Conflict, match=r"trait\.kind_fixed"):
        edit_trait("spent", label="x", definition=Definition(Measure.LAST_AT), actor="li")
    edit_trait("spent", label="半年消费", definition=Definition(Measure.SUM_FEN, days=180), actor="li")
    [info] = declared()
    assert (info.key, info.label, info.kind, info.unit, info.column) == (
        "spent",
        "半年消费",
        "number",
        "fen",
        "t_spent",
    )
    archive_trait("spent", actor="li")
    archive_trait("spent", actor="li")
    assert declared() == []
    for unknown in ("", "nope", "x" * 500):
        with pytest.raises(NotFound, match=r"trait\.unknown"):
            archive_trait(unknown, actor="li")
    done = AuditEntry.objects.filter(object_kind="trait").order_by("id").values_list("action", flat=True)
    assert list(done) == ["trait.define", "trait.edit", "trait.archive"]


def test_there_are_only_so_many(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traits, "MOST_TRAITS", 2)
    define("a", Measure.COUNT)
    define("b", Measure.COUNT)
    with pytest.raises(Conflict, match=r"trait\.too_many"):
        define("c", Measure.COUNT)
    archive_trait("a", actor="li")
    define("c", Measure.COUNT)
    with pytest.raises(Conflict, match=r"trait\.too_many"):
        restore_trait("a", actor="li")


def test_a_new_definition_asks_for_one_computation(db: None) -> None:
    define("a", Measure.COUNT)
    define("b", Measure.COUNT)
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from procrastinate_jobs where task_name = %s", [traits.COMPUTE])
        assert cursor.fetchone() == (1,)


def test_ready_made_traits_are_installed_once_and_then_belong_to_the_people(db: None) -> None:
    define("purchases", Measure.DISTINCT_DAYS)
    assert install_ready_made(actor="system:first start") == 5
    assert traits.get_trait("purchases").definition.measure is Measure.DISTINCT_DAYS
    archive_trait("usual_hour", actor="li")
    assert install_ready_made(actor="system:first start") == 0
    assert "usual_hour" not in {one.key for one in declared()}
    assert [one.key for one in traits.traits(archived=True)] == ["usual_hour"]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Urumqi", "Europe/Berlin", "America/St_Johns", "UTC"])
def test_local_time_is_that_of_the_zone(mirror: Lens, zone: str) -> None:
    here = ZoneInfo(zone)
    contact = make_contact()
    moments = [datetime(2025, 1, 1, 0, 30, tzinfo=UTC) + timedelta(days=9 * n, hours=n) for n in range(60)]
    moments += [datetime(2025, 3, 30, 0, 59, 59, tzinfo=UTC), datetime(2025, 3, 30, 1, 0, tzinfo=UTC)]
    for at in moments:
        make_event(contact, at=at)
    mirror.refresh()
    event = mirror.table("event")
    told = event.select(
        "at",
        hour=clock.local_hour(event["at"], here, until_year=2026),
        day=clock.local_day(event["at"], here, until_year=2026),
    )
    for row in mirror.rows(told).to_pylist():
        local = row["at"].astimezone(here)
        assert (row["hour"], row["day"]) == (local.hour, (local.date() - date(1970, 1, 1)).days)


def test_absurd_amounts_keep_nobodys_traits_from_being_computed(mirror: Lens) -> None:
    rich, plain = make_contacts(2)
    for number in range(3):
        make_event(rich, at=NOW - (number + 1) * DAY, amount_fen=2**62)
    make_event(plain, at=NOW - DAY, amount_fen=500)
    define("spent", Measure.SUM_FEN)
    values = computed(mirror)
    assert (values[rich]["spent"], values[plain]["spent"]) == (2**63 - 1, 500)


def test_who_never_bought_has_spent_nothing(mirror: Lens) -> None:
    looked, unpriced = make_contacts(2)
    make_event(looked, kind=LOOK, at=NOW - DAY, amount_fen=None)
    make_event(unpriced, kind=BUY, at=NOW - DAY, amount_fen=None)
    define("spent", Measure.SUM_FEN, kinds=(BUY,))
    values = computed(mirror)
    assert (values[looked]["spent"], values[unpriced]["spent"]) == (0, 0)
