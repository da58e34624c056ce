"""Questions about requests. Who asks is masked in lists; the request's own page opens it for those who handle it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db.models import Count, Q, QuerySet

from xinfeng.contacts.models import Contact
from xinfeng.contacts.reads import mask_name
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.personal import Holding
from xinfeng.foundation.vault import vault
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.phones import mask, parse_mainland
from xinfeng.privacy import people
from xinfeng.privacy.archive import shown_first
from xinfeng.privacy.deadlines import DUE_SOON, days_left
from xinfeng.privacy.lifecycle import OPEN, WITHOUT_CHECK
from xinfeng.privacy.models import Erasure, PrivacyRequest, RequestKind, RequestState, RequestStep
from xinfeng.privacy.requesters import Requester, open_letter, open_requester

MOST_COUNTED = 10_000
"""Rows of a holding are counted up to here; a page needs no more than that."""


@dataclass(frozen=True, slots=True)
class RequestQuery:
    """`text`: a reference (`GX-000042`), a number, or an external id of the person. `state` may be `open`."""

    text: str = ""
    kind: str = ""
    state: str = ""
    due: str = ""  # overdue, soon
    contact_id: int | None = None
    limit: int = 25
    offset: int = 0


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request in a list. `days_left`: 0 is today, negative is overdue; None once it is over."""

    id: int
    reference: str
    kind: str
    state: str
    via: str
    who: str
    contact_id: int | None
    received_at: datetime
    due_at: datetime
    days_left: int | None
    outcome: str
    created_by: str


@dataclass(frozen=True, slots=True)
class Page:
    rows: tuple[RequestRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Of open requests: all, past their deadline, due within three days, and waiting for the identity check."""

    open: int
    overdue: int
    due_soon: int
    unchecked: int


@dataclass(frozen=True, slots=True)
class StepRow:
    at: datetime
    actor: str
    action: str
    comment: str
    detail: dict[str, object]


@dataclass(frozen=True, slots=True)
class RequestCard:
    """Everything about one request. `requester` and `letter` are empty once they were erased."""

    row: RequestRow
    request: PrivacyRequest
    requester: Requester
    letter: str
    is_there: bool
    steps: tuple[StepRow, ...]
    erasure: Erasure | None


@dataclass(frozen=True, slots=True)
class Held:
    """A kind of data and how much of it there is; `more`: at least that many."""

    name: str
    label: str
    label_en: str
    count: int
    more: bool
    erasable: bool
    kept_because: str
    kept_because_en: str


def requests(query: RequestQuery, *, now: datetime) -> Page:
    """A page of requests: open ones by deadline, then those that are over, latest first. Raises InvalidInput
    `request.filter` for a filter there isn't."""
    wanted = _matching(PrivacyRequest.objects.all(), query, now=now)
    total = wanted.count()
    is_open = Q(state__in=OPEN)
    opened = wanted.filter(is_open).order_by("due_at", "pk")
    over = wanted.exclude(is_open).order_by("-received_at", "-pk")
    rows = list(opened[query.offset : query.offset + query.limit])
    if len(rows) < query.limit:
        start = max(0, query.offset - opened.count())
        rows += list(over[start : start + query.limit - len(rows)])
    return Page(tuple(_row(one, now=now) for one in rows), total)


def _matching(
    wanted: QuerySet[PrivacyRequest], query: RequestQuery, *, now: datetime
) -> QuerySet[PrivacyRequest]:
    if query.kind:
        if query.kind not in RequestKind.values:
            raise InvalidInput("request.filter", name="kind")
        wanted = wanted.filter(kind=query.kind)
    if query.state:
        if query.state == "open":
            wanted = wanted.filter(state__in=OPEN)
        elif query.state in RequestState.values:
            wanted = wanted.filter(state=query.state)
        else:
            raise InvalidInput("request.filter", name="state")
    if query.due == "overdue":
        wanted = wanted.filter(state__in=OPEN, due_at__lte=now)
    elif query.due == "soon":
        wanted = wanted.filter(state__in=OPEN, due_at__gt=now, due_at__lte=now + DUE_SOON)
    elif query.due:
        raise InvalidInput("request.filter", name="due")
    if query.contact_id is not None:
        wanted = wanted.filter(contact_id__in=people.all_rows(query.contact_id))
    return _with_text(wanted, query.text.replace("\x00", "").strip())


def _with_text(wanted: QuerySet[PrivacyRequest], text: str) -> QuerySet[PrivacyRequest]:
    if not text:
        return wanted
    number = text.upper().removeprefix("GX-")
    if number.isascii() and number.isdigit() and len(number) <= 9:
        return wanted.filter(pk=int(number))
    try:
        index = vault().phone_index(parse_mainland(text))
    except InvalidInput:
        ids = Contact.objects.filter(external_id=text).values_list("pk", flat=True)
        return wanted.filter(contact_id__in=list(ids))
    ids = Contact.objects.filter(phone_index=index).values_list("pk", flat=True)
    return wanted.filter(Q(phone_index=index) | Q(contact_id__in=list(ids)))


def request(request_id: int, *, now: datetime) -> RequestCard:
    """Raises NotFound `request.unknown`."""
    found = PrivacyRequest.objects.filter(pk=request_id).first()
    if found is None:
        raise NotFound("request.unknown", id=request_id)
    steps = RequestStep.objects.filter(request=found).order_by("-at", "-pk")
    return RequestCard(
        row=_row(found, now=now),
        request=found,
        requester=open_requester(found.requester_sealed),
        letter=open_letter(found.letter_sealed),
        is_there=people.is_there(found.contact_id),
        steps=tuple(StepRow(one.at, one.actor, one.action, one.comment, one.detail) for one in steps),
        erasure=Erasure.objects.filter(request=found).order_by("pk").first(),
    )


def counts(*, now: datetime) -> Counts:
    """For the dashboard; one query over the open ones."""
    said = PrivacyRequest.objects.filter(state__in=OPEN).aggregate(
        open=Count("pk"),
        overdue=Count("pk", filter=Q(due_at__lte=now)),
        due_soon=Count("pk", filter=Q(due_at__gt=now, due_at__lte=now + DUE_SOON)),
        unchecked=Count("pk", filter=Q(state=RequestState.RECEIVED) & ~Q(kind__in=WITHOUT_CHECK)),
    )
    return Counts(**said)


def holdings_of(contact_id: int) -> list[Held]:
    """What there is about a person, by kind. Counted by reading, up to MOST_COUNTED rows of each."""
    ids = people.all_rows(contact_id)
    return [_held(ids, holding) for holding in shown_first()]


def _held(ids: Sequence[int], holding: Holding) -> Held:
    count = sum(1 for _ in islice(holding.rows(ids), MOST_COUNTED + 1))
    return Held(
        name=holding.name,
        label=holding.label,
        label_en=holding.label_en,
        count=min(count, MOST_COUNTED),
        more=count > MOST_COUNTED,
        erasable=holding.erase is not None,
        kept_because=holding.kept_because,
        kept_because_en=holding.kept_because_en,
    )


def erased_people() -> int:
    """How many were erased, ever (replays not counted)."""
    return Erasure.objects.exclude(cause="replay").count()


def _row(one: PrivacyRequest, *, now: datetime) -> RequestRow:
    requester = open_requester(one.requester_sealed)
    zone = xinfeng_settings.load().zone
    return RequestRow(
        id=one.pk,
        reference=people.reference(one.pk),
        kind=one.kind,
        state=one.state,
        via=one.via,
        who=_who(requester),
        contact_id=one.contact_id,
        received_at=one.received_at,
        due_at=one.due_at,
        days_left=days_left(one.due_at, now, zone) if one.state in OPEN else None,
        outcome=one.outcome,
        created_by=one.created_by,
    )


def _who(requester: Requester) -> str:
    parts = [
        mask_name(requester.name) if requester.name else "",
        _masked(requester.phone) if requester.phone else requester.external_id,
    ]
    return " ".join(part for part in parts if part)


def _masked(phone: str) -> str:
    try:
        return mask(parse_mainland(phone))
    except InvalidInput:
        return mask(phone)
