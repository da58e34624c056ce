"""Reading rules: what is taken, what is refused, and where the fault lies."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from segment_generated import ATTRIBUTES, rules

from xinfeng.kernel.errors import InvalidInput
from xinfeng.segments.parsing import DEEPEST, LONGEST_LIST, MOST_CONDITIONS, parse
from xinfeng.segments.rules import AttributeIs, conditions, profiles, segments_in, tags_in, to_json

CITY = {"attribute": "city", "op": "is", "value": "杭州"}
BOUGHT = {"event": "purchase", "measure": "count", "op": "at_least", "value": 1}


@given(rules)
def test_any_rule_survives_its_json_form(raw: dict[str, Any]) -> None:
    rule = parse(raw, ATTRIBUTES)
    assert parse(to_json(rule), ATTRIBUTES) == rule
    assert to_json(rule) == raw


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "all",
                    "any",
                    "not",
                    "attribute",
                    "op",
                    "value",
                    "event",
                    "tag",
                    "period",
                    "segment",
                    "rhythm",
                ]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
)


@given(json_like)
def test_whatever_comes_in_is_a_rule_or_invalid_input(raw: Any) -> None:
    try:
        rule = parse(raw, ATTRIBUTES)
    except InvalidInput as fault:
        assert fault.params["path"].startswith("rule")
    else:
        assert parse(to_json(rule), ATTRIBUTES) == rule


def refused(raw: Any) -> tuple[str, str]:
    with pytest.raises(InvalidInput) as caught:
        parse(raw, ATTRIBUTES)
    return caught.value.code, caught.value.params["path"]


@pytest.mark.parametrize(
    "raw, code, path",
    [
        (None, "rule.bad_value", "rule"),
        ([], "rule.bad_value", "rule"),
        ({}, "rule.unknown_condition", "rule"),
        ({"sql": "1=1"}, "rule.unknown_condition", "rule"),
        ({"all": [], "any": [CITY]}, "rule.unknown_condition", "rule"),
        ({"any": []}, "rule.bad_value", "rule.any"),
        ({"all": [CITY, CITY, {**CITY, "value": 3}]}, "rule.bad_value", "rule.all[2].value"),
        ({"not": {"any": [{**CITY, "op": "like"}]}}, "rule.not_one_of", "rule.not.any[0].op"),
        ({**CITY, "attribute": "phone"}, "rule.unknown_attribute", "rule.attribute"),
        ({**CITY, "attribute": 'city"; drop table contact; --'}, "rule.unknown_attribute", "rule.attribute"),
        ({**CITY, "attribute": "attr_never_declared"}, "rule.unknown_attribute", "rule.attribute"),
        ({**CITY, "extra": 1}, "rule.unknown_key", "rule.extra"),
        ({**CITY, "value": " "}, "rule.bad_value", "rule.value"),
        ({**CITY, "value": "x" * 201}, "rule.bad_value", "rule.value"),
        ({**CITY, "value": "a\0b"}, "rule.bad_value", "rule.value"),
        ({**CITY, "value": "\ud800"}, "rule.bad_value", "rule.value"),
        ({"attribute": "city", "op": "is"}, "rule.missing", "rule.value"),
        ({"attribute": "city", "op": "in", "value": []}, "rule.bad_value", "rule.value"),
        ({"attribute": "city", "op": "in", "value": ["a", 1]}, "rule.bad_value", "rule.value[1]"),
        (
            {"attribute": "city", "op": "in", "value": ["a"] * (LONGEST_LIST + 1)},
            "rule.list_too_long",
            "rule.value",
        ),
        ({"attribute": "city", "op": "is_set", "value": 1}, "rule.unknown_key", "rule.value"),
        ({"attribute": "gender", "op": "is", "value": "人"}, "rule.not_one_of", "rule.value"),
        ({"attribute": "age", "op": "at_least", "value": True}, "rule.bad_value", "rule.value"),
        ({"attribute": "age", "op": "at_least", "value": float("nan")}, "rule.bad_value", "rule.value"),
        ({"attribute": "age", "op": "at_least", "value": 10**16}, "rule.bad_value", "rule.value"),
        ({"attribute": "age", "op": "between", "value": [30, 20]}, "rule.upside_down", "rule.value"),
        ({"attribute": "age", "op": "between", "value": [30]}, "rule.bad_value", "rule.value"),
        ({"attribute": "birthday", "op": "on", "value": "2026-02-30"}, "rule.bad_value", "rule.value"),
        ({"attribute": "birthday", "op": "on", "value": "9999-12-31"}, "rule.bad_value", "rule.value"),
        ({"attribute": "attr_points", "op": "contains", "value": "1"}, "rule.not_one_of", "rule.op"),
        ({"attribute": "attr_vip", "op": "is", "value": "yes"}, "rule.not_one_of", "rule.op"),
        ({"tag": "VIP", "op": "has"}, "rule.bad_value", "rule.tag"),
        ({"tag": 1, "op": ["has"]}, "rule.not_one_of", "rule.op"),
        ({"consent": "tracking", "op": "granted"}, "rule.not_one_of", "rule.consent"),
        ({"consent": "sensitive:shirt", "op": "granted"}, "rule.not_one_of", "rule.consent"),
        ({"consent": "sensitive:'; --", "op": "granted"}, "rule.not_one_of", "rule.consent"),
        ({"segment": "1", "op": "in"}, "rule.bad_value", "rule.segment"),
        ({"segment": -1, "op": "in"}, "rule.bad_value", "rule.segment"),
        ({"segment": 2**63, "op": "in"}, "rule.bad_value", "rule.segment"),
        ({"segment": 1, "op": "has"}, "rule.not_one_of", "rule.op"),
        ({"attribute": "trait:never", "op": "is_set"}, "rule.unknown_attribute", "rule.attribute"),
        ({"attribute": "number:phone", "op": "is_set"}, "rule.unknown_attribute", "rule.attribute"),
        ({"attribute": "number:state", "op": "is", "value": "dead"}, "rule.not_one_of", "rule.value"),
        ({"rhythm": "sleep", "op": "silent", "times": 2}, "rule.not_one_of", "rule.rhythm"),
        ({"rhythm": "purchase", "op": "silent", "times": 0.5}, "rule.bad_value", "rule.times"),
        ({"rhythm": "purchase", "op": "silent", "times": True}, "rule.bad_value", "rule.times"),
        ({"rhythm": "purchase", "op": "silent", "times": float("inf")}, "rule.bad_value", "rule.times"),
        ({"rhythm": "purchase", "op": "silent"}, "rule.missing", "rule.times"),
        ({"interaction": "angry", "op": "is"}, "rule.not_one_of", "rule.interaction"),
        ({"tier_change": "gold", "op": "did"}, "rule.not_one_of", "rule.tier_change"),
        ({"tier_change": "any", "op": "did", "from": "gold"}, "rule.not_one_of", "rule.from"),
        ({"tier_change": "any", "op": "did", "to": "new"}, "rule.unknown_key", "rule.to"),
        ({**BOUGHT, "measure": "median"}, "rule.not_one_of", "rule.measure"),
        ({**BOUGHT, "event": "fly"}, "rule.not_one_of", "rule.event"),
        ({**BOUGHT, "period": {}}, "rule.missing", "rule.period.days"),
        ({**BOUGHT, "period": {"days": -1}}, "rule.bad_value", "rule.period.days"),
        ({**BOUGHT, "period": {"days": 7, "to": "2026-01-01"}}, "rule.unknown_key", "rule.period.to"),
        ({**BOUGHT, "period": {"from": "2026-02-01", "to": "2026-01-01"}}, "rule.upside_down", "rule.period"),
        ({**BOUGHT, "measure": "last"}, "rule.not_one_of", "rule.op"),
        ({"message": "clicked", "op": "did"}, "rule.not_one_of", "rule.message"),
        ({"message": "sent", "op": "did", "plans": ["1"]}, "rule.bad_value", "rule.plans[0]"),
    ],
)
def test_a_fault_is_named_and_found(raw: Any, code: str, path: str) -> None:
    assert refused(raw) == (code, path)


def nested(depth: int) -> dict[str, Any]:
    return CITY if depth == 1 else {"not": nested(depth - 1)}


def test_depth_is_limited() -> None:
    parse(nested(DEEPEST))
    assert refused(nested(DEEPEST + 1))[0] == "rule.too_deep"
    assert refused(nested(400))[0] == "rule.too_deep"


def test_the_number_of_conditions_is_limited() -> None:
    half = {"any": [CITY] * (MOST_CONDITIONS // 2)}
    assert len(conditions(parse({"all": [half, half]}))) == MOST_CONDITIONS
    assert refused({"all": [half, half, CITY]})[0] == "rule.too_many_conditions"
    assert refused({"all": [CITY] * 10_000})[0] == "rule.too_many_conditions"


def test_a_null_option_is_no_option() -> None:
    assert parse({**BOUGHT, "period": None, "item": None}) == parse(BOUGHT)


def test_values_are_typed() -> None:
    rule = parse({"attribute": "birthday", "op": "between", "value": ["2000-01-01", "2000-12-31"]})
    assert isinstance(rule, AttributeIs)
    assert [str(day) for day in rule.value] == ["2000-01-01", "2000-12-31"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "raw, expected",
    [
        (CITY, False),
        ({"attribute": "number:state", "op": "is_set"}, False),
        ({"consent": "profiling", "op": "granted"}, False),
        ({"interaction": "opted_out", "op": "is_not"}, False),
        ({"interaction": "replied", "op": "is"}, True),
        ({"attribute": "tier", "op": "is", "value": "active"}, True),
        ({"attribute": "trait:spent", "op": "at_least", "value": 1}, True),
        ({"tier_change": "any", "op": "did"}, True),
        ({"rhythm": "purchase", "op": "silent", "times": 2}, True),
        ({"message": "sent", "op": "did_not"}, True),
        ({"all": [CITY, {"any": [CITY, {"not": BOUGHT}]}]}, True),
        ({"all": []}, False),
        ({"tag": 1, "op": "has"}, False),
        ({"tag": 2, "op": "has_not"}, True),
        ({"segment": 1, "op": "in"}, False),
        ({"segment": 2, "op": "not_in"}, True),
    ],
)
def test_choosing_by_habits_is_profiling(raw: Any, expected: bool) -> None:
    rule = parse(raw, ATTRIBUTES)
    assert profiles(rule, segment=lambda one: one == 2, tag=lambda one: one == 2) is expected


def test_a_rule_knows_what_it_names() -> None:
    inner = {"any": [{"segment": 7, "op": "in"}, {"tag": 3, "op": "has"}, {"segment": 5, "op": "not_in"}]}
    rule = parse({"all": [{"not": inner}, {"segment": 7, "op": "not_in"}]})
    assert segments_in(rule) == [7, 5]
    assert tags_in(rule) == [3]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("points", "attr_points"),
        ("Points ", "attr_points"),
        ("brithday", "birthday"),
        ("城市", "city"),
        ("provinces", "province"),
    ],
)
def test_an_attribute_nearly_named_is_proposed(name: str, meant: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse({"attribute": name, "op": "is_set"}, ATTRIBUTES)
    assert (caught.value.code, caught.value.params["meant"]) == ("rule.attribute_meant", meant)
    assert caught.value.params["path"] == "rule.attribute"
