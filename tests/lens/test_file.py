"""The lens file: who owns it, and what happens when it cannot be used."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from xinfeng.kernel.errors import Conflict, NotFound
from xinfeng.lens.duck import DuckEngine
from xinfeng.lens.engine import Lens
from xinfeng.lens.feeds import Column, ColumnType, Feed, Mode, declared

FEEDS = (
    Feed(
        "thing", (Column("id", ColumnType.BIGINT), Column("tags", ColumnType.INTS)), Mode.REPLACE, key=("id",)
    ),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "with space 中文 [x]" / "lens.duckdb"


@pytest.fixture
def engine(path: Path) -> Iterator[DuckEngine]:
    found = DuckEngine(path, memory_mb=256)
    yield found
    found.close()


def test_another_process_is_told_that_the_file_is_owned(engine: DuckEngine, path: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from xinfeng.kernel.errors import Conflict\n"
        "from xinfeng.lens.duck import DuckEngine\n"
        "try:\n    DuckEngine(pathlib.Path(sys.argv[1]), memory_mb=256)\n"
        "except Conflict as fault:\n    print(fault.code)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "lens.owned_elsewhere"


def test_the_same_process_cannot_open_it_twice_either(engine: DuckEngine, path: Path) -> None:
    with pytest.raises(Conflict) as caught:
        DuckEngine(path, memory_mb=256)
    assert caught.value.code == "lens.owned_elsewhere"


@pytest.mark.parametrize("content", [b"", b"this is no database", b"\0" * 20_000])
def test_a_damaged_file_is_replaced(path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    engine = DuckEngine(path, memory_mb=256)
    try:
        assert Lens(engine, FEEDS).table("thing").columns == ("id", "tags")
        assert "rebuilt" in caplog.text
    finally:
        engine.close()
    assert not path.with_suffix(".damaged").exists()


def test_a_torn_file_is_replaced(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    engine = DuckEngine(path, memory_mb=256)
    Lens(engine, FEEDS)
    engine.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    engine = DuckEngine(path, memory_mb=256)
    try:
        assert engine.columns("thing") == {}
    finally:
        engine.close()
    assert "rebuilt" in caplog.text


def test_a_file_of_another_version_is_emptied(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    engine = DuckEngine(path, memory_mb=256)
    Lens(engine, FEEDS)
    engine.close()
    with duckdb.connect(str(path)) as connection:
        connection.execute("update lens_version set version = 0")
    engine = DuckEngine(path, memory_mb=256)
    try:
        assert engine.columns("thing") == {}
        assert "version 0" in caplog.text
    finally:
        engine.close()


def test_a_feed_that_reads_something_else_is_read_anew(path: Path) -> None:
    engine = DuckEngine(path, memory_mb=256)
    Lens(engine, FEEDS)
    with engine.writing() as writer:
        writer.set_loaded(FEEDS[0])
    changed = Feed("thing", (Column("id", ColumnType.BIGINT, "abs(id)"),), Mode.REPLACE, key=("id",))
    assert changed.fingerprint != FEEDS[0].fingerprint
    Lens(engine, (changed,))
    with engine.writing() as writer:
        assert writer.loaded() == {}
        assert writer.columns("thing") == {"id": ColumnType.BIGINT}
    engine.close()


def test_an_unknown_table_is_not_found(engine: DuckEngine) -> None:
    with pytest.raises(NotFound):
        Lens(engine, FEEDS).table("lens_mark")


@pytest.mark.parametrize("name", ["a b", 'x"; drop table y; --', "", "A", "1a", "名"])
def test_odd_names_never_become_columns_or_feeds(name: str) -> None:
    with pytest.raises(ValueError):
        Column(name, ColumnType.TEXT)
    with pytest.raises(ValueError):
        Feed(name, FEEDS[0].columns)


def test_the_lens_has_nothing_that_identifies_a_person() -> None:
    forbidden = (
        "phone_",
        "name",
        "external",
        "sealed",
        "index",
        "hash",
        "body",
        "evidence",
        "actor",
        "carrier_id",
        "to_number",
    )
    for feed in declared():
        for column in feed.columns:
            if column.name != "has_phone":
                assert not any(word in column.name for word in forbidden), (feed.name, column.name)


def test_a_slice_offers_questions_by_name(path: Path) -> None:
    engine = DuckEngine(path, memory_mb=256)
    lens = Lens(engine, declared())
    try:
        state = lens.view("message_state", plans=[1])
        assert {"message_id", "contact_id", "state", "code"} <= set(state.columns)
        assert lens.scalar(state.count()) == 0
        with pytest.raises(NotFound):
            lens.view("no_such_question")
    finally:
        engine.close()
