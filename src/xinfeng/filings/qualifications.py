"""Qualifications: licences, certificates, letters and contracts with vendors, and what leans on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Q

from xinfeng.channels.models import Channel
from xinfeng.filings import steps
from xinfeng.filings.models import FilingState, Qualification, QualificationKind, SignatureFiling, Subject
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound

WARN_DAYS = (60, 30, 7)
"""So many days before its last day a qualification, or a filing, is warned of, each more urgently."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualificationDraft:
    """`channel_id`: what a vendor's contract is about. Days are inclusive; no `expires_on`: it holds for good."""

    kind: str
    name: str
    number: str
    holder: str
    issuer: str = ""
    issued_on: date | None = None
    expires_on: date | None = None
    channel_id: int | None = None
    note: str = ""


_LONGEST = {"name": 120, "number": 80, "holder": 120, "issuer": 120, "note": 500}
_REQUIRED = ("name", "number", "holder")


def save(draft: QualificationDraft, *, actor: str, now: datetime, qualification_id: int | None = None) -> int:
    """Put one on file, or correct it; returns its id.

    Raises InvalidInput `qualification.kind`, `qualification.incomplete` (missing), `filing.too_long`, `filing.days`;
    NotFound `qualification.unknown`, `channel.unknown`; Conflict `qualification.exists` (number).
    """
    values = _checked(draft)
    try:
        with transaction.atomic():
            if qualification_id is None:
                row, before = Qualification(created_by=actor), {}
            else:
                row = steps.locked(Qualification, qualification_id, code="qualification.unknown")
                before = {name: getattr(row, name) for name in values}
            for name, value in values.items():
                setattr(row, name, value)
            row.save()
            changed = sorted(name for name, value in values.items() if before.get(name, "") != value)
            steps.note(
                Subject.QUALIFICATION,
                row.pk,
                "edit" if before else "add",
                actor=actor,
                now=now,
                detail={
                    "qualification_kind": draft.kind,
                    "number": values["number"],
                    "changed": changed if before else None,
                },
            )
    except IntegrityError:
        raise Conflict("qualification.exists", number=draft.number.strip()) from None
    return row.pk


def retire(qualification_id: int, *, reason: str, actor: str, now: datetime) -> None:
    """It is not used any more: no new filing leans on it, nobody is warned of it.

    Raises InvalidInput `filing.no_reason`, NotFound `qualification.unknown`, Conflict `qualification.retired`.
    """
    if not reason.strip():
        raise InvalidInput("filing.no_reason")
    with transaction.atomic():
        row = steps.locked(Qualification, qualification_id, code="qualification.unknown")
        if row.retired_at is not None:
            raise Conflict("qualification.retired")
        row.retired_at = now
        row.save()
        steps.note(
            Subject.QUALIFICATION,
            row.pk,
            "retire",
            actor=actor,
            now=now,
            detail={"reason": reason.strip()[:300]},
        )


def _checked(draft: QualificationDraft) -> dict[str, Any]:
    if draft.kind not in QualificationKind.values:
        raise InvalidInput("qualification.kind", known=QualificationKind.values)
    texts = {name: " ".join(getattr(draft, name).split()) for name in _LONGEST}
    for name, longest in _LONGEST.items():
        if name in _REQUIRED and not texts[name]:
            raise InvalidInput("qualification.incomplete", missing=name)
        if len(texts[name]) > longest or "\x00" in texts[name]:
            raise InvalidInput("filing.too_long", field=name, longest=longest)
    if draft.issued_on and draft.expires_on and draft.expires_on < draft.issued_on:
        raise InvalidInput("filing.days", last=draft.expires_on.isoformat())
    if draft.channel_id is not None and not Channel.objects.filter(pk=draft.channel_id).exists():
        raise NotFound("channel.unknown", channel=draft.channel_id)
    return {
        **texts,
        "kind": draft.kind,
        "issued_on": draft.issued_on,
        "expires_on": draft.expires_on,
        "channel_id": draft.channel_id,
    }


@dataclass(frozen=True, slots=True)
class Listed:
    """A qualification with how many filings lean on it; `days_left` until its last day, negative when it has passed."""

    qualification: Qualification
    uses: int
    days_left: int | None

    @property
    def urgency(self) -> int | None:
        """The smallest of WARN_DAYS that it has come within; None: there is time. 0: it has passed."""
        return urgency(self.days_left)


def urgency(days_left: int | None) -> int | None:
    """See `Listed.urgency`."""
    if days_left is None:
        return None
    if days_left < 0:
        return 0
    return min((days for days in WARN_DAYS if days_left <= days), default=None)


def listed(day: date, *, kind: str = "", search: str = "", retired: bool = False) -> list[Listed]:
    """By last day, those without one last."""
    leaning = Count("filings", filter=~Q(filings__state=FilingState.WITHDRAWN), distinct=True)
    found = Qualification.objects.filter(retired_at__isnull=not retired).select_related("channel")
    if kind:
        found = found.filter(kind=kind)
    if search := search.strip():
        found = found.filter(
            Q(name__icontains=search) | Q(number__icontains=search) | Q(holder__icontains=search)
        )
    rows = found.annotate(uses=leaning).order_by("expires_on", "pk")
    return [Listed(one, one.uses, (one.expires_on - day).days if one.expires_on else None) for one in rows]


def qualification_of(qualification_id: int) -> Qualification:
    """Raises NotFound `qualification.unknown`."""
    found = Qualification.objects.select_related("channel").filter(pk=qualification_id).first()
    if found is None:
        raise NotFound("qualification.unknown", id=qualification_id)
    return found


def used_by(qualification_id: int) -> list[SignatureFiling]:
    """The filings that lean on it."""
    found = SignatureFiling.objects.filter(qualifications=qualification_id).exclude(
        state=FilingState.WITHDRAWN
    )
    return list(
        found.select_related("signature", "channel").order_by("signature__text", "channel", "carrier")
    )


def running_out(day: date) -> list[Qualification]:
    """Those in use that end within the first of WARN_DAYS, or have ended, the first to end first."""
    last = day + timedelta(days=WARN_DAYS[0])
    return list(
        Qualification.objects.filter(retired_at=None, expires_on__lte=last).order_by("expires_on", "pk")
    )


def choices() -> Sequence[Qualification]:
    """Those a filing may lean on."""
    return list(Qualification.objects.filter(retired_at=None).order_by("kind", "name"))
