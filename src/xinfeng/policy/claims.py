"""Scarce slots: who would be kept from a campaign that goes before this one, if she were written to now.

Rivals are taken in the order of their rank, as if each were planned before the next: one claims whom it would reach,
with room left by those before it. Every ceiling is a window of days that slides: for one that ends with the day of
this campaign, or of a rival after it, the messages that count and the claims within it must leave room for one more.
Where they don't, she is left to the claimants.

All of it is an expression over the facts, a column at a time, so that the claims of one rival stand in a column
before those of the next are asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import reduce
from operator import add, or_
from typing import Any

import ibis

from xinfeng.policy.ceilings import TIERS
from xinfeng.policy.facts import GateContext, Rival, among

Passes = Callable[[ibis.Table, GateContext], Any]
"""Whether a contact of the facts passes all gates but this one."""

UNLIMITED = 1_000_000


def claimed(position: int) -> str:
    """The column that says whether the rival at `position` claims a contact."""
    return f"claimed_{position}"


def left_to(position: int) -> str:
    """The column that says whether a contact is left to the rival at `position`."""
    return f"left_to_{position}"


def with_claims(facts: ibis.Table, context: GateContext, passes: Passes) -> ibis.Table:
    """The facts with `claimed` and `left_to` for every rival; unchanged without rivals."""
    for position, rival in enumerate(context.rivals):
        before = context.rivals[:position]
        claim = facts[among(position)] & passes(facts, rival.context)
        room = reduce(or_, _lacking(facts, rival.context, before).values(), ibis.literal(False))
        facts = facts.mutate(**{claimed(position): claim & ~room})
    yields = _lacking(facts, context, context.rivals)
    return facts.mutate(**{left_to(position): lacking for position, lacking in yields.items()})


def yields(facts: ibis.Table, context: GateContext) -> Any:
    """Whether a contact is left to any rival."""
    return reduce(or_, (facts[left_to(one)] for one in range(len(context.rivals))), ibis.literal(False))


def first_claimant(facts: ibis.Table, context: GateContext) -> Any:
    """The position of the best of the rivals that a contact is left to; null for none."""
    branches = [(facts[left_to(one)], ibis.literal(one, "int16")) for one in range(len(context.rivals))]
    return ibis.cases(*branches, else_=ibis.null("int16"))


def _lacking(facts: ibis.Table, context: GateContext, rivals: Sequence[Rival]) -> dict[int, Any]:
    """By position of a rival with claims in some window that leaves no room: her claim and that condition."""
    full: dict[int, list[Any]] = {}
    for positions, sent, limit in _windows(facts, context, rivals):
        claims = reduce(add, (facts[claimed(one)].cast("int16") for one in positions))
        for one in positions:
            full.setdefault(one, []).append(facts[sent] + claims >= limit)
    return {one: facts[claimed(one)] & reduce(or_, found) for one, found in sorted(full.items())}


def _windows(
    facts: ibis.Table, context: GateContext, rivals: Sequence[Rival]
) -> Iterator[tuple[list[int], str, Any]]:
    """The windows of days, of every ceiling, that hold the day of sending and some rival's: the positions of those
    rivals, the column of what was sent within, and the most there may be."""
    day = context.send_day
    for span in context.spans:
        limit = _limit(facts, context, span)
        for end in _ends(day, span, rivals):
            positions = [
                one for one, rival in enumerate(rivals) if end - timedelta(days=span) < rival.day <= end
            ]
            if positions:
                yield positions, context.sent(span, until=end), limit


def _ends(day: date, span: int, rivals: Sequence[Rival]) -> list[date]:
    """The last days of the windows that can be the fullest: the day itself, and the rivals' after it."""
    return sorted({day, *(one.day for one in rivals if day <= one.day < day + timedelta(days=span))})


def _limit(facts: ibis.Table, context: GateContext, span: int) -> Any:
    """The most messages within `span` days: the ceiling, and the caps of the tiers that look at as many."""
    found = []
    if span in context.ceiling.spans:
        found.append(ibis.literal(context.ceiling.within(span)))
    if context.is_marketing:
        caps = [
            (facts.tier == number, cap.messages)
            for number, tier in enumerate(TIERS)
            if (cap := context.settings.tier_caps[tier]).days == span
        ]
        if caps:
            found.append(ibis.cases(*caps, else_=UNLIMITED))
    return found[0] if len(found) == 1 else ibis.least(*found)
