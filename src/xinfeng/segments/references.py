"""What rules name of each other: segments name segments and tags, and tags are kept up to date by rules.

Rules that name each other in a circle would have no meaning, so they are refused when they are saved; a question
refuses them again, because two people may save at the same time. Everything here reads by id, level by level.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from xinfeng.contacts.models import Tag, TagKind
from xinfeng.kernel.errors import InvalidInput
from xinfeng.segments import parsing
from xinfeng.segments.attributes import Attribute
from xinfeng.segments.models import Segment, SegmentKind, TagRule
from xinfeng.segments.rules import (
    InSegment,
    Rule,
    Tagged,
    conditions,
    placed,
    profiles,
    segments_in,
    tags_in,
)
from xinfeng.segments.vocabulary import attributes

MOST_SEGMENTS = 50
LONGEST_CHAIN = 5
MOST_CONDITIONS = 500
"""Of a rule and all that it names, each as often as it is named."""


@dataclass(frozen=True)
class Named:
    """The segments that a rule names, directly or through others. `rules`: None for those that have members.

    `profiled`: those with members whose members were chosen by their habits. `tags`: where merged tags went.
    """

    rules: Mapping[int, Rule | None] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    profiled: Collection[int] = frozenset()
    tags: Mapping[int, int] = field(default_factory=dict)

    def profiles(self, segment_id: int, tag: Mapping[int, bool]) -> bool:
        """Whether a named segment is chosen by habits."""
        rule = self.rules[segment_id]
        if rule is None:
            return segment_id in self.profiled
        return profiles(
            rule, segment=lambda inner: self.profiles(inner, tag), tag=lambda one: tag.get(one, False)
        )


def named_by(rule: Rule) -> Named:
    """Everything a rule names. Raises InvalidInput, with the path of the condition that leads there:
    `rule.segment_missing`, `rule.segment_archived` and `rule.segment_faulty` (name), `rule.segment_circle` (names),
    `rule.segments_too_deep`, `rule.too_many_conditions`."""
    origin = {each.segment_id: path for path, each in reversed(placed(rule)) if isinstance(each, InSegment)}
    rules: dict[int, Rule | None] = {}
    names: dict[int, str] = {}
    profiled: set[int] = set()
    waiting = segments_in(rule)
    known = attributes() if waiting else {}
    while waiting:
        if len(rules) + len(waiting) > MOST_SEGMENTS:
            raise InvalidInput("rule.segments_too_deep", path=origin[waiting[0]], limit=MOST_SEGMENTS)
        rows = Segment.objects.in_bulk(waiting)
        for segment_id in waiting:
            row = _usable(rows.get(segment_id), segment_id, origin[segment_id])
            names[segment_id] = row.name
            rules[segment_id] = inner = _rule_of(row, known, origin[segment_id])
            if row.profiled:
                profiled.add(segment_id)
            for named in segments_in(inner) if inner is not None else ():
                origin.setdefault(named, origin[segment_id])
        inners = [inner for inner in (rules[one] for one in waiting) if inner is not None]
        waiting = [one for one in _segments(inners) if one not in rules]
    _check_shape(rule, rules, names, origin)
    return Named(rules, names, profiled, _merged_tags([rule, *(each for each in rules.values() if each)]))


def _usable(row: Segment | None, segment_id: int, path: str) -> Segment:
    if row is None:
        raise InvalidInput("rule.segment_missing", path=path, id=segment_id)
    if row.archived:
        raise InvalidInput("rule.segment_archived", path=path, name=row.name)
    return row


def _rule_of(row: Segment, known: Mapping[str, Attribute], path: str) -> Rule | None:
    if row.kind != SegmentKind.DYNAMIC:
        return None
    try:
        return parsing.parse(row.rule, known)
    except InvalidInput as fault:
        raise InvalidInput("rule.segment_faulty", path=path, name=row.name) from fault


def _segments(rules: Iterable[Rule]) -> list[int]:
    return list(dict.fromkeys(one for rule in rules for one in segments_in(rule)))


def _check_shape(
    rule: Rule, rules: Mapping[int, Rule | None], names: Mapping[int, str], origin: Mapping[int, str]
) -> None:
    weights: dict[int, tuple[int, int]] = {}
    chain: list[int] = []

    def weigh(segment_id: int) -> tuple[int, int]:
        """Conditions, and links of the longest chain."""
        if segment_id in chain:
            circle = [names[one] for one in chain[chain.index(segment_id) :]]
            raise InvalidInput("rule.segment_circle", path=origin[chain[0]], names=" → ".join(circle))
        if segment_id not in weights:
            chain.append(segment_id)
            inner = rules[segment_id]
            weights[segment_id] = (1, 1) if inner is None else below(inner)
            chain.pop()
        return weights[segment_id]

    def below(inner: Rule) -> tuple[int, int]:
        parts = [weigh(each.segment_id) for each in conditions(inner) if isinstance(each, InSegment)]
        plain = len(conditions(inner)) - len(parts)
        return plain + sum(count for count, _ in parts), 1 + max((links for _, links in parts), default=0)

    count, links = below(rule)
    first = next(iter(origin.values()), "rule")
    if links - 1 > LONGEST_CHAIN:
        raise InvalidInput("rule.segments_too_deep", path=first, limit=LONGEST_CHAIN)
    if count > MOST_CONDITIONS:
        raise InvalidInput("rule.too_many_conditions", path=first, limit=MOST_CONDITIONS)


def _merged_tags(rules: Iterable[Rule]) -> dict[int, int]:
    wanted = {tag for rule in rules for tag in tags_in(rule)}
    if not wanted:
        return {}
    found = Tag.objects.filter(pk__in=wanted, merged_into__isnull=False)
    return {pk: into for pk, into in found.values_list("pk", "merged_into") if into is not None}


def rule_profiles(rule: Rule, named: Named | None = None) -> bool:
    """Whether choosing by this rule is profiling, tags that rules put on and named segments included."""
    named = named or named_by(rule)
    everything = [rule, *(each for each in named.rules.values() if each is not None)]
    tag = _profiling_tags({tag for each in everything for tag in tags_in(each)}, frozenset())
    return profiles(rule, segment=lambda one: named.profiles(one, tag), tag=lambda one: tag.get(one, False))


def _profiling_tags(tag_ids: Collection[int], seen: frozenset[int]) -> dict[int, bool]:
    """Of each tag that a rule keeps up to date: whether that rule profiles. One whose rule is gone does, for
    nobody can say what it went by."""
    by_rule = Tag.objects.filter(pk__in=tag_ids, kind=TagKind.RULE).values_list("pk", flat=True)
    rows = {row.tag_id: row for row in TagRule.objects.filter(tag_id__in=tag_ids)}
    found = dict.fromkeys(by_rule, True)
    for tag_id, row in rows.items():
        found[tag_id] = _tag_rule_profiles(row, seen | set(tag_ids))
    return found


def _tag_rule_profiles(row: TagRule, seen: frozenset[int]) -> bool:
    try:
        rule = parsing.parse(row.rule, attributes())
        named = named_by(rule)
    except InvalidInput:
        return True
    everything = [rule, *(each for each in named.rules.values() if each is not None)]
    inner = {tag for each in everything for tag in tags_in(each)} - seen
    tag = _profiling_tags(inner, seen) if inner else {}
    return profiles(rule, segment=lambda one: named.profiles(one, tag), tag=lambda one: tag.get(one, False))


def check_references(rule: Rule, *, segment_id: int | None = None, tag_id: int | None = None) -> None:
    """Refuse a rule for a segment or a tag that would come back to itself, through segments, tags or both; or that
    names a tag there is not: nobody has it, so everybody lacks it.

    Raises InvalidInput `rule.circle` with the path of the condition that begins it, `rule.tag_missing`, and what
    `named_by` raises.
    """
    _refuse_unknown_tags(rule)
    goal = ("tag", tag_id) if segment_id is None else ("segment", segment_id)
    known = attributes()
    named_by(rule)
    for path, condition in placed(rule) if goal[1] is not None else ():
        seen: set[tuple[str, int]] = set()
        waiting = _nodes_of(condition)
        while waiting:
            if goal in waiting:
                raise InvalidInput("rule.circle", path=path)
            seen.update(waiting)
            waiting = {node for inner in _rules_of(waiting, known) for node in _nodes_of(inner)} - seen


def _refuse_unknown_tags(rule: Rule) -> None:
    known = set(Tag.objects.filter(pk__in=tags_in(rule)).values_list("pk", flat=True))
    for path, condition in placed(rule):
        if isinstance(condition, Tagged) and condition.tag_id not in known:
            raise InvalidInput("rule.tag_missing", path=path, id=condition.tag_id)


def _nodes_of(rule: Rule) -> set[tuple[str, int]]:
    return {("segment", one) for one in segments_in(rule)} | {("tag", one) for one in tags_in(rule)}


def _rules_of(nodes: Collection[tuple[str, int]], known: Mapping[str, Attribute]) -> list[Rule]:
    segments = [one for kind, one in nodes if kind == "segment"]
    tags = [one for kind, one in nodes if kind == "tag"]
    raws: list[Any] = list(
        Segment.objects.filter(pk__in=segments, kind=SegmentKind.DYNAMIC).values_list("rule", flat=True)
    )
    raws += TagRule.objects.filter(tag_id__in=tags).values_list("rule", flat=True)
    found = []
    for raw in raws:
        try:
            found.append(parsing.parse(raw, known))
        except InvalidInput:  # it cannot be asked, so nothing comes of it
            continue
    return found


@dataclass(frozen=True)
class Users:
    """Who names a segment: other segments and rule tags, by name."""

    segments: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.segments or self.tags)

    def __str__(self) -> str:
        return "、".join((*self.segments, *self.tags))


def users_of(segment_id: int) -> Users:
    """Active segments and enabled rule tags whose rules name this segment."""
    needle = f'"segment": {segment_id}'
    known = attributes()

    def uses(raw: Any) -> bool:
        try:
            return segment_id in segments_in(parsing.parse(raw, known))
        except InvalidInput:
            return False

    rows = Segment.objects.filter(archived=False, kind=SegmentKind.DYNAMIC, rule__icontains=needle)
    segments = tuple(row.name for row in rows.exclude(pk=segment_id) if uses(row.rule))
    rules = TagRule.objects.filter(enabled=True, rule__icontains=needle).select_related("tag")
    return Users(segments, tuple(row.tag.name for row in rules if uses(row.rule)))
