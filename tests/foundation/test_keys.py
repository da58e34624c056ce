from __future__ import annotations

from pathlib import Path

import pytest

from xinfeng.foundation import stored
from xinfeng.foundation.keys import STORED_KEY, KeyFault, recognise
from xinfeng.foundation.vault import add_key


@pytest.fixture
def key_file(db: None, tmp_path: Path) -> Path:
    """The file a new database was first used with."""
    path = tmp_path / "keys" / "vault.json"
    assert recognise(path) is None
    return path


def test_the_file_a_database_began_with_is_known_again(key_file: Path) -> None:
    assert recognise(key_file) is None


def test_a_missing_file_is_not_replaced_by_a_new_one(key_file: Path) -> None:
    key_file.unlink()
    assert recognise(key_file) is KeyFault.MISSING
    assert not key_file.exists()


def test_another_file_is_refused(key_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "vault.json"
    add_key(other)
    known = stored.read(STORED_KEY, {})
    assert recognise(other) is KeyFault.OTHER
    assert stored.read(STORED_KEY, {}) == known


def test_a_damaged_file_is_refused(key_file: Path) -> None:
    key_file.write_text('{"active": 1}')
    assert recognise(key_file) is KeyFault.UNREADABLE


def test_a_rotated_key_is_remembered_and_then_needed(key_file: Path) -> None:
    before = key_file.read_text()
    add_key(key_file)
    assert recognise(key_file) is None
    key_file.write_text(before)
    assert recognise(key_file) is KeyFault.OTHER


def test_the_database_does_not_hold_the_keys(key_file: Path) -> None:
    assert not any(value in key_file.read_text() for value in stored.read(STORED_KEY, {}).values())
