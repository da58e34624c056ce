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
    Attribute,
    Takes,
    custom_attribute,
)

NOW = datetime(2026, 3, 1, 3, 30, tzinfo=UTC)

ATTRIBUTES: Mapping[str, Attribute] = {
    **BUILT_IN,
    **{
        f"attr_{key}": custom_attribute(key, kind, label=key)
        for key, kind in (("points", "number"), ("since", "date"), ("vip", "bool"), ("shirt", "choice"))
    },
}

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
        found |= {"measure": "count", "op": op.value, "value": draw(value)}
        if draw(st.booleans()):
            found["measure"] = "amount_fen"
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
        "consent": st.sampled_from(["marketing", "service"]),
        "op": st.sampled_from(["granted", "not_granted", "withdrawn"]),
    }
)
message_conditions = st.fixed_dictionaries(
    {
        "message": st.sampled_from(["sent", "delivered", "failed", "replied"]),
        "op": st.sampled_from(["did", "did_not"]),
    },
    optional={"period": periods, "plans": st.lists(st.integers(1, 3), min_size=1, max_size=2)},
)
conditions = (
    attribute_conditions() | event_conditions() | tag_conditions | consent_conditions | message_conditions
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
            }
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
            for k in range(i % 5)
        )
        standing.extend(
            {
                "contact_id": i,
                "purpose": purpose,
                "granted": i % 4 != 1,
                "entry_seq": None if i % 8 == 1 else i,
                "since": NOW,
                "source": "form",
                "suppressed": "complaint" if i % 10 == 0 else None,
            }
            for purpose in ("marketing", "service")[: i % 3]
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
                stat = "DELIVRD" if i % 8 == 1 else "UNDELIV"
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
    }
