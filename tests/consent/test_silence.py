"""While the wire is silent nobody's messages leave: after the lock comes one insert, and the commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection as django_connection
from tests.consent.test_standing import index_of, may_write, say
from tests.factories import NOW, make_contact

from xinfeng.complaints import files
from xinfeng.complaints.actions import take_many
from xinfeng.complaints.intake import NewComplaint
from xinfeng.complaints.models import Source
from xinfeng.consent import narrowing
from xinfeng.consent.actions import (
    OptOut,
    rebuild_standing,
    reconcile_merge,
    record_complaints,
    record_opt_outs,
    suppress_numbers,
)
from xinfeng.consent.models import Scope, Standing, Suppression, SuppressionReason
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.locks import WIRE

pytestmark = pytest.mark.usefixtures("db")

DAY = timedelta(days=1)
LOCK = "the wire"


@contextmanager
def recorded() -> Iterator[list[str]]:
    """Every statement on the connection, in order, by its first words; savepoints are Django's own."""
    statements: list[str] = []
    with bulk_transaction() as raw:
        usual = raw.cursor_factory

        class Recording(usual):  # type: ignore[misc,valid-type]
            def execute(self, query: Any, params: Any = None, **named: Any) -> Any:
                _note(statements, query, params)
                return super().execute(query, params, **named)

            def copy(self, statement: Any, *given: Any, **named: Any) -> Any:
                _note(statements, statement, None)
                return super().copy(statement, *given, **named)

        raw.cursor_factory = Recording
        try:
            yield statements
        finally:
            raw.cursor_factory = usual


def _note(statements: list[str], query: Any, params: Any) -> None:
    text = query if isinstance(query, str) else query.decode() if isinstance(query, bytes) else str(query)
    words = " ".join(text.split())
    if "savepoint" not in words.lower():
        statements.append(LOCK if "advisory_xact_lock" in words and params == (WIRE,) else words)


def behind_the_lock(statements: list[str]) -> list[str]:
    """What came after the wire was first taken."""
    return statements[statements.index(LOCK) + 1 :]


def opt_out(index: bytes) -> None:
    with bulk_transaction() as raw:
        record_opt_outs(raw, [OptOut(index, None, NOW, "reply", scope=scope) for scope in Scope], now=NOW)


def complain(index: bytes) -> None:
    with bulk_transaction() as raw:
        record_complaints(raw, [(index, NOW, "complaint:12321")], actor="ma", now=NOW)


def suppress(index: bytes) -> None:
    suppress_numbers(
        [index], scope=Scope.ALL, reason=SuppressionReason.MANUAL, source="s", actor="ma", now=NOW
    )


@pytest.mark.parametrize("say_no", [opt_out, complain, suppress])
@pytest.mark.parametrize("agreed", [True, False])
def test_nothing_but_the_suppression_follows_the_lock(say_no: Callable[[bytes], None], agreed: bool) -> None:
    contact = make_contact()
    if agreed:
        say(contact, True)

    with recorded() as statements:
        say_no(index_of(contact))

    [only] = behind_the_lock(statements)
    assert only.startswith("insert into suppression")
    assert not may_write(contact)


def test_a_whole_batch_is_barred_by_one_insert() -> None:
    contacts = [make_contact() for _ in range(5)]
    with recorded() as statements, bulk_transaction() as raw:
        rows = [(index_of(one), NOW, "complaint:12321") for one in contacts]
        assert record_complaints(raw, rows, actor="ma", now=NOW) == 5
    assert len(behind_the_lock(statements)) == 1
    assert Suppression.objects.count() == 5


def test_a_withdrawal_ends_with_the_lock() -> None:
    contact = make_contact()
    say(contact, True, purpose="profiling")
    with recorded() as statements:
        say(contact, False, at=NOW + DAY, purpose="profiling")
    assert behind_the_lock(statements) == []


def test_a_merge_that_carries_a_no_ends_with_the_lock() -> None:
    one, other = make_contact(), make_contact()
    say(one, True)
    say(other, False, at=NOW + DAY)
    with recorded() as statements, bulk_transaction() as raw:
        reconcile_merge(raw, [one, other], actor="ma", now=NOW + DAY)
    assert behind_the_lock(statements) == []
    assert not may_write(one)


def test_narrowing_and_widening_end_with_the_insert() -> None:
    contact = make_contact()
    index = index_of(contact)
    erased = SuppressionReason.ERASED
    suppress_numbers([index], scope=Scope.ALL, reason=erased, source="s", actor="ma", now=NOW)

    with recorded() as statements, bulk_transaction() as raw:
        ids = narrowing.narrow(raw, index, why="code", actor="form", now=NOW + DAY)
    assert [one.split(" (")[0] for one in behind_the_lock(statements)] == ["insert into suppression"]
    assert {one.purpose: one.suppressed for one in Standing.objects.filter(contact_id=contact)} == {
        "marketing": erased,
        "service": None,
    }

    with recorded() as statements, bulk_transaction() as raw:
        narrowing.widen(raw, ids, why="nothing came", actor="form", now=NOW + 2 * DAY)
    assert [one.split(" (")[0] for one in behind_the_lock(statements)] == ["insert into suppression"]
    assert set(Standing.objects.filter(contact_id=contact).values_list("suppressed", flat=True)) == {erased}
    in_force = Suppression.objects.filter(lifted_at=None)
    assert [(one.scope, one.reason) for one in in_force] == [(Scope.ALL, erased)]


def test_a_staffs_block_that_gave_way_to_a_mistaken_reassignment_comes_back() -> None:
    contact = make_contact()
    index = index_of(contact)
    for reason, at in ((SuppressionReason.CARRIER, NOW), (SuppressionReason.REASSIGNED, NOW + DAY)):
        suppress_numbers([index], scope=Scope.MARKETING, reason=reason, source="s", actor="ma", now=at)

    with bulk_transaction() as raw:
        narrowing.lift_mistaken(raw, index, why="wrong row", actor="ma", now=NOW + 2 * DAY)

    [back] = Suppression.objects.filter(lifted_at=None)
    assert (back.scope, back.reason) == (Scope.MARKETING, SuppressionReason.CARRIER)


def test_a_file_of_complaints_is_counted_before_the_wire_is_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(xinfeng_settings.load()), "uploads", property(lambda _: tmp_path))
    say(make_contact(), True)
    text = "工单号,投诉号码,投诉时间\nG1,13800138000,2026-11-20 10:30\nG2,13800138001,2026-11-20 10:30\n"
    kept = files.receive([text.encode()], file_name="a.csv", actor="ma", now=NOW)
    mapping = files.preview(kept.pk).guess
    files.start(kept.pk, mapping=mapping, source="12321", remember=False, actor="ma", now=NOW)

    silent: list[list[str]] = []

    @contextmanager
    def watched() -> Iterator[Any]:
        with recorded() as statements, bulk_transaction() as raw:
            yield raw
        silent.append(behind_the_lock(statements))

    monkeypatch.setattr(files, "bulk_transaction", watched)
    files.run(kept.pk, now=NOW)

    assert files.one(kept.pk).taken == 2
    assert [[one.split(" (")[0] for one in run] for run in silent] == [["insert into suppression"]]


def test_complaints_one_by_one_end_with_the_insert() -> None:
    given = NewComplaint(source=Source.REPORT_12321, phone="13800138000", complained_at=NOW)
    with recorded() as statements, bulk_transaction() as raw:
        take_many(raw, [given], actor="ma", now=NOW)
    assert len(behind_the_lock(statements)) == 1


REASONS = tuple(SuppressionReason)


@pytest.mark.parametrize("first", REASONS)
@pytest.mark.parametrize("second", REASONS)
def test_standing_made_ready_is_what_the_facts_say(first: str, second: str) -> None:
    contact, stranger = make_contact(), make_contact()
    say(contact, True)
    for at, (reason, scope) in enumerate(((first, Scope.MARKETING), (second, Scope.ALL), (first, Scope.ALL))):
        suppress_numbers(
            [index_of(contact), index_of(stranger)],
            scope=scope,
            reason=reason,
            source="s",
            actor="ma",
            now=NOW + at * DAY,
        )
        ready = _standings()
        rebuild_standing()
        assert _standings() == ready


def _standings() -> list[tuple[Any, ...]]:
    with django_connection.cursor() as cursor:
        cursor.execute(
            "select contact_id, purpose, granted, entry_seq, since, source, suppressed, stale from standing order by 1, 2"
        )
        return list(cursor.fetchall())
