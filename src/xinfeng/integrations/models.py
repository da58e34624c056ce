"""Tables of the integrations room."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class ApiKey(models.Model):
    """A program that may use the API. `prefix` is public and finds the row; of the secret only SHA-256 is kept.

    `allowed_addresses`: networks in CIDR notation, empty for any. `requests` counts what it asked for, roughly:
    it is written together with `last_used_at`, at most once a minute.
    """

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.BinaryField()
    scopes = ArrayField(models.CharField(max_length=40))
    rate_per_minute = models.IntegerField(default=600)
    burst = models.IntegerField(default=60)
    allowed_addresses = ArrayField(models.CharField(max_length=50), default=list)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=150, blank=True)
    last_used_at = models.DateTimeField(null=True)
    requests = models.BigIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)

    class Meta:
        db_table = "api_key"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(rate_per_minute__gt=0, burst__gt=0), name="api_key_rate"
            )
        ]


class ApiUse(models.Model):
    """How often a key asked on a day (UTC), and how often it was refused (4xx) or failed (5xx)."""

    pk = models.CompositePrimaryKey("key_id", "day")
    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE)
    day = models.DateField()
    requests = models.BigIntegerField()
    refused = models.BigIntegerField()
    failed = models.BigIntegerField()
    rows = models.BigIntegerField()

    class Meta:
        db_table = "api_use"


class IdempotencyRecord(models.Model):
    """The answer to a request that carried `Idempotency-Key`, so that its repetition gets the same. Kept a day.

    `request_digest`: keyed hash of method, path and body, since a body may hold little but a number. `body` is packed
    by zlib. `contact_id`: whom the answer describes; erasing her removes it.
    """

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE)
    idempotency_key = models.CharField(max_length=200)
    request_digest = models.BinaryField()
    status = models.SmallIntegerField()
    body = models.BinaryField()
    at = models.DateTimeField()
    contact_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "idempotency_record"
        constraints = [
            models.UniqueConstraint(fields=["key", "idempotency_key"], name="idempotency_record_once")
        ]
        indexes = [
            models.Index(fields=["at"], name="idempotency_record_at"),
            models.Index(
                fields=["contact_id"],
                name="idempotency_record_contact",
                condition=models.Q(contact_id__isnull=False),
            ),
        ]


class TouchedContacts(models.Model):
    """Contacts whose tier is to be looked at again after a batch; a job takes them together."""

    contact_ids = ArrayField(models.BigIntegerField())
    at = models.DateTimeField()

    class Meta:
        db_table = "touched_contacts"


class WebhookState(models.TextChoices):
    """OK: the last delivery arrived. FAILING: being tried again. STOPPED: given up after long failure."""

    OK = "ok", "正常"
    FAILING = "failing", "重试中"
    STOPPED = "stopped", "已停止"


class Webhook(models.Model):
    """Somewhere that wants to be told. `kinds` are names of `webhooks.kinds.KINDS`.

    `allow_private`: may lie in a private network; only an administrator says so. `failures`: attempts in a row
    that failed, since `failing_since`; nothing goes out before `hold_until`.
    """

    name = models.CharField(max_length=80)
    url = models.CharField(max_length=500)
    secret_sealed = models.BinaryField()
    kinds = ArrayField(models.CharField(max_length=40))
    enabled = models.BooleanField(default=True)
    allow_private = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=WebhookState.choices, default=WebhookState.OK)
    failures = models.IntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    hold_until = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "webhook"


class WebhookEvent(models.Model):
    """Up to 500 changes of one kind, as they are told: `payload` is the text that is signed and sent."""

    id = models.UUIDField(primary_key=True)
    seq = models.BigIntegerField(unique=True)  # of the series `webhook_event`
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    changes = models.IntegerField()
    payload = models.TextField()

    class Meta:
        db_table = "webhook_event"
        indexes = [models.Index(fields=["at"], name="webhook_event_at")]


class DeliveryState(models.TextChoices):
    WAITING = "waiting", "等待"
    DELIVERED = "delivered", "已送达"
    GIVEN_UP = "given_up", "已放弃"


class WebhookDelivery(models.Model):
    """One event for one webhook. `history`: each attempt with its time, milliseconds, status and what was wrong."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE)
    event = models.ForeignKey(WebhookEvent, on_delete=models.CASCADE)
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField()
    status = models.SmallIntegerField(null=True)
    excerpt = models.CharField(max_length=500, blank=True)
    history = models.JSONField(default=list)
    replay_of = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhook_delivery"
        indexes = [
            models.Index(
                fields=["webhook", "next_at", "id"],
                name="webhook_delivery_due",
                condition=models.Q(state=DeliveryState.WAITING),
            ),
            models.Index(fields=["webhook", "-id"], name="webhook_delivery_recent"),
        ]


class WebhookPosition(models.Model):
    """How far the facts have been read: which database, its `pg_snapshot`, the consent ledger's length, the next id of a
    contact."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    identity = models.CharField(max_length=100)
    snapshot = models.TextField()
    ledger_seq = models.BigIntegerField()
    next_contact = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "webhook_position"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="webhook_position_single")]
