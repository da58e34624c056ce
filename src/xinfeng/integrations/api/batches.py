"""Batches: contacts and events. Read and answered by hand, because every microsecond of a row counts here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from xinfeng.foundation import audit
from xinfeng.foundation.database import Connection
from xinfeng.integrations import problems
from xinfeng.integrations.api.door import Needs, actor_of, address_of, desk_of, read_batch, write
from xinfeng.integrations.api.shapes import ContactBatchResult, EventBatchResult
from xinfeng.integrations.ingest.contacts import take_contacts
from xinfeng.integrations.ingest.events import take_events
from xinfeng.integrations.ingest.rows import (
    MOST_CONTACTS,
    MOST_EVENTS,
    SOURCE,
    ContactBatch,
    EventBatch,
    Outcome,
    check_source,
)
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now

router = Router(tags=["batches"])

SHAPES: dict[str, TypeAdapter[Any]] = {
    "ContactBatch": TypeAdapter(ContactBatch),
    "EventBatch": TypeAdapter(EventBatch),
}
"""What the bodies look like; the description of the API takes it from here."""

CONTACTS_EXAMPLE = {
    "source": "crm",
    "contacts": [
        {
            "external_id": "M0001",
            "phone": "13800138000",
            "name": "王小明",
            "gender": "male",
            "birthday": "1990-02-03",
            "tags": ["会员"],
            "joined_at": "2026-01-02T10:00:00+08:00",
        }
    ],
}
EVENTS_EXAMPLE = {
    "source": "shop",
    "events": [
        {
            "id": "order-10001",
            "kind": "purchase",
            "at": "2026-01-05T20:15:00+08:00",
            "external_id": "M0001",
            "amount_fen": 12900,
            "item": "春茶礼盒",
            "category": "茶叶",
        }
    ],
}
STATUSES = ("new", "changed", "same", "conflict", "rejected")


def _body(name: str, example: Any) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema, "example": example}},
        }
    }


@router.post(
    "/contacts/batch",
    auth=Needs("contacts:write"),
    operation_id="putContacts",
    summary="Write contacts",
    response={200: ContactBatchResult},
    openapi_extra=_body("ContactBatch", CONTACTS_EXAMPLE),
)
def put_contacts(request: HttpRequest, results: Literal["all", "faults"] = "all") -> HttpResponse:
    """Make or complete up to 10,000 people in one transaction. Each row is taken or refused by itself; the answer is
    200 and says of each what became of it. A person is found by number, else by external id. Consent is taken only
    with all its evidence, never brings back anybody who has said no, and needs `consents:write`."""
    source, rows = _open(request, "contacts", MOST_CONTACTS)
    actor, now = actor_of(request), utc_now()
    if "consents:write" not in _scopes(request) and any(
        isinstance(row, dict) and row.get("consents") for row in rows
    ):
        raise problems.missing_scope("consents:write")

    def do(connection: Connection) -> tuple[int, bytes]:
        outcomes = take_contacts(connection, rows, source=source, actor=actor, now=now)
        return _close(request, outcomes, "contact.batch", source, results)

    return write(request, do)


@router.post(
    "/events/batch",
    auth=Needs("events:write"),
    operation_id="putEvents",
    summary="Append events",
    response={200: EventBatchResult},
    openapi_extra=_body("EventBatch", EVENTS_EXAMPLE),
)
def put_events(request: HttpRequest, results: Literal["all", "faults"] = "all") -> HttpResponse:
    """Append up to 20,000 events in one transaction. An event is known by `source` and `id` and taken once, however
    often it is sent. The people must be known already."""
    source, rows = _open(request, "events", MOST_EVENTS)
    now = utc_now()

    def do(connection: Connection) -> tuple[int, bytes]:
        outcomes = take_events(connection, rows, source=source, now=now)
        return _close(request, outcomes, "event.batch", source, results)

    return write(request, do)


def _scopes(request: HttpRequest) -> Sequence[str]:
    key = desk_of(request).key
    return key.scopes if key else ()


def _open(request: HttpRequest, name: str, at_most: int) -> tuple[str, list[Any]]:
    """Source and rows of a body. Raises InvalidInput `batch.shape`, `batch.rows`, `batch.source`,
    `partner.not_by_api`."""
    body = read_batch(request)
    if not isinstance(body, dict) or set(body) != {"source", name} or not isinstance(body[name], list):
        raise InvalidInput("batch.shape", keys=["source", name])
    rows = body[name]
    if not 0 < len(rows) <= at_most:
        raise InvalidInput("batch.rows", at_most=at_most)
    desk_of(request).rows = len(rows)
    try:
        source = SOURCE.validate_python(body["source"])
    except ValidationError:
        raise InvalidInput("batch.source", longest=60) from None
    return check_source(source), rows


def _close(
    request: HttpRequest, outcomes: Sequence[Outcome], action: str, source: str, results: str
) -> tuple[int, bytes]:
    counts = Counter(outcome.status for outcome in outcomes)
    counted = {status: counts[status] for status in STATUSES}
    if counts["new"] or counts["changed"]:
        audit.record(
            actor=actor_of(request),
            action=action,
            kind="api",
            address=address_of(request),
            source=source,
            **counted,
        )
    language = problems.language_of(request)
    said: list[str] = []
    for index, (status, contact_id, fault) in enumerate(outcomes):
        if fault is not None:
            words = {
                "code": fault.code,
                "field": fault.field,
                "message": problems.row_words(fault.code, fault.params, language),
            }
            said.append(f'{{"index":{index},"status":"{status}","error":{to_json(words).decode()}}}')
        elif results == "all":
            who = f',"id":{contact_id}' if contact_id is not None else ""
            said.append(f'{{"index":{index},"status":"{status}"{who}}}')
    return 200, f'{{"counts":{to_json(counted).decode()},"results":[{",".join(said)}]}}'.encode()
