"""Tables of the inspection slice."""

from __future__ import annotations

from django.db import models


class ExportKind(models.TextChoices):
    INSPECTION = "inspection", "检查档案"
    AUDIT = "audit", "审计日志"


class ExportState(models.TextChoices):
    QUEUED = "queued", "排队中"
    WRITING = "writing", "生成中"
    DONE = "done", "已完成"
    FAILED = "failed", "失败"
    REMOVED = "removed", "已删除"


class Numbers(models.TextChoices):
    """How numbers are written. CLEAR also writes the whole text of each message; HASH is the house's keyed hash."""

    MASKED = "masked", "138****8000"
    HASH = "hash", "号码哈希"
    CLEAR = "clear", "完整号码和正文"


class InspectionExport(models.Model):
    """An archive that a job draws up: asked for, written, fetched, removed when it is old.

    `about` is the period and its filters (`period.Scope`, or the filters of the audit log). The row stays when the file
    goes, with the file's digest: it says what was handed out, when, by whom and why.
    """

    kind = models.CharField(max_length=12, choices=ExportKind.choices)
    about = models.JSONField(default=dict)
    numbers = models.CharField(max_length=8, choices=Numbers.choices, default=Numbers.MASKED)
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=ExportState.choices, default=ExportState.QUEUED)
    rows_total = models.BigIntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)
    file_path = models.CharField(max_length=500, blank=True)
    file_bytes = models.BigIntegerField(default=0)
    file_sha256 = models.CharField(max_length=64, blank=True)
    fault = models.CharField(max_length=60, blank=True)
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "inspection_export"
        indexes = [models.Index(fields=["kind", "-id"], name="inspection_export_kind")]
