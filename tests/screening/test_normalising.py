"""A text is read without its disguises, and every character knows where it was typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.screening.characters import normal
from xinfeng.screening.normalising import how_split, normalise, strip, stripped_places


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("ＶＩＰ", "vip"),
        ("ⓦⓔⓘ", "wei"),
        ("①⑸⒋⓿➃⁹₈", "1540498"),
        ("⑩⒑", "1010"),
        ("⒦🄐", "ka"),
        ("㊀㈤", "一五"),
        ("销\u200b量\u2060第\ufeff一", "销量第一"),
        ("国\u0301家\ufe0f级", "国家级"),
        ("ѕаlе", "sale"),
        ("銷量第一", "销量第一"),
        ("国家级　品质", "国家级 品质"),
        ("\u3164最\u115f佳", "最佳"),
        ("开発票", "开发票"),
        ("…—～￥", "…—～￥"),
    ],
)
def test_disguises_are_undone(typed: str, read: str) -> None:
    assert normalise(typed).text == read


def test_a_span_leads_back_to_what_was_typed() -> None:
    typed = "送\u200b⑩\u200b份国\u200b家级"
    found = normalise(typed)
    assert found.text == "送10份国家级"
    start = found.text.index("国家级")
    assert typed[slice(*found.span(start, start + 3))] == "国\u200b家级"
    assert typed[slice(*found.span(1, 3))] == "⑩"


@given(st.text())
def test_every_character_read_comes_from_the_one_it_points_at(typed: str) -> None:
    found = normalise(typed)
    assert found.text == "".join(map(normal, typed))
    for place, character in enumerate(found.text):
        first, last = found.span(place, place + 1)
        assert last == first + 1
        assert character in normal(typed[first])


@given(st.text())
def test_reading_twice_changes_nothing(typed: str) -> None:
    once = normalise(typed).text
    assert normalise(normalise(once).text).text == normalise(once).text


@given(st.text())
def test_the_second_reading_knows_its_places(typed: str) -> None:
    read = normalise(typed).text
    assert "".join(read[place] for place in stripped_places(read)) == strip(read)


@pytest.mark.parametrize(
    ("text", "word", "deliberate"),
    [
        ("品质最·佳", "最佳", True),
        ("加.微.信", "加微信", True),
        ("加，微，信", "加微信", True),
        ("【包】过", "包过", True),
        ("最 好 的", "最好", True),
        ("无视征 信", "无视征信", True),
        ("请确保 本人到场", "保本", False),
        ("蛋糕-面包", "糕面", False),
    ],
)
def test_how_a_word_is_split(text: str, word: str, deliberate: bool) -> None:
    places = stripped_places(text)
    start = strip(text).index(word)
    split = how_split(text, places[start : start + len(word)])
    assert split is not None
    assert split.deliberate is deliberate


@pytest.mark.parametrize(("text", "word"), [("请确保，本人到场", "保本"), ("最佳", "最佳")])
def test_words_of_two_sentences_do_not_meet(text: str, word: str) -> None:
    start = strip(text).index(word)
    assert how_split(text, stripped_places(text)[start : start + len(word)]) is None


def test_a_rare_flood_fills_no_memory() -> None:
    from xinfeng.screening.characters import TABLE

    normalise("".join(map(chr, range(0x20000, 0x20000 + 90_000))))
    assert len(TABLE) <= TABLE._MOST


@pytest.mark.parametrize("typed", ["\ud800", "\udfff佳", "\U000f0000", "\x00\x01"])
def test_what_is_no_text_is_read_without_harm(typed: str) -> None:
    assert "\ud800" not in normalise(typed).text
