"""What the library only stood in for: found where it was left, and nowhere else."""

from __future__ import annotations

from datetime import date

import pytest

from xinfeng.content import library
from xinfeng.content.examples import RULE
from xinfeng.content.grammar import one_line
from xinfeng.content.judging import judge
from xinfeng.content.rendering import BrandText, Draft
from xinfeng.screening.engine import Screener
from xinfeng.screening.rules import Outcome
from xinfeng.screening.ruleset import Word, ruleset_on

DAY = date(2026, 11, 22)
SCREENER = Screener(ruleset_on(DAY))
BRAND = BrandText("四时茶", "400-000-0000")
WITH_EXAMPLES = [one for one in library.texts() if one.adapt]


def left(value: str, action: str = "到店领取", *, screener: Screener = SCREENER) -> list[str]:
    judged = judge(
        Draft(value, action, "拒收请回复R", {"contact.name": ""}),
        BRAND,
        screener,
        trade="retail",
        purpose="marketing",
    )
    found = [one for one in judged.findings if one.rule == RULE]
    assert all(judged.source.text[one.start : one.end] == one.matched for one in found)
    return [one.matched for one in found]


@pytest.mark.parametrize("text", WITH_EXAMPLES, ids=lambda one: one.key)
def test_every_example_of_the_library_is_found_while_it_stands(text: library.Text) -> None:
    judged = judge(text.draft, BRAND, SCREENER, trade=text.trade, purpose=text.purpose)
    assert {one.matched for one in judged.examples} == {one_line(place) for place in text.adapt}
    assert all(one.outcome is Outcome.BLOCK for one in judged.examples)


def test_a_code_and_a_link_are_examples_wherever_they_stand() -> None:
    assert left("老朋友，激活码huilai送您", "戳 https://Shop.example.com/a1?b=2 看看") == [
        "huilai",
        "https://Shop.example.com/a1?b=2",
    ]
    assert left("HUILAIBA2026到店可用", "看example.company.cn，或xf.example.cn/a") == []


def test_common_words_are_examples_only_among_the_library_s_own() -> None:
    assert left("会员{{ contact.name }}您好，恭喜添了家人。茶巾一条已备好，30天内到店领取。") == ["30天内"]
    assert left("新茶到店，30天内可退，会员九折") == []


def test_whatever_is_replaced_is_no_longer_an_example() -> None:
    dormant = library.text("playbook.dormant.1")
    assert left(dormant.value, dormant.action) == ["入会礼", "HUILAI"]
    own = dormant.value.replace("入会礼", "一罐龙井").replace("HUILAI", "CHA26")
    assert left(own, dormant.action) == []


def test_a_condition_is_nothing_anybody_reads() -> None:
    reward = library.text("playbook.active.1")
    own = reward.value.replace("金卡本月积分双倍，停车多两小时", "多送一罐茶").replace(
        "本月积分双倍，饮品续一杯", "多送一包茶"
    )
    assert '"金卡"' in own and left(own, reward.action) == []


def test_what_a_deployment_allows_is_its_own() -> None:
    words = [
        Word("30天内", "allow", (), (), "退换期就是这样"),
        Word("激活码 HUILAI", "allow", ("retail",), (), ""),
    ]
    allowing = Screener(ruleset_on(DAY, words=words))
    value = "会员{{ contact.name }}您好，恭喜添了家人。茶巾一条已备好，30天内到店领取。激活码 HUILAI"
    assert left(value) == ["30天内", "HUILAI"]
    assert left(value, screener=allowing) == []


@pytest.mark.parametrize(("change", "stops"), [("remark", False), ("off", False), ("evidence", False)])
def test_a_deployment_may_make_it_milder(change: str, stops: bool) -> None:
    milder = Screener(ruleset_on(DAY, overrides={RULE: change}))
    judged = judge(
        Draft("激活码 HUILAI 给您留着", "到店报码", "拒收请回复R", {}),
        BRAND,
        milder,
        trade="retail",
        purpose="marketing",
    )
    assert bool(judged.examples) is stops
    assert [one.matched for one in judged.findings if one.rule == RULE] == (
        [] if change == "off" else ["HUILAI"]
    )


def test_a_hostile_wording_is_read_in_no_time_and_harms_nothing() -> None:
    for text in ("example." * 200, "a." * 400 + "example.com", "HUILAI" * 150, "{{ contact.name }}" * 20):
        assert isinstance(left(text), list)
