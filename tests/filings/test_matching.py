"""Filed text with variables against what is sent."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.filings.matching import difference, matches, read_filed, values

LETTERS = st.text(alphabet="ab，", max_size=12)


@pytest.mark.parametrize(
    ("filed", "text", "fits"),
    [
        ("【茶】${name}您好，满减。拒收请回复R", "【茶】王小明您好，满减。拒收请回复R", True),
        ("【茶】{1}您好，{2}元。", "【茶】王您好，50元。", True),
        ("【茶】${name}您好", "【茶】您好", True),
        ("【茶】您好", "【茶】您好呀", False),
        ("【茶】${a}您好", "【茶】王您好！", False),
        ("没有变量", "没有变量", True),
        ("价格 {不是 变量}", "价格 {不是 变量}", True),
    ],
)
def test_a_text_is_one_that_was_filed_or_is_not(filed: str, text: str, fits: bool) -> None:
    assert matches(read_filed(filed), text) is fits


def test_a_value_longer_than_the_vendor_takes_does_not_fit() -> None:
    filed = read_filed("甲${1}乙")
    assert matches(filed, "甲" + "丙" * 20 + "乙", longest_value=20)
    assert not matches(filed, "甲" + "丙" * 21 + "乙", longest_value=20)


@given(st.lists(LETTERS, min_size=1, max_size=5), LETTERS, st.integers(0, 6) | st.none())
def test_it_agrees_with_a_regular_expression(pieces: list[str], text: str, most: int | None) -> None:
    filed = read_filed("${v}".join(pieces))
    gap = "(?s:.*)" if most is None else f"(?s:.{{0,{most}}})"
    expected = re.fullmatch(gap.join(map(re.escape, filed.pieces)), text) is not None
    assert matches(filed, text, longest_value=most) is expected


@given(st.lists(LETTERS, min_size=1, max_size=6), st.data())
def test_whatever_is_put_in_for_the_variables_fits(pieces: list[str], data: st.DataObject) -> None:
    pieces = ["x", *pieces, "y"]
    values = [data.draw(LETTERS) for _ in pieces[1:]]
    text = pieces[0] + "".join(value + piece for value, piece in zip(values, pieces[1:], strict=True))
    assert matches(read_filed("{1}".join(pieces)), text, longest_value=12)


def test_a_hostile_text_takes_as_many_steps_as_any_other() -> None:
    filed = read_filed("a${1}" * 150 + "b")
    assert not matches(filed, "a" * 4_000)
    assert matches(filed, "a" * 4_000 + "b")


@given(LETTERS, LETTERS)
def test_a_difference_gives_both_texts_back(filed: str, now: str) -> None:
    stretches = difference(filed, now)
    assert "".join(one.text for one in stretches if one.kind != "now") == filed
    assert "".join(one.text for one in stretches if one.kind != "filed") == now


@pytest.mark.parametrize(
    ("filed", "text", "found"),
    [
        ("【信】${1}您好，${2}元", "【信】王女士您好，30元", {"1": "王女士", "2": "30"}),
        ("【信】{1}好", "【信】好", {"1": ""}),
        ("【信】没有变量", "【信】没有变量", {}),
        ("${name}与${name}", "甲与甲", {"name": "甲"}),
        ("${name}与${name}", "甲与乙", None),
        ("a${1}", "b", None),
        ("${1}，您的${2}", "甲，您的乙，您的丙", {"1": "甲，您的乙", "2": "丙"}),
    ],
)
def test_what_variables_stand_for_is_found(filed: str, text: str, found: dict[str, str] | None) -> None:
    assert values(read_filed(filed), text) == found


@given(
    st.lists(st.text("ab", max_size=3), min_size=1, max_size=5),
    st.lists(st.text("abc", max_size=3), min_size=5, max_size=5),
    st.none() | st.integers(0, 3),
)
def test_values_put_in_their_places_give_the_text_to_the_letter(
    pieces: list[str], stands: list[str], longest: int | None
) -> None:
    filed = read_filed("".join(f"{piece}${{{n}}}" for n, piece in enumerate(pieces)) + "b")
    text = "".join(piece + value for piece, value in zip(pieces, stands, strict=False)) + "b"
    found = values(filed, text, longest_value=longest)
    assert (found is not None) == matches(filed, text, longest_value=longest)
    if found is not None:
        assert "".join(piece + found[str(n)] for n, piece in enumerate(pieces)) + "b" == text
        assert longest is None or all(len(value) <= longest for value in found.values())
