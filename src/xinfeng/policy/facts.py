"""What the gates look at: one row per contact of an audience, joined in the lens. `policy.counts` says how messages
are counted; spans are business days that end with the day of sending.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import ibis

from xinfeng.kernel.phones import Carrier
from xinfeng.kernel.time import business_day, day_bounds
from xinfeng.policy.ceilings import Ceiling
from xinfeng.policy.cooling import cooling
from xinfeng.policy.counts import OPEN_PLAN_STATES, messages_since, sent_since
from xinfeng.policy.settings import PolicySettings

__all__ = ["OPEN_PLAN_STATES", "Asked", "GateContext", "Rival", "gather"]

MOBILE_CARRIERS = frozenset(int(one) for one in Carrier if one is not Carrier.UNKNOWN)


class Asked(Protocol):
    """What is needed of `lens.engine.Lens`."""

    def table(self, name: str) -> ibis.Table: ...
    def rows(self, question: ibis.Table) -> Any: ...
    def scalar(self, question: Any) -> Any: ...
    def is_empty(self, name: str) -> bool: ...


@dataclass(frozen=True)
class GateContext:
    """For what, and as of when, contacts are judged. `send_day` is the business day of sending; by default
    the day of `now`. `profiled`: the audience was chosen by an automatic judgement of people's habits.
    `filed_carriers`: the carriers (kernel.phones.Carrier) with which the signature is filed over the channel; None: the
    channel demands no filing. `routed`: it goes by a route, so that it matters whose network a reader is on; `unrouted`: the
    carriers whose readers no channel of it can carry, 0 for those of whom it is not known. `asked_for`: the reader asked for
    this very message, as for a trial of a channel, so that ceilings, which keep away what is too much, say nothing. `rivals`: campaigns with a better claim to the same scarce slots, the best first."""

    purpose: str
    now: datetime
    settings: PolicySettings
    day: date | None = None
    profiled: bool = False
    filed_carriers: frozenset[int] | None = None
    routed: bool = False
    unrouted: frozenset[int] = frozenset()
    asked_for: bool = False
    rivals: tuple[Rival, ...] = field(default=(), compare=False)

    @property
    def zone(self) -> ZoneInfo:
        return self.settings.zone

    @property
    def send_day(self) -> date:
        return self.day or business_day(self.now, self.zone)

    @property
    def begins(self) -> datetime:
        """When its messages may leave at the earliest: now, or when the day of sending begins."""
        return max(self.now, day_bounds(self.send_day, self.zone)[0])

    @property
    def is_marketing(self) -> bool:
        return self.purpose == "marketing"

    @property
    def ceiling(self) -> Ceiling:
        return self.settings.ceiling(self.purpose)

    @property
    def lacks_carriers(self) -> bool:
        """Whether it matters whose network a reader is on: a filing is demanded and some carrier has none."""
        return self.filed_carriers is not None and not self.filed_carriers >= MOBILE_CARRIERS

    @property
    def needs_carrier(self) -> bool:
        """Whether anything depends on whose network a reader is on."""
        return self.routed or self.lacks_carriers

    @property
    def spans(self) -> tuple[int, ...]:
        """The numbers of days that some ceiling looks at, ascending."""
        tiers = {cap.days for cap in self.settings.tier_caps.values()} if self.is_marketing else set()
        return tuple(sorted({*self.ceiling.spans, *tiers}))

    @property
    def days(self) -> tuple[date, ...]:
        """The day of sending, and those of the rivals."""
        return tuple(sorted({self.send_day, *(rival.day for rival in self.rivals)}))

    def sent(self, days: int, *, until: date | None = None) -> str:
        """The column of the facts that counts messages of the `days` business days that end with `until`, by
        default the day of sending."""
        return sent_since((until or self.send_day) - timedelta(days=days - 1))


@dataclass(frozen=True)
class Rival:
    """A campaign that goes before the one that is judged: its audience (`contact_id`) and how it will be judged.

    Its own context has no rivals: those before it in the list are they.
    """

    campaign_id: int
    name: str
    audience: ibis.Table
    context: GateContext

    @property
    def day(self) -> date:
        return self.context.send_day


def among(position: int) -> str:
    """The column of the facts that says whether a contact is in the audience of the rival at `position`."""
    return f"among_{position}"


def gather(lens: Asked, audience: ibis.Table, context: GateContext) -> ibis.Table:
    """The facts about each contact of `audience` (a table with `contact_id`), each contact once:

    `has_phone`, `tier`, `birthday`, `granted`, `stale`, `entry_seq` and `suppressed` for the purpose,
    `refused_profiling` and `carrier` (whose network the number is on, 0 where it is not known) where some context looks
    at them, `quarantined`, `cooling`, a `GateContext.sent` for every span of every day in `context.days`, and `among(n)` for
    every rival.
    """
    contexts = (context, *(rival.context for rival in context.rivals))
    people = audience.select("contact_id").distinct()
    contact = lens.table("contact")
    contact = (
        _with_carrier(lens, contact)
        if any(one.needs_carrier for one in contexts)
        else contact.mutate(carrier=ibis.literal(0))
    )
    contact = contact.select("id", "has_phone", "tier", "birthday", "carrier")
    standing = lens.table("standing")
    standing = standing.filter(standing.purpose == context.purpose)
    standing = standing.select("contact_id", "granted", "entry_seq", "suppressed", "stale")
    found = people.left_join(contact, people.contact_id == contact.id).drop("id")
    found = found.left_join(standing, "contact_id").drop("contact_id_right")
    counts: dict[str, Any] = {}
    if sinces := sorted(_sinces(contexts, context.days)):
        counted = messages_since(lens, context.purpose, sinces, context.zone)
        found = found.left_join(counted, "contact_id").drop("contact_id_right")
        counts = {sent_since(day): found[sent_since(day)].fill_null(0) for day in sinces}
    profiled = any(one.profiled for one in contexts)
    return found.mutate(
        has_phone=found.has_phone.fill_null(False),
        tier=found.tier.fill_null(0),
        granted=found.granted.fill_null(False),
        stale=found.stale.fill_null(False),
        refused_profiling=_refused_profiling(lens, found) if profiled else ibis.literal(False),
        quarantined=_quarantined(lens, found),
        cooling=cooling(lens, found.contact_id, until=context.begins)
        if context.is_marketing
        else ibis.literal(False),
        carrier=found.carrier.fill_null(0),
        **counts,
        **{
            among(position): found.contact_id.isin(rival.audience.contact_id)
            for position, rival in enumerate(context.rivals)
        },
    )


def _sinces(contexts: Sequence[GateContext], days: Sequence[date]) -> set[date]:
    """The first days of all spans that somebody looks at, on any of `days`."""
    spans = {span for context in contexts for span in context.spans}
    return {day - timedelta(days=span - 1) for day in days for span in spans}


def _refused_profiling(lens: Asked, found: ibis.Table) -> Any:
    """Whose last word about being profiled is no; who never said anything has not refused (PIPL, Art 24)."""
    standing = lens.table("standing")
    refused = standing.filter(
        standing.purpose == "profiling", ~standing.granted, standing.entry_seq.notnull()
    )
    return found.contact_id.isin(refused.contact_id)


def _quarantined(lens: Asked, found: ibis.Table) -> Any:
    """Whose number is in quarantine (`hygiene`); most contacts are not, so it is a small set to look into."""
    number = lens.table("number")
    return found.contact_id.isin(number.filter(number.quarantined).contact_id)


def _with_carrier(lens: Asked, contact: ibis.Table) -> ibis.Table:
    """Whose network a number is on: who was found to serve it (`hygiene`), else whom its prefix was given to. Of one
    that a carrier refused as ported, while nobody has found where to, it is not known: 0."""
    number = lens.table("number")
    learned = number.filter((number.carrier_now > 0) | number.ported)
    learned = learned.select(learned_id="contact_id", carrier_now="carrier_now")
    joined = contact.left_join(learned, contact.id == learned.learned_id)
    return joined.mutate(carrier=ibis.coalesce(joined.carrier_now, joined.carrier)).drop(
        "learned_id", "carrier_now"
    )
