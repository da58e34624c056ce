"""Questions about segments. Callers bring the lens up to date first (`lens.refresh()`), once per decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis

from xinfeng.contacts.models import Attribute as DeclaredAttribute
from xinfeng.contacts.models import Tag
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.purposes import MESSAGE_PURPOSES
from xinfeng.lens.engine import Lens
from xinfeng.segments import rules
from xinfeng.segments.attributes import BUILT_IN, Attribute, custom_attribute
from xinfeng.segments.compile import members
from xinfeng.segments.models import Segment, SegmentKind, SegmentSize
from xinfeng.segments.reading import Names, in_words
from xinfeng.segments.rules import Rule

SAMPLE = 8
"""Contacts shown (masked) beside the live numbers."""


@dataclass(frozen=True)
class LiveNumbers:
    """`size`: contacts the rule describes; `reachable`: those of them that may be written to for the purpose
    (have a number, consent stands, nothing suppresses). `sample`: ids of a few of them, reachable ones first."""

    size: int
    reachable: int
    sample: list[int]


def attributes() -> dict[str, Attribute]:
    """All attributes a rule may ask about now, built-in and declared, by name."""
    found = dict(BUILT_IN)
    for declared in DeclaredAttribute.objects.order_by("id"):
        attribute = custom_attribute(
            declared.key,
            declared.kind,
            label=declared.label,
            label_en=declared.label_en,
            choices=tuple(str(choice) for choice in declared.choices),
        )
        found[attribute.name] = attribute
    return found


def parse_rule(raw: Any) -> Rule:
    """Read a rule in JSON against the attributes that are declared; raises InvalidInput with the path."""
    return rules.parse(raw, attributes())


def get_segment(segment_id: int) -> Segment:
    """Raises NotFound `segment.unknown`."""
    found = Segment.objects.filter(pk=segment_id).first()
    if found is None:
        raise NotFound("segment.unknown", id=segment_id)
    return found


def segments(*, archived: bool = False) -> list[Segment]:
    """All segments of a kind of drawer, last changed first."""
    return list(Segment.objects.filter(archived=archived).order_by("-updated_at", "-id"))


def audience(lens: Lens, segment: Segment, now: datetime) -> ibis.Table:
    """The contacts of a segment as a question to the lens: one column `contact_id`, each contact once."""
    if segment.kind == SegmentKind.DYNAMIC:
        return rule_audience(lens, parse_rule(segment.rule), now)
    member = lens.table("segment_member")
    return member.filter(member["segment_id"] == segment.pk).select("contact_id")


def rule_audience(lens: Lens, rule: Rule, now: datetime) -> ibis.Table:
    """The contacts a rule describes, days being those of the enterprise's zone."""
    return members(rule, lens, now=now, zone=xinfeng_settings.load().zone)


def live_numbers(lens: Lens, rule: Rule, purpose: str, now: datetime) -> LiveNumbers:
    """Size, reachable size and a sample of a rule while it is edited. Raises InvalidInput `consent.purpose`."""
    return _numbers(lens, rule_audience(lens, rule, now), purpose)


def segment_numbers(lens: Lens, segment: Segment, purpose: str, now: datetime) -> LiveNumbers:
    """The same for a saved segment of any kind."""
    return _numbers(lens, audience(lens, segment, now), purpose)


def _numbers(lens: Lens, contacts: ibis.Table, purpose: str) -> LiveNumbers:
    if purpose not in MESSAGE_PURPOSES:
        raise InvalidInput("consent.purpose", purpose=purpose[:40])
    contact, standing = lens.table("contact"), lens.table("standing")
    standing = standing.filter(
        standing["purpose"] == purpose, standing["granted"], standing["suppressed"].isnull()
    )
    phoned = contact.filter(contact["has_phone"]).select(contact_id=contact["id"])
    allowed = phoned.semi_join(standing, "contact_id").mutate(reachable=True)
    marked = contacts.left_join(allowed, "contact_id")
    marked = marked.select("contact_id", reachable=marked["reachable"].fill_null(False))
    counts = lens.rows(
        marked.aggregate(size=marked.count(), reachable=marked["reachable"].sum().fill_null(0))
    )
    size, reachable = (int(counts.column(name)[0].as_py()) for name in ("size", "reachable"))
    first = lens.rows(marked.order_by(marked["reachable"].desc(), marked["contact_id"].desc()).limit(SAMPLE))
    return LiveNumbers(size, reachable, first.column("contact_id").to_pylist())


def names_for(rule: Rule, plans: dict[int, str] | None = None) -> Names:
    """What the rule's tags are called; campaigns' names are known to those above and passed in by plan id."""
    wanted = {each.tag_id for each in rules.conditions(rule) if isinstance(each, rules.Tagged)}
    return Names(dict(Tag.objects.filter(pk__in=wanted).values_list("id", "name")), plans or {})


def reading(segment: Segment, language: str = "zh-hans") -> str:
    """A segment's rule in words; empty for snapshots and lists without one."""
    if segment.rule is None:
        return ""
    rule = parse_rule(segment.rule)
    return in_words(rule, language, names_for(rule))


@dataclass(frozen=True)
class SizeRow:
    """A count of a segment, and when it was made."""

    at: datetime
    size: int
    reachable: int


def last_sizes(segment_ids: Sequence[int]) -> dict[int, SizeRow]:
    """The last count of each segment; those that were never counted are missing."""
    newest = (
        SegmentSize.objects.filter(segment__in=segment_ids).order_by("segment", "-at").distinct("segment")
    )
    return {one.segment_id: SizeRow(one.at, one.size, one.reachable) for one in newest}


def sizes(segment_id: int, *, limit: int = 90) -> list[SizeRow]:
    """The last counts of a segment, oldest first."""
    newest = SegmentSize.objects.filter(segment=segment_id).order_by("-at")[:limit]
    return [SizeRow(one.at, one.size, one.reachable) for one in reversed(newest)]
