"""Rules read as sentences."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from segment_generated import ATTRIBUTES, rules

from xinfeng.segments.parsing import parse
from xinfeng.segments.reading import Names, in_words
from xinfeng.segments.ready_made import READY_MADE

NAMES = Names(tags={7: "VIP"}, plans={3: "五一大促"})

GOLDEN: list[tuple[dict[str, Any], str, str]] = [
    ({"all": []}, "所有客户", "everybody"),
    (
        {"attribute": "city", "op": "in", "value": ["杭州", "宁波"]},
        "城市是「杭州」、「宁波」之一",
        "city is one of “杭州”, “宁波”",
    ),
    ({"attribute": "tier", "op": "is", "value": "dormant"}, "分层是沉睡", "tier is dormant"),
    ({"attribute": "birthday", "op": "anniversary_this_week"}, "生日在本周", "birthday is this week"),
    (
        {"attribute": "age", "op": "between", "value": [18, 35]},
        "年龄在 18 到 35 之间",
        "age is between 18 and 35",
    ),
    ({"attribute": "age", "op": "at_least", "value": 18}, "年龄至少 18", "age is at least 18"),
    (
        {"attribute": "joined", "op": "in_last_days", "value": 30},
        "加入时间在近 30 天内",
        "joined is in the last 30 days",
    ),
    ({"attribute": "level", "op": "is_not_set"}, "会员等级未填写", "member level is not filled in"),
    ({"tag": 7, "op": "has"}, "有标签「VIP」", "has the tag “VIP”"),
    ({"tag": 8, "op": "has_not"}, "没有标签「#8」", "lacks the tag “#8”"),
    ({"consent": "marketing", "op": "granted"}, "已授权营销短信", "agreed to marketing messages"),
    (
        {"event": "purchase", "measure": "count", "op": "at_least", "value": 2, "period": {"days": 90}},
        "近 90 天内购买至少 2 次",
        "bought at least 2 times in the last 90 days",
    ),
    (
        {"event": "purchase", "measure": "count", "op": "equals", "value": 0, "period": {"days": 7}},
        "近 7 天内没有购买",
        "never bought in the last 7 days",
    ),
    (
        {"event": "cart", "measure": "count", "op": "at_least", "value": 1, "category": "女装", "item": "裙"},
        "加购过「女装」类名称含「裙」的商品",
        "added to cart (category “女装”, items with “裙”)",
    ),
    (
        {
            "event": "purchase",
            "measure": "amount_fen",
            "op": "at_least",
            "value": 123450,
            "period": {"from": "2026-01-01"},
        },
        "2026-01-01 起购买金额至少 1,234.50 元",
        "bought for at least ¥1,234.50 since 2026-01-01",
    ),
    (
        {"event": "purchase", "measure": "last", "op": "not_in_last_days", "value": 90},
        "最近一次购买在 90 天以前",
        "last bought more than 90 days ago",
    ),
    (
        {"message": "delivered", "op": "did", "period": {"days": 30}, "plans": [3]},
        "近 30 天内成功送达过活动「五一大促」的短信",
        "received a message of “五一大促” in the last 30 days",
    ),
    ({"message": "read", "op": "did"}, "在手机上读过短信", "read a message"),
    ({"message": "replied", "op": "did_not"}, "没有回复过短信", "did not reply to a message"),
    (
        {
            "all": [
                {"attribute": "gender", "op": "is", "value": "female"},
                {
                    "any": [
                        {"tag": 7, "op": "has"},
                        {"not": {"attribute": "city", "op": "is", "value": "杭州"}},
                    ]
                },
            ]
        },
        "性别是女，并且（有标签「VIP」，或者不满足（城市是「杭州」））",
        "gender is female and (has the tag “VIP” or not (city is “杭州”))",
    ),
]


@pytest.mark.parametrize("raw, chinese, english", GOLDEN)
def test_a_rule_reads_naturally(raw: dict[str, Any], chinese: str, english: str) -> None:
    rule = parse(raw)
    assert in_words(rule, "zh-hans", NAMES) == chinese
    assert in_words(rule, "en", NAMES) == english


def test_long_lists_are_cut() -> None:
    rule = parse({"attribute": "city", "op": "in", "value": [f"城{i}" for i in range(9)]})
    assert in_words(rule).endswith("「城5」等 9 个之一")
    assert in_words(rule, "en").endswith("“城5” and 3 more")


@given(rules)
def test_every_rule_can_be_read(raw: dict[str, Any]) -> None:
    rule = parse(raw, ATTRIBUTES)
    for language in ("zh-hans", "en"):
        text = in_words(rule, language)
        assert text == text.strip()
        assert "None" not in text


@pytest.mark.parametrize("example", READY_MADE, ids=lambda example: example.key)
def test_ready_made_segments_can_be_read(example: Any) -> None:
    rule = parse(example.rule)
    assert in_words(rule, "zh-hans") != in_words(rule, "en")
