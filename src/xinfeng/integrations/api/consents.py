"""Consents and suppressions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from xinfeng.consent import actions, purposes, reads
from xinfeng.consent.asking import may_ask
from xinfeng.consent.models import Notice, Scope, Suppression
from xinfeng.consent.suppressing import OptOut
from xinfeng.foundation import audit
from xinfeng.foundation.database import Connection
from xinfeng.foundation.vault import vault
from xinfeng.integrations.api import shapes
from xinfeng.integrations.api.door import Needs, actor_of, desk_of, write
from xinfeng.integrations.api.people import alive
from xinfeng.integrations.ingest.rows import NoticeRef, check_source
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import parse_mainland
from xinfeng.kernel.time import utc_now

router = Router(tags=["consents"])

SOURCE_PREFIX = "api:"
"""Of what a person said to a system that tells us so at once, one person at a time; a batch counts as a file."""


@router.get(
    "/contacts/{contact_id}/consents",
    auth=Needs("consents:read"),
    operation_id="getConsents",
    summary="Where a person stands",
    response=list[shapes.Consent],
)
def get_consents(request: HttpRequest, contact_id: shapes.PathId) -> list[shapes.Consent]:
    """One entry for each purpose, with whether (or from when) she may be asked, other than by SMS."""
    return _standings(alive(contact_id), now=utc_now())


@router.post(
    "/contacts/{contact_id}/consents/grant",
    auth=Needs("consents:write"),
    operation_id="grantConsent",
    summary="Record a grant",
    response={201: shapes.ConsentRecorded},
)
def grant(request: HttpRequest, contact_id: shapes.PathId, given: shapes.ConsentGrantIn) -> HttpResponse:
    """Appended to the ledger with its evidence. It does not lift the suppression an opt-out has left: only a form of
    Xinfeng that asks for it in so many words, or a person with a reason, does that."""
    contact_id = alive(contact_id)
    actor, now = actor_of(request), utc_now()
    purposes.check(given.purpose)
    check_source(given.source)

    def do(_: Connection) -> shapes.ConsentRecorded:
        seq = actions.grant(
            contact_id,
            given.purpose,
            at=given.at,
            source=SOURCE_PREFIX + given.source,
            notice_id=_notice(given.notice, given.purpose),
            evidence=given.evidence,
            actor=actor,
            now=now,
        )
        return _recorded(contact_id, given.purpose, seq, now)

    return write(request, do, created=True, about=contact_id)


@router.post(
    "/contacts/{contact_id}/consents/withdraw",
    auth=Needs("consents:write"),
    operation_id="withdrawConsent",
    summary="Record a withdrawal",
    response={201: shapes.ConsentRecorded},
)
def withdraw(
    request: HttpRequest, contact_id: shapes.PathId, given: shapes.ConsentWithdrawalIn
) -> HttpResponse:
    """In force when the answer comes: nothing goes out to her for this purpose after that."""
    contact_id = alive(contact_id)
    actor, now = actor_of(request), utc_now()

    def do(_: Connection) -> shapes.ConsentRecorded:
        seq = actions.withdraw(
            contact_id,
            given.purpose,
            at=given.at,
            source=SOURCE_PREFIX + given.source,
            evidence=given.evidence,
            actor=actor,
            now=now,
        )
        return _recorded(contact_id, given.purpose, seq, now)

    return write(request, do, created=True, about=contact_id)


@router.get(
    "/contacts/{contact_id}/consents/proof",
    auth=Needs("consents:read"),
    operation_id="getProof",
    summary="What proves a consent",
    response=shapes.Proof,
)
def get_proof(request: HttpRequest, contact_id: shapes.PathId, purpose: shapes.PurposeName) -> dict[str, Any]:
    """The ledger's entry that decides, the wording, and its place in the chain of hashes."""
    contact_id = alive(contact_id)
    proof = reads.proof(contact_id, purpose)
    entry = proof.entry
    return {
        "contact_id": contact_id,
        "purpose": entry.purpose,
        "granted": entry.granted,
        "seq": entry.seq,
        "at": entry.at,
        "recorded_at": entry.recorded_at,
        "source": entry.source,
        "evidence": entry.evidence,
        "notice": entry.notice,
        "notice_text": proof.notice_text,
        "hash": proof.hash,
        "prev_hash": proof.prev_hash,
        "hash_fits": proof.hash_fits,
        "head_seq": proof.head_seq,
    }


@router.post(
    "/suppressions",
    auth=Needs("suppressions:write"),
    operation_id="suppressNumbers",
    summary="Suppress numbers",
    response={200: shapes.SuppressionsDone},
)
def suppress(request: HttpRequest, wanted: shapes.SuppressionsIn) -> HttpResponse:
    """In force when the answer comes, for every signature. `opt_out` and `complaint` also withdraw the consent of
    the person behind the number. There is no way to lift a suppression through the API."""
    indexes, unreadable = _indexes(wanted.phones)
    desk_of(request).rows = len(wanted.phones)
    actor, now = actor_of(request), utc_now()

    def do(connection: Connection) -> shapes.SuppressionsDone:
        known = {index for index in indexes if index is not None}
        source = SOURCE_PREFIX + wanted.source
        before = _in_force(known, wanted.scope)
        if wanted.reason == "opt_out":
            opt_outs = [
                OptOut(index, None, now, source, scope=Scope(wanted.scope)) for index in sorted(known)
            ]
            actions.record_opt_outs(connection, opt_outs, now=now, actor=actor)
            audit.record(
                actor=actor, action="suppression.add", kind="suppression", count=len(known), reason="opt_out"
            )
        elif known:
            actions.suppress_numbers(
                sorted(known), scope=wanted.scope, reason=wanted.reason, source=source, actor=actor, now=now
            )
        return shapes.SuppressionsDone(added=_in_force(known, wanted.scope) - before, unreadable=unreadable)

    return write(request, do)


@router.post(
    "/suppressions/lookup",
    auth=Needs("suppressions:read"),
    operation_id="lookUpSuppressions",
    summary="Look numbers up",
    response=list[shapes.LookedUp],
)
def look_up(request: HttpRequest, wanted: shapes.LookupIn) -> list[dict[str, Any]]:
    """Which suppressions are in force, number by number in the order given."""
    indexes, _ = _indexes(wanted.phones)
    desk_of(request).rows = len(wanted.phones)
    known = [index for index in indexes if index is not None]
    found: dict[bytes, list[dict[str, Any]]] = {}
    for one in Suppression.objects.filter(phone_index__in=known, lifted_at=None).order_by("id"):
        row = {"scope": one.scope, "reason": one.reason, "at": one.at}
        found.setdefault(bytes(one.phone_index), []).append(row)
    return [
        {
            "index": place,
            "valid": index is not None,
            "suppressed": found.get(index, []) if index is not None else [],
        }
        for place, index in enumerate(indexes)
    ]


def _indexes(phones: list[str]) -> tuple[list[bytes | None], list[int]]:
    """The index of each number, None and its place for those that are none."""
    found: list[bytes | None] = []
    for text in phones:
        try:
            found.append(vault().phone_index(parse_mainland(text)))
        except InvalidInput:
            found.append(None)
    return found, [place for place, index in enumerate(found) if index is None]


def _in_force(indexes: set[bytes], scope: str) -> int:
    return Suppression.objects.filter(phone_index__in=indexes, scope=scope, lifted_at=None).count()


def _notice(wanted: NoticeRef, purpose: str) -> int:
    found = Notice.objects.filter(key=wanted["key"], version=wanted["version"], purpose=purpose)
    notice_id = found.values_list("pk", flat=True).first()
    if notice_id is None:
        raise InvalidInput("consent.notice_unknown")
    return notice_id


def _recorded(contact_id: int, purpose: str, seq: int, now: datetime) -> shapes.ConsentRecorded:
    [consent] = _standings(contact_id, now=now, only=purpose)
    return shapes.ConsentRecorded(seq=seq, consent=consent)


def _standings(contact_id: int, *, now: datetime, only: str = "") -> list[shapes.Consent]:
    found = []
    for row in reads.standing_of(contact_id, now=now):
        if only and row.purpose != only:
            continue
        asking = may_ask(contact_id, row.purpose, by="app", now=now)
        found.append(
            shapes.Consent(
                purpose=row.purpose,
                granted=row.granted,
                since=row.since,
                source=row.source,
                suppressed=row.suppressed,
                may_be_written_to=row.may_be_written_to,
                asking=shapes.Asking(
                    allowed=asking.allowed, reason=asking.reason, may_ask_from=asking.from_when
                ),
            )
        )
    return found
