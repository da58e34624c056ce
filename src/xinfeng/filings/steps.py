"""What happens to filings and qualifications: a fact for each, and an entry in the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import models

from xinfeng.filings import lifecycle
from xinfeng.filings.lifecycle import Move
from xinfeng.filings.models import Filing, FilingState, FilingStep, Subject
from xinfeng.foundation import audit
from xinfeng.kernel.errors import InvalidInput, NotFound

LONGEST_REASON = 300
LONGEST_NUMBER = 80

F = TypeVar("F", bound=models.Model)


def locked(model: type[F], pk: int, *, code: str) -> F:
    """One row, for the rest of the transaction. Raises NotFound `code`."""
    found: F | None = model._default_manager.select_for_update().filter(pk=pk).first()
    if found is None:
        raise NotFound(code, id=pk)
    return found


def note(
    subject: Subject,
    subject_id: int,
    action: str,
    *,
    actor: str,
    now: datetime,
    before: str = "",
    after: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write down a step; in the caller's transaction."""
    plain = {name: _plain(value) for name, value in (detail or {}).items() if value not in (None, "")}
    FilingStep.objects.create(
        subject=subject,
        subject_id=subject_id,
        at=now,
        actor=actor,
        action=action,
        before=before,
        after=after,
        detail=plain,
    )
    audit.record(
        actor=actor, action=f"filing.{action}", kind=f"filing_{subject}", subject=subject_id, **plain
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def steps_of(subject: Subject, subject_id: int) -> list[FilingStep]:
    """What happened to it, newest first."""
    return list(FilingStep.objects.filter(subject=subject, subject_id=subject_id).order_by("-id"))


def move(
    filing: Filing,
    subject: Subject,
    step: Move,
    *,
    actor: str,
    now: datetime,
    day: date,
    number: str = "",
    reason: str = "",
    effective_on: date | None = None,
    expires_on: date | None = None,
) -> None:
    """Move a locked filing on and save it. `day`: the business day of `now`.

    Raises Conflict `filing.state`; InvalidInput `filing.no_reason` (a refusal and a withdrawal say why),
    `filing.days` (its last day before its first, or one that has passed already), `filing.too_long` (field).
    """
    before = filing.state_on(day)
    filing.state = lifecycle.after(
        before if before is FilingState.EXPIRED else FilingState(filing.state), step
    )
    number, reason = _short(number, "number", LONGEST_NUMBER), _short(reason, "reason", LONGEST_REASON)
    if step in (Move.REFUSE, Move.WITHDRAW) and not reason:
        raise InvalidInput("filing.no_reason")
    if step is Move.SUBMIT:
        filing.submitted_on, filing.reason = day, ""
    elif step is Move.CONFIRM:
        filing.number = number or filing.number
        filing.effective_on = effective_on or (filing.effective_on if before is FilingState.IN_FORCE else day)
        filing.expires_on, filing.reason = expires_on, ""
        _check_days(filing, day)
    else:
        filing.reason = reason
    filing.save()
    note(
        subject,
        filing.pk,
        str(step),
        actor=actor,
        now=now,
        before=str(before),
        after=str(filing.state),
        detail={
            "number": number,
            "reason": reason,
            "effective_on": filing.effective_on,
            "expires_on": expires_on,
        },
    )


def _check_days(filing: Filing, day: date) -> None:
    last = filing.expires_on
    if last is not None and (last < day or (filing.effective_on is not None and last < filing.effective_on)):
        raise InvalidInput("filing.days", last=last.isoformat())


def _short(text: str, field: str, longest: int) -> str:
    text = " ".join(text.split())
    if len(text) > longest or "\x00" in text:
        raise InvalidInput("filing.too_long", field=field, longest=longest)
    return text
