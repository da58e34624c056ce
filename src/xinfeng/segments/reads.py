"""Questions about segments. Callers bring the lens up to date first (`lens.refresh()`), once per decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count

import ibis
from django.db.models import Q

from xinfeng.contacts.models import Tag
from xinfeng.contacts.persons import without_withdrawn
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.ages import youngest_adult
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.purposes import MESSAGE_PURPOSES, sensitive_key
from xinfeng.kernel.time import business_day
from xinfeng.lens.engine import Lens
from xinfeng.segments.compile import listed, members
from xinfeng.segments.models import Segment, SegmentKind, SegmentSize
from xinfeng.segments.reading import Names, in_words
from xinfeng.segments.references import Named, named_by, rule_profiles
from xinfeng.segments.rules import Consented, Rule, conditions, segments_in, tags_in
from xinfeng.segments.vocabulary import attributes as attributes
from xinfeng.segments.vocabulary import parse_rule as parse_rule

SAMPLE = 8
"""Contacts shown (masked) beside the live numbers."""
MOST_OFFERED = 500
"""Segments in a menu; the rest is found by searching."""
LONGEST_NAME = 80


@dataclass(frozen=True)
class LiveNumbers:
    """`size`: contacts the rule describes; `reachable`: those of them that may be written to for the purpose
    (see `reachable`). `sample`: ids of a few of them, reachable ones first."""

    size: int
    reachable: int
    sample: list[int]


def get_segment(segment_id: int) -> Segment:
    """Raises NotFound `segment.unknown`."""
    found = Segment.objects.filter(pk=segment_id).first()
    if found is None:
        raise NotFound("segment.unknown", id=segment_id)
    return found


@dataclass(frozen=True)
class SegmentPage:
    """A page of the list, last changed first, and how many there are in all."""

    rows: list[Segment]
    total: int


def page_of_segments(
    *, search: str = "", kind: str = "", archived: bool = False, offset: int = 0, limit: int = 25
) -> SegmentPage:
    """`search` looks at names and descriptions."""
    found = Segment.objects.filter(archived=archived)
    if kind:
        found = found.filter(kind=kind)
    if wanted := search.replace("\0", "").strip():
        found = found.filter(Q(name__icontains=wanted) | Q(description__icontains=wanted))
    rows = found.order_by("-updated_at", "-id")[offset : offset + limit]
    return SegmentPage(list(rows), found.count())


def segments(*, archived: bool = False, limit: int = MOST_OFFERED) -> list[Segment]:
    """The segments that were changed last, to choose from."""
    return page_of_segments(archived=archived, limit=limit).rows


def free_name(name: str) -> str:
    """The name, or with a number behind it the first that is not taken."""
    base = name.strip()[: LONGEST_NAME - 4] or "分群"
    taken = set(Segment.objects.filter(name__startswith=base).values_list("name", flat=True))
    candidates = chain([name.strip()], (f"{base} {number}" for number in count(2)))
    return next(each for each in candidates if each and each not in taken)


def audience(lens: Lens, segment: Segment, now: datetime) -> ibis.Table:
    """The contacts of a segment as a question to the lens: one column `contact_id`, each contact once."""
    if segment.kind == SegmentKind.DYNAMIC:
        return rule_audience(lens, parse_rule(segment.rule), now)
    return listed(lens, segment.pk)


def rule_audience(lens: Lens, rule: Rule, now: datetime, named: Named | None = None) -> ibis.Table:
    """The contacts a rule describes, days being those of the enterprise's zone."""
    named = named or named_by(rule)
    zone = xinfeng_settings.load().zone
    return members(rule, lens, now=now, zone=zone, known=named.rules, tags=named.tags)


def profiles(segment: Segment) -> bool:
    """Whether choosing people by this segment is profiling; a rule that can't be read any more is taken to be."""
    if segment.kind != SegmentKind.DYNAMIC:
        return segment.profiled
    try:
        return rule_profiles(parse_rule(segment.rule))
    except InvalidInput:
        return True


def live_numbers(lens: Lens, rule: Rule, purpose: str, now: datetime) -> LiveNumbers:
    """Size, reachable size and a sample of a rule while it is edited. Raises InvalidInput `consent.purpose`."""
    named = named_by(rule)
    return _numbers(lens, rule_audience(lens, rule, now, named), purpose, rule_profiles(rule, named), now)


def segment_numbers(lens: Lens, segment: Segment, purpose: str, now: datetime) -> LiveNumbers:
    """The same for a saved segment of any kind."""
    return _numbers(lens, audience(lens, segment, now), purpose, profiles(segment), now)


def reachable(lens: Lens, purpose: str, *, profiled: bool, now: datetime) -> ibis.Table:
    """Who may be written to for the purpose, ceilings and windows aside: `contact_id`. They have a number that is not in
    quarantine, consent stands, nothing suppresses, and no known minor is marketed to. `profiled`: when chosen by habits.
    Raises InvalidInput `consent.purpose`."""
    if purpose not in MESSAGE_PURPOSES:
        raise InvalidInput("consent.purpose", purpose=purpose[:40])
    contact, standing = lens.table("contact"), lens.table("standing")
    standing = standing.filter(
        standing["purpose"] == purpose,
        standing["granted"],
        standing["suppressed"].isnull(),
    )
    phoned = contact.filter(contact["has_phone"])
    if purpose == "marketing":
        youngest = youngest_adult(business_day(now, xinfeng_settings.load().zone))
        phoned = phoned.filter((phoned["birthday"] < ibis.literal(youngest)).fill_null(True))
    number = lens.table("number")
    allowed = phoned.select(contact_id=phoned["id"]).semi_join(standing, "contact_id")
    allowed = allowed.anti_join(number.filter(number["quarantined"]), "contact_id")
    if profiled and purpose == "marketing":
        allowed = without_withdrawn(lens, allowed)
    return allowed


def _numbers(lens: Lens, contacts: ibis.Table, purpose: str, profiled: bool, now: datetime) -> LiveNumbers:
    allowed = reachable(lens, purpose, profiled=profiled, now=now).mutate(reachable=True)
    marked = contacts.left_join(allowed, "contact_id")
    marked = marked.select("contact_id", reachable=marked["reachable"].fill_null(False))
    counts = lens.rows(
        marked.aggregate(size=marked.count(), reachable=marked["reachable"].sum().fill_null(0))
    )
    size, within_reach = (int(counts.column(name)[0].as_py()) for name in ("size", "reachable"))
    first = lens.rows(marked.order_by(marked["reachable"].desc(), marked["contact_id"].desc()).limit(SAMPLE))
    return LiveNumbers(size, within_reach, first.column("contact_id").to_pylist())


def names_for(rule: Rule, plans: Mapping[int, str] | None = None) -> Names:
    """What the rule's tags and segments are called; campaigns' names are known to those above and passed in by
    plan id."""
    sensitive = {
        each.sensitive: each.label
        for each in (attributes().values() if _speaks_of_sensitive(rule) else ())
        if each.sensitive
    }
    tags, inside = tags_in(rule), segments_in(rule)
    return Names(
        dict(Tag.objects.filter(pk__in=tags).values_list("id", "name")) if tags else {},
        plans or {},
        dict(Segment.objects.filter(pk__in=inside).values_list("id", "name")) if inside else {},
        sensitive,
    )


def _speaks_of_sensitive(rule: Rule) -> bool:
    purposes = (each.purpose for each in conditions(rule) if isinstance(each, Consented))
    return any(sensitive_key(purpose) is not None for purpose in purposes)


def reading(segment: Segment, language: str = "zh-hans", plans: Mapping[int, str] | None = None) -> str:
    """A segment's rule in words; empty for snapshots and lists without one."""
    if segment.rule is None:
        return ""
    rule = parse_rule(segment.rule)
    return in_words(rule, language, names_for(rule, plans))


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
