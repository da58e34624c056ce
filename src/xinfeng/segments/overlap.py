"""What two segments have in common (feature B3), in one question to the lens; and the rules for each part."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from xinfeng.lens.engine import Lens
from xinfeng.segments.models import Segment
from xinfeng.segments.reads import audience, profiles, reachable


class Part(StrEnum):
    BOTH = "both"
    FIRST_ONLY = "first_only"
    SECOND_ONLY = "second_only"
    EITHER = "either"


@dataclass(frozen=True)
class Size:
    people: int
    reachable: int


@dataclass(frozen=True)
class Overlap:
    """How many are in each part; those of `first` are `first_only` and `both` together."""

    first_only: Size
    both: Size
    second_only: Size

    @property
    def first(self) -> Size:
        return _sum(self.first_only, self.both)

    @property
    def second(self) -> Size:
        return _sum(self.second_only, self.both)

    @property
    def either(self) -> Size:
        return _sum(self.first, self.second_only)


def overlap(lens: Lens, first: Segment, second: Segment, purpose: str, now: datetime) -> Overlap:
    """Raises InvalidInput `consent.purpose` and whatever a segment's rule raises. Refresh the lens before."""
    profiled = profiles(first) or profiles(second)
    allowed = reachable(lens, purpose, profiled=profiled, now=now)
    a = audience(lens, first, now).mutate(in_first=True)
    b = audience(lens, second, now).mutate(in_second=True)
    joined = a.outer_join(b, "contact_id")
    people = joined.select(
        contact_id=joined["contact_id"].coalesce(joined["contact_id_right"]),
        in_first=joined["in_first"].fill_null(False),
        in_second=joined["in_second"].fill_null(False),
    )
    marked = people.mutate(reachable=people["contact_id"].isin(allowed["contact_id"]))
    counted = marked.group_by("in_first", "in_second").aggregate(
        people=marked.count(), reachable=marked["reachable"].sum()
    )
    sizes = {
        (row["in_first"], row["in_second"]): Size(row["people"], int(row["reachable"]))
        for row in lens.rows(counted).to_pylist()
    }
    none = Size(0, 0)
    return Overlap(
        sizes.get((True, False), none), sizes.get((True, True), none), sizes.get((False, True), none)
    )


def rule_of(part: Part, first_id: int, second_id: int) -> dict[str, Any]:
    """The rule, in JSON, that describes a part of two segments; it follows them when they change."""

    def inside(segment_id: int, op: str = "in") -> dict[str, Any]:
        return {"segment": segment_id, "op": op}

    return {
        Part.BOTH: {"all": [inside(first_id), inside(second_id)]},
        Part.FIRST_ONLY: {"all": [inside(first_id), inside(second_id, "not_in")]},
        Part.SECOND_ONLY: {"all": [inside(second_id), inside(first_id, "not_in")]},
        Part.EITHER: {"any": [inside(first_id), inside(second_id)]},
    }[part]


def _sum(one: Size, other: Size) -> Size:
    return Size(one.people + other.people, one.reachable + other.reachable)
