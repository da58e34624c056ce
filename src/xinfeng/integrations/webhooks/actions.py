"""What people and programs do with webhooks: one transaction each, audited."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from xinfeng.foundation import audit
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.ids import take_block
from xinfeng.foundation.vault import Kind, vault
from xinfeng.integrations.models import (
    DeliveryState,
    Webhook,
    WebhookDelivery,
    WebhookEvent,
    WebhookState,
)
from xinfeng.integrations.webhooks import kinds
from xinfeng.integrations.webhooks.gathering import payload_of
from xinfeng.integrations.webhooks.targets import check_url
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound

MOST_WEBHOOKS = 50
KEPT = timedelta(days=30)
"""Events and deliveries, for replaying."""


@dataclass(frozen=True, slots=True)
class MadeWebhook:
    """A new webhook and its secret, which is shown this once."""

    id: int
    secret: str


def add_webhook(
    *, name: str, url: str, kind_names: Sequence[str], actor: str, now: datetime, allow_private: bool = False
) -> MadeWebhook:
    """Tell this address from now on. `allow_private` is for administrators to give: it may then lie in a private
    network and speak plain HTTP. Raises InvalidInput `webhook.name`, `webhook.url`, `webhook.private`,
    `webhook.kinds`, `webhook.too_many`."""
    secret = f"whsec_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        if Webhook.objects.count() >= MOST_WEBHOOKS:
            raise InvalidInput("webhook.too_many", at_most=MOST_WEBHOOKS)
        webhook = Webhook.objects.create(
            name=_name(name),
            url=check_url(url, allow_private=allow_private),
            secret_sealed=vault().seal(Kind.SECRET, secret),
            kinds=kinds.check(kind_names),
            allow_private=allow_private,
            created_at=now,
            created_by=actor,
            updated_at=now,
        )
        _audit("add", webhook, actor, kinds=webhook.kinds, allow_private=allow_private)
    return MadeWebhook(webhook.pk, secret)


def edit_webhook(
    webhook_id: int,
    *,
    actor: str,
    now: datetime,
    name: str | None = None,
    url: str | None = None,
    kind_names: Sequence[str] | None = None,
    allow_private: bool | None = None,
) -> Webhook:
    """Change what is stated. Raises as `add_webhook`, NotFound `webhook.unknown`. An address that an administrator
    allowed into a private network keeps that permission only as long as it stays the same."""
    with transaction.atomic():
        webhook = _locked(webhook_id)
        if name is not None:
            webhook.name = _name(name)
        if kind_names is not None:
            webhook.kinds = kinds.check(kind_names)
        if allow_private is not None:
            webhook.allow_private = allow_private
        if url is not None and url != webhook.url:
            webhook.allow_private = bool(allow_private)
            webhook.url = url
        check_url(webhook.url, allow_private=webhook.allow_private)
        webhook.updated_at = now
        webhook.save()
        _audit("edit", webhook, actor, kinds=webhook.kinds, allow_private=webhook.allow_private)
    return webhook


def new_secret(webhook_id: int, *, actor: str, now: datetime) -> str:
    """Sign with another secret from now on; it is shown this once. Raises NotFound `webhook.unknown`."""
    secret = f"whsec_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        webhook = _locked(webhook_id)
        webhook.secret_sealed = vault().seal(Kind.SECRET, secret)
        webhook.updated_at = now
        webhook.save(update_fields=["secret_sealed", "updated_at"])
        _audit("secret", webhook, actor)
    return secret


def switch_webhook(webhook_id: int, *, on: bool, actor: str, now: datetime) -> Webhook:
    """Switched on again it goes on with what waits; what came while it was off can be replayed."""
    with transaction.atomic():
        webhook = _locked(webhook_id)
        webhook.enabled, webhook.updated_at = on, now
        if on:
            webhook.state, webhook.failures = WebhookState.OK, 0
            webhook.failing_since = webhook.hold_until = None
        webhook.save()
        _audit("on" if on else "off", webhook, actor)
    return webhook


def remove_webhook(webhook_id: int, *, actor: str) -> None:
    """Forget it and its deliveries. Raises NotFound `webhook.unknown`."""
    with transaction.atomic():
        webhook = _locked(webhook_id)
        _audit("remove", webhook, actor)
        webhook.delete()


def ping(webhook_id: int, *, actor: str, now: datetime) -> WebhookDelivery:
    """A test delivery without changes; it goes out with the next round. Raises NotFound `webhook.unknown`, Conflict
    `webhook.off`."""
    with bulk_transaction() as raw:
        webhook = _locked(webhook_id)
        if not webhook.enabled:
            raise Conflict("webhook.off", id=webhook_id)
        event_id = uuid.uuid4()
        event = WebhookEvent.objects.create(
            id=event_id,
            seq=take_block(raw, "webhook_event", 1),
            kind=kinds.PING,
            at=now,
            changes=0,
            payload=payload_of(event_id, kinds.PING, (), now=now),
        )
        delivery = WebhookDelivery.objects.create(webhook=webhook, event=event, next_at=now, created_at=now)
        _audit("ping", webhook, actor)
    return delivery


def replay(webhook_id: int, delivery_id: int, *, actor: str, now: datetime) -> WebhookDelivery:
    """Send the same event once more. Raises NotFound `webhook.unknown`, `webhook.no_delivery`, Conflict
    `webhook.still_waiting`."""
    with transaction.atomic():
        webhook = _locked(webhook_id)
        before = WebhookDelivery.objects.filter(pk=delivery_id, webhook=webhook_id).first()
        if before is None:
            raise NotFound("webhook.no_delivery", id=delivery_id)
        if before.state == DeliveryState.WAITING:
            raise Conflict("webhook.still_waiting", id=delivery_id)
        made = WebhookDelivery.objects.create(
            webhook=webhook, event_id=before.event_id, next_at=now, created_at=now, replay_of=before.pk
        )
        _audit("replay", webhook, actor, delivery=delivery_id)
    return made


_REPLAY = """\
insert into webhook_delivery (webhook_id, event_id, state, attempts, next_at, excerpt, history, created_at)
select w.id, e.id, 'waiting', 0, %(now)s, '', '[]', %(now)s from webhook w
join webhook_event e on e.kind = any(w.kinds) and e.at >= %(first)s and e.at < %(last)s
where w.id = %(id)s and not exists (
  select from webhook_delivery d where d.webhook_id = w.id and d.event_id = e.id and d.state = 'waiting')
order by e.seq"""


def replay_span(webhook_id: int, *, first: datetime, last: datetime, actor: str, now: datetime) -> int:
    """Send everything of its kinds that happened from `first` until before `last` once more, in order; returns how
    many deliveries that makes. Also what came while it was switched off. Raises InvalidInput `webhook.span`."""
    if first >= last:
        raise InvalidInput("webhook.span")
    with transaction.atomic():
        webhook = _locked(webhook_id)
        with connection.cursor() as cursor:
            cursor.execute(_REPLAY, {"id": webhook_id, "first": first, "last": last, "now": now})
            count = int(cursor.rowcount)
        _audit(
            "replay",
            webhook,
            actor,
            first=first.isoformat(),
            last=last.isoformat(),
            deliveries=count,
        )
    return count


def forget_old(*, now: datetime) -> int:
    """Drop events past their time, with their deliveries, some thousand at a time: after a big import or other tier
    rules there are very many. Returns how many events."""
    dropped = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_OLD, [now - KEPT, _AT_ONCE])
            ids = [row[0] for row in cursor.fetchall()]
            cursor.execute("delete from webhook_delivery where event_id = any(%s)", [ids])
            cursor.execute("delete from webhook_event where id = any(%s)", [ids])
        dropped += len(ids)
        if len(ids) < _AT_ONCE:
            return dropped


_AT_ONCE = 2_000
_OLD = "select id from webhook_event where at < %s order by at limit %s"


def _locked(webhook_id: int) -> Webhook:
    webhook = Webhook.objects.select_for_update(no_key=True).filter(pk=webhook_id).first()
    if webhook is None:
        raise NotFound("webhook.unknown", id=webhook_id)
    return webhook


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 80 or "\x00" in name:
        raise InvalidInput("webhook.name", longest=80)
    return name


def _audit(what: str, webhook: Webhook, actor: str, **detail: Any) -> None:
    audit.record(actor=actor, action=f"webhook.{what}", kind="webhook", subject=webhook.pk, **detail)
