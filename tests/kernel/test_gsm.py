"""GSM 03.38. Packed examples: 3GPP TS 23.038, 6.1.2, and the classic "hellohello"."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.kernel.gsm import (
    DEFAULT,
    ESCAPE,
    EXTENSION,
    cut_septets,
    decode_gsm,
    encode_gsm,
    fill_bits,
    pack_septets,
    unpack_septets,
)
from xinfeng.kernel.text import Encoding, Reference, contents, decode_content, parse_udh, split_parts, udh

CHARACTERS = "".join(EXTENSION.values()) + DEFAULT.replace("\x1b", "")
TEXTS = st.text(st.sampled_from(CHARACTERS), max_size=500)


def test_the_tables_are_whole() -> None:
    assert len(DEFAULT) == len(set(DEFAULT)) == 128
    assert DEFAULT.index("\x1b") == ESCAPE
    assert len(set(CHARACTERS)) == 127 + 10


@pytest.mark.parametrize(
    ("text", "septets"),
    [
        ("@£$¥", "00010203"),
        ("\n\r", "0a0d"),
        ("Δ_ΦΓΛΩΠΨΣΘΞ", "101112131415161718191a"),
        ("ÆæßÉ", "1c1d1e1f"),
        ("¤¡§¿", "24405f60"),
        ("ÄÖÑÜäöñüà", "5b5c5d5e7b7c7d7e7f"),
        ("èéùìòÇØøÅå", "0405060708090b0c0e0f"),
        ("^{}\\[~]|€\f", "1b141b281b291b2f1b3c1b3d1b3e1b401b651b0a"),
        ("Az09 ?", "417a3039203f"),
    ],
)
def test_characters_have_their_septets(text: str, septets: str) -> None:
    assert encode_gsm(text) == bytes.fromhex(septets)
    assert decode_gsm(bytes.fromhex(septets)) == text


@pytest.mark.parametrize("text", ["信", "ç", "`", "\t", "😀", "\x1b"])
def test_what_has_no_septet_cannot_be_written(text: str) -> None:
    assert encode_gsm("abc" + text) is None


@pytest.mark.parametrize(
    ("septets", "text"),
    [("1b", " "), ("611b", "a "), ("1b1b", " "), ("1b41", "A"), ("80ff", "\ufffd\ufffd"), ("1b80", "\ufffd")],
)
def test_whatever_comes_is_read(septets: str, text: str) -> None:
    assert decode_gsm(bytes.fromhex(septets)) == text


@given(TEXTS)
def test_texts_round_trip(text: str) -> None:
    septets = encode_gsm(text)
    assert septets is not None
    assert decode_gsm(septets) == text
    assert decode_content(septets, Encoding.GSM7) == text


@pytest.mark.parametrize(
    ("text", "packed"),
    [
        ("hellohello", "e8329bfd4697d9ec37"),
        ("1", "31"),
        ("1234567", "31d98c56b3dd1a"),  # seven spare bits become a carriage return
        ("12345678", "31d98c56b3dd70"),
        ("", ""),
    ],
)
def test_septets_are_packed(text: str, packed: str) -> None:
    septets = encode_gsm(text)
    assert septets is not None
    assert pack_septets(septets).hex() == packed
    assert unpack_septets(bytes.fromhex(packed)) == septets


@given(TEXTS.filter(lambda text: not text.endswith("\r")), st.sampled_from([0, 6, 7, 12]))
def test_packing_is_undone_behind_any_header(text: str, header: int) -> None:
    septets = encode_gsm(text)
    assert septets is not None
    fill = fill_bits(header)
    packed = pack_septets(septets, fill=fill)
    assert len(packed) == (-(-(fill + 7 * len(septets)) // 8) if text else 0)
    assert unpack_septets(packed, fill=fill) == septets


@given(st.binary(max_size=160), st.integers(0, 6))
def test_unpacking_never_fails(octets: bytes, fill: int) -> None:
    assert max(unpack_septets(octets, fill=fill), default=0) < 128


def test_a_part_of_153_septets_fills_140_octets_with_its_header() -> None:
    for reference, septets in ((Reference.BITS_8, 153), (Reference.BITS_16, 152)):
        assert reference + len(pack_septets(b"a" * septets, fill=fill_bits(reference))) == 140


@pytest.mark.parametrize(
    ("text", "reference", "sizes"),
    [
        ("a" * 160, Reference.BITS_8, [160]),
        ("a" * 161, Reference.BITS_8, [153, 8]),
        ("a" * 161, Reference.BITS_16, [152, 9]),
        ("€" * 80, Reference.BITS_8, [160]),
        ("€" * 81, Reference.BITS_8, [152, 10]),  # an escape never ends a part
        ("a" * 152 + "€" + "a" * 10, Reference.BITS_8, [152, 12]),
    ],
)
def test_escapes_are_not_parted(text: str, reference: Reference, sizes: list[int]) -> None:
    assert [len(part) for part in split_parts(text, Encoding.GSM7, reference)] == sizes


@given(TEXTS, st.sampled_from(Reference))
def test_parts_in_septets_join_to_the_text_and_each_can_be_read_alone(
    text: str, reference: Reference
) -> None:
    parts = split_parts(text, Encoding.GSM7, reference)
    assert "".join(decode_gsm(part) for part in parts) == text
    assert all(len(part) <= (160 if len(parts) == 1 else (140 - reference) * 8 // 7) for part in parts)


@given(st.binary(max_size=300), st.integers(2, 20))
def test_any_septets_are_cut(septets: bytes, most: int) -> None:
    pieces = cut_septets(septets, most)
    assert b"".join(pieces) == septets
    assert all(0 < len(piece) <= most for piece in pieces)


@pytest.mark.parametrize(
    ("encoding", "sizes"),
    [
        (Encoding.UCS2, [132, 132, 36]),
        (Encoding.GBK, [132, 132, 36]),
        (Encoding.LATIN1, [133, 67]),
        (Encoding.ASCII, [133, 67]),
    ],
)
def test_a_16_bit_reference_takes_an_octet_more(encoding: Encoding, sizes: list[int]) -> None:
    text = "a" * sum(sizes) if encoding in (Encoding.ASCII, Encoding.LATIN1) else "中" * (sum(sizes) // 2)
    assert [len(part) for part in split_parts(text, encoding, Reference.BITS_16)] == sizes


def test_16_bit_headers_are_written_and_read() -> None:
    assert udh(0x1234, 3, 2, Reference.BITS_16) == bytes.fromhex("06080412340302")
    first, second = contents("é" * 141, encoding=Encoding.LATIN1, reference=0xABCD, width=Reference.BITS_16)
    header, body = parse_udh(second)
    assert header is not None
    assert (header.reference, header.total, header.index, body) == (0xABCD, 2, 2, b"\xe9" * 8)
    assert len(first) == 140


def test_latin_1_and_binary_are_read_as_such() -> None:
    assert decode_content("café".encode("latin-1"), Encoding.LATIN1) == "café"
    assert decode_content(b"\1\2", Encoding.BINARY) is None
