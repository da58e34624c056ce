"""Tables of the privacy slice."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class RequestKind(models.TextChoices):
    """What a person may ask for. The article after each is of the PIPL."""

    ACCESS = "access", "查阅"  # 45
    COPY = "copy", "复制"  # 45
    CORRECTION = "correction", "更正、补充"  # 46
    ERASURE = "erasure", "删除"  # 47
    PORTABILITY = "portability", "转移"  # 45 (3)
    NO_MARKETING = "no_marketing", "不再营销"  # 15, 24 (2)
    NO_PERSONALISATION = "no_personalisation", "不再个性化"  # 24 (2)
    EXPLANATION = "explanation", "解释说明"  # 48, 24 (3)


class RequestState(models.TextChoices):
    """See `privacy.lifecycle` for the transitions."""

    RECEIVED = "received", "待核验身份"
    WORKING = "working", "处理中"
    ANSWERING = "answering", "待答复"
    CLOSED = "closed", "已答复"
    TAKEN_BACK = "taken_back", "本人撤回"


class Via(models.TextChoices):
    PHONE = "phone", "电话"
    SHOP = "shop", "门店"
    LETTER = "letter", "信函"
    EMAIL = "email", "邮件"
    REPLY = "reply", "短信回复"
    ONLINE = "online", "网站或小程序"
    AUTHORITY = "authority", "监管转办"


class IdentityCheck(models.TextChoices):
    """How it was made sure that the request is the person's own."""

    CALL_BACK = "call_back", "回拨登记号码"
    SMS_CODE = "sms_code", "短信验证码"
    DOCUMENT = "document", "当面查验证件"
    LOGIN = "login", "登录会员账号"
    AUTHORISED = "authorised", "核验委托书或近亲属关系"


class Outcome(models.TextChoices):
    PROVIDED = "provided", "已提供"
    NOTHING_HELD = "nothing_held", "没有保存其信息"
    CORRECTED = "corrected", "已更正"
    ERASED = "erased", "已删除"
    SWITCHED_OFF = "switched_off", "已停止"
    EXPLAINED = "explained", "已说明"
    REFUSED = "refused", "已拒绝"


class Refusal(models.TextChoices):
    """Why a request is refused; `privacy.letters` names the article of each."""

    IDENTITY = "identity", "无法核验身份"
    SECRECY = "secrecy", "法律规定应当保密"
    OTHERS = "others", "会损害他人权益"
    RETENTION = "retention", "法定保存期未届满"
    CONDITIONS = "conditions", "不符合转移条件"


class ExportState(models.TextChoices):
    NONE = "", "没有"
    QUEUED = "queued", "排队中"
    READY = "ready", "可下载"
    FAILED = "failed", "失败"
    GONE = "gone", "已删除"


class PrivacyRequest(models.Model):
    """One request of one person. Who asks and what is answered is sealed (`Kind.REQUEST`).

    `contact_id`: the person found, null where nobody was. `phone_index` finds earlier requests of the same number; it
    and both sealed fields are emptied once an erasure was answered. The export's file lies in the folder of uploads,
    encrypted; `export_digest` is the SHA-256 of the archive inside.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=20, choices=RequestKind.choices)
    state = models.CharField(max_length=12, choices=RequestState.choices, default=RequestState.RECEIVED)
    via = models.CharField(max_length=12, choices=Via.choices)
    requester_sealed = models.BinaryField(null=True)
    phone_index = models.BinaryField(null=True)
    contact_id = models.BigIntegerField(null=True)
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    extended_because = models.CharField(max_length=200, blank=True)

    identity_how = models.CharField(max_length=12, choices=IdentityCheck.choices, blank=True)
    identity_at = models.DateTimeField(null=True)
    identity_by = models.CharField(max_length=150, blank=True)
    identity_ok = models.BooleanField(null=True)
    identity_note = models.CharField(max_length=200, blank=True)

    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    refusal = models.CharField(max_length=12, choices=Refusal.choices, blank=True)
    letter_sealed = models.BinaryField(null=True)
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    export_state = models.CharField(max_length=8, choices=ExportState.choices, blank=True)
    export_path = models.CharField(max_length=500, blank=True)
    export_digest = models.BinaryField(null=True)
    export_bytes = models.BigIntegerField(null=True)
    export_rows = models.IntegerField(null=True)
    export_made_at = models.DateTimeField(null=True)
    export_expires_at = models.DateTimeField(null=True)

    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "privacy_request"
        indexes = [
            models.Index(
                fields=["due_at"],
                name="privacy_request_open",
                condition=models.Q(state__in=["received", "working", "answering"]),
            ),
            models.Index(fields=["-received_at", "-id"], name="privacy_request_recent"),
            models.Index(fields=["contact_id"], name="privacy_request_contact"),
            models.Index(fields=["phone_index"], name="privacy_request_phone"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(outcome="refused") | ~models.Q(refusal=""), name="privacy_refusal_reason"
            )
        ]


class RequestStep(models.Model):
    """What happened to a request: who did what, when. Append-only; `detail` and `comment` name no person."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(PrivacyRequest, related_name="steps", on_delete=models.PROTECT)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=20)
    comment = models.CharField(max_length=300, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        db_table = "privacy_step"


class Erasure(models.Model):
    """A person was erased: her rows, the keyed hashes of her numbers, and how many rows each holding took.

    `journal_seq` and `journal_mac` name its line in the journal beside the keys, so that a journal that was cut short
    is noticed. `cause`: `request`, `staff`, or `replay` (a backup had brought her back). Nobody is erased by deleting
    a row here.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    cause = models.CharField(max_length=10)
    contact_ids = ArrayField(models.BigIntegerField())
    phone_indexes = ArrayField(models.BinaryField(), default=list)
    request = models.ForeignKey(PrivacyRequest, null=True, on_delete=models.PROTECT)
    actor = models.CharField(max_length=150)
    counts = models.JSONField(default=dict)
    journal_seq = models.BigIntegerField(db_index=True)
    journal_mac = models.BinaryField()

    class Meta:
        db_table = "erasure"
        indexes = [models.Index(fields=["-at"], name="erasure_recent")]
