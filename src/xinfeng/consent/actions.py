"""What is done with consent. Bulk actions run in the caller's transaction; the others have their own.

An opt-out is final at once: the actions that record a "no" end behind the wire barrier, so commit right after.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

import psycopg

from xinfeng.consent import sql, suppressing
from xinfeng.consent.evidence import check_reference
from xinfeng.consent.ledger import IMPORT_PREFIX, NewEntry
from xinfeng.consent.merged import reconcile_merge
from xinfeng.consent.models import Purpose, Scope, Suppression, SuppressionReason
from xinfeng.consent.notices import publish_notice
from xinfeng.consent.purposes import check
from xinfeng.consent.script import perform, perform_async
from xinfeng.consent.suppressing import OptOut
from xinfeng.contacts.models import Contact
from xinfeng.contacts.tiers import recompute_tiers_of
from xinfeng.foundation import audit
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.ids import take_block
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound

__all__ = [
    "OptOut",
    "append_entries",
    "grant",
    "lift_suppression",
    "publish_notice",
    "rebuild_standing",
    "reconcile_merge",
    "record_complaints",
    "record_opt_outs",
    "record_opt_outs_async",
    "refresh_standing",
    "suppress_contact",
    "suppress_numbers",
    "withdraw",
]

REPLIES = "system:replies"
"""Actor of opt-outs that came from the handset."""

_REBUILD_STEP = 20_000


def append_entries(
    connection: Connection, entries: Sequence[NewEntry], *, now: datetime, newborn: Collection[int] = ()
) -> list[int]:
    """Append to the ledger and bring the standing of these contacts up to date; returns the entries' numbers.

    Every entry is recorded; which of them count is decided by `consent.sql`: a grant that is older than the
    contact's last withdrawal never brings standing back, a grant from a file never does once she has said no.
    Whoever says yes or no to profiling gets or loses her tier at once; callers who hold the ledger already must have
    taken their turn for writing contacts before it.
    Holds the ledger until the transaction ends, so make it the last thing in a long one. `newborn`: contacts
    made by this very transaction, about whom nothing can have been recorded yet; it saves looking.
    """
    seqs = _record(connection, entries, now=now, newborn=newborn)
    perform(connection, sql.silence(entries))
    return seqs


def _record(
    connection: Connection, entries: Sequence[NewEntry], *, now: datetime, newborn: Collection[int] = ()
) -> list[int]:
    profiled = sorted({one.contact_id for one in entries if one.purpose == Purpose.PROFILING})
    if profiled:
        take_block(connection, "contact", 0)  # tiers are written below, and contacts come before the ledger
    seqs = perform(connection, sql.record(entries, now=now, newborn=newborn))
    recompute_tiers_of(connection, profiled, now=now)
    return seqs


def refresh_standing(connection: Connection, contact_ids: Sequence[int]) -> None:
    """Derive standing again: for contacts that were just made or got another number, which may be suppressed."""
    perform(connection, sql.refresh(contact_ids))


def record_opt_outs(
    connection: Connection, opt_outs: Sequence[OptOut], *, now: datetime, actor: str = REPLIES
) -> None:
    """Record a batch of "no": a withdrawal for each contact known, a suppression for each number.

    Behind the barrier: the caller commits at once, before anybody is told that it was taken.
    """
    perform(connection, suppressing.opt_out(opt_outs, now=now, actor=actor))


async def record_opt_outs_async(
    connection: psycopg.AsyncConnection[tuple[Any, ...]],
    opt_outs: Sequence[OptOut],
    *,
    now: datetime,
    actor: str = REPLIES,
) -> None:
    """`record_opt_outs` inside the transaction of an asyncio connection."""
    await perform_async(connection, suppressing.opt_out(opt_outs, now=now, actor=actor))


def grant(
    contact_id: int,
    purpose: str,
    *,
    at: datetime,
    source: str,
    notice_id: int | None,
    evidence: str,
    actor: str,
    now: datetime,
    lifts_opt_out: bool = False,
) -> int:
    """Record that a contact agreed; returns the entry's number.

    `lifts_opt_out`: the form asked in so many words whether she wants messages again, after she had said no.
    Only then is the suppression her opt-out left lifted, if she said yes after it. Raises NotFound
    `contact.unknown`, InvalidInput `consent.in_future`, `consent.purpose`, `consent.no_evidence`,
    `consent.evidence_identifies` (evidence is a reference, see `consent.evidence`). An entry that doesn't count is recorded all the same.
    """
    _check_statement(purpose, evidence, at=at, now=now)
    if not evidence.strip():
        raise InvalidInput("consent.no_evidence")
    if lifts_opt_out and source.startswith(IMPORT_PREFIX):
        raise InvalidInput("consent.import_cannot_lift")
    entry = NewEntry(contact_id, purpose, True, at, source, notice_id, evidence, actor)
    with bulk_transaction() as connection:
        _contact(contact_id)
        [seq] = append_entries(connection, [entry], now=now)
        if lifts_opt_out:
            _lift_own_opt_out(connection, entry, now=now)
        audit.record(
            actor=actor, action="consent.grant", kind="contact", subject=contact_id, purpose=purpose, seq=seq
        )
    return seq


def _lift_own_opt_out(connection: Connection, entry: NewEntry, *, now: datetime) -> None:
    in_force = Suppression.objects.filter(
        phone_index=_contact(entry.contact_id).phone_index,
        reason=SuppressionReason.OPT_OUT,
        lifted_at=None,
        at__lt=entry.at,
    )
    scopes = [one.scope for one in in_force if sql.purposes_of(Scope(one.scope)) == (entry.purpose,)]
    if scopes:
        lifted = perform(
            connection,
            suppressing.lift(
                [bytes(one.phone_index) for one in in_force],
                scopes=scopes,
                reasons=[SuppressionReason.OPT_OUT.value],
                why=f"asked for again: {entry.source}"[:200],
                actor=entry.actor,
                now=now,
            ),
        )
        for row in lifted:
            audit.record(
                actor=entry.actor,
                action="suppression.lift",
                kind="suppression",
                subject=row[0],
                reason=row[3],
            )


def withdraw(
    contact_id: int, purpose: str, *, at: datetime, source: str, evidence: str, actor: str, now: datetime
) -> int:
    """Record that a contact took consent for a purpose back; returns the entry's number.

    This is about the person; to keep the number itself from being written to, whoever it belongs to, use
    `record_opt_outs` or `suppress_numbers`.
    """
    _check_statement(purpose, evidence, at=at, now=now)
    entry = NewEntry(contact_id, purpose, False, at, source, None, evidence, actor)
    with bulk_transaction() as connection:
        _contact(contact_id)
        audit.record(
            actor=actor, action="consent.withdraw", kind="contact", subject=contact_id, purpose=purpose
        )
        [seq] = append_entries(connection, [entry], now=now)
    return seq


def suppress_numbers(
    indexes: Sequence[bytes],
    *,
    scope: str,
    reason: str,
    source: str,
    actor: str,
    now: datetime,
    at: datetime | None = None,
    withdrawals: Sequence[NewEntry] = (),
) -> int:
    """Keep numbers (by their index) from being written to; returns how many were not suppressed so before.

    A complaint also withdraws the consent of the contacts behind the numbers. `withdrawals`: others that come of the
    same ground, recorded before the wire is silent.
    """
    with bulk_transaction() as connection:
        _record(connection, withdrawals, now=now)
        audit.record(
            actor=actor, action="suppression.add", kind="suppression", count=len(indexes), reason=reason
        )
        script = suppressing.suppress(
            indexes,
            scope=Scope(scope),
            reason=SuppressionReason(reason),
            source=source,
            at=at or now,
            actor=actor,
            now=now,
        )
        return perform(connection, script)


def record_complaints(
    connection: Connection,
    complaints: Sequence[tuple[bytes, datetime, str]],
    *,
    actor: str,
    now: datetime,
) -> int:
    """Keep marketing from numbers that complained, each (index, when, source), no number twice; service messages
    still arrive. Returns how many were not suppressed so before.

    Withdraws the consent of whoever is behind a number. Behind the barrier: the caller commits at once.
    """
    if complaints:
        audit.record(
            actor=actor,
            action="suppression.add",
            kind="suppression",
            count=len(complaints),
            reason=SuppressionReason.COMPLAINT.value,
        )
    script = suppressing.suppress_each(
        complaints, scope=Scope.MARKETING, reason=SuppressionReason.COMPLAINT, actor=actor, now=now
    )
    return perform(connection, script)


def suppress_contact(
    contact_id: int, *, scope: str, reason: str, source: str, actor: str, now: datetime
) -> int:
    """`suppress_numbers` for a contact's present number. Raises NotFound `contact.unknown`, `contact.no_phone`."""
    index = _contact(contact_id).phone_index
    if index is None:
        raise NotFound("contact.no_phone", id=contact_id)
    return suppress_numbers([bytes(index)], scope=scope, reason=reason, source=source, actor=actor, now=now)


def lift_suppression(suppression_id: int, *, reason: str, actor: str, now: datetime) -> None:
    """Let a number be written to again, where consent allows it. `reason` says why, for whoever asks later.

    Withdrawals stay: a person who opted out has to agree again. Raises InvalidInput `suppression.no_reason`,
    NotFound `suppression.unknown`, Conflict `suppression.lifted_already`.
    """
    if not reason.strip():
        raise InvalidInput("suppression.no_reason")
    with bulk_transaction() as connection:
        found = Suppression.objects.filter(pk=suppression_id).first()
        if found is None:
            raise NotFound("suppression.unknown", id=suppression_id)
        script = suppressing.lift(
            [bytes(found.phone_index)],
            scopes=[found.scope],
            reasons=[found.reason],
            why=reason[:200],
            actor=actor,
            now=now,
        )
        lifted = perform(connection, script)
        if suppression_id not in {row[0] for row in lifted}:
            raise Conflict("suppression.lifted_already", id=suppression_id)
        audit.record(
            actor=actor,
            action="suppression.lift",
            kind="suppression",
            subject=suppression_id,
            reason=found.reason,
            why=reason,
        )


def rebuild_standing(progress: Callable[[int], None] | None = None) -> int:
    """Derive all standings from the facts, in steps of their own; returns how many contacts were looked at."""
    done = 0
    after = 0
    while True:
        with bulk_transaction() as connection:
            ids = _next_contacts(connection, after)
            if not ids:
                return done
            refresh_standing(connection, ids)
        after = ids[-1]
        done += len(ids)
        if progress is not None:
            progress(done)


def _next_contacts(connection: Connection, after: int) -> list[int]:
    """Everybody who is a contact or has entries or a standing."""
    rows = connection.execute(
        "select id from contact where id > %(after)s union select contact_id from standing where contact_id > %(after)s "
        "union select contact_id from consent_entry where contact_id > %(after)s order by 1 limit %(step)s",
        {"after": after, "step": _REBUILD_STEP},
    ).fetchall()
    return [row[0] for row in rows]


def _check_statement(purpose: str, evidence: str, *, at: datetime, now: datetime) -> None:
    check(purpose)
    check_reference(evidence)
    if at > now:
        raise InvalidInput("consent.in_future", at=at.isoformat())


def _contact(contact_id: int) -> Contact:
    contact = Contact.objects.only("id", "phone_index").filter(pk=contact_id).first()
    if contact is None:
        raise NotFound("contact.unknown", id=contact_id)
    return contact
