"""Questions about complaints. Numbers are masked; words are for those who handle complaints (doors see to that)."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from xinfeng.complaints import texts
from xinfeng.complaints.deadlines import days_left
from xinfeng.complaints.lifecycle import OPEN
from xinfeng.complaints.matches import candidates_of
from xinfeng.complaints.matching import Judgement
from xinfeng.complaints.models import (
    About,
    Certainty,
    Complaint,
    ComplaintAttachment,
    ComplaintFile,
    ComplaintFileRow,
    ComplaintMatch,
    ComplaintStanding,
    ComplaintStep,
    Source,
    State,
)
from xinfeng.foundation import audit
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.phones import mask, parse_mainland

PREFIX = "TS-"
DUE_SOON_DAYS = 1


def reference_of(complaint_id: int) -> str:
    """The number people use: TS-000012."""
    return f"{PREFIX}{complaint_id:06d}"


def id_of(reference: str) -> int:
    """Raises NotFound `complaint.unknown`."""
    text = reference.strip().upper().removeprefix(PREFIX)
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound("complaint.unknown", id=reference[:30])
    return int(text)


@dataclass(frozen=True, slots=True)
class ComplaintQuery:
    """`state` is one of `models.State`, `unfinished`, `overdue` or empty; `search` a number, the source's reference
    or ours. `after` is the cursor of the page before."""

    state: str = ""
    source: str = ""
    about: str = ""
    certainty: str = ""
    assigned_to: str = ""
    plan_id: int | None = None
    contact_ids: tuple[int, ...] = ()
    search: str = ""
    after: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class ComplaintRow:
    """A line of the list. `days_left` is None once it is over."""

    id: int
    source: str
    source_reference: str
    about: str
    phone: str
    contact_id: int | None
    complained_at: datetime
    taken_at: datetime
    due_at: datetime
    days_left: int | None
    state: str
    valid: bool | None
    dismissal: str
    assigned_to: str
    certainty: str
    message_id: int | None
    plan_id: int | None
    channel_id: int | None
    closed_at: datetime | None

    @property
    def reference(self) -> str:
        return reference_of(self.id)


@dataclass(frozen=True, slots=True)
class ComplaintPage:
    rows: tuple[ComplaintRow, ...]
    after: str | None


def complaints(query: ComplaintQuery, *, now: datetime) -> ComplaintPage:
    """A page: unfinished ones by deadline, others the latest first. Raises InvalidInput `request.page`,
    `request.filter`."""
    found = _filtered(query, now=now)
    urgent = query.state in ("unfinished", "overdue", State.OPEN, State.HANDLING)
    if query.after:
        at, id_ = _cursor(query.after)
        later = Q(due_at__gt=at) | Q(due_at=at, pk__gt=id_)
        earlier = Q(complained_at__lt=at) | Q(complained_at=at, pk__lt=id_)
        found = found.filter(later if urgent else earlier)
    order = ("due_at", "pk") if urgent else ("-complained_at", "-pk")
    page = list(found.order_by(*order)[: query.limit + 1])
    shown = page[: query.limit]
    after = None
    if len(page) > query.limit:
        last = shown[-1]
        after = f"{(last.due_at if urgent else last.complained_at).isoformat()},{last.pk}"
    return ComplaintPage(tuple(_rows(shown, now=now)), after)


def _filtered(query: ComplaintQuery, *, now: datetime) -> QuerySet[ComplaintStanding]:
    found = ComplaintStanding.objects.all()
    if query.state == "unfinished":
        found = found.filter(state__in=OPEN)
    elif query.state == "overdue":
        found = found.filter(state__in=OPEN, due_at__lt=now)
    elif query.state:
        found = found.filter(state=_known(query.state, State.values, "state"))
    if query.source:
        found = found.filter(source=_known(query.source, Source.values, "source"))
    if query.about:
        found = found.filter(about=_known(query.about, About.values, "about"))
    if query.certainty:
        found = found.filter(certainty=_known(query.certainty, Certainty.values, "certainty"))
    if query.assigned_to:
        found = found.filter(assigned_to=query.assigned_to)
    if query.plan_id is not None:
        found = found.filter(plan_id=query.plan_id)
    if query.contact_ids:
        found = found.filter(contact_id__in=query.contact_ids)
    if query.search.strip():
        found = found.filter(pk__in=_searched(query.search.strip()))
    return found


def _searched(text: str) -> list[int]:
    """At most a thousand: who searches for a number or a reference looks for a few."""
    wanted = Q(reference=text[:80])
    try:
        wanted |= Q(phone_index=bytes(vault().phone_index(parse_mainland(text))))
    except InvalidInput:
        bare = text.upper().removeprefix(PREFIX)
        if bare.isascii() and bare.isdigit() and len(bare) < 19:
            wanted |= Q(pk=int(bare))
    return list(Complaint.objects.filter(wanted).order_by("-pk").values_list("pk", flat=True)[:1000])


def _known(value: str, known: list[str], name: str) -> str:
    if value not in known:
        raise InvalidInput("request.filter", name=name)
    return value


def _cursor(text: str) -> tuple[datetime, int]:
    at, _, id_ = text.rpartition(",")
    try:
        moment, number = datetime.fromisoformat(at), int(id_)
    except ValueError:
        raise InvalidInput("request.page") from None
    if moment.tzinfo is None or abs(number) >= 2**63:
        raise InvalidInput("request.page")
    return moment, number


def _rows(standings: list[ComplaintStanding], *, now: datetime) -> list[ComplaintRow]:
    facts = Complaint.objects.only("id", "reference", "phone_sealed").in_bulk([one.pk for one in standings])
    zone = xinfeng_settings.load().zone
    rows = []
    for one in standings:
        fact = facts[one.pk]
        rows.append(
            ComplaintRow(
                id=one.pk,
                source=one.source,
                source_reference=fact.reference,
                about=one.about,
                phone=_masked(fact),
                contact_id=one.contact_id,
                complained_at=one.complained_at,
                taken_at=one.taken_at,
                due_at=one.due_at,
                days_left=days_left(one.due_at, now, zone) if one.state in OPEN else None,
                state=one.state,
                valid=one.valid,
                dismissal=one.dismissal,
                assigned_to=one.assigned_to,
                certainty=one.certainty,
                message_id=one.message_id,
                plan_id=one.plan_id,
                channel_id=one.channel_id,
                closed_at=one.closed_at,
            )
        )
    return rows


def _masked(fact: Complaint) -> str:
    if fact.phone_sealed is None:
        return ""
    return mask(vault().open(Kind.PHONE, bytes(fact.phone_sealed)))


@dataclass(frozen=True, slots=True)
class Step:
    """One line of its history; `words` is empty for who may not read them."""

    at: datetime
    actor: str
    action: str
    detail: dict[str, Any]
    words: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """`name` is that of the file."""

    id: int
    name: str
    size_bytes: int
    sha256: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Match:
    """Which message it is about, who says so and why."""

    certainty: str
    message_id: int | None
    plan_id: int | None
    contact_id: int | None
    consent_seq: int | None
    channel_id: int | None
    sent_at: datetime | None
    why: tuple[str, ...]
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ComplaintCard:
    """One complaint, whole. `said` and `quoted` are empty for who may not read them."""

    row: ComplaintRow
    said: str
    quoted: str
    names_message: str
    reply_id: int | None
    file_id: int | None
    taken_by: str
    match: Match | None
    steps: tuple[Step, ...]
    attachments: tuple[Attachment, ...]
    letter: str
    letter_to: str


def complaint(complaint_id: int, *, reader: str | None, now: datetime) -> ComplaintCard:
    """Everything about one. `reader`: who reads its words, which is audited; None: they stay sealed.

    Raises NotFound `complaint.unknown`.
    """
    standing = ComplaintStanding.objects.filter(pk=complaint_id).first()
    if standing is None:
        raise NotFound("complaint.unknown", id=complaint_id)
    fact = Complaint.objects.get(pk=complaint_id)
    if reader is not None and fact.text_sealed is not None:
        audit.record(actor=reader, action="complaint.read", kind="complaint", subject=complaint_id)
    words = texts.opened(fact.text_sealed) if reader is not None else texts.Words()
    steps = [
        Step(
            one.at,
            one.actor,
            one.action,
            one.detail,
            texts.open_note(one.words_sealed) if reader is not None else "",
        )
        for one in ComplaintStep.objects.filter(complaint_id=complaint_id).order_by("pk")
    ]
    letters = [one for one in steps if one.action == "letter"]
    attached = ComplaintAttachment.objects.filter(complaint_id=complaint_id).defer("content_sealed")
    return ComplaintCard(
        row=_rows([standing], now=now)[0],
        said=words.said,
        quoted=words.quoted,
        names_message=fact.names_message,
        reply_id=fact.reply_id,
        file_id=fact.file_id,
        taken_by=fact.actor,
        match=_match(ComplaintMatch.objects.filter(complaint_id=complaint_id).order_by("-pk").first()),
        steps=tuple(steps),
        attachments=tuple(
            Attachment(
                one.pk, texts.open_note(one.name_sealed), one.size_bytes, one.sha256, one.actor, one.at
            )
            for one in attached.order_by("pk")
        )
        if reader is not None
        else (),
        letter=letters[-1].words if letters else "",
        letter_to=letters[-1].detail.get("to", "") if letters else "",
    )


def _match(found: ComplaintMatch | None) -> Match | None:
    if found is None:
        return None
    return Match(
        found.certainty,
        found.message_id,
        found.plan_id,
        found.contact_id,
        found.consent_seq,
        found.channel_id,
        found.sent_at,
        tuple(found.why),
        found.actor,
        found.at,
    )


def candidates(complaint_id: int) -> Judgement:
    """The messages it may be about, best first. Raises NotFound `complaint.unknown`."""
    fact = Complaint.objects.filter(pk=complaint_id).first()
    if fact is None:
        raise NotFound("complaint.unknown", id=complaint_id)
    return candidates_of(fact)


def attachment(complaint_id: int, attachment_id: int, *, actor: str) -> tuple[str, bytes]:
    """Name and content, audited. Raises NotFound `complaint.no_attachment`."""
    found = ComplaintAttachment.objects.filter(pk=attachment_id, complaint_id=complaint_id).first()
    if found is None:
        raise NotFound("complaint.no_attachment", id=attachment_id)
    audit.record(
        actor=actor, action="complaint.download", kind="complaint", subject=complaint_id, file=attachment_id
    )
    return texts.open_note(found.name_sealed), b64decode(texts.open_note(found.content_sealed))


@dataclass(frozen=True, slots=True)
class Counts:
    """For dashboards and headings. `lately`: taken in within seven days."""

    open: int
    overdue: int
    due_soon: int
    unmatched: int
    lately: int


def counts(*, now: datetime) -> Counts:
    """One query over what is open, one over the last week."""
    soon = now + timedelta(days=DUE_SOON_DAYS)
    found = ComplaintStanding.objects.filter(state__in=OPEN).aggregate(
        open=Count("pk"),
        overdue=Count("pk", filter=Q(due_at__lt=now)),
        due_soon=Count("pk", filter=Q(due_at__gte=now, due_at__lt=soon)),
        unmatched=Count("pk", filter=Q(certainty=Certainty.NONE)),
    )
    lately = ComplaintStanding.objects.filter(complained_at__gte=now - timedelta(days=7)).count()
    return Counts(**found, lately=lately)


def of_contact(contact_ids: tuple[int, ...], *, now: datetime, limit: int = 20) -> tuple[ComplaintRow, ...]:
    """Those of one person, to whichever of her rows, the latest first."""
    return complaints(ComplaintQuery(contact_ids=contact_ids, limit=limit), now=now).rows


def of_plan(plan_id: int, *, now: datetime, limit: int = 20) -> tuple[ComplaintRow, ...]:
    """Those about one plan's messages, the latest first."""
    return complaints(ComplaintQuery(plan_id=plan_id, limit=limit), now=now).rows


def of_replies(reply_ids: list[int]) -> dict[int, int]:
    """Complaint by reply, of those that were taken in as one."""
    found = Complaint.objects.filter(reply_id__in=reply_ids).values_list("reply_id", "pk")
    return {int(reply_id): pk for reply_id, pk in found if reply_id is not None}


def files(*, before: int | None = None, limit: int = 25) -> list[ComplaintFile]:
    """Files of complaints, the latest first."""
    found = ComplaintFile.objects.order_by("-pk")
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found[:limit])


def refused_rows(file_id: int, *, limit: int = 50) -> list[ComplaintFileRow]:
    """The first refused rows of a file; their cells stay sealed."""
    return list(ComplaintFileRow.objects.filter(file_id=file_id).order_by("line")[:limit])
