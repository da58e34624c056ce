"""What a period comes to besides the messages themselves: people's "no", complaints, approvals, requests, filings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Count, F, Q

from xinfeng.campaigns.models import Campaign
from xinfeng.complaints.models import ComplaintStanding
from xinfeng.complaints.models import State as ComplaintState
from xinfeng.content.models import VersionReview
from xinfeng.delivery.models import Outcome
from xinfeng.filings import qualifications
from xinfeng.filings.models import SignatureFiling, TemplateFiling
from xinfeng.filings.states import FilingState
from xinfeng.inspection.period import Scope
from xinfeng.inspection.volume import fresh, messages
from xinfeng.privacy.models import PrivacyRequest

_BOUND = """\
select source, count(*), count(bound_at),
  percentile_disc(0.5) within group (order by extract(epoch from bound_at - at)),
  percentile_disc(0.99) within group (order by extract(epoch from bound_at - at)),
  max(extract(epoch from bound_at - at))
from (select split_part(source, ':', 1) as source, at, case when source = 'reply' then bound_at end as bound_at
      from suppression
      where at >= %s and at < %s and reason = 'opt_out') said
group by source order by 2 desc"""

_BOUND_WHEN = """\
select s.at, coalesce(s.bound_at, s.at) from suppression s join contact c on c.phone_index = s.phone_index
where c.id = %s and s.at between %s and %s"""
_MOST_CHECKED = 1_000


@dataclass(frozen=True, slots=True)
class OptOutLine:
    """Opt-outs by where they came from. Seconds from the reply's arrival (when it was stored) until nothing could leave
    for the number any more; None where there is nothing to measure: lists that were taken over, opt-outs of before this version."""

    source: str
    count: int
    measured: int
    median_s: float | None
    p99_s: float | None
    longest_s: float | None


@dataclass(frozen=True, slots=True)
class SentAfter:
    """A message handed to a carrier after its person's withdrawal had bound, without a later consent."""

    message_id: int
    contact_id: int
    sent_at: datetime
    withdrawn_at: datetime


@dataclass(frozen=True, slots=True)
class OptOuts:
    count: int
    by_source: tuple[OptOutLine, ...]
    sent_after: tuple[SentAfter, ...]


@dataclass(frozen=True, slots=True)
class Complaints:
    """Taken in the period. Hours from taking it in to its end; `overdue`: unfinished or ended after the deadline."""

    count: int
    valid: int
    dismissed: int
    open: int
    overdue: int
    by_source: tuple[tuple[str, int], ...]
    median_h: float | None
    longest_h: float | None


@dataclass(frozen=True, slots=True)
class SelfApproved:
    """Something its author approved herself, because nobody else could; an inspector asks about each."""

    what: str
    id: int
    name: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Approvals:
    """Campaigns planned in the period, and reviews of texts."""

    campaigns: int
    by_others: int
    without: int
    reviews: tuple[tuple[str, int], ...]
    exceptions: tuple[SelfApproved, ...]


@dataclass(frozen=True, slots=True)
class RequestLine:
    kind: str
    received: int
    answered: int
    in_time: int
    late: int
    open: int


@dataclass(frozen=True, slots=True)
class FilingLine:
    """A signature on a channel with a carrier."""

    id: int
    signature: str
    channel: str
    carrier: int
    state: str
    number: str
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Filings:
    """What stands on the last day of the period. `lacking`: not in force on that day though it was asked for."""

    qualifications: tuple[qualifications.Listed, ...]
    signatures: tuple[FilingLine, ...]
    templates_in_force: int
    templates_open: int

    @property
    def lacking(self) -> tuple[FilingLine, ...]:
        return tuple(one for one in self.signatures if one.state != FilingState.IN_FORCE)


def opt_outs(asked: Scope) -> OptOuts:
    """People's "no" in the period, of all signatures: an opt-out binds all of them."""
    with connection.cursor() as cursor:
        cursor.execute(_BOUND, (asked.since, asked.until))
        lines = tuple(
            OptOutLine(source or "—", count, measured, _number(median), _number(p99), _number(longest))
            for source, count, measured, median, p99, longest in cursor.fetchall()
        )
    return OptOuts(sum(one.count for one in lines), lines, tuple(_sent_after(asked)))


def _sent_after(asked: Scope) -> list[SentAfter]:
    """Candidates by the lens (handed over after the entry was begun), each checked against when it had bound."""
    copy = fresh()
    entry = copy.table("consent_entry")
    said_no = entry.filter(~entry["granted"], entry["recorded_at"] >= asked.since - timedelta(days=1))
    said_no = said_no.select(
        said_no["seq"], who=said_no["contact_id"], about=said_no["purpose"], no_at=said_no["recorded_at"]
    )
    message = messages(copy, asked)
    plans = copy.table("plan")
    plans = plans.select(of_plan=plans["id"], purpose=plans["purpose"])
    message = message.inner_join(plans, message["plan_id"] == plans["of_plan"])
    message = message.select("id", "contact_id", "consent_seq", "purpose")
    joined = message.inner_join(
        said_no, (message["contact_id"] == said_no["who"]) & (message["purpose"] == said_no["about"])
    )
    joined = joined.filter(joined["consent_seq"] < joined["seq"]).select("id", "contact_id", "no_at")
    attempt = copy.table("attempt")
    attempt = attempt.filter(attempt["outcome"].isin([Outcome.ACCEPTED.value, Outcome.UNCERTAIN.value]))
    attempt = attempt.select("message_id", "sent_at")
    late = joined.inner_join(attempt, joined["id"] == attempt["message_id"])
    late = late.filter(late["sent_at"] > late["no_at"]).order_by("id").limit(_MOST_CHECKED)
    found = []
    with connection.cursor() as cursor:
        for row in copy.rows(late).to_pylist():
            near = (row["no_at"] - timedelta(minutes=5), row["no_at"] + timedelta(minutes=5))
            cursor.execute(_BOUND_WHEN, (row["contact_id"], *near))
            bound = max((one[1] for one in cursor.fetchall()), default=row["no_at"])
            if row["sent_at"] > bound:
                found.append(SentAfter(row["id"], row["contact_id"], row["sent_at"], bound))
    return found


def complaints(asked: Scope, *, now: datetime) -> Complaints:
    """Complaints taken in the period, and how long they took."""
    found = ComplaintStanding.objects.filter(taken_at__gte=asked.since, taken_at__lt=asked.until)
    if (plans := asked.plan_ids()) is not None:
        found = found.filter(plan_id__in=plans)
    late = Q(closed_at__isnull=True, due_at__lt=now) | Q(closed_at__gt=F("due_at"))
    counts = found.aggregate(
        count=Count("pk"),
        valid=Count("pk", filter=Q(valid=True)),
        dismissed=Count("pk", filter=Q(state=ComplaintState.DISMISSED)),
        open=Count("pk", filter=Q(closed_at__isnull=True)),
        overdue=Count("pk", filter=late),
    )
    closed = found.filter(closed_at__isnull=False).values_list("taken_at", "closed_at")
    hours = sorted((end - start).total_seconds() / 3600 for start, end in closed if end is not None)
    by_source = tuple(
        (source, n)
        for source, n in found.values_list("source").annotate(n=Count("pk")).order_by("-n", "source")
    )
    return Complaints(
        **counts,
        by_source=by_source,
        median_h=hours[(len(hours) - 1) // 2] if hours else None,
        longest_h=hours[-1] if hours else None,
    )


def approvals(asked: Scope) -> Approvals:
    """Who approved what was planned in the period, and who approved her own."""
    found = Campaign.objects.filter(plan__planned_at__gte=asked.since, plan__planned_at__lt=asked.until)
    if (plans := asked.plan_ids()) is not None:
        found = found.filter(plan_id__in=plans)
    counts = found.aggregate(
        campaigns=Count("pk"),
        without=Count("pk", filter=Q(approved_at__isnull=True)),
        by_others=Count("pk", filter=Q(approved_at__isnull=False) & ~Q(approver_id=F("author_id"))),
    )
    own = found.filter(approver_id=F("author_id"), approved_at__isnull=False).select_related("approver")
    exceptions = [
        SelfApproved("campaign", one.pk, one.name, one.approver.get_username(), one.approved_at)
        for one in own.order_by("approved_at")[:200]
        if one.approver is not None and one.approved_at is not None
    ]
    reviewed = VersionReview.objects.filter(at__gte=asked.since, at__lt=asked.until)
    alone = reviewed.filter(alone=True).select_related("version__template").order_by("at")[:200]
    exceptions += [
        SelfApproved("text", one.version_id, str(one.version.template.name), one.actor, one.at)
        for one in alone
    ]
    by_state = reviewed.values_list("state").annotate(n=Count("pk")).order_by("state")
    return Approvals(
        **counts, reviews=tuple((state, n) for state, n in by_state), exceptions=tuple(exceptions)
    )


def requests(asked: Scope, *, now: datetime) -> tuple[RequestLine, ...]:
    """Personal-information requests received in the period, and whether their deadlines were met."""
    found = PrivacyRequest.objects.filter(received_at__gte=asked.since, received_at__lt=asked.until)
    answered = Q(answered_at__isnull=False)
    lines = (
        found.values("kind")
        .annotate(
            received=Count("pk"),
            answered=Count("pk", filter=answered),
            in_time=Count("pk", filter=answered & Q(answered_at__lte=F("due_at"))),
            late=Count(
                "pk",
                filter=Q(answered_at__gt=F("due_at")) | (~answered & Q(due_at__lt=now) & Q(closed_at=None)),
            ),
            open=Count("pk", filter=~answered & Q(closed_at=None)),
        )
        .order_by("-received", "kind")
    )
    return tuple(RequestLine(**line) for line in lines)


def filings(asked: Scope) -> Filings:
    """Qualifications and filings as of the last day of the period."""
    day = asked.last
    found = SignatureFiling.objects.exclude(state=FilingState.WITHDRAWN).select_related(
        "signature", "channel"
    )
    if asked.signature_id is not None:
        found = found.filter(signature_id=asked.signature_id)
    if asked.channel_id is not None:
        found = found.filter(channel_id=asked.channel_id)
    signatures = tuple(
        FilingLine(
            one.pk, one.signature.text, one.channel.name, one.carrier, str(one.state_on(day).value), one.number,
            one.expires_on,
        )
        for one in found.order_by("signature__text", "channel__name", "carrier")
    )  # fmt: skip
    states = [one.state_on(day) for one in TemplateFiling.objects.exclude(state=FilingState.WITHDRAWN)]
    in_force = sum(1 for one in states if one is FilingState.IN_FORCE)
    return Filings(tuple(qualifications.listed(day)), signatures, in_force, len(states) - in_force)


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))
