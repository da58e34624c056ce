"""Questions about numbers: one contact's, lists per state, how much of the base was looked at this quarter."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import ibis
from django.db import connection

from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.hygiene.budget import Spent, Terms, capacity, quarter_of
from xinfeng.hygiene.models import LookupProvider, LookupRun, NumberFact, NumberState, Quarantine, State
from xinfeng.hygiene.providers.base import Question
from xinfeng.hygiene.settings import plan_settings
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import business_day, day_bounds
from xinfeng.lens.engine import Lens

SILENT_AFTER = timedelta(days=90)
"""Without proof of life for so long, a number is worth a look before it is written to (compliance.md 6.1)."""

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class NumberCard:
    """What is known of a contact's present number. `quarantine` is why it is in quarantine, FREE if it is not."""

    contact_id: int
    state: State
    since: datetime | None
    quarantine: Quarantine
    quarantined_at: datetime | None
    failures: int
    alive_at: datetime | None
    checked_at: datetime | None
    asked_at: datetime | None
    carrier_now: int
    ported: bool
    recheck: bool

    @property
    def quarantined(self) -> bool:
        return self.quarantine is not Quarantine.FREE

    def carrier(self, of_range: int) -> int:
        """Whose network it is on, as the gates see it (`policy.facts`): what was learned goes before the carrier of its
        range; 0 while it is known to be ported and nobody has found where to."""
        return self.carrier_now if self.carrier_now or self.ported else of_range


def number_of(contact_id: int) -> NumberCard:
    """What is known; nothing yet reads as UNKNOWN."""
    row = NumberState.objects.filter(pk=contact_id).first() or NumberState(
        contact_id=contact_id, quarantine=""
    )
    return _card(row)


def _card(row: NumberState) -> NumberCard:
    return NumberCard(
        row.contact_id,
        State(row.state),
        row.since,
        Quarantine(row.quarantine),
        row.quarantined_at,
        row.failures,
        row.alive_at,
        row.checked_at,
        row.asked_at,
        row.carrier_now,
        row.ported,
        row.recheck,
    )


@dataclass(frozen=True, slots=True)
class Lesson:
    """One fact about a number: `code` is the source's own word, `state` and `quarantined` what followed."""

    at: datetime
    source: str
    provider: str
    code: str
    state: State
    quarantined: bool
    actor: str
    detail: str


def history_of(contact_id: int, *, limit: int = 100) -> list[Lesson]:
    """What was learned about a contact's numbers, latest first."""
    rows = NumberFact.objects.filter(contact_id=contact_id).order_by("-at", "-id")[:limit]
    return [
        Lesson(
            row.at,
            row.source,
            row.provider,
            row.code,
            State(row.state),
            row.quarantined,
            row.actor,
            row.detail,
        )
        for row in rows
    ]


LISTS = (
    "all",
    "quarantined",
    "recheck",
    "ported",
    *(state.name.lower() for state in State if state is not State.UNKNOWN),
)
"""Which lists there are; those of states by their names. `all`: everybody of whom something is known."""


@dataclass(frozen=True, slots=True)
class NumberPage:
    """A page of a list; `next_after` is where the next begins, None on the last."""

    cards: tuple[NumberCard, ...]
    next_after: str | None


def numbers(which: str, *, after: str | None = None, limit: int = 50) -> NumberPage:
    """A page of a list, latest contacts first. Raises InvalidInput `request.page`, `number.no_such_list`."""
    if which not in LISTS:
        raise InvalidInput("number.no_such_list", name=which[:20])
    rows = NumberState.objects.filter(gone=False)
    if which in ("quarantined", "recheck", "ported"):
        rows = rows.filter(**{which: True})
    elif which != "all":
        rows = rows.filter(state=State[which.upper()])
    if after is not None:
        if not (after.isascii() and after.isdigit() and len(after) < 19):
            raise InvalidInput("request.page")
        rows = rows.filter(contact_id__lt=int(after))
    found = [_card(row) for row in rows.order_by("-contact_id")[: limit + 1]]
    more = len(found) > limit
    return NumberPage(tuple(found[:limit]), str(found[limit - 1].contact_id) if more else None)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many contacts with a number there are, by state; `by_state[UNKNOWN]`: of whom nothing is known."""

    base: int
    by_state: dict[State, int]
    quarantined: int
    ported: int
    recheck: int


def counts(lens: Lens) -> Counts:
    """As of the last refresh of the lens, where a row of `number` is of a living contact with a number, or of one
    whose number was reassigned."""
    number = lens.table("number")
    asked = number.group_by("state").aggregate(
        n=number.count(),
        quarantined=number.quarantined.sum(),
        ported=number.ported.sum(),
        recheck=number.recheck.sum(),
    )
    rows = lens.rows(asked).to_pylist()
    base = int(lens.scalar(_base(lens).count()))
    by_state = dict.fromkeys(State, 0) | {State(row["state"]): int(row["n"]) for row in rows}
    with_number = sum(n for state, n in by_state.items() if state is not State.REASSIGNED)  # those have none
    by_state[State.UNKNOWN] += max(0, base - with_number)
    totals = {name: sum(int(row[name] or 0) for row in rows) for name in ("quarantined", "ported", "recheck")}
    return Counts(base, by_state, **totals)


def _base(lens: Lens) -> ibis.Table:
    contact = lens.table("contact")
    return contact.filter(contact.has_phone)


def with_proof(lens: Lens) -> ibis.Table:
    """Everybody with a number: `contact_id`, `joined_at`, what `number` knows, and `proof`: when life was last proved
    or a lookup was last answered, else when they joined."""
    contact = _base(lens).select("id", "joined_at")
    found = contact.left_join(lens.table("number"), contact.id == lens.table("number").contact_id)
    alive, checked = (
        ibis.coalesce(found[name], ibis.literal(_LONG_AGO)) for name in ("alive_at", "checked_at")
    )
    latest = ibis.greatest(alive, checked)
    proof = ibis.ifelse(latest > ibis.literal(_LONG_AGO), latest, found.joined_at)
    return found.mutate(contact_id=found.id, proof=proof)


@dataclass(frozen=True, slots=True)
class Rate:
    """How much of the base was looked at this quarter: a lookup was answered or a message delivered.

    `target` and `needed` are counts. `possible` is how many lookups budgets allow until the quarter ends (None: any
    number), `forecast` what will have been looked at by then if the plan runs; deliveries to come are not
    counted on. `obstacle`: why the target will be missed: paused, no_provider, budget; empty if it will not.
    """

    first_day: date
    last_day: date
    days_left: int
    base: int
    revalidated: int
    by_lookup: int
    last_90_days: int
    target_percent: int
    target: int
    possible: int | None
    forecast: int
    obstacle: str

    @property
    def needed(self) -> int:
        return max(0, self.target - self.revalidated)

    @property
    def share(self) -> float | None:
        return self.revalidated / self.base if self.base else None

    @property
    def forecast_share(self) -> float | None:
        return self.forecast / self.base if self.base else None


def rate(now: datetime, *, lens: Lens) -> Rate:
    """As of the last refresh of the lens; the quarter is the calendar's, in the enterprise's zone."""
    zone, settings = xinfeng_settings.load().zone, plan_settings()
    today = business_day(now, zone)
    first, last = quarter_of(today)
    begins = ibis.literal(day_bounds(first, zone)[0])
    lately = ibis.literal(now - SILENT_AFTER)
    number = lens.table("number")
    number = number.filter(number.state != int(State.REASSIGNED))  # they are no longer of the base
    checked = (number.checked_at >= begins).fill_null(False)
    alive = (number.alive_at >= begins).fill_null(False)
    recent = ((number.checked_at >= lately) | (number.alive_at >= lately)).fill_null(False)
    [row] = lens.rows(
        number.aggregate(done=(checked | alive).sum(), looked=checked.sum(), recent=recent.sum())
    ).to_pylist()
    base, done = int(lens.scalar(_base(lens).count())), int(row["done"] or 0)
    target = -(-base * settings.target_percent // 100)
    provider = provider_for(Question.STATUS)
    possible: int | None = 0
    if settings.enabled and provider is not None:
        possible = capacity(settings, terms_of(provider), spent(provider.pk, today), today=today, last=last)
    needed = max(0, target - done)
    forecast = done + (needed if possible is None else min(needed, possible))
    obstacle = ""
    if forecast < target:
        obstacle = "paused" if not settings.enabled else "budget" if provider else "no_provider"
    return Rate(
        first, last, (last - today).days + 1, base, done, int(row["looked"] or 0), int(row["recent"] or 0),
        settings.target_percent, target, possible, forecast, obstacle,
    )  # fmt: skip


_RATE_FOR_S = 60.0
_rate_kept: tuple[Lens, float, Rate] | None = None


def rate_lately(now: datetime, *, lens: Lens) -> Rate:
    """`rate`, at most a minute old: for pages that many people have open all day."""
    global _rate_kept
    kept = _rate_kept
    if kept is not None and kept[0] is lens and time.monotonic() - kept[1] < _RATE_FOR_S:
        return kept[2]
    found = rate(now, lens=lens)
    _rate_kept = (lens, time.monotonic(), found)
    return found


def unproven(lens: Lens, audience: ibis.Table, now: datetime) -> int:
    """How many of an audience (a table with `contact_id`) joined more than 90 days ago, have shown no sign of life since
    and are not in quarantine: worth a look before they are written to."""
    contact, number = _base(lens), lens.table("number")
    lately = ibis.literal(now - SILENT_AFTER)
    settled = number.filter(
        (number.alive_at >= lately).fill_null(False)
        | (number.checked_at >= lately).fill_null(False)
        | number.quarantined
    ).select("contact_id")
    joined = contact.filter(contact.joined_at < lately).select(contact_id="id")
    return int(lens.scalar(joined.semi_join(audience, "contact_id").anti_join(settled, "contact_id").count()))


def unproven_of(lens: Lens, audience: ibis.Table, now: datetime) -> ibis.Table:
    """Those themselves, longest silent first: `contact_id`, `proof`."""
    people = with_proof(lens).semi_join(audience, "contact_id")
    lately = ibis.literal(now - SILENT_AFTER)
    silent = people.filter(
        people.joined_at < lately, people.proof < lately, ~people.quarantined.fill_null(False)
    )
    return silent.select("contact_id", "proof").order_by("proof", "contact_id")


def providers() -> list[LookupProvider]:
    """All accounts, in the order in which they are asked."""
    return list(LookupProvider.objects.order_by("id"))


def provider_for(question: Question) -> LookupProvider | None:
    """The first account that is switched on and answers this question."""
    return next(
        (one for one in providers() if one.enabled and question.value in one.config.get("questions", ())),
        None,
    )


def recent_runs(*, limit: int = 30) -> list[LookupRun]:
    """The latest runs, latest first."""
    return list(LookupRun.objects.select_related("provider").order_by("-day", "-id")[:limit])


_SPENT = """
select
  coalesce(sum(asked) filter (where day = %(day)s), 0), coalesce(sum(asked), 0),
  coalesce(sum(cost_li) filter (where day = %(day)s), 0), coalesce(sum(cost_li), 0),
  coalesce(sum(asked) filter (where day = %(day)s and provider_id = %(provider)s), 0)
from lookup_run where day between %(first)s and %(day)s"""


def spent(provider_id: int | None, day: date) -> Spent:
    """What was asked and paid for on this day and in its month up to it."""
    with connection.cursor() as cursor:
        cursor.execute(_SPENT, {"day": day, "first": day.replace(day=1), "provider": provider_id})
        row: Sequence[Any] = cursor.fetchone() or (0, 0, 0, 0, 0)
    return Spent(*(int(value) for value in row))


def terms_of(provider: LookupProvider) -> Terms:
    """What budgets need to know of an account."""
    return Terms(provider.price_li, provider.per_day)
