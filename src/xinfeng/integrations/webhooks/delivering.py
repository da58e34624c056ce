"""Delivering what waits: every webhook in a thread of its own, its deliveries one after the other.

A delivery that was sent and not written down (the process died in between) is sent again: at least once. A receiver
that fails is left alone for a while and then tried with one delivery, so a dead one costs little. After a day without
a single success it is stopped; what waits stays, and goes on when somebody switches it on again.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

from django.db import close_old_connections, connection, transaction
from django.db.models import Q

from xinfeng.foundation import audit
from xinfeng.foundation.vault import Kind, vault
from xinfeng.integrations.models import DeliveryState, Webhook, WebhookDelivery, WebhookState
from xinfeng.integrations.webhooks import schedule, signature
from xinfeng.integrations.webhooks.posting import Answer, post
from xinfeng.kernel.time import utc_now

log = logging.getLogger(__name__)

AT_ONCE = 8
BUDGET_S = 25.0
GONE = 410
ACTOR = "system:webhooks"
LONGEST_HISTORY = 50

Clock = Callable[[], datetime]


def deliver_due(*, clock: Clock = utc_now, budget_s: float = BUDGET_S) -> int:
    """Deliver what is due, for at most `budget_s`; returns how many attempts were made."""
    ready = Q(hold_until=None) | Q(hold_until__lte=clock())
    due = WebhookDelivery.objects.filter(state=DeliveryState.WAITING, next_at__lte=clock())
    ids = list(
        Webhook.objects.filter(ready, enabled=True, pk__in=due.values("webhook")).values_list("pk", flat=True)
    )
    if not ids:
        return 0
    work = partial(_work_off, until=time.monotonic() + budget_s, clock=clock)
    with ThreadPoolExecutor(min(AT_ONCE, len(ids)), thread_name_prefix="webhook") as pool:
        return sum(pool.map(work, ids))


def _work_off(webhook_id: int, *, until: float, clock: Clock) -> int:
    attempts = 0
    try:
        while time.monotonic() < until:
            close_old_connections()
            if not _deliver_next(webhook_id, clock):
                break
            attempts += 1
    finally:
        connection.close()
    return attempts


def _deliver_next(webhook_id: int, clock: Clock) -> bool:
    now = clock()
    webhook = Webhook.objects.filter(pk=webhook_id, enabled=True).first()
    if webhook is None or (webhook.hold_until is not None and webhook.hold_until > now):
        return False
    waiting = WebhookDelivery.objects.filter(
        webhook=webhook_id, state=DeliveryState.WAITING, next_at__lte=now
    )
    delivery = waiting.select_related("event").order_by("next_at", "id").first()
    if delivery is None:
        return False
    answer = attempt(webhook, delivery, now=now)
    record(webhook_id, delivery.pk, answer, now=clock(), draw=random.random())
    return True


def attempt(webhook: Webhook, delivery: WebhookDelivery, *, now: datetime) -> Answer:
    """Send one delivery, signed at `now`."""
    body = delivery.event.payload.encode()
    secret = vault().open(Kind.SECRET, bytes(webhook.secret_sealed))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Xinfeng-Webhook/1",
        "X-Xinfeng-Event": str(delivery.event_id),
        "X-Xinfeng-Kind": delivery.event.kind,
        "X-Xinfeng-Delivery": str(delivery.pk),
        signature.HEADER: signature.sign(secret, body, at=int(now.timestamp())),
    }
    return post(webhook.url, body, headers, allow_private=webhook.allow_private)


def record(webhook_id: int, delivery_id: int, answer: Answer, *, now: datetime, draw: float) -> None:
    """Write down what came of an attempt: for the delivery and for its webhook."""
    with transaction.atomic():
        # with its key locked, too, a look of `gathering` that goes on meanwhile would fail
        webhook = Webhook.objects.select_for_update(no_key=True).filter(pk=webhook_id).first()
        delivery = WebhookDelivery.objects.select_for_update().filter(pk=delivery_id).first()
        if webhook is None or delivery is None:
            return  # removed meanwhile
        delivery.attempts += 1
        delivery.status = answer.status or None
        delivery.excerpt = answer.excerpt
        entry = {"at": now.isoformat(), "status": answer.status, "error": answer.error, "ms": answer.took_ms}
        delivery.history = [*delivery.history, entry][-LONGEST_HISTORY:]
        if answer.arrived:
            delivery.state, delivery.done_at = DeliveryState.DELIVERED, now
            webhook.state, webhook.failures = WebhookState.OK, 0
            webhook.failing_since = webhook.hold_until = None
            webhook.last_success_at = now
        else:
            delay = schedule.next_delay(delivery.attempts, draw=draw)
            if delay is None:
                delivery.state, delivery.done_at = DeliveryState.GIVEN_UP, now
            else:
                delivery.next_at = now + delay
            _failed(webhook, answer, now=now, draw=draw)
        delivery.save()
        webhook.save(
            update_fields=["state", "failures", "failing_since", "hold_until", "last_success_at", "enabled"]
        )


def _failed(webhook: Webhook, answer: Answer, *, now: datetime, draw: float) -> None:
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or now
    webhook.hold_until = now + schedule.hold(webhook.failures, draw=draw)
    webhook.state = WebhookState.FAILING
    if answer.status == GONE or now - webhook.failing_since >= schedule.GIVE_UP_AFTER:
        webhook.state, webhook.enabled = WebhookState.STOPPED, False
        log.error("a webhook was stopped", extra={"webhook": webhook.pk, "status": answer.status})
        audit.record(
            actor=ACTOR,
            action="webhook.stop",
            kind="webhook",
            subject=webhook.pk,
            status=answer.status,
            error=answer.error,
        )
