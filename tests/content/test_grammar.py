"""What a template may be, and what it is told when it may not."""

import pytest

from xinfeng.content.grammar import LONGEST_SOURCE, one_line, parse
from xinfeng.content.variables import CATALOGUE, DeclaredAttribute, with_attributes
from xinfeng.kernel.errors import InvalidInput

ATTRIBUTES = with_attributes(
    [
        DeclaredAttribute("points", "积分", "Points", "number", (), False),
        DeclaredAttribute("expiry", "到期日", "Expiry", "date", (), False),
        DeclaredAttribute("vip", "贵宾", "VIP", "bool", (), False),
        DeclaredAttribute("shop", "门店", "Shop", "choice", ("湖滨店", "城西店"), False),
        DeclaredAttribute("disease", "病史", "Illness", "text", (), True),
    ]
)


def refusal(source: str) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        parse(source, ATTRIBUTES, part="value")
    return caught.value


@pytest.mark.parametrize(
    ("source", "code", "position"),
    [
        ("您好{{ contact.nme }}", "template.unknown_variable", 5),
        ("{{ contact[today] }}", "template.unknown_variable", 3),
        ("{{ contact.name.size }}", "template.unknown_variable", 3),
        ("{% if contact.city and contact.nope %}a{% endif %}", "template.unknown_variable", 23),
        ("{{ contact.name | replace: '', 'aaaa' }}", "template.unknown_filter", 18),
        ("{% for i in (1..99999999) %}a{% endfor %}", "template.tag_not_allowed", 3),
        ("{% include 'x' %}", "template.tag_not_allowed", 3),
        ("{% render 'x' %}", "template.tag_not_allowed", 3),
        ("{% assign a = 1 %}", "template.tag_not_allowed", 3),
        ("{% capture a %}{% endcapture %}", "template.tag_not_allowed", 3),
        ("{% increment a %}", "template.tag_not_allowed", 3),
        ("{% cycle 1, 2 %}", "template.tag_not_allowed", 3),
        ("{% tablerow i in (1..9) %}{% endtablerow %}", "template.tag_not_allowed", 3),
        ("{% liquid echo 'a' %}", "template.tag_not_allowed", 3),
        ("{% echo 'a' %}", "template.tag_not_allowed", 3),
        ("{{ contact.name", "template.syntax", 0),
        ("{% endif %}", "template.syntax", 3),
        ("好 }} 好", "template.syntax", 0),
        ("{% raw %}{{ contact.name }}{% endraw %}", "template.syntax", 0),
        ("{{ (1..9) }}", "template.only_variables_shown", 3),
        ("{{ 'now' | date: '%Y' }}", "template.only_variables_shown", 3),
        ("{{ today | date: '%s' }}", "template.filter_arguments", 11),
        ("{{ contact.name | append: contact.city }}", "template.filter_arguments", 18),
        ("{{ contact.name | default: 'a', allow_false: true }}", "template.filter_arguments", 18),
        ("{{ contact.name | truncate: 0 }}", "template.filter_arguments", 18),
        ("{{ attr.points | round: 99 }}", "template.filter_arguments", 17),
        ("{{ contact.name | date: '%Y' }}", "template.filter_kind", 18),
        ("{{ contact.city | yuan }}", "template.filter_kind", 18),
        ("{{ contact.tier }}", "template.condition_only", 3),
        ("{{ attr.vip }}", "template.condition_only", 3),
        ("{% if contact.city > 3 %}a{% endif %}", "template.comparison", 6),
        ("{% if contact.city == blank %}a{% endif %}", "template.comparison", 19),
        ("{% if attr.points contains '1' %}a{% endif %}", "template.comparison", 6),
        ("{% if contact.tier == 'activ' %}a{% endif %}", "template.unknown_value", 19),
        ("{% case contact.city %}{% when 'a', 'a' %}b{% endcase %}", "template.repeated_case", 36),
        ("恭喜【官方】", "template.brackets", 2),
        ("{{ contact.name | default: '【官方】' }}", "template.brackets", 28),
        ("铃\x07声", "template.control_character", 1),
        ("反\u202e向", "template.control_character", 1),
    ],
)
def test_what_is_not_allowed_is_named_with_its_position(source: str, code: str, position: int) -> None:
    fault = refusal(source)
    assert (fault.code, fault.params["position"]) == (code, position)
    assert fault.params["part"] == "value"


def test_an_unknown_variable_is_named() -> None:
    assert refusal("{{ contact.nme }}").params["variable"] == "contact.nme"


def test_a_template_has_a_greatest_length_and_depth() -> None:
    assert refusal("好" * (LONGEST_SOURCE + 1)).code == "template.too_long"
    assert refusal("{% if contact.city %}" * 6 + "好" + "{% endif %}" * 6).code == "template.syntax"


@pytest.mark.parametrize(
    ("source", "used", "needs"),
    [
        ("全场8折", [], []),
        ("{{ contact.name }}", ["contact.name"], ["contact.name"]),
        ("{{ contact.name | default: '您' }}", ["contact.name"], []),
        ("{{ contact.salutation }}", ["contact.salutation"], []),
        ("{% if contact.city %}{{ contact.city }}{% endif %}", ["contact.city"], []),
        ("{% if contact.city != nil %}{{ contact.city }}{% endif %}", ["contact.city"], []),
        ("{% if contact.city == '杭州' %}{{ contact.city }}{% endif %}", ["contact.city"], []),
        (
            "{% if contact.city or contact.level %}{{ contact.city }}{% endif %}",
            ["contact.city", "contact.level"],
            ["contact.city"],
        ),
        ("{% unless contact.city %}{{ contact.city }}{% endunless %}", ["contact.city"], ["contact.city"]),
        ("{% if contact.city %}{% else %}{{ contact.city }}{% endif %}", ["contact.city"], ["contact.city"]),
        ("{% case contact.level %}{% when '金卡' %}{{ contact.level }}{% endcase %}", ["contact.level"], []),
        ("{% comment %}{{ contact.name }}{% endcomment %}好", [], []),
        ("{{ attr.expiry | date: '%-m月%-d日' }}", ["attr.expiry"], ["attr.expiry"]),
        ("{% if attr.vip %}{{ attr.shop | default: '门店' }}{% endif %}", ["attr.vip", "attr.shop"], []),
    ],
)
def test_variables_and_those_that_need_a_default(source: str, used: list[str], needs: list[str]) -> None:
    parsed = parse(source, ATTRIBUTES, part="value")
    assert list(parsed.used) == used
    assert [output.variable.name for output in parsed.outputs() if output.needs_default] == needs


def test_the_longest_rendering_takes_the_longest_branch() -> None:
    parsed = parse(
        "{% if contact.city %}一二三{% elsif contact.level %}一{% else %}一二{% endif %}四",
        CATALOGUE,
        part="v",
    )
    assert parsed.longest({}) == 4


def test_a_default_can_be_longer_than_any_value() -> None:
    parsed = parse("{{ contact.surname }}", CATALOGUE, part="v")
    assert parsed.longest({}) == 4
    assert parsed.longest({"contact.surname": "尊敬的会员"}) == 5


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("第一行\n第二行", "第一行第二行"),
        ("first line\r\n second line", "first line second line"),
        ("  好 \t 好  ", "好 好"),
        ("{% if contact.city %}\n好\n{% endif %}", "{% if contact.city %}好{% endif %}"),
        ("Hi {{ contact.name }}\n{{ contact.city }}", "Hi {{ contact.name }}{{ contact.city }}"),
    ],
)
def test_several_lines_become_one(text: str, line: str) -> None:
    assert one_line(text) == line
