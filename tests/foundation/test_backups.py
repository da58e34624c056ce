"""Backups: drawn up while others write, checked without a database, loaded whole or not at all."""

from __future__ import annotations

import json
import os
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from tests.conftest import _use
from tests.delivery.world import make_channel, make_plan
from tests.factories import make_contact, make_contacts, make_event, make_user

from xinfeng.consent.actions import suppress_numbers
from xinfeng.consent.verify import verify_ledger
from xinfeng.contacts.actions import edit_contact
from xinfeng.contacts.records import ContactRecord
from xinfeng.delivery import number_news
from xinfeng.delivery.models import Attempt, Chunk, Plan
from xinfeng.foundation import database, seals, stored
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.backups import indexing, schedule, settling
from xinfeng.foundation.backups.checking import check
from xinfeng.foundation.backups.form import open_archive
from xinfeng.foundation.backups.loading import BLOCK_GAP, is_empty, load, prepare_schema
from xinfeng.foundation.backups.manifest import read
from xinfeng.foundation.backups.sealing import open_file, open_keys, seal_file, seal_keys
from xinfeng.foundation.backups.writing import create, name_begins
from xinfeng.foundation.postgres import EmbeddedPostgres
from xinfeng.integrations.models import WebhookEvent
from xinfeng.integrations.webhooks import actions as webhooks
from xinfeng.integrations.webhooks import kinds
from xinfeng.integrations.webhooks.gathering import gather
from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.kernel.time import utc_now

COUNTS = """
select c.relname::text from pg_class c where c.relkind in ('r', 'p') and not c.relispartition
  and c.relnamespace = 'public'::regnamespace order by 1"""
WILL_DIFFER = {"audit_entry", "key_holder", "login_session", "django_session", "attempt", "stored_setting"}


INDEXES = """
select i.indrelid::regclass::text, case when h.inhrelid is null then c.relname::text end as own_name,
  replace(pg_get_indexdef(c.oid), c.relname, ''), i.indisvalid, k.contype::text, h.inhparent::regclass::text
from pg_index i join pg_class c on c.oid = i.indexrelid left join pg_inherits h on h.inhrelid = c.oid
left join pg_constraint k on k.conindid = c.oid and k.conrelid = i.indrelid
where c.relnamespace = 'public'::regnamespace order by 1, 3, 6"""
"""Those of partitions have names that PostgreSQL gave them."""
TRIGGERS = """
select t.tgrelid::regclass::text, t.tgname::text, t.tgenabled::text from pg_trigger t where not t.tgisinternal order by 1, 2"""


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch):
    """So that these small tables go the way of large ones."""
    monkeypatch.setattr(indexing, "MANY", 1)


@pytest.fixture
def server(postgres: EmbeddedPostgres) -> EmbeddedPostgres:
    return postgres


@contextmanager
def empty_database(server: EmbeddedPostgres, *, migrated: bool = True) -> Iterator[None]:
    """Django and settings work on an empty database inside. `migrated`: as a restore that failed leaves it, which spares
    a test the time of the migrations."""
    former = os.environ["XINFENG_DATABASE_URL"].rsplit("/", 1)[1].split("?")[0]
    name = f"r_{uuid.uuid4().hex[:12]}"
    admin = {"host": str(server.sockets), "user": "postgres", "dbname": "postgres", "autocommit": True}
    with psycopg.connect(**admin) as connection:
        connection.execute(
            f"create database {name} {'template xinfeng strategy file_copy' if migrated else ''}"
        )
    _use(name)
    if migrated:
        with database.connect() as connection:
            connection.execute("create table xinfeng_restoring (at timestamptz default now())")
    try:
        yield
    finally:
        _use(former)
        with psycopg.connect(**admin) as connection:
            connection.execute(f"drop database {name} with (force)")


def counts() -> dict[str, int]:
    with database.connect() as connection:
        names = [row[0] for row in connection.execute(COUNTS)]
        return {name: connection.execute(f'select count(*) from "{name}"').fetchone()[0] for name in names}


def restore(path: Path, *, nothing_sent: bool = False):
    with open_archive(path) as archive:
        prepare_schema(archive.manifest)
        return load(archive, now=utc_now(), nothing_sent=nothing_sent, uploads_folder="/elsewhere/uploads")


def ask(question: str, *values: object):
    with database.connect() as connection:
        return connection.execute(question, values).fetchone()


@pytest.fixture
def full(committed_db) -> list[int]:
    """People, events, a plan that was begun, old rows, settings, users."""
    make_user()
    ids = make_contacts(2_500)
    make_event(ids[0], at=utc_now() - timedelta(days=3))
    plan_id = make_plan(ids, make_channel(9))
    Chunk.objects.filter(plan_id=plan_id).order_by("id").first()
    with database.connect() as connection:
        connection.execute(
            "update chunk set state = 'leased', leased_by = 'g', lease_until = now() + interval '1 hour',"
            " intent_upto = first_id + 9 where id = (select min(id) from chunk)"
        )
        connection.execute("insert into django_session values ('s', 'x', now() + interval '1 day')")
    seals.seal(now=utc_now())
    return ids


def test_everything_comes_back_and_the_chains_hold(full, server, tmp_path):
    path = tmp_path / "one.xfbackup"
    before = counts()
    made = create(path, now=utc_now())
    assert path.stat().st_mode & 0o777 == 0o600
    assert check(path).manifest == made.manifest
    assert made.manifest.heads["ledger"][0] == verify_ledger().head_seq > 0
    with empty_database(server, migrated=False):
        assert is_empty()
        restore(path)
        assert not is_empty()
        after = counts()
        differ = {name for name in before if before[name] != after.get(name)}
        assert differ <= WILL_DIFFER
        assert set(before) == set(after)
        assert verify_ledger().whole
        assert ask("select count(*) from message_rest") == (0,)
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation), database.connect() as connection:
            connection.execute("delete from message")


@pytest.mark.parametrize("many", [1, 10**9])
def test_every_index_constraint_and_trigger_stands_again(full, server, tmp_path, monkeypatch, many):
    monkeypatch.setattr(indexing, "MANY", many)

    def shape():
        with database.connect() as connection:
            return [connection.execute(question).fetchall() for question in (INDEXES, TRIGGERS)]

    before = shape()
    create(tmp_path / "b", now=utc_now())
    with empty_database(server):
        restore(tmp_path / "b")
        for now_there, there in zip(shape(), before, strict=True):
            assert set(now_there) ^ set(there) == set()


def test_rows_that_cannot_stand_beside_each_other_are_damage(full, server, tmp_path):
    """Unique constraints are looked at after the rows are in: they must hold all the same."""
    with database.connect() as connection:
        connection.execute("alter table contact drop constraint contact_external_id")
        connection.execute(
            "update contact set external_id = 'twice' where id in (%s, %s)", (full[0], full[1])
        )
    create(tmp_path / "b", now=utc_now())
    with empty_database(server):
        with pytest.raises(InvalidInput) as fault:
            restore(tmp_path / "b")
        assert (fault.value.code, fault.value.params) == ("backup.damaged", {"file": "tables/contact.copy"})
        assert ask("select count(*) from contact") == (0,)


def test_ids_go_on_behind_a_gap(full, server, tmp_path):
    create(tmp_path / "b", now=utc_now())
    before = ask("select next_id from id_block where name = 'message'")[0]
    users = ask("select last_value from user_id_seq")[0]
    with empty_database(server):
        restore(tmp_path / "b")
        assert ask("select next_id from id_block where name = 'message'")[0] == before + BLOCK_GAP
        assert ask("select last_value from user_id_seq")[0] > users
        assert make_contact() > BLOCK_GAP


def test_what_was_open_is_uncertain_and_paused(full, server, tmp_path):
    """It may have been sent to its end after the backup was made."""
    create(tmp_path / "b", now=utc_now())
    with empty_database(server):
        done = restore(tmp_path / "b")
        assert done.settled["parts_uncertain"] == Attempt.objects.filter(outcome=4, code="restored").count()
        assert Attempt.objects.filter(outcome=4).values("message_id").distinct().count() == len(full)
        assert not Chunk.objects.exclude(state="done").exists()
        assert Plan.objects.get().state == "paused" and Plan.objects.get().reason == "restored"


def test_where_nothing_was_sent_since_only_what_was_under_way_is_uncertain(full, server, tmp_path):
    create(tmp_path / "b", now=utc_now())
    with empty_database(server):
        restore(tmp_path / "b", nothing_sent=True)
        assert Attempt.objects.filter(outcome=4).values("message_id").distinct().count() == 10
        assert set(Chunk.objects.values_list("state", flat=True)) == {"queued"}
        assert Plan.objects.get().state == "paused"


def test_a_backup_sees_one_moment(full, server, tmp_path):
    """A person comes while tables are being copied: she is in none of them, or in all."""
    come: list[int] = []

    def join(table: str, rows: int) -> None:
        if table == "api_key":
            come.append(make_contact())

    made = create(tmp_path / "b", now=utc_now(), progress=join)
    assert len(come) == 1
    rows = {one.table: one.rows for one in made.manifest.tables if not one.unread}
    assert rows["contact"] == len(full)
    assert ask("select count(*) from contact")[0] == len(full) + 1


def test_copying_holds_no_lock_on_what_is_copied_already(full, tmp_path):
    """A month can be attached meanwhile, which waits for every reader of the default partition."""

    def attach(table: str, rows: int) -> None:
        if table == "message_rest":
            with database.connect() as connection:
                connection.execute("set lock_timeout = '60s'")
                connection.execute(
                    "select make_partition('message', 'message_209901', '2099-01-01 00:00+00', '2099-02-01 00:00+00')"
                )

    create(tmp_path / "b", now=utc_now(), progress=attach)
    assert ask("select to_regclass('message_209901') is not null") == (True,)


def test_a_partition_that_goes_meanwhile_leaves_no_backup(full, tmp_path):
    def drop(table: str, rows: int) -> None:
        if table == "api_key":
            with database.connect() as connection:
                connection.execute("drop table receipt_rest")

    with pytest.raises(Conflict) as fault:
        create(tmp_path / "b", now=utc_now(), progress=drop)
    assert fault.value.code == "backup.changed_meanwhile"
    assert list(tmp_path.iterdir()) == []


def test_receipts_not_learned_from_yet_are_found_after_a_restore_and_only_they(full, server, tmp_path):
    message_id = ask("select min(id) from message")[0]

    def receive(receipt_id: int) -> None:
        with database.connect() as connection:
            connection.execute(
                "insert into receipt (id, received_at, channel_id, carrier_id, stat, message_id, part)"
                " values (%s, now(), 1, %s, 'DELIVRD', %s, 1)",
                (receipt_id, str(receipt_id).encode(), message_id),
            )

    receive(1)
    number_news.hand_on(now=utc_now())
    receive(2)
    made = create(tmp_path / "b", now=utc_now())
    assert sum(one.rows for one in made.manifest.tables if one.unread and one.parent == "receipt") == 1
    with empty_database(server):
        restore(tmp_path / "b")
        place = stored.read(number_news.KEY, {})["receipt"]["seen"]
        found = ask(
            "select array_agg(id) from receipt where not pg_visible_in_snapshot(xid, %s::pg_snapshot)", place
        )
        assert found == ([2],)
        assert ask("select column_default from information_schema.columns where table_name = 'receipt_rest' and column_name = 'xid'") == ("pg_current_xact_id()",)  # fmt: skip


def test_restored_months_are_those_that_were(full, server, tmp_path):
    with database.connect() as connection:
        connection.execute("drop table event_202601") if ask("select to_regclass('event_202601')")[
            0
        ] else None
        connection.execute(
            "select make_partition('event', 'event_201501', '2015-01-01 00:00+00', '2015-02-01 00:00+00')"
        )
    question = "select array_agg(relname::text order by relname) from pg_class where relispartition and relkind = 'r'"
    before = ask(question)
    create(tmp_path / "b", now=utc_now())
    with empty_database(server):
        restore(tmp_path / "b")
        assert ask(question) == before


def test_a_database_that_is_used_is_not_restored_into(full, tmp_path):
    create(tmp_path / "b", now=utc_now())
    with open_archive(tmp_path / "b") as archive, pytest.raises(Conflict) as fault:
        prepare_schema(archive.manifest)
    assert fault.value.code == "backup.not_empty"
    assert ask("select count(*) from contact")[0] == len(full)


def test_a_backup_of_a_newer_version_is_refused(full, server, tmp_path):
    with database.connect() as connection:
        connection.execute(
            "insert into django_migrations (app, name, applied) values ('delivery', '9999_from_the_future', now())"
        )
    create(tmp_path / "b", now=utc_now())
    with empty_database(server, migrated=False), open_archive(tmp_path / "b") as archive:
        with pytest.raises(Conflict) as fault:
            prepare_schema(archive.manifest)
        assert fault.value.code == "backup.newer"
        assert is_empty()


def test_a_restore_that_fails_leaves_nothing_and_can_be_tried_again(full, server, tmp_path, monkeypatch):
    create(tmp_path / "b", now=utc_now())
    with empty_database(server):
        with monkeypatch.context() as patch:
            broken = settling.Restored("broken", settle=lambda connection, gap: 1 // 0)
            patch.setattr(settling, "parts", lambda: (broken,))
            with pytest.raises(ZeroDivisionError), open_archive(tmp_path / "b") as archive:
                prepare_schema(archive.manifest)
                load(archive, now=utc_now(), nothing_sent=False, uploads_folder="/x")
        assert ask("select count(*) from contact") == (0,)
        restore(tmp_path / "b")
        assert ask("select count(*) from contact") == (len(full),)


def test_suppressed_numbers_and_where_files_lie_come_along(full, server, tmp_path):
    index = bytes(ask("select phone_index from contact where id = %s", full[0])[0])
    suppress_numbers([index], reason="complaint", scope="all", source="test", actor="test", now=utc_now())
    with database.connect() as connection:
        connection.execute("insert into id_block values ('kept', 5)")
    create(tmp_path / "b", now=utc_now())
    with empty_database(server):
        restore(tmp_path / "b")
        assert (
            ask("select count(*) from suppression where phone_index = %s and lifted_at is null", index)[0]
            >= 1
        )


# --- the file itself ---------------------------------------------------------------------------------------------


NUMBER = "13800138000"


@pytest.fixture(scope="module")
def whole(tmp_path_factory, postgres) -> Path:
    from tests.conftest import NONE_ASKED_FOR, _clone, _drop

    name = f"t_{uuid.uuid4().hex[:12]}"
    _clone(postgres, name)
    _use(name)
    make_contacts(20)
    make_contacts(1, phone=NUMBER)
    path = tmp_path_factory.mktemp("whole") / "whole.xfbackup"
    create(path, now=utc_now())
    _use(NONE_ASKED_FOR)
    _drop(postgres, name)
    return path


def rewritten(whole: Path, target: Path, change) -> Path:
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return target


def refused(path: Path) -> str:
    with pytest.raises(InvalidInput) as fault:
        check(path)
    return fault.value.code


def test_one_changed_byte_in_any_table_is_found(whole, tmp_path):
    def change(name: str, content: bytes) -> bytes:
        return content.replace(b"1", b"2", 1) if name == "tables/contact.copy" else content

    assert refused(rewritten(whole, tmp_path / "x", change)) == "backup.damaged"


@pytest.mark.parametrize(
    "change",
    [
        lambda name, content: None if name == "tables/contact.copy" else content,
        lambda name, content: None if name == "signature.json" else content,
        lambda name, content: b"{}" if name == "signature.json" else content,
        lambda name, content: content + b"\n" if name == "manifest.json" else content,
    ],
)
def test_what_is_missing_or_signed_by_nobody_is_refused(whole, tmp_path, change):
    assert refused(rewritten(whole, tmp_path / "x", change)) in ("backup.damaged", "backup.signature")


def test_what_is_in_it_is_packed(whole):
    with zipfile.ZipFile(whole) as archive:
        large = [one for one in archive.infolist() if one.file_size > 2_000]
    assert large and all(one.compress_size < one.file_size for one in large)


def test_a_file_that_was_slipped_in_is_refused(whole, tmp_path):
    path = rewritten(whole, tmp_path / "x", lambda name, content: content)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../etc/cron.d/x", b"x")
    assert refused(path) == "backup.damaged"


@pytest.mark.parametrize("at", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_refused(whole, tmp_path, at):
    raw = whole.read_bytes()
    (tmp_path / "x").write_bytes(raw[: int(len(raw) * at)])
    assert refused(tmp_path / "x").startswith("backup.")


def test_flipped_bits_never_end_in_anything_but_a_refusal(whole, tmp_path):
    raw = bytearray(whole.read_bytes())
    for place in range(40, len(raw), len(raw) // 60):
        broken = bytearray(raw)
        broken[place] ^= 0xFF
        (tmp_path / "x").write_bytes(broken)
        try:
            check(tmp_path / "x")
        except InvalidInput as fault:
            assert fault.code.startswith("backup.")


@pytest.mark.parametrize(
    "change",
    [
        {
            "uploads": [
                {"path": "../../x", "file": {"name": "uploads/1.sealed", "bytes": 1, "sha256": "0" * 64}}
            ]
        },
        {"uploads": [{"path": "/x", "file": {"name": "uploads/1.sealed", "bytes": 1, "sha256": "0" * 64}}]},
        {"tables": [{"table": 'x"; drop table contact; --'}]},
        {"sequences": {"x'); drop table contact; --": 1}},
        {"migrations": "x"},
        {"made_at": "2026-01-01T00:00:00"},
        {"key_member": 5},
    ],
)
def test_a_hostile_manifest_is_refused(whole, change):
    with zipfile.ZipFile(whole) as archive:
        said = json.loads(archive.read("manifest.json"))
    with pytest.raises(InvalidInput) as fault:
        read(json.dumps(said | change).encode())
    assert fault.value.code == "backup.damaged"


def test_no_number_stands_in_a_backup_in_the_clear(whole):
    with zipfile.ZipFile(whole) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert NUMBER.encode() not in everything and len(everything) > 10_000


def test_a_sealed_file_opens_whole_or_not_at_all(tmp_path):
    content = os.urandom(500_000)
    (tmp_path / "f").write_bytes(content)
    pieces = list(seal_file(tmp_path / "f", "a/f"))
    assert b"".join(open_file(pieces, "a/f")) == content
    for broken, name in (
        (pieces[:-1], "a/f"),
        (pieces[::-1], "a/f"),
        (pieces, "a/g"),
        (pieces + pieces[-1:], "a/f"),
    ):
        with pytest.raises(InvalidInput):
            list(open_file(broken, name))


def test_keys_open_by_their_passphrase_only(tmp_path):
    data = tmp_path / "data"
    (data / "keys").mkdir(parents=True)
    (data / "keys" / "vault.json").write_text("{}")
    (data / "keys" / "erasures.journal").write_text("line")
    settings = xinfeng_settings.read({"XINFENG_DATA": str(data)})
    raw = seal_keys(settings, "correct horse battery")
    assert open_keys(raw, "correct horse battery") == {"vault.json": b"{}", "erasures.journal": b"line"}
    for passphrase, code in (("wrong horse battery", "backup.passphrase"),):
        with pytest.raises(InvalidInput) as fault:
            open_keys(raw, passphrase)
        assert fault.value.code == code
    with pytest.raises(InvalidInput):
        seal_keys(settings, "short")


# --- by themselves -----------------------------------------------------------------------------------------------


def test_a_due_backup_is_made_and_the_oldest_go(committed_db, tmp_path):
    schedule.save(schedule.Schedule(6, str(tmp_path), 2), actor="admin")
    now = utc_now()
    (tmp_path / "xinfeng-other-20200101T000000Z.xfbackup").write_text("somebody else's")
    for hours in (0, 1, 6, 12, 18):
        schedule.run_due(now=now + timedelta(hours=hours))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == 3 and "xinfeng-other-20200101T000000Z.xfbackup" in names
    standing = schedule.standing(now=now + timedelta(hours=19))
    assert standing.ok and standing.last_good_at == now + timedelta(hours=18)
    assert not schedule.standing(now=now + timedelta(hours=40)).ok


def test_a_failure_is_remembered_and_tried_again_later(committed_db, tmp_path):
    folder = tmp_path / "there"
    folder.mkdir()
    now = utc_now()
    schedule.save(schedule.Schedule(6, str(folder), 2), actor="admin")
    folder.rmdir()
    assert schedule.run_due(now=now) is None
    assert schedule.standing(now=now).fault == "backup.folder"
    folder.mkdir()
    assert schedule.run_due(now=now + timedelta(minutes=10)) is None
    assert schedule.run_due(now=now + timedelta(minutes=40)) is not None
    assert schedule.standing(now=now + timedelta(minutes=40)).ok
    assert ask("select count(*) from audit_entry where action = 'backup.fail'") == (1,)


@pytest.mark.parametrize("folder", ["", "relative", "/nowhere/at/all", "a\0b"])
def test_a_folder_that_cannot_be_written_to_is_refused(committed_db, folder):
    with pytest.raises(InvalidInput) as fault:
        schedule.save(schedule.Schedule(6, folder, 2), actor="admin")
    assert fault.value.code == "backup.folder"


def test_what_a_crash_left_half_written_goes_with_the_next(committed_db, tmp_path):
    staged = tmp_path / f".{name_begins()}20260101T000000Z.xfbackup.partial"
    other = tmp_path / ".xinfeng-other-20260101T000000Z.xfbackup.partial"
    for path in (staged, other):
        path.write_bytes(b"half")
    schedule.make(tmp_path / "b", actor="x", now=utc_now())
    assert not staged.exists() and other.exists()


def test_a_failure_that_a_person_saw_raises_no_alarm(committed_db, tmp_path):
    with pytest.raises(Conflict):
        schedule.make(tmp_path / "no" / "such" / "b", actor="admin", now=utc_now())
    assert schedule.standing(now=utc_now()).ok
    assert ask("select count(*) from audit_entry where action = 'backup.fail'") == (1,)


def test_one_more_is_made_when_somebody_asks(committed_db, tmp_path):
    with pytest.raises(InvalidInput) as fault:
        schedule.ask_now(actor="admin")
    assert fault.value.code == "backup.folder"
    schedule.save(schedule.Schedule(0, str(tmp_path), 2), actor="admin")
    for _ in range(2):
        schedule.ask_now(actor="admin")
    assert ask("select count(*) from procrastinate_jobs where task_name = %s", schedule.JOB_NOW) == (1,)
    with schedule._alone():
        assert schedule.is_under_way()
        with pytest.raises(Conflict):
            schedule.ask_now(actor="admin")
    assert not schedule.is_under_way()
    now = utc_now().replace(microsecond=0)
    schedule.run_now(actor="admin", now=now)
    [lying] = schedule.lying()
    assert (lying.at, lying.bytes) == (now, (tmp_path / lying.name).stat().st_size)
    assert ask("select actor from audit_entry where action = 'backup.make'") == ("admin",)


def test_two_at_once_are_one(committed_db, tmp_path):
    with schedule._alone(), pytest.raises(Conflict) as fault:
        schedule.make(tmp_path / "b", actor="x", now=utc_now())
    assert fault.value.code == "backup.under_way"


def test_a_full_disk_is_noticed_before(committed_db, tmp_path):
    stored.write(schedule.LAST, {"bytes": 10**16}, actor="x")
    with pytest.raises(Conflict) as fault:
        schedule.make(tmp_path / "b", actor="x", now=utc_now())
    assert fault.value.code == "backup.no_room"
    assert list(tmp_path.iterdir()) == []


def test_webhooks_hear_after_a_restore_what_they_had_not_heard_and_only_that(committed_db, server, tmp_path):
    now = utc_now()
    webhooks.add_webhook(
        name="crm", url="http://127.0.0.1:9/hook", kind_names=sorted(kinds.NAMES), allow_private=True,
        actor="test", now=now,
    )  # fmt: skip
    heard = make_contacts(3)
    gather(now=utc_now())
    edit_contact(heard[0], ContactRecord(level="金卡"), actor="test", now=utc_now())
    unheard = make_contact(consent=())
    create(tmp_path / "b", now=utc_now())
    with empty_database(server):
        restore(tmp_path / "b")
        WebhookEvent.objects.all().delete()
        gather(now=utc_now())
        found = {
            (one.kind, change["contact_id"])
            for one in WebhookEvent.objects.all()
            for change in json.loads(one.payload)["changes"]
        }
        assert found == {("contact.updated", heard[0]), ("contact.created", unheard)}
        later = make_contact(consent=())
        WebhookEvent.objects.all().delete()
        gather(now=utc_now())
        [event] = WebhookEvent.objects.all()
        assert json.loads(event.payload)["changes"] == [{"contact_id": later}]
