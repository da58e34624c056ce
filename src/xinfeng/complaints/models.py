"""Tables of the complaints slice."""

from __future__ import annotations

from django.db import models

from xinfeng.foundation.fields import Xid8Field


class Source(models.TextChoices):
    """The channel through which a complaint came."""

    REPORT_12321 = "12321", "12321 举报中心"
    MOBILE = "10086", "中国移动 10086"
    UNICOM = "10010", "中国联通 10010"
    TELECOM = "10000", "中国电信 10000"
    BROADNET = "10099", "中国广电 10099"
    VENDOR = "vendor", "短信服务商后台"
    HOTLINE = "hotline", "客服热线"
    SHOP = "shop", "门店"
    SOCIAL = "social", "社交媒体"
    REGULATOR = "regulator", "监管部门"
    REPLY = "reply", "短信回复"


class About(models.TextChoices):
    """What is complained about."""

    UNSOLICITED = "unsolicited", "没有同意过"
    AFTER_OPT_OUT = "after_opt_out", "退订后还收到"
    TOO_OFTEN = "too_often", "发得太多"
    HOUR = "hour", "时间不当"
    UNTRUE = "untrue", "内容不实"
    NOT_THEIRS = "not_theirs", "发给了别人"
    CANNOT_OPT_OUT = "cannot_opt_out", "退订不了"
    OTHER = "other", "其他"


class State(models.TextChoices):
    """See `complaints.lifecycle` for the transitions."""

    OPEN = "open", "待处理"
    HANDLING = "handling", "处理中"
    ANSWERED = "answered", "已答复"
    DISMISSED = "dismissed", "不成立"


class Dismissal(models.TextChoices):
    """Why a complaint is none of ours to answer for. It then no longer counts."""

    NOT_OURS = "not_ours", "不是我们发的"
    WRONG_NUMBER = "wrong_number", "号码有误"
    DUPLICATE = "duplicate", "重复登记"
    SERVICE = "service", "是服务短信，不是营销"
    TAKEN_BACK = "taken_back", "投诉人撤回"


class Certainty(models.TextChoices):
    EXACT = "exact", "确定"
    LIKELY = "likely", "很可能"
    NONE = "none", "没有对上"


class Complaint(models.Model):
    """One complaint as it came. A fact: erasure empties what identifies, nothing else ever changes.

    `contact_id`: who speaks for the number when it was taken in. `text_sealed`: what was said and the message as the
    complainant quotes it (`texts.Words`, Kind.COMPLAINT). `names_message`: the message's or the carrier's id, where
    the source gives one. `once` is a keyed hash of what makes it the same complaint.
    """

    id = models.BigAutoField(primary_key=True)
    source = models.CharField(max_length=12, choices=Source.choices)
    reference = models.CharField(max_length=80, blank=True)
    about = models.CharField(max_length=16, choices=About.choices)
    complained_at = models.DateTimeField()
    taken_at = models.DateTimeField()
    due_at = models.DateTimeField()
    phone_sealed = models.BinaryField(null=True)
    phone_index = models.BinaryField(null=True)
    contact_id = models.BigIntegerField(null=True)
    text_sealed = models.BinaryField(null=True)
    names_message = models.CharField(max_length=64, blank=True)
    reply_id = models.BigIntegerField(null=True)
    file_id = models.BigIntegerField(null=True)
    once = models.BinaryField(unique=True)
    actor = models.CharField(max_length=150)

    class Meta:
        db_table = "complaint"
        indexes = [
            models.Index(fields=["phone_index"], name="complaint_phone"),
            models.Index(fields=["contact_id"], name="complaint_contact"),
            models.Index(fields=["reference"], name="complaint_reference"),
            models.Index(
                fields=["reply_id"], name="complaint_reply", condition=models.Q(reply_id__isnull=False)
            ),
        ]


class ComplaintStep(models.Model):
    """What happened to a complaint: who did what, when. A fact. `words_sealed`: a note or a letter; may name people."""

    id = models.BigAutoField(primary_key=True)
    complaint_id = models.BigIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=16)
    detail = models.JSONField(default=dict)
    words_sealed = models.BinaryField(null=True)

    class Meta:
        db_table = "complaint_step"
        indexes = [models.Index(fields=["complaint_id", "id"], name="complaint_step_of")]


class ComplaintMatch(models.Model):
    """Which message a complaint is about, and why it is thought so. A fact; the latest holds.

    `why` are codes (`matching.WHYS`); `actor` is a person or `system:matching`.
    """

    id = models.BigAutoField(primary_key=True)
    complaint_id = models.BigIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    certainty = models.CharField(max_length=6, choices=Certainty.choices)
    message_id = models.BigIntegerField(null=True)
    plan_id = models.BigIntegerField(null=True)
    contact_id = models.BigIntegerField(null=True)
    consent_seq = models.BigIntegerField(null=True)
    channel_id = models.BigIntegerField(null=True)
    sent_at = models.DateTimeField(null=True)
    why = models.JSONField(default=list)

    class Meta:
        db_table = "complaint_match"
        indexes = [models.Index(fields=["complaint_id", "-id"], name="complaint_match_of")]


class ComplaintStanding(models.Model):
    """Where a complaint stands, now. Derived from its facts; what lists, counts and the lens look at.

    `valid`: whether it holds up (carriers count the valid ones); null while nobody has said. `certainty` is empty
    until its message was looked for.
    """

    complaint_id = models.BigIntegerField(primary_key=True)
    source = models.CharField(max_length=12)
    about = models.CharField(max_length=16)
    complained_at = models.DateTimeField()
    taken_at = models.DateTimeField()
    contact_id = models.BigIntegerField(null=True)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    valid = models.BooleanField(null=True)
    dismissal = models.CharField(max_length=12, blank=True)
    assigned_to = models.CharField(max_length=150, blank=True)
    certainty = models.CharField(max_length=6, blank=True)
    message_id = models.BigIntegerField(null=True)
    plan_id = models.BigIntegerField(null=True)
    channel_id = models.BigIntegerField(null=True)
    closed_at = models.DateTimeField(null=True)
    xid = Xid8Field()

    class Meta:
        db_table = "complaint_standing"
        indexes = [
            models.Index(
                fields=["due_at", "complaint_id"],
                name="complaint_open",
                condition=models.Q(state__in=["open", "handling"]),
            ),
            models.Index(fields=["-complained_at", "-complaint_id"], name="complaint_recent"),
            models.Index(fields=["plan_id"], name="complaint_plan"),
            models.Index(
                fields=["complaint_id"], name="complaint_unmatched", condition=models.Q(certainty="")
            ),
            models.Index(fields=["xid"], name="complaint_standing_xid"),
        ]


class FileState(models.TextChoices):
    MAPPING = "mapping", "待确认"
    QUEUED = "queued", "排队中"
    RUNNING = "running", "登记中"
    DONE = "done", "已完成"
    FAILED = "failed", "失败"


class ComplaintFile(models.Model):
    """A file of complaints. `mapping`: column → field (`files.FIELDS`); `source` is that of rows without their own.

    `rows_done` is how far it is: rows up to there are committed with their outcome, so a crash repeats nothing.
    """

    id = models.BigAutoField(primary_key=True)
    file_name = models.CharField(max_length=255)
    file_path = models.CharField(max_length=500)
    shape = models.JSONField()
    mapping = models.JSONField(default=dict)
    source = models.CharField(max_length=12, blank=True)
    state = models.CharField(max_length=10, choices=FileState.choices, default=FileState.MAPPING)
    rows_total = models.IntegerField(default=0)
    rows_done = models.IntegerField(default=0)
    taken = models.IntegerField(default=0)
    known = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    fault = models.CharField(max_length=60, blank=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "complaint_file"


class ComplaintFileRow(models.Model):
    """A row that was refused, and why. The cells are sealed (Kind.ROW)."""

    id = models.BigAutoField(primary_key=True)
    file_id = models.BigIntegerField()
    line = models.IntegerField()
    code = models.CharField(max_length=60)
    params = models.JSONField(default=dict)
    phone_index = models.BinaryField(null=True)
    row_sealed = models.BinaryField()

    class Meta:
        db_table = "complaint_file_row"
        indexes = [models.Index(fields=["file_id", "line"], name="complaint_file_row_of")]


class ComplaintAttachment(models.Model):
    """A file that belongs to a complaint. Name and content are sealed; `sha256` is the content's."""

    id = models.BigAutoField(primary_key=True)
    complaint_id = models.BigIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    size_bytes = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    name_sealed = models.BinaryField()
    content_sealed = models.BinaryField()

    class Meta:
        db_table = "complaint_attachment"
        indexes = [models.Index(fields=["complaint_id"], name="complaint_attachment_of")]


class Delivered(models.Model):
    """How many messages of a marketing plan were delivered, counted in the lens. `final`: receipts no longer come.

    `by_channel`: of these, by the channel that carried them (ids as text); {}: all by `channel_id`, the plan's main one.
    """

    plan_id = models.BigIntegerField(primary_key=True)
    channel_id = models.BigIntegerField()
    by_channel = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    planned_at = models.DateTimeField()
    messages = models.IntegerField()
    delivered = models.IntegerField()
    counted_at = models.DateTimeField()
    final = models.BooleanField(default=False)

    class Meta:
        db_table = "complaint_delivered"
        indexes = [
            models.Index(fields=["planned_at"], name="complaint_delivered_at"),
        ]


class Waiver(models.Model):
    """Somebody lets a template or a signature be sent although its complaints are above the closing limit, and why."""

    id = models.BigAutoField(primary_key=True)
    dimension = models.CharField(max_length=10)
    dimension_id = models.BigIntegerField()
    reason = models.CharField(max_length=300)
    actor = models.CharField(max_length=150)
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        db_table = "complaint_waiver"
        indexes = [models.Index(fields=["dimension", "dimension_id", "-until"], name="complaint_waiver_of")]


class Pause(models.Model):
    """A campaign was paused because of its complaints: what was known then. A fact; it is not paused for the same
    complaints twice, once a person has resumed it."""

    id = models.BigAutoField(primary_key=True)
    plan_id = models.BigIntegerField()
    at = models.DateTimeField()
    complaints = models.IntegerField()
    delivered = models.IntegerField()
    limit_key = models.CharField(max_length=40)
    per_million = models.FloatField()
    confidence = models.FloatField()

    class Meta:
        db_table = "complaint_pause"
        indexes = [models.Index(fields=["plan_id", "-id"], name="complaint_pause_of")]
