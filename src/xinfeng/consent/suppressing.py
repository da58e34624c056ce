"""Scripts that put suppressions in force and lift them. Performed sync or async, see `consent.script`.

While the wire is silent nobody's messages leave, so everything is made ready before: the ledger, standing as it will
be, what gives way. `bar` comes last: the lock, one insert, and the caller's commit. Standing may be derived before the
suppressions are there because whoever changes either holds the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from xinfeng.consent.barrier import silence_wire, take_ledger
from xinfeng.consent.ledger import NewEntry
from xinfeng.consent.models import Scope, SuppressionReason
from xinfeng.consent.script import Ask, Row, Script
from xinfeng.consent.sql import STRENGTH_LIST, purposes_of, record, refresh

# The number of a row that was merged leads to whoever speaks for the person now.
CONTACTS_OF = "select coalesce(merged_into, id), phone_index from contact where phone_index = any(%s)"

# Lifts what is weaker and answers with the numbers that have nothing as strong in force yet.
MAKE_ROOM = f"""\
with said as (
  select distinct on (u.phone_index) u.* from unnest(%(indexes)s::bytea[], %(ats)s::timestamptz[], %(sources)s::text[])
    with ordinality as u(phone_index, at, source, nr) order by u.phone_index, u.nr
), weaker as (
  update suppression s set lifted_at = %(now)s, lifted_by = %(actor)s, lifted_reason = 'superseded: ' || %(reason)s::text
  from said where s.phone_index = said.phone_index and s.scope = %(scope)s and s.lifted_at is null
    and array_position(array[{STRENGTH_LIST}], s.reason::text)
      > array_position(array[{STRENGTH_LIST}], %(reason)s::text)
  returning s.phone_index
), in_force as (
  select s.phone_index from suppression s join said using (phone_index)
  where s.scope = %(scope)s and s.lifted_at is null and s.phone_index not in (select phone_index from weaker)
)
select said.phone_index, said.at, said.source from said
where said.phone_index not in (select phone_index from in_force) order by said.nr"""  # noqa: S608

# Standing as it will be once these suppressions are in force. What is in force already counts where it is stronger.
MARK_SUPPRESSED = f"""\
with barred as (
  select distinct on (c.id, p.purpose) c.id as contact_id, p.purpose, u.reason
  from unnest(%(indexes)s::bytea[], %(scopes)s::text[], %(reasons)s::text[]) as u(phone_index, scope, reason)
  join contact c on c.phone_index = u.phone_index
  join unnest(array['marketing', 'service']) as p(purpose) on u.scope = 'all' or u.scope = p.purpose
  order by c.id, p.purpose, array_position(array[{STRENGTH_LIST}], u.reason)
)
insert into standing as old (contact_id, purpose, granted, entry_seq, since, source, suppressed, stale)
select contact_id, purpose, false, null, null, '', reason, false from barred
on conflict (contact_id, purpose) do update set suppressed = excluded.suppressed
where old.suppressed is null or array_position(array[{STRENGTH_LIST}], old.suppressed::text)
  > array_position(array[{STRENGTH_LIST}], excluded.suppressed::text)"""  # noqa: S608

# Ids are given out here, behind the barrier's lock, so they commit in their order.
INSERT_SUPPRESSIONS = """\
insert into suppression (phone_index, scope, reason, source, at, actor, lifted_by, lifted_reason)
select u.phone_index, u.scope, u.reason, u.source, u.at, u.actor, '', ''
from unnest(%(indexes)s::bytea[], %(scopes)s::text[], %(reasons)s::text[], %(sources)s::text[],
    %(ats)s::timestamptz[], %(actors)s::text[]) as u(phone_index, scope, reason, source, at, actor)"""


@dataclass(frozen=True, slots=True)
class OptOut:
    """A person said no to messages on this number.

    `contact_id` None: not looked up yet, or nobody we know. `scope` MARKETING by default: what people answer
    to a marketing message is meant for marketing; order confirmations may go on (compliance.md 2.7).
    """

    phone_index: bytes
    contact_id: int | None
    at: datetime
    source: str
    evidence: str = ""
    scope: Scope = Scope.MARKETING


@dataclass(frozen=True, slots=True)
class Coming:
    """A suppression that is ready to be put in force. Nothing as strong is in force for this number and scope."""

    phone_index: bytes
    scope: str
    reason: str
    source: str
    at: datetime
    actor: str


def opt_out(opt_outs: Sequence[OptOut], *, now: datetime, actor: str) -> Script[None]:
    """Withdrawals for the contacts behind the numbers, suppressions for all numbers, behind the barrier."""
    if not opt_outs:
        return
    yield from take_ledger()
    by_index = yield from _contacts_of([one.phone_index for one in opt_outs])
    entries = []
    for one in opt_outs:
        contact_id = by_index.get(one.phone_index) if one.contact_id is None else one.contact_id
        if contact_id is not None:
            entries += [
                NewEntry(contact_id, purpose, False, one.at, one.source, None, one.evidence, actor)
                for purpose in purposes_of(one.scope)
            ]
    yield from record(entries, now=now)
    coming: list[Coming] = []
    for scope in Scope:
        said = [(one.phone_index, one.at, one.source) for one in opt_outs if one.scope == scope]
        coming += yield from _make_room(
            said, scope=scope, reason=SuppressionReason.OPT_OUT, now=now, actor=actor
        )
    yield from mark(coming)
    yield from bar(coming)


def suppress(
    indexes: Sequence[bytes],
    *,
    scope: Scope,
    reason: SuppressionReason,
    source: str,
    at: datetime,
    actor: str,
    now: datetime,
) -> Script[int]:
    """Suppressions for these numbers, behind the barrier; returns how many were not in force before.

    Who complained has also said no: contacts behind the numbers get a withdrawal.
    """
    rows = [(index, at, source) for index in indexes]
    return (yield from suppress_each(rows, scope=scope, reason=reason, actor=actor, now=now))


def suppress_each(
    rows: Sequence[tuple[bytes, datetime, str]],
    *,
    scope: Scope,
    reason: SuppressionReason,
    actor: str,
    now: datetime,
) -> Script[int]:
    """`suppress`, where each number has a time and a source of its own; no number comes twice."""
    if not rows:
        return 0
    coming = yield from ready(rows, scope=scope, reason=reason, actor=actor, now=now)
    yield from mark(coming)
    yield from bar(coming)
    return len(coming)


def ready(
    rows: Sequence[tuple[bytes, datetime, str]],
    *,
    scope: Scope,
    reason: SuppressionReason,
    actor: str,
    now: datetime,
) -> Script[list[Coming]]:
    """All of `suppress_each` that comes before `mark` and `bar`: withdrawals, and what is weaker gives way."""
    if not rows:
        return []
    yield from take_ledger()
    if reason in (SuppressionReason.COMPLAINT, SuppressionReason.OPT_OUT):
        by_index = yield from _contacts_of([row[0] for row in rows])
        evidence = f"suppression:{reason.value}"
        said = {by_index[index]: (at, source) for index, at, source in rows if index in by_index}
        entries = [
            NewEntry(contact_id, purpose, False, at, source, None, evidence, actor)
            for contact_id, (at, source) in said.items()
            for purpose in purposes_of(scope)
        ]
        yield from record(entries, now=now)
    return (yield from _make_room(rows, scope=scope, reason=reason, now=now, actor=actor))


def mark(coming: Sequence[Coming]) -> Script[None]:
    """Standing of whoever has these numbers, as it will be once they are barred. The ledger is held."""
    if coming:
        yield Ask(MARK_SUPPRESSED, _columns(coming))


def bar(coming: Sequence[Coming]) -> Script[None]:
    """Silence the wire and put these in force; nothing but the commit comes after it.

    The wire is silenced even if nothing is new: a withdrawal may have been recorded before.
    """
    yield from silence_wire()
    if coming:
        yield Ask(INSERT_SUPPRESSIONS, _columns(coming))


LIFT = """\
update suppression set lifted_at = %(now)s, lifted_by = %(actor)s, lifted_reason = %(why)s
where lifted_at is null and phone_index = any(%(indexes)s) and scope = any(%(scopes)s) and reason = any(%(reasons)s)
returning id, phone_index, scope, reason"""


def lift(
    indexes: Sequence[bytes],
    *,
    scopes: Sequence[str],
    reasons: Sequence[str],
    why: str,
    actor: str,
    now: datetime,
) -> Script[list[Row]]:
    """Lift suppressions in force; returns their (id, phone_index, scope, reason)."""
    yield from take_ledger()
    given = {"indexes": list(indexes), "scopes": list(scopes), "reasons": list(reasons)}
    lifted = yield Ask(LIFT, given | {"why": why, "actor": actor, "now": now})
    if lifted:
        by_index = yield from _contacts_of([bytes(row[1]) for row in lifted])
        if by_index:
            yield from refresh(sorted(by_index.values()))
    return lifted


def _make_room(
    rows: Sequence[tuple[bytes, datetime, str]],
    *,
    scope: Scope,
    reason: SuppressionReason,
    now: datetime,
    actor: str,
) -> Script[list[Coming]]:
    if not rows:
        return []
    given = {
        "scope": scope.value,
        "reason": reason.value,
        "actor": actor,
        "now": now,
        "indexes": [bytes(row[0]) for row in rows],
        "ats": [row[1] for row in rows],
        "sources": [row[2] for row in rows],
    }
    fresh = yield Ask(MAKE_ROOM, given)
    return [Coming(bytes(index), scope.value, reason.value, source, at, actor) for index, at, source in fresh]


def _columns(coming: Sequence[Coming]) -> dict[str, list[object]]:
    return {
        "indexes": [one.phone_index for one in coming],
        "scopes": [one.scope for one in coming],
        "reasons": [one.reason for one in coming],
        "sources": [one.source for one in coming],
        "ats": [one.at for one in coming],
        "actors": [one.actor for one in coming],
    }


def _contacts_of(indexes: Sequence[bytes]) -> Script[dict[bytes, int]]:
    rows = yield Ask(CONTACTS_OF, (list(set(indexes)),))
    return {bytes(index): contact_id for contact_id, index in rows}
