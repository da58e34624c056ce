import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import mask, parse_mainland

BARE = "13800138000"


@pytest.mark.parametrize(
    "written",
    [
        BARE,
        "+8613800138000",
        "008613800138000",
        "8613800138000",
        "+86 138 0013 8000",
        "138-0013-8000",
        "(+86)138-0013-8000",
        "１３８００１３８０００",
        "＋８６　１３８　００１３　８０００",
        "\ufeff13800138000\r\n",
        "\u202d13800138000\u202c",
        "138\u00a00013\u00a08000",
        "'13800138000",
        "tel:+86-138-0013-8000",
        "13800138000.0",
        "13800138000.00",
        "8613800138000.0",
        "1.3800138E10",
        "1.3800138e+10",
        "1.3800138000E+10",
    ],
)
def test_reads_what_people_and_spreadsheets_write(written: str) -> None:
    assert parse_mainland(written) == BARE


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "phone.empty"),
        (" \t-", "phone.empty"),
        ("no number", "phone.unreadable"),
        ("1380013800O", "phone.unreadable"),
        ("١٣٨٠٠١٣٨٠٠٠", "phone.unreadable"),
        ("13800138000.5", "phone.unreadable"),
        ("1.38E+10", "phone.unreadable"),
        ("1.38001E+10", "phone.unreadable"),
        ("1.38001380005E10", "phone.unreadable"),
        ("1.3800138E99", "phone.unreadable"),
        ("13800138000,13800138001", "phone.unreadable"),
        ("=1+1", "phone.unreadable"),
        ("1" * 1_000_000, "phone.unreadable"),
        ("12800138000", "phone.not_mainland_mobile"),
        ("1380013800", "phone.not_mainland_mobile"),
        ("138001380000", "phone.not_mainland_mobile"),
        ("010-88886666", "phone.not_mainland_mobile"),
        ("+85291234567", "phone.not_mainland_mobile"),
        ("10086", "phone.not_mainland_mobile"),
        ("1064812345678", "phone.iot"),
        ("+86 10648 12345678", "phone.iot"),
        ("861440123456789", "phone.iot"),
        ("1410123456789", "phone.iot"),
    ],
)
def test_refuses_the_rest_with_a_stable_code(written: str, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_mainland(written)
    assert caught.value.code == code
    assert str(caught.value) == code, "the number itself would end up in logs"


@given(st.text(max_size=80))
def test_anything_is_either_a_number_or_invalid_input(text: str) -> None:
    try:
        number = parse_mainland(text)
    except InvalidInput as error:
        assert error.code in {"phone.empty", "phone.unreadable", "phone.not_mainland_mobile", "phone.iot"}
    else:
        assert number.isascii()
        assert len(number) == 11
        assert parse_mainland(number) == number


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", "+86", "0086", "86", "+86 "]))
def test_country_codes_make_no_difference(number: str, code: str) -> None:
    assert parse_mainland(code + number) == number


@pytest.mark.parametrize(
    ("number", "masked"),
    [(BARE, "138****8000"), ("8613800138000", "861******8000"), ("10086", "***86"), ("110", "***"), ("", "")],
)
def test_masks(number: str, masked: str) -> None:
    assert mask(number) == masked
