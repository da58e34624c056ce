"""Tables of the content slice."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Signature(models.Model):
    """The 【name】 in front of a text. Stored without its brackets."""

    text = models.CharField(max_length=20, unique=True)
    hotline = models.CharField(max_length=30, blank=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "signature"


class Template(models.Model):
    """A named text; what it says is in its versions."""

    name = models.CharField(max_length=80, unique=True)
    purpose = models.CharField(max_length=20)  # consent.Purpose
    trade = models.CharField(max_length=20, default="retail")  # policy.Trade
    archived = models.BooleanField(default=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "template"


class TemplateVersion(models.Model):
    """One wording: the parts identity (signature), value, action and opt-out. Immutable.

    `value` and `action` are Liquid. `defaults` gives a value for each variable a contact may lack. `rich`: its 5G face
    (`content.rich`); the wording is then what a 5G message falls back to.
    """

    template = models.ForeignKey(Template, related_name="versions", on_delete=models.CASCADE)
    number = models.IntegerField()
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT)
    value = models.TextField()
    action = models.TextField(blank=True)
    opt_out = models.CharField(max_length=40, blank=True)
    defaults = models.JSONField(default=dict)
    rich = models.JSONField(null=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "template_version"
        constraints = [models.UniqueConstraint(fields=["template", "number"], name="template_version_number")]


class ReviewState(models.TextChoices):
    """See `content.review` for the rules. A version without any row is a draft."""

    DRAFT = "draft", "草稿"
    IN_REVIEW = "in_review", "待审核"
    APPROVED = "approved", "已通过"
    RETURNED = "returned", "已退回"
    BLOCKED = "blocked", "已禁用"


class VersionReview(models.Model):
    """What became of one version in review; append-only, the latest row of a version holds.

    `findings` are `screening.Finding.as_json()`, with offsets into `text`, as the rules of the digest `ruleset` gave them
    for `trade` and `purpose`; `evidence` says which claim rests on which proof: `{"id", "rule", "claim"}`. `hotline` is the
    signature's of that moment. `campaign_id`: approved together with that campaign. `alone`: by its writer, because
    nobody else may.
    """

    version = models.ForeignKey(TemplateVersion, related_name="reviews", on_delete=models.PROTECT)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    state = models.CharField(max_length=12, choices=ReviewState.choices)
    comment = models.CharField(max_length=1000, blank=True)
    trade = models.CharField(max_length=20)
    purpose = models.CharField(max_length=20)
    hotline = models.CharField(max_length=30, blank=True)
    text = models.TextField()
    findings = models.JSONField(default=list)
    ruleset = models.CharField(max_length=64)
    evidence = models.JSONField(default=list)
    alone = models.BooleanField(default=False)
    campaign_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "version_review"
        indexes = [
            models.Index(fields=["version", "-id"], name="version_review_latest"),
            models.Index(fields=["id"], name="version_review_waits", condition=models.Q(state="in_review")),
        ]


class Evidence(models.Model):
    """What proves a claim: a document, what it says, until when it may be relied on (a business day, inclusive).

    `claim` is the claim's own words, `claim_key` the same as screening reads them. It proves that claim under that rule in
    that trade, whoever makes it. Never changed; withdrawn with a reason.
    """

    rule = models.CharField(max_length=60)
    claim = models.CharField(max_length=200)
    claim_key = models.CharField(max_length=200)
    trade = models.CharField(max_length=20)
    title = models.CharField(max_length=120)
    reference = models.CharField(max_length=500)
    scope = models.CharField(max_length=200, blank=True)
    valid_until = models.DateField()
    file_name = models.CharField(max_length=255)
    file_digest = models.BinaryField()
    file_bytes = models.IntegerField()
    added_by = models.CharField(max_length=150)
    added_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=150, blank=True)
    withdrawn_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "evidence"
        indexes = [models.Index(fields=["rule", "claim_key"], name="evidence_claim")]


class EvidenceFile(models.Model):
    """The document itself, sealed (`Kind.EVIDENCE`, base64); apart, so that lists don't load it."""

    evidence = models.OneToOneField(Evidence, primary_key=True, related_name="file", on_delete=models.PROTECT)
    sealed = models.BinaryField()

    class Meta:
        db_table = "evidence_file"


class RichMedia(models.Model):
    """A picture that 5G messages show, by the SHA-256 of its octets; public by nature, so not sealed. Never changed."""

    digest = models.CharField(max_length=64, primary_key=True)
    content_type = models.CharField(max_length=40)
    size = models.IntegerField()
    width = models.IntegerField()
    height = models.IntegerField()
    octets = models.BinaryField()
    name = models.CharField(max_length=120)
    added_by = models.CharField(max_length=150)
    added_at = models.DateTimeField()

    class Meta:
        db_table = "rich_media"


class EvidenceUse(models.Model):
    """A proof attached to a version for one of its claims. Append-only."""

    version = models.ForeignKey(TemplateVersion, related_name="evidence_uses", on_delete=models.PROTECT)
    evidence = models.ForeignKey(Evidence, related_name="uses", on_delete=models.PROTECT)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)

    class Meta:
        db_table = "evidence_use"
        constraints = [models.UniqueConstraint(fields=["version", "evidence"], name="evidence_use_once")]


class VersionComment(models.Model):
    """A word about a version, by a colleague. Append-only."""

    version = models.ForeignKey(TemplateVersion, related_name="comments", on_delete=models.PROTECT)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    text = models.CharField(max_length=1000)

    class Meta:
        db_table = "version_comment"
        indexes = [models.Index(fields=["version", "id"], name="version_comment_thread")]
