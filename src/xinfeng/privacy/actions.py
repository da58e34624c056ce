"""What is done with a request. Every step is kept in its history, audited, and one transaction.

Doors see to who may; the rules of what may come when are `privacy.lifecycle`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction

from xinfeng.consent.actions import append_entries, record_opt_outs
from xinfeng.consent.ledger import NewEntry
from xinfeng.consent.models import Purpose
from xinfeng.consent.suppressing import OptOut
from xinfeng.contacts.models import Contact
from xinfeng.content.models import Signature
from xinfeng.foundation import audit
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.personal import Holding, holdings
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.kernel.time import business_day
from xinfeng.privacy import exports, letters, lifecycle, people, requesters
from xinfeng.privacy.deadlines import MOST_DAYS, deadlines, due, latest
from xinfeng.privacy.erasing import Erased, erase_person
from xinfeng.privacy.letters import Facts, Kept, Said
from xinfeng.privacy.lifecycle import Step
from xinfeng.privacy.models import (
    Erasure,
    ExportState,
    IdentityCheck,
    Outcome,
    PrivacyRequest,
    Refusal,
    RequestKind,
    RequestStep,
    Via,
)
from xinfeng.privacy.requesters import Requester

LONGEST_REASON = 200
LONGEST_NOTE = 3_000


def receive(
    *, kind: str, via: str, requester: Requester, received_at: datetime, actor: str, now: datetime
) -> PrivacyRequest:
    """Take a request in, find the person and set the deadline.

    An unknown number is fine: the answer is then that nothing is held. Raises InvalidInput `request.kind`,
    `request.via`, `request.received_in_future`, `request.unfit` and what `people.find` raises.
    """
    if kind not in RequestKind.values:
        raise InvalidInput("request.kind", kind=kind[:20])
    if via not in Via.values:
        raise InvalidInput("request.via", via=via[:20])
    if received_at > now:
        raise InvalidInput("request.received_in_future")
    tidied = requesters.check(requester)
    found = people.find(tidied)
    zone = xinfeng_settings.load().zone
    with transaction.atomic():
        request = PrivacyRequest.objects.create(
            kind=kind,
            via=via,
            requester_sealed=requesters.seal_requester(tidied),
            phone_index=found.phone_index,
            contact_id=found.contact_id,
            received_at=received_at,
            due_at=due(received_at, deadlines().days[kind], zone),
            created_by=actor,
        )
        _note(request, "receive", actor=actor, now=now, found=found.contact_id is not None)
        audit.record(actor=actor, action="request.receive", kind="request", subject=request.pk, what=kind)
    return request


def check_identity(
    request_id: int, *, how: str, ok: bool, note: str, actor: str, now: datetime
) -> PrivacyRequest:
    """Note how it was made sure that the request is the person's own, and with which result.

    `note` says what was seen, without copying the document. Raises InvalidInput `request.identity_how`,
    `request.identity_note` (required), Conflict `request.state`.
    """
    if how not in IdentityCheck.values:
        raise InvalidInput("request.identity_how", how=how[:20])
    words = _reason(note, "request.identity_note")
    step = Step.IDENTIFY if ok else Step.MISIDENTIFY
    with _moving(request_id, step) as request:
        request.identity_how, request.identity_ok = how, ok
        request.identity_at, request.identity_by, request.identity_note = now, actor, words
        _note(request, step.value, actor=actor, now=now, how=how, ok=ok)
        audit.record(
            actor=actor, action="request.identity", kind="request", subject=request_id, how=how, ok=ok
        )
    return request


def extend(request_id: int, *, days: int, reason: str, actor: str, now: datetime) -> PrivacyRequest:
    """Give oneself more days, with a reason that the person will read.

    Raises InvalidInput `request.no_reason`, `request.too_late_a_day` (latest) beyond what is allowed from the
    day it was received, Conflict `request.state`.
    """
    words = _reason(reason, "request.no_reason")
    zone = xinfeng_settings.load().zone
    with _moving(request_id, Step.EXTEND) as request:
        at_most = latest(request.received_at, zone)
        # The deadline is the first moment after the last day, and so lies on the day behind it.
        due_at = due(request.due_at, min(days, MOST_DAYS) - 1, zone)
        if days <= 0 or due_at > at_most:
            raise InvalidInput("request.too_late_a_day", latest=f"{at_most - timedelta(days=1):%Y-%m-%d}")
        request.due_at, request.extended_because = due_at, words
        _note(request, "extend", words, actor=actor, now=now, days=days)
        audit.record(actor=actor, action="request.extend", kind="request", subject=request_id, days=days)
    return request


def prepare_export(request_id: int, *, actor: str, now: datetime) -> PrivacyRequest:
    """Let a worker gather everything held; the request is answered when the archive is ready.

    Raises Conflict `request.state`, `request.outcome` for a kind that isn't answered with an export,
    `request.nobody` where nothing is held.
    """
    with _moving(request_id, Step.WORK) as request:
        if request.kind not in lifecycle.EXPORTS:
            raise Conflict("request.outcome", outcome=Outcome.PROVIDED.value, kind=request.kind)
        _person(request)
        request.export_state = ExportState.QUEUED
        _note(request, "prepare_export", actor=actor, now=now)
        audit.record(actor=actor, action="request.export", kind="request", subject=request_id)
        transaction.on_commit(partial(exports.enqueue, request_id, actor))
    return request


def make_export(request_id: int, *, actor: str, now: datetime) -> PrivacyRequest:
    """Write the archive and answer the request with it; the background half of `prepare_export`.

    A fault leaves the export marked as failed, for whoever looks at the request, and is raised.
    """
    made = _request(request_id)
    lifecycle.after(made.state, Step.WORK)
    try:
        exports.write(made, people.all_rows(_person(made)), now=now)
    except BaseException:
        PrivacyRequest.objects.filter(pk=request_id).update(export_state=ExportState.FAILED)
        raise
    with transaction.atomic():
        request = PrivacyRequest.objects.select_for_update().get(pk=request_id)
        if not people.is_there(request.contact_id) or not lifecycle.may(request.state, Step.WORK):
            # Erased, or taken back, while it was being written: nobody gets it.
            transaction.on_commit(partial(exports.discard, made.export_path))
            return request
        if request.export_path:
            transaction.on_commit(partial(exports.discard, request.export_path))
        for name in exports.FIELDS:
            setattr(request, name, getattr(made, name))
        request.save(update_fields=exports.FIELDS)
        _note(request, "export_ready", actor=actor, now=now, rows=request.export_rows)
        return _answer(request_id, Outcome.PROVIDED, actor=actor, now=now)


def erase(request_id: int, *, actor: str, now: datetime) -> Erased:
    """Erase the person of an erasure request and answer it.

    Raises Conflict `request.state`, `request.identity_first`, `request.outcome`, `request.nobody`,
    `request.erased_already`, OSError when the journal can't be written; then nothing was changed.
    """
    request = _request(request_id)
    lifecycle.check_answer(request.kind, request.state, Outcome.ERASED, found=True)
    lifecycle.after(request.state, Step.ANSWER)
    contact_id = _person(request)
    with transaction.atomic():
        done = erase_person(contact_id, cause="request", request_id=request_id, actor=actor, now=now)
        _answer(request_id, Outcome.ERASED, actor=actor, now=now)
    return done


def switch_off(request_id: int, *, actor: str, now: datetime) -> PrivacyRequest:
    """Stop marketing, or personalisation, for the person of a request, and answer it.

    No marketing: consent is withdrawn and the number suppressed, also one that we don't know, under every
    signature. No personalisation: consent to profiling is withdrawn; traits, tiers, rule tags and audiences heed it.
    Raises Conflict `request.state`, `request.outcome`.
    """
    with bulk_transaction() as connection:
        request = _request(request_id)
        if request.kind not in lifecycle.WITHOUT_CHECK:
            raise Conflict("request.outcome", outcome=Outcome.SWITCHED_OFF.value, kind=request.kind)
        marketing = request.kind == RequestKind.NO_MARKETING
        contact_id = request.contact_id if people.is_there(request.contact_id) else None
        index = _number_of(contact_id, request) if marketing else None
        if contact_id is None and index is None:
            return _answer(request_id, Outcome.NOTHING_HELD, actor=actor, now=now)
        answered = _answer(request_id, Outcome.SWITCHED_OFF, actor=actor, now=now)
        source, evidence = f"request:{request.kind}", people.reference(request_id)
        if index is not None:
            said = OptOut(index, contact_id, now, source, evidence)
            record_opt_outs(connection, [said], now=now, actor=actor)
        elif contact_id is not None:
            purpose = Purpose.MARKETING if marketing else Purpose.PROFILING
            entry = NewEntry(contact_id, purpose.value, False, now, source, None, evidence, actor)
            append_entries(connection, [entry], now=now)
    return answered


def record_correction(request_id: int, *, fields: Sequence[str], actor: str, now: datetime) -> PrivacyRequest:
    """Note what was corrected. The door has changed it through `intake.editing`, in the same transaction, and names
    the fields in the reader's words. Raises Conflict `request.state`, InvalidInput `request.nothing_changed`."""
    if not fields:
        raise InvalidInput("request.nothing_changed")
    with _moving(request_id, Step.WORK) as request:
        if request.kind != RequestKind.CORRECTION:
            raise Conflict("request.outcome", outcome=Outcome.CORRECTED.value, kind=request.kind)
        _note(request, "correct", actor=actor, now=now, fields=list(fields))
        audit.record(actor=actor, action="request.correct", kind="request", subject=request_id)
    return request


def answer(request_id: int, *, outcome: Outcome, note: str = "", actor: str, now: datetime) -> PrivacyRequest:
    """The request is done: draft its letter. For corrections that were made, explanations (`note` is the explanation)
    and requests of people we hold nothing about; the others are answered by what is done for them.

    Raises Conflict `request.state`, `request.outcome`, `request.identity_first`, `request.not_done` where nothing was
    corrected yet, InvalidInput `request.no_reason`.
    """
    if outcome not in (Outcome.CORRECTED, Outcome.EXPLAINED, Outcome.NOTHING_HELD):
        raise Conflict("request.not_done", outcome=outcome.value)
    corrected = RequestStep.objects.filter(request_id=request_id, action="correct").exists()
    if outcome is Outcome.CORRECTED and not corrected:
        raise Conflict("request.not_done", outcome=outcome.value)
    if outcome is Outcome.EXPLAINED and not note.strip():
        raise InvalidInput("request.no_reason")
    return _answer(request_id, outcome, note=note, actor=actor, now=now)


def _answer(
    request_id: int, outcome: Outcome, *, note: str = "", actor: str, now: datetime
) -> PrivacyRequest:
    with _moving(request_id, Step.ANSWER) as request:
        found = people.is_there(request.contact_id)
        lifecycle.check_answer(request.kind, request.state, outcome, found=found)
        request.outcome, request.answered_at = outcome, now
        request.letter_sealed = requesters.seal_letter(_draft(request, note, now=now))
        _note(request, "answer", actor=actor, now=now, outcome=outcome.value)
        audit.record(
            actor=actor, action="request.answer", kind="request", subject=request_id, outcome=outcome.value
        )
    return request


def refuse(request_id: int, *, refusal: str, note: str = "", actor: str, now: datetime) -> PrivacyRequest:
    """Refuse, with a reason that names its article. Raises InvalidInput `request.refusal`, Conflict
    `request.state`, `request.never_refused` for the switches."""
    if refusal not in Refusal.values:
        raise InvalidInput("request.refusal", refusal=refusal[:20])
    with _moving(request_id, Step.REFUSE) as request:
        if request.kind in lifecycle.WITHOUT_CHECK:
            raise Conflict("request.never_refused", kind=request.kind)
        request.outcome, request.refusal, request.answered_at = Outcome.REFUSED, refusal, now
        request.letter_sealed = requesters.seal_letter(_draft(request, note, now=now))
        _note(request, "refuse", actor=actor, now=now, refusal=refusal)
        audit.record(
            actor=actor, action="request.refuse", kind="request", subject=request_id, refusal=refusal
        )
    return request


def take_back(request_id: int, *, reason: str, actor: str, now: datetime) -> PrivacyRequest:
    """The person took her request back. Raises InvalidInput `request.no_reason`, Conflict `request.state`."""
    words = _reason(reason, "request.no_reason")
    with _moving(request_id, Step.TAKE_BACK) as request:
        request.closed_at = now
        _note(request, "take_back", words, actor=actor, now=now)
        audit.record(actor=actor, action="request.take_back", kind="request", subject=request_id)
    return request


def edit_letter(request_id: int, *, text: str, actor: str, now: datetime) -> PrivacyRequest:
    """Change the letter before it goes out. Raises InvalidInput `request.letter`, Conflict `request.state`."""
    tidied = letters.check(text)
    with _moving(request_id, Step.EDIT_LETTER) as request:
        request.letter_sealed = requesters.seal_letter(tidied)
        _note(request, "edit_letter", actor=actor, now=now)
        audit.record(actor=actor, action="request.letter", kind="request", subject=request_id)
    return request


def close(request_id: int, *, sent: str, actor: str, now: datetime) -> PrivacyRequest:
    """The answer has gone out; `sent` says how. After an erasure nothing that names the person stays.

    Raises InvalidInput `request.no_reason`, Conflict `request.state`.
    """
    words = _reason(sent, "request.no_reason")
    with _moving(request_id, Step.CLOSE) as request:
        request.closed_at = now
        if request.outcome == Outcome.ERASED or (
            request.kind == RequestKind.ERASURE and request.outcome == Outcome.NOTHING_HELD
        ):
            request.requester_sealed = request.letter_sealed = request.phone_index = None
            request.identity_note = ""
        _note(request, "close", words, actor=actor, now=now)
        audit.record(actor=actor, action="request.close", kind="request", subject=request_id)
    return request


@contextmanager
def _moving(request_id: int, step: Step) -> Iterator[PrivacyRequest]:
    """The request, locked, as it is; at the end it is saved in the state that follows."""
    with transaction.atomic():
        request = PrivacyRequest.objects.select_for_update().filter(pk=request_id).first()
        if request is None:
            raise NotFound("request.unknown", id=request_id)
        after = lifecycle.after(request.state, step)
        yield request
        request.state = after
        request.save()


def _request(request_id: int) -> PrivacyRequest:
    request = PrivacyRequest.objects.filter(pk=request_id).first()
    if request is None:
        raise NotFound("request.unknown", id=request_id)
    return request


def _person(request: PrivacyRequest) -> int:
    """Whom the request is about. Raises Conflict `request.nobody` where nobody was found or is left."""
    if request.contact_id is None or not people.is_there(request.contact_id):
        raise Conflict("request.nobody", id=request.pk)
    return request.contact_id


def _number_of(contact_id: int | None, request: PrivacyRequest) -> bytes | None:
    """The number to be suppressed: the person's present one, else the one she named."""
    if contact_id is not None:
        head = people.all_rows(contact_id)[0]
        index = Contact.objects.filter(pk=head).values_list("phone_index", flat=True).first()
        if index is not None:
            return bytes(index)
    return bytes(request.phone_index) if request.phone_index is not None else None


def _draft(request: PrivacyRequest, note: str, *, now: datetime) -> str:
    zone = xinfeng_settings.load().zone
    erasing = request.outcome == Outcome.ERASED
    sender = Signature.objects.filter(enabled=True).order_by("pk").first()
    expires = request.export_expires_at if request.outcome == Outcome.PROVIDED else None
    return letters.draft(
        Facts(
            reference=people.reference(request.pk),
            kind=RequestKind(request.kind),
            outcome=Outcome(request.outcome),
            name=requesters.open_requester(request.requester_sealed).name,
            received_on=business_day(request.received_at, zone),
            written_on=business_day(now, zone),
            sender=sender.text if sender else "",
            hotline=sender.hotline if sender else "",
            refusal=request.refusal,
            note=note.strip()[:LONGEST_NOTE],
            fields=_corrected(request) if request.outcome == Outcome.CORRECTED else (),
            kept=_kept_of(request) if erasing else (),
            export_until=business_day(expires, zone) if expires else None,
        )
    )


def _kept_of(request: PrivacyRequest) -> list[Kept]:
    """What there still is about an erased person, because the law keeps it."""
    assert request.contact_id is not None
    erased = (
        Erasure.objects.filter(request=request).order_by("pk").values_list("contact_ids", flat=True).first()
    )
    ids = erased or [request.contact_id]
    return [
        _kept(one) for one in holdings() if one.kept_because and next(iter(one.rows(ids)), None) is not None
    ]


def _kept(holding: Holding) -> Kept:
    return Kept(
        Said(holding.label, holding.label_en),
        Said(holding.kept_because.rstrip("。"), holding.kept_because_en.rstrip(".")),
    )


def _corrected(request: PrivacyRequest) -> list[str]:
    steps = RequestStep.objects.filter(request=request, action="correct").order_by("pk")
    return list(dict.fromkeys(field for step in steps for field in step.detail.get("fields", [])))


def _note(
    request: PrivacyRequest, action: str, comment: str = "", *, actor: str, now: datetime, **detail: Any
) -> None:
    RequestStep.objects.create(
        request=request, at=now, actor=actor, action=action, comment=comment, detail=detail
    )


def _reason(text: str, code: str) -> str:
    words = " ".join(text.replace("\x00", "").split())[:LONGEST_REASON]
    if not words:
        raise InvalidInput(code)
    return words
