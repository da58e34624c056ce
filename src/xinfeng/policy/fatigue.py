"""How much people get: how many had how many messages, what counts for one of them, and when the next slot is free.

`next_slot` is pure and says of one contact what the gates of ceilings say: a slot is free on a day when no ceiling of
the purpose, and no cap of the tier, is reached by what counts on that day. Other gates (consent, number …) are not
asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import ibis

from xinfeng.contacts.feed import of_person
from xinfeng.kernel.time import business_day
from xinfeng.lens.engine import Lens
from xinfeng.policy.ceilings import TIERS
from xinfeng.policy.counts import OPEN_PLAN_STATES, messages_since, sent_since
from xinfeng.policy.facts import Asked
from xinfeng.policy.settings import PolicySettings

MOST_TOLD = 6
"""So many messages and more are one column of the distribution."""

FURTHEST = 400
"""How many days ahead a free slot is looked for: further than the longest span."""


@dataclass(frozen=True)
class Limit:
    """A ceiling as it stands for one contact on a day. `tier` is empty for the ceilings of everybody."""

    days: int
    at_most: int
    counted: int
    tier: str = ""

    @property
    def is_reached(self) -> bool:
        return self.counted >= self.at_most


@dataclass(frozen=True)
class Counted:
    """A message that counts. `day`: on which; for one of an open plan None: it counts on any day until `until`, the
    last day on which it may still leave."""

    plan_id: int
    day: date | None
    until: date | None = None

    def counts_within(self, first: date, last: date) -> bool:
        """Whether it is among what counts from `first` to `last`, asked on `last`."""
        if self.day is not None:
            return first <= self.day <= last
        return self.until is None or first <= self.until


def limits_on(
    day: date, counted: Sequence[Counted], *, purpose: str, tier: int, settings: PolicySettings
) -> list[Limit]:
    """Every ceiling that holds for a contact of that tier (contacts.Tier) if she were written to on `day`."""

    def within(days: int) -> int:
        return sum(one.counts_within(day - timedelta(days=days - 1), day) for one in counted)

    ceiling = settings.ceiling(purpose)
    found = [Limit(days, cast(int, ceiling.within(days)), within(days)) for days in ceiling.spans]
    if purpose == "marketing":
        name = TIERS[tier] if 0 <= tier < len(TIERS) else TIERS[0]
        cap = settings.tier_caps[name]
        found.append(Limit(cap.days, cap.messages, within(cap.days), name))
    return found


def next_slot(
    counted: Sequence[Counted], *, purpose: str, tier: int, settings: PolicySettings, first: date
) -> date | None:
    """The first day from `first` on, on which no ceiling is reached; None when there is none (a ceiling of nothing, or
    messages that may leave for ever)."""
    for offset in range(FURTHEST):
        day = first + timedelta(days=offset)
        limits = limits_on(day, counted, purpose=purpose, tier=tier, settings=settings)
        if not any(limit.is_reached for limit in limits):
            return day
    return None


def counted_for(
    lens: Asked, contact_id: int, purpose: str, *, since: date, zone: ZoneInfo
) -> list[tuple[int, datetime, bool]]:
    """What counts for one person (rows merged into hers included): plan, moment, whether the plan is open. Latest
    first."""
    message, plan, withheld = lens.table("message"), lens.table("plan"), lens.table("withheld")
    plan = plan.filter(plan.purpose == purpose)
    plan = plan.select(
        plan_id=plan.id,
        is_open=plan.state.isin(OPEN_PLAN_STATES),
        last=ibis.coalesce(plan.finished_at, plan.planned_at),
    )
    start = datetime.combine(since, datetime.min.time(), zone)
    plan = plan.filter(plan.is_open | (plan["last"] >= ibis.literal(start)))
    sent = message.select("id", "plan_id", "contact_id").join(plan, "plan_id")
    sent = of_person(cast(Lens, lens), sent.anti_join(withheld, sent.id == withheld.message_id))
    sent = sent.filter(sent.contact_id == contact_id).order_by(sent["last"].desc())
    rows = lens.rows(sent.select("plan_id", "last", "is_open")).to_pylist()
    return [(row["plan_id"], row["last"], row["is_open"]) for row in rows]


@dataclass(frozen=True)
class Spread:
    """How many people of each tier got 0, 1, 2 … messages within so many days; the last number is MOST_TOLD and more."""

    days: int
    by_tier: dict[int, tuple[int, ...]]

    @property
    def total(self) -> tuple[int, ...]:
        return tuple(sum(column) for column in zip(*self.by_tier.values(), strict=True)) or (0,) * (
            MOST_TOLD + 1
        )


def spread(lens: Asked, purpose: str, *, days: int, now: datetime, zone: ZoneInfo) -> Spread:
    """Over everybody with a number. One question."""
    counted = _counted(lens, purpose, days, now, zone)
    contact = lens.table("contact")
    people = contact.filter(contact.has_phone).select(contact_id="id", tier="tier")
    joined = people.left_join(counted, "contact_id")
    joined = joined.select(
        tier=joined.tier.fill_null(0).cast("int64"),
        messages=ibis.least(joined.sent.fill_null(0), MOST_TOLD).cast("int64"),
    )
    rows = lens.rows(joined.group_by(["tier", "messages"]).aggregate(people=joined.count())).to_pylist()
    found: dict[int, list[int]] = {tier: [0] * (MOST_TOLD + 1) for tier in range(len(TIERS))}
    for row in rows:
        found[row["tier"] if row["tier"] in found else 0][row["messages"]] += row["people"]
    return Spread(days, {tier: tuple(counts) for tier, counts in found.items()})


def most_written(
    lens: Asked, purpose: str, *, days: int, now: datetime, zone: ZoneInfo, limit: int = 10
) -> list[tuple[int, int]]:
    """The people with the most messages: contact and how many."""
    counted = _counted(lens, purpose, days, now, zone)
    contact = lens.table("contact")
    counted = counted.semi_join(contact, counted.contact_id == contact.id)
    top = counted.filter(counted.sent > 0).order_by([counted.sent.desc(), counted.contact_id]).limit(limit)
    return [(row["contact_id"], row["sent"]) for row in lens.rows(top).to_pylist()]


def per_day(lens: Asked, purpose: str, first: date, last: date, *, zone: ZoneInfo) -> dict[date, int]:
    """Messages of finished plans by the business day they count on; both days included."""
    message, plan, withheld = lens.table("message"), lens.table("plan"), lens.table("withheld")
    plan = plan.filter(plan.purpose == purpose, ~plan.state.isin(OPEN_PLAN_STATES))
    plan = plan.select(plan_id=plan.id, last=ibis.coalesce(plan.finished_at, plan.planned_at))
    start = datetime.combine(first, datetime.min.time(), zone)
    plan = plan.filter(plan["last"] >= ibis.literal(start))
    sent = message.select("id", "plan_id").join(plan, "plan_id")
    sent = sent.anti_join(withheld, sent.id == withheld.message_id)
    rows = lens.rows(sent.group_by("last").aggregate(messages=sent.count())).to_pylist()
    found: dict[date, int] = {}
    for row in rows:
        day = business_day(row["last"], zone)
        if first <= day <= last:
            found[day] = found.get(day, 0) + row["messages"]
    return found


def _counted(lens: Asked, purpose: str, days: int, now: datetime, zone: ZoneInfo) -> Any:
    since = business_day(now, zone) - timedelta(days=days - 1)
    found = messages_since(lens, purpose, [since], zone)
    return found.select("contact_id", sent=found[sent_since(since)])
