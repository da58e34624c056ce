"""Tables of the intake slice."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class ImportKind(models.TextChoices):
    CONTACTS = "contacts", "客户"
    EVENTS = "events", "行为"


class ImportState(models.TextChoices):
    MAPPING = "mapping", "待确认映射"
    QUEUED = "queued", "排队中"
    CHECKING = "checking", "检查中"
    RUNNING = "running", "导入中"
    DONE = "done", "已完成"
    FAILED = "failed", "失败"
    CANCELLED = "cancelled", "已取消"


class ImportJob(models.Model):
    """One file on its way in. Counters advance in the transaction of the rows they count."""

    kind = models.CharField(max_length=10, choices=ImportKind.choices)
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.MAPPING)
    file_name = models.CharField(max_length=255)
    file_path = models.CharField(max_length=500)
    file_digest = models.BinaryField()
    file_bytes = models.BigIntegerField()
    encoding = models.CharField(max_length=20, blank=True)
    shape = models.JSONField(default=dict)  # intake.files.FileShape
    header = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)  # column name in the file → field (intake.mapping)
    source = models.CharField(max_length=60, blank=True)
    consent = models.JSONField(null=True)  # intake.claims.ConsentClaim for the batch, or null
    contract_id = models.BigIntegerField(null=True)  # consent.SharingContract, for data from a partner
    rows_total = models.IntegerField(default=0)
    rows_read = models.IntegerField(default=0)
    rows_new = models.IntegerField(default=0)
    rows_changed = models.IntegerField(default=0)
    rows_same = models.IntegerField(default=0)
    rows_rejected = models.IntegerField(default=0)
    fault = models.JSONField(null=True)  # {"code": …, "params": {…}} when failed
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "import_job"


class ImportRejection(models.Model):
    """A row that could not be taken: its line in the file, the reason, and the row itself, sealed."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE)
    line = models.IntegerField()
    code = models.CharField(max_length=60)
    params = models.JSONField(default=dict)
    row_sealed = models.BinaryField()

    class Meta:
        db_table = "import_rejection"
        constraints = [models.UniqueConstraint(fields=["job", "line"], name="import_rejection_line")]
