"""Files that lie encrypted: whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from xinfeng.kernel.errors import InvalidInput
from xinfeng.privacy.sealed import MAGIC, PIECE_BYTES, SealedWriter, read_sealed


def pieces(raw: bytes) -> list[bytes]:
    """The sealed pieces with their lengths, as they stand in the file."""
    found, at = [], len(MAGIC)
    while at < len(raw):
        end = at + 4 + int.from_bytes(raw[at : at + 4])
        found.append(raw[at:end])
        at = end
    return found


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    path = tmp_path / "a.sealed"
    with SealedWriter(path, "a") as file:
        for number in range(3):
            file.write(bytes([number]) * PIECE_BYTES)
        file.write(b"the end")
    return path


def test_what_is_written_is_read_again_and_lies_unreadable(sealed: Path) -> None:
    opened = b"".join(read_sealed(sealed, "a"))
    assert opened == b"\0" * PIECE_BYTES + b"\1" * PIECE_BYTES + b"\2" * PIECE_BYTES + b"the end"
    assert b"the end" not in sealed.read_bytes()
    assert sealed.stat().st_mode & 0o777 == 0o600


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    with SealedWriter(tmp_path / "e", "e"):
        pass
    assert b"".join(read_sealed(tmp_path / "e", "e")) == b""


def test_pieces_cannot_be_cut_off_moved_repeated_or_changed(sealed: Path, tmp_path: Path) -> None:
    raw = sealed.read_bytes()
    one, two, three, four = pieces(raw)
    other = tmp_path / "other"
    with SealedWriter(other, "other") as file:
        file.write(b"strange")
    flipped = bytearray(raw)
    flipped[-1] ^= 1
    for forged in (
        MAGIC + one + two + three,
        MAGIC + one + two + four,
        MAGIC + two + one + three + four,
        MAGIC + one + one + two + three + four,
        MAGIC + one + two + three + four + four,
        MAGIC + pieces(other.read_bytes())[0],
        bytes(flipped),
        raw[:-3],
        raw + b"\0\0",
        raw + b"\xff\xff\xff\xff",
        raw + b"\0\0\0\0",
        b"PK\x03\x04",
        b"",
    ):
        sealed.write_bytes(forged)
        with pytest.raises(InvalidInput, match=r"vault\.unreadable"):
            list(read_sealed(sealed, "a"))


def test_a_writer_that_failed_leaves_nothing_that_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "f"
    with pytest.raises(ZeroDivisionError), SealedWriter(path, "f") as file:
        file.write(b"half")
        raise ZeroDivisionError
    with pytest.raises(InvalidInput):
        list(read_sealed(path, "f"))
