"""Webhooks for programs: what the console does with them, except letting them into a private network."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import Field

from xinfeng.foundation.database import Connection
from xinfeng.integrations.api import shapes
from xinfeng.integrations.api.door import Needs, actor_of, write
from xinfeng.integrations.ingest.rows import Line60
from xinfeng.integrations.models import Webhook as WebhookModel
from xinfeng.integrations.models import WebhookDelivery
from xinfeng.integrations.webhooks import actions, reads
from xinfeng.kernel.time import utc_now

router = Router(tags=["webhooks"])

KindName = Literal[
    "contact.created",
    "contact.updated",
    "contact.merged",
    "contact.erased",
    "consent.granted",
    "consent.withdrawn",
    "tier.changed",
]
Url = Annotated[str, Field(min_length=8, max_length=500)]
KindNames = Annotated[list[KindName], Field(min_length=1, max_length=20)]


class Webhook(shapes.Out):
    """`stopped`: given up after a day of failure; switch it on again to go on."""

    id: int
    name: str
    url: str
    kinds: list[KindName]
    enabled: bool
    state: Literal["ok", "failing", "stopped"]
    last_success_at: datetime | None
    created_at: datetime


class MadeWebhook(Webhook):
    """`secret` signs the deliveries and is shown this once."""

    secret: str


class WebhookIn(shapes.In):
    """An https address, and what it wants to be told."""

    name: Line60
    url: Url
    kinds: KindNames


class WebhookPatch(shapes.In):
    """What is stated is changed."""

    name: Line60 | None = None
    url: Url | None = None
    kinds: KindNames | None = None
    enabled: bool | None = None


class Attempt(shapes.Out):
    """One try. `status` 0: no answer; `error` says why."""

    at: datetime
    status: int
    error: str
    ms: int


class Delivery(shapes.Out):
    """An event on its way to a webhook."""

    id: int
    event_id: UUID
    kind: str
    changes: int
    state: Literal["waiting", "delivered", "given_up"]
    attempts: int
    next_at: datetime | None
    status: int | None
    excerpt: str
    history: list[Attempt]
    replay_of: int | None
    created_at: datetime
    done_at: datetime | None


class Deliveries(shapes.Out):
    """Newest first; `next` is the `before` of the next page, null on the last."""

    deliveries: list[Delivery]
    next: int | None


class ReplayIn(shapes.In):
    """From `first` until before `last`."""

    first: shapes.When
    last: shapes.When


class Replayed(shapes.Out):
    """How many deliveries were made."""

    deliveries: int


@router.get(
    "/webhooks",
    auth=Needs("webhooks:read"),
    operation_id="listWebhooks",
    summary="List webhooks",
    response=list[Webhook],
)
def list_webhooks(request: HttpRequest) -> list[dict[str, Any]]:
    """All of them. Secrets are never shown again."""
    return [_shown(row.webhook) for row in reads.webhooks()]


@router.post(
    "/webhooks",
    auth=Needs("webhooks:write"),
    operation_id="addWebhook",
    summary="Add a webhook",
    response={201: MadeWebhook},
)
def add_webhook(request: HttpRequest, webhook: WebhookIn) -> HttpResponse:
    """Told from now on. Addresses in private networks can only be allowed by an administrator in the console."""
    actor, now = actor_of(request), utc_now()

    def do(_: Connection) -> dict[str, Any]:
        made = actions.add_webhook(
            name=webhook.name, url=webhook.url, kind_names=webhook.kinds, actor=actor, now=now
        )
        return {**_shown(reads.webhook_of(made.id)), "secret": made.secret}

    return write(request, do, created=True, remember=False)


@router.get(
    "/webhooks/{webhook_id}",
    auth=Needs("webhooks:read"),
    operation_id="getWebhook",
    summary="Read a webhook",
    response=Webhook,
)
def get_webhook(request: HttpRequest, webhook_id: shapes.PathId) -> dict[str, Any]:
    """One of them."""
    return _shown(reads.webhook_of(webhook_id))


@router.patch(
    "/webhooks/{webhook_id}",
    auth=Needs("webhooks:write"),
    operation_id="changeWebhook",
    summary="Change a webhook",
    response=Webhook,
)
def change_webhook(request: HttpRequest, webhook_id: shapes.PathId, change: WebhookPatch) -> HttpResponse:
    """`enabled` switches it off, or on again after it was stopped."""
    actor, now = actor_of(request), utc_now()

    def do(_: Connection) -> dict[str, Any]:
        actions.edit_webhook(
            webhook_id, name=change.name, url=change.url, kind_names=change.kinds, actor=actor, now=now
        )
        if change.enabled is not None:
            actions.switch_webhook(webhook_id, on=change.enabled, actor=actor, now=now)
        return _shown(reads.webhook_of(webhook_id))

    return write(request, do)


@router.delete(
    "/webhooks/{webhook_id}",
    auth=Needs("webhooks:write"),
    operation_id="removeWebhook",
    summary="Remove a webhook",
    response={204: None},
)
def remove_webhook(request: HttpRequest, webhook_id: shapes.PathId) -> HttpResponse:
    """With its deliveries."""
    actor = actor_of(request)

    def do(_: Connection) -> tuple[int, bytes]:
        actions.remove_webhook(webhook_id, actor=actor)
        return 204, b""

    return write(request, do)


@router.post(
    "/webhooks/{webhook_id}/ping",
    auth=Needs("webhooks:write"),
    operation_id="pingWebhook",
    summary="Send a test",
    response={202: Delivery},
)
def ping(request: HttpRequest, webhook_id: shapes.PathId) -> HttpResponse:
    """A delivery of kind `ping`, within seconds."""
    actor, now = actor_of(request), utc_now()
    return write(request, lambda _: _delivery(actions.ping(webhook_id, actor=actor, now=now)), status=202)


@router.get(
    "/webhooks/{webhook_id}/deliveries",
    auth=Needs("webhooks:read"),
    operation_id="listDeliveries",
    summary="List deliveries",
    response=Deliveries,
)
def list_deliveries(
    request: HttpRequest,
    webhook_id: shapes.PathId,
    state: Literal["waiting", "delivered", "given_up"] | None = None,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """With every attempt. Kept for 30 days."""
    found = reads.deliveries(webhook_id, state=state or "", before=before, limit=limit + 1)
    more, found = len(found) > limit, found[:limit]
    return {"deliveries": [_delivery(one) for one in found], "next": found[-1].pk if more else None}


@router.post(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}/replay",
    auth=Needs("webhooks:write"),
    operation_id="replayDelivery",
    summary="Send a delivery again",
    response={202: Delivery},
)
def replay(request: HttpRequest, webhook_id: shapes.PathId, delivery_id: shapes.PathId) -> HttpResponse:
    """The same event under the same id; receivers know it again by that."""
    actor, now = actor_of(request), utc_now()
    return write(
        request,
        lambda _: _delivery(actions.replay(webhook_id, delivery_id, actor=actor, now=now)),
        status=202,
    )


@router.post(
    "/webhooks/{webhook_id}/replay",
    auth=Needs("webhooks:write"),
    operation_id="replaySpan",
    summary="Send a span of time again",
    response={202: Replayed},
)
def replay_span(request: HttpRequest, webhook_id: shapes.PathId, span: ReplayIn) -> HttpResponse:
    """Everything of its kinds in that time, in order; also what came while it was off."""
    actor, now = actor_of(request), utc_now()

    def do(_: Connection) -> Replayed:
        count = actions.replay_span(webhook_id, first=span.first, last=span.last, actor=actor, now=now)
        return Replayed(deliveries=count)

    return write(request, do, status=202)


def _shown(webhook: WebhookModel) -> dict[str, Any]:
    names = ("name", "url", "kinds", "enabled", "state", "last_success_at", "created_at")
    return {"id": webhook.pk, **{name: getattr(webhook, name) for name in names}}


def _delivery(one: WebhookDelivery) -> dict[str, Any]:
    names = ("state", "attempts", "status", "excerpt", "history", "replay_of", "created_at", "done_at")
    return {
        "id": one.pk,
        "event_id": one.event_id,
        "kind": one.event.kind,
        "changes": one.event.changes,
        "next_at": one.next_at if one.state == "waiting" else None,
        **{name: getattr(one, name) for name in names},
    }
