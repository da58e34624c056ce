"""A text by the filed template that it is, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.delivery.filed import FiledTexts, filed_template
from xinfeng.kernel.errors import InvalidInput
from xinfeng.protocols.vendor import TEMPLATED, Templated

NUMBER = "13800138000"


def texts(*filed: tuple[str, str], longest_value: int | None = None) -> FiledTexts:
    found = [template for one in filed if (template := filed_template(*one)) is not None]
    return FiledTexts(found, longest_value=longest_value)


def said(filed: FiledTexts, text: str) -> Templated:
    [(number, content, coding, total, part)] = filed.write(NUMBER, text, reference=1)
    assert (number, coding, total, part) == (NUMBER, TEMPLATED, 1, 1)
    return Templated.unpack(content)


def test_a_text_goes_as_code_signature_and_values() -> None:
    filed = texts(("SMS_1", "【信风】${name}您好，满${sum}减50，拒收请回复R"))
    assert said(filed, "【信风】王女士您好，满200减50，拒收请回复R") == Templated(
        "SMS_1", "信风", ("name", "sum"), ("王女士", "200")
    )


def test_numbered_variables_go_by_their_number_wherever_they_stand() -> None:
    filed = texts(("9", "【信风】{2}元，给{1}"))
    assert said(filed, "【信风】30元，给王") == Templated("9", "信风", ("1", "2"), ("王", "30"))


def test_of_several_the_one_that_leaves_least_to_variables_is_taken() -> None:
    filed = texts(("WIDE", "【信风】${1}"), ("NARROW", "【信风】您好，${1}"), ("LATER", "【信风】您好，${x}"))
    assert said(filed, "【信风】您好，王").code == "NARROW"
    assert said(filed, "【信风】再会").code == "WIDE"


@pytest.mark.parametrize(
    ("filed", "text"),
    [
        ("【信风】您好", "【信风】您好！"),
        ("【信风】您好", "【信凤】您好"),
        ("【信风】${1}好", "【信风】太长太长好"),
        ("${1}您好", "【信风】您好"),
        ("您好${1}", "您好王"),
        ("【${1}】您好", "【信风】您好"),
        ("【信风】${1}与${1}", "【信风】甲与乙"),
    ],
)
def test_any_other_text_does_not_go(filed: str, text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        texts(("SMS_1", filed), longest_value=3).write(NUMBER, text, reference=1)
    assert refused.value.code == "text_not_filed"
    assert NUMBER not in str(refused.value) and text not in str(refused.value)


def test_a_template_without_the_vendors_code_is_none() -> None:
    assert filed_template("", "【信风】您好") is None


values = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="{}$"), max_size=12)


@given(values, values)
def test_what_the_vendor_puts_together_is_the_text_to_the_letter(first: str, second: str) -> None:
    filed = "【信风】${a}您好，${b}，拒收请回复R"
    text = filed.replace("${a}", first).replace("${b}", second)
    found = said(texts(("SMS_1", filed)), text)
    stands = dict(zip(found.names, found.values, strict=True))
    assert f"【{found.signature}】{stands['a']}您好，{stands['b']}，拒收请回复R" == text
