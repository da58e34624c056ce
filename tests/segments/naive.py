"""A rule evaluated contact by contact, the plain way: what the compiled question must agree with."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from xinfeng.segments.attributes import EVENTS

World = dict[str, list[dict[str, Any]]]

NUMBERS = {code.word: code.number for code in EVENTS}
NEGATIONS = {
    "is_not": "is",
    "not_in": "in",
    "not_contains": "contains",
    "not_equals": "equals",
    "not_in_last_days": "in_last_days",
    "is_not_set": "is_set",
}
WORDS = {
    "gender": ["unknown", "male", "female"],
    "carrier": ["unknown", "mobile", "unicom", "telecom", "broadnet"],
    "tier": ["none", "new", "active", "dormant", "potential", "industry"],
}


class Naive:
    def __init__(self, world: World, now: datetime, zone: ZoneInfo) -> None:
        self.world, self.now, self.zone = world, now, zone
        self.today = now.astimezone(zone).date()

    def members(self, rule: dict[str, Any]) -> set[int]:
        return {contact["id"] for contact in self.world["contact"] if self.holds(rule, contact)}

    def holds(self, rule: dict[str, Any], contact: dict[str, Any]) -> bool:
        if "all" in rule:
            return all(self.holds(each, contact) for each in rule["all"])
        if "any" in rule:
            return any(self.holds(each, contact) for each in rule["any"])
        if "not" in rule:
            return not self.holds(rule["not"], contact)
        if "tag" in rule:
            return (rule["tag"] in contact["tags"]) == (rule["op"] == "has")
        if "attribute" in rule:
            return self.attribute(rule["attribute"], rule["op"], rule.get("value"), contact)
        if "consent" in rule:
            return self.consent(rule, contact)
        return self.event(rule, contact) if "event" in rule else self.message(rule, contact)

    def attribute(self, name: str, op: str, value: Any, contact: dict[str, Any]) -> bool:
        if op in NEGATIONS:
            return not self.attribute(name, NEGATIONS[op], value, contact)
        if name in WORDS:
            word = WORDS[name][contact[name]]
            if op == "is_set":
                return contact[name] != 0
            return word in value if op == "in" else word == value
        have = contact[{"age": "birthday", "joined": "joined_at"}.get(name, name)]
        if have is None:
            return False
        if op == "is_set":
            return True
        if name == "age":
            had = (have.month, have.day) <= (self.today.month, self.today.day)
            have = self.today.year - have.year - (0 if had else 1)
        if name == "joined":
            if op == "in_last_days":
                return self.within(have, {"days": value})
            have = have.astimezone(self.zone).date()
        if isinstance(have, bool):
            return have == (op == "is_true")
        if isinstance(have, date):
            return self.day(have, op, value)
        if isinstance(have, str):
            return {
                "is": lambda: have == value,
                "in": lambda: have in value,
                "contains": lambda: value in have,
                "starts_with": lambda: have.startswith(value),
            }[op]()
        return compare(have, op, value)

    def day(self, have: date, op: str, value: Any) -> bool:
        if op == "between":
            return date.fromisoformat(value[0]) <= have <= date.fromisoformat(value[1])
        if op in ("on", "before", "after"):
            other = date.fromisoformat(value)
            return {"on": have == other, "before": have < other, "after": have > other}[op]
        if op in ("in_last_days", "in_next_days"):
            away = (have - self.today).days
            return -value <= away <= 0 if op == "in_last_days" else 0 <= away <= value
        if op == "anniversary_this_month":
            return have.month == self.today.month
        monday = self.today - timedelta(days=self.today.weekday())
        span = {
            "anniversary_today": [self.today],
            "anniversary_this_week": [monday + timedelta(days=k) for k in range(7)],
            "anniversary_in_days": [self.today + timedelta(days=k) for k in range((value or 0) + 1)],
        }[op]
        return any(anniversary(have, day.year) == day for day in span)

    def consent(self, rule: dict[str, Any], contact: dict[str, Any]) -> bool:
        rows = [
            row
            for row in self.world["standing"]
            if row["contact_id"] == contact["id"] and row["purpose"] == rule["consent"]
        ]
        granted = any(row["granted"] for row in rows)
        if rule["op"] == "withdrawn":
            return any(not row["granted"] and row["entry_seq"] is not None for row in rows)
        return granted == (rule["op"] == "granted")

    def within(self, at: datetime, period: dict[str, Any] | None) -> bool:
        if period is None:
            return True
        day = at.astimezone(self.zone).date()
        if "days" in period:
            return day >= self.today - timedelta(days=period["days"]) and at <= self.now
        return date.fromisoformat(period["from"]) <= day <= date.fromisoformat(period["to"])

    def event(self, rule: dict[str, Any], contact: dict[str, Any]) -> bool:
        found = [
            event
            for event in self.world["event"]
            if event["contact_id"] == contact["id"]
            and event["kind"] == NUMBERS[rule["event"]]
            and self.within(event["at"], rule.get("period"))
            and ("category" not in rule or event["category"] == rule["category"])
            and ("item" not in rule or (event["item"] is not None and rule["item"] in event["item"]))
        ]
        if rule["measure"] == "count":
            return compare(len(found), rule["op"], rule["value"])
        if rule["measure"] == "amount_fen":
            return compare(sum(event["amount_fen"] or 0 for event in found), rule["op"], rule["value"])
        if not found:
            return False
        times = [event["at"].astimezone(self.zone).date() for event in found]
        at = max(times) if rule["measure"] == "last" else min(times)
        recent = at >= self.today - timedelta(days=rule["value"])
        return recent == (rule["op"] == "in_last_days")

    def message(self, rule: dict[str, Any], contact: dict[str, Any]) -> bool:
        plans = rule.get("plans")
        if rule["message"] == "replied":
            found = any(
                row["contact_id"] == contact["id"]
                and self.within(row["received_at"], rule.get("period"))
                and (plans is None or row["plan_id"] in plans)
                for row in self.world["reply"]
            )
            return found == (rule["op"] == "did")
        stats = {row["message_id"]: row["stat"] for row in self.world["receipt"]}
        wanted = {"sent": ("DELIVRD", "UNDELIV"), "delivered": ("DELIVRD",), "failed": ("UNDELIV",)}[
            rule["message"]
        ]
        found = any(
            row["contact_id"] == contact["id"]
            and stats.get(row["id"]) in wanted
            and self.within(row["planned_at"], rule.get("period"))
            and (plans is None or row["plan_id"] in plans)
            for row in self.world["message"]
        )
        return found == (rule["op"] == "did")


def anniversary(birthday: date, year: int) -> date:
    try:
        return birthday.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def compare(have: float, op: str, value: Any) -> bool:
    if op == "between":
        return bool(value[0] <= have <= value[1])
    return {
        "equals": lambda: have == value,
        "not_equals": lambda: have != value,
        "at_least": lambda: have >= value,
        "at_most": lambda: have <= value,
        "more_than": lambda: have > value,
        "less_than": lambda: have < value,
    }[op]()
