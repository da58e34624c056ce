"""Questions about webhooks."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from xinfeng.integrations.models import DeliveryState, Webhook, WebhookDelivery
from xinfeng.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """A webhook and how many of its deliveries wait, or were given up, among those still kept."""

    webhook: Webhook
    waiting: int
    given_up: int


def webhooks() -> list[WebhookRow]:
    """All of them, by name."""
    found = Webhook.objects.order_by("name", "id").annotate(
        n_waiting=Count("webhookdelivery", filter=Q(webhookdelivery__state=DeliveryState.WAITING)),
        n_given_up=Count("webhookdelivery", filter=Q(webhookdelivery__state=DeliveryState.GIVEN_UP)),
    )
    return [WebhookRow(one, one.n_waiting, one.n_given_up) for one in found]


def webhook_of(webhook_id: int) -> Webhook:
    """Raises NotFound `webhook.unknown`."""
    found = Webhook.objects.filter(pk=webhook_id).first()
    if found is None:
        raise NotFound("webhook.unknown", id=webhook_id)
    return found


def deliveries(
    webhook_id: int, *, state: str = "", before: int | None = None, limit: int = 50
) -> list[WebhookDelivery]:
    """Newest first; `before` is the last id of the page before."""
    webhook_of(webhook_id)
    wanted = (
        WebhookDelivery.objects.filter(webhook=webhook_id).select_related("event").defer("event__payload")
    )
    if state:
        wanted = wanted.filter(state=state)
    if before is not None:
        wanted = wanted.filter(pk__lt=before)
    return list(wanted.order_by("-id")[:limit])


def stopped() -> int:
    """How many webhooks were given up and wait for somebody to look."""
    return Webhook.objects.filter(state="stopped").count()


def webhooks_waiting() -> int:
    """Deliveries that are still to be made, by an index that holds only these."""
    return WebhookDelivery.objects.filter(state=DeliveryState.WAITING).count()
