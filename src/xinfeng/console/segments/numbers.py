"""Live numbers of a rule or a segment as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xinfeng.campaigns.reads import names_of_plans
from xinfeng.console.segments.labels import language
from xinfeng.contacts.reads import ContactRow, contacts_by_id
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import lens
from xinfeng.segments import actions, reads
from xinfeng.segments.models import Segment
from xinfeng.segments.parsing import parse
from xinfeng.segments.reading import in_words
from xinfeng.segments.reads import LiveNumbers
from xinfeng.segments.rules import All, Rule, WasWritten, conditions


@dataclass(frozen=True)
class Numbers:
    """How many there are, how many may be written to, some of them masked, and the rule in words."""

    size: int
    reachable: int
    sample: list[ContactRow]
    words: str


def of_rule(rule: Rule, *, purpose: str) -> Numbers:
    """For a rule that is being edited. Raises Conflict `lens.owned_elsewhere`."""
    now = utc_now()
    mirror = lens()
    mirror.refresh()
    words = in_words(rule, language(), reads.names_for(rule, plan_names(rule)))
    return _numbers(reads.live_numbers(mirror, rule, purpose, now), words)


def of_segment(segment: Segment, *, purpose: str) -> Numbers:
    """For a saved segment; the count is remembered. Raises Conflict `lens.owned_elsewhere`."""
    now = utc_now()
    mirror = lens()
    actions.record_size(segment.pk, lens=mirror, purpose=purpose, now=now)
    found = reads.segment_numbers(mirror, segment, purpose, now)
    return _numbers(found, "")


def plan_names(rule: Rule) -> dict[int, str]:
    """What the campaigns are called whose messages a rule asks about."""
    plans = {plan for each in conditions(rule) if isinstance(each, WasWritten) for plan in each.plans}
    if not plans:
        return {}
    return {plan: name for plan, (_pk, name) in names_of_plans(sorted(plans)).items()}


def in_readers_words(raw: Any) -> str:
    """A saved rule in words, campaigns by their names. Raises InvalidInput when it can't be read any more."""
    rule = reads.parse_rule(raw)
    return in_words(rule, language(), reads.names_for(rule, plan_names(rule)))


def all_in_words(raws: Sequence[Any]) -> list[str]:
    """Saved rules in words, however many with the same few questions; empty for what can't be read any more."""
    known = reads.attributes()
    rules: list[Rule | None] = []
    for raw in raws:
        try:
            rules.append(parse(raw, known))
        except InvalidInput:
            rules.append(None)
    everything = All(tuple(rule for rule in rules if rule is not None))
    names = reads.names_for(everything, plan_names(everything))
    return ["" if rule is None else in_words(rule, language(), names) for rule in rules]


def _numbers(found: LiveNumbers, words: str) -> Numbers:
    rows: dict[int, Any] = {row.id: row for row in contacts_by_id(found.sample)}
    return Numbers(found.size, found.reachable, [rows[one] for one in found.sample if one in rows], words)
