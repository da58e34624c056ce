"""Asking a provider about a list of numbers, so that no number is paid for twice because something crashed.

1. A number is asked about only after it was committed that it is (`lookup_item.asked_at`, `number_state.asked_at`
   and the run's cost), in batches.
2. The answers of a batch are learned, and its items removed, in one transaction.
3. If the process dies between the two, the batch stays asked: it may have been paid for, so it waits for its
   cool-down. If the provider refused the batch as a whole without looking at it, it goes back into the list.
4. A run lives for one business day, so that what it costs counts on that day; what is left of it in the evening
   is up to the next day's plan.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F

from xinfeng.contacts import prefixes
from xinfeng.foundation import audit
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.vault import Kind, vault
from xinfeng.hygiene import sql
from xinfeng.hygiene.actions import Learned, LookupNews, learn_from_lookup
from xinfeng.hygiene.budget import allowance
from xinfeng.hygiene.models import LookupItem, LookupProvider, LookupRun, RunState
from xinfeng.hygiene.providers import open_provider
from xinfeng.hygiene.providers.base import Asked, LookupFailure, Provider, Question, Result
from xinfeng.hygiene.reads import spent, terms_of
from xinfeng.hygiene.settings import PlanSettings, plan_settings
from xinfeng.hygiene.states import Answer
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound

log = logging.getLogger(__name__)

RETRY_AFTER = timedelta(minutes=15)
"""After a provider refused, or gave nothing that could be read."""

BUDGET, EMPTY = "budget", "no_answers"
"""Faults of a run that are no error of a provider: today's budget is used up; a whole batch came without answers."""

SYSTEM = "system:plan"


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A number that is being asked about; `asked_before` is when it was asked about last."""

    contact_id: int
    phone_index: bytes
    number: str
    since: datetime | None
    asked_before: datetime | None


def open_run(
    connection: Connection,
    provider: LookupProvider,
    question: Question,
    contact_ids: Sequence[int],
    *,
    why: str,
    day: date,
    actor: str,
    now: datetime,
) -> LookupRun:
    """Write a list down, in its order. Contacts about whom a question waits already are left to it."""
    run = LookupRun.objects.create(
        provider=provider, question=question.value, why=why, day=day, actor=actor, started_at=now
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into lookup_item (contact_id, run_id, place) select id, %s, place"
            " from unnest(%s::bigint[]) with ordinality as w (id, place) on conflict (contact_id) do nothing",
            (run.pk, list(contact_ids)),
        )
        run.wanted = cursor.rowcount
    run.state = RunState.RUNNING if run.wanted else RunState.DONE
    run.finished_at = None if run.wanted else now
    run.save(update_fields=["wanted", "state", "finished_at"])
    return run


def work_off(run_id: int, *, clock: Callable[[], datetime], for_s: float) -> Learned:
    """Ask until the list is done, the budget is used up, the provider refuses, or so many seconds have passed."""
    run = LookupRun.objects.select_related("provider").get(pk=run_id)
    try:
        provider = open_provider(run.provider)
    except InvalidInput as fault:
        _end(run_id, RunState.STOPPED, fault=fault.code, now=clock())
        return Learned()
    total, deadline = Learned(), time.monotonic() + for_s
    while time.monotonic() < deadline:
        began = time.monotonic()
        claimed = _claim(run_id, provider.batch, now=clock())
        if not claimed:
            break
        learned = _ask(run, provider, claimed, clock)
        if learned is None:
            break
        total += learned
        pause_s = len(claimed) / run.provider.per_s - (time.monotonic() - began)
        time.sleep(max(0.0, min(pause_s, deadline - time.monotonic())))
    return total


_NEXT = """
select i.contact_id from lookup_item i
where i.run_id = %s and i.asked_at is null order by i.place limit %s for update skip locked"""

_NUMBERS = """
select c.id, c.phone_index, c.phone_sealed, n.asked_at, coalesce(
    (select max(s.since) from standing s where s.contact_id = c.id and s.granted), c.joined_at)
from unnest(%s::bigint[]) with ordinality as w (id, place) join contact c using (id)
left join number_state n on n.contact_id = c.id
where c.state = 0 and c.phone_index is not null order by w.place"""

_MARK = """
insert into number_state as n (contact_id, phone_index, asked_at)
select * from unnest(%s::bigint[], %s::bytea[], %s::timestamptz[])
on conflict (contact_id) do update set asked_at = excluded.asked_at"""


def _claim(run_id: int, count: int, *, now: datetime) -> list[_Claimed]:
    """The next numbers of the list, committed as asked; none: the run is over, or may not go on now."""
    with bulk_transaction() as connection:
        sql.take_turn(connection)
        run = LookupRun.objects.select_for_update(of=("self",)).select_related("provider").get(pk=run_id)
        settings = plan_settings()
        if run.state != RunState.RUNNING or not (run.provider.enabled and _may_go_on(run, settings)):
            return []
        left = allowance(settings, terms_of(run.provider), spent(run.provider_id, run.day))
        if left is not None and left < 1:
            _wait(run, BUDGET, retry_at=None)
            return []
        at_most = count if left is None else min(count, left)
        while True:
            ids = [row[0] for row in connection.execute(_NEXT, (run_id, at_most)).fetchall()]
            if not ids:
                _finish(run, now)
                return []
            claimed = _claimed(connection.execute(_NUMBERS, (ids,)).fetchall(), run, settings, now)
            gone = set(ids) - {one.contact_id for one in claimed}
            LookupItem.objects.filter(contact_id__in=gone).delete()
            if claimed:
                break
        asked = [one.contact_id for one in claimed]
        _mark(connection, claimed, [now] * len(claimed))
        LookupItem.objects.filter(contact_id__in=asked).update(asked_at=now)
        run.asked += len(asked)
        run.cost_li += len(asked) * run.provider.price_li
        run.save(update_fields=["asked", "cost_li"])
        return claimed


def _may_go_on(run: LookupRun, settings: PlanSettings) -> bool:
    return settings.enabled or run.why not in ("plan", "recheck")


def _claimed(
    rows: Sequence[tuple[Any, ...]], run: LookupRun, settings: PlanSettings, now: datetime
) -> list[_Claimed]:
    """Those not asked about meanwhile by another run."""
    rested = now - timedelta(days=settings.cool_down_days)
    fresh = [row for row in rows if run.question == Question.REASSIGNED or row[3] is None or row[3] < rested]
    numbers = vault().open_many(Kind.PHONE, [bytes(row[2]) for row in fresh])
    return [
        _Claimed(row[0], bytes(row[1]), number, row[4], row[3])
        for row, number in zip(fresh, numbers, strict=True)
    ]


def _mark(connection: Connection, claimed: Sequence[_Claimed], at: Sequence[datetime | None]) -> None:
    connection.execute(
        _MARK, ([one.contact_id for one in claimed], [one.phone_index for one in claimed], list(at))
    )


def _ask(
    run: LookupRun, provider: Provider, claimed: Sequence[_Claimed], clock: Callable[[], datetime]
) -> Learned | None:
    """Ask about a batch and learn from what comes back; None: the run waits or ends."""
    try:
        results = provider.ask(Question(run.question), [Asked(one.number, one.since) for one in claimed])
    except LookupFailure as failure:
        log.warning("a lookup failed", extra={"provider": run.provider_id, "code": failure.code})
        _failed(run.pk, claimed, failure, now=clock())
        return None
    learned = _settle(run, claimed, results, now=clock())
    if not any(result.answer for result in results):
        with bulk_transaction():
            _wait(LookupRun.objects.select_for_update().get(pk=run.pk), EMPTY, retry_at=clock() + RETRY_AFTER)
        return None
    return learned


def _settle(
    run: LookupRun, claimed: Sequence[_Claimed], results: Sequence[Result], *, now: datetime
) -> Learned:
    news = [
        LookupNews(
            one.contact_id, one.phone_index, _with_porting(result.answer, one.number), result.code, now
        )
        for one, result in zip(claimed, results, strict=True)
        if result.answer is not None
    ]
    with bulk_transaction() as connection:
        learned = learn_from_lookup(connection, news, provider=run.provider.name, now=now)
        LookupItem.objects.filter(run_id=run.pk, contact_id__in=[one.contact_id for one in claimed]).delete()
        LookupRun.objects.filter(pk=run.pk).update(
            answered=F("answered") + len(news),
            unanswered=F("unanswered") + len(claimed) - len(news),
            quarantined=F("quarantined") + learned.quarantined,
            fault="",
        )
    return learned


def _with_porting(answer: Answer, number: str) -> Answer:
    """Who serves a number tells that it was ported, where the provider doesn't say so itself."""
    given = prefixes.carrier_of(number)
    if answer.ported is not None or not answer.carrier or not given:
        return answer
    return replace(answer, ported=answer.carrier != given)


def _failed(run_id: int, claimed: Sequence[_Claimed], failure: LookupFailure, *, now: datetime) -> None:
    """Put the batch back if nobody looked at it; otherwise it counts as asked without an answer."""
    ids = [one.contact_id for one in claimed]
    with bulk_transaction() as connection:
        sql.take_turn(connection)
        run = LookupRun.objects.select_for_update(of=("self",)).select_related("provider").get(pk=run_id)
        items = LookupItem.objects.filter(run_id=run_id, contact_id__in=ids)
        if failure.untouched:
            items.update(asked_at=None)
            _mark(connection, claimed, [one.asked_before for one in claimed])
            run.asked -= len(ids)
            run.cost_li -= len(ids) * run.provider.price_li
        else:
            items.delete()
            run.unanswered += len(ids)
        run.save(update_fields=["asked", "cost_li", "unanswered"])
        if failure.retryable:
            _wait(run, failure.code, retry_at=now + RETRY_AFTER)
        elif run.state == RunState.RUNNING:
            run.state, run.fault = RunState.STOPPED, failure.code
            run.save(update_fields=["state", "fault"])


def _wait(run: LookupRun, fault: str, *, retry_at: datetime | None) -> None:
    if run.state == RunState.RUNNING:
        run.state, run.fault, run.retry_at = RunState.WAITING, fault, retry_at
        run.save(update_fields=["state", "fault", "retry_at"])


def _finish(run: LookupRun, now: datetime) -> None:
    """The list is empty, but for what a process that died had asked about."""
    LookupItem.objects.filter(run_id=run.pk).delete()
    run.state, run.fault, run.finished_at = RunState.DONE, "", now
    run.save(update_fields=["state", "fault", "finished_at"])


def conclude(run_id: int, *, now: datetime) -> str:
    """End a run whatever is left of it; returns its fault, empty if it went well."""
    LookupItem.objects.filter(run_id=run_id).delete()
    run = LookupRun.objects.get(pk=run_id)
    if run.finished_at is None:
        _end(run_id, RunState.STOPPED, fault=run.fault, now=now)
    return run.fault


def _end(run_id: int, state: RunState, *, fault: str, now: datetime) -> None:
    LookupRun.objects.filter(pk=run_id).update(state=state, fault=fault[:40], finished_at=now)


def wake_waiting(*, now: datetime) -> None:
    """Runs that waited long enough go on; those that wait for a budget go on when there is one again."""
    LookupRun.objects.filter(state=RunState.WAITING, retry_at__lte=now).update(state=RunState.RUNNING)
    LookupRun.objects.filter(state=RunState.WAITING, fault=BUDGET).update(state=RunState.RUNNING)


def close_before(day: date, *, now: datetime) -> None:
    """End what is left of earlier days; its numbers are free for the next plan."""
    open_states = (RunState.RUNNING, RunState.WAITING, RunState.STOPPED)
    old = list(
        LookupRun.objects.filter(day__lt=day, state__in=open_states, finished_at=None).values_list(
            "pk", flat=True
        )
    )
    LookupItem.objects.filter(run_id__in=old).delete()
    LookupRun.objects.filter(pk__in=old).update(state=RunState.STOPPED, finished_at=now)


def stop_run(run_id: int, *, actor: str) -> None:
    """Ask about no more numbers of this list. Raises NotFound `lookup.no_run`, Conflict `lookup.run_over`."""
    _switch(run_id, (RunState.RUNNING, RunState.WAITING), RunState.STOPPED, "lookup_run.stop", actor)


def resume_run(run_id: int, *, actor: str) -> None:
    """Go on where it stopped, today. Raises NotFound `lookup.no_run`, Conflict `lookup.run_over`."""
    _switch(run_id, (RunState.STOPPED, RunState.WAITING), RunState.RUNNING, "lookup_run.resume", actor)


def _switch(run_id: int, from_states: Sequence[RunState], to: RunState, action: str, actor: str) -> None:
    with bulk_transaction():
        run = LookupRun.objects.select_for_update().filter(pk=run_id).first()
        if run is None:
            raise NotFound("lookup.no_run", run=run_id)
        if run.state not in from_states or run.finished_at is not None:
            raise Conflict("lookup.run_over", run=run_id)
        run.state, run.fault, run.retry_at = to, "", None
        run.save(update_fields=["state", "fault", "retry_at"])
        audit.record(actor=actor, action=action, kind="lookup_run", subject=run_id)
