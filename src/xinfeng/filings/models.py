"""Tables of the filings slice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from xinfeng.filings.states import FilingState as FilingState
from xinfeng.filings.states import state_on

if TYPE_CHECKING:
    from datetime import date


class Basis(models.TextChoices):
    """What a signature may rest on (reference, section 2.2)."""

    COMPANY = "company", "企业全称"
    SHORT_NAME = "short_name", "企业简称"
    TRADEMARK = "trademark", "注册商标"
    APP = "app", "已备案的 APP"
    GOVERNMENT = "government", "机关事业单位"


class QualificationKind(models.TextChoices):
    LICENCE = "licence", "营业执照"
    ICP = "icp", "ICP 备案"
    TELECOM = "telecom", "增值电信业务许可证"
    TRADEMARK = "trademark", "商标注册证"
    AUTHORISATION = "authorisation", "授权书"
    CONTRACT = "contract", "服务商合同"
    OTHER = "other", "其他"


class Filing(models.Model):
    """What all filings have in common. Days are the enterprise's; `expires_on` is the last day it holds, None: it
    holds until it is withdrawn. What `state` says is corrected by the days when it is read (`states.state_on`)."""

    state = models.CharField(max_length=12, choices=FilingState.choices, default=FilingState.PREPARING)
    number = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    note = models.CharField(max_length=500, blank=True)
    submitted_on = models.DateField(null=True)
    effective_on = models.DateField(null=True)
    expires_on = models.DateField(null=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def state_on(self, day: date) -> FilingState:
        """Where it stands on a day."""
        return state_on(FilingState(self.state), self.effective_on, self.expires_on, day=day)


class SignatureFiling(Filing):
    """A signature filed with one carrier over one channel; with `whole_account` it also holds for the other channels
    of the same vendor and account. `port`: the number, or its last digits, that it was filed for; empty: any.
    """

    signature = models.ForeignKey("content.Signature", related_name="filings", on_delete=models.PROTECT)
    channel = models.ForeignKey("channels.Channel", related_name="filings", on_delete=models.PROTECT)
    carrier = models.SmallIntegerField()  # kernel.phones.Carrier
    whole_account = models.BooleanField(default=False)
    basis = models.CharField(max_length=12, choices=Basis.choices, default=Basis.COMPANY)
    port = models.CharField(max_length=21, blank=True)
    qualifications: models.ManyToManyField[Qualification, models.Model] = models.ManyToManyField(
        "Qualification", related_name="filings", blank=True
    )

    class Meta:
        db_table = "signature_filing"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(carrier__in=(1, 2, 3, 4)), name="signature_filing_carrier"
            ),
            models.UniqueConstraint(
                fields=["signature", "channel", "carrier"],
                condition=~models.Q(state="withdrawn"),
                name="signature_filing_once",
            ),
        ]
        indexes = [models.Index(fields=["channel", "signature"], name="signature_filing_by_channel")]


class TemplateFiling(Filing):
    """A wording filed with a channel's vendor. `number` is the vendor's id of the template; `text` is what was filed,
    variables as `${1}` or `{1}` or `${name}`."""

    version = models.ForeignKey("content.TemplateVersion", related_name="filings", on_delete=models.PROTECT)
    channel = models.ForeignKey("channels.Channel", related_name="template_filings", on_delete=models.PROTECT)
    text = models.TextField()

    class Meta:
        db_table = "template_filing"
        constraints = [
            models.UniqueConstraint(
                fields=["version", "channel"],
                condition=~models.Q(state="withdrawn"),
                name="template_filing_once",
            )
        ]
        indexes = [models.Index(fields=["channel", "state"], name="template_filing_by_channel")]


class BulkFiling(Filing):
    """Bulk sending announced for peak days, `first_day` to `last_day`. `at_most` messages a day; None: not limited."""

    channel = models.ForeignKey("channels.Channel", related_name="bulk_filings", on_delete=models.PROTECT)
    first_day = models.DateField()
    last_day = models.DateField()
    at_most = models.IntegerField(null=True)

    class Meta:
        db_table = "bulk_filing"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")), name="bulk_filing_days"
            ),
            models.CheckConstraint(
                condition=models.Q(at_most__isnull=True) | models.Q(at_most__gte=1),
                name="bulk_filing_at_most",
            ),
        ]
        indexes = [models.Index(fields=["channel", "last_day"], name="bulk_filing_by_channel")]


class Qualification(models.Model):
    """A licence, certificate, letter or contract. `channel`: the channel a vendor's contract is about."""

    kind = models.CharField(max_length=16, choices=QualificationKind.choices)
    name = models.CharField(max_length=120)
    number = models.CharField(max_length=80)
    holder = models.CharField(max_length=120)
    issuer = models.CharField(max_length=120, blank=True)
    issued_on = models.DateField(null=True)
    expires_on = models.DateField(null=True)
    channel = models.ForeignKey(
        "channels.Channel", null=True, related_name="qualifications", on_delete=models.PROTECT
    )
    note = models.CharField(max_length=500, blank=True)
    retired_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "qualification"
        constraints = [
            models.UniqueConstraint(fields=["kind", "number"], name="qualification_once"),
            models.CheckConstraint(
                condition=models.Q(expires_on__isnull=True)
                | models.Q(issued_on__isnull=True)
                | models.Q(expires_on__gte=models.F("issued_on")),
                name="qualification_days",
            ),
        ]


class Subject(models.TextChoices):
    """What steps and documents are about."""

    SIGNATURE = "signature", "签名报备"
    TEMPLATE = "template", "模板报备"
    BULK = "bulk", "大促报备"
    QUALIFICATION = "qualification", "资质"


class FilingStep(models.Model):
    """What happened to a filing or a qualification; a fact: the database refuses to change it."""

    subject = models.CharField(max_length=16, choices=Subject.choices)
    subject_id = models.BigIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=20)
    before = models.CharField(max_length=12, blank=True)
    after = models.CharField(max_length=12, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        db_table = "filing_step"
        indexes = [models.Index(fields=["subject", "subject_id", "-id"], name="filing_step_of")]


class FilingDocument(models.Model):
    """An uploaded file; what is in it lies sealed, in pieces. `sha256` is of the file as it came."""

    subject = models.CharField(max_length=16, choices=Subject.choices)
    subject_id = models.BigIntegerField()
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=40)
    size_bytes = models.IntegerField()
    sha256 = models.BinaryField()
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "filing_document"
        indexes = [models.Index(fields=["subject", "subject_id"], name="filing_document_of")]


class DocumentPiece(models.Model):
    """A stretch of a document, sealed."""

    document = models.ForeignKey(FilingDocument, related_name="pieces", on_delete=models.CASCADE)
    number = models.IntegerField()
    sealed = models.BinaryField()

    class Meta:
        db_table = "filing_document_piece"
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="document_piece_once")]


class FilingGap(models.Model):
    """Days on which filings are not taken. `carrier` 0: all of them; `vendor` "": all of them. `provisional`: nobody
    has announced it."""

    name = models.CharField(max_length=60)
    carrier = models.SmallIntegerField(default=0)
    vendor = models.CharField(max_length=20, blank=True)
    first_day = models.DateField()
    last_day = models.DateField()
    source = models.CharField(max_length=200)
    provisional = models.BooleanField(default=False)

    class Meta:
        db_table = "filing_gap"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")), name="filing_gap_days"
            )
        ]
