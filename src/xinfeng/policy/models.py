"""Tables of the policy slice."""

from __future__ import annotations

from django.db import models


class Trade(models.TextChoices):
    RETAIL = "retail", "零售"
    EDUCATION = "education", "教育"
    CATERING = "catering", "餐饮"
    FINANCE = "finance", "金融"
    GOVERNMENT = "government", "政务"
    BABY = "baby", "母婴"
    MEDICINE = "medicine", "医药"
    PROPERTY = "property", "房产"
    OTHER = "other", "其他"


class RuleChange(models.Model):
    """A change of the rules (see `policy.timeline`): of the settings, or of the windows of a trade (`subject`).

    Append-only, but that one which has not taken effect may be withdrawn; it then never was in force.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=10)
    subject = models.CharField(max_length=20, blank=True)
    value = models.JSONField()
    effective_from = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    why = models.CharField(max_length=200, blank=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "rule_change"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(withdrawn_at__isnull=True)
                | models.Q(withdrawn_at__lt=models.F("effective_from")),
                name="rule_change_withdrawn_in_time",
            )
        ]


class DayKind(models.TextChoices):
    HOLIDAY = "holiday", "放假"
    WORKDAY = "workday", "调休上班"
    BLACKOUT = "blackout", "禁发"


class CalendarDay(models.Model):
    """A day that differs from its weekday. `provisional` until the official notice is out."""

    day = models.DateField(primary_key=True)
    kind = models.CharField(max_length=10, choices=DayKind.choices)
    name = models.CharField(max_length=40)
    provisional = models.BooleanField(default=False)
    source = models.CharField(max_length=200)

    class Meta:
        db_table = "calendar_day"
