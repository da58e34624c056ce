"""What the gates look at: one row per contact of an audience, joined in the lens.

How messages are counted. A marketing message counts from the moment it is planned; one that was withheld does
not. It counts on the business day it was planned, or, where its plan finished later, on the day the plan
finished; while the plan is open, on the day asked about: it may leave then. "n days" are business days, the day
of sending being the last of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol, cast
from zoneinfo import ZoneInfo

import ibis

from xinfeng.contacts.feed import of_person
from xinfeng.kernel.phones import Carrier
from xinfeng.kernel.time import business_day, day_bounds
from xinfeng.lens.engine import Lens
from xinfeng.policy.settings import PolicySettings

OPEN_PLAN_STATES = ("building", "ready", "running", "paused")
"""delivery.PlanState: messages of such a plan may still leave."""

DAY, WEEK = 1, 7

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
    channel demands no filing."""

    purpose: str
    now: datetime
    settings: PolicySettings
    day: date | None = None
    profiled: bool = False
    filed_carriers: frozenset[int] | None = None

    @property
    def zone(self) -> ZoneInfo:
        return self.settings.zone

    @property
    def send_day(self) -> date:
        return self.day or business_day(self.now, self.zone)

    @property
    def is_marketing(self) -> bool:
        return self.purpose == "marketing"

    def since(self, days: int) -> datetime:
        """The beginning of the `days` business days that end with the day of sending."""
        return day_bounds(self.send_day - timedelta(days=days - 1), self.zone)[0]

    @property
    def lacks_carriers(self) -> bool:
        """Whether it matters whose network a reader is on: a filing is demanded and some carrier has none."""
        return self.filed_carriers is not None and not self.filed_carriers >= MOBILE_CARRIERS

    @property
    def spans(self) -> tuple[int, ...]:
        """The numbers of days for which messages must be counted, ascending."""
        return tuple(sorted({DAY, WEEK, *(cap.days for cap in self.settings.tier_caps.values())}))


def sent_within(days: int) -> str:
    """The column of the facts that counts messages of so many days."""
    return f"sent_{days}"


def gather(lens: Asked, audience: ibis.Table, context: GateContext) -> ibis.Table:
    """The facts about each contact of `audience` (a table with `contact_id`), each contact once:

    `has_phone`, `tier`, `birthday`, `granted`, `stale`, `entry_seq` and `suppressed` for the purpose,
    `refused_profiling` (false where the audience is not `profiled`), `quarantined`, `carrier` (whose network the number
    is on; 0 where it is not known, or where it does not matter), and `sent_<n>` for every n in `context.spans` (zero for
    other purposes than marketing, which have no ceilings).
    """
    people = audience.select("contact_id").distinct()
    contact = lens.table("contact")
    contact = (
        _with_carrier(lens, contact) if context.lacks_carriers else contact.mutate(carrier=ibis.literal(0))
    )
    contact = contact.select("id", "has_phone", "tier", "birthday", "carrier")
    standing = lens.table("standing")
    standing = standing.filter(standing.purpose == context.purpose)
    standing = standing.select("contact_id", "granted", "entry_seq", "suppressed", "stale")
    found = people.left_join(contact, people.contact_id == contact.id).drop("id")
    found = found.left_join(standing, "contact_id").drop("contact_id_right")
    if context.is_marketing:
        found = found.left_join(_counts(lens, context), "contact_id").drop("contact_id_right")
        counts = {sent_within(days): found[sent_within(days)].fill_null(0) for days in context.spans}
    else:
        counts = {sent_within(days): ibis.literal(0, "int64") for days in context.spans}
    return found.mutate(
        has_phone=found.has_phone.fill_null(False),
        tier=found.tier.fill_null(0),
        granted=found.granted.fill_null(False),
        stale=found.stale.fill_null(False),
        refused_profiling=_refused_profiling(lens, found) if context.profiled else ibis.literal(False),
        quarantined=_quarantined(lens, found),
        carrier=found.carrier.fill_null(0),
        **counts,
    )


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
    """The carrier a number was taken to, where it was ported (`hygiene`), in place of the one its prefix says."""
    number = lens.table("number")
    ported = number.filter(number.carrier_now > 0).select(ported_id="contact_id", carrier_now="carrier_now")
    joined = contact.left_join(ported, contact.id == ported.ported_id)
    return joined.mutate(carrier=ibis.coalesce(joined.carrier_now, joined.carrier)).drop(
        "ported_id", "carrier_now"
    )


def _counts(lens: Asked, context: GateContext) -> ibis.Table:
    """Marketing messages per contact, for each span of days.

    All messages of a plan count on the same day, so days are compared plan by plan, of which there are few. The
    counts of several spans are summed as digits of one number: that halves the time of the largest sum.
    """
    plan, message, withheld = lens.table("plan"), lens.table("message"), lens.table("withheld")
    plan = plan.filter(plan.purpose == context.purpose)
    is_open = plan.state.isin(OPEN_PLAN_STATES)
    still = ibis.literal(max(context.now, context.since(DAY)))
    plan = plan.select(plan_id=plan.id, counted_at=ibis.ifelse(is_open, still, _last_moment(plan)))
    plan = plan.filter(plan.counted_at >= ibis.literal(context.since(context.spans[-1])))
    numbers = {f"number_{at}": spans for at, spans in enumerate(_batched(context.spans, _DIGITS))}
    packed = {name: _packed(plan.counted_at, spans, context) for name, spans in numbers.items()}
    plan = plan.select("plan_id", **packed)
    sent = message.select("id", "plan_id", "contact_id").join(plan, "plan_id")
    sent = of_person(cast(Lens, lens), sent.anti_join(withheld, sent.id == withheld.message_id))
    sums = sent.group_by("contact_id").aggregate(**{name: sent[name].sum() for name in numbers})
    counts = {
        sent_within(days): (sums[name].cast("int64") >> (_BITS * digit)) & _MOST
        for name, spans in numbers.items()
        for digit, days in enumerate(spans)
    }
    return sums.select("contact_id", **counts)


_BITS = 15
_DIGITS = 4
_MOST = 2**_BITS - 1
"""A digit holds 32,767 messages to one person; the highest ceilings allow 10 a day, 3,660 in the longest span."""


def _packed(counted_at: Any, spans: Sequence[int], context: GateContext) -> Any:
    """One message as a number with a digit for each span: 1 where it counts."""
    total = ibis.literal(0, "int64")
    for digit, days in enumerate(spans):
        counts = (counted_at >= ibis.literal(context.since(days))).cast("int64")
        total = total + counts * ibis.literal(2 ** (_BITS * digit), "int64")
    return total


def _batched(items: Sequence[int], size: int) -> list[Sequence[int]]:
    """Slices of up to `size` items, in their order."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def _last_moment(plan: ibis.Table) -> Any:
    """When a plan that is no longer open sent its last message, at the latest."""
    if "finished_at" in plan.columns:
        return ibis.coalesce(plan.finished_at, plan.planned_at)
    return plan.planned_at
