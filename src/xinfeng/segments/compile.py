"""From a rule to one question to the lens. Values become literals of the expression, never text of a query.

Every condition is true or false for every contact, never unknown; so a negation is an exact complement. Days
are business days of the enterprise's zone: "in the last 7 days" begins at 00:00 seven days ago and includes
what happened today; "in the next 7 days" is today and the seven days after it.

Two things stand before that. A sensitive attribute is looked at only where its use was agreed to: whatever is
asked about it, "is not" too, holds for nobody else; turning such a condition round with `not` describes everybody
it doesn't hold for. And what was done by a person before her rows were merged counts as hers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

import ibis

from xinfeng.contacts.clock import local_day
from xinfeng.contacts.persons import of_person, of_the_living
from xinfeng.contacts.values import read_region
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.purposes import sensitive_purpose
from xinfeng.kernel.time import business_day, day_bounds
from xinfeng.lens.engine import Lens
from xinfeng.segments.attributes import EVENTS, NEGATIONS, TIERS, Attribute, Kind, Op, Source
from xinfeng.segments.rules import (
    All,
    AnyOf,
    AttributeIs,
    Between,
    Consented,
    ConsentOp,
    Did,
    InSegment,
    Interacted,
    Interaction,
    LastDays,
    Measure,
    MessageOutcome,
    Not,
    Period,
    Rhythm,
    Rule,
    Tagged,
    TierChanged,
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


_TIER_NUMBERS = {code.word: code.number for code in TIERS}

BOUNCED_WITHIN_DAYS = 180
"""Messages older than that say nothing about a number any more."""
LEAST_DAYS_OF_A_RHYTHM = 3
"""Two intervals; fewer are no rhythm."""

Known = Mapping[int, Rule | None]
"""The segments that rules may name: their rules, or None for those that have members instead."""


def members(
    rule: Rule,
    lens: Lens,
    *,
    now: datetime,
    zone: ZoneInfo,
    known: Known | None = None,
    tags: Mapping[int, int] | None = None,
) -> ibis.Table:
    """The contacts a rule describes at `now`: one column `contact_id`, each contact once.

    `known`: the segments that the rule names, and those that they name. `tags`: where tags that were merged went.
    Raises InvalidInput `rule.unknown_attribute`, `rule.unknown_segment`.
    """
    contact = lens.table("contact")
    condition = _Compiler(contact, lens, now, zone, known or {}, tags or {}).condition(rule)
    return contact.filter(condition).select(contact_id=contact["id"])


def listed(lens: Lens, segment_id: int) -> ibis.Table:
    """The contacts kept as members of a snapshot or a list, as far as they still are people: `contact_id`."""
    member = lens.table("segment_member")
    member = of_person(lens, member.filter(member["segment_id"] == segment_id))
    return of_the_living(lens, member.select("contact_id").distinct())


@dataclass(frozen=True)
class _Compiler:
    contact: ibis.Table
    lens: Lens
    now: datetime
    zone: ZoneInfo
    known: Known = field(default_factory=dict)
    tags: Mapping[int, int] = field(default_factory=dict)

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
                now_called = self.tags.get(tag_id, tag_id)
                tagged = self.contact["tags"].contains(now_called).fill_null(False)
                return tagged if has else ~tagged
            case InSegment(segment_id, inside):
                return self._segment(segment_id) if inside else ~self._segment(segment_id)
            case Consented():
                return self._consent(rule)
            case Did():
                return self._event(rule)
            case Rhythm():
                return self._silent(rule) if rule.silent else ~self._silent(rule)
            case WasWritten():
                return self._message(rule)
            case Interacted(state, holds):
                return self._interaction(state) if holds else ~self._interaction(state)
            case TierChanged():
                return self._tier_changed(rule) if rule.did else ~self._tier_changed(rule)

    @property
    def _today(self) -> date:
        return business_day(self.now, self.zone)

    def _start(self, day: date) -> datetime:
        return day_bounds(day, self.zone)[0]

    def _among(self, ids: ibis.Table) -> Any:
        return self.contact["id"].isin(ids["contact_id"])

    def _table(self, name: str) -> ibis.Table:
        return of_person(self.lens, self.lens.table(name))

    def _segment(self, segment_id: int) -> Any:
        if segment_id not in self.known:
            raise InvalidInput("rule.unknown_segment", path="rule", id=segment_id)
        rule = self.known[segment_id]
        if rule is None:
            return self._among(listed(self.lens, segment_id))
        inner = replace(self, known={key: value for key, value in self.known.items() if key != segment_id})
        return inner.condition(rule)

    def _attribute(self, rule: AttributeIs) -> Any:
        holds = self._holds(rule)
        if not rule.attribute.sensitive:
            return holds
        standing = self.lens.table("standing")
        purpose = sensitive_purpose(rule.attribute.sensitive)
        agreed = standing.filter(standing["purpose"] == purpose, standing["granted"])
        return self._among(agreed) & holds

    def _holds(self, rule: AttributeIs) -> Any:
        attribute, op, value = rule.attribute, rule.op, rule.value
        if op in NEGATIONS:
            return ~self._holds(AttributeIs(attribute, NEGATIONS[op], value))
        if (
            op is Op.IS_FALSE and attribute.source is Source.NUMBER
        ):  # a number nobody looked at is none of these
            return ~self._holds(AttributeIs(attribute, Op.IS_TRUE))
        if attribute.source.table == "contact":
            return self._test(self._column(self.contact, attribute), rule)
        try:
            table = self.lens.table(attribute.source.table)
        except NotFound:
            raise InvalidInput("rule.unknown_attribute", path="rule", name=attribute.name) from None
        return self._among(table.filter(self._test(self._column(table, attribute), rule)))

    def _column(self, table: ibis.Table, attribute: Attribute) -> Any:
        if attribute.column not in table.columns:
            raise InvalidInput("rule.unknown_attribute", path="rule", name=attribute.name)
        return table[attribute.column]

    def _test(self, column: Any, rule: AttributeIs) -> Any:
        attribute, op, value = rule.attribute, rule.op, rule.value
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
        if attribute.name in _REGIONS:
            op, value = _in_everyday_names(op, value)
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
                return self._among(standing.filter(_said_no(standing)))

    def _event(self, rule: Did) -> Any:
        event = self._table("event")
        wanted = [event["kind"] == _EVENT_NUMBERS[rule.event], self._within(event["at"], rule.period)]
        if rule.category is not None:
            wanted.append(event["category"] == rule.category)
        if rule.item is not None:
            wanted.append(event["item"].contains(rule.item))
        event = event.filter(*wanted)
        match rule.measure:
            case Measure.LAST | Measure.FIRST:
                return self._recency(event, rule)
            case Measure.AVERAGE:
                return self._average(event, rule)
            case Measure.AMOUNT:
                value = event["amount_fen"].sum().fill_null(0)
            case _:
                none, some, many = (_compare(rule.op, rule.value, number) for number in (0, 1, 10**15))
                if (some, many) == (not none, not none):  # a question of yes or no needs no counting
                    return self._among(event) if some else ~self._among(event)
                by_day = rule.measure is Measure.DAYS
                value = self._day(event["at"]).nunique() if by_day else event.count()
        measured = event.group_by("contact_id").aggregate(value=value)
        holds = _number(measured["value"], rule.op, rule.value)
        if _compare(rule.op, rule.value, 0):
            return ~self._among(measured.filter(~holds))
        return self._among(measured.filter(holds))

    def _average(self, event: ibis.Table, rule: Did) -> Any:
        """Who has no amounts has no average; only "anything but" holds for her."""
        if rule.op is Op.NOT_EQUALS:
            return ~self._average(event, replace(rule, op=Op.EQUALS))
        amount = event["amount_fen"]
        measured = event.filter(amount.notnull()).group_by("contact_id").aggregate(value=amount.mean())
        return self._among(measured.filter(_number(measured["value"], rule.op, rule.value)))

    def _day(self, at: Any) -> Any:
        """The business day of a moment, counted from 1970-01-01."""
        return local_day(at, self.zone, until_year=self.now.year + 1)

    def _silent(self, rule: Rhythm) -> Any:
        event = self._table("event")
        event = event.filter(event["kind"] == _EVENT_NUMBERS[rule.event], event["at"] <= self.now)
        event = event.select("contact_id", day=self._day(event["at"]))
        day = event["day"]
        rhythm = event.group_by("contact_id").aggregate(days=day.nunique(), first=day.min(), last=day.max())
        span = rhythm["last"] - rhythm["first"]
        silence = (self._today - date(1970, 1, 1)).days - rhythm["last"]
        late = silence * (rhythm["days"] - 1) > span * rule.times
        return self._among(rhythm.filter(rhythm["days"] >= LEAST_DAYS_OF_A_RHYTHM, late))

    def _tier_changed(self, rule: TierChanged) -> Any:
        fact = self._table("tier_fact")
        wanted = [self._within(fact["at"], rule.period)]
        if rule.into is not None:
            wanted.append(fact["tier"] == _TIER_NUMBERS[rule.into])
        if rule.out_of is not None:
            wanted.append(fact["before"] == _TIER_NUMBERS[rule.out_of])
        return self._among(fact.filter(*wanted))

    def _interaction(self, state: Interaction) -> Any:
        if state is Interaction.REPLIED:
            return self._message(WasWritten(MessageOutcome.REPLIED, True))
        if state is Interaction.BOUNCED:
            return self._bounced()
        standing = self.lens.table("standing")
        if state is Interaction.OPTED_OUT:
            standing = standing.filter(standing["purpose"] == "marketing")
            opted_out = (standing["suppressed"] == "opt_out").fill_null(False)
            return self._among(standing.filter(_said_no(standing) | opted_out))
        reason = "complaint" if state is Interaction.COMPLAINED else "carrier"
        return self._among(standing.filter(standing["suppressed"] == reason))

    def _bounced(self) -> Any:
        since = self._since(LastDays(BOUNCED_WITHIN_DAYS))
        message = of_person(self.lens, self.lens.view("message_state", since=since))
        number, state = message["message_id"], message["state"]
        last = message.group_by("contact_id").aggregate(
            failed=number.max(where=state == "failed"), fine=number.max(where=state == "delivered")
        )
        return self._among(last.filter(last["failed"] > last["fine"].fill_null(0)))

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
            reply = of_person(self.lens, reply.filter(reply["contact_id"].notnull()))
            found = reply.filter(self._within(reply["received_at"], rule.period))
            if rule.plans:
                found = found.filter(found["plan_id"].isin(rule.plans))
        else:
            since = self._since(rule.period)
            state = self.lens.view("message_state", plans=rule.plans or None, since=since)
            state = of_person(self.lens, state)
            held = state["displayed"]
            if rule.outcome is not MessageOutcome.READ:
                held = state["state"].isin(_OUTCOME_STATES[rule.outcome])
            found = state.filter(held, self._within(state["planned_at"], rule.period))
        return self._among(found) if rule.did else ~self._among(found)


_REGIONS = frozenset({"province", "city"})


def _in_everyday_names(op: Op, value: Any) -> tuple[Op, Any]:
    """Whoever asks for 广东省 means those whose province is kept as 广东, too."""
    if op in (Op.CONTAINS, Op.STARTS_WITH):
        return op, _everyday(value)
    stated = value if op is Op.IN else (value,)
    return Op.IN, tuple(dict.fromkeys([*stated, *map(_everyday, stated)]))


def _everyday(value: str) -> str:
    short = read_region(value, longest=len(value))
    return short if len(short) < len(value.strip()) and value.strip().startswith(short) else value


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


def _compare(op: Op, value: Any, number: int) -> bool:
    return bool(_number(number, op, value))


def _bool(column: Any, op: Op, _value: Any) -> Any:
    return column if op is Op.IS_TRUE else ~column


def _month_and_day(column: Any) -> Any:
    return column.month().cast("int32") * 100 + column.day()


def _said_no(standing: ibis.Table) -> Any:
    """Her last word was no; who agreed to a wording that no longer stands did not say it."""
    return ~standing["granted"] & ~standing["stale"] & standing["entry_seq"].notnull()


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
