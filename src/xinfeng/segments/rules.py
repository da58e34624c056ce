"""A rule: a typed tree of groups and conditions, and its JSON form.

A JSON object is one of

    {"all": [RULE, …]}    {"any": [RULE, …]}    {"not": RULE}
    {"attribute": NAME, "op": OP, "value": …}
    {"tag": ID, "op": "has" | "has_not"}
    {"segment": ID, "op": "in" | "not_in"}
    {"consent": PURPOSE, "op": "granted" | "not_granted" | "withdrawn"}
    {"event": KIND, "measure": "count" | "days" | "amount_fen" | "average_fen", "op": COMPARISON, "value": …,
     "period"?, "category"?, "item"?}
    {"event": KIND, "measure": "last" | "first", "op": "in_last_days" | "not_in_last_days", "value": DAYS, …}
    {"rhythm": KIND, "op": "silent" | "not_silent", "times": FACTOR}
    {"message": "sent" | "delivered" | "read" | "failed" | "replied", "op": "did" | "did_not", "period"?, "plans"?: [ID, …]}
    {"interaction": "opted_out" | "complained" | "blocked" | "bounced" | "replied", "op": "is" | "is_not"}
    {"tier_change": TIER | "any", "op": "did" | "did_not", "from"?: TIER, "period"?}

and a period is `{"days": N}` (since the start of the business day N days ago) or `{"from": DAY, "to": DAY}`
(business days, both included, either may be missing). `{"all": []}` is everybody. `category` is compared as a
whole, `item` by containing. An attribute is one of the contact, `attr_<key>` as declared, `trait:<key>` as
computed, or `number:<what>` of her number's health. A purpose is one of `kernel.purposes`, or `sensitive:<key>`.

`segments.parsing` reads this form; `segments.compile` says what each condition means. Nothing here knows the
database or the lens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from xinfeng.segments.attributes import Attribute, Op, Source

Value = str | int | float | date | tuple[str, ...] | tuple[float, float] | tuple[date, date] | None


class Measure(StrEnum):
    """DAYS: business days on which it happened, each once. AVERAGE: of those events that have an amount."""

    COUNT = "count"
    DAYS = "days"
    AMOUNT = "amount_fen"
    AVERAGE = "average_fen"
    LAST = "last"
    FIRST = "first"


class ConsentOp(StrEnum):
    """NOT_GRANTED: withdrawn, or never asked. WITHDRAWN: there was a word, and the last one is no."""

    GRANTED = "granted"
    NOT_GRANTED = "not_granted"
    WITHDRAWN = "withdrawn"


class MessageOutcome(StrEnum):
    """SENT: handed to the carrier, whatever came of it. READ: a handset showed it, which only 5G channels tell."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    REPLIED = "replied"


class Interaction(StrEnum):
    """How things stand between us (feature A4). BOUNCED: the last message whose fate is known failed. BLOCKED:
    the carrier's receipts say that the number is on its block list."""

    OPTED_OUT = "opted_out"
    COMPLAINED = "complained"
    BLOCKED = "blocked"
    BOUNCED = "bounced"
    REPLIED = "replied"


@dataclass(frozen=True, slots=True)
class LastDays:
    days: int


@dataclass(frozen=True, slots=True)
class Between:
    """Business days, both included; at least one is given."""

    first: date | None
    last: date | None


Period = LastDays | Between


@dataclass(frozen=True, slots=True)
class All:
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Not:
    rule: Rule


@dataclass(frozen=True, slots=True)
class AttributeIs:
    attribute: Attribute
    op: Op
    value: Value = None


@dataclass(frozen=True, slots=True)
class Tagged:
    tag_id: int
    has: bool


@dataclass(frozen=True, slots=True)
class InSegment:
    """Whether another segment, of any kind, has her now."""

    segment_id: int
    inside: bool


@dataclass(frozen=True, slots=True)
class Consented:
    purpose: str
    op: ConsentOp


@dataclass(frozen=True, slots=True)
class Did:
    """A measure of a contact's events of one kind. Amounts are in fen."""

    event: str
    measure: Measure
    op: Op
    value: int | float | tuple[float, float]
    period: Period | None = None
    category: str | None = None
    item: str | None = None


@dataclass(frozen=True, slots=True)
class WasWritten:
    """What became of messages to the contact; `plans` empty means any plan."""

    outcome: MessageOutcome
    did: bool
    period: Period | None = None
    plans: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Silent for longer than `times` her own mean interval between days with such an event; who has no rhythm
    (fewer than three such days) is not silent."""

    event: str
    silent: bool
    times: float


@dataclass(frozen=True, slots=True)
class Interacted:
    state: Interaction
    holds: bool


@dataclass(frozen=True, slots=True)
class TierChanged:
    """Whether she came into a tier (None: any), out of a tier (None: any), within a time."""

    did: bool
    into: str | None = None
    out_of: str | None = None
    period: Period | None = None


Condition = (
    AttributeIs | Tagged | InSegment | Consented | Did | Rhythm | WasWritten | Interacted | TierChanged
)
Rule = All | AnyOf | Not | Condition

EVERYBODY = All(())
ANY_TIER = "any"


def to_json(rule: Rule) -> dict[str, Any]:
    """The JSON form; `parse(to_json(rule)) == rule`."""
    match rule:
        case All(rules):
            return {"all": [to_json(each) for each in rules]}
        case AnyOf(rules):
            return {"any": [to_json(each) for each in rules]}
        case Not(inner):
            return {"not": to_json(inner)}
        case AttributeIs(attribute, op, value):
            named = {"attribute": attribute.name, "op": op.value}
            return named if value is None else {**named, "value": _plain(value)}
        case Tagged(tag_id, has):
            return {"tag": tag_id, "op": "has" if has else "has_not"}
        case InSegment(segment_id, inside):
            return {"segment": segment_id, "op": "in" if inside else "not_in"}
        case Consented(purpose, consent_op):
            return {"consent": purpose, "op": consent_op.value}
        case Did():
            return _without_none(
                {
                    "event": rule.event,
                    "measure": rule.measure.value,
                    "op": rule.op.value,
                    "value": _plain(rule.value),
                    "period": _period_json(rule.period),
                    "category": rule.category,
                    "item": rule.item,
                }
            )
        case Rhythm(event, silent, times):
            return {"rhythm": event, "op": "silent" if silent else "not_silent", "times": times}
        case Interacted(state, holds):
            return {"interaction": state.value, "op": "is" if holds else "is_not"}
        case TierChanged(did, into, out_of, period):
            return _without_none(
                {
                    "tier_change": into or ANY_TIER,
                    "op": "did" if did else "did_not",
                    "from": out_of,
                    "period": _period_json(period),
                }
            )
        case WasWritten():
            return _without_none(
                {
                    "message": rule.outcome.value,
                    "op": "did" if rule.did else "did_not",
                    "period": _period_json(rule.period),
                    "plans": list(rule.plans) or None,
                }
            )


def conditions(rule: Rule) -> list[Condition]:
    """All conditions of a rule, from left to right."""
    match rule:
        case All(rules) | AnyOf(rules):
            return [condition for each in rules for condition in conditions(each)]
        case Not(inner):
            return conditions(inner)
        case _:
            return [rule]


def placed(rule: Rule, path: str = "rule") -> list[tuple[str, Condition]]:
    """All conditions with their paths in the JSON form, as `segments.parsing` names them."""
    match rule:
        case All(rules) | AnyOf(rules):
            key = "all" if isinstance(rule, All) else "any"
            return [each for i, inner in enumerate(rules) for each in placed(inner, f"{path}.{key}[{i}]")]
        case Not(inner):
            return placed(inner, f"{path}.not")
        case _:
            return [(path, rule)]


def segments_in(rule: Rule) -> list[int]:
    """The segments a rule names, each once, in their order."""
    return list(dict.fromkeys(each.segment_id for each in conditions(rule) if isinstance(each, InSegment)))


def tags_in(rule: Rule) -> list[int]:
    """The tags a rule names, each once, in their order."""
    return list(dict.fromkeys(each.tag_id for each in conditions(rule) if isinstance(each, Tagged)))


def _no(_id: int) -> bool:
    return False


def profiles(rule: Rule, *, segment: Callable[[int], bool] = _no, tag: Callable[[int], bool] = _no) -> bool:
    """Whether choosing people by this rule is profiling: an automatic judgement of their habits (PIPL, Art 73(2)).

    What they did, computed traits, tiers and how they took messages: yes. What was stated about them, lists,
    consent, a number's health: no. `segment` and `tag` say it of a segment or a tag that the rule names.
    """
    return any(_profiles(each, segment, tag) for each in conditions(rule))


def _profiles(condition: Condition, segment: Callable[[int], bool], tag: Callable[[int], bool]) -> bool:
    match condition:
        case AttributeIs(attribute):
            return attribute.source is Source.TRAIT or attribute.name == "tier"
        case Tagged(tag_id):
            return tag(tag_id)
        case InSegment(segment_id):
            return segment(segment_id)
        case Interacted(state):
            return state is Interaction.REPLIED
        case Consented():
            return False
        case _:
            return True


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def _period_json(period: Period | None) -> dict[str, Any] | None:
    match period:
        case None:
            return None
        case LastDays(days):
            return {"days": days}
        case Between(first, last):
            ends = {"from": first and first.isoformat(), "to": last and last.isoformat()}
            return _without_none(ends)


def _without_none(raw: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in raw.items() if value is not None}
