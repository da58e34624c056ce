"""The lens shows exactly what has committed, whatever commits when, and whatever crashes in between."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import ibis
import psycopg
import pytest
from tests.patience import PATIENCE_S

from xinfeng.contacts.feed import of_person, of_the_living
from xinfeng.foundation.database import Connection, connect
from xinfeng.kernel.errors import NotFound
from xinfeng.lens import engine as lens_engine
from xinfeng.lens.duck import DuckEngine, Writer
from xinfeng.lens.engine import Lens, close_lens, lens
from xinfeng.lens.feeds import Column, ColumnType, Derived, declared

AT = datetime(2026, 5, 1, 12, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture
def mirror(committed_db: str) -> Iterator[Lens]:
    found = lens()
    found.refresh()  # the file may still hold what another test's database had
    yield found
    close_lens()


@pytest.fixture
def writer(committed_db: str) -> Iterator[Connection]:
    with connect() as connection:
        yield connection


def add_events(connection: Connection, ids: range, *, contact: int = 1, item: str | None = None) -> None:
    connection.cursor().executemany(
        "insert into event (id, contact_id, kind, at, amount_fen, item, source, source_id, received_at) "
        "values (%s, %s, 1, %s, 990, %s, 'shop', %s, %s)",
        [(i, contact, AT, item, str(i), AT) for i in ids],
    )


def add_contact(connection: Connection, contact_id: int, **columns: Any) -> None:
    values = {"id": contact_id, "joined_at": AT, "created_at": AT, "updated_at": AT, **columns}
    names = ", ".join(values)
    connection.execute(
        f"insert into contact ({names}) values ({', '.join(['%s'] * len(values))})", list(values.values())
    )


def event_ids(mirror: Lens) -> list[int]:
    return sorted(mirror.rows(mirror.table("event").select("id")).column("id").to_pylist())


def contact_rows(mirror: Lens) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in mirror.rows(mirror.table("contact")).to_pylist()}


def test_what_has_committed_is_seen_once_and_what_has_not_is_not(mirror: Lens, writer: Connection) -> None:
    add_events(writer, range(1, 4))
    mirror.refresh()
    assert event_ids(mirror) == []
    writer.commit()
    assert mirror.refresh().rows["event"] == 3
    assert mirror.refresh().total == 0
    assert event_ids(mirror) == [1, 2, 3]


def test_a_rolled_back_transaction_leaves_no_trace(mirror: Lens, writer: Connection) -> None:
    add_events(writer, range(1, 4))
    mirror.refresh()
    writer.rollback()
    mirror.refresh()
    assert event_ids(mirror) == []


def test_a_long_transaction_neither_hides_its_rows_nor_holds_others_back(
    mirror: Lens, writer: Connection
) -> None:
    add_events(writer, range(1, 3))
    with connect() as other:
        for start in (10, 20, 30):
            add_events(other, range(start, start + 2))
            other.commit()
            mirror.refresh()
    assert event_ids(mirror) == [10, 11, 20, 21, 30, 31]
    writer.commit()
    mirror.refresh()
    assert event_ids(mirror) == [1, 2, 10, 11, 20, 21, 30, 31]
    mirror.refresh()
    assert event_ids(mirror) == [1, 2, 10, 11, 20, 21, 30, 31]


def test_rows_of_savepoints_come_with_their_transaction(mirror: Lens, writer: Connection) -> None:
    add_events(writer, range(1, 2))
    with writer.transaction():
        add_events(writer, range(2, 3))
    with pytest.raises(ZeroDivisionError), writer.transaction():
        add_events(writer, range(3, 4))
        raise ZeroDivisionError
    mirror.refresh()
    writer.commit()
    mirror.refresh()
    assert event_ids(mirror) == [1, 2]


def test_a_changed_row_takes_the_place_of_the_old_one(mirror: Lens, writer: Connection) -> None:
    for contact in (1, 2, 3):
        add_contact(writer, contact, city="杭州", tags=[contact])
    writer.commit()
    mirror.refresh()
    writer.execute("update contact set city = '宁波', tags = '{4,5}' where id = 2")
    writer.commit()
    writer.execute("update contact set city = '温州' where id = 2")
    writer.commit()
    assert mirror.refresh().rows == {"contact": 1}
    rows = contact_rows(mirror)
    assert {key: row["city"] for key, row in rows.items()} == {1: "杭州", 2: "温州", 3: "杭州"}
    assert rows[2]["tags"] == [4, 5]


def test_an_open_update_shows_the_old_row_until_it_commits(mirror: Lens, writer: Connection) -> None:
    add_contact(writer, 1, city="杭州")
    writer.commit()
    mirror.refresh()
    writer.execute("update contact set city = '宁波' where id = 1")
    mirror.refresh()
    assert contact_rows(mirror)[1]["city"] == "杭州"
    writer.commit()
    mirror.refresh()
    assert contact_rows(mirror)[1]["city"] == "宁波"


def test_keys_of_several_columns_are_replaced_as_a_whole(mirror: Lens, writer: Connection) -> None:
    add = "insert into standing (contact_id, purpose, granted, entry_seq, source) values (1, %s, true, %s, 'form')"
    writer.execute(add, ("marketing", 1))
    writer.execute(add, ("service", 2))
    writer.commit()
    mirror.refresh()
    writer.execute("update standing set granted = false, entry_seq = 3 where purpose = 'marketing'")
    writer.commit()
    mirror.refresh()
    rows = mirror.rows(mirror.table("standing").select("purpose", "granted", "entry_seq")).to_pylist()
    assert sorted(map(tuple, (row.values() for row in rows))) == [
        ("marketing", False, 3),
        ("service", True, 2),
    ]


def test_every_value_arrives_as_it_is(mirror: Lens, writer: Connection) -> None:
    texts = [
        "",
        '"',
        'a,"b"',
        "line\nbreak",
        "cr\r\nlf",
        "\\N",
        "\\",
        "'; drop table event; --",
        "😀 全角",
        " ",
        "NULL",
        None,
    ]
    for number, text in enumerate(texts, start=1):
        add_events(writer, range(number, number + 1), item=text)
    writer.commit()
    mirror.refresh()
    rows = mirror.rows(mirror.table("event").order_by("id")).to_pylist()
    assert [row["item"] for row in rows] == texts
    assert {row["at"] for row in rows} == {AT}
    assert {(row["amount_fen"], row["category"], row["kind"]) for row in rows} == {(990, None, 1)}


def test_line_breaks_survive_at_the_borders_of_blocks(
    mirror: Lens, writer: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xinfeng.lens.truth.BLOCK_BYTES", 5_000)
    add_events(writer, range(1, 2_001), item='a "quoted"\nline, and\r\nmore')
    writer.commit()
    assert mirror.refresh().rows["event"] == 2_000
    event = mirror.table("event")
    assert event_ids(mirror) == list(range(1, 2_001))
    assert mirror.scalar(event["item"].nunique()) == 1


def test_a_crash_before_the_commit_of_the_lens_doubles_and_loses_nothing(
    mirror: Lens, writer: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_events(writer, range(1, 4))
    add_contact(writer, 1)
    writer.commit()

    def crash(self: Writer, mark: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "set_mark", crash)
        with pytest.raises(KeyboardInterrupt):
            mirror.refresh()
    assert event_ids(mirror) == []
    close_lens()
    again = lens()
    again.refresh()
    assert event_ids(again) == [1, 2, 3]
    assert list(contact_rows(again)) == [1]


def test_a_reopened_lens_goes_on_where_it_was(mirror: Lens, writer: Connection) -> None:
    add_events(writer, range(1, 4))
    writer.commit()
    mirror.refresh()
    close_lens()
    add_events(writer, range(4, 6))
    writer.commit()
    again = lens()
    assert event_ids(again) == [1, 2, 3]
    assert again.refresh().rows["event"] == 2
    assert event_ids(again) == [1, 2, 3, 4, 5]


def test_a_restarted_connection_is_renewed(mirror: Lens, writer: Connection) -> None:
    mirror.refresh()
    writer.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )
    add_events(writer, range(1, 2))
    writer.commit()
    mirror.refresh()
    assert event_ids(mirror) == [1]


def test_a_rebuild_equals_what_grew_step_by_step(mirror: Lens, writer: Connection) -> None:
    declare_attribute(writer, "vip", "bool")
    for step in range(5):
        add_events(writer, range(step * 10, step * 10 + 7), contact=step)
        add_contact(writer, step, city=f"城{step}", attrs=json.dumps({"vip": step % 2 == 0}), tags=[step, 9])
        writer.execute("update contact set level = %s where id <= %s", (f"L{step}", step // 2))
        writer.commit()
        mirror.refresh()

    def everything() -> dict[str, list[Any]]:
        return {
            name: sorted(mirror.rows(mirror.table(name)).to_pylist(), key=repr)
            for name in ("contact", "event", "standing")
        }

    grown = everything()
    assert mirror.rebuild().rows == {"event": 5 * 7, "contact": 5, "trait": 5}
    assert everything() == grown


def declare_attribute(connection: Connection, key: str, kind: str) -> None:
    connection.execute(
        "insert into attribute (key, label, label_en, kind, choices, sensitive, created_at) "
        "values (%s, %s, '', %s, '[]', false, now())",
        (key, key, kind),
    )


def test_an_attribute_declared_later_gets_its_column_and_its_values(mirror: Lens, writer: Connection) -> None:
    attrs = {"points": 12.5, "since": "2024-02-29", "vip": True, "shirt": "XL", "odd": {"a": 1}}
    add_contact(writer, 1, attrs=json.dumps(attrs))
    add_contact(writer, 2)
    writer.commit()
    mirror.refresh()
    assert "attr_points" not in mirror.table("contact").columns
    for key, kind in (
        ("points", "number"),
        ("since", "date"),
        ("vip", "bool"),
        ("shirt", "choice"),
        ("odd", "number"),
    ):
        declare_attribute(writer, key, kind)
    writer.commit()
    mirror.refresh()
    rows = contact_rows(mirror)
    assert len(rows) == 2
    assert rows[1]["attr_points"] == 12.5
    assert rows[1]["attr_since"].isoformat() == "2024-02-29"
    assert rows[1]["attr_vip"] is True
    assert rows[1]["attr_shirt"] == "XL"
    assert rows[1]["attr_odd"] is None
    assert rows[2]["attr_points"] is None


def test_a_value_that_does_not_fit_its_kind_reads_as_not_set(mirror: Lens, writer: Connection) -> None:
    declare_attribute(writer, "since", "date")
    declare_attribute(writer, "vip", "bool")
    add_contact(writer, 1, attrs=json.dumps({"since": "someday", "vip": "yes"}))
    writer.commit()
    mirror.refresh()
    assert contact_rows(mirror)[1]["attr_since"] is None
    assert contact_rows(mirror)[1]["attr_vip"] is None


def test_a_lens_of_another_database_is_rebuilt(
    mirror: Lens, writer: Connection, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_events(writer, range(1, 4))
    writer.commit()
    mirror.refresh()
    close_lens()
    monkeypatch.setattr("xinfeng.lens.truth.IDENTITY", "'another/5/1'")
    again = lens()
    assert again.refresh().rows["event"] == 3
    assert event_ids(again) == [1, 2, 3]
    assert "another database" in caplog.text


def test_readers_work_while_a_writer_writes(mirror: Lens, writer: Connection) -> None:
    add_events(writer, range(200))
    writer.commit()
    mirror.refresh()
    counts: list[int] = []
    faults: list[BaseException] = []

    def read() -> None:
        try:
            for _ in range(5):
                event = mirror.table("event")
                counts.append(mirror.scalar(event.filter(event["kind"] == 1).count()))
                mirror.refresh()
        except BaseException as fault:
            faults.append(fault)
            raise

    threads = [threading.Thread(target=read) for _ in range(20)]
    for thread in threads:
        thread.start()
    for batch in range(1, 6):
        add_events(writer, range(batch * 200, batch * 200 + 200))
        writer.commit()
        mirror.refresh()
    for thread in threads:
        thread.join()
    assert not faults
    assert len(counts) == 100
    assert set(counts) <= {200 * n for n in range(1, 7)}


class CountingLock:
    """A lock that says how many have come to it."""

    def __init__(self) -> None:
        self._lock, self.arrived = threading.Lock(), 0
        self._guard = threading.Lock()

    def __enter__(self) -> None:
        with self._guard:
            self.arrived += 1
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_threads_that_wait_share_the_refresh_that_began_after_they_asked(
    mirror: Lens, writer: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    turnstile = CountingLock()
    monkeypatch.setattr(mirror, "_refreshing", turnstile)
    looks = 0
    first_is_in, go_on = threading.Event(), threading.Event()
    original = lens_engine.Truth.look

    def counted(self: lens_engine.Truth) -> Any:
        nonlocal looks
        looks += 1
        if looks == 1:
            first_is_in.set()
            assert go_on.wait(PATIENCE_S)
        return original(self)

    monkeypatch.setattr(lens_engine.Truth, "look", counted)
    threads = [threading.Thread(target=mirror.refresh) for _ in range(8)]
    threads[0].start()
    assert first_is_in.wait(PATIENCE_S)
    for thread in threads[1:]:
        thread.start()
    while turnstile.arrived < 8:
        threading.Event().wait(0.01)
    go_on.set()
    for thread in threads:
        thread.join()
    assert looks == 2


def test_the_lens_stays_as_it_was_when_postgres_is_away(
    mirror: Lens, writer: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_events(writer, range(1, 3))
    writer.commit()
    mirror.refresh()

    def refuse(**_: object) -> Connection:
        raise psycopg.OperationalError("no server")

    writer.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )
    monkeypatch.setattr("xinfeng.foundation.database.connect", refuse)
    with pytest.raises(psycopg.OperationalError):
        mirror.refresh()
    assert event_ids(mirror) == [1, 2]


def test_a_question_that_fails_does_not_spoil_the_next(mirror: Lens, writer: Connection) -> None:
    add_events(writer, range(3), item="no number")
    writer.commit()
    mirror.refresh()
    event = mirror.table("event")
    for _ in range(3):
        with pytest.raises(duckdb.ConversionException):
            mirror.rows(event.select(number=event["item"].cast("int64")))
        assert mirror.scalar(event.count()) == 3


def test_rows_that_are_gone_leave_with_the_refresh_that_sees_it(mirror: Lens, writer: Connection) -> None:
    for contact in (1, 2, 3):
        add_contact(writer, contact, city="杭州")
    writer.execute("update contact set state = 2 where id = 3")
    writer.commit()
    assert mirror.rebuild().rows["contact"] == 2
    assert set(contact_rows(mirror)) == {1, 2}
    writer.execute("update contact set state = 2, city = null where id = 1")
    writer.commit()
    mirror.refresh()
    assert set(contact_rows(mirror)) == {2}
    writer.execute("update contact set state = 0 where id in (1, 3)")
    writer.commit()
    mirror.refresh()
    assert set(contact_rows(mirror)) == {1, 2, 3}


def test_who_is_gone_does_not_come_back_with_a_new_attribute(mirror: Lens, writer: Connection) -> None:
    add_contact(writer, 1, attrs=json.dumps({"points": 1}))
    add_contact(writer, 2, attrs=json.dumps({"points": 2}), state=2)
    writer.commit()
    mirror.refresh()
    declare_attribute(writer, "points", "number")
    writer.commit()
    mirror.refresh()
    assert {key: row["attr_points"] for key, row in contact_rows(mirror).items()} == {1: 1.0}


def merge(connection: Connection, survivor: int, absorbed: int) -> None:
    connection.execute("update contact set state = 1, merged_into = %s where id = %s", (survivor, absorbed))
    connection.execute(
        "insert into merge (survivor_id, absorbed_id, how, at, actor, reason, before, moved, undone_by, "
        "undone_reason) values (%s, %s, 'manual', now(), 'test', '', '{}', '{}', '', '')",
        (survivor, absorbed),
    )


def whose_events(mirror: Lens) -> list[tuple[int, int]]:
    rows = mirror.rows(of_person(mirror, mirror.table("event")).select("id", "contact_id")).to_pylist()
    return sorted((row["id"], row["contact_id"]) for row in rows)


def test_facts_follow_a_merge_and_its_undoing(mirror: Lens, writer: Connection) -> None:
    for contact in (1, 2, 3):
        add_contact(writer, contact)
        add_events(writer, range(contact, contact + 1), contact=contact)
    writer.commit()
    mirror.refresh()
    assert of_person(mirror, mirror.table("event")).equals(mirror.table("event"))
    merge(writer, 1, 2)
    writer.commit()
    mirror.refresh()
    assert whose_events(mirror) == [(1, 1), (2, 1), (3, 3)]
    assert of_person(mirror, mirror.table("event")).columns == mirror.table("event").columns
    merge(writer, 3, 1)
    writer.execute("update contact set merged_into = 3 where id = 2")  # led on
    writer.commit()
    mirror.refresh()
    assert whose_events(mirror) == [(1, 3), (2, 3), (3, 3)]
    assert set(contact_rows(mirror)) == {3}
    writer.execute("update contact set state = 0, merged_into = null where id in (1, 2)")
    writer.execute("update merge set undone_at = now()")
    writer.commit()
    mirror.refresh()
    assert whose_events(mirror) == [(1, 1), (2, 2), (3, 3)]
    assert of_person(mirror, mirror.table("event")).equals(mirror.table("event"))


def test_facts_of_the_erased_are_nobodys(mirror: Lens, writer: Connection) -> None:
    for contact in (1, 2):
        add_contact(writer, contact)
        add_events(writer, range(contact, contact + 1), contact=contact)
    writer.execute("update contact set state = 2 where id = 2")
    writer.commit()
    mirror.refresh()
    living = of_the_living(mirror, mirror.table("event"))
    assert mirror.rows(living).column("contact_id").to_pylist() == [1]


def test_whether_a_table_is_empty_is_known_after_every_change(mirror: Lens, writer: Connection) -> None:
    assert mirror.is_empty("event")
    add_events(writer, range(1, 2))
    writer.commit()
    assert mirror.is_empty("event")
    mirror.refresh()
    assert not mirror.is_empty("event")
    writer.execute("truncate event")
    writer.commit()
    mirror.rebuild()
    assert mirror.is_empty("event")


def totals_of(step: Callable[[], None] = lambda: None) -> Derived:
    """A derived table: how many events each contact has, and more columns when a choice is declared."""

    def columns(connection: Connection) -> list[Column]:
        named = connection.execute("select key from attribute order by id").fetchall()
        return [Column("events", ColumnType.BIGINT), *(Column(key, ColumnType.TEXT) for (key,) in named)]

    def build(lens: Lens, columns: frozenset[str], now: datetime, among: ibis.Table | None) -> Iterator[Any]:
        event = lens.table("event")
        if among is not None:
            event = event.semi_join(among, "contact_id")
        step()
        for odd in (0, 1):
            mine = event.filter(event["contact_id"] % 2 == odd)
            counted = mine.group_by("contact_id").agg(events=mine.count())
            yield counted.mutate(**{name: ibis.literal("x") for name in columns - {"events"}})

    return Derived("totals", Column("contact_id", ColumnType.BIGINT), columns, build)


@pytest.fixture
def deriving(committed_db: str, tmp_path: Path) -> Iterator[Lens]:
    engine = DuckEngine(tmp_path / "derived.duckdb", memory_mb=256)
    found = Lens(engine, declared(), (totals_of(),))
    found.refresh()
    yield found
    found.close()


def totals(lens: Lens) -> dict[int, int]:
    return {row["contact_id"]: row["events"] for row in lens.rows(lens.table("totals")).to_pylist()}


def test_a_derived_table_is_empty_until_it_is_computed(deriving: Lens, writer: Connection) -> None:
    assert deriving.table("totals").columns == ("contact_id", "events")
    assert totals(deriving) == {}
    assert deriving.computed_at("totals") is None
    for contact in (1, 2):
        add_events(writer, range(contact * 10, contact * 10 + contact), contact=contact)
    writer.commit()
    deriving.refresh()
    assert totals(deriving) == {}
    assert deriving.derive("totals", now=AT) == 2
    assert totals(deriving) == {1: 1, 2: 2}
    assert deriving.computed_at("totals") == AT
    assert not deriving.is_empty("totals")


def test_only_the_rows_asked_for_are_computed_again(deriving: Lens, writer: Connection) -> None:
    for contact in (1, 2):
        add_events(writer, range(contact, contact + 1), contact=contact)
    writer.commit()
    deriving.refresh()
    deriving.derive("totals", now=AT)
    add_events(writer, range(10, 12), contact=1)
    add_events(writer, range(12, 14), contact=2)
    writer.commit()
    deriving.refresh()
    event = deriving.table("event")
    asked = event.filter(event["contact_id"] == 1).select("contact_id")
    assert deriving.derive("totals", now=AT + timedelta(days=1), among=asked) == 1
    assert totals(deriving) == {1: 3, 2: 1}
    assert deriving.computed_at("totals") == AT


def test_a_new_column_is_null_until_computed_and_an_old_one_goes(deriving: Lens, writer: Connection) -> None:
    add_events(writer, range(1, 2))
    writer.commit()
    deriving.refresh()
    deriving.derive("totals", now=AT)
    declare_attribute(writer, "colour", "text")
    writer.commit()
    deriving.refresh()
    rows = deriving.rows(deriving.table("totals")).to_pylist()
    assert rows == [{"contact_id": 1, "events": 1, "colour": None}]
    deriving.derive("totals", now=AT)
    assert deriving.rows(deriving.table("totals")).to_pylist()[0]["colour"] == "x"
    writer.execute("delete from attribute")
    writer.commit()
    deriving.refresh()
    assert deriving.table("totals").columns == ("contact_id", "events")
    assert totals(deriving) == {1: 1}


def test_a_rebuild_computes_what_is_derived(deriving: Lens, writer: Connection) -> None:
    add_events(writer, range(1, 3))
    writer.commit()
    assert deriving.rebuild(now=AT).rows == {"event": 2, "totals": 1}
    assert totals(deriving) == {1: 2}


def test_a_column_that_comes_while_it_is_computed_is_kept(
    committed_db: str, tmp_path: Path, writer: Connection
) -> None:
    def meanwhile() -> None:
        declare_attribute(writer, "colour", "text")
        writer.commit()
        found.refresh()

    found = Lens(DuckEngine(tmp_path / "d.duckdb", memory_mb=256), declared(), (totals_of(meanwhile),))
    add_events(writer, range(1, 2))
    writer.commit()
    found.refresh()
    found.derive("totals", now=AT)
    rows = found.rows(found.table("totals")).to_pylist()
    assert rows == [{"contact_id": 1, "events": 1, "colour": None}]
    found.close()


def test_what_is_derived_survives_reopening_and_not_another_database(
    committed_db: str, tmp_path: Path, writer: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_events(writer, range(1, 2))
    writer.commit()
    for identity in ("", "'another/5/1'"):
        if identity:
            monkeypatch.setattr("xinfeng.lens.truth.IDENTITY", identity)
        found = Lens(DuckEngine(tmp_path / "d.duckdb", memory_mb=256), declared(), (totals_of(),))
        found.refresh()
        if not identity:
            found.derive("totals", now=AT)
            assert totals(found) == {1: 1}
        else:
            assert totals(found) == {}
            assert found.computed_at("totals") is None
        found.close()


def test_a_computation_that_fails_leaves_the_table_as_it_was(
    committed_db: str, tmp_path: Path, writer: Connection
) -> None:
    def fail() -> None:
        if broken:
            raise ZeroDivisionError

    broken: list[bool] = []
    found = Lens(DuckEngine(tmp_path / "d.duckdb", memory_mb=256), declared(), (totals_of(fail),))
    add_events(writer, range(1, 2))
    writer.commit()
    found.refresh()
    found.derive("totals", now=AT)
    broken.append(True)
    with pytest.raises(ZeroDivisionError):
        found.derive("totals", now=AT + timedelta(days=1))
    assert totals(found) == {1: 1}
    assert found.computed_at("totals") == AT
    with pytest.raises(NotFound):
        found.derive("event", now=AT)
    found.close()
