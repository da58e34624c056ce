"""Windows per trade and the calendar that a new deployment starts with, from policy.defaults."""

from django.db import migrations

from xinfeng.policy import defaults


def put(apps, schema_editor):
    SendWindow = apps.get_model("policy", "SendWindow")
    CalendarDay = apps.get_model("policy", "CalendarDay")
    SendWindow.objects.bulk_create(
        SendWindow(
            trade=trade,
            starts=window.starts,
            ends=window.ends,
            weekdays=sorted(window.weekdays),
            workdays_only=window.workdays_only,
            source=window.source,
        )
        for trade, windows in defaults.WINDOWS.items()
        for window in windows
    )
    CalendarDay.objects.bulk_create(
        CalendarDay(
            day=day.day, kind=str(day.mark), name=day.name, provisional=day.provisional, source=day.source
        )
        for day in defaults.CALENDAR
    )


def take_away(apps, schema_editor):
    apps.get_model("policy", "SendWindow").objects.all().delete()
    apps.get_model("policy", "CalendarDay").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("policy", "0001_initial")]

    operations = [migrations.RunPython(put, take_away)]
