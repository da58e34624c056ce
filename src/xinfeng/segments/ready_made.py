"""Segments to begin with: examples that people copy and change (feature B4).

The tiers are those of feature A8, which `contacts` recomputes; the other thresholds are customary starting
points, shown in words beside the name and meant to be edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xinfeng.segments.attributes import Label


@dataclass(frozen=True)
class ReadyMade:
    key: str
    name: Label
    description: Label
    rule: dict[str, Any]


def _did(event: str, days: int | None = None, **changes: Any) -> dict[str, Any]:
    period = {} if days is None else {"period": {"days": days}}
    return {"event": event, "measure": "count", "op": "at_least", "value": 1, **period, **changes}


def _did_not(event: str, days: int | None = None) -> dict[str, Any]:
    return _did(event, days, op="equals", value=0)


def _tier(word: str) -> dict[str, Any]:
    return {"all": [{"attribute": "tier", "op": "is", "value": word}]}


READY_MADE: tuple[ReadyMade, ...] = (
    ReadyMade(
        "tier_active", Label("活跃客户", "Active"), Label("近期购买过", "Bought recently"), _tier("active")
    ),
    ReadyMade(
        "tier_dormant",
        Label("沉睡客户", "Dormant"),
        Label("长期没有互动", "No interaction for long"),
        _tier("dormant"),
    ),
    ReadyMade(
        "tier_potential",
        Label("潜在客户", "Potential"),
        Label("留过信息，从未购买", "Left details, never bought"),
        _tier("potential"),
    ),
    ReadyMade(
        "tier_industry",
        Label("同业客户", "Industry"),
        Label("同行业，非直接竞争", "Same trade, no direct competitor"),
        _tier("industry"),
    ),
    ReadyMade("tier_new", Label("新客", "New"), Label("加入第一个月", "In their first month"), _tier("new")),
    ReadyMade(
        "birthday_this_week",
        Label("本周生日", "Birthday this week"),
        Label("周一至周日过生日", "Birthday between Monday and Sunday"),
        {"all": [{"attribute": "birthday", "op": "anniversary_this_week"}]},
    ),
    ReadyMade(
        "high_intent",
        Label("高意向", "High intent"),
        Label(
            "7 天内浏览 3 次以上或加购，还没有购买",
            "Viewed three times or added to cart in 7 days, without buying",
        ),
        {"all": [{"any": [_did("view", 7, value=3), _did("cart", 7)]}, _did_not("purchase", 7)]},
    ),
    ReadyMade(
        "abandoned_cart",
        Label("加购未买", "Abandoned cart"),
        Label("3 天内加购，没有购买", "Added to cart in 3 days, did not buy"),
        {"all": [_did("cart", 3), _did_not("purchase", 3)]},
    ),
    ReadyMade(
        "dormant_90",
        Label("90 天未购", "No purchase in 90 days"),
        Label("买过，但 90 天没有再买", "Bought once, but not in the last 90 days"),
        {"all": [{"event": "purchase", "measure": "last", "op": "not_in_last_days", "value": 90}]},
    ),
    ReadyMade(
        "churn_risk",
        Label("流失风险", "Churn risk"),
        Label("常客，近 60 天既没买也没看", "Regulars who neither bought nor looked for 60 days"),
        {
            "all": [
                _did("purchase", 365, value=3),
                _did_not("purchase", 60),
                _did_not("view", 60),
            ]
        },
    ),
    ReadyMade(
        "big_spenders",
        Label("高消费客户", "Big spenders"),
        Label("一年内消费满 3,000 元", "Spent ¥3,000 or more within a year"),
        {
            "all": [
                {
                    "event": "purchase",
                    "measure": "amount_fen",
                    "op": "at_least",
                    "value": 300_000,
                    "period": {"days": 365},
                }
            ]
        },
    ),
    ReadyMade(
        "champions",
        Label("核心客户（RFM）", "Champions (RFM)"),
        Label(
            "近、频、高：30 天内买过，一年 4 次以上，满 1,000 元",
            "Recent, frequent, valuable: bought in 30 days, 4 times a year, ¥1,000",
        ),
        {
            "all": [
                {"event": "purchase", "measure": "last", "op": "in_last_days", "value": 30},
                _did("purchase", 365, value=4),
                {
                    "event": "purchase",
                    "measure": "amount_fen",
                    "op": "at_least",
                    "value": 100_000,
                    "period": {"days": 365},
                },
            ]
        },
    ),
    ReadyMade(
        "one_time_buyers",
        Label("只买过一次", "One-time buyers"),
        Label("买过一次，没有复购", "Bought exactly once"),
        {"all": [_did("purchase", op="equals")]},
    ),
    ReadyMade(
        "price_sensitive",
        Label("价格敏感", "Price-sensitive"),
        Label(
            "常看少买，金额低：30 天浏览 5 次以上，半年消费不满 200 元",
            "Looks often, spends little: 5 views in 30 days, under ¥200 in half a year",
        ),
        {
            "all": [
                _did("view", 30, value=5),
                {
                    "event": "purchase",
                    "measure": "amount_fen",
                    "op": "less_than",
                    "value": 20_000,
                    "period": {"days": 180},
                },
            ]
        },
    ),
    ReadyMade(
        "silent_readers",
        Label("收到未回应", "Received, no response"),
        Label(
            "30 天内收到短信，没有回复也没有购买", "Received a message in 30 days, neither replied nor bought"
        ),
        {
            "all": [
                {"message": "delivered", "op": "did", "period": {"days": 30}},
                {"message": "replied", "op": "did_not", "period": {"days": 30}},
                _did_not("purchase", 30),
            ]
        },
    ),
)
