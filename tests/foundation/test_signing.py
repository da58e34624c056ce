"""The key that signs proofs: made once, kept to its owner, known by its fingerprint."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from xinfeng.foundation.signing import fingerprint, fits, read_signer, same_fingerprint
from xinfeng.kernel.errors import Conflict


def test_a_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "signing.pem"
    first = read_signer(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_signer(path).public_key == first.public_key
    assert read_signer(tmp_path / "other.pem").public_key != first.public_key


def test_a_signature_fits_its_message_and_key_only(tmp_path: Path) -> None:
    one, other = read_signer(tmp_path / "a"), read_signer(tmp_path / "b")
    signature = one.sign(b"proof")
    assert fits(one.public_key, signature, b"proof")
    assert not fits(one.public_key, signature, b"prooF")
    assert not fits(other.public_key, signature, b"proof")
    assert not fits(one.public_key, signature[:-1] + bytes([signature[-1] ^ 1]), b"proof")
    for bad in (b"", b"x" * 32, b"\xff" * 31):
        assert not fits(bad, signature, b"proof")
        assert not fits(one.public_key, bad, b"proof")


def test_a_fingerprint_can_be_read_out(tmp_path: Path) -> None:
    found = read_signer(tmp_path / "a").fingerprint
    assert re.fullmatch(r"([0-9a-f]{4}-){9}[0-9a-f]{4}", found)
    assert same_fingerprint(found, found.upper().replace("-", " "))
    assert not same_fingerprint(found, fingerprint(b"\x00" * 32))
    assert not same_fingerprint("", " - ")


@pytest.mark.parametrize(
    "content", ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_damaged_key_file_is_told_and_kept(tmp_path: Path, content: str) -> None:
    path = tmp_path / "signing.pem"
    path.write_text(content)
    with pytest.raises(Conflict, match=r"signing\.unreadable"):
        read_signer(path)
    assert path.read_text() == content
