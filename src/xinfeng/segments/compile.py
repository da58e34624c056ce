"""From a rule to one question to the lens. Values become literals of the expression, never text of a query.

Every condition is true or false for every contact, never unknown; so a negation is an exact complement. Days
are business days of the enterprise's zone: "in the last 7 days" begins at 00:00 seven days ago and includes
what happened today; "in the next 7 days" is today and the seven days after it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

import ibis

from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import business_day, day_bounds
from xinfeng.lens.engine import Lens
from xinfeng.segments.attributes import EVENTS, Kind, Op
from xinfeng.segments.rules import (
    All,
    AnyOf,
    AttributeIs,
    Between,
    Consented,
    ConsentOp,
    Did,
    LastDays,
    Measure,
    MessageOutcome,
    Not,
    Period,
    Rule,
    Tagged,
    WasWritten,
)

_EVENT_NUMBERS = {code.word: code.number for code in EVENTS}

_COMPARE: dict[Op, Callable[[Any, Any], Any]] = {
    Op.EQUALS: operator.eq,
    Op.NOT_EQUALS: operator.ne,
    Op.AT_LEAST: operator.ge,
    Op.AT_MOST: operator.le,
    Op.MORE_THAN: operator.gt,
    Op.LESS_THAN: operator.lt,
}

_OUTCOME_STATES = {
    MessageOutcome.SENT: ("accepted", "delivered", "failed", "uncertain"),
    MessageOutcome.DELIVERED: ("delivered",),
    MessageOutcome.FAILED: ("failed",),
}


def members(rule: Rule, lens: Lens, *, now: datetime, zone: ZoneInfo) -> ibis.Table:
    """The contacts a rule describes at `now`: one column `contact_id`, each contact once."""
    contact = lens.table("contact")
    condition = _Compiler(contact, lens, now, zone).condition(rule)
    return contact.filter(condition).select(contact_id=contact["id"])


@dataclass(frozen=True)
class _Compiler:
    contact: ibis.Table
    lens: Lens
    now: datetime
    zone: ZoneInfo

    def condition(self, rule: Rule) -> Any:
        match rule:
            case All(rules):
                return reduce(operator.and_, map(self.condition, rules), ibis.literal(True))
            case AnyOf(rules):
                return reduce(operator.or_, map(self.condition, rules))
            case Not(inner):
                return ~self.condition(inner)
            case AttributeIs():
                return self._attribute(rule)
            case Tagged(tag_id, has):
                tagged = self.contact["tags"].contains(tag_id).fill_null(False)
                return tagged if has else ~tagged
            case Consented():
                return self._consent(rule)
            case Did():
                return self._event(rule)
            case WasWritten():
                return self._message(rule)

    @property
    def _today(self) -> date:
        return business_day(self.now, self.zone)

    def _start(self, day: date) -> datetime:
        return day_bounds(day, self.zone)[0]

    def _among(self, ids: ibis.Table) -> Any:
        return self.contact["id"].isin(ids["contact_id"])

    def _attribute(self, rule: AttributeIs) -> Any:
        attribute, op, value = rule.attribute, rule.op, rule.value
        if attribute.column not in self.contact.columns:
            raise InvalidInput("rule.unknown_attribute", path="rule", name=attribute.name)
        column: Any = self.contact[attribute.column]
        if op in _OPPOSITES:
            return ~self._attribute(AttributeIs(attribute, _OPPOSITES[op], value))
        if attribute.kind is Kind.CHOICE:
            words = value if isinstance(value, tuple) else (value,)
            numbers = [code.number for code in attribute.codes if code.word in words]
            return column != 0 if op is Op.IS_SET else column.isin(numbers)
        if op is Op.IS_SET:
            return column.notnull()
        if attribute.name == "age":
            column = self._age(column)
        if attribute.kind is Kind.TIME:
            return self._moment(column, op, value).fill_null(False)
        rules = {Kind.TEXT: _text, Kind.NUMBER: _number, Kind.BOOL: _bool, Kind.DATE: self._date}
        return rules[attribute.kind](column, op, value).fill_null(False)

    def _age(self, birthday: Any) -> Any:
        """Whole years; somebody born on 29 February turns a year older on 1 March."""
        today = self._today
        had_it = _month_and_day(birthday) <= today.month * 100 + today.day
        return today.year - birthday.year() - ibis.cases((had_it, 0), else_=1)

    def _date(self, column: Any, op: Op, value: Any) -> Any:
        today = self._today
        match op:
            case Op.ON:
                return column == value
            case Op.BEFORE:
                return column < value
            case Op.AFTER:
                return column > value
            case Op.BETWEEN:
                return column.between(*value)
            case Op.IN_LAST_DAYS:
                return column.between(_days_from(today, -value), today)
            case Op.IN_NEXT_DAYS:
                return column.between(today, _days_from(today, value))
            case _:
                return _month_and_day(column).isin(_anniversaries(op, value, today))

    def _moment(self, column: Any, op: Op, value: Any) -> Any:
        match op:
            case Op.ON:
                return self._within(column, Between(value, value))
            case Op.BEFORE:
                return column < self._start(value)
            case Op.AFTER:
                return column >= self._start(value + timedelta(days=1))
            case Op.BETWEEN:
                return self._within(column, Between(*value))
            case _:
                return self._within(column, LastDays(value))

    def _within(self, column: Any, period: Period | None) -> Any:
        match period:
            case None:
                return ibis.literal(True)
            case LastDays(days):
                return (column >= self._start(_days_from(self._today, -days))) & (column <= self.now)
            case Between(first, last):
                after = column >= self._start(first) if first else ibis.literal(True)
                return after & (column < self._start(last + timedelta(days=1))) if last else after

    def _since(self, period: Period | None) -> datetime | None:
        match period:
            case LastDays(days):
                return self._start(_days_from(self._today, -days))
            case Between(first, _) if first is not None:
                return self._start(first)
            case _:
                return None

    def _consent(self, rule: Consented) -> Any:
        standing = self.lens.table("standing")
        standing = standing.filter(standing["purpose"] == rule.purpose)
        granted = self._among(standing.filter(standing["granted"]))
        match rule.op:
            case ConsentOp.GRANTED:
                return granted
            case ConsentOp.NOT_GRANTED:
                return ~granted
            case ConsentOp.WITHDRAWN:
                return self._among(standing.filter(~standing["granted"], standing["entry_seq"].notnull()))

    def _event(self, rule: Did) -> Any:
        event = self.lens.table("event")
        wanted = [event["kind"] == _EVENT_NUMBERS[rule.event], self._within(event["at"], rule.period)]
        if rule.category is not None:
            wanted.append(event["category"] == rule.category)
        if rule.item is not None:
            wanted.append(event["item"].contains(rule.item))
        event = event.filter(*wanted)
        if rule.measure in (Measure.LAST, Measure.FIRST):
            return self._recency(event, rule)
        if rule.measure is Measure.COUNT:
            none, some, many = (_holds(rule.op, rule.value, number) for number in (0, 1, 10**15))
            if (some, many) == (not none, not none):  # a question of yes or no needs no counting
                return self._among(event) if some else ~self._among(event)
        value = event.count() if rule.measure is Measure.COUNT else event["amount_fen"].sum().fill_null(0)
        measured = event.group_by("contact_id").aggregate(value=value)
        holds = _number(measured["value"], rule.op, rule.value)
        if _holds(rule.op, rule.value, 0):
            return ~self._among(measured.filter(~holds))
        return self._among(measured.filter(holds))

    def _recency(self, event: ibis.Table, rule: Did) -> Any:
        assert isinstance(rule.value, int)
        start = self._start(_days_from(self._today, -rule.value))
        at = event["at"].max() if rule.measure is Measure.LAST else event["at"].min()
        times = event.group_by("contact_id").aggregate(at=at)
        recent = times["at"] >= start
        return self._among(times.filter(recent if rule.op is Op.IN_LAST_DAYS else ~recent))

    def _message(self, rule: WasWritten) -> Any:
        if rule.outcome is MessageOutcome.REPLIED:
            reply = self.lens.table("reply")
            found = reply.filter(
                reply["contact_id"].notnull(), self._within(reply["received_at"], rule.period)
            )
            if rule.plans:
                found = found.filter(found["plan_id"].isin(rule.plans))
        else:
            since = self._since(rule.period)
            found = self.lens.view("message_state", plans=rule.plans or None, since=since)
            states = _OUTCOME_STATES[rule.outcome]
            found = found.filter(found["state"].isin(states), self._within(found["planned_at"], rule.period))
        return self._among(found) if rule.did else ~self._among(found)


_OPPOSITES = {
    Op.IS_NOT: Op.IS,
    Op.NOT_IN: Op.IN,
    Op.NOT_CONTAINS: Op.CONTAINS,
    Op.NOT_EQUALS: Op.EQUALS,
    Op.NOT_IN_LAST_DAYS: Op.IN_LAST_DAYS,
    Op.IS_NOT_SET: Op.IS_SET,
}
"""Negations, which also hold for contacts without a value. (`is_false` is none: it wants a stated no.)"""


def _text(column: Any, op: Op, value: Any) -> Any:
    match op:
        case Op.IS:
            return column == value
        case Op.IN:
            return column.isin(value)
        case Op.CONTAINS:
            return column.contains(value)
        case _:
            return column.startswith(value)


def _number(column: Any, op: Op, value: Any) -> Any:
    if op is Op.BETWEEN:
        return (column >= value[0]) & (column <= value[1])
    return _COMPARE[op](column, value)


def _holds(op: Op, value: Any, number: int) -> bool:
    return bool(_number(number, op, value))


def _bool(column: Any, op: Op, _value: Any) -> Any:
    return column if op is Op.IS_TRUE else ~column


def _month_and_day(column: Any) -> Any:
    return column.month().cast("int32") * 100 + column.day()


def _days_from(day: date, days: int) -> date:
    return day + timedelta(days=days)


def _anniversaries(op: Op, days: Any, today: date) -> list[int]:
    """Months and days (as 1231) whose anniversary falls into the time meant; 29 February is kept on the 28th
    in other years."""
    match op:
        case Op.ANNIVERSARY_TODAY:
            span = [today]
        case Op.ANNIVERSARY_THIS_WEEK:
            span = [_days_from(today, offset - today.weekday()) for offset in range(7)]
        case Op.ANNIVERSARY_THIS_MONTH:
            return [today.month * 100 + day for day in range(1, 32)]
        case _:
            span = [_days_from(today, offset) for offset in range(min(days, 366) + 1)]
    found = {day.month * 100 + day.day for day in span}
    if any(day.month == 2 and day.day == 28 and _days_from(day, 1).month == 3 for day in span):
        found.add(229)
    return sorted(found)
