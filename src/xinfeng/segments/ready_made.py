"""Segments to begin with: examples that people copy and change (feature B4).

The tiers are those of feature A8, which `contacts` recomputes; the other thresholds are customary starting
points, shown in words beside the name and meant to be edited. `why` says what one does with such people.

Whether somebody is sensitive to prices can't be seen from discounts, for events don't tell the list price; what can
be seen is that she looks a lot, buys seldom and spends little at a time. That is what the example asks.
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
    why: Label
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
        "tier_active",
        Label("活跃客户", "Active"),
        Label("近期购买过", "Bought recently"),
        Label(
            "刚买过的人最可能再买：新品、搭配和会员权益先告诉他们。",
            "Who has just bought is likeliest to buy again: tell them first about what is new.",
        ),
        _tier("active"),
    ),
    ReadyMade(
        "tier_dormant",
        Label("沉睡客户", "Dormant"),
        Label("长期没有互动", "No interaction for long"),
        Label(
            "久未互动，先关怀，再给一个回来的理由；频次要低。",
            "Silent for long: care first, then a reason to come back, seldom.",
        ),
        _tier("dormant"),
    ),
    ReadyMade(
        "tier_potential",
        Label("潜在客户", "Potential"),
        Label("留过信息，从未购买", "Left details, never bought"),
        Label(
            "有兴趣但还没有下单，说清楚商品的价值，给首单礼。",
            "Interested, but never ordered: say what it is worth, and offer something for the first order.",
        ),
        _tier("potential"),
    ),
    ReadyMade(
        "tier_industry",
        Label("同业客户", "Industry"),
        Label("同行业，非直接竞争", "Same trade, no direct competitor"),
        Label(
            "适合合作与批发，不适合零售促销，通常应当排除。",
            "Good for partnership and wholesale; usually to be left out of retail offers.",
        ),
        _tier("industry"),
    ),
    ReadyMade(
        "tier_new",
        Label("新客", "New"),
        Label("加入第一个月", "In their first month"),
        Label(
            "第一个月决定去留：欢迎、使用指南、第一次评价。",
            "The first month decides: welcome, guidance, a first review.",
        ),
        _tier("new"),
    ),
    ReadyMade(
        "birthday_this_week",
        Label("本周生日", "Birthday this week"),
        Label("周一至周日过生日", "Birthday between Monday and Sunday"),
        Label(
            "生日是一年一次、不突兀的联系理由。", "A reason to write that comes once a year and is welcome."
        ),
        {"all": [{"attribute": "birthday", "op": "anniversary_this_week"}]},
    ),
    ReadyMade(
        "high_intent",
        Label("高意向", "High intent"),
        Label(
            "7 天内浏览 3 次以上或加购，还没有购买",
            "Viewed three times or added to cart in 7 days, without buying",
        ),
        Label("看了又看、加了购物车，正差一把推力。", "They look again and again: a small push is missing."),
        {"all": [{"any": [_did("view", 7, value=3), _did("cart", 7)]}, _did_not("purchase", 7)]},
    ),
    ReadyMade(
        "abandoned_cart",
        Label("加购未买", "Abandoned cart"),
        Label("3 天内加购，没有购买", "Added to cart in 3 days, did not buy"),
        Label(
            "东西还在购物车里，三天内提醒最有效。",
            "What is in the cart is forgotten within days; a reminder works best early.",
        ),
        {"all": [_did("cart", 3), _did_not("purchase", 3)]},
    ),
    ReadyMade(
        "dormant_90",
        Label("90 天未购", "No purchase in 90 days"),
        Label("买过，但 90 天没有再买", "Bought once, but not in the last 90 days"),
        Label(
            "买过的人比陌生人容易唤回，三个月是多数零售的分水岭。",
            "Former buyers are easier to win back than strangers; three months is where most retail draws the line.",
        ),
        {"all": [{"event": "purchase", "measure": "last", "op": "not_in_last_days", "value": 90}]},
    ),
    ReadyMade(
        "churn_risk",
        Label("流失风险（按节奏）", "Churn risk (by rhythm)"),
        Label("距上次购买超过本人平均间隔的 2 倍", "Silent for more than twice their own mean interval"),
        Label(
            "不用固定天数，而是看每个人自己的节奏：比平常晚一倍还没来，就该问候了。",
            "No fixed number of days but each one's own rhythm: twice as late as usual is the time to ask.",
        ),
        {
            "all": [
                {"rhythm": "purchase", "op": "silent", "times": 2},
                {"event": "purchase", "measure": "last", "op": "in_last_days", "value": 365},
            ]
        },
    ),
    ReadyMade(
        "regulars_gone",
        Label("常客流失", "Regulars gone"),
        Label("常客，近 60 天既没买也没看", "Regulars who neither bought nor looked for 60 days"),
        Label(
            "曾经的常客，近两个月既没买也没看，流失前的最后窗口。",
            "Former regulars who neither bought nor looked for two months: the last chance.",
        ),
        {
            "all": [
                _did("purchase", 365, value=3),
                _did_not("purchase", 60),
                _did_not("view", 60),
            ]
        },
    ),
    ReadyMade(
        "fell_asleep",
        Label("刚刚沉睡", "Just fell asleep"),
        Label("30 天内变为沉睡客户", "Became dormant within 30 days"),
        Label(
            "刚从活跃变为沉睡，是唤回成本最低的时候。",
            "Just fell from active to dormant: never cheaper to win back than now.",
        ),
        {
            "all": [
                {"tier_change": "dormant", "op": "did", "period": {"days": 30}},
                {"attribute": "tier", "op": "is", "value": "dormant"},
            ]
        },
    ),
    ReadyMade(
        "big_spenders",
        Label("高消费客户", "Big spenders"),
        Label("一年内消费满 3,000 元", "Spent ¥3,000 or more within a year"),
        Label(
            "少数人贡献多数销售额，值得专人与专享。",
            "Few people bring most of the revenue: give them something of their own.",
        ),
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
        Label(
            "近、频、高三项都好，请他们推荐朋友，不必打折。",
            "Best in recency, frequency and value: ask them to recommend you; no discount needed.",
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
        "rfm_promising",
        Label("新近首单（RFM）", "Promising (RFM)"),
        Label("30 天内买过，一年内只买过一次", "Bought within 30 days, once within a year"),
        Label(
            "最近买过、次数还少，趁热促成第二单。",
            "Bought lately, but only once: help the second order along.",
        ),
        {
            "all": [
                {"event": "purchase", "measure": "last", "op": "in_last_days", "value": 30},
                _did("purchase", 365, op="equals"),
            ]
        },
    ),
    ReadyMade(
        "rfm_cannot_lose",
        Label("不能失去（RFM）", "Can't lose them (RFM)"),
        Label("一年内满 3,000 元，但 90 天没有再买", "¥3,000 within a year, but nothing for 90 days"),
        Label(
            "花过很多钱却很久没来，值得打电话或给大额券。",
            "Spent much, long gone: worth a call or a generous coupon.",
        ),
        {
            "all": [
                {"event": "purchase", "measure": "last", "op": "not_in_last_days", "value": 90},
                {
                    "event": "purchase",
                    "measure": "amount_fen",
                    "op": "at_least",
                    "value": 300_000,
                    "period": {"days": 365},
                },
            ]
        },
    ),
    ReadyMade(
        "one_time_buyers",
        Label("只买过一次", "One-time buyers"),
        Label("买过一次，没有复购", "Bought exactly once"),
        Label(
            "第二单是最难的一步，越早越好。", "The second order is the hardest step; the sooner the better."
        ),
        {"all": [_did("purchase", op="equals")]},
    ),
    ReadyMade(
        "price_sensitive",
        Label("价格敏感", "Price-sensitive"),
        Label(
            "常看少买、单价低：30 天浏览 5 次以上，一年内买过且平均每次不到 100 元",
            "Looks often, spends little at a time: 5 views in 30 days, under ¥100 a purchase within a year",
        ),
        Label(
            "看得多、买得少、单价低，对优惠更敏感；大促时写给他们。",
            "They look a lot and spend little at a time: write when prices fall.",
        ),
        {
            "all": [
                _did("view", 30, value=5),
                {
                    "event": "purchase",
                    "measure": "average_fen",
                    "op": "less_than",
                    "value": 10_000,
                    "period": {"days": 365},
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
        Label(
            "连续收到没有反应，应当降低频次或换个说法，免得退订。",
            "Receiving without responding: write less or otherwise, before they opt out.",
        ),
        {
            "all": [
                {"message": "delivered", "op": "did", "period": {"days": 30}},
                {"message": "replied", "op": "did_not", "period": {"days": 30}},
                _did_not("purchase", 30),
            ]
        },
    ),
    ReadyMade(
        "numbers_to_check",
        Label("号码待核实", "Numbers to check"),
        Label("号码已隔离，或最近一条没有送达", "Number in quarantine, or the last message did not arrive"),
        Label(
            "号码不可用还在发，既花钱又伤通道信誉；先检测或请客户更新。",
            "Writing to dead numbers costs money and reputation: check them or ask for new ones.",
        ),
        {
            "any": [
                {"attribute": "number:quarantined", "op": "is_true"},
                {"interaction": "bounced", "op": "is"},
            ]
        },
    ),
)


def by_key(key: str) -> ReadyMade | None:
    """The example with this key."""
    return next((one for one in READY_MADE if one.key == key), None)


def told(text: str, key: str | None, language: str) -> str:
    """The name or description of a segment in this language, as long as it is that of the example `key` it was made
    from; what people wrote themselves stays as it is."""
    example = by_key(key) if key else None
    for label in (example.name, example.description) if example else ():
        if text in (label.zh, label.en):
            return label.in_language(language)
    return text
