"""Users, roles and how they sign in, the audit log, settings kept in the database, keys in use, blocks of ids."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models

from xinfeng.foundation import passwords


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
    password_changed_at = models.DateTimeField(null=True, blank=True)
    must_change_password = models.BooleanField(default=False)
    """Somebody else chose the password in force: its owner changes it before anything else."""

    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        db_table = "user"

    def get_full_name(self) -> str:
        return self.name or self.username

    def get_short_name(self) -> str:
        return self.name or self.username

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(None if raw_password is None else passwords.stable(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        """Whichever way the keyboard wrote it."""
        return raw_password is not None and super().check_password(passwords.stable(raw_password))


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


class LegalHold(models.Model):
    """What may not be dropped though its time is over (see `foundation.holds`). Lifted, never deleted.

    `kind`: `period` (`first_day` to `last_day`), `contact` or `plan` (`ids`). `label` names it for people, without
    personal data.
    """

    kind = models.CharField(max_length=10)
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    ids = ArrayField(models.BigIntegerField(), default=list)
    label = models.CharField(max_length=120)
    reason = models.CharField(max_length=200)
    placed_by = models.CharField(max_length=150)
    placed_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=150, blank=True)
    lifted_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "legal_hold"


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


class SecondFactor(models.Model):
    """The authenticator app of a person (see `foundation.second_factor`). `secret_sealed`: `Kind.TOTP`, base32.

    `last_step`: the latest time step whose code was taken; none up to it is taken again.
    """

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="second_factor")
    secret_sealed = models.BinaryField()
    made_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)

    class Meta:
        db_table = "second_factor"


class RecoveryCode(models.Model):
    """A code for when the authenticator is gone; only its salted, keyed hash is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    salt = models.BinaryField()
    digest = models.BinaryField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "recovery_code"


class LoginSession(models.Model):
    """One sign-in of a person (see `foundation.sessions`). `key` is that of Django's session."""

    user = models.ForeignKey(User, models.CASCADE, related_name="login_sessions")
    key = models.CharField(max_length=40, unique=True)
    begun_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "login_session"


class EncryptionKey(models.Model):
    """A master key this database was sealed with; the key itself is in the key file alone (see `foundation.keys`)."""

    id = models.SmallIntegerField(primary_key=True)
    fingerprint = models.CharField(max_length=16)
    made_at = models.DateTimeField(null=True)
    activated_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "encryption_key"


class KeyHolder(models.Model):
    """A running process and the keys it knows, so that no key is used that one of them could not open."""

    id = models.CharField(max_length=120, primary_key=True)
    process = models.CharField(max_length=20)
    host = models.CharField(max_length=80)
    keys = models.JSONField(default=dict)
    active = models.SmallIntegerField()
    cipher = models.CharField(max_length=20)
    active_since = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "key_holder"


class Rotation(models.Model):
    """A walk over everything sealed that brings it under one key and cipher (see `foundation.rotation`)."""

    key_id = models.SmallIntegerField()
    cipher = models.CharField(max_length=20)
    begun_at = models.DateTimeField()
    begun_by = models.CharField(max_length=150)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "key_rotation"


class RotationStep(models.Model):
    """How far a rotation has come in one table. `position`: the primary key after which it goes on."""

    rotation = models.ForeignKey(Rotation, models.CASCADE, related_name="steps")
    table = models.CharField(max_length=63)
    position = models.JSONField(null=True)
    looked_at = models.BigIntegerField(default=0)
    moved = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "key_rotation_step"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rotation", "table"], name="rotation_step_once")
        ]


class IdBlock(models.Model):
    """Where the next block of consecutive ids of a bulk-written table begins (see `foundation.ids`)."""

    name = models.CharField(max_length=40, primary_key=True)
    next_id = models.BigIntegerField(default=1)

    class Meta:
        db_table = "id_block"
