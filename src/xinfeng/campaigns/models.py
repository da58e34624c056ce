"""Tables of the campaigns slice."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class CampaignState(models.TextChoices):
    """See `campaigns.lifecycle` for the transitions."""

    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "待审批"
    APPROVED = "approved", "已批准"
    SCHEDULED = "scheduled", "已定时"
    PLANNING = "planning", "生成计划"
    RUNNING = "running", "发送中"
    PAUSED = "paused", "已暂停"
    STOPPED = "stopped", "已停止"
    FINISHED = "finished", "已完成"
    FAILED = "failed", "失败"


class Campaign(models.Model):
    """`trade` chooses the send windows. `plan_id` is delivery's plan once it was planned. `priority` (1 low … 5 high) and
    `expected_fen` (the value of a message, where somebody states one) rank it: see `allocation`. It goes over one
    `channel` or by a `route`; a draft may have neither yet."""

    name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=20, default="marketing")
    trade = models.CharField(max_length=20, default="retail")
    state = models.CharField(max_length=12, choices=CampaignState.choices, default=CampaignState.DRAFT)
    segment = models.ForeignKey("segments.Segment", null=True, on_delete=models.PROTECT)
    template_version = models.ForeignKey("content.TemplateVersion", null=True, on_delete=models.PROTECT)
    channel = models.ForeignKey("channels.Channel", null=True, on_delete=models.PROTECT)
    route = models.ForeignKey("channels.Route", null=True, on_delete=models.PROTECT)
    scheduled_at = models.DateTimeField(null=True)
    rate_per_s = models.IntegerField(null=True)
    priority = models.SmallIntegerField(default=3, db_default=3)
    expected_fen = models.IntegerField(null=True)
    plan = models.OneToOneField("delivery.Plan", null=True, on_delete=models.PROTECT)
    fault = models.JSONField(null=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, related_name="+", on_delete=models.SET_NULL
    )
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, related_name="+", on_delete=models.SET_NULL
    )
    approved_at = models.DateTimeField(null=True)
    approved_digest = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "campaign"
        indexes = [models.Index(fields=["-created_at"], name="campaign_recent")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(priority__gte=1, priority__lte=5), name="campaign_priority_range"
            ),
            models.CheckConstraint(
                condition=models.Q(channel__isnull=True) | models.Q(route__isnull=True),
                name="campaign_channel_or_route",
            ),
        ]


class CampaignStep(models.Model):
    """What happened to a campaign: who moved it from which state to which, when, with which comment."""

    campaign = models.ForeignKey(Campaign, related_name="steps", on_delete=models.CASCADE)
    at = models.DateTimeField(auto_now_add=True)
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=20)
    comment = models.CharField(max_length=500, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        db_table = "campaign_step"


class TextRefusal(models.Model):
    """Which rule objected to a contact's own text when a plan was made; beside its `left_out` row. Append-only."""

    plan = models.ForeignKey("delivery.Plan", related_name="+", on_delete=models.PROTECT)
    contact_id = models.BigIntegerField()
    rule = models.CharField(max_length=60)

    class Meta:
        db_table = "text_refusal"
        indexes = [models.Index(fields=["contact_id", "plan"], name="text_refusal_of_contact")]


class Allocation(models.Model):
    """How many contacts a plan left to a rival campaign, with the ranks of both at that moment. Append-only; which
    contacts, its `left_out` rows say."""

    plan = models.ForeignKey("delivery.Plan", related_name="+", on_delete=models.PROTECT)
    campaign = models.ForeignKey(Campaign, related_name="allocations", on_delete=models.PROTECT)
    rival = models.ForeignKey(Campaign, related_name="+", on_delete=models.PROTECT)
    contacts = models.IntegerField()
    own_fen = models.IntegerField(null=True)
    rival_fen = models.IntegerField(null=True)
    own_priority = models.SmallIntegerField()
    rival_priority = models.SmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "allocation"


class RehearsalState(models.TextChoices):
    WAITING = "waiting", "等待"
    RUNNING = "running", "演练中"
    DONE = "done", "已完成"
    CANCELLED = "cancelled", "已取消"
    FAILED = "failed", "没有完成"


class Rehearsal(models.Model):
    """A campaign played through to simulated carriers: who asked, of what (`subject`: digests of text, audience, way and
    rate), what came of it (`rehearsal.outcome`). No texts, no numbers. `active` is null once it is over: there is one at
    a time. `seen_at`: when it last said how far it was."""

    campaign = models.ForeignKey(Campaign, related_name="rehearsals", on_delete=models.CASCADE)
    state = models.CharField(max_length=12, choices=RehearsalState.choices, default=RehearsalState.WAITING)
    active = models.BooleanField(null=True, default=True, unique=True)
    messages = models.IntegerField()
    fault = models.CharField(max_length=12, blank=True)
    subject = models.JSONField()
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    cancelled_by = models.CharField(max_length=150, blank=True)
    result = models.JSONField(null=True)
    error = models.JSONField(null=True)

    class Meta:
        db_table = "rehearsal"
        indexes = [models.Index(fields=["campaign", "-id"], name="rehearsal_of_campaign")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(active__isnull=True) | models.Q(active=True), name="rehearsal_one_active"
            )
        ]
