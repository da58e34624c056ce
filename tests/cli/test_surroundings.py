"""What the machine around a command lacks is said in words: what happened, what was kept, what to do."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError, connection
from tests.cli.inside import run_here
from tests.cli.test_commands import begun, run  # noqa: F401

from xinfeng.cli import surroundings
from xinfeng.cli.words import sentence
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.postgres import EmbeddedPostgres

HERE = xinfeng_settings.read({"XINFENG_DATA": "/srv/xinfeng"})


def test_a_data_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "d"
    file.write_text("")
    done = run("up", data=file)
    assert done.returncode == 1
    assert f"{file} 不是文件夹" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_terminal_without_chinese_shows_the_english(tmp_path: Path) -> None:
    file = tmp_path / "d"
    file.write_text("")
    done = run("up", data=file, PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert "is no folder. Nothing was done." in done.stdout


@pytest.mark.parametrize("address", ["192.0.2.1:8000", "nowhere.invalid:8000"])
def test_an_address_of_another_machine_is_refused_before_anything_starts(
    tmp_path: Path, address: str
) -> None:
    done = run("up", data=tmp_path / "d", XINFENG_HTTP=address)
    assert done.returncode == 1
    assert f"不能在地址 {address} 上监听" in done.stdout
    assert not (tmp_path / "d" / "postgres").exists()


def test_a_server_that_is_not_there_is_named_without_the_password(tmp_path: Path) -> None:
    url = "postgresql://shop:geheim@127.0.0.1:1/xinfeng"
    done = run("users", "list", data=tmp_path / "d", XINFENG_DATABASE_URL=url)
    assert done.returncode == 1
    assert "连不上 PostgreSQL（127.0.0.1:1/xinfeng）" in done.stdout
    assert "geheim" not in done.stdout + done.stderr


def test_wrong_settings_are_named_in_chinese_too(tmp_path: Path) -> None:
    done = run("users", "list", data=tmp_path / "d", XINFENG_HTTP="nowhere")
    assert "这些设置不能用，什么都没有启动" in done.stderr


def test_a_second_app_says_that_one_runs(begun: Path) -> None:  # noqa: F811
    """It used to have itself carried out by the one that runs."""
    (begun / "lens").mkdir(exist_ok=True)
    with (begun / "lens" / "lens.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = run("app", data=begun, XINFENG_HTTP="127.0.0.1:0")
    assert done.returncode == 1
    assert "已经有一个 app 在运行" in done.stdout


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_has_words(number: int) -> None:
    named = surroundings.named(OSError(number, os.strerror(number)), HERE)
    assert named is not None
    assert "磁盘满了：/srv/xinfeng" in sentence(named)
    full = surroundings.named(psycopg.errors.DiskFull("could not extend file"), HERE)
    assert full is not None
    assert full.code == "disk.full"


def test_a_file_of_somebody_else_names_both_users(tmp_path: Path) -> None:
    settings = xinfeng_settings.read({"XINFENG_DATA": str(tmp_path)})
    fault = PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "postgres" / "postmaster.pid"))
    named = surroundings.named(fault, settings)
    assert named is not None
    assert named.code == "file.not_allowed"
    assert named.params["owner"] == named.params["user"]
    assert "postmaster.pid" in sentence(named)


@pytest.mark.parametrize("fault", [OSError(errno.EPIPE, "x"), ConnectionResetError(), DatabaseError("x")])
def test_faults_of_our_own_keep_their_traceback(fault: Exception) -> None:
    assert surroundings.named(fault, HERE) is None


@pytest.mark.parametrize("behind", [True, False])
def test_tables_of_the_former_version_are_told_from_a_fault_of_ours(committed_db: None, behind: bool) -> None:
    with connection.cursor() as cursor:
        if behind:
            cursor.execute("delete from django_migrations where app = 'channels' and name like '0007%'")
        with pytest.raises(DatabaseError) as caught:
            cursor.execute("select column_of_tomorrow from channel")
    named = surroundings.named(caught.value, HERE)
    assert (named.code if named else None) == ("database.older" if behind else None)


@pytest.fixture
def running_app() -> Iterator[None]:
    """The door of an app that runs, or that was killed and has left it behind."""
    door = xinfeng_settings.load().door_socket
    door.parent.mkdir(exist_ok=True, mode=0o700)
    door.touch()
    yield
    door.unlink()


def test_migrate_looks_at_the_database_also_while_an_app_runs(committed_db: None, running_app: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into django_migrations (app, name, applied) values ('delivery', '9999_later', now())"
        )
    done = run_here("migrate")
    assert done.returncode == 1
    assert "数据库已是最新" not in done.stdout


def test_a_server_that_others_have_come_to_use_is_not_taken_from_them(begun: Path) -> None:  # noqa: F811
    """A gateway that started PostgreSQL and is upgraded must not pull it away from under app."""
    settings = xinfeng_settings.read({"XINFENG_DATA": str(begun)})
    server = EmbeddedPostgres(settings)
    with (server.sockets / "in-use.lock").open("a") as another:
        fcntl.flock(another, fcntl.LOCK_SH)
        assert run("users", "list", data=begun).returncode == 0
    try:
        assert server.pid() is not None
    finally:
        server.stop()
    assert run("users", "list", data=begun).returncode == 0
    assert server.pid() is None
