"""A name or a city is nobody's claim; whatever else stands in their fields is judged as it stands."""

from __future__ import annotations

from datetime import date

import pytest

from xinfeng.campaigns.rendered import Reader, TextGate
from xinfeng.content.closed import is_person
from xinfeng.content.judging import judge
from xinfeng.content.rendering import BrandText, Draft, Renderer
from xinfeng.content.variables import DeclaredAttribute, with_attributes
from xinfeng.screening.engine import Screener
from xinfeng.screening.ruleset import ruleset_on

SCREENER = Screener(ruleset_on(date(2026, 11, 20)))
BRAND = BrandText("信风商城")
CATALOGUE = with_attributes(
    [
        DeclaredAttribute("store", "门店", "Store", "choice", ("最佳东路店", "成本路店", "国家级"), False),
        DeclaredAttribute("note", "备注", "Note", "text", (), False),
    ]
)


def reader(value: str, defaults: dict[str, str]) -> Reader:
    draft = Draft(value, "回复1预留名额", "拒收请回复R", defaults)
    judged = judge(draft, BRAND, SCREENER, trade="retail", purpose="marketing")
    return TextGate(SCREENER, "retail", "marketing", judged).reading(
        Renderer(draft, BRAND, catalogue=CATALOGUE)
    )


NAMES = reader(
    "尊敬的{{ contact.name }}，{{ contact.city }}门店周末满200减50。",
    {"contact.name": "顾客", "contact.city": "本地"},
)


def refused(asked: Reader, **row: str) -> str:
    given = {name.replace("_", ".", 1): value for name, value in row.items()}
    return asked.refused([given]).get(0, "")


@pytest.mark.parametrize(
    "name",
    [
        "高强阳",
        "李转运",
        "王旺财",
        "刘开光",
        "冯保本",
        "钱成本",
        "黄博彩",
        "欧阳强",
        "任强阳",
        "张天下",
        "卜财运",
    ],
)
def test_nobody_is_left_out_for_her_name(name: str) -> None:
    assert refused(NAMES, contact_name=name, contact_city="杭州") == ""


@pytest.mark.parametrize(
    "name",
    [
        "加微信",
        "加微信abc123",
        "国家级",
        "销量第一",
        "王小明加微信abc123",
        "全网最低价",
        "www.evil.com",
        "代开发票",
    ],
)
def test_what_is_no_name_is_judged_as_it_stands(name: str) -> None:
    assert refused(NAMES, contact_name=name, contact_city="杭州")


def test_a_city_is_one_that_there_is() -> None:
    assert refused(NAMES, contact_name="王芳", contact_city="国家级")
    assert refused(NAMES, contact_name="王芳", contact_city="莆田") == ""


def test_a_declared_choice_makes_nothing_across_its_borders_and_free_text_does() -> None:
    stores = reader("到店看好货，按{{ attr.store }}，周末满减。", {"attr.store": "门店"})
    assert refused(stores, attr_store="成本路店") == ""
    assert refused(stores, attr_store="国家级") == "absolute.named"  # by itself too
    notes = reader("本店{{ attr.note }}，周末满减。", {"attr.note": "上新"})
    assert refused(notes, attr_note="国家级品质") == "absolute.named"


def test_a_condition_that_looks_at_a_name_still_sees_it() -> None:
    asked = reader(
        "{% if contact.name == '王旺财' %}全网最低价{% endif %}新茶到店，{{ contact.name }}您好。",
        {"contact.name": "顾客"},
    )
    assert refused(asked, contact_name="王芳") == ""


def test_people_are_told_by_their_family_name() -> None:
    assert all(map(is_person, ["王", "王芳", "王小明", "欧阳修", "上官婉儿"]))
    assert not any(map(is_person, ["", "加微信", "国家级的", "王小明明", "ab", "王a", "第一品牌", "最佳"]))
