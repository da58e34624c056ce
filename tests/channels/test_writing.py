"""How texts become parts, for accounts of different wishes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.channels.writing import Alphabet, LongTexts, Writing, write_parts
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.text import Encoding, billed_parts, decode_content, parse_udh

TEXTS = st.text(st.sampled_from("abc@_[€]é信😀\n"), max_size=400)
WRITINGS = st.builds(Writing, long_texts=st.sampled_from(LongTexts), alphabet=st.sampled_from(Alphabet))


@given(TEXTS, WRITINGS, st.integers(0, 2**40))
def test_whatever_is_written_reads_back(text: str, writing: Writing, reference: int) -> None:
    items = write_parts("13800138000", text, reference=reference, writing=writing)
    read = ""
    for at, (number, content, coding, total, part) in enumerate(items, 1):
        assert (number, total, part) == ("13800138000", len(items), at)
        if total > 1:
            header, content = parse_udh(content)
            assert header is not None
            assert (header.total, header.index) == (total, part)
            assert header.reference == reference & (0xFFFF if writing.long_texts == "udh16" else 0xFF)
        read += decode_content(content, coding) or ""
    assert read == text


@given(TEXTS, WRITINGS)
def test_there_are_as_many_parts_as_are_billed(text: str, writing: Writing) -> None:
    items = write_parts("13800138000", text, reference=7, writing=writing)
    if writing.long_texts is not LongTexts.UDH16:
        assert len(items) == billed_parts(text)


@given(TEXTS)
def test_the_carriers_of_china_get_nothing_but_ascii_and_ucs2(text: str) -> None:
    assert {item[2] for item in write_parts("1", text, reference=7)} <= {Encoding.ASCII, Encoding.UCS2}


@pytest.mark.parametrize(
    ("alphabet", "text", "coding", "parts"),
    [
        (Alphabet.ASCII, "a" * 70, Encoding.ASCII, 1),
        (Alphabet.ASCII, "a" * 71, Encoding.UCS2, 2),
        (Alphabet.ASCII, "é", Encoding.UCS2, 1),
        (Alphabet.UCS2, "a" * 70, Encoding.UCS2, 1),
        (Alphabet.LATIN1, "é" * 70, Encoding.LATIN1, 1),
        (Alphabet.LATIN1, "é" * 71, Encoding.UCS2, 2),
        (Alphabet.LATIN1, "信", Encoding.UCS2, 1),
        (Alphabet.GSM7, "€" * 70, Encoding.GSM7, 1),
        (Alphabet.GSM7, "a" * 71, Encoding.UCS2, 2),
        (Alphabet.GSM7, "信", Encoding.UCS2, 1),
    ],
)
def test_the_alphabet_is_used_where_it_reaches(
    alphabet: Alphabet, text: str, coding: int, parts: int
) -> None:
    items = write_parts("1", text, reference=1, writing=Writing(alphabet=alphabet))
    assert (items[0][2], len(items)) == (coding, parts)


@given(st.sampled_from(Alphabet))
def test_half_an_emoji_is_refused(alphabet: Alphabet) -> None:
    with pytest.raises(InvalidInput) as caught:
        write_parts("1", "\ud83d", reference=1, writing=Writing(alphabet=alphabet))
    assert caught.value.code == "text.unencodable"
