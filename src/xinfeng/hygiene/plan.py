"""Keeping the base alive: at least so much of it is looked at each quarter, oldest proof of life first.

Each business day gets an even share of what the quarter still needs, as far as the budget goes; a day that was
missed is spread over the days left. Nobody is asked about again within the cool-down, nor if a delivery has proved
life in this quarter already. Numbers that came back to life, or may have changed hands, are asked about first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import ibis

from xinfeng.foundation import audit
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.database import bulk_transaction
from xinfeng.hygiene import reads, runs, sql
from xinfeng.hygiene.actions import Learned, one_number
from xinfeng.hygiene.budget import allowance, quarter_of, share_of_today
from xinfeng.hygiene.models import LookupItem, LookupProvider, LookupRun, NumberState, Quarantine, RunState
from xinfeng.hygiene.providers import open_provider
from xinfeng.hygiene.providers.base import Asked, LookupFailure, Question, Result
from xinfeng.hygiene.settings import plan_settings
from xinfeng.kernel.errors import Conflict, NotFound
from xinfeng.kernel.phones import parse_mainland
from xinfeng.kernel.time import business_day, day_bounds, utc_now
from xinfeng.lens.engine import Lens
from xinfeng.lens.engine import lens as lens_of_process

FOR_S = 240.0
"""How long one call asks: a job comes every five minutes, and a pause in the console should be felt soon."""

RECHECK_EVERY = timedelta(days=7)
"""A number that may have changed hands is not asked about more often: vendors' feeds lag by days (T+5 to T+7)."""

MOST_RECHECKS = 10_000
MOST_BEFORE_A_SEND = 200_000


def revalidate(
    now: datetime, *, lens: Lens | None = None, clock: Callable[[], datetime] = utc_now, for_s: float = FOR_S
) -> Learned:
    """Do today's share, or go on with it; returns what was learned by this call. Safe to call at any time, also twice
    at once."""
    settings = plan_settings()
    day = business_day(now, xinfeng_settings.load().zone)
    runs.close_before(day, now=now)
    runs.wake_waiting(now=now)
    if settings.enabled:
        make_todays_runs(now, lens or lens_of_process())
    total = Learned()
    order = {"before_send": 0, "recheck": 1, "plan": 2}
    running = LookupRun.objects.filter(state=RunState.RUNNING, day=day)
    for run in sorted(running, key=lambda one: (order.get(one.why, 3), one.pk)):
        total += runs.work_off(run.pk, clock=clock, for_s=for_s)
    return total


def make_todays_runs(now: datetime, lens: Lens) -> list[LookupRun]:
    """Write down what is to be asked about today, once a day."""
    day = business_day(now, xinfeng_settings.load().zone)
    made = []
    if not LookupRun.objects.filter(day=day, why="recheck").exists() and (
        provider := reads.provider_for(Question.REASSIGNED)
    ):
        ids = _to_recheck(now)
        if ids:
            made.append(_open(provider, Question.REASSIGNED, ids, why="recheck", day=day, now=now))
    if not LookupRun.objects.filter(day=day, why="plan").exists() and (
        provider := reads.provider_for(Question.STATUS)
    ):
        lens.refresh()
        rate = reads.rate(now, lens=lens)
        count = share_of_today(rate.needed, rate.days_left)
        left = allowance(plan_settings(), reads.terms_of(provider), reads.spent(provider.pk, day))
        count = count if left is None else min(count, left)
        if count:
            ids = candidates(lens, now, count)
            made.append(_open(provider, Question.STATUS, ids, why="plan", day=day, now=now))
    return made


def _open(
    provider: LookupProvider, question: Question, ids: list[int], *, why: str, day: date, now: datetime
) -> LookupRun:
    with bulk_transaction() as connection:
        sql.take_turn(connection)
        found = LookupRun.objects.filter(day=day, why=why).first()
        if found is not None:
            return found
        return runs.open_run(
            connection, provider, question, ids, why=why, day=day, actor=runs.SYSTEM, now=now
        )


def candidates(lens: Lens, now: datetime, count: int) -> list[int]:
    """The contacts longest without proof of life who may be asked about; the lens is up to date."""
    zone = xinfeng_settings.load().zone
    begins = ibis.literal(day_bounds(quarter_of(business_day(now, zone))[0], zone)[0])
    rested = ibis.literal(now - timedelta(days=plan_settings().cool_down_days))
    people = reads.with_proof(lens)
    waiting = people.filter(
        ~(people.checked_at >= begins).fill_null(False),
        ~(people.alive_at >= begins).fill_null(False),
        ~(people.asked_at >= rested).fill_null(False),
        ~people.quarantine.fill_null("").isin([Quarantine.MANUAL.value, Quarantine.REASSIGNED.value]),
    )
    chosen = waiting.order_by("proof", "contact_id").limit(count).select("contact_id")
    return [int(one) for one in lens.rows(chosen)["contact_id"].to_pylist()]


def _to_recheck(now: datetime) -> list[int]:
    waiting = NumberState.objects.filter(recheck=True, gone=False).exclude(asked_at__gte=now - RECHECK_EVERY)
    return list(waiting.order_by("contact_id").values_list("contact_id", flat=True)[:MOST_RECHECKS])


def ask_before_send(audience: ibis.Table, *, lens: Lens, actor: str, now: datetime) -> LookupRun:
    """Ask about those of an audience who have shown no sign of life for 90 days, within today's budget.

    Raises Conflict `lookup.no_provider`, `lookup.nobody_silent`, `lookup.no_budget`.
    """
    provider = reads.provider_for(Question.STATUS)
    if provider is None:
        raise Conflict("lookup.no_provider")
    day = business_day(now, xinfeng_settings.load().zone)
    left = allowance(plan_settings(), reads.terms_of(provider), reads.spent(provider.pk, day))
    count = MOST_BEFORE_A_SEND if left is None else min(left, MOST_BEFORE_A_SEND)
    if count < 1:
        raise Conflict("lookup.no_budget")
    silent = reads.unproven_of(lens, audience, now).limit(count)
    ids = [int(one) for one in lens.rows(silent)["contact_id"].to_pylist()]
    if not ids:
        raise Conflict("lookup.nobody_silent")
    with bulk_transaction() as connection:
        return runs.open_run(
            connection, provider, Question.STATUS, ids, why="before_send", day=day, actor=actor, now=now
        )


def check_one(
    contact_id: int, *, question: Question = Question.STATUS, actor: str, now: datetime
) -> reads.NumberCard:
    """Ask about one contact's number now, at a person's request, and learn from the answer; returns what is known then.

    Counts towards the day's spending. Raises Conflict `lookup.no_provider`, `lookup.no_budget`, `lookup.in_a_list`,
    `lookup.asked_lately` (from_when), NotFound as `actions.one_number`, LookupFailure.
    """
    provider = reads.provider_for(question)
    if provider is None:
        raise Conflict("lookup.no_provider")
    with bulk_transaction() as connection:
        sql.take_turn(connection)
        number = one_number(connection, contact_id)
        rest = timedelta(days=plan_settings().cool_down_days)
        asked_at = number.known.asked_at
        if question is Question.STATUS and asked_at is not None and asked_at > now - rest:
            raise Conflict("lookup.asked_lately", from_when=(asked_at + rest).isoformat())
        if LookupItem.objects.filter(contact_id=contact_id).exists():
            raise Conflict("lookup.in_a_list")
        day = business_day(now, xinfeng_settings.load().zone)
        run = runs.open_run(
            connection, provider, question, [contact_id], why="check", day=day, actor=actor, now=now
        )
    runs.work_off(run.pk, clock=lambda: now, for_s=FOR_S)
    fault = runs.conclude(run.pk, now=now)
    if fault == runs.BUDGET:
        raise Conflict("lookup.no_budget")
    if fault:
        raise LookupFailure(fault, untouched=False, retryable=True)
    return reads.number_of(contact_id)


def try_provider(provider_id: int, number: str, *, actor: str, now: datetime) -> Result:
    """Ask an account about any one number, to see that it works; nothing is learned. It may cost, and is counted.

    Raises InvalidInput `phone.…`, NotFound `lookup.unknown`, LookupFailure.
    """
    bare = parse_mainland(number)
    row = LookupProvider.objects.filter(pk=provider_id).first()
    if row is None:
        raise NotFound("lookup.unknown", provider=provider_id)
    provider = open_provider(row)
    question = Question.STATUS if Question.STATUS in provider.questions else min(provider.questions)
    audit.record(actor=actor, action="lookup_provider.try", kind="lookup_provider", subject=provider_id)
    day = business_day(now, xinfeng_settings.load().zone)
    with bulk_transaction() as connection:
        run = runs.open_run(connection, row, question, [], why="test", day=day, actor=actor, now=now)
        LookupRun.objects.filter(pk=run.pk).update(wanted=1, asked=1, cost_li=row.price_li)
    try:
        [result] = provider.ask(question, [Asked(bare, now)])
    except LookupFailure as failure:
        charged = {"asked": 0, "cost_li": 0} if failure.untouched else {"unanswered": 1}
        LookupRun.objects.filter(pk=run.pk).update(fault=failure.code[:40], **charged)
        raise
    answered = result.answer is not None
    LookupRun.objects.filter(pk=run.pk).update(answered=int(answered), unanswered=int(not answered))
    return result
