"""A rule evaluated contact by contact, the plain way: what the compiled question must agree with."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from segment_generated import SEGMENTS

from xinfeng.segments.attributes import EVENTS, NUMBER_STATES

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
    "number:state": [code.word for code in NUMBER_STATES],
}
COLUMNS = {"age": "birthday", "joined": "joined_at", "number:alive": "alive_at"}


def said_no(standing: dict[str, Any]) -> bool:
    return not standing["granted"] and not standing["stale"] and standing["entry_seq"] is not None


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
        if "segment" in rule:
            return self.segment(rule["segment"], contact) == (rule["op"] == "in")
        if "rhythm" in rule:
            return self.silent(rule, contact) == (rule["op"] == "silent")
        if "interaction" in rule:
            return self.interaction(rule["interaction"], contact) == (rule["op"] == "is")
        if "tier_change" in rule:
            return self.tier_changed(rule, contact) == (rule["op"] == "did")
        return self.event(rule, contact) if "event" in rule else self.message(rule, contact)

    def segment(self, segment_id: int, contact: dict[str, Any]) -> bool:
        rule = SEGMENTS[segment_id]
        if rule is not None:
            return self.holds(rule, contact)
        row = {"segment_id": segment_id, "contact_id": contact["id"]}
        return row in self.world["segment_member"]

    def silent(self, rule: dict[str, Any], contact: dict[str, Any]) -> bool:
        days = sorted(
            {
                event["at"].astimezone(self.zone).date()
                for event in self.world["event"]
                if event["contact_id"] == contact["id"]
                and event["kind"] == NUMBERS[rule["rhythm"]]
                and event["at"] <= self.now
            }
        )
        if len(days) < 3:
            return False
        interval = (days[-1] - days[0]).days / (len(days) - 1)
        return (self.today - days[-1]).days > rule["times"] * interval

    def interaction(self, state: str, contact: dict[str, Any]) -> bool:
        if state == "replied":
            return self.message({"message": "replied", "op": "did"}, contact)
        if state == "bounced":
            return self.message({"message": "failed", "op": "did"}, contact)  # nobody here has two messages
        rows = [row for row in self.world["standing"] if row["contact_id"] == contact["id"]]
        if state == "opted_out":
            return any(
                row["purpose"] == "marketing" and (row["suppressed"] == "opt_out" or said_no(row))
                for row in rows
            )
        return any(
            row["suppressed"] == {"complained": "complaint", "blocked": "carrier"}[state] for row in rows
        )

    def tier_changed(self, rule: dict[str, Any], contact: dict[str, Any]) -> bool:
        return any(
            row["contact_id"] == contact["id"]
            and rule["tier_change"] in ("any", WORDS["tier"][row["tier"]])
            and rule.get("from", WORDS["tier"][row["before"]]) == WORDS["tier"][row["before"]]
            and self.within(row["at"], rule.get("period"))
            for row in self.world["tier_fact"]
        )

    def attribute(self, name: str, op: str, value: Any, contact: dict[str, Any]) -> bool:
        agreed = any(
            row["contact_id"] == contact["id"] and row["purpose"] == "sensitive:blood" and row["granted"]
            for row in self.world["standing"]
        )
        return (name != "attr_blood" or agreed) and self.stated(name, op, value, contact)

    def looked_up(self, name: str, contact: dict[str, Any]) -> Any:
        table = {"number": "number", "trait": "trait"}.get(name.partition(":")[0])
        row: dict[str, Any] | None = contact
        if table:
            row = next((one for one in self.world[table] if one["contact_id"] == contact["id"]), None)
        column = COLUMNS.get(name, name).replace("trait:", "t_").replace("number:", "")
        return None if row is None else row[column]

    def stated(self, name: str, op: str, value: Any, contact: dict[str, Any]) -> bool:
        if op in NEGATIONS:
            return not self.stated(name, NEGATIONS[op], value, contact)
        have = self.looked_up(name, contact)
        if name in ("number:quarantined", "number:ported") and op in ("is_true", "is_false"):
            return (have is True) == (op == "is_true")
        if have is None:
            return False
        if name in WORDS:
            if op == "is_set":
                return bool(have != 0)
            return WORDS[name][have] in value if op == "in" else WORDS[name][have] == value
        if op == "is_set":
            return True
        if name == "age":
            had = (have.month, have.day) <= (self.today.month, self.today.day)
            have = self.today.year - have.year - (0 if had else 1)
        if isinstance(have, datetime):
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
            return any(map(said_no, rows))
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
        if rule["measure"] == "days":
            days = {event["at"].astimezone(self.zone).date() for event in found}
            return compare(len(days), rule["op"], rule["value"])
        if rule["measure"] == "average_fen":
            amounts = [event["amount_fen"] for event in found if event["amount_fen"] is not None]
            if not amounts:
                return bool(rule["op"] == "not_equals")
            return compare(sum(amounts) / len(amounts), rule["op"], rule["value"])
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
        wanted = {
            "sent": ("DELIVRD", "DISPLAYED", "UNDELIV"),
            "delivered": ("DELIVRD", "DISPLAYED"),
            "read": ("DISPLAYED",),
            "failed": ("UNDELIV",),
        }[rule["message"]]
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
