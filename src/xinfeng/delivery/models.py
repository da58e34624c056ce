"""Tables of the delivery slice. All but plan and chunk are facts: append-only, by month."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from xinfeng.foundation.fields import Xid8Field


class PlanState(models.TextChoices):
    """BUILDING → READY → RUNNING ⇄ PAUSED → FINISHED | STOPPED."""

    BUILDING = "building", "生成中"
    READY = "ready", "待发送"
    RUNNING = "running", "发送中"
    PAUSED = "paused", "已暂停"
    STOPPED = "stopped", "已停止"
    FINISHED = "finished", "已完成"


class Plan(models.Model):
    """The frozen list of messages of one campaign.

    `policy` is the rules in force when it was made (policy.snapshot), so that explain still knows a year
    later. `windows` are the UTC intervals in which it may send; `deadline` ends it. `rate_per_s` throttles
    below the channel's rate; null means the channel's. `route_id`: its messages go by the lanes of this route, and
    `channel_id` is the one that most of them were planned for.
    """

    id = models.BigAutoField(primary_key=True)
    purpose = models.CharField(max_length=20)
    channel_id = models.BigIntegerField()
    route_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10, choices=PlanState.choices, default=PlanState.BUILDING)
    reason = models.CharField(max_length=60, blank=True)  # why it is paused or was stopped
    policy = models.JSONField(default=dict)
    windows = models.JSONField(default=list)  # [[start, end], …] ISO 8601, UTC, ascending
    deadline = models.DateTimeField()
    rate_per_s = models.IntegerField(null=True)
    audience = models.IntegerField(default=0)  # contacts in the segment when planned
    messages = models.IntegerField(default=0)
    parts = models.IntegerField(default=0)
    first_message_id = models.BigIntegerField(null=True)
    last_message_id = models.BigIntegerField(null=True)
    planned_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    xid = Xid8Field()

    class Meta:
        db_table = "plan"
        indexes = [models.Index(fields=["xid"], name="plan_xid")]


class ChunkState(models.TextChoices):
    """QUEUED → LEASED → DONE; a lease that ran out is taken over behind the watermark."""

    QUEUED = "queued", "排队"
    LEASED = "leased", "发送中"
    DONE = "done", "完成"


class Chunk(models.Model):
    """Up to 1,000 messages with consecutive ids, for one channel: what a gateway leases.

    Everything up to `intent_upto` may have been handed to the socket; it is committed before that happens. `lane`: the
    channels that can carry all of it, the first choice first; empty: only `channel_id` can. While it is QUEUED it may
    be moved to another of its lane (`failover`).
    """

    id = models.BigAutoField(primary_key=True)
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE)
    channel_id = models.BigIntegerField()
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    planned_at = models.DateTimeField()  # the messages' partition key
    state = models.CharField(max_length=10, choices=ChunkState.choices, default=ChunkState.QUEUED)
    intent_upto = models.BigIntegerField(null=True)
    leased_by = models.CharField(max_length=40, null=True)
    lease_until = models.DateTimeField(null=True)
    lane = ArrayField(models.BigIntegerField(), default=list, db_default=[])

    class Meta:
        db_table = "chunk"
        indexes = [
            models.Index(
                fields=["plan", "channel_id", "id"], condition=~models.Q(state="done"), name="chunk_waiting"
            ),
        ]


class PlanChannel(models.Model):
    """A channel that a plan may send over, with its price when it was planned; `messages` and `parts` were planned for
    it as the first choice. Append-only. What a message costs goes by the channel that carried it."""

    plan = models.ForeignKey(Plan, related_name="channels", on_delete=models.CASCADE)
    channel_id = models.BigIntegerField()
    price_li = models.IntegerField()
    messages = models.IntegerField()
    parts = models.IntegerField()
    xid = Xid8Field()

    class Meta:
        db_table = "plan_channel"
        constraints = [models.UniqueConstraint(fields=["plan", "channel_id"], name="plan_channel_once")]
        indexes = [models.Index(fields=["xid"], name="plan_channel_xid")]


class ChunkMove(models.Model):
    """What had not left of a chunk went to another channel of its lane, and why. Append-only."""

    plan = models.ForeignKey(Plan, related_name="moves", on_delete=models.CASCADE)
    chunk_id = models.BigIntegerField()
    from_channel_id = models.BigIntegerField()
    to_channel_id = models.BigIntegerField()
    messages = models.IntegerField()
    reason = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        db_table = "chunk_move"
        indexes = [models.Index(fields=["plan", "at"], name="chunk_move_of_plan")]


class Message(models.Model):
    """The intent to send one text to one contact, on the strength of one consent entry. By month of `planned_at`.

    Ids come from the series `message`. `cost_li` is parts × the channel's price.
    """

    id = models.BigIntegerField(primary_key=True)
    planned_at = models.DateTimeField()
    plan_id = models.BigIntegerField()
    contact_id = models.BigIntegerField()
    variant = models.SmallIntegerField()
    consent_seq = models.BigIntegerField()
    parts = models.SmallIntegerField()
    cost_li = models.IntegerField()
    body_sealed = models.BinaryField()
    xid = Xid8Field()

    class Meta:
        db_table = "message"
        managed = False


class Parcel(models.Model):
    """The card of 5G messages, sealed, as it was when they were planned (`delivery.parcels`). By month of `planned_at`.

    It is that of the plan's messages `first_id` to `last_id`: of one whose card is personal, of all where none is.
    """

    first_id = models.BigIntegerField(primary_key=True)
    last_id = models.BigIntegerField()
    planned_at = models.DateTimeField()
    plan_id = models.BigIntegerField()
    body_sealed = models.BinaryField()

    class Meta:
        db_table = "parcel"
        managed = False


class LeftOut(models.Model):
    """A contact of the audience that a gate refused when planning, and the one reason. By month of `at`."""

    plan_id = models.BigIntegerField()
    contact_id = models.BigIntegerField(primary_key=True)
    reason = models.CharField(max_length=30)
    at = models.DateTimeField()
    xid = Xid8Field()

    class Meta:
        db_table = "left_out"
        managed = False


class Withheld(models.Model):
    """A planned message that was not sent after all, and why (opted out since, stopped, too late …). By month."""

    message_id = models.BigIntegerField(primary_key=True)
    reason = models.CharField(max_length=30)
    at = models.DateTimeField()
    xid = Xid8Field()

    class Meta:
        db_table = "withheld"
        managed = False


class Outcome(models.IntegerChoices):
    """How one try at a carrier ended. UNCERTAIN: it may or may not have left; never sent again."""

    ACCEPTED = 1, "已提交"
    REFUSED = 2, "被拒"
    THROTTLED = 3, "流控退回"
    UNCERTAIN = 4, "未知"


class Attempt(models.Model):
    """One try at a carrier for one part of a message. By month of `at` (when the outcome was known)."""

    message_id = models.BigIntegerField(primary_key=True)
    part = models.SmallIntegerField()  # 1-based
    channel_id = models.BigIntegerField()
    outcome = models.SmallIntegerField(choices=Outcome.choices)
    code = models.CharField(max_length=60, blank=True)  # the carrier's result, or why it is uncertain
    carrier_id = models.BinaryField(null=True)  # opaque; what a receipt will name
    sent_at = models.DateTimeField()
    at = models.DateTimeField()
    xid = Xid8Field()

    class Meta:
        db_table = "attempt"
        managed = False


class Receipt(models.Model):
    """A carrier's status report as it came. By month of `received_at`; `id` from the series `receipt`.

    `message_id` and `part` are known when the attempt was; otherwise a receipt_match follows, which may have to go
    by `phone_index`, the number that the carrier named (null where the message is known: it has the number).
    """

    id = models.BigIntegerField(primary_key=True)
    received_at = models.DateTimeField()
    channel_id = models.BigIntegerField()
    carrier_id = models.BinaryField()
    phone_index = models.BinaryField(null=True)
    stat = models.CharField(max_length=60)
    done_at = models.DateTimeField(null=True)  # the carrier's own time
    message_id = models.BigIntegerField(null=True)
    part = models.SmallIntegerField(null=True)
    xid = Xid8Field()

    class Meta:
        db_table = "receipt"
        managed = False


class ReceiptMatch(models.Model):
    """A receipt that came before its response, or for an uncertain message, has found it. By month of `at`."""

    receipt_id = models.BigIntegerField(primary_key=True)
    message_id = models.BigIntegerField()
    part = models.SmallIntegerField()
    stat = models.CharField(max_length=60)
    at = models.DateTimeField()
    xid = Xid8Field()

    class Meta:
        db_table = "receipt_match"
        managed = False


class ReplyMeaning(models.TextChoices):
    OPT_OUT = "opt_out", "退订"
    OTHER = "other", "普通回复"


class Reply(models.Model):
    """A text from a handset, sealed. By month of `received_at`; `id` from the series `reply`.

    `contact_id` is null for unknown numbers. `message_id` is the last message to that number, if any.
    `source_index` is a keyed hash of all that a carrier repeats when it delivers again; null where it gave no id.
    """

    id = models.BigIntegerField(primary_key=True)
    received_at = models.DateTimeField()
    channel_id = models.BigIntegerField()
    phone_sealed = models.BinaryField()
    phone_index = models.BinaryField()
    contact_id = models.BigIntegerField(null=True)
    message_id = models.BigIntegerField(null=True)
    plan_id = models.BigIntegerField(null=True)
    to_number = models.CharField(max_length=30)
    body_sealed = models.BinaryField()
    meaning = models.CharField(max_length=20, choices=ReplyMeaning.choices)
    source_index = models.BinaryField(null=True)
    xid = Xid8Field()

    class Meta:
        db_table = "reply"
        managed = False


class ReplyHandled(models.Model):
    """Somebody has dealt with a reply in the inbox."""

    reply_id = models.BigIntegerField(primary_key=True)
    by = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        db_table = "reply_handled"


class OptOutConfirmation(models.Model):
    """A person said no and may be told that it was taken; queued with the reply, in its transaction.

    Once for each opt-out: `suppression_id` is what her "no" left, and stands until she agrees again. `plan_id` is
    the plan that wrote to her or left her out; settled without one when it was switched off, or too late.
    """

    suppression_id = models.BigIntegerField(unique=True)
    contact_id = models.BigIntegerField()
    reply_id = models.BigIntegerField()
    queued_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    plan_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "opt_out_confirmation"
        indexes = [
            models.Index(fields=["id"], condition=models.Q(settled_at=None), name="opt_out_confirmation_open")
        ]


class PlanTotals(models.Model):
    """What a plan came to, counted before its messages were dropped (see `delivery.retention`).

    Messages by state add up to `messages`; `displayed` of those delivered were shown, of `displayed_of` whose channel tells;
    for `fell_back` of those accepted an SMS went instead. `cost_li` is that of messages a carrier answered about. `left_out`: contacts by gate; `failed_by`: messages by the carrier's code.
    """

    plan_id = models.BigIntegerField(primary_key=True)
    counted_at = models.DateTimeField()
    messages = models.IntegerField()
    parts = models.IntegerField()
    cost_li = models.BigIntegerField()
    planned = models.IntegerField()
    withheld = models.IntegerField()
    uncertain = models.IntegerField()
    accepted = models.IntegerField()
    delivered = models.IntegerField()
    failed = models.IntegerField()
    displayed = models.IntegerField(default=0, db_default=0)
    displayed_of = models.IntegerField(default=0, db_default=0)
    fell_back = models.IntegerField(default=0, db_default=0)
    replied = models.IntegerField()
    opted_out = models.IntegerField()
    left_out = models.JSONField(default=dict)
    failed_by = models.JSONField(default=dict)

    class Meta:
        db_table = "plan_totals"
