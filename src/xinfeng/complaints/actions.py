"""What is done with complaints. Each action is one transaction, with a step and an audit entry.

Taking in ends behind the wire barrier (`consent.actions.record_complaints`): when it has committed, no marketing
message reaches the number any more, whatever is planned or queued. Which message it was is looked for afterwards.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from xinfeng.complaints import settings, texts
from xinfeng.complaints.deadlines import due_after
from xinfeng.complaints.intake import NewComplaint, Taken, take_rows
from xinfeng.complaints.lifecycle import Action, Fact, check, standing
from xinfeng.complaints.matches import match_waiting, set_by_person
from xinfeng.complaints.models import (
    Complaint,
    ComplaintAttachment,
    ComplaintMatch,
    ComplaintStanding,
    ComplaintStep,
    Dismissal,
    Source,
)
from xinfeng.delivery.inbox import handle_reply
from xinfeng.delivery.models import Reply, ReplyHandled
from xinfeng.foundation import audit
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.models import User
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.policy import reads as policy

LARGEST_ATTACHMENT = 5 * 1024 * 1024
MOST_ATTACHMENTS = 20
LONGEST_EXTENSION = 30

__all__ = [
    "NewComplaint",
    "Taken",
    "answer",
    "assign",
    "attach",
    "dismiss",
    "extend",
    "match_waiting",
    "note",
    "rebuild_standings",
    "reopen",
    "save_letter",
    "set_message",
    "take_complaint",
    "take_many",
    "take_reply",
    "take_up",
]


def take_complaint(given: NewComplaint, *, actor: str, now: datetime) -> Taken:
    """Take one complaint in and look for its message. One that is known already changes nothing.

    Raises InvalidInput: `complaint.source`, `complaint.about`, `complaint.in_future`, `complaint.too_old`,
    `complaint.too_long`, `complaint.reference`, and what `kernel.phones.parse_mainland` raises.
    """
    with bulk_transaction() as connection:
        [taken] = take_many(connection, [given], actor=actor, now=now)
    if not taken.known:
        match_waiting(now=now, only=[taken.complaint_id])
    return taken


def take_many(
    connection: Connection,
    rows: Sequence[NewComplaint],
    *,
    actor: str,
    now: datetime,
    file_id: int | None = None,
) -> list[Taken]:
    """Take complaints in, in the order given, in the caller's transaction: commit at once, the wire waits.

    Messages are looked for by a job (`match_waiting`). Raises as `take_complaint`, before anything is written.
    """
    rules = settings.current()
    calendar, zone = policy.calendar(), xinfeng_settings.load().zone
    due = {
        source: due_after(now, rules.workdays_of(source), calendar=calendar, zone=zone)
        for source in {one.source for one in rows}
    }
    return take_rows(connection, rows, due=due, actor=actor, now=now, file_id=file_id)


def take_reply(reply_id: int, *, about: str, actor: str, now: datetime) -> Taken:
    """A reply in the inbox is a complaint. Raises NotFound `reply.unknown`."""
    reply = Reply.objects.filter(pk=reply_id).first()
    if reply is None:
        raise NotFound("reply.unknown", id=reply_id)
    given = NewComplaint(
        source=Source.REPLY,
        phone=vault().open(Kind.PHONE, bytes(reply.phone_sealed)),
        complained_at=reply.received_at,
        about=about,
        reference=f"reply:{reply_id}",
        said=vault().open(Kind.REPLY, bytes(reply.body_sealed)),
        reply_id=reply_id,
    )
    taken = take_complaint(given, actor=actor, now=now)
    if not ReplyHandled.objects.filter(pk=reply_id).exists():
        handle_reply(reply_id, actor=actor, now=now)
    return taken


def take_up(complaint_id: int, *, actor: str, now: datetime) -> None:
    """I handle this one."""
    _step(complaint_id, Action.TAKE_UP, actor=actor, now=now)


def assign(complaint_id: int, *, to: str, actor: str, now: datetime) -> None:
    """Somebody else handles it. Raises NotFound `user.unknown`."""
    if not User.objects.filter(username=to, is_active=True).exists():
        raise NotFound("user.unknown", username=to[:150])
    _step(complaint_id, Action.ASSIGN, actor=actor, now=now, detail={"to": to})


def note(complaint_id: int, *, text: str, actor: str, now: datetime) -> None:
    """Keep what was found out or said. Raises InvalidInput `complaint.empty`."""
    words = _needed(text, "note")
    _step(complaint_id, Action.NOTE, actor=actor, now=now, words=words)


def extend(complaint_id: int, *, workdays: int, reason: str, actor: str, now: datetime) -> datetime:
    """So many working days more, counted from the present deadline; returns the new one."""
    if not 1 <= workdays <= LONGEST_EXTENSION:
        raise InvalidInput("complaint.extension", at_most=LONGEST_EXTENSION)
    words = _needed(reason, "reason")
    with transaction.atomic():
        now_due = _locked(complaint_id).due_at
        due_at = due_after(
            max(now_due, now), workdays, calendar=policy.calendar(), zone=xinfeng_settings.load().zone
        )
        _step(
            complaint_id,
            Action.EXTEND,
            actor=actor,
            now=now,
            detail={"due_at": due_at.isoformat(), "workdays": workdays},
            words=words,
        )
    return due_at


def save_letter(complaint_id: int, *, text: str, to: str, actor: str, now: datetime) -> None:
    """Keep the draft of an answer; `to` is `complainant` or `carrier`. The latest is what is sent."""
    if to not in ("complainant", "carrier"):
        raise InvalidInput("complaint.letter_to")
    words = _needed(text, "letter")
    _step(complaint_id, Action.LETTER, actor=actor, now=now, detail={"to": to}, words=words)


def answer(complaint_id: int, *, valid: bool, how: str, actor: str, now: datetime) -> None:
    """It was answered. `valid`: whether it holds up; `how` it was answered and what was done, for later."""
    words = _needed(how, "how")
    _step(complaint_id, Action.ANSWER, actor=actor, now=now, detail={"valid": valid}, words=words)


def dismiss(complaint_id: int, *, why: str, explanation: str, actor: str, now: datetime) -> None:
    """It is none of ours to answer for, so that it doesn't count. Raises InvalidInput `complaint.dismissal`.

    Its suppression stays: lifting that is a decision of its own (`consent.actions.lift_suppression`).
    """
    if why not in Dismissal.values:
        raise InvalidInput("complaint.dismissal", why=why[:20])
    words = _needed(explanation, "explanation")
    _step(complaint_id, Action.DISMISS, actor=actor, now=now, detail={"why": why}, words=words)


def reopen(complaint_id: int, *, reason: str, actor: str, now: datetime) -> None:
    """It isn't over after all; it counts again."""
    words = _needed(reason, "reason")
    _step(complaint_id, Action.REOPEN, actor=actor, now=now, words=words)


def set_message(complaint_id: int, *, message_id: int | None, actor: str, now: datetime) -> None:
    """A person says which message it is about; None: none of ours. Raises NotFound `message.unknown`."""
    with bulk_transaction() as connection:
        _locked(complaint_id)
        match = set_by_person(connection, complaint_id, message_id, actor=actor, now=now)
        _step(
            complaint_id,
            Action.MATCH,
            actor=actor,
            now=now,
            detail={"message": match.message_id, "plan": match.plan_id},
        )


def attach(complaint_id: int, *, name: str, content: bytes, actor: str, now: datetime) -> int:
    """Keep a file with it, sealed. Raises InvalidInput `complaint.attachment_size`, Conflict
    `complaint.attachments`."""
    if not 0 < len(content) <= LARGEST_ATTACHMENT:
        raise InvalidInput("complaint.attachment_size", at_most_mb=LARGEST_ATTACHMENT >> 20)
    shown = texts.clean(name.replace("/", "_").replace("\\", "_"), longest=200, field="name") or "file"
    with transaction.atomic():
        _locked(complaint_id)
        if ComplaintAttachment.objects.filter(complaint_id=complaint_id).count() >= MOST_ATTACHMENTS:
            raise Conflict("complaint.attachments", at_most=MOST_ATTACHMENTS)
        kept = ComplaintAttachment.objects.create(
            complaint_id=complaint_id,
            at=now,
            actor=actor,
            size_bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            name_sealed=vault().seal(Kind.COMPLAINT, shown),
            content_sealed=vault().seal(Kind.COMPLAINT, b64encode(content).decode()),
        )
        _step(complaint_id, Action.ATTACH, actor=actor, now=now, detail={"attachment": kept.pk})
    return int(kept.pk)


def rebuild_standings() -> int:
    """Derive all standings from the facts again; returns how many there are."""
    ids = list(Complaint.objects.order_by("pk").values_list("pk", flat=True))
    for complaint_id in ids:
        with transaction.atomic():
            _settle(complaint_id)
    return len(ids)


def _needed(text: str, field: str) -> str:
    words = texts.clean(text, longest=texts.LONGEST_NOTE, field=field)
    if not words:
        raise InvalidInput("complaint.empty", field=field)
    return words


def _locked(complaint_id: int) -> ComplaintStanding:
    found = ComplaintStanding.objects.select_for_update().filter(pk=complaint_id).first()
    if found is None:
        raise NotFound("complaint.unknown", id=complaint_id)
    return found


def _step(
    complaint_id: int,
    action: Action,
    *,
    actor: str,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
    words: str = "",
) -> None:
    with transaction.atomic():
        check(_locked(complaint_id).state, action)
        ComplaintStep.objects.create(
            complaint_id=complaint_id,
            at=now,
            actor=actor,
            action=action.value,
            detail=dict(detail or {}),
            words_sealed=texts.seal_note(words),
        )
        _settle(complaint_id)
        audit.record(
            actor=actor,
            action=f"complaint.{action.value}",
            kind="complaint",
            subject=complaint_id,
            **dict(detail or {}),
        )


def _settle(complaint_id: int) -> None:
    """Write the standing that the facts come to."""
    complaint = Complaint.objects.get(pk=complaint_id)
    steps = ComplaintStep.objects.filter(complaint_id=complaint_id).order_by("pk")
    where = standing(
        (Fact(one.action, one.at, one.actor, one.detail) for one in steps), due_at=complaint.due_at
    )
    match = ComplaintMatch.objects.filter(complaint_id=complaint_id).order_by("-pk").first()
    ComplaintStanding.objects.update_or_create(
        pk=complaint_id,
        defaults={
            "source": complaint.source,
            "about": complaint.about,
            "complained_at": complaint.complained_at,
            "taken_at": complaint.taken_at,
            "contact_id": complaint.contact_id,
            "due_at": where.due_at,
            "state": where.state,
            "valid": where.valid,
            "dismissal": where.dismissal,
            "assigned_to": where.assigned_to,
            "closed_at": where.closed_at,
            "certainty": match.certainty if match else "",
            "message_id": match.message_id if match else None,
            "plan_id": match.plan_id if match else None,
            "channel_id": match.channel_id if match else None,
        },
    )
