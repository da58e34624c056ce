from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.foundation.vault import KeyRing, Kind, Vault, add_key, read_key_file
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


def test_keys_rotate_and_old_seals_stay_readable(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "vault.json"
    old = Vault(read_key_file(path), "AES-256-GCM")
    sealed = old.seal(Kind.BODY, "旧")
    assert add_key(path) == 2
    new = Vault(read_key_file(path), "AES-256-GCM")
    assert new.open(Kind.BODY, sealed) == "旧"
    assert new.seal(Kind.BODY, "新")[1:3] == b"\x00\x02"
    assert new.phone_index("15400001234") == old.phone_index("15400001234")


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
