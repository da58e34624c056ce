"""Would a channel take a wording: every rule on both sides of its border."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.channels.capabilities import NOT_DEMANDED, PRESETS, Capabilities, LinkInVariable
from xinfeng.content import optout
from xinfeng.content.rendering import BrandText, Draft, Renderer
from xinfeng.content.variables import CATALOGUE, examples
from xinfeng.filings.acceptance import faults
from xinfeng.filings.faults import WORDS, Fault
from xinfeng.filings.matching import matches, read_filed
from xinfeng.filings.wordings import filed_form, specimens
from xinfeng.kernel.errors import InvalidInput

FREE = Capabilities()


def found(
    value: str,
    capabilities: Capabilities,
    *,
    action: str = "",
    opt_out: str = "拒收请回复R",
    signature: str = "四时茶",
    purpose: str = "marketing",
) -> list[Fault]:
    draft = Draft(value, action, opt_out, {"contact.name": "顾客", "contact.city": "本地"})
    units = Renderer(draft, BrandText(signature)).longest_units
    return list(
        faults(draft, signature, capabilities, purpose=purpose, catalogue=CATALOGUE, longest_units=units)
    )


def codes(value: str, capabilities: Capabilities, **more: Any) -> list[str]:
    return [one.code for one in found(value, capabilities, **more)]


def test_a_channel_without_rules_takes_everything() -> None:
    assert codes("{{ contact.name }}{{ contact.city }} http://a.cn/{{ contact.name }} ¥9", FREE) == []


def test_the_accepted_opt_out_wording_is_proposed() -> None:
    strict = replace(FREE, opt_out_wording=("退订回TD", "回TD退订"))
    [fault] = found("新茶到店", strict)
    assert (fault.code, fault.part, fault.params["proposed"]) == ("acceptance.opt_out", "opt_out", "退订回TD")
    assert "退订回TD" in fault.words() and "退订回TD" in fault.words("en")
    assert codes("新茶到店", strict, opt_out="回TD退订") == []


def test_service_messages_need_no_opt_out_and_no_salutation() -> None:
    strict = replace(FREE, opt_out_wording=("拒收请回复R",), salutation_required=True)
    assert codes("您的订单已发货", strict, opt_out="", purpose="service") == []


def test_every_preset_proposes_a_wording_that_can_be_chosen() -> None:
    choosable = {one.text for one in optout.WORDINGS}
    for preset in PRESETS.values():
        assert set(preset.capabilities.opt_out_wording) <= choosable
        assert preset.source and preset.name and preset.name_en
        assert Capabilities.read(preset.capabilities.to_json()) == preset.capabilities
        assert preset.capabilities.vendor == preset.key


def test_variables_where_none_are_taken() -> None:
    strict = replace(FREE, variables_allowed=False)
    assert codes("{{ contact.name }}您好", strict) == ["acceptance.variables"]
    assert codes("会员您好", strict) == []
    assert codes("{{ brand.name }}会员您好", strict) == [], "the signature is constant"


def test_variables_side_by_side() -> None:
    strict = replace(FREE, adjacent_variables=False)
    assert codes("{{ contact.city }}{{ contact.name }}您好", strict) == ["acceptance.adjacent"]
    assert codes("{{ contact.city }}的{{ contact.name }}您好", strict) == []
    assert codes("{{ contact.city }}", strict, action="{{ contact.name }}您好") == ["acceptance.adjacent"]
    two_branches = "{% if contact.city %}{{ contact.city }}{% else %}{{ contact.name }}{% endif %}您好"
    assert codes(two_branches, strict) == [], "only one of them is ever shown"


def test_a_text_of_variables_only() -> None:
    strict = replace(FREE, adjacent_variables=False)
    assert codes("{{ contact.name }}！", strict) == ["acceptance.only_variables"]


@pytest.mark.parametrize(
    ("value", "no", "path"),
    [
        ("详见 https://a.cn/x", [], []),
        ("详见 https://a.cn/{{ contact.city }}", ["acceptance.link_variable"], []),
        ("详见 a.cn/x?c={{ contact.city }}", ["acceptance.link_variable"], []),
        (
            "详见 https://{{ contact.city }}",
            ["acceptance.link_variable"],
            ["acceptance.link_whole_variable"],
        ),
        (
            "详见 https://{{ contact.city }}.cn/a",
            ["acceptance.link_variable"],
            ["acceptance.link_whole_variable"],
        ),
        ("享 3.5 折，{{ contact.name }}", [], []),
    ],
)
def test_variables_in_links(value: str, no: list[str], path: list[str]) -> None:
    assert codes(value, replace(FREE, link_in_variable=LinkInVariable.NO)) == no
    assert codes(value, replace(FREE, link_in_variable=LinkInVariable.PATH)) == path


def test_links_lead_to_filed_domains_only() -> None:
    strict = replace(FREE, link_domains=("tea.cn",))
    assert codes("看 https://tea.cn/a 与 m.tea.cn/b", strict) == []
    [fault] = found("看 https://tea.cn.evil.com/a", strict)
    assert (fault.code, fault.params["domain"]) == ("acceptance.link_domain", "tea.cn.evil.com")
    assert codes("看 https://eviltea.cn/a", strict) == ["acceptance.link_domain"]


def test_symbols_are_marked_where_they_stand() -> None:
    [fault] = found("会员价¥9，★精选", replace(FREE, symbols_refused="¥★※"))
    assert fault.params["symbols"] == ["¥", "★"]
    assert [("会员价¥9，★精选")[start:end] for start, end in fault.marks] == ["¥", "★"]


def test_lengths_have_a_border_on_both_sides() -> None:
    value = "茶" * 50
    whole = len(f"【四时茶】{value}拒收请回复R")
    longest = Renderer(Draft(value, "", "拒收请回复R", {}), BrandText("四时茶")).longest_units
    assert whole <= longest
    assert codes(value, replace(FREE, most_characters=longest)) == []
    assert codes(value, replace(FREE, most_characters=longest - 1)) == ["acceptance.too_long"]
    assert codes("会员您好", replace(FREE, signature_length=(3, 3))) == []
    assert codes("会员您好", replace(FREE, signature_length=(4, 8))) == ["acceptance.signature_length"]
    assert codes("{{ contact.name }}您好", replace(FREE, longest_value=20)) == []
    assert codes("{{ contact.name }}您好", replace(FREE, longest_value=19)) == ["acceptance.value_too_long"]


def test_a_salutation_is_wanted_by_some() -> None:
    strict = replace(FREE, salutation_required=True)
    assert codes("新茶到店", strict) == ["acceptance.salutation"]
    assert codes("会员您好，新茶到店", strict) == []


def test_no_marketing_leaves_where_no_reply_comes_back() -> None:
    strict = replace(FREE, one_way=True)
    [fault] = found("新茶到店", strict)
    assert (fault.code, fault.part) == ("acceptance.one_way", "opt_out")
    assert codes("您的订单已发货", strict, opt_out="", purpose="service") == []


def test_every_fault_has_words_in_both_languages() -> None:
    for code, (chinese, english) in WORDS.items():
        assert chinese and english and chinese != english, code


WORDINGS = st.sampled_from(
    (
        ("{{ contact.name }}您好，满200减50", "回复1预留"),
        ("会员 {{ contact.city }}", "{{ contact.name }}"),
        ("{% if contact.city %}{{ contact.city }}门店{% else %}门店{% endif %}开业，", "到店有礼"),
        ("{{ contact.name | truncate: 3 }}，{{ today }}", ""),
        ("会员日三天", "到店即可"),
        ("VIP{{ contact.salutation }} tea", "is here"),
    )
)
NAMES = st.one_of(st.none(), st.text(alphabet="王小明ab，！", min_size=1, max_size=8))


@given(WORDINGS, NAMES, NAMES)
def test_what_is_proposed_for_filing_fits_whatever_is_sent(
    wording: tuple[str, str], name: str | None, city: str | None
) -> None:
    draft = Draft(*wording, "拒收请回复R", {"contact.name": "顾客", "contact.city": "本地"})
    filed = read_filed(filed_form(draft, "四时茶", CATALOGUE))
    renderer = Renderer(draft, BrandText("四时茶"))
    row = examples(CATALOGUE, renderer.needed) | {"contact.name": name, "contact.city": city}
    assert matches(filed, renderer.render({key: row[key] for key in renderer.needed}))
    assert all(matches(filed, one) for one in specimens(draft, "四时茶", CATALOGUE))


def test_a_changed_wording_does_not_fit_the_filed_one() -> None:
    filed = read_filed(
        filed_form(Draft("{{ contact.name }}您好，满200减50", "", "拒收请回复R", {}), "茶", CATALOGUE)
    )
    changed = Draft("{{ contact.name }}您好，满200减80", "", "拒收请回复R", {})
    assert not any(matches(filed, one) for one in specimens(changed, "茶", CATALOGUE))
    more = Draft("{{ contact.name }}您好，{{ contact.city }}满200减50", "", "拒收请回复R", {})
    assert not all(matches(filed, one) for one in specimens(more, "茶", CATALOGUE))


def test_many_conditions_are_looked_at_in_bounds() -> None:
    value = "{% if contact.city %}甲{% else %}乙{% endif %}" * 15
    assert len(list(specimens(Draft(value, "", "", {}), "茶", CATALOGUE))) <= 256


@pytest.mark.parametrize(
    "value",
    [
        {"vendor": "nobody"},
        {"signature_filing": "yes"},
        {"link_in_variable": "maybe"},
        {"link_domains": ["不是域名"]},
        {"link_domains": "a.cn"},
        {"most_characters": 0},
        {"most_characters": True},
        {"signature_length": [5, 2]},
        {"signature_length": [1]},
        {"symbols_refused": "abc"},
        {"opt_out_wording": ["x" * 41]},
        {"unheard_of": 1},
    ],
)
def test_rules_that_make_no_sense_are_refused_by_name(value: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        Capabilities.read(value)
    assert refused.value.code == "channel.capabilities"
    assert set(refused.value.params["faults"]) == set(value)


def test_a_new_channel_demands_filed_signatures_and_an_old_one_does_not() -> None:
    assert Capabilities.read({}).signature_filing and Capabilities.read({}).bulk_filing
    assert Capabilities.read(NOT_DEMANDED).demands_nothing
