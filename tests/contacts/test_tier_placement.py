"""Where tiers are kept: apart from contacts, so that everybody's can change at once; the lens follows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from tests.factories import NOW, make_contact, make_contacts, make_event

from xinfeng.contacts import tier_placing
from xinfeng.contacts.masked import tiers_of
from xinfeng.contacts.models import Contact, Placement, Tier, TierFact
from xinfeng.contacts.reads import ContactQuery, contact_card, search_contacts
from xinfeng.contacts.tier_placing import recompute_tiers, write_changes
from xinfeng.contacts.tiers import recompute_tiers_of
from xinfeng.foundation.database import bulk_transaction, connect
from xinfeng.lens.engine import Lens, close_lens, lens
from xinfeng.lens.feeds import Column, ColumnType, Feed, Mode, Patch

OLD = NOW - timedelta(days=400)


@pytest.fixture
def mirror(committed_db: str) -> Iterator[Lens]:
    found = lens()
    found.refresh()
    yield found
    close_lens()


def in_lens(mirror: Lens) -> dict[int, int]:
    rows = mirror.rows(mirror.table("contact").select("id", "tier")).to_pylist()
    return {row["id"]: row["tier"] for row in rows}


def changes(*rows: tuple[int, int, int]) -> pa.Table:
    columns = [list(column) for column in zip(*rows, strict=True)]
    return pa.table(dict(zip(("id", "before", "tier"), columns, strict=True)))


def write(*rows: tuple[int, int, int]) -> int:
    return write_changes(changes(*rows), now=NOW, cause="nightly")


def test_a_change_reaches_the_lens_without_its_contact_being_read_again(mirror: Lens) -> None:
    one, other = make_contacts(2, at=OLD)
    mirror.refresh()
    assert write((one, 0, 3), (other, 0, 3)) == 2
    assert mirror.refresh().rows == {"contact": 2, "tier_fact": 2}
    assert in_lens(mirror) == {one: 3, other: 3}
    versions = dict(Contact.objects.values_list("id", "xid"))
    assert write((one, 3, 2)) == write((one, 2, 4)) == 1
    mirror.refresh()
    assert in_lens(mirror) == {one: 4, other: 3}
    assert dict(Contact.objects.values_list("id", "xid")) == versions
    mirror.rebuild(now=NOW)
    assert in_lens(mirror) == {one: 4, other: 3}


def test_a_tier_that_commits_late_is_seen_when_it_does(mirror: Lens) -> None:
    one, other = make_contacts(2, at=OLD)
    mirror.refresh()
    with connect() as slow:
        recompute_tiers_of(slow, [one], now=NOW)
        Contact.objects.filter(pk=one).update(city="宁波")
        Contact.objects.filter(pk=other).update(city="温州")
        mirror.refresh()
        assert in_lens(mirror) == {one: 0, other: 0}
    mirror.refresh()
    assert in_lens(mirror) == {one: Tier.DORMANT, other: 0}


def test_a_contact_that_changes_with_her_tier_shows_both(mirror: Lens) -> None:
    one = make_contact(at=OLD)
    mirror.refresh()
    with bulk_transaction() as raw:
        raw.execute("update contact set city = '宁波' where id = %s", (one,))
        recompute_tiers_of(raw, [one], now=NOW)
    mirror.refresh()
    [row] = mirror.rows(mirror.table("contact").select("city", "tier")).to_pylist()
    assert row == {"city": "宁波", "tier": Tier.DORMANT}


def test_who_is_no_contact_of_her_own_gets_no_tier_and_no_fact(mirror: Lens) -> None:
    gone, merged, placed = make_contacts(3, at=OLD)
    assert write((placed, 0, 3)) == 1
    with connect() as raw:
        raw.execute("update contact set state = 2 where id = %s", (gone,))
        raw.execute("update contact set state = 1, merged_into = %s where id = %s", (placed, merged))
    assert write((gone, 0, 3), (merged, 0, 3), (10**12, 0, 3), (placed, 0, 4), (placed, 2, 4)) == 0
    assert list(Placement.objects.values_list("pk", "tier")) == [(placed, 3)]
    assert TierFact.objects.count() == 1


def test_a_tier_is_taken_and_given_again(mirror: Lens) -> None:
    one = make_contact(at=OLD)
    assert [write((one, 0, 3)), write((one, 3, 0)), write((one, 0, 2))] == [1, 1, 1]
    assert tiers_of([one]) == {one: 2}
    assert [fact.before for fact in TierFact.objects.order_by("id")] == [0, 3, 0]


def test_what_was_written_before_a_crash_stays_and_the_rest_follows(
    mirror: Lens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tier_placing, "_STEP", 2)
    people = make_contacts(5, at=OLD)

    def crash(done: int, _all: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        recompute_tiers(now=NOW, progress=crash)
    assert tiers_of(people) == dict.fromkeys(people[:4], Tier.DORMANT)
    assert TierFact.objects.count() == 4
    assert recompute_tiers(now=NOW) == 1
    assert tiers_of(people) == dict.fromkeys(people, Tier.DORMANT)
    assert recompute_tiers(now=NOW) == 0 and TierFact.objects.count() == 5


def test_lists_cards_and_filters_know_the_tier(mirror: Lens) -> None:
    buyer, sleeper, newcomer = make_contact(at=OLD), make_contact(at=OLD), make_contact(at=OLD)
    make_event(buyer, at=NOW - timedelta(days=1))
    write((buyer, 0, 2), (sleeper, 0, 3), (newcomer, 0, 1))
    write((newcomer, 1, 0))
    mirror.refresh()

    def listed(copy: Lens | None, **query: Any) -> list[tuple[int, int]]:
        return [(row.id, row.tier) for row in search_contacts(ContactQuery(**query), copy).rows]

    for copy in (None, mirror):
        assert listed(copy, tier=2) == [(buyer, 2)]
        assert listed(copy, tier=0) == [(newcomer, 0)]
        assert listed(copy, tier=4) == []
        assert sorted(listed(copy)) == [(buyer, 2), (sleeper, 3), (newcomer, 0)]
    assert contact_card(sleeper).row.tier == 3
    unplaced = make_contact(at=OLD)
    assert listed(None, tier=0) == [(unplaced, 0), (newcomer, 0)]


def test_changing_everybody_moves_no_row_of_contact_and_no_key(mirror: Lens) -> None:
    """Half of every page is free, so a new tier stands beside the old one (a heap-only update)."""
    people = make_contacts(300, at=OLD)
    write(*((one, 0, 3) for one in people))
    with connect(autocommit=True) as raw:
        raw.execute("vacuum placement")
        before = _pages(raw)
    write(*((one, 3, 4) for one in people))
    with connect(autocommit=True) as raw:
        assert _pages(raw) == before


def _pages(raw: Any) -> tuple[int, int]:
    [row] = raw.execute("select pg_relation_size('placement'), pg_relation_size('contact')").fetchall()
    return row[0], row[1]


def test_the_migration_carries_tiers_over_and_back(committed_db: str) -> None:
    before, after = [("contacts", "0008_former_number")], [("contacts", "0009_placement")]
    ends = [one for one in MigrationExecutor(connection).loader.graph.leaf_nodes() if one[0] == "contacts"]
    one, other = make_contacts(2, at=datetime(2025, 1, 1, tzinfo=UTC))
    write((one, 0, 5))
    try:
        MigrationExecutor(connection).migrate(before)
        with connection.cursor() as cursor:
            cursor.execute("select id, tier from contact order by id")
            assert cursor.fetchall() == [(one, 5), (other, 0)]
        MigrationExecutor(connection).migrate(after)
        assert dict(Placement.objects.values_list("pk", "tier")) == {one: 5}
    finally:
        MigrationExecutor(connection).migrate(ends)


@pytest.mark.parametrize("columns", [("id",), ("unknown",)])
def test_a_patch_is_of_columns_of_its_feed(columns: tuple[str, ...]) -> None:
    own = (Column("id", ColumnType.BIGINT), Column("tier", ColumnType.SMALLINT))
    with pytest.raises(ValueError, match="patch"):
        Feed("x", own, Mode.REPLACE, ("id",), patches=(Patch(columns, "y"),))
    with pytest.raises(ValueError, match="never change"):
        Feed("x", own, patches=(Patch(("tier",), "y"),))
