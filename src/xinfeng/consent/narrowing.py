"""Suppressions whose ground turns out to be wrong, and those that are narrowed for a while (docs/adr/0010).

Numbers of people who were erased, and numbers that were reassigned, are suppressed for all messages. Whoever holds
such a handset may ask a form for a code: then the suppression is narrowed to marketing while that one service message
is under way, and widened again when nothing came of it. Every gate is asked as always, and finds what is in force.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from xinfeng.consent import sql, suppressing
from xinfeng.consent.barrier import take_ledger
from xinfeng.consent.models import Scope, SuppressionReason
from xinfeng.consent.script import Ask, Script, perform
from xinfeng.foundation import audit
from xinfeng.foundation.database import Connection

NARROWED = (SuppressionReason.ERASED, SuppressionReason.REASSIGNED)
"""What doesn't speak against a code: she had wished to be forgotten, or somebody else had the number. Opt-outs from
everything, complaints, the carrier's and the staff's blocks do."""

_REASSIGNED = SuppressionReason.REASSIGNED.value

_BY_ID = """\
select phone_index, scope, reason, source, at, actor from suppression where id = any(%s::bigint[]) order by id"""

_SUPERSEDED = """\
select o.id from suppression s join suppression o on o.phone_index = s.phone_index and o.scope = s.scope
  and o.lifted_at = s.at and o.lifted_reason = 'superseded: reassigned'
where s.id = any(%s::bigint[])"""

_IN_FORCE = "select 1 from suppression where phone_index = %s and scope = 'marketing' and lifted_at is null"

_TWINS = """\
update suppression t set lifted_at = %(now)s, lifted_by = %(actor)s, lifted_reason = %(why)s
from suppression o where o.id = any(%(ids)s::bigint[]) and o.scope = 'all'
  and t.phone_index = o.phone_index and t.scope = 'marketing' and t.reason = o.reason and t.at = o.at and t.lifted_at is null"""


def narrow(connection: Connection, phone_index: bytes, *, why: str, actor: str, now: datetime) -> list[int]:
    """Let service messages through to a number that was suppressed for all, for one of NARROWED; marketing stays shut.

    Returns the suppressions set aside, for `widen`; empty where there is none. Holds the ledger and the wire.
    """
    return perform(connection, _narrow(phone_index, why=why, actor=actor, now=now))


def widen(connection: Connection, ids: Sequence[int], *, why: str, actor: str, now: datetime) -> None:
    """Put back what `narrow` had set aside, as it was, behind the barrier: the caller commits soon."""
    if ids:
        perform(connection, _put_back(list(ids), why=why, actor=actor, now=now))


def lift_mistaken(connection: Connection, phone_index: bytes, *, why: str, actor: str, now: datetime) -> None:
    """A number was not reassigned after all: lift what rested on that, and put back what it had taken the place of."""
    lifted = perform(
        connection,
        suppressing.lift(
            [phone_index],
            scopes=[scope.value for scope in Scope],
            reasons=[_REASSIGNED],
            why=f"not reassigned: {why}"[:200],
            actor=actor,
            now=now,
        ),
    )
    for row in lifted:
        audit.record(
            actor=actor, action="suppression.lift", kind="suppression", subject=row[0], reason=row[3], why=why
        )
    if lifted:
        superseded = connection.execute(_SUPERSEDED, ([row[0] for row in lifted],)).fetchall()
        widen(connection, [row[0] for row in superseded], why="not reassigned", actor=actor, now=now)


def _narrow(phone_index: bytes, *, why: str, actor: str, now: datetime) -> Script[list[int]]:
    lifted = yield from suppressing.lift(
        [phone_index],
        scopes=[Scope.ALL.value],
        reasons=[reason.value for reason in NARROWED],
        why=why[:200],
        actor=actor,
        now=now,
    )
    ids = [int(row[0]) for row in lifted]
    if not ids:
        return []
    coming: list[suppressing.Coming] = []
    # Whatever keeps marketing away already goes on doing so, and is not replaced: it may be the staff's own block.
    if not (yield Ask(_IN_FORCE, (phone_index,))):
        for index, _, reason, source, at, by in (yield Ask(_BY_ID, (ids,))):
            coming.append(suppressing.Coming(bytes(index), Scope.MARKETING.value, reason, source, at, by))
    yield from suppressing.mark(coming)
    yield from suppressing.bar(coming)
    return ids


def _put_back(ids: list[int], *, why: str, actor: str, now: datetime) -> Script[None]:
    """A suppression for all that came meanwhile, and is as strong, stands."""
    yield from take_ledger()
    yield Ask(_TWINS, {"ids": ids, "now": now, "actor": actor, "why": why[:200]})
    rows = yield Ask(_BY_ID, (ids,))
    yield from _refresh([bytes(row[0]) for row in rows])
    coming: list[suppressing.Coming] = []
    for index, scope, reason, source, at, by in rows:
        coming += yield from suppressing.ready(
            [(bytes(index), at, source)],
            scope=Scope(scope),
            reason=SuppressionReason(reason),
            actor=by,
            now=now,
        )
    yield from suppressing.mark(coming)
    yield from suppressing.bar(coming)


def _refresh(indexes: Sequence[bytes]) -> Script[None]:
    found = yield Ask(suppressing.CONTACTS_OF, (list(set(indexes)),))
    yield from sql.refresh(sorted({row[0] for row in found}))
