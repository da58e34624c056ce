"""How many complaints there are per million messages delivered, and how sure that is. Exact, since they are rare.

The interval is Garwood's for the mean of a Poisson variable; the probability of being above a limit is that of the
Gamma posterior (`kernel.gamma`). What was delivered is counted in the lens once for each plan, and kept
(`Delivered`): a plan whose receipts no longer come is never counted again, so no page waits for the lens.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Q, QuerySet

from xinfeng.complaints import settings
from xinfeng.complaints.models import ComplaintStanding, Delivered, State
from xinfeng.complaints.settings import Rules, Threshold
from xinfeng.delivery.models import Plan, PlanState
from xinfeng.delivery.outcomes import MessageState, message_state
from xinfeng.kernel.gamma import Interval, poisson_interval, poisson_lower_bound, probability_above
from xinfeng.lens.engine import Lens

MILLION = 1_000_000
FINAL_AFTER = timedelta(hours=96)
"""Receipts come within 72 hours; a day is left for what was late in telling us."""

COUNT_AGAIN = timedelta(minutes=10)
_PLANS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Rate:
    """Complaints and messages delivered. `per_million` and `interval` are None where nothing was delivered."""

    complaints: int
    delivered: int

    @property
    def per_million(self) -> float | None:
        return self.complaints / self.delivered * MILLION if self.delivered else None

    @property
    def interval(self) -> Interval | None:
        """With 95 per cent confidence, per million."""
        if not self.delivered:
            return None
        low, high = poisson_interval(self.complaints)
        return Interval(low / self.delivered * MILLION, high / self.delivered * MILLION)

    def probability_above(self, per_million: float) -> float | None:
        """Of the true rate being above it. None where nothing was delivered or nobody complained: then it would only
        say how little was sent."""
        if not self.delivered or not self.complaints:
            return None
        return probability_above(per_million / MILLION, count=self.complaints, exposure=self.delivered)

    def surely_above(self, per_million: float, *, rules: Rules) -> bool:
        """Whether there are enough of them, and the one-sided lower bound is above the limit.

        Complaints about what nobody has confirmed the delivery of yet are above any limit.
        """
        if self.complaints < rules.at_least:
            return False
        bound = poisson_lower_bound(self.complaints, confidence=rules.confidence)
        return bound * MILLION > per_million * self.delivered

    def __add__(self, other: Rate) -> Rate:
        return Rate(self.complaints + other.complaints, self.delivered + other.delivered)


@dataclass(frozen=True, slots=True)
class Against:
    """A rate held against one limit."""

    threshold: Threshold
    probability: float | None
    surely: bool
    above: bool


def against(rate: Rate, rules: Rules) -> list[Against]:
    """A rate held against every limit that is enabled, the strictest first."""
    limits = sorted((one for one in rules.thresholds if one.enabled), key=lambda one: one.per_million)
    now = rate.per_million
    return [
        Against(
            one,
            rate.probability_above(one.per_million),
            rate.surely_above(one.per_million, rules=rules),
            now is not None and now > one.per_million,
        )
        for one in limits
    ]


def counted(rules: Rules) -> QuerySet[ComplaintStanding]:
    """The complaints that count, by the rules: undismissed ones, or only those found valid."""
    if rules.counts == "valid":
        return ComplaintStanding.objects.filter(valid=True)
    return ComplaintStanding.objects.exclude(state=State.DISMISSED).filter(Q(valid=True) | Q(valid=None))


def complaints_by_plan(rules: Rules, *, plan_ids: Collection[int] | None = None) -> dict[int, int]:
    """How many complaints count against each plan that has any. Whoever reports one message in two places has one."""
    found = counted(rules).filter(plan_id__isnull=False)
    if plan_ids is not None:
        found = found.filter(plan_id__in=list(plan_ids))
    return {
        int(plan_id): n
        for plan_id, n in found.values_list("plan_id").annotate(n=Count("message_id", distinct=True))
        if plan_id
    }


@dataclass(frozen=True, slots=True)
class PlanRate:
    """A plan's rate with what it is grouped by here; campaigns add what they know.

    `by_channel`: of the same, by the channel that carried each message.
    """

    plan_id: int
    planned_at: datetime
    rate: Rate
    by_channel: Mapping[int, Rate]


def plan_rates(since: datetime, until: datetime, *, rules: Rules | None = None) -> list[PlanRate]:
    """The marketing plans made in the period, each with all complaints that followed; from what is kept."""
    rules = rules or settings.current()
    plans = Delivered.objects.filter(planned_at__gte=since, planned_at__lt=until).order_by("planned_at")
    complaints = _complaints_of_period(rules, since, until)
    return [
        PlanRate(
            one.plan_id,
            one.planned_at,
            Rate(sum(found.values()), one.delivered),
            {
                channel: Rate(found.get(channel, 0), delivered.get(channel, 0))
                for channel in sorted(found.keys() | delivered.keys())
            },
        )
        for one in plans
        for found, delivered in ((complaints.get(one.plan_id, {}), _delivered_by_channel(one)),)
    ]


def _delivered_by_channel(kept: Delivered) -> dict[int, int]:
    by_channel = {int(channel): int(n) for channel, n in kept.by_channel.items()}
    return by_channel or {kept.channel_id: kept.delivered}


def _complaints_of_period(rules: Rules, since: datetime, until: datetime) -> dict[int, dict[int, int]]:
    """Complaints by plan and by the channel that carried the message; a message has one channel, so none counts twice."""
    about = counted(rules).filter(
        plan_id__in=Delivered.objects.filter(planned_at__gte=since, planned_at__lt=until).values("plan_id")
    )
    found: dict[int, dict[int, int]] = {}
    rows = about.values_list("plan_id", "channel_id").annotate(n=Count("message_id", distinct=True))
    for plan_id, channel_id, n in rows:
        if plan_id:
            found.setdefault(int(plan_id), {})[int(channel_id or 0)] = n
    return found


@dataclass(frozen=True, slots=True)
class Month:
    """What came in a calendar month, matched or not, against what was delivered of that month's plans.

    `first` is the month's first day (business zone) as aware UTC. Carriers count like this.
    """

    first: datetime
    rate: Rate
    unmatched: int


def months(bounds: list[tuple[datetime, datetime]], *, rules: Rules | None = None) -> list[Month]:
    """For each (first moment, first moment after it)."""
    rules = rules or settings.current()
    found = []
    for first, after in bounds:
        came = counted(rules).filter(complained_at__gte=first, complained_at__lt=after)
        n = came.aggregate(n=Count("pk"), unmatched=Count("pk", filter=Q(plan_id=None)))
        sent = Delivered.objects.filter(planned_at__gte=first, planned_at__lt=after)
        delivered = sum(sent.values_list("delivered", flat=True))
        found.append(Month(first, Rate(n["n"], delivered), n["unmatched"]))
    return found


def rate_of_plans(plan_ids: Collection[int], *, rules: Rules | None = None) -> Rate:
    """Of these plans together, from what is kept; nothing delivered where nobody has counted yet."""
    rules = rules or settings.current()
    kept = Delivered.objects.filter(pk__in=list(plan_ids)).values_list("delivered", flat=True)
    return Rate(sum(complaints_by_plan(rules, plan_ids=plan_ids).values()), sum(kept))


_TO_COUNT = """
select p.id from plan p left join complaint_delivered d on d.plan_id = p.id
where p.purpose = 'marketing' and p.planned_at is not null and p.state <> 'building' and p.messages > 0
  and (d.plan_id is null or (not d.final and d.counted_at < %(before)s))
order by p.id limit %(limit)s"""


def count_delivered(lens: Lens, *, now: datetime) -> int:
    """Count what was delivered of plans whose receipts may still come; returns how many plans that were."""
    lens.refresh()
    done = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_TO_COUNT, {"before": now - COUNT_AGAIN, "limit": _PLANS_AT_ONCE})
            ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return done
        count_plans(lens, ids, now=now)
        done += len(ids)


def count_plans(lens: Lens, plan_ids: Collection[int], *, now: datetime) -> dict[int, int]:
    """Count what was delivered of these plans now, and keep it. The lens is as it is: refresh it before."""
    states = message_state(lens, plan_ids)
    delivered = states.filter(states["state"] == MessageState.DELIVERED.value)
    rows = lens.rows(delivered.group_by("plan_id", "channel_id").aggregate(n=delivered.count())).to_pylist()
    found: Counter[int] = Counter()
    by_channel: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for row in rows:
        found[int(row["plan_id"])] += int(row["n"])
        if row["channel_id"] is not None:
            by_channel[int(row["plan_id"])][str(row["channel_id"])] = int(row["n"])
    plans = Plan.objects.filter(pk__in=list(plan_ids))
    kept = [
        Delivered(
            plan_id=plan.pk,
            channel_id=plan.channel_id,
            by_channel=by_channel.get(plan.pk, {}),
            planned_at=plan.planned_at or now,
            messages=plan.messages,
            delivered=found[plan.pk],
            counted_at=now,
            final=_is_final(plan, now),
        )
        for plan in plans
    ]
    Delivered.objects.bulk_create(
        kept,
        update_conflicts=True,
        unique_fields=["plan_id"],
        update_fields=[
            "channel_id",
            "by_channel",
            "planned_at",
            "messages",
            "delivered",
            "counted_at",
            "final",
        ],
    )
    return {one.plan_id: one.delivered for one in kept}


def _is_final(plan: Plan, now: datetime) -> bool:
    over = plan.state in (PlanState.FINISHED, PlanState.STOPPED)
    ended = plan.finished_at or plan.deadline
    return over and ended < now - FINAL_AFTER
