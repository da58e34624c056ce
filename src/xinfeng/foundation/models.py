"""Users and roles, the audit log, settings kept in the database, blocks of ids."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models


class Role(models.TextChoices):
    OPERATOR = "operator", "运营"
    REVIEWER = "reviewer", "审核"
    COMPLIANCE = "compliance", "合规"
    ANALYST = "analyst", "分析"
    DEVELOPER = "developer", "开发"
    ADMINISTRATOR = "administrator", "管理员"


class User(AbstractUser):
    """A person who works with Xinfeng. What a role may do is in `console.permissions`."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(max_length=60, blank=True)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.OPERATOR)
    language = models.CharField(max_length=10, default="zh-hans")
    theme = models.CharField(max_length=10, default="auto")

    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        db_table = "user"

    def get_full_name(self) -> str:
        return self.name or self.username

    def get_short_name(self) -> str:
        return self.name or self.username


class AuditEntry(models.Model):
    """Who did what to whom, when and from where. Append-only, partitioned by month of `at`.

    `detail` never holds personal data in the clear: ids, codes, counts, masked numbers.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=60)
    object_kind = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=60, blank=True)
    detail = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        db_table = "audit_entry"
        managed = False


class StoredSetting(models.Model):
    """A setting people change in the console; its owner slice knows the shape of `value`."""

    key = models.CharField(max_length=80, primary_key=True)
    value = models.JSONField()
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "stored_setting"


class LoginFailures(models.Model):
    """Wrong passwords lately, by user name and address (see `foundation.logins`)."""

    key = models.CharField(max_length=120, primary_key=True)
    failures = models.IntegerField()
    last_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "login_failures"


class IdBlock(models.Model):
    """Where the next block of consecutive ids of a bulk-written table begins (see `foundation.ids`)."""

    name = models.CharField(max_length=40, primary_key=True)
    next_id = models.BigIntegerField(default=1)

    class Meta:
        db_table = "id_block"
