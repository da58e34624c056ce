"""Tables of the screening slice. Nothing is deleted: what was judged must be understood a year later."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class WordOutcome(models.TextChoices):
    """What an own word does."""

    BLOCK = "block", "禁用"
    EVIDENCE = "evidence", "需要证明"
    ALLOW = "allow", "放行"


class OwnWord(models.Model):
    """A word or phrase of the deployment's own, from `added_at` until `retired_at`.

    `needle` is the normalised form, which is what texts are searched for. Empty `trades`, `purposes`: all.
    """

    id = models.BigAutoField(primary_key=True)
    word = models.CharField(max_length=40)
    needle = models.CharField(max_length=80)
    outcome = models.CharField(max_length=10, choices=WordOutcome.choices)
    trades = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    purposes = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    reason = models.CharField(max_length=200)
    added_by = models.CharField(max_length=150)
    added_at = models.DateTimeField()
    retired_by = models.CharField(max_length=150, blank=True)
    retired_at = models.DateTimeField(null=True)
    retired_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "screening_word"
        constraints = [
            models.UniqueConstraint(
                fields=["needle"], condition=models.Q(retired_at=None), name="screening_word_once"
            ),
            models.CheckConstraint(
                condition=models.Q(outcome__in=["block", "evidence", "allow"]), name="screening_word_outcome"
            ),
            models.CheckConstraint(
                condition=models.Q(retired_at=None) | models.Q(retired_at__gte=models.F("added_at")),
                name="screening_word_life",
            ),
        ]


class Change(models.TextChoices):
    """What an override makes of a rule."""

    OFF = "off", "停用"
    REMARK = "remark", "只提示"
    EVIDENCE = "evidence", "需要证明"
    BLOCK = "block", "禁止"


class RuleOverride(models.Model):
    """A shipped rule changed by the deployment, from `from_at` until `until_at` (None: until withdrawn)."""

    id = models.BigAutoField(primary_key=True)
    rule = models.CharField(max_length=60)
    change = models.CharField(max_length=10, choices=Change.choices)
    reason = models.CharField(max_length=200)
    by = models.CharField(max_length=150)
    at = models.DateTimeField()
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=150, blank=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "screening_override"
        constraints = [
            models.UniqueConstraint(
                fields=["rule"], condition=models.Q(withdrawn_at=None), name="screening_override_once"
            ),
            models.CheckConstraint(
                condition=models.Q(change__in=["off", "remark", "evidence", "block"]),
                name="screening_override_change",
            ),
            models.CheckConstraint(
                condition=models.Q(until_at=None) | models.Q(until_at__gt=models.F("from_at")),
                name="screening_override_life",
            ),
        ]
        indexes = [models.Index(fields=["rule", "-id"], name="screening_override_rule")]


class RuleSetKept(models.Model):
    """A ruleset something was judged by, as it was. Never changed, never deleted."""

    digest = models.CharField(primary_key=True, max_length=64)
    content = models.JSONField()
    first_used_at = models.DateTimeField()

    class Meta:
        db_table = "screening_ruleset"
