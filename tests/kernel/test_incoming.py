"""What handsets wrote is read although a gateway announces it wrongly, and what is announced rightly stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.kernel.incoming import read_incoming
from xinfeng.kernel.text import Encoding

NOES = [
    "退订",
    "拒收",
    "取消",
    "别发了",
    "不要再发了",
    "TD退订",
    "退订。",
    "😀退订",
    "T",
    "TD",
    "R",
    "n",
    "1",
]
AS_IT_IS = [
    "一",
    "好的",
    "谢谢！",
    "路",
    "联通",
    "네",
    "예 알겠습니다",
    "рахмат",
    "ياق",
    "ꆈꌠꉙ",
    "བོད",
    "ありがとう",
    "naïve ¥5",
]
chinese = st.text(
    st.integers(0x4E01, 0x9FA5).filter(lambda code: code % 256).map(chr), min_size=2, max_size=70
)


@pytest.mark.parametrize("text", NOES)
def test_ucs2_in_the_other_order_is_read_without_a_mark(text: str) -> None:
    assert read_incoming(text.encode("utf-16-le"), Encoding.UCS2) == text


@pytest.mark.parametrize("text", [*AS_IT_IS, *NOES])
def test_what_is_in_order_stays_so(text: str) -> None:
    assert read_incoming(text.encode("utf-16-be"), Encoding.UCS2) == text
    assert read_incoming(text.encode("gb18030"), Encoding.GBK) == text


@pytest.mark.parametrize("text", NOES)
@pytest.mark.parametrize("announced", [Encoding.ASCII, Encoding.GBK])
def test_utf8_is_read_whatever_it_is_announced_as(text: str, announced: Encoding) -> None:
    assert read_incoming(text.encode("utf-8"), announced) == text


def test_plain_letters_are_read_although_they_are_announced_as_binary() -> None:
    assert read_incoming(b"TD", Encoding.BINARY) == "TD"
    assert read_incoming(b"\1\2", Encoding.BINARY) is None and read_incoming(b"", Encoding.BINARY) is None


@given(chinese)
def test_no_chinese_is_turned_round(text: str) -> None:
    assert read_incoming(text.encode("utf-16-be"), Encoding.UCS2) == text


@given(st.binary(max_size=160), st.integers(0, 255))
def test_it_never_raises_and_what_it_yields_can_be_stored(content: bytes, msg_fmt: int) -> None:
    text = read_incoming(content, msg_fmt)
    assert text is None or "\x00" not in text.encode("utf-8").decode("utf-8")
