from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from xinfeng.foundation import keys, stored
from xinfeng.foundation import vault as vault_module
from xinfeng.foundation.keys import HOLDER_LIVES, SETTLES, STORED_KEY, KeyFault, Watch, recognise
from xinfeng.foundation.models import AuditEntry, EncryptionKey, KeyHolder
from xinfeng.foundation.vault import Kind, Vault, add_key, read_key_file
from xinfeng.kernel.errors import Conflict, NotFound
from xinfeng.kernel.time import utc_now


@pytest.fixture
def key_file(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file a new database was first used with; the vault of this process reads it."""
    path = tmp_path / "keys" / "vault.json"
    house = Vault(read_key_file(path), "AES-256-GCM", file=path)
    monkeypatch.setattr(vault_module, "vault", lambda: house)
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


def holder(name: str, **fields: Any) -> KeyHolder:
    """A process that said a moment ago what it knows: by default the first key alone."""
    first = EncryptionKey.objects.get(pk=1)
    now = utc_now()
    known = {
        "process": "gateway",
        "host": name,
        "keys": {"1": first.fingerprint},
        "active": 1,
        "cipher": "AES-256-GCM",
        "active_since": now,
        "seen_at": now,
    }
    return KeyHolder.objects.create(id=name, **(known | fields))


def test_a_new_key_is_not_used_while_a_process_does_not_know_it(key_file: Path) -> None:
    away = holder("node-2")
    key_id = keys.add(key_file, actor="admin")
    Watch("app").say(now=utc_now())
    with pytest.raises(Conflict) as refused:
        keys.activate(key_file, key_id, actor="admin", now=utc_now())
    assert (refused.value.code, refused.value.params["holders"]) == (
        "key.not_known_everywhere",
        ["gateway @ node-2"],
    )
    assert keys.active_id() == 1 and read_key_file(key_file).active == 1
    away.keys["2"] = EncryptionKey.objects.get(pk=2).fingerprint
    away.save()
    keys.activate(key_file, key_id, actor="admin", now=utc_now())
    assert keys.active_id() == 2 and read_key_file(key_file).active == 2
    assert AuditEntry.objects.filter(action="key.activate", object_id="2").count() == 1


def test_another_key_of_the_same_number_is_not_the_key(key_file: Path) -> None:
    holder("node-2", keys={"1": "", "2": "0123456789abcdef"})
    key_id = keys.add(key_file, actor="admin")
    with pytest.raises(Conflict, match="key.not_known_everywhere"):
        keys.activate(key_file, key_id, actor="admin", now=utc_now())


def test_a_process_that_has_gone_holds_nothing_up(key_file: Path) -> None:
    holder("node-2", seen_at=utc_now() - HOLDER_LIVES)
    keys.activate(key_file, keys.add(key_file, actor="admin"), actor="admin", now=utc_now())


def test_processes_take_up_the_key_the_database_names(key_file: Path) -> None:
    elsewhere = Vault(read_key_file(key_file), "AES-256-GCM", file=key_file)
    keys.activate(key_file, keys.add(key_file, actor="admin"), actor="admin", now=utc_now())
    keys.take_up(elsewhere)
    assert elsewhere.seal(Kind.NAME, "x")[1:3] == b"\x00\x02"


def test_a_watch_says_what_its_process_knows(key_file: Path) -> None:
    watch = Watch("app")
    watch.say(now=utc_now())
    assert list(KeyHolder.objects.get().keys) == ["1"]
    keys.add(key_file, actor="admin")
    vault_module.vault()._look_at = 0.0
    watch.say(now=utc_now())
    assert list(KeyHolder.objects.get().keys) == ["1", "2"]


def rotated(path: Path) -> None:
    keys.activate(path, keys.add(path, actor="admin"), actor="admin", now=utc_now())


def test_a_key_is_retired_only_when_nothing_hangs_on_it_and_nothing_can_be_under_way(key_file: Path) -> None:
    def retire(
        key_id: int = 1, *, held: list[tuple[str, int]] | None = None, later: timedelta = SETTLES
    ) -> None:
        keys.retire(key_file, key_id, sealed_with=held or [], actor="admin", now=utc_now() + 2 * later)

    with pytest.raises(Conflict, match="key.active"):
        retire()
    rotated(key_file)
    with pytest.raises(NotFound, match="key.unknown"):
        retire(9)
    with pytest.raises(Conflict, match="key.in_use") as refused:
        retire(held=[("contact.phone_sealed", 3), ("reply.body_sealed", 2)])
    assert refused.value.params["values"] == 5
    with pytest.raises(Conflict, match="key.too_soon"):
        retire(later=timedelta(0))
    late = holder("node-2", seen_at=utc_now() + 2 * SETTLES)
    with pytest.raises(Conflict, match="key.active"):
        retire()
    late.delete()
    retire()
    assert list(read_key_file(key_file).masters) == [2]
    assert recognise(key_file) is None
    assert EncryptionKey.objects.get(pk=1).retired_at is not None
    with pytest.raises(NotFound):
        keys.activate(key_file, 1, actor="admin", now=utc_now())


def test_a_copy_of_the_file_that_still_has_a_retired_key_is_taken(key_file: Path, tmp_path: Path) -> None:
    rotated(key_file)
    copy = tmp_path / "copy.json"
    copy.write_text(key_file.read_text())
    keys.retire(key_file, 1, sealed_with=[], actor="admin", now=utc_now() + 2 * SETTLES)
    assert recognise(copy) is None
    assert recognise(key_file) is None
