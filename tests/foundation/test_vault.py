from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.foundation import vault as vault_module
from xinfeng.foundation.vault import KeyRing, Kind, Vault, activate_key, add_key, read_key_file, remove_key
from xinfeng.kernel.errors import InvalidInput

RING = KeyRing(active=1, masters={1: b"k" * 32}, index_key=b"i" * 32)


@pytest.fixture(params=["AES-256-GCM", "SM4-GCM"])
def vault(request: pytest.FixtureRequest) -> Vault:
    return Vault(RING, request.param)


@given(texts=st.lists(st.text(max_size=200), max_size=20))
def test_what_is_sealed_opens_again(texts: list[str]) -> None:
    for cipher in ("AES-256-GCM", "SM4-GCM"):
        vault = Vault(RING, cipher)
        assert vault.open_many(Kind.BODY, vault.seal_many(Kind.BODY, texts)) == texts


def test_a_seal_is_bound_to_its_kind(vault: Vault) -> None:
    sealed = vault.seal(Kind.NAME, "王小明")
    with pytest.raises(InvalidInput, match="vault.unreadable"):
        vault.open(Kind.PHONE, sealed)


def test_every_changed_byte_is_noticed(vault: Vault) -> None:
    sealed = vault.seal(Kind.PHONE, "15400001234")
    for position in range(len(sealed)):
        damaged = bytearray(sealed)
        damaged[position] ^= 1
        with pytest.raises(InvalidInput):
            vault.open(Kind.PHONE, bytes(damaged))


@pytest.mark.parametrize("length", range(31))
def test_truncated_seals_are_refused(vault: Vault, length: int) -> None:
    with pytest.raises(InvalidInput):
        vault.open(Kind.PHONE, vault.seal(Kind.PHONE, "15400001234")[:length])


def test_two_seals_of_one_text_differ_but_their_index_is_one(vault: Vault) -> None:
    assert vault.seal(Kind.PHONE, "15400001234") != vault.seal(Kind.PHONE, "15400001234")
    assert vault.phone_index("15400001234") == vault.phone_index("15400001234")
    assert vault.phone_index("15400001234") != vault.phone_index("15400001235")
    assert len(vault.phone_index("15400001234")) == 16


@given(texts=st.lists(st.text(max_size=80), max_size=5))
def test_many_are_indexed_as_one_by_one(texts: list[str]) -> None:
    vault = Vault(RING, "AES-256-GCM")
    assert vault.phone_indexes(texts) == [vault.phone_index(text) for text in texts]
    assert vault.indexes(texts) == [vault.index(text) for text in texts]


def test_a_vault_reads_what_the_other_cipher_sealed() -> None:
    aes, sm4 = Vault(RING, "AES-256-GCM"), Vault(RING, "SM4-GCM")
    assert sm4.open(Kind.NAME, aes.seal(Kind.NAME, "李")) == "李"
    assert aes.open(Kind.NAME, sm4.seal(Kind.NAME, "李")) == "李"


def test_a_new_key_is_used_once_it_is_activated_and_old_seals_stay_readable(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "vault.json"
    old = Vault(read_key_file(path), "AES-256-GCM")
    sealed = old.seal(Kind.BODY, "旧")
    assert add_key(path) == 2
    assert Vault(read_key_file(path), "AES-256-GCM").seal(Kind.BODY, "新")[1:3] == b"\x00\x01"
    activate_key(path, 2)
    new = Vault(read_key_file(path), "AES-256-GCM")
    assert new.open(Kind.BODY, sealed) == "旧"
    assert new.seal(Kind.BODY, "新")[1:3] == b"\x00\x02"
    assert new.phone_index("15400001234") == old.phone_index("15400001234")


def test_a_running_vault_opens_what_another_sealed_with_a_key_it_had_not_heard_of(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "vault.json"
    running = Vault(read_key_file(path), "AES-256-GCM", file=path)
    activate_key(path, add_key(path))
    sealed = Vault(read_key_file(path), "SM4-GCM").seal(Kind.NAME, "新")
    assert running.open(Kind.NAME, sealed) == "新"


def test_a_running_vault_takes_up_the_key_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "keys" / "vault.json"
    running = Vault(read_key_file(path), "AES-256-GCM", file=path)
    running.seal(Kind.NAME, "x")
    activate_key(path, add_key(path))
    monkeypatch.setattr(vault_module, "LOOK_EVERY_S", 0.0)
    running._look_at = 0.0
    assert running.seal(Kind.NAME, "x")[1:3] == b"\x00\x02"


@pytest.mark.parametrize("content", ["", "{", '{"active": 1}', '{"active": 1, "index_key": "", "keys": []}'])
def test_a_key_file_that_is_damaged_while_running_takes_nothing_away(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys" / "vault.json"
    running = Vault(read_key_file(path), "AES-256-GCM", file=path)
    sealed = running.seal(Kind.NAME, "x")
    path.write_text(content)
    running.freshen()
    assert running.open(Kind.NAME, sealed) == "x"
    with pytest.raises(InvalidInput, match="vault.key_missing"):
        running.use(9)


def test_the_key_file_is_for_its_owner_only_and_the_former_one_stays_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "vault.json"
    read_key_file(path)
    before = path.read_text()
    add_key(path)
    files = sorted(path.parent.iterdir())
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600] * 2
    assert [file.read_text() == before for file in files if file != path] == [True]


def test_the_number_of_a_key_that_was_removed_is_never_given_again(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "vault.json"
    read_key_file(path)
    remove_key(path, add_key(path))
    assert add_key(path) == 3


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    sealed = Vault(KeyRing(7, {7: b"x" * 32}, b"i" * 32), "AES-256-GCM").seal(Kind.BODY, "x")
    with pytest.raises(InvalidInput) as caught:
        Vault(RING, "AES-256-GCM").open(Kind.BODY, sealed)
    assert caught.value.code == "vault.key_missing"
    assert caught.value.params == {"key_id": 7}


def test_the_key_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "vault.json"
    read_key_file(path)
    assert path.stat().st_mode & 0o077 == 0
