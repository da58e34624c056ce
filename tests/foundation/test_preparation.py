"""Which servers are taken."""

import threading
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from xinfeng.console.words import SENTENCES
from xinfeng.foundation import database, preparation
from xinfeng.foundation.preparation import check_server, check_version
from xinfeng.kernel.errors import Conflict


def test_a_server_that_lacks_what_we_use_is_refused_with_its_version():
    with pytest.raises(Conflict) as caught:
        check_server(160_004)
    words = SENTENCES[caught.value.code]
    assert "第 16 版" in words.zh.format(**caught.value.params)
    assert "version 16" in words.en.format(**caught.value.params)


@pytest.mark.parametrize("version", [170_000, 180_001])
def test_newer_servers_are_taken(version):
    check_server(version)


KNOWN = {("delivery", "0001_initial"), ("delivery", "0002_facts")}


def test_a_database_that_a_newer_version_has_migrated_is_refused():
    with pytest.raises(Conflict) as caught:
        check_version({*KNOWN, ("delivery", "0003_lanes")}, KNOWN)
    assert caught.value.code == "database.newer"
    assert caught.value.params == {"missing": ["delivery.0003_lanes"]}


@pytest.mark.parametrize(
    "applied",
    [
        KNOWN,
        set(),
        {("delivery", "0001_initial")},
        {*KNOWN, ("delivery", "0001_squashed_away")},
        {*KNOWN, ("gone", "0009_x")},
    ],
)
def test_an_older_database_and_what_once_was_are_taken(applied):
    check_version(applied, KNOWN)


def test_a_process_of_the_former_version_does_not_start(committed_db):
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into django_migrations (app, name, applied) values ('delivery', '9999_later', now())"
        )
    with pytest.raises(Conflict) as caught:
        preparation.prepare()
    assert caught.value.code == "database.newer"


def test_a_migration_waits_for_a_table_in_use_without_holding_others_up(committed_db, monkeypatch):
    """It lets go and tries again; whoever reads meanwhile is not stuck behind it."""
    monkeypatch.setattr(preparation, "LOCK_TIMEOUT_S", 1)
    tries: list[str] = []
    reader = database.connect()
    reader.execute("select count(*) from channel")

    def migrate(*args: object, **options: object) -> None:
        tries.append("try")
        if len(tries) == 2:
            reader.close()
        with connection.cursor() as cursor:
            cursor.execute("alter table channel add column added_later int")

    monkeypatch.setattr(preparation, "call_command", migrate)
    preparation._migrate()
    assert len(tries) == 2


def test_a_migration_that_is_the_victim_of_a_deadlock_is_tried_again(committed_db, monkeypatch):
    """A gateway reads channels, then plans; the migration changes plans, then channels: PostgreSQL ends one of them."""
    tries: list[str] = []
    reader = database.connect()
    reader.execute("set deadlock_timeout = '1h'")  # so that it is the migration that PostgreSQL chooses
    reader.execute("begin")
    reader.execute("select count(*) from channel")

    def read_on() -> None:
        reader.execute("select count(*) from plan")
        reader.close()

    waiting = threading.Thread(target=read_on)

    def migrate(*args: object, **options: object) -> None:
        tries.append("try")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("alter table plan add column added_later int")
            if len(tries) == 1:
                waiting.start()
                _wait_until_blocked(reader)
            cursor.execute("alter table channel add column added_later int")

    monkeypatch.setattr(preparation, "call_command", migrate)
    preparation._migrate()
    waiting.join()
    assert len(tries) == 2


def _wait_until_blocked(reader: psycopg.Connection[Any]) -> None:
    blocked = "select cardinality(pg_blocking_pids(%s)) > 0"
    with database.connect() as watcher:
        while watcher.execute(blocked, (reader.info.backend_pid,)).fetchone() != (True,):
            pass


def test_nobody_starts_on_what_a_restore_that_broke_off_left(committed_db):
    """It looks like a new deployment: empty, but for tables."""
    with connection.cursor() as cursor:
        cursor.execute(f"create table {preparation.RESTORING} (at timestamptz)")
    with pytest.raises(Conflict) as caught:
        preparation.prepare()
    assert caught.value.code == "backup.unfinished"
    assert "再恢复一次" in SENTENCES[caught.value.code].zh
