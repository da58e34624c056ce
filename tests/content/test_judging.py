"""A wording read as its readers will read it: every branch, every default, at the characters that were typed."""

from datetime import date

import pytest

from xinfeng.content.judging import LINK_BROUGHT, claim_of, judge, source_of
from xinfeng.content.rendering import BrandText, Draft
from xinfeng.screening.engine import Screener
from xinfeng.screening.ruleset import ruleset_on

SCREENER = Screener(ruleset_on(date(2026, 11, 20)))
BRAND = BrandText("四时茶")


def draft(value: str, action: str = "到店领取", **defaults: str) -> Draft:
    return Draft(
        value, action, "拒收请回复R", {name.replace("__", "."): text for name, text in defaults.items()}
    )


def found(wording: Draft) -> list[tuple[str, str]]:
    """Rule and the characters marked in what the author typed."""
    judged = judge(wording, BRAND, SCREENER, trade="retail", purpose="marketing")
    return [(one.rule, judged.source.text[one.start : one.end]) for one in judged.findings]


def test_findings_stand_at_the_characters_their_author_typed() -> None:
    assert found(draft('{{ contact.name | default: "顾客" }}您好，我们的茶销量第一')) == [
        ("absolute.first", "销量第一")
    ]


def test_an_innocent_text_has_none() -> None:
    assert found(draft("第一步打开小程序，最近三天有效", contact__name="顾客")) == []


@pytest.mark.parametrize(
    "value",
    [
        "{% if contact.level == '金卡' %}国家级品质{% else %}好茶{% endif %}",
        "{% if contact.level == '金卡' %}好茶{% else %}国家级品质{% endif %}",
        "{% unless contact.level %}国家级品质{% endunless %}好茶",
        "{% case contact.level %}{% when '金卡' %}好茶{% when '银卡' %}国家级品质{% endcase %}",
        "{% if contact.level %}{% if contact.city %}国家级品质{% endif %}{% endif %}好茶",
        "{% if contact.level == '国家级' %}好茶{% elsif contact.city %}国家级品质{% endif %}",
    ],
)
def test_every_branch_is_read(value: str) -> None:
    assert ("absolute.named", "国家级") in found(draft(value))


def test_what_stands_in_a_condition_or_a_comment_is_read_by_nobody() -> None:
    assert (
        found(
            draft("{% if contact.level == '国家级' %}好茶{% endif %}{% comment %}国家级{% endcomment %}到店")
        )
        == []
    )


def test_words_that_meet_when_a_branch_is_left_out_are_one_word() -> None:
    rules = {rule for rule, _ in found(draft("全网{% if contact.level %}优惠{% endif %}最低价"))}
    assert "price.lowest" in rules


def test_a_default_is_read_and_marked_as_the_variable_it_stands_in_for() -> None:
    assert found(draft("{{ contact.level }}顾客您好", contact__level="国家级")) == [
        ("absolute.named", "{{ contact.level }}")
    ]
    assert found(draft('{{ contact.level | default: "国家级" }}顾客')) == [
        ("absolute.named", '{{ contact.level | default: "国家级" }}')
    ]
    assert found(draft('{{ contact.city | append: "国家级品质" }}好')) != []


def test_many_conditions_are_read_without_trying_every_combination() -> None:
    branches = "".join("{% if contact.city == '甲' %}茶{% else %}好{% endif %}" for _ in range(40))
    assert ("absolute.named", "国家级") in found(draft(branches + "{% if contact.level %}国家级{% endif %}"))


def test_places_are_told_part_by_part() -> None:
    source = source_of(draft("满200减50"), BRAND)
    assert source.text == "【四时茶】满200减50 到店领取 拒收请回复R"
    at = source.text.index("到店")
    assert source.place(at, at + 2) == ("action", 0, 2)
    assert source.place(0, 5) == ("signature", 0, 5)


def test_the_same_claim_is_known_again_however_it_is_written() -> None:
    claims = [
        claim_of(judge(draft(value), BRAND, SCREENER, trade="retail", purpose="marketing").claims[0])
        for value in ("销量第一", "去年的茶，銷量第一，欢迎")
    ]
    assert claims[0] == claims[1]


def objections(wording: Draft, text: str) -> list[str]:
    said = judge(wording, BRAND, SCREENER, trade="retail", purpose="marketing").said
    return said.objections(text, SCREENER.screen(text, trade="retail", purpose="marketing"))


def test_what_the_wording_says_itself_is_no_news_in_a_rendered_text() -> None:
    wording = draft("{{ contact.name }}您好，销量第一的茶 https://tea.example.cn/a", contact__name="顾客")
    said = "【四时茶】王小明您好，销量第一的茶 https://tea.example.cn/a 到店领取 拒收请回复R"
    assert objections(wording, said) == []


def test_what_somebodys_own_values_bring_is_objected_to() -> None:
    wording = draft("{{ contact.name }}您好，好茶到店", contact__name="顾客")
    assert objections(wording, "【四时茶】国家级您好，好茶到店 到店领取 拒收请回复R") == ["absolute.named"]
    assert objections(wording, "【四时茶】看 www.evil.com 您好，好茶到店 到店领取 拒收请回复R") == [
        LINK_BROUGHT
    ]


def test_a_claim_around_a_value_covers_each_value() -> None:
    wording = draft("{{ contact.city }}销量第一的茶", contact__city="本地")
    rendered = "【四时茶】杭州销量第一的茶 到店领取 拒收请回复R"
    assert objections(wording, rendered) == []
