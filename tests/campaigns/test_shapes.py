"""Texts of one shape are judged once; that must say the same as judging each of them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from xinfeng.campaigns.rendered import Reader, TextGate
from xinfeng.campaigns.shapes import replaceable
from xinfeng.content.judging import judge
from xinfeng.content.rendering import BrandText, Draft, Renderer
from xinfeng.screening.engine import Screener
from xinfeng.screening.ruleset import Word, ruleset_on

SCREENER = Screener(ruleset_on(date(2026, 11, 20), words=[Word("赵大", "block"), Word("王钱孙李", "allow")]))
BRAND = BrandText("信风商城")
DRAFTS = {
    "names": Draft(
        "尊敬的{{ contact.name }}，{{ contact.city }}门店周末满200减50，{{ contact.level }}再享九五折。",
        "回复1预留名额",
        "拒收请回复R",
        {"contact.name": "顾客", "contact.city": "本地", "contact.level": "会员"},
    ),
    "claim": Draft(
        "{{ contact.name }}您好，{{ contact.city }}销量第一的茶", "到店品尝", "拒收请回复R",
        {"contact.name": "顾客", "contact.city": "本地"},
    ),
    "touching": Draft(
        "{{ contact.city }}{{ contact.name }}，新茶到店", "", "拒收请回复R",
        {"contact.name": "顾客", "contact.city": "本地"},
    ),
    "condition": Draft(
        "{% if contact.city == '杭州' %}国家级{% endif %}好茶，{{ contact.name | append: '您好' }}", "",
        "拒收请回复R", {"contact.name": "顾客"},
    ),
}  # fmt: skip


def reader(name: str) -> Reader:
    draft = DRAFTS[name]
    judged = judge(draft, BRAND, SCREENER, trade="retail", purpose="marketing")
    return TextGate(SCREENER, "retail", "marketing", judged).reading(Renderer(draft, BRAND))


def one_by_one(name: str, rows: list[dict[str, str | None]]) -> dict[int, str]:
    draft = DRAFTS[name]
    judged = judge(draft, BRAND, SCREENER, trade="retail", purpose="marketing")
    gate = TextGate(SCREENER, "retail", "marketing", judged)
    renderer = Renderer(draft, BRAND)
    closed = gate.reading(renderer)._closed

    def objection(row: dict[str, str | None]) -> str:
        said = gate.objections(renderer.render_many([row]))[0]
        without = closed.without(row) if said else None
        return gate.objections(renderer.render_many([without]))[0] if without else said

    return {at: rule for at, row in enumerate(rows) if (rule := objection(row))}


RULES = [word for rule in SCREENER.ruleset.rules for word in (*rule.words, *rule.disguised)]
HOSTILE = st.sampled_from(RULES).flatmap(
    lambda word: st.sampled_from(["", "王", "，", " ", "·"]).map(lambda sign: sign.join(word))
)
PIECES = st.one_of(
    st.text("王李张赵钱孙国家级最第一佳销量加微信全网低价明芳", min_size=0, max_size=6),
    st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=4),
    HOSTILE,
    st.sampled_from(["王芳", "高强阳", "任强阳", "欧阳强", "钱成本", "杭州", "上海", "西藏", "最佳"]),
    st.sampled_from(["www.evil.com", "13800138000", "加V", "Ａ", "①", "一", "某某", "。", ""]),
)
VALUES = st.one_of(st.none(), st.lists(PIECES, min_size=1, max_size=3).map("".join))


@pytest.mark.parametrize("name", DRAFTS)
@settings(max_examples=100)
@given(
    people=st.lists(
        st.fixed_dictionaries({"contact.name": VALUES, "contact.city": VALUES, "contact.level": VALUES}),
        min_size=1,
        max_size=5,
    )
)
@example(people=[{"contact.name": "国家", "contact.city": "级", "contact.level": "国家级"}])
@example(people=[{"contact.name": "高强阳", "contact.city": "杭州", "contact.level": "国家级"}])
@example(people=[{"contact.name": "高强阳", "contact.city": "销量第一", "contact.level": "最佳"}])
@example(people=[{"contact.name": "赵大明", "contact.city": "杭州", "contact.level": None}])
def test_judging_shapes_says_what_judging_texts_says(name: str, people: list[dict[str, str | None]]) -> None:
    asked = reader(name)
    expected = one_by_one(name, people)
    assert asked.refused(people) == expected
    assert asked.refused(people) == expected  # and again, from memory


def test_a_text_with_closed_values_is_read_only_where_the_text_without_them_is_objected_to() -> None:
    asked = reader("names")
    people = [("高强阳", "杭州"), ("任强阳", "上海"), ("刘开光", "成都"), ("高强阳", "最佳")]
    rows = [{"contact.name": name, "contact.city": city, "contact.level": None} for name, city in people]
    assert asked.refused(rows[:3]) == {}
    assert len(asked._known) == 1
    assert asked.refused(rows) == one_by_one("names", [dict(row) for row in rows])


def test_names_have_one_shape_and_are_judged_once() -> None:
    asked = reader("names")
    rows = [
        {"contact.name": name, "contact.city": "杭州", "contact.level": "金卡"}
        for name in ("王芳芳", "李琳琳", "孙婷婷", "国家级")
    ]
    assert asked.refused(rows) == {3: "absolute.named"}
    assert len(asked._known) == 2


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("{{ contact.name }}您好", {"contact.name"}),
        ('{{contact.name|default:"顾客"}}您好', {"contact.name"}),
        ("{{ contact.name | append: '您好' }}", set()),
        ("{% if contact.city == '杭州' %}{{ contact.city }}{% endif %}{{ contact.name }}", {"contact.name"}),
        ("好茶", set()),
    ],
)
def test_only_values_that_nothing_looks_at_are_replaced(source: str, names: set[str]) -> None:
    assert replaceable(source) == names
