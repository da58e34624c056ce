"""State of numbers, requests about personal data, forms."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import Field

from xinfeng.forms import reads as forms
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.database import Connection
from xinfeng.hygiene import reads as hygiene
from xinfeng.integrations.api import shapes
from xinfeng.integrations.api.door import Needs, actor_of, write
from xinfeng.integrations.api.people import alive
from xinfeng.integrations.ingest.rows import Line100
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import Carrier
from xinfeng.kernel.time import business_day, utc_now
from xinfeng.privacy import actions as privacy
from xinfeng.privacy.requesters import Requester

router = Router()


class Number(shapes.Out):
    """What is known of a contact's present number. `quarantine`: why nothing is sent to it, null if it may be."""

    contact_id: int
    state: str
    since: datetime | None
    quarantine: str | None
    alive_at: datetime | None
    checked_at: datetime | None
    carrier_now: Literal["unknown", "mobile", "unicom", "telecom", "broadnet"]
    ported: bool


class RequestIn(shapes.In):
    """What a person asked for, and how. `phone` or `external_id` says about whom."""

    kind: Literal[
        "access",
        "copy",
        "correction",
        "erasure",
        "portability",
        "no_marketing",
        "no_personalisation",
        "explanation",
    ]
    via: Literal["phone", "shop", "letter", "email", "reply", "online", "authority"] = "online"
    received_at: shapes.When
    phone: Annotated[str, Field(max_length=40)] = ""
    external_id: Line100 | None = None
    name: Annotated[str, Field(max_length=60)] = ""
    contact: Annotated[
        str, Field(max_length=200, description="Where the answer goes: a number, an address, e-mail")
    ] = ""
    words: Annotated[str, Field(max_length=2000, description="What the person said")] = ""


class RequestTaken(shapes.Out):
    """The request is in the queue of the people who answer it; `due_at` is the deadline."""

    id: int
    kind: str
    state: str
    received_at: datetime
    due_at: datetime


class FormShown(shapes.Out):
    """A form with its figures of all time."""

    id: int
    slug: str
    name: str
    kind: str
    state: str
    views: int
    submissions: int
    done: int
    confirmed: int
    grants: int
    stopped: int


class FormStatistics(shapes.Out):
    """Day by day. `grants`, `abuse`, `sources`: totals by purpose, by what was stopped, by where people came from."""

    id: int
    days: list[date]
    views: list[int]
    submissions: list[int]
    done: list[int]
    confirmed: list[int]
    grants: dict[str, int]
    abuse: dict[str, int]
    sources: dict[str, int]


@router.get(
    "/contacts/{contact_id}/number",
    auth=Needs("numbers:read"),
    operation_id="getNumber",
    summary="State of a contact's number",
    response=Number,
    tags=["numbers"],
)
def get_number(request: HttpRequest, contact_id: shapes.PathId) -> dict[str, Any]:
    """What receipts and lookups have taught; `unknown` where nothing has."""
    card = hygiene.number_of(alive(contact_id))
    return {
        "contact_id": card.contact_id,
        "state": card.state.name.lower(),
        "since": card.since,
        "quarantine": str(card.quarantine) or None,
        "alive_at": card.alive_at,
        "checked_at": card.checked_at,
        "carrier_now": Carrier(card.carrier_now).name.lower(),
        "ported": card.ported,
    }


@router.post(
    "/privacy/requests",
    auth=Needs("privacy:write"),
    operation_id="handInRequest",
    summary="Hand a person's request in",
    response={201: RequestTaken},
    tags=["privacy"],
)
def hand_in(request: HttpRequest, asked: RequestIn) -> HttpResponse:
    """Access, copy, correction, erasure …: people answer it, after making sure of who asks. A number nobody has is
    taken as well; the answer never says whether it is known."""
    if not asked.phone.strip() and asked.external_id is None:
        raise InvalidInput("contact.unidentified")
    actor, now = actor_of(request), utc_now()

    def do(_: Connection) -> RequestTaken:
        taken = privacy.receive(
            kind=asked.kind,
            via=asked.via,
            requester=Requester(
                name=asked.name,
                phone=asked.phone,
                external_id=asked.external_id or "",
                contact=asked.contact,
                words=asked.words,
            ),
            received_at=asked.received_at,
            actor=actor,
            now=now,
        )
        return RequestTaken(
            id=taken.pk,
            kind=taken.kind,
            state=taken.state,
            received_at=taken.received_at,
            due_at=taken.due_at,
        )

    return write(request, do, created=True)


@router.get(
    "/forms",
    auth=Needs("forms:read"),
    operation_id="listForms",
    summary="List forms",
    response=list[FormShown],
    tags=["forms"],
)
def list_forms(request: HttpRequest) -> list[dict[str, Any]]:
    """The 500 changed last, with their figures."""
    return [
        {
            "id": row.form.pk,
            "slug": row.form.slug,
            "name": row.form.name,
            "kind": row.form.kind,
            "state": row.form.state,
            "views": row.views,
            "submissions": row.submissions,
            "done": row.done,
            "confirmed": row.confirmed,
            "grants": row.grants,
            "stopped": row.stopped,
        }
        for row in forms.figures(forms.forms()[:500])
    ]


@router.get(
    "/forms/{form_id}/statistics",
    auth=Needs("forms:read"),
    operation_id="getFormStatistics",
    summary="Statistics of a form",
    response=FormStatistics,
    tags=["forms"],
)
def form_statistics(
    request: HttpRequest, form_id: shapes.PathId, days: Annotated[int, Query(ge=1, le=366)] = 30
) -> dict[str, Any]:
    """The last days up to today, in the enterprise's zone."""
    form = forms.form_of(form_id)
    found = forms.statistics(form.pk, last=business_day(utc_now(), xinfeng_settings.load().zone), days=days)
    series = {name: list(found.series[what]) for name, what in _SERIES.items()}
    return {
        "id": form.pk,
        "days": list(found.days),
        **series,
        "grants": dict(found.grants),
        "abuse": dict(found.abuse),
        "sources": dict(found.sources),
    }


_SERIES = {"views": "view", "submissions": "submission", "done": "done", "confirmed": "confirmed"}
