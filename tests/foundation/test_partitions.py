from __future__ import annotations

import threading
import time
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from xinfeng.foundation import audit
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.models import AuditEntry
from xinfeng.foundation.partitions import cover, months
from xinfeng.foundation.personal import erasing


def test_months_cross_the_year() -> None:
    assert months(date(2025, 11, 30), date(2026, 2, 1)) == [
        date(2025, 11, 1),
        date(2025, 12, 1),
        date(2026, 1, 1),
        date(2026, 2, 1),
    ]


def test_a_row_of_an_unprepared_month_is_kept_and_moved_later(db: None) -> None:
    at = datetime(2031, 5, 6, tzinfo=UTC)
    with connection.cursor() as cursor:
        cursor.execute("insert into audit_entry (at, actor, action) values (%s, 'me', 'test')", (at,))
        cursor.execute("select count(*) from audit_entry_rest where at = %s", (at,))
        assert cursor.fetchone()[0] == 1
        cover(cursor, "audit_entry", date(2031, 5, 1), date(2031, 5, 31))
        cursor.execute("select count(*) from only audit_entry_203105 where at = %s", (at,))
        assert cursor.fetchone()[0] == 1
        cursor.execute("select count(*) from audit_entry_rest where at = %s", (at,))
        assert cursor.fetchone()[0] == 0
        cover(cursor, "audit_entry", date(2031, 5, 1), date(2031, 5, 31))


@pytest.mark.parametrize("statement", ["update audit_entry set actor = 'x'", "delete from audit_entry"])
def test_facts_refuse_to_be_changed(db: None, statement: str) -> None:
    audit.record(actor="me", action="test.deed", kind="thing", subject=1, number=3)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    entry = AuditEntry.objects.get(action="test.deed")
    assert (entry.actor, entry.object_id, entry.detail) == ("me", "1", {"number": 3})


def test_a_database_of_ones_own_sees_commits(committed_db: str) -> None:
    audit.record(actor="me", action="test.commit")
    with psycopg.connect(committed_db) as other:
        assert other.execute("select count(*) from audit_entry where action = 'test.commit'").fetchone() == (
            1,
        )


def test_only_erasing_a_person_may_take_facts_away(db: None) -> None:
    audit.record(actor="me", action="test.deed")
    with bulk_transaction() as raw:
        with erasing(raw):
            raw.execute("update audit_entry set actor = '' where action = 'test.deed'")
            assert raw.execute("delete from audit_entry where action = 'test.deed'").rowcount == 1
        audit.record(actor="me", action="test.deed")
        with pytest.raises(psycopg.Error), transaction.atomic():
            raw.execute("delete from audit_entry where action = 'test.deed'")
    assert AuditEntry.objects.filter(action="test.deed").count() == 1


def test_two_who_make_the_same_month_at_once_take_turns(committed_db: str) -> None:
    day = date(2032, 7, 1)
    with psycopg.connect(committed_db) as first, psycopg.connect(committed_db) as second:
        second.execute("select to_regclass('audit_entry_203207')")  # remembers that there is none
        cover(first, "audit_entry", day, day)
        waiting = threading.Thread(target=cover, args=(second, "audit_entry", day, day))
        waiting.start()
        _until_somebody_waits(first)
        first.commit()
        waiting.join()
        assert second.execute("select count(*) from audit_entry_203207").fetchone() == (0,)


def _until_somebody_waits(connection: psycopg.Connection[Any]) -> None:
    for _ in range(500):
        row = connection.execute(
            "select count(*) from pg_locks where locktype = 'advisory' and not granted"
            " and database = (select oid from pg_database where datname = current_database())"
        ).fetchone()
        if row == (1,):
            return
        time.sleep(0.01)
    raise AssertionError("nobody waited")
