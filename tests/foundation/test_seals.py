"""Nothing in the audit log is changed unnoticed, and no long transaction is forgotten or waited for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection

from xinfeng.foundation import audit, database, partitions, seal_checks, sealed_lines, seals, trail
from xinfeng.foundation.models import AuditEntry
from xinfeng.foundation.seal_verifying import SealReport, verify
from xinfeng.foundation.signing import Signer
from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.kernel.time import utc_now


@pytest.fixture
def log(committed_db: str) -> Iterator[None]:
    seals.head_path().unlink(missing_ok=True)
    yield
    seals.head_path().unlink(missing_ok=True)


def write(count: int = 3, *, actor: str = "li") -> list[int]:
    for number in range(count):
        audit.record(actor=actor, action="campaign.start", kind="campaign", subject=number, note="满200减50")
    newest = AuditEntry.objects.order_by("-id").values_list("id", flat=True)[:count]
    return sorted(newest)


def tamper(statement: str, *params: object) -> None:
    """What somebody does who owns the database: triggers don't stop her."""
    with database.connect(autocommit=True) as raw:
        raw.execute("set session_replication_role = replica")
        raw.execute(statement, params)


def seal() -> int:
    return seals.seal(now=utc_now())


def fault_of(report: SealReport) -> tuple[str | None, int | None]:
    return report.fault, report.where


def test_what_is_sealed_verifies_and_what_is_newer_counts_as_unsealed(log: None) -> None:
    write(3)
    assert seal() == 3
    write(2)
    report = verify()
    assert report.whole and (report.entries, report.seals, report.unsealed) == (5, 1, 2)
    assert seal() == 2
    assert seal() == 0  # nothing new makes no seal
    report = verify()
    assert (report.seals, report.unsealed, report.head.seq) == (2, 0, 2)
    assert report.deposited and seals.read_head() == seals.head()


def test_the_database_refuses_to_change_entries_and_seals(log: None) -> None:
    write(1)
    seal()
    for statement in (
        "update audit_seal set entries = 0",
        "delete from audit_seal",
        "delete from audit_entry",
    ):
        with database.connect() as raw, pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            raw.execute(statement)


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'wang'",
        "action = 'campaign.stop'",
        "object_kind = 'plan'",
        "object_id = '9'",
        "detail = '{}'",
        "detail = detail || '{\"more\": 1}'",
        "address = '10.0.0.1'",
        "at = at + interval '1 microsecond'",
    ],
)
def test_any_column_that_was_changed_is_found_and_named(log: None, change: str) -> None:
    ids = write(5)
    seal()
    tamper(f"update audit_entry set {change} where id = %s", ids[2])
    assert fault_of(verify()) == ("entry_changed", ids[2])


def test_an_entry_that_is_gone_is_named(log: None) -> None:
    ids = write(5)
    seal()
    tamper("delete from audit_entry where id = %s", ids[3])
    assert fault_of(verify()) == ("entry_missing", ids[3])


def test_the_last_entry_of_the_log_is_missed_too(log: None) -> None:
    ids = write(5)
    seal()
    tamper("delete from audit_entry where id >= %s", ids[4])
    assert fault_of(verify()) == ("entry_missing", ids[4])


def copy_of(entry: int, *, new_id: int, xid: str) -> None:
    tamper(
        "insert into audit_entry (id, at, actor, action, object_kind, object_id, detail, xid) overriding system value"
        f" select %s, at, 'ghost', action, object_kind, object_id, detail, {xid} from audit_entry where id = %s",
        new_id,
        entry,
    )


def test_an_entry_that_was_put_in_between_is_found(log: None) -> None:
    first = write(3)
    with database.connect() as raw:
        raw.execute(
            "insert into audit_entry (at, actor, action) values (now(), 'li', 'x'), (now(), 'li', 'x')"
        )  # rolled back: leaves a gap of two ids
        raw.rollback()
    write(3)
    seal()
    gap = first[-1] + 1
    copy_of(first[0], new_id=gap, xid="xid")
    assert fault_of(verify()) == ("entry_added", gap)


def test_a_second_entry_with_the_number_of_another_is_found(log: None) -> None:
    ids = write(3)
    seal()
    copy_of(ids[1], new_id=ids[1], xid="xid")
    report = verify()
    assert report.fault in ("entry_added", "entry_changed") and report.where == ids[1]


def test_an_entry_put_in_today_under_an_old_date_is_sealed_and_remarked(log: None) -> None:
    write(3)
    seal()
    tamper(
        "insert into audit_entry (at, actor, action) values (now() - interval '3 hours', 'ghost', 'consent.grant')"
    )
    seal()
    report = verify()
    assert report.whole and len(report.backdated) == 1


@pytest.mark.parametrize(
    "change",
    [
        "entries = entries + 1",
        "at = at + interval '1 s'",
        "marks = 'xxxx'",
        "ids = '{[1,2)}'",
        "note = '{\"a\": 1}'",
    ],
)
def test_a_seal_that_was_changed_is_found(log: None, change: str) -> None:
    for _ in range(3):
        write(2)
        seal()
    tamper(f"update audit_seal set {change} where seq = 2")
    assert fault_of(verify()) == ("seal_changed", 2)


def test_a_seal_in_the_middle_cannot_go(log: None) -> None:
    for _ in range(3):
        write(2)
        seal()
    tamper("delete from audit_seal where seq = 2")
    assert fault_of(verify()) == ("seal_missing", 2)


def test_a_chain_made_anew_without_the_key_is_found(log: None) -> None:
    ids = write(3)
    seal()
    head = seals.read_head()
    tamper("delete from audit_entry where id = %s", ids[0])
    tamper("delete from audit_seal")
    forger = Signer(Ed25519PrivateKey.generate())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seals, "signer", lambda: forger)
        seal()
    assert fault_of(verify(deposited=head)) == ("seal_key", 1)
    seals.head_path().unlink()
    assert fault_of(verify()) == ("seal_key", 1)


def test_cutting_off_the_newest_seals_and_entries_is_noticed_by_the_deposited_head(log: None) -> None:
    write(2)
    seal()
    ids = write(2)
    seal()
    tamper("delete from audit_entry where id >= %s", ids[0])
    tamper("delete from audit_seal where seq = 2")
    assert fault_of(verify()) == ("cut_off", 2)
    seals.head_path().unlink()
    assert verify().whole  # that is what the deposited head is for
    with pytest.raises(InvalidInput, match=r"audit\.no_reason"):
        seals.accept_head(actor="li", reason=" ")


def test_a_restored_backup_is_accepted_with_a_reason(log: None) -> None:
    write(2)
    seal()
    seals.deposit_head(seals.Head(9, b"\x01" * 32, utc_now()))
    assert verify().fault == "cut_off"
    seals.accept_head(actor="li", reason="从 11 月 20 日的备份恢复")
    assert verify().whole
    assert trail.entries(trail.TrailQuery(action="audit")).entries[0].detail["former_seq"] == 9


def test_an_entry_of_a_long_transaction_is_sealed_after_its_commit_and_holds_nothing_up(log: None) -> None:
    write(2)
    with database.connect() as long:
        long.execute("insert into audit_entry (at, actor, action) values (now(), 'slow', 'import.done')")
        write(2)
        assert seal() == 4
        write(1)
        assert seal() == 1
        assert verify().whole
        long.commit()
    assert verify().whole  # it is there, unsealed, and no fault
    assert seal() == 1
    report = verify()
    assert report.whole and (report.entries, report.unsealed, report.seals) == (6, 0, 3)
    with connection.cursor() as cursor:
        cursor.execute("select ids::text from audit_seal order by seq")
        assert cursor.fetchall()[0][0].count("[") == 2  # around the number that was not committed yet


def test_a_look_that_finds_much_makes_several_seals(log: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "MOST_ENTRIES", 4)
    write(10)
    assert seal() == 10
    report = verify()
    assert report.whole and report.seals == 3


def test_a_database_restored_into_another_cluster_goes_on_with_the_chain(log: None) -> None:
    write(3)
    seal()
    key = seals.signer()
    with database.connect() as raw:  # as if sealed elsewhere: transaction numbers mean nothing here
        row = raw.execute(
            "select kind, at, snapshot, ids::text, entries, parts, marks, backdated, note, previous from audit_seal"
        ).fetchone()
    assert row is not None
    fields = dict(
        zip(
            ("kind", "at", "snapshot", "ids", "entries", "parts", "marks", "backdated", "note", "previous"),
            row,
            strict=True,
        )
    )
    fields |= {"seq": 1, "identity": "elsewhere/1/1", "marks": bytes(row[6]), "previous": bytes(row[9])}
    digest = sealed_lines.digest_of(fields)
    tamper(
        "update audit_seal set identity = 'elsewhere/1/1', digest = %s, signature = %s",
        digest, key.sign(sealed_lines.SIGNED + digest),
    )  # fmt: skip
    seals.head_path().unlink()
    write(2)
    assert seal() == 2
    report = verify()
    assert report.whole and report.unsealed == 0 and report.seals == 2


def test_a_month_is_dropped_with_a_seal_and_everything_else_still_verifies(log: None) -> None:
    old = datetime(2026, 3, 30, tzinfo=UTC)
    with database.connect(autocommit=True) as raw:
        partitions.cover(raw, "audit_entry", date(2026, 3, 1), date(2026, 3, 1))
        raw.execute(
            "insert into audit_entry (at, actor, action) select %s, 'li', 'login' from generate_series(1, 4)",
            (old,),
        )
    write(3)  # the same seal covers both months
    seal()
    write(2)
    seal()
    with database.connect() as raw:
        raw.execute("alter table audit_entry detach partition audit_entry_202603")
        raw.execute("drop table audit_entry_202603")
        seals.note_drop(raw, month="2026-03", entries=4, because="retention", now=utc_now())
        raw.commit()
    report = verify()
    assert report.whole and report.entries == 5 and report.dropped == ("2026-03",)
    with database.connect(autocommit=True) as raw:
        raw.execute(
            "insert into audit_entry (id, at, actor, action) overriding system value values (2, %s, 'ghost', 'x')",
            (old,),
        )
    assert verify().fault == "entry_added"


def test_a_month_with_unsealed_entries_may_not_be_dropped(log: None) -> None:
    write(1)
    with database.connect() as raw, pytest.raises(Conflict, match=r"audit\.unsealed"):
        seals.check_month(raw, f"{utc_now():%Y-%m}")


def test_a_check_is_remembered_and_a_fault_is_an_entry_itself(log: None) -> None:
    ids = write(3)
    seal()
    seal_checks.request_check(actor="he")
    assert seal_checks.progress() is not None
    seal_checks.run_check(now=utc_now())
    found = seal_checks.last_check()
    assert found is not None and found.whole and found.entries == 4 and seal_checks.progress() is None
    tamper("update audit_entry set actor = 'x' where id = %s", ids[0])
    seal_checks.run_check(now=utc_now() + timedelta(minutes=1))
    found = seal_checks.last_check()
    assert found is not None and (found.fault, found.where) == ("entry_changed", ids[0])
    assert trail.entries(trail.TrailQuery(action="audit.broken")).entries[0].subject == str(ids[0])


def test_a_head_that_cannot_be_read_is_said_so(log: None) -> None:
    seals.head_path().write_text("{nonsense")
    with pytest.raises(InvalidInput, match=r"audit\.head_unreadable"):
        verify()
