"""Which encodings a file is tried in."""

from __future__ import annotations

import pytest

from xinfeng.kernel.encodings import candidates

TEXT = "手机号,姓名\r\n13900000001,李\r\n"


def _first_that_fits(data: bytes) -> str:
    for encoding in candidates(data[:4]):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AssertionError("none fits")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb2312", "gb18030", "utf-16"])
def test_what_spreadsheets_write_is_read_without_its_mark(encoding: str) -> None:
    assert _first_that_fits(TEXT.encode(encoding)) == TEXT


@pytest.mark.parametrize("order", ["le", "be"])
def test_utf_16_is_known_by_its_mark_in_either_order(order: str) -> None:
    assert _first_that_fits(("\ufeff" + TEXT).encode(f"utf-16-{order}")) == TEXT
    assert candidates(TEXT.encode(f"utf-16-{order}")[:4]) == ("utf-8", "gb18030"), (
        "without it nobody can tell"
    )


def test_nothing_is_utf_8() -> None:
    assert candidates(b"")[0] == "utf-8"
