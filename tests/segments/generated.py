"""Rules and small worlds for property tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from xinfeng.segments.attributes import (
    BUILT_IN,
    COMPARISONS,
    EVENTS,
    OPERATORS,
    TIERS,
    Attribute,
    Kind,
    Takes,
    custom_attribute,
    trait_attribute,
)

NOW = datetime(2026, 3, 1, 3, 30, tzinfo=UTC)

ATTRIBUTES: Mapping[str, Attribute] = {
    **BUILT_IN,
    **{
        f"attr_{key}": custom_attribute(key, kind, label=key)
        for key, kind in (("points", "number"), ("since", "date"), ("vip", "bool"), ("shirt", "choice"))
    },
    "attr_blood": custom_attribute("blood", "text", label="血型", sensitive=True),
    "trait:spent": trait_attribute("spent", Kind.NUMBER, label="累计消费", label_en="total spent", scale=100),
    "trait:favourite": trait_attribute("favourite", Kind.TEXT, label="最爱品类"),
    "trait:last": trait_attribute("last", Kind.TIME, label="最近购买"),
}
SEGMENTS: Mapping[int, dict[str, Any] | None] = {
    1: {"all": [{"attribute": "city", "op": "is", "value": "杭州"}]},
    2: {"any": [{"segment": 1, "op": "not_in"}, {"attribute": "tier", "op": "is", "value": "new"}]},
    3: None,
}
"""What rules may name: a plain one, one that names another, and a list whose members are in `world()`."""

WORDS = ["杭州", "宁波", "L1", "XL", "a'b", '"; --', "%", "zh-hans"]
texts = st.sampled_from(WORDS) | st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8
).filter(lambda text: bool(text.strip()))
numbers = st.integers(-3, 60) | st.floats(-10, 60, allow_nan=False).map(lambda x: round(x, 2))
days = st.integers(0, 40)
dates = st.dates(date(2025, 12, 1), date(2026, 4, 30)).map(date.isoformat)


def _pair(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(values, values).map(lambda pair: sorted(pair))


def _value(takes: Takes, attribute: Attribute | None) -> st.SearchStrategy[Any]:
    codes = (
        st.sampled_from([code.word for code in attribute.codes])
        if attribute and attribute.codes
        else st.nothing()
    )
    return {
        Takes.NOTHING: st.none(),
        Takes.TEXT: texts,
        Takes.TEXTS: st.lists(texts, min_size=1, max_size=3),
        Takes.CODE: codes,
        Takes.CODES: st.lists(codes, min_size=1, max_size=3),
        Takes.NUMBER: numbers,
        Takes.TWO_NUMBERS: _pair(numbers),
        Takes.DATE: dates,
        Takes.TWO_DATES: _pair(dates),
        Takes.DAYS: days,
    }[takes]


@st.composite
def attribute_conditions(draw: st.DrawFn) -> dict[str, Any]:
    attribute = draw(st.sampled_from(sorted(ATTRIBUTES.values(), key=lambda each: each.name)))
    op, takes = draw(st.sampled_from(list(OPERATORS[attribute.kind].items())))
    found: dict[str, Any] = {"attribute": attribute.name, "op": op.value}
    return found if takes is Takes.NOTHING else {**found, "value": draw(_value(takes, attribute))}


periods = st.fixed_dictionaries({"days": days}) | _pair(dates).map(
    lambda pair: {"from": pair[0], "to": pair[1]}
)


@st.composite
def event_conditions(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, Any] = {"event": draw(st.sampled_from([code.word for code in EVENTS[:3]]))}
    if draw(st.booleans()):
        op, takes = draw(st.sampled_from(list(COMPARISONS.items())))
        value = st.integers(0, 4) if takes is Takes.NUMBER else _pair(st.integers(0, 4))
        measure = draw(st.sampled_from(["count", "days", "amount_fen", "average_fen"]))
        found |= {"measure": measure, "op": op.value, "value": draw(value)}
    else:
        op_name = draw(st.sampled_from(["in_last_days", "not_in_last_days"]))
        found |= {"measure": draw(st.sampled_from(["last", "first"])), "op": op_name, "value": draw(days)}
    if draw(st.booleans()):
        found["period"] = draw(periods)
    if draw(st.booleans()):
        found["category"] = draw(texts)
    if draw(st.booleans()):
        found["item"] = draw(texts)
    return found


tag_conditions = st.fixed_dictionaries({"tag": st.integers(1, 4), "op": st.sampled_from(["has", "has_not"])})
consent_conditions = st.fixed_dictionaries(
    {
        "consent": st.sampled_from(["marketing", "service", "profiling", "location", "sensitive:blood"]),
        "op": st.sampled_from(["granted", "not_granted", "withdrawn"]),
    }
)
message_conditions = st.fixed_dictionaries(
    {
        "message": st.sampled_from(["sent", "delivered", "read", "failed", "replied"]),
        "op": st.sampled_from(["did", "did_not"]),
    },
    optional={"period": periods, "plans": st.lists(st.integers(1, 3), min_size=1, max_size=2)},
)
segment_conditions = st.fixed_dictionaries(
    {"segment": st.sampled_from(sorted(SEGMENTS)), "op": st.sampled_from(["in", "not_in"])}
)
rhythm_conditions = st.fixed_dictionaries(
    {
        "rhythm": st.sampled_from([code.word for code in EVENTS[:3]]),
        "op": st.sampled_from(["silent", "not_silent"]),
        "times": st.sampled_from([1, 1.5, 2]),
    }
)
interaction_conditions = st.fixed_dictionaries(
    {
        "interaction": st.sampled_from(["opted_out", "complained", "blocked", "bounced", "replied"]),
        "op": st.sampled_from(["is", "is_not"]),
    }
)
tier_words = st.sampled_from([code.word for code in TIERS])
tier_conditions = st.fixed_dictionaries(
    {"tier_change": st.just("any") | tier_words, "op": st.sampled_from(["did", "did_not"])},
    optional={"from": tier_words, "period": periods},
)
conditions = (
    attribute_conditions()
    | event_conditions()
    | tag_conditions
    | consent_conditions
    | message_conditions
    | segment_conditions
    | rhythm_conditions
    | interaction_conditions
    | tier_conditions
)
rules = st.recursive(
    conditions,
    lambda inner: (
        st.fixed_dictionaries({"all": st.lists(inner, max_size=3)})
        | st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)})
        | st.fixed_dictionaries({"not": inner})
    ),
    max_leaves=6,
)


def world() -> dict[str, list[dict[str, Any]]]:
    """Rows of a small shop around NOW, with gaps wherever a gap is possible. Deterministic."""
    contacts, events, standing, messages, receipts, replies = [], [], [], [], [], []
    numbers, traits, tier_facts = [], [], []
    for i in range(1, 41):
        contacts.append(
            {
                "id": i,
                "gender": i % 3,
                "birthday": None if i % 7 == 0 else date(1960 + i, 1 + (i * 5) % 12, 1 + (i * 11) % 28),
                "province": None if i % 5 == 0 else "浙江",
                "city": [None, "杭州", "宁波", "a'b"][i % 4],
                "carrier": i % 5,
                "language": "zh-hans",
                "level": [None, "L1", "L2"][i % 3],
                "tier": i % 6,
                "tags": [] if i % 4 == 0 else [i % 4, 4],
                "has_phone": i % 9 != 0,
                "joined_at": NOW - timedelta(days=i, hours=i),
                "created_at": NOW - timedelta(days=i),
                "attr_points": None if i % 4 == 0 else float(i) / 2,
                "attr_since": None if i % 3 == 0 else date(2026, 2, 1) + timedelta(days=i),
                "attr_vip": [None, True, False][i % 3],
                "attr_shirt": [None, "XL"][i % 2],
                "attr_blood": [None, "L1", "XL"][i % 3],
            }
        )
        if i % 3:
            numbers.append(
                {
                    "contact_id": i,
                    "state": i % 8,
                    "quarantined": i % 5 == 0,
                    "ported": [None, True, False][i % 3],
                    "alive_at": None if i % 4 == 0 else NOW - timedelta(days=i),
                }
            )
        if i % 4:
            traits.append(
                {
                    "contact_id": i,
                    "t_spent": None if i % 5 == 0 else float(i % 60),
                    "t_favourite": [None, "杭州", "XL"][i % 3],
                    "t_last": None if i % 6 == 0 else NOW - timedelta(days=i % 45, hours=i),
                }
            )
        tier_facts.extend(
            {
                "contact_id": i,
                "before": (i + k) % 6,
                "tier": (i + k + 1) % 6,
                "at": NOW - timedelta(days=i % 40 + k, hours=i),
                "cause": "nightly",
            }
            for k in range(i % 3)
        )
        events.extend(
            {
                "id": i * 10 + k,
                "contact_id": i,
                "kind": 1 + (i + k) % 3,
                "at": NOW - timedelta(days=(i * k) % 45, hours=k * 7) + timedelta(days=2 if i == 33 else 0),
                "amount_fen": None if k == 2 else (i + k) % 3,
                "item": [None, "杭州丝绸", "L1 款"][k % 3],
                "category": [None, "杭州", "XL"][(i + k) % 3],
                "source": "shop",
            }
            for k in range(i % 7)
        )
        standing.extend(
            {
                "contact_id": i,
                "purpose": purpose,
                "granted": i % 4 != 1,
                "stale": i % 16 == 5,
                "entry_seq": None if i % 8 == 1 else i,
                "since": NOW,
                "source": "form",
                "suppressed": {0: "complaint", 3: "opt_out", 7: "carrier"}.get(i % 10),
            }
            for purpose in ("marketing", "service", "profiling", "sensitive:blood")[: i % 5]
        )
        if i % 2:
            messages.append(
                {
                    "id": i,
                    "plan_id": 1 + i % 3,
                    "contact_id": i,
                    "variant": 0,
                    "parts": 1,
                    "cost_li": 35,
                    "planned_at": NOW - timedelta(days=i),
                    "consent_seq": i,
                }
            )
            if i % 4 == 1:
                stat = {1: "DELIVRD", 9: "DISPLAYED"}.get(i % 16, "UNDELIV")
                receipts.append({"id": i, "received_at": NOW, "stat": stat, "message_id": i, "part": 1})
        if i % 6 == 0:
            replies.append(
                {
                    "id": i,
                    "received_at": NOW - timedelta(days=i),
                    "channel_id": 1,
                    "contact_id": None if i == 18 else i,
                    "message_id": None,
                    "plan_id": 1 + i % 3,
                    "meaning": "other",
                }
            )
    return {
        "contact": contacts,
        "event": events,
        "standing": standing,
        "message": messages,
        "receipt": receipts,
        "reply": replies,
        "number": numbers,
        "trait": traits,
        "tier_fact": tier_facts,
        "segment_member": [{"segment_id": 3, "contact_id": i} for i in (2, 3, 5, 8, 13, 21, 34, 55)],
    }
