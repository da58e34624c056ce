"""A wording before it is saved: faults and remarks."""

import pytest

from xinfeng.content import optout
from xinfeng.content.checks import WORDS, check_signature, check_wording
from xinfeng.content.parts import at_most, fen, measure, spread
from xinfeng.content.rendering import BrandText, Draft
from xinfeng.kernel.errors import InvalidInput

BRAND = BrandText("信风", "400-000-0000")


def checked(value: str, action: str = "", *, opt_out: str = "", purpose: str = "marketing", **defaults: str):  # type: ignore[no-untyped-def]
    named = {name.replace("__", "."): text for name, text in defaults.items()}
    return check_wording(Draft(value, action, opt_out, named), BRAND, purpose=purpose)


def codes(value: str, action: str = "", *, brand: BrandText = BRAND, purpose: str = "marketing") -> set[str]:
    found = check_wording(Draft(value, action, "", {}), brand, purpose=purpose)
    return {remark.code for remark in found.remarks}


def test_marketing_always_ends_with_an_opt_out() -> None:
    assert checked("全场8折").draft.opt_out == optout.DEFAULT == "拒收请回复R"
    assert checked("全场8折", opt_out="退订回T").draft.opt_out == "退订回T"
    with pytest.raises(InvalidInput, match=r"opt_out\.not_allowed"):
        checked("全场8折", opt_out="不想收就算了")


def test_service_texts_carry_none() -> None:
    assert checked("您的包裹已到", purpose="service").draft.opt_out == ""
    with pytest.raises(InvalidInput, match=r"opt_out\.not_for_service"):
        checked("您的包裹已到", purpose="service", opt_out="退订回T")


def test_every_wording_names_its_source() -> None:
    assert all(entry.source and any(word in entry.text for word in "RTN") for entry in optout.WORDINGS)


def test_a_shown_variable_that_may_be_missing_needs_a_default() -> None:
    with pytest.raises(InvalidInput) as caught:
        checked("好", "亲爱的{{ contact.name }}来")
    assert caught.value.code == "template.default_missing"
    assert caught.value.params == {"variable": "contact.name", "part": "action", "position": 6}
    assert checked("亲爱的{{ contact.name }}来", contact__name="").draft.defaults == {"contact.name": ""}


def test_defaults_are_for_known_variables_and_short() -> None:
    with pytest.raises(InvalidInput, match=r"template\.unknown_variable"):
        checked("好", contact__nme="您")
    with pytest.raises(InvalidInput, match=r"template\.default_shape"):
        checked("{{ contact.name }}", contact__name="长" * 61)
    assert checked("好", contact__name="您").draft.defaults == {}  # not used, not kept
    assert checked("{{ contact.name }}来", contact__name="您\n").draft.defaults == {"contact.name": "您"}


@pytest.mark.parametrize("default", ["【假】", "【", "您】"])
def test_a_default_cannot_forge_a_signature(default: str) -> None:
    with pytest.raises(InvalidInput, match=r"template\.default_brackets") as caught:
        checked("{{ contact.name }}来", contact__name=default)
    assert caught.value.params == {"variable": "contact.name"}


def test_something_must_be_said() -> None:
    with pytest.raises(InvalidInput, match=r"template\.empty"):
        checked(" \n ", "{% comment %}{% endcomment %}" * 0)


def test_missing_modules_are_pointed_out() -> None:
    assert codes("全场8折", "点 s.xf.cn/a 查看") == set()
    assert "missing_action" in codes("全场8折")
    assert "missing_action" not in codes("全场8折，回复1领券")
    assert "missing_value" in codes("", "点 s.xf.cn/a 查看")
    assert "missing_contact" in codes("全场8折", brand=BrandText("信风"))
    assert "missing_contact" not in codes("全场8折，详询0571-88888888", brand=BrandText("信风"))
    assert "missing_contact" not in codes("您的包裹已到", brand=BrandText("信风"), purpose="service")


def test_what_vendors_refuse_is_pointed_out() -> None:
    assert "adjacent_variables" in codes("您{{ contact.salutation }}{{ weekday }}来")
    assert "only_variables" in codes("{{ contact.salutation }}")
    assert "odd_symbol" in codes("★全场8折")
    assert "variable_in_link" in codes("好", "点 https://s.xf.cn/{{ contact.days_joined }} 看")
    assert "variable_in_link" not in codes("好", "点 https://s.xf.cn/a 看{{ contact.salutation }}好")


def test_remarks_speak_both_languages() -> None:
    found = checked("好" * 60).remarks
    long = next(remark for remark in found if remark.code == "may_be_two_parts")
    assert "2 条" in long.words("zh-hans") and "2 parts" in long.words("en")
    assert all(zh and en for zh, en in WORDS.values())


@pytest.mark.parametrize("text", ["信", "信风" * 9, "1234", "信 风", "信风!", "", "【】"])
def test_signatures_have_a_shape(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"signature\.shape"):
        check_signature(text, "")


def test_brackets_around_a_signature_are_taken_off() -> None:
    assert check_signature(" 【信风】 ", "400-000-0000") == ("信风", "400-000-0000")
    with pytest.raises(InvalidInput, match=r"signature\.hotline"):
        check_signature("信风", "call me")


def test_parts_and_price_are_exact() -> None:
    assert measure("好" * 70, price_li=35).parts == 1
    assert measure("好" * 71, price_li=35).cost_li == 70
    assert at_most(70, price_li=35).parts == 1
    assert at_most(134, price_li=35).parts == 3  # an emoji may fall on the seam
    assert fen(35) == 4


def test_a_spread_knows_shortest_typical_longest_and_the_sum() -> None:
    found = spread(["好" * 10, "好" * 20, "好" * 30, "好" * 100, "😀" * 36], price_li=40)
    assert found is not None
    assert (found.shortest.units, found.typical.units, found.longest.units) == (10, 30, 100)
    assert (found.texts, found.parts, found.cost_li, found.by_parts) == (5, 7, 280, {1: 3, 2: 2})
    assert found.longest_text == "好" * 100
    assert spread([], price_li=40) is None
