"""A compiled rule describes the contacts that the rule means."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from segment_generated import ATTRIBUTES, NOW, SEGMENTS, rules, world
from segment_naive import Naive
from tests.patience import ONE_WORLD

from xinfeng.kernel.errors import InvalidInput
from xinfeng.lens.engine import Lens
from xinfeng.segments.attributes import Op, custom_attribute
from xinfeng.segments.compile import _anniversaries, members
from xinfeng.segments.parsing import parse
from xinfeng.segments.ready_made import READY_MADE

SHANGHAI = ZoneInfo("Asia/Shanghai")
HONOLULU = ZoneInfo("Pacific/Honolulu")
EVERYBODY = set(range(1, 41))


def ask(shop: Lens, raw: dict[str, Any], *, zone: ZoneInfo = SHANGHAI, now: datetime = NOW) -> set[int]:
    known = {key: rule and parse(rule, ATTRIBUTES) for key, rule in SEGMENTS.items()}
    question = members(parse(raw, ATTRIBUTES), shop, now=now, zone=zone, known=known)
    found = shop.rows(question).column("contact_id").to_pylist()
    assert len(found) == len(set(found))
    return set(found)


@settings(max_examples=150, suppress_health_check=ONE_WORLD)
@given(raw=rules, zone=st.sampled_from([SHANGHAI, HONOLULU]))
def test_any_rule_describes_what_it_means(shop: Lens, raw: dict[str, Any], zone: ZoneInfo) -> None:
    assert ask(shop, raw, zone=zone) == Naive(world(), NOW, zone).members(raw)


@settings(max_examples=30, suppress_health_check=ONE_WORLD)
@given(raw=rules)
def test_not_is_the_exact_opposite(shop: Lens, raw: dict[str, Any]) -> None:
    assert ask(shop, {"not": raw}) == EVERYBODY - ask(shop, raw)


def test_nothing_asked_is_everybody(shop: Lens) -> None:
    assert ask(shop, {"all": []}) == EVERYBODY


@pytest.mark.parametrize(
    ("op", "official", "everyday"),
    [
        ("is", "浙江省", "浙江"),
        ("is_not", "浙江省", "浙江"),
        ("in", ["浙江省", "北京市"], ["浙江", "北京"]),
        ("starts_with", "浙江省", "浙江"),
        ("contains", "浙江省", "浙江"),
    ],
)
def test_a_province_may_be_asked_for_by_its_official_name(
    shop: Lens, op: str, official: Any, everyday: Any
) -> None:
    found = ask(shop, {"attribute": "province", "op": op, "value": official})
    assert found and found == ask(shop, {"attribute": "province", "op": op, "value": everyday})


@pytest.mark.parametrize("example", READY_MADE, ids=lambda example: example.key)
def test_ready_made_segments_mean_what_they_say(shop: Lens, example: Any) -> None:
    assert ask(shop, example.rule) == Naive(world(), NOW, SHANGHAI).members(example.rule)


def test_an_attribute_the_lens_does_not_have_is_refused(shop: Lens) -> None:
    known = {"attr_gone": custom_attribute("gone", "text", label="gone")}
    rule = parse({"attribute": "attr_gone", "op": "is_set"}, known)
    with pytest.raises(InvalidInput) as caught:
        members(rule, shop, now=NOW, zone=SHANGHAI)
    assert caught.value.code == "rule.unknown_attribute"


HOSTILE = [
    "'; drop table contact; --",
    '" or 1=1 --',
    "\\'; select 1; --",
    "%",
    "_",
    "$$",
    "{{7*7}}",
    "/* */",
    "?",
    ":name",
    "\n; delete from event",
    "’ or ''='",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_values_are_only_values(shop: Lens, text: str) -> None:
    for condition in (
        {"attribute": "city", "op": "is", "value": text},
        {"attribute": "city", "op": "in", "value": [text, text]},
        {"attribute": "city", "op": "contains", "value": text},
        {"attribute": "attr_shirt", "op": "starts_with", "value": text},
        {"event": "view", "measure": "count", "op": "at_least", "value": 1, "category": text},
        {"event": "view", "measure": "count", "op": "at_least", "value": 1, "item": text},
    ):
        assert ask(shop, condition) == set()
    assert ask(shop, {"all": []}) == EVERYBODY


@pytest.mark.parametrize(
    "op, days, today, expected",
    [
        (Op.ANNIVERSARY_THIS_WEEK, None, date(2026, 12, 30), [101, 102, 103, 1228, 1229, 1230, 1231]),
        (Op.ANNIVERSARY_IN_DAYS, 2, date(2026, 12, 31), [101, 102, 1231]),
        (Op.ANNIVERSARY_TODAY, None, date(2026, 2, 28), [228, 229]),
        (Op.ANNIVERSARY_TODAY, None, date(2028, 2, 28), [228]),
        (Op.ANNIVERSARY_TODAY, None, date(2028, 2, 29), [229]),
        (Op.ANNIVERSARY_IN_DAYS, 1, date(2028, 2, 28), [228, 229]),
    ],
)
def test_birthdays_know_the_end_of_the_year_and_leap_days(
    op: Op, days: int | None, today: date, expected: list[int]
) -> None:
    assert _anniversaries(op, days, today) == expected


def test_days_are_those_of_the_enterprise(shop: Lens) -> None:
    late = datetime(2026, 2, 28, 17, tzinfo=UTC)  # 1 March, 01:00 in Shanghai
    rule = {"attribute": "attr_since", "op": "on", "value": "2026-03-01"}
    today = {"attribute": "attr_since", "op": "in_last_days", "value": 0}
    assert ask(shop, today, now=late, zone=SHANGHAI) == ask(shop, rule) != set()
    assert ask(shop, today, now=late, zone=HONOLULU) != ask(shop, rule)
