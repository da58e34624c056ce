import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.text import (
    Encoding,
    UserDataHeader,
    billed_parts,
    contents,
    decode_content,
    encoding_for,
    parse_udh,
    split_parts,
    udh,
    utf16_units,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=600)


@pytest.mark.parametrize(
    ("characters", "billed"),
    [(0, 1), (1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (160, 3), (201, 3), (202, 4), (500, 8)],
)
@pytest.mark.parametrize("character", ["中", "a"])
def test_billing_in_china_counts_every_character_as_one(characters: int, billed: int, character: str) -> None:
    assert billed_parts(character * characters) == billed


def test_an_emoji_counts_two_units_and_is_not_cut() -> None:
    assert utf16_units("好😀") == 3
    assert billed_parts("😀" * 35) == 1
    assert billed_parts("😀" * 36) == 2
    assert billed_parts("中" * 66 + "😀" + "中" * 66) == 3  # 134 units, but the pair falls on the seam


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("hello\r\n", Encoding.ASCII),
        ("a" * 140, Encoding.ASCII),
        ("a" * 141, Encoding.UCS2),
        ("café", Encoding.UCS2),
        ("你好", Encoding.UCS2),
        ("bell\x07", Encoding.UCS2),
    ],
)
def test_encoding_follows_the_text(text: str, encoding: Encoding) -> None:
    assert encoding_for(text) is encoding


@given(TEXTS)
def test_ucs2_parts_join_to_the_text_and_each_can_be_read_alone(text: str) -> None:
    parts = split_parts(text, Encoding.UCS2)
    assert "".join(part.decode("utf-16-be") for part in parts) == text
    assert len(parts) == billed_parts(text)
    assert all(len(part) <= (140 if len(parts) == 1 else 134) for part in parts)


@given(st.text(st.sampled_from("中文abc，。1"), max_size=400))
def test_gbk_parts_join_to_the_text_and_each_can_be_read_alone(text: str) -> None:
    parts = split_parts(text, Encoding.GBK)
    assert "".join(part.decode("gbk") for part in parts) == text
    assert all(len(part) <= (140 if len(parts) == 1 else 134) for part in parts)


def test_ascii_parts_are_of_134_bytes() -> None:
    assert [len(part) for part in split_parts("a" * 300, Encoding.ASCII)] == [134, 134, 32]


@pytest.mark.parametrize(
    ("text", "encoding", "code"),
    [
        ("好", Encoding.ASCII, "text.unencodable"),
        ("😀", Encoding.GBK, "text.unencodable"),
        ("\ud800", Encoding.UCS2, "text.unencodable"),
        ("好" * (67 * 255 + 1), Encoding.UCS2, "text.too_long"),
    ],
)
def test_what_cannot_be_sent_is_refused(text: str, encoding: Encoding, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        split_parts(text, encoding)
    assert caught.value.code == code


def test_contents_carry_headers_only_when_there_are_several_parts() -> None:
    assert contents("好", encoding=Encoding.UCS2, reference=7) == ["好".encode("utf-16-be")]
    first, second = contents("好" * 71, encoding=Encoding.UCS2, reference=0x107)
    assert first == bytes.fromhex("050003070201") + ("好" * 67).encode("utf-16-be")
    assert second == bytes.fromhex("050003070202") + ("好" * 4).encode("utf-16-be")


@given(st.integers(0, 255), st.integers(1, 255), st.data(), st.binary(max_size=134))
def test_headers_round_trip(reference: int, total: int, data: st.DataObject, body: bytes) -> None:
    index = data.draw(st.integers(1, total))
    assert parse_udh(udh(reference, total, index) + body) == (UserDataHeader(reference, total, index), body)


@pytest.mark.parametrize(
    ("content", "header", "body"),
    [
        ("050003e40402aa", UserDataHeader(0xE4, 4, 2), "aa"),
        ("06080412340302aa", UserDataHeader(0x1234, 3, 2), "aa"),
        ("0b0504c34f00000003e40402aa", UserDataHeader(0xE4, 4, 2, 0xC34F), "aa"),
        ("060504c34f0000aa", UserDataHeader(destination_port=0xC34F), "aa"),
        ("027000aa", UserDataHeader(), "aa"),
        ("050003000101aa", UserDataHeader(0, 1, 1), "aa"),
        ("050003070001aa", UserDataHeader(), "aa"),  # a total of nothing
        ("050003070203aa", UserDataHeader(), "aa"),  # the third of two
        ("050003070200aa", UserDataHeader(), "aa"),  # the part before the first
        ("050005070202aa", UserDataHeader(), "aa"),  # an element longer than its header
        ("0500", None, "0500"),
        ("", None, ""),
        ("00aa", UserDataHeader(), "aa"),
    ],
)
def test_headers_are_read_tolerantly(content: str, header: UserDataHeader | None, body: str) -> None:
    assert parse_udh(bytes.fromhex(content)) == (header, bytes.fromhex(body))


@given(st.binary(max_size=160))
def test_no_header_is_ever_an_exception(content: bytes) -> None:
    _, body = parse_udh(content)
    assert content.endswith(body)


@pytest.mark.parametrize(
    ("content", "msg_fmt", "text"),
    [
        ("退订".encode("utf-16-be"), 8, "退订"),
        (b"\xfe\xff" + "退订".encode("utf-16-be"), 8, "退订"),
        (b"\xff\xfe" + "退订".encode("utf-16-le"), 8, "退订"),
        ("\ufeff退\ufeff订".encode("utf-16-be"), 8, "退订"),
        ("😀".encode("utf-16-be"), 0x18, "😀"),
        ("退订".encode("gbk"), 15, "退订"),
        ("退订".encode("gbk"), 0, "退订"),
        (b"TD", 0, "TD"),
        (b"TD\x00\x00", 0, "TD"),
        (b"TD", 1, "TD"),
        (b"\x00T\x00", 8, "T�"),
        (b"\xff\xff", 15, "��"),
        (b"\x01\x02", 4, None),
        (b"\x01\x02", 0xF5, None),
        (b"\x01\x02", 0xF6, None),
        (b"\x01\x02", 3, None),
    ],
)
def test_incoming_content_is_decoded_by_its_format(content: bytes, msg_fmt: int, text: str | None) -> None:
    assert decode_content(content, msg_fmt) == text


@given(st.binary(max_size=160), st.integers(0, 255))
def test_decoding_never_raises_and_what_it_yields_can_be_stored(content: bytes, msg_fmt: int) -> None:
    text = decode_content(content, msg_fmt)
    if text is not None:
        assert "\x00" not in text
        text.encode("utf-8")
