"""Reading a rule from its JSON form (the grammar stands in `segments.rules`).

An unknown key or operator, or a value that doesn't fit, is InvalidInput with the `path` to it, such as
`rule.all[2].value`. Whether the tags, segments and plans it names exist is for others to ask.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from math import isfinite
from typing import Any, TypeVar

from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.purposes import PURPOSES, sensitive_purpose
from xinfeng.segments.attributes import BUILT_IN, COMPARISONS, EVENTS, OPERATORS, TIERS, Attribute, Op, Takes
from xinfeng.segments.rules import (
    ANY_TIER,
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

_T = TypeVar("_T", bound=str)

DEEPEST = 8
MOST_CONDITIONS = 100
LONGEST_LIST = 1_000
LONGEST_TEXT = 200
MOST_DAYS = 3_660
LARGEST_NUMBER = 10**15
LARGEST_FACTOR = 20
EARLIEST_YEAR, LATEST_YEAR = 1900, 2200


def parse(raw: Any, attributes: Mapping[str, Attribute] = BUILT_IN) -> Rule:
    """Read a rule from its JSON form; raises InvalidInput with `path`. `attributes`: those that exist, by name."""
    return _Parser(attributes).rule(raw, "rule", 1)


class _Parser:
    def __init__(self, attributes: Mapping[str, Attribute]) -> None:
        self._attributes = attributes
        self._conditions = 0
        sensitive = [sensitive_purpose(each.sensitive) for each in attributes.values() if each.sensitive]
        self._purposes = (*PURPOSES, *sensitive)

    def rule(self, raw: Any, path: str, depth: int) -> Rule:
        node = _Node(raw, path)
        if depth > DEEPEST:
            raise InvalidInput("rule.too_deep", path=path, limit=DEEPEST)
        readers: dict[str, Callable[[_Node], Rule]] = {
            "all": lambda node: All(self._members(node, "all", depth)),
            "any": lambda node: AnyOf(self._members(node, "any", depth)),
            "not": lambda node: Not(self.rule(node.take("not"), f"{path}.not", depth + 1)),
            "attribute": self._attribute,
            "tag": self._tag,
            "segment": self._segment,
            "consent": self._consent,
            "event": self._event,
            "rhythm": self._rhythm,
            "message": self._message,
            "interaction": self._interaction,
            "tier_change": self._tier_change,
        }
        kinds = [key for key in readers if key in node.raw]
        if len(kinds) != 1:
            raise InvalidInput("rule.unknown_condition", path=path, known=list(readers))
        if kinds[0] not in ("all", "any", "not"):
            self._conditions += 1
            if self._conditions > MOST_CONDITIONS:
                raise InvalidInput("rule.too_many_conditions", path=path, limit=MOST_CONDITIONS)
        found = readers[kinds[0]](node)
        node.finish()
        return found

    def _members(self, node: _Node, key: str, depth: int) -> tuple[Rule, ...]:
        members = node.take(key)
        path = f"{node.path}.{key}"
        if not isinstance(members, list) or (key == "any" and not members):
            raise InvalidInput("rule.bad_value", path=path, expected="rules")
        if len(members) > MOST_CONDITIONS:
            raise InvalidInput("rule.too_many_conditions", path=path, limit=MOST_CONDITIONS)
        return tuple(self.rule(member, f"{path}[{i}]", depth + 1) for i, member in enumerate(members))

    def _attribute(self, node: _Node) -> Rule:
        name = node.text("attribute")
        attribute = self._attributes.get(name)
        if attribute is None:
            path, meant = f"{node.path}.attribute", self._meant(name)
            if meant:
                raise InvalidInput("rule.attribute_meant", path=path, name=name, meant=meant)
            raise InvalidInput("rule.unknown_attribute", path=path, name=name)
        op = node.one_of("op", OPERATORS[attribute.kind])
        takes = OPERATORS[attribute.kind][op]
        if takes is Takes.NOTHING:
            return AttributeIs(attribute, op)
        return AttributeIs(attribute, op, _value(node, takes, attribute))

    def _meant(self, name: str) -> str:
        """The attribute somebody may have meant: one of their own without `attr_`, its label, or the nearest name."""
        short = name.strip().lower()[:80]
        for guess in (f"attr_{short}", short, f"trait:{short}", f"number:{short}"):
            if guess in self._attributes:
                return guess
        labels = {
            label.lower(): one.name
            for one in self._attributes.values()
            for label in (one.label.zh, one.label.en)
        }
        near = get_close_matches(short, [*self._attributes, *labels], n=1, cutoff=0.85)
        return labels.get(near[0], near[0]) if near else ""

    def _tag(self, node: _Node) -> Rule:
        tag_id = node.whole("tag", most=2**31 - 1)
        return Tagged(tag_id, node.one_of("op", ("has", "has_not")) == "has")

    def _consent(self, node: _Node) -> Rule:
        purpose = node.one_of("consent", self._purposes)
        return Consented(purpose, node.one_of("op", tuple(ConsentOp)))

    def _segment(self, node: _Node) -> Rule:
        segment_id = node.whole("segment", most=2**63 - 1)
        return InSegment(segment_id, node.one_of("op", ("in", "not_in")) == "in")

    def _event(self, node: _Node) -> Rule:
        event = node.one_of("event", tuple(code.word for code in EVENTS))
        measure = node.one_of("measure", tuple(Measure))
        value: Any
        if measure in (Measure.LAST, Measure.FIRST):
            op = node.one_of("op", (Op.IN_LAST_DAYS, Op.NOT_IN_LAST_DAYS))
            value = node.whole("value", most=MOST_DAYS)
        else:
            op = node.one_of("op", COMPARISONS)
            value = _value(node, COMPARISONS[op], None)
        return Did(
            event, measure, op, value, _period(node), node.maybe_text("category"), node.maybe_text("item")
        )

    def _rhythm(self, node: _Node) -> Rule:
        event = node.one_of("rhythm", tuple(code.word for code in EVENTS))
        silent = node.one_of("op", ("silent", "not_silent")) == "silent"
        times = _number(node.take("times"), f"{node.path}.times")
        if not 1 <= times <= LARGEST_FACTOR:
            raise InvalidInput("rule.bad_value", path=f"{node.path}.times", expected="factor")
        return Rhythm(event, silent, times)

    def _interaction(self, node: _Node) -> Rule:
        state = node.one_of("interaction", tuple(Interaction))
        return Interacted(state, node.one_of("op", ("is", "is_not")) == "is")

    def _tier_change(self, node: _Node) -> Rule:
        tiers = tuple(code.word for code in TIERS)
        into = node.one_of("tier_change", (ANY_TIER, *tiers))
        did = node.one_of("op", ("did", "did_not")) == "did"
        out_of = None if node.lacks("from") else node.one_of("from", tiers)
        return TierChanged(did, None if into == ANY_TIER else into, out_of, _period(node))

    def _message(self, node: _Node) -> Rule:
        outcome = node.one_of("message", tuple(MessageOutcome))
        did = node.one_of("op", ("did", "did_not")) == "did"
        return WasWritten(outcome, did, _period(node), node.wholes("plans"))


class _Node:
    """One JSON object; remembers which of its keys were read, so that none is silently ignored."""

    def __init__(self, raw: Any, path: str) -> None:
        if not isinstance(raw, dict):
            raise InvalidInput("rule.bad_value", path=path, expected="object")
        self.raw: dict[str, Any] = raw
        self.path = path
        self._read: set[str] = set()

    def take(self, key: str) -> Any:
        self._read.add(key)
        if key not in self.raw:
            raise InvalidInput("rule.missing", path=f"{self.path}.{key}")
        return self.raw[key]

    def finish(self) -> None:
        for key in self.raw:
            if key not in self._read:
                raise InvalidInput("rule.unknown_key", path=f"{self.path}.{str(key)[:40]}")

    def one_of(self, key: str, known: Sequence[_T] | Mapping[_T, Any]) -> _T:
        value = self.take(key)
        for candidate in known:
            if isinstance(value, str) and candidate == value:
                return candidate
        raise InvalidInput("rule.not_one_of", path=f"{self.path}.{key}", known=[str(each) for each in known])

    def text(self, key: str) -> str:
        return _text(self.take(key), f"{self.path}.{key}")

    def maybe_text(self, key: str) -> str | None:
        return None if self.lacks(key) else self.text(key)

    def whole(self, key: str, *, most: int) -> int:
        return _whole(self.take(key), f"{self.path}.{key}", most=most)

    def wholes(self, key: str) -> tuple[int, ...]:
        if self.lacks(key):
            return ()
        path = f"{self.path}.{key}"
        return tuple(_whole(each, f"{path}[{i}]", most=2**63 - 1) for i, each in _items(self.take(key), path))

    def lacks(self, key: str) -> bool:
        """Whether an optional key is missing or null."""
        self._read.add(key)
        return self.raw.get(key) is None


def _value(node: _Node, takes: Takes, attribute: Attribute | None) -> Any:
    raw, path = node.take("value"), f"{node.path}.value"
    if takes is Takes.TEXT:
        return _text(raw, path)
    if takes is Takes.TEXTS:
        return tuple(_text(each, f"{path}[{i}]") for i, each in _items(raw, path))
    if takes is Takes.CODE:
        return _code(raw, path, attribute)
    if takes is Takes.CODES:
        return tuple(_code(each, f"{path}[{i}]", attribute) for i, each in _items(raw, path))
    if takes is Takes.NUMBER:
        return _number(raw, path)
    if takes is Takes.DATE:
        return _day(raw, path)
    if takes is Takes.DAYS:
        return _whole(raw, path, most=MOST_DAYS)
    read: Callable[[Any, str], Any] = _number if takes is Takes.TWO_NUMBERS else _day
    if not isinstance(raw, list) or len(raw) != 2:
        raise InvalidInput("rule.bad_value", path=path, expected=takes.value)
    low, high = read(raw[0], f"{path}[0]"), read(raw[1], f"{path}[1]")
    if low > high:
        raise InvalidInput("rule.upside_down", path=path)
    return low, high


def _period(node: _Node) -> Period | None:
    if node.lacks("period"):
        return None
    inner = _Node(node.take("period"), f"{node.path}.period")
    found: Period
    if "days" in inner.raw:
        found = LastDays(inner.whole("days", most=MOST_DAYS))
    else:
        first, last = (
            _day(inner.take(key), f"{inner.path}.{key}") if key in inner.raw else None for key in _ENDS
        )
        if first is None and last is None:
            raise InvalidInput("rule.missing", path=f"{inner.path}.days")
        if first is not None and last is not None and first > last:
            raise InvalidInput("rule.upside_down", path=inner.path)
        found = Between(first, last)
    inner.finish()
    return found


_ENDS = ("from", "to")


def _items(raw: Any, path: str) -> enumerate[Any]:
    if not isinstance(raw, list) or not raw:
        raise InvalidInput("rule.bad_value", path=path, expected="list")
    if len(raw) > LONGEST_LIST:
        raise InvalidInput("rule.list_too_long", path=path, limit=LONGEST_LIST)
    return enumerate(raw)


def _text(raw: Any, path: str) -> str:
    if not isinstance(raw, str) or not raw.strip() or len(raw) > LONGEST_TEXT or "\0" in raw:
        raise InvalidInput("rule.bad_value", path=path, expected="text", longest=LONGEST_TEXT)
    if any("\ud800" <= character <= "\udfff" for character in raw):
        raise InvalidInput("rule.bad_value", path=path, expected="text", longest=LONGEST_TEXT)
    return raw


def _code(raw: Any, path: str, attribute: Attribute | None) -> str:
    assert attribute is not None
    if not isinstance(raw, str) or attribute.code(raw) is None:
        raise InvalidInput("rule.not_one_of", path=path, known=[code.word for code in attribute.codes])
    return raw


def _number(raw: Any, path: str) -> int | float:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise InvalidInput("rule.bad_value", path=path, expected="number")
    if not isfinite(raw) or abs(raw) > LARGEST_NUMBER:
        raise InvalidInput("rule.bad_value", path=path, expected="number")
    return raw


def _whole(raw: Any, path: str, *, most: int) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= most:
        raise InvalidInput("rule.bad_value", path=path, expected="whole_number", most=most)
    return raw


def _day(raw: Any, path: str) -> date:
    try:
        if not isinstance(raw, str) or len(raw) != 10:
            raise ValueError
        day = date.fromisoformat(raw)
        if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            raise ValueError
        return day
    except ValueError:
        raise InvalidInput("rule.bad_value", path=path, expected="date") from None
