"""The gates: who may be written to now, and the first reason against whom not.

Each gate is one object that contributes one condition over the facts (`policy.facts`). GATES is their order and
the only place where one is registered; a new gate (filings, quarantine …) is a line there and a Reason. The same
expression plans a million messages, counts the preflight and explains one contact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, reduce
from operator import or_
from typing import Any

import ibis

from xinfeng.kernel.ages import youngest_adult
from xinfeng.kernel.errors import NotFound
from xinfeng.policy import reasons
from xinfeng.policy.ceilings import DAY, MONTH, TIERS, WEEK
from xinfeng.policy.claims import first_claimant, left_to, with_claims, yields
from xinfeng.policy.facts import Asked, GateContext, gather

__all__ = ["GATES", "Gate", "GateContext", "Judgement", "Verdict", "explain_one", "first_reason"]

Condition = Callable[[ibis.Table, GateContext], Any]
Figures = Callable[[Mapping[str, Any], GateContext], dict[str, Any]]


def _no_figures(row: Mapping[str, Any], context: GateContext) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Gate:
    """Refuses the contacts for whom `refuses` holds. Its words and source are `reasons.REASONS[code]`.

    `refuses` must be true or false for every contact, never null. `figures` are the numbers behind a verdict on
    one contact. `marketing_only`: other purposes pass. `when`: it is asked only in such a context. `looks_at`: what of
    the context, beside the purpose, its word on a contact depends on.
    """

    code: str
    refuses: Condition
    figures: Figures = _no_figures
    marketing_only: bool = False
    when: Callable[[GateContext], bool] = lambda context: True
    looks_at: tuple[str, ...] = ()

    @property
    def reason(self) -> reasons.Reason:
        return reasons.REASONS[self.code]

    def concerns(self, context: GateContext) -> bool:
        return (context.is_marketing or not self.marketing_only) and self.when(context)

    def says_the_same(self, one: GateContext, other: GateContext) -> bool:
        """Whether whoever passes it in one context passes it in the other."""
        return all(getattr(one, name) == getattr(other, name) for name in self.looks_at)


def _suppressed_for(reason: str) -> Condition:
    return lambda facts, context: facts.suppressed.fill_null("") == reason


def _opted_out(facts: ibis.Table, context: GateContext) -> Any:
    """A suppression for it, or a ledger whose last word is a withdrawal."""
    withdrawn = ~facts.granted & ~facts.stale & facts.entry_seq.notnull()
    return (facts.suppressed.fill_null("") == "opt_out") | withdrawn


def _minor(facts: ibis.Table, context: GateContext) -> Any:
    return (facts.birthday >= ibis.literal(youngest_adult(context.send_day))).fill_null(False)


def _over_tier_cap(facts: ibis.Table, context: GateContext) -> Any:
    branches = []
    for number, tier in enumerate(TIERS):
        cap = context.settings.tier_caps[tier]
        branches.append((facts.tier == number, facts[context.sent(cap.days)] >= cap.messages))
    return ibis.cases(*branches, else_=True)


def _consent_figures(row: Mapping[str, Any], context: GateContext) -> dict[str, Any]:
    return {"entry_seq": row["entry_seq"]} if row["entry_seq"] is not None else {}


def _ceiling(code: str, days: int) -> Gate:
    """The ceiling of the purpose for that many days, where it has one."""

    def figures(row: Mapping[str, Any], context: GateContext) -> dict[str, Any]:
        return {"sent": row[context.sent(days)], "at_most": context.ceiling.within(days), "days": days}

    return Gate(
        code,
        lambda facts, context: facts[context.sent(days)] >= ibis.literal(context.ceiling.within(days)),
        figures,
        when=lambda context: not context.asked_for and context.ceiling.within(days) is not None,
        looks_at=("send_day", "settings"),
    )


def _tier_figures(row: Mapping[str, Any], context: GateContext) -> dict[str, Any]:
    tier = TIERS[row["tier"]] if 0 <= row["tier"] < len(TIERS) else TIERS[0]
    cap = context.settings.tier_caps[tier]
    return {"tier": tier, "sent": row[context.sent(cap.days)], "at_most": cap.messages, "days": cap.days}


def _carrier_figures(row: Mapping[str, Any], context: GateContext) -> dict[str, Any]:
    return {"carrier": row["carrier"]}


def _not_filed(facts: ibis.Table, context: GateContext) -> Any:
    """Whose carrier has no filing of the signature; with a carrier that is not known, only all four will do."""
    if not context.lacks_carriers:
        return ibis.literal(False)
    return ~facts.carrier.isin(sorted(context.filed_carriers or ()) or [-1])


def _filing_figures(row: Mapping[str, Any], context: GateContext) -> dict[str, Any]:
    if not context.lacks_carriers:
        return {}
    return {"carrier": row["carrier"], "filed": sorted(context.filed_carriers or ())}


def _yield_figures(row: Mapping[str, Any], context: GateContext) -> dict[str, Any]:
    """The campaigns that a contact is left to, the best first."""
    to = [rival for one, rival in enumerate(context.rivals) if row[f"left_to_{one}"]]
    return (
        {"left_to": [rival.campaign_id for rival in to], "names": [rival.name for rival in to]} if to else {}
    )


GATES: tuple[Gate, ...] = (
    Gate(reasons.NO_PHONE, lambda facts, context: ~facts.has_phone),
    Gate(reasons.OPTED_OUT, _opted_out, _consent_figures),
    Gate(reasons.SUPPRESSED_COMPLAINT, _suppressed_for("complaint")),
    Gate(reasons.SUPPRESSED_CARRIER, _suppressed_for("carrier")),
    Gate(reasons.SUPPRESSED_REASSIGNED, _suppressed_for("reassigned")),
    Gate(reasons.SUPPRESSED_ERASED, _suppressed_for("erased")),
    Gate(reasons.SUPPRESSED_MANUAL, _suppressed_for("manual")),
    Gate(reasons.SUPPRESSED_OTHER, lambda facts, context: facts.suppressed.notnull()),
    Gate(reasons.CONSENT_STALE, lambda facts, context: facts.stale, _consent_figures),
    Gate(
        reasons.NO_CONSENT, lambda facts, context: ~facts.granted | facts.entry_seq.isnull(), _consent_figures
    ),
    Gate(reasons.NUMBER_QUARANTINED, lambda facts, context: facts.quarantined),
    Gate(
        reasons.NO_ROUTE,
        lambda facts, context: facts.carrier.isin(sorted(context.unrouted)),
        _carrier_figures,
        when=lambda context: bool(context.unrouted),
        looks_at=("unrouted",),
    ),
    Gate(reasons.SIGNATURE_NOT_FILED, _not_filed, _filing_figures, looks_at=("filed_carriers",)),
    Gate(reasons.MINOR, _minor, marketing_only=True, looks_at=("send_day",)),
    Gate(
        reasons.NO_PROFILING,
        lambda facts, context: facts.refused_profiling,
        marketing_only=True,
        when=lambda context: context.profiled,
        looks_at=("profiled",),
    ),
    Gate(
        reasons.COOLING_DOWN,
        lambda facts, context: facts.cooling,
        marketing_only=True,
        looks_at=("send_day",),
    ),
    _ceiling(reasons.DAILY_CAP, DAY),
    _ceiling(reasons.WEEKLY_CAP, WEEK),
    _ceiling(reasons.MONTHLY_CAP, MONTH),
    Gate(
        reasons.TIER_CAP,
        _over_tier_cap,
        _tier_figures,
        marketing_only=True,
        when=lambda context: not context.asked_for,
        looks_at=("send_day", "settings"),
    ),
    Gate(reasons.SLOT_RESERVED, yields, _yield_figures, when=lambda context: bool(context.rivals)),
)
"""All gates in their order: what can't be changed first, then the law, then the ceilings, then what others claim."""


def concerned(context: GateContext) -> list[Gate]:
    """The gates that judge messages of this purpose, in their order."""
    return [gate for gate in GATES if gate.concerns(context)]


def first_reason(lens: Asked, audience: ibis.Table, context: GateContext) -> ibis.Table:
    """For each contact of `audience` (once): `contact_id`, `reason` (null: may be written to), `entry_seq`, the
    consent entry relied on; where it goes by a route, `carrier`: whose network the number is on; and, where the context has
    rivals, `rival`: the position of the one that a contact with the reason `slot_reserved` is left to. One expression;
    refresh the lens before asking it."""
    facts = gather(lens, audience, context)
    if context.rivals:
        facts = with_claims(facts, context, partial(_passes, unlike=context))
    branches = [(gate.refuses(facts, context), ibis.literal(gate.code)) for gate in concerned(context)]
    reason = ibis.cases(*branches, else_=ibis.null("string"))
    rival = {"rival": first_claimant(facts, context)} if context.rivals else {}
    carrier = {"carrier": facts.carrier} if context.routed else {}
    return facts.select(
        contact_id=facts.contact_id, reason=reason, entry_seq=facts.entry_seq, **carrier, **rival
    )


def _passes(facts: ibis.Table, context: GateContext, *, unlike: GateContext | None = None) -> Any:
    """Whether all gates of a rival let a contact through, the claims of others aside: its context has no rivals.

    `unlike`: only the gates that may say otherwise in that context are asked, where it is enough to be right about
    contacts that pass there: what a rival claims matters last, for those whom everything else lets through.
    """
    asked = [
        gate.refuses(facts, context)
        for gate in concerned(context)
        if unlike is None or not gate.says_the_same(context, unlike)
    ]
    return ~reduce(or_, asked, ibis.literal(False))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one gate says about one contact; `figures` such as `{"sent": 2, "at_most": 2, "days": 30}`."""

    gate: Gate
    passed: bool
    figures: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What all gates say about one contact. `reason` is the first refusal's code, None when all passed."""

    contact_id: int
    reason: str | None
    entry_seq: int | None
    verdicts: tuple[Verdict, ...]


def explain_one(lens: Asked, contact_id: int, context: GateContext) -> Judgement:
    """Every gate's verdict on one contact, by the conditions that `first_reason` puts together.

    Raises NotFound `contact.unknown` when the lens has no such contact.
    """
    contact = lens.table("contact")
    facts = gather(lens, contact.filter(contact.id == contact_id).select(contact_id=contact.id), context)
    facts = with_claims(facts, context, _passes)
    gates = concerned(context)
    asked = facts.mutate(
        **{f"gate_{gate.code}": gate.refuses(facts, context) for gate in gates},
        **{f"left_to_{one}": left_to(facts, context, one) for one in range(len(context.rivals))},
    )
    rows: list[dict[str, Any]] = lens.rows(asked).to_pylist()
    if not rows:
        raise NotFound("contact.unknown", id=contact_id)
    row = rows[0]
    verdicts = tuple(
        Verdict(gate, not row[f"gate_{gate.code}"], gate.figures(row, context)) for gate in gates
    )
    refused = next((verdict.gate.code for verdict in verdicts if not verdict.passed), None)
    return Judgement(contact_id, refused, row["entry_seq"], verdicts)
