"""Texts: what stands where, and that both ways of rendering agree."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from xinfeng.content.grammar import LONGEST_TEXT
from xinfeng.content.rendering import BrandText, Draft, Renderer, variables
from xinfeng.content.values import Moment
from xinfeng.content.variables import CATALOGUE, DeclaredAttribute, Kind, Value, with_attributes
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.text import utf16_units

BRAND = BrandText("信风")
ATTRIBUTES = with_attributes(
    [
        DeclaredAttribute("points", "积分", "Points", "number", (), False),
        DeclaredAttribute("expiry", "到期日", "Expiry", "date", (), False),
        DeclaredAttribute("vip", "贵宾", "VIP", "bool", (), False),
    ]
)


def renderer(value: str, action: str = "", *, opt_out: str = "拒收请回复R", **defaults: str) -> Renderer:
    named = {name.replace("__", "."): text for name, text in defaults.items()}
    return Renderer(Draft(value, action, opt_out, named), BRAND, catalogue=ATTRIBUTES)


def text(value: str, row: dict[str, Value] | None = None, action: str = "", **defaults: str) -> str:
    return renderer(value, action, **defaults).render(row or {})


def test_a_text_is_signature_value_action_and_opt_out() -> None:
    assert (
        text("周末全场8折。", action="点 s.xf.cn/a8Kd 查看")
        == "【信风】周末全场8折。点 s.xf.cn/a8Kd 查看 拒收请回复R"
    )


def test_a_space_parts_modules_only_where_no_punctuation_does() -> None:
    assert text("周末8折", action="点 s.xf.cn/a") == "【信风】周末8折 点 s.xf.cn/a 拒收请回复R"
    assert renderer("您的包裹到了", opt_out="").render({}) == "【信风】您的包裹到了"


def test_a_missing_value_takes_the_default_of_the_version_or_of_the_template() -> None:
    assert "亲爱的会员您" in text("亲爱的{{ contact.name }}您好", contact__name="会员")
    assert "亲爱的顾客您" in text('亲爱的{{ contact.name | default: "顾客" }}您好')
    assert "亲爱的王五您" in text('亲爱的{{ contact.name | default: "顾客" }}您好', {"contact.name": "王五"})


def test_a_default_does_not_make_a_condition_true() -> None:
    template = "{% if contact.city %}在{{ contact.city }}{% else %}在{{ contact.city }}等你{% endif %}"
    assert text(template, contact__city="附近") == "【信风】在附近等你 拒收请回复R"


def test_a_default_stands_in_for_the_whole_of_a_number_or_day() -> None:
    template = '有{{ attr.points | round | append: "分" }}到{{ attr.expiry | date: "%-m月" }}止'
    row: dict[str, Value] = {"attr.points": 12.5, "attr.expiry": "2027-03-01"}
    defaults = {"attr__points": "许多", "attr__expiry": "年底"}
    assert text(template, row, **defaults) == "【信风】有13分到3月止 拒收请回复R"
    assert text(template, **defaults) == "【信风】有许多分到年底止 拒收请回复R"


@pytest.mark.parametrize(
    ("template", "row", "expected"),
    [
        ("{{ today }}见", {"today": date(2026, 11, 22)}, "11月22日见"),
        ("{{ attr.points | yuan }}元", {"attr.points": 123456}, "1,234.56元"),
        ("{{ attr.points | plus: 5 | minus: 0.5 }}分", {"attr.points": 1}, "5.5分"),
        ("{{ attr.points | round: 1 }}分", {"attr.points": 2.25}, "2.3分"),
        ("{{ contact.name | upcase | truncate: 2 }}好", {"contact.name": "abc"}, "AB好"),
        ("{{ contact.name | truncate: 3, '…' }}好", {"contact.name": "欧阳小明明"}, "欧阳…好"),
        ("{{ contact.name | strip | downcase | prepend: '亲爱的' }}好", {"contact.name": "AB"}, "亲爱的ab好"),
        (
            "{% if contact.days_joined >= 365 %}老友{% else %}新友{% endif %}",
            {"contact.days_joined": 365},
            "老友",
        ),
        ("{% if attr.points > 5 %}多{% else %}少{% endif %}", {}, "少"),
        ("{% if attr.vip %}贵宾{% else %}会员{% endif %}", {"attr.vip": True}, "贵宾"),
        (
            "{% case contact.tier %}{% when 'dormant' %}想你{% else %}你好{% endcase %}",
            {"contact.tier": "dormant"},
            "想你",
        ),
        ("{% if contact.city contains '州' %}江浙{% endif %}好", {"contact.city": "杭州"}, "江浙好"),
        ("100%好{{ contact.salutation }}来", {"contact.salutation": "先生"}, "100%好先生来"),
    ],
)
def test_filters_and_conditions(template: str, row: dict[str, Value], expected: str) -> None:
    names = set(variables(Draft(template, "", "", {}), ATTRIBUTES))
    ready = Renderer(
        Draft(template, "", "", {}),
        BRAND,
        catalogue=ATTRIBUTES,
        fixed={k: v for k, v in row.items() if k in names},
    )
    assert ready.render({}) == f"【信风】{expected}"
    assert (
        Renderer(Draft(template, "", "", {}), BRAND, catalogue=ATTRIBUTES).render(row)
        == f"【信风】{expected}"
    )


def test_liquid_in_a_value_is_just_text() -> None:
    assert text("您好{{ contact.name }}，请进", {"contact.name": "{{ today }}{% if %}"}) == (
        "【信风】您好{{ today }}{% if %}，请进 拒收请回复R"
    )


@pytest.mark.parametrize("template", ["您好{{ contact.name }}，请进", "{{ contact.name }}"])
def test_a_hostile_name_forges_no_signature_and_breaks_no_line(template: str) -> None:
    found = text(template, {"contact.name": "【银行】\r\n\x00退\u202e订\u2028"})
    assert found.count("【") == found.count("】") == 1
    assert found.startswith("【信风】")
    assert "[银行] 退订" in found
    assert not set("\r\n\x00\u202e\u2028") & set(found)


def test_an_overlong_value_is_cut() -> None:
    assert text("您好{{ contact.name }}，请进", {"contact.name": "长" * 500}).count("长") == 20


def test_a_text_that_could_grow_too_long_is_refused_beforehand() -> None:
    with pytest.raises(InvalidInput) as caught:
        renderer("{{ contact.city }}" * 36, contact__city="本市")
    assert caught.value.code == "template.text_too_long"


def test_fixed_values_come_from_signature_and_moment() -> None:
    moment = Moment(datetime(2026, 11, 22, 1, 30, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))
    draft = Draft(
        "{{ part_of_day }}好，今天{{ weekday }}{{ today }}，{{ month }}月福利，",
        "致电{{ brand.hotline }}",
        "",
        {},
    )
    ready = Renderer(draft, BrandText("信风", "400-000-0000"), fixed=moment.values())
    assert ready.needed == ()
    assert ready.render({}) == "【信风】早上好，今天周日11月22日，11月福利，致电400-000-0000"


@pytest.mark.parametrize(
    ("hour_utc", "part"),
    [(17, "晚上"), (21, "早上"), (2, "早上"), (3, "中午"), (5, "下午"), (10, "晚上"), (15, "晚上")],
)
def test_parts_of_the_day(hour_utc: int, part: str) -> None:
    moment = Moment(datetime(2026, 11, 22, hour_utc, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))
    assert moment.values()["part_of_day"] == part


_literals = st.text(st.sampled_from("您好100%s{}，。 ab😀\\"), max_size=12).filter(
    lambda s: not any(pair in f" {s} " for pair in ("{{", "}}", "{%", "%}"))
)
_shown = [name for name, entry in ATTRIBUTES.items() if entry.kind in (Kind.TEXT, Kind.NUMBER, Kind.DAY)]


@st.composite
def _outputs(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(_shown))
    if draw(st.booleans()):
        return f"{{{{ {name} }}}}"
    return f'{{{{ {name} | default: "{draw(st.sampled_from(["顾客", "", "5", " ", "a%b"]))}" }}}}'


_modules = st.lists(st.tuples(_literals, _outputs()), max_size=4).map(
    lambda pairs: "好" + "".join(f"{literal} {output}" for literal, output in pairs) + "。"
)
_bare_modules = st.one_of(_modules, _outputs(), st.just(""), st.just("好的"))
_values = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.sampled_from(["杭州", "【银行】", " 空 格 ", "👨‍👩‍👧", "a\nb", "%s", ""]),
    st.integers(-10, 10**16),
    st.floats(allow_nan=True, allow_infinity=True),
    st.dates(),
    st.booleans(),
)
_rows = st.dictionaries(st.sampled_from(_shown), _values)


@settings(deadline=None)
@given(
    _bare_modules,
    _bare_modules,
    st.dictionaries(st.sampled_from(_shown), st.sampled_from(["您", "", "本%市", "九九"])),
    st.lists(_rows, min_size=1, max_size=3),
    _rows,
)
@example("好。", "{{ month }}", {}, [{}], {"month": 1000})
@example("好{{ contact.name }}。", "", {"contact.name": ""}, [{"contact.name": None}], {})
def test_the_fast_way_and_liquid_say_the_same(
    value: str, action: str, defaults: dict[str, str], rows: list[dict[str, Value]], fixed: dict[str, Value]
) -> None:
    ready = Renderer(Draft(value, action, "拒收请回复R", defaults), BRAND, catalogue=ATTRIBUTES, fixed=fixed)
    fast = ready.render_many(rows)
    assert fast == ready.render_by_liquid(rows)
    for found in fast:
        assert found.startswith("【信风】") and found.endswith("拒收请回复R")
        assert found.count("【") == 1 and "\n" not in found
        assert utf16_units(found) <= ready.longest_units <= LONGEST_TEXT
        found.encode("utf-8")


_branches = st.sampled_from(
    [
        "{% if contact.city %}在{{ contact.city }}{% endif %}",
        "{% if attr.points > 3 %}多{{ attr.points | plus: 3 }}{% else %}少{{ attr.points | round: 2 }}{% endif %}",
        "{% unless contact.level %}无{% else %}{{ contact.level | upcase | append: '级' }}{% endunless %}",
        "{% case contact.tier %}{% when 'new', 'active' %}新{% when 'dormant' %}{{ contact.name | truncate: 3 }}{% endcase %}",
        "{% if contact.birthday_month == month %}{{ attr.expiry | date: '%Y年%-m月%-d日 100%%' }}{% endif %}",
        "{% if contact.city contains '州' and attr.vip == true %}{{ attr.points | yuan }}{% endif %}",
        "{{ contact.name | downcase | prepend: '亲' | strip }}",
    ]
)
_everything = st.dictionaries(st.sampled_from(list(ATTRIBUTES)), _values)


@settings(deadline=None)
@given(
    st.lists(_branches, min_size=1, max_size=4),
    _everything,
    st.dictionaries(st.sampled_from(_shown), st.just("默认")),
)
def test_whatever_was_accepted_renders_for_anyone_within_its_bound(
    pieces: list[str], row: dict[str, Value], defaults: dict[str, str]
) -> None:
    ready = Renderer(Draft("".join(pieces), "好", "", defaults), BRAND, catalogue=ATTRIBUTES)
    found = ready.render(row)
    assert utf16_units(found) <= ready.longest_units
    assert found.count("【") == 1


def test_every_variable_of_the_catalogue_takes_its_own_example() -> None:
    for name, entry in CATALOGUE.items():
        if entry.kind is Kind.CODE:
            template = f'{{% if {name} == "{entry.example}" %}}是{{% endif %}}好'
        else:
            template = f"好{{{{ {name} }}}}好"
        brand = BrandText("信风", "400-000-0000")
        found = Renderer(Draft(template, "", "", {}), brand).render({name: entry.example})
        assert found != "【信风】好好" and "None" not in found
