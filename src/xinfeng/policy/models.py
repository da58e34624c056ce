"""Tables of the policy slice."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Trade(models.TextChoices):
    RETAIL = "retail", "零售"
    EDUCATION = "education", "教育"
    CATERING = "catering", "餐饮"
    FINANCE = "finance", "金融"
    GOVERNMENT = "government", "政务"
    BABY = "baby", "母婴"
    OTHER = "other", "其他"


class SendWindow(models.Model):
    """A time of day in which a trade may send marketing, in the enterprise's zone. `[starts, ends)`.

    `weekdays` are 1 (Monday) to 7; `workdays_only` follows the calendar with holidays and make-up days.
    `source` names where a default comes from.
    """

    trade = models.CharField(max_length=20, choices=Trade.choices)
    starts = models.TimeField()
    ends = models.TimeField()
    weekdays = ArrayField(models.SmallIntegerField())
    workdays_only = models.BooleanField(default=False)
    source = models.CharField(max_length=200)

    class Meta:
        db_table = "send_window"
        constraints = [
            models.CheckConstraint(condition=models.Q(ends__gt=models.F("starts")), name="send_window_order")
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
