"""Tables of the forms slice."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

LONGEST_SLUG = 32
"""So that `form:<slug>` fits a tag's name."""


class FormKind(models.TextChoices):
    SIGN_UP = "sign_up", "注册"
    ORDER = "order", "下单"
    LOTTERY = "lottery", "抽奖"
    ACTIVITY = "activity", "活动报名"
    COUPON = "coupon", "领券"


class FormState(models.TextChoices):
    """DRAFT → PUBLISHED ⇄ CLOSED. A draft may be changed in every state; people see what was published last."""

    DRAFT = "draft", "草稿"
    PUBLISHED = "published", "已发布"
    CLOSED = "closed", "已关闭"


class Form(models.Model):
    """A form at its own address, `/f/<slug>`. `draft` is a `design.Design` in its JSON form, perhaps unfinished."""

    slug = models.CharField(max_length=LONGEST_SLUG, unique=True)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=FormKind.choices)
    state = models.CharField(max_length=10, choices=FormState.choices, default=FormState.DRAFT)
    draft = models.JSONField(default=dict)
    current = models.ForeignKey("FormVersion", null=True, on_delete=models.PROTECT, related_name="+")
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "form"
        constraints = [
            models.CheckConstraint(
                condition=Q(slug__regex=r"^[a-z0-9][a-z0-9-]{1,31}$"), name="form_slug_shape"
            ),
            models.CheckConstraint(
                condition=Q(state=FormState.DRAFT) | Q(current__isnull=False), name="form_published_what"
            ),
        ]

    @property
    def source(self) -> str:
        """The source of consent entries and events, and the tag of whoever came this way."""
        return f"form:{self.slug}"


class FormVersion(models.Model):
    """What was published, once and for all: the database refuses to change a row. `digest`: SHA-256 of `design`."""

    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="versions")
    number = models.IntegerField()
    design = models.JSONField()
    digest = models.BinaryField()
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=150)

    class Meta:
        db_table = "form_version"
        constraints = [models.UniqueConstraint(fields=["form", "number"], name="form_version_number")]


class PrizeKind(models.TextChoices):
    POOL = "pool", "券码库"
    GENERATED = "generated", "自动生成的券码"
    POINTS = "points", "积分"
    GIFT = "gift", "实物或到店领取"


class Prize(models.Model):
    """What can be had through a form, with its stock. `key` is the prize's name in the design.

    `stock` null: without end. For POOL it is the number of codes uploaded. `taken` only grows, by one statement
    that looks at `stock` as well; the constraint stands behind it.
    """

    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="prizes")
    key = models.CharField(max_length=20)
    kind = models.CharField(max_length=10, choices=PrizeKind.choices)
    name = models.CharField(max_length=60)
    stock = models.IntegerField(null=True)
    taken = models.IntegerField(default=0)

    class Meta:
        db_table = "prize"
        constraints = [
            models.UniqueConstraint(fields=["form", "key"], name="prize_key"),
            models.CheckConstraint(
                condition=Q(taken__gte=0) & (Q(stock=None) | Q(taken__lte=F("stock"))),
                name="prize_stock_suffices",
            ),
        ]


class SubmissionState(models.TextChoices):
    """AWAITING_CODE → DONE | LAPSED. Without a code a submission is DONE at once."""

    AWAITING_CODE = "awaiting", "等待验证码"
    DONE = "done", "已完成"
    LAPSED = "lapsed", "未验证，已失效"


class Submission(models.Model):
    """Somebody filled in a form. `answers_sealed`: JSON sealed as `Kind.ROW`, emptied when it lapses or is erased.

    `nonce` comes with the page and makes a repeated submission the same one; `public_id` is what its pages are
    found by, and nobody else knows it. `address_index` is a keyed hash. `purposes`: the boxes that were ticked;
    `granted`: those of them that became entries in the ledger. `made_contact`: the contact was made only so that
    a code could be sent. `code_entry`: the narrow service consent for that code; `code_entry_back` what took it back.
    `narrowed`: the suppressions that were set aside for it, until it has ended (`consent.narrowing`).
    """

    public_id = models.UUIDField(unique=True)
    nonce = models.BinaryField(unique=True)
    form = models.ForeignKey(Form, on_delete=models.PROTECT)
    version = models.ForeignKey(FormVersion, on_delete=models.PROTECT)
    state = models.CharField(max_length=10, choices=SubmissionState.choices)
    contact_id = models.BigIntegerField(null=True)
    phone_sealed = models.BinaryField(null=True)
    phone_index = models.BinaryField(null=True)
    answers_sealed = models.BinaryField(null=True)
    purposes = ArrayField(models.CharField(max_length=60), default=list)
    granted = ArrayField(models.CharField(max_length=60), default=list)
    language = models.CharField(max_length=10)
    source = models.CharField(max_length=60, blank=True)
    parameters = models.JSONField(default=dict)
    address_index = models.BinaryField()
    page_digest = models.BinaryField()
    confirmed = models.BooleanField(default=False)
    made_contact = models.BooleanField(default=False)
    code_entry = models.BigIntegerField(null=True)
    code_entry_back = models.BigIntegerField(null=True)
    narrowed = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    created_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "submission"
        indexes = [
            models.Index(fields=["form", "-id"], name="submission_of_form"),
            models.Index(
                fields=["contact_id"], name="submission_contact", condition=Q(contact_id__isnull=False)
            ),
            models.Index(fields=["created_at"], name="submission_awaiting", condition=Q(state="awaiting")),
            models.Index(
                fields=["id"],
                name="submission_code_entry_open",
                condition=Q(code_entry__isnull=False, code_entry_back=None) & ~Q(state="awaiting"),
            ),
            models.Index(fields=["id"], name="submission_narrowed", condition=~Q(narrowed=[])),
        ]


class FormCode(models.Model):
    """A code that was sent for a submission; the newest one counts. Only its keyed hash is kept.

    `plan_id`: the plan with its message; `refused`: the gate that kept it from being sent.
    """

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="codes")
    code_hash = models.BinaryField()
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    plan_id = models.BigIntegerField(null=True)
    refused = models.CharField(max_length=30, blank=True)

    class Meta:
        db_table = "form_code"


class Award(models.Model):
    """What a submission won, or that it won nothing (`prize` null). Paid in the submission's own transaction.

    `person_index` is the number's keyed hash: a person takes part at most as often as the form allows, `nth`
    counts. `roll` and `odds` are the draw, so that it can be gone over later (see `draws`); null outside lotteries.
    """

    form = models.ForeignKey(Form, on_delete=models.PROTECT)
    submission = models.OneToOneField(Submission, on_delete=models.PROTECT)
    contact_id = models.BigIntegerField()
    person_index = models.BinaryField(null=True)
    nth = models.SmallIntegerField()
    prize = models.ForeignKey(Prize, null=True, on_delete=models.PROTECT)
    why_none = models.CharField(max_length=20, blank=True)
    points = models.IntegerField(default=0)
    roll = models.IntegerField(null=True)
    odds = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "award"
        constraints = [
            models.UniqueConstraint(fields=["form", "contact_id", "nth"], name="award_once_a_contact"),
            models.UniqueConstraint(fields=["form", "person_index", "nth"], name="award_once_a_number"),
        ]
        indexes = [
            models.Index(fields=["form", "-id"], name="award_of_form"),
            models.Index(fields=["contact_id"], name="award_contact"),
        ]


class CouponCode(models.Model):
    """A code of a pool, or one that was generated. Sealed as `Kind.SECRET`; `code_index` keeps it from being twice."""

    prize = models.ForeignKey(Prize, on_delete=models.PROTECT)
    code_sealed = models.BinaryField()
    code_index = models.BinaryField()
    award = models.OneToOneField(Award, null=True, on_delete=models.PROTECT, related_name="coupon")
    added_at = models.DateTimeField()

    class Meta:
        db_table = "coupon_code"
        constraints = [models.UniqueConstraint(fields=["prize", "code_index"], name="coupon_code_once")]
        indexes = [models.Index(fields=["prize", "id"], name="coupon_code_free", condition=Q(award=None))]


class PointEntry(models.Model):
    """Points that were credited. Append-only; a person's balance is their sum."""

    contact_id = models.BigIntegerField(db_index=True)
    points = models.IntegerField()
    award = models.OneToOneField(Award, on_delete=models.PROTECT)
    at = models.DateTimeField()

    class Meta:
        db_table = "point_entry"


class FormCount(models.Model):
    """What happened to a form on one business day: `what` is `view`, `submission`, `confirmed`, `done`, `grant`
    (`detail`: the purpose), `source` (its name) or `abuse` (its kind)."""

    pk = models.CompositePrimaryKey("form_id", "day", "what", "detail")
    form = models.ForeignKey(Form, on_delete=models.PROTECT)
    day = models.DateField()
    what = models.CharField(max_length=12)
    detail = models.CharField(max_length=60)
    count = models.IntegerField(default=0)

    class Meta:
        db_table = "form_count"


class RateWindow(models.Model):
    """How often something was tried since `starts_at`. `key` is a keyed hash of what is limited and for whom."""

    pk = models.CompositePrimaryKey("key", "starts_at")
    key = models.BinaryField()
    starts_at = models.DateTimeField(db_index=True)
    count = models.IntegerField(default=0)

    class Meta:
        db_table = "form_rate"
