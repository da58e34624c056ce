"""Scarce slots: who would be kept from a campaign that goes before this one, if she were written to now.

A rival claims whom it would reach: who is in its audience and passes its gates on its day. Every ceiling is a window of
days that slides: for one that ends with the day of this campaign, or of a rival after it, the messages that count and
the claims within it must leave room for one more. Where they don't, she is left to the claimants. Rivals of one day
take no more slots than its own ceiling leaves them, however many claim her.

So whoever is let through takes nothing from a rival; some are left to rivals that keep each other from her on
different days. It is two columns deep on purpose: engines put the columns of one layer into the expressions of the
next, and claims that depended on each other would grow without bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import add, or_
from typing import Any

import ibis

from xinfeng.policy.ceilings import DAY, TIERS
from xinfeng.policy.facts import GateContext, Rival, among

Passes = Callable[[ibis.Table, GateContext], Any]
"""Whether a contact of the facts passes all gates but this one."""

UNLIMITED = 1_000_000


def claimed(position: int) -> str:
    """The column that says whether the rival at `position` claims a contact."""
    return f"claimed_{position}"


def with_claims(facts: ibis.Table, context: GateContext, passes: Passes) -> ibis.Table:
    """The facts with `claimed` for every rival; unchanged without rivals."""
    return facts.mutate(
        **{
            claimed(position): facts[among(position)] & passes(facts, rival.context)
            for position, rival in enumerate(context.rivals)
        }
    )


def yields(facts: ibis.Table, context: GateContext) -> Any:
    """Whether a contact is left to any rival."""
    windows = _windows(facts, context)
    return reduce(or_, (window.is_full for window in windows), ibis.literal(False))


def left_to(facts: ibis.Table, context: GateContext, position: int) -> Any:
    """Whether a contact is left to the rival at `position`, perhaps among others: it claims her, and a window with
    its day has no room."""
    full = [window.is_full for window in _windows(facts, context) if position in window.positions]
    return facts[claimed(position)] & reduce(or_, full, ibis.literal(False))


def first_claimant(facts: ibis.Table, context: GateContext) -> Any:
    """The position of the best of the rivals that a contact is left to; null for none."""
    branches = [
        (left_to(facts, context, one), ibis.literal(one, "int16")) for one in range(len(context.rivals))
    ]
    return ibis.cases(*branches, else_=ibis.null("int16"))


@dataclass(frozen=True)
class _Window:
    """The days of a ceiling that hold the day of sending: the rivals with a day within, and whether nothing is left."""

    positions: tuple[int, ...]
    is_full: Any


def _windows(facts: ibis.Table, context: GateContext) -> list[_Window]:
    day, found = context.send_day, []
    for span in context.spans:
        limit = _limit(facts, context, span)
        for end in _ends(day, span, context.rivals):
            within = [
                (one, rival.day)
                for one, rival in enumerate(context.rivals)
                if end - timedelta(days=span) < rival.day <= end
            ]
            if not within:
                continue
            days = sorted({each for _, each in within})
            taken = reduce(
                add,
                (_taken(facts, context, each, [one for one, at in within if at == each]) for each in days),
            )
            room = facts[context.sent(span, until=end)] + taken < limit
            found.append(_Window(tuple(one for one, _ in within), (taken > 0) & ~room))
    return found


def _taken(facts: ibis.Table, context: GateContext, day: date, positions: Sequence[int]) -> Any:
    """How many slots the rivals of one day take of a contact: no more than that day's ceiling leaves."""
    claims = reduce(add, (facts[claimed(one)].cast("int16") for one in positions))
    most = context.ceiling.day
    if most is None or len(positions) == 1:
        return claims
    return ibis.least(claims, ibis.greatest(most - facts[context.sent(DAY, until=day)], 0))


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
