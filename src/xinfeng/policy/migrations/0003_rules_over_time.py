"""Rules over time: what the settings and the windows were becomes the first entries of their history."""

from datetime import UTC, datetime

from django.db import migrations, models

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
"""The rules that were found hold for everything before."""


def carry_over(apps, schema_editor):
    RuleChange = apps.get_model("policy", "RuleChange")
    SendWindow = apps.get_model("policy", "SendWindow")
    StoredSetting = apps.get_model("foundation", "StoredSetting")
    found = StoredSetting.objects.filter(pk="policy").first()
    if found is not None:
        RuleChange.objects.create(
            kind="settings",
            subject="",
            value=found.value,
            effective_from=ALWAYS,
            recorded_at=found.updated_at,
            actor=found.updated_by,
        )
        found.delete()
    windows = {}
    for row in SendWindow.objects.order_by("trade", "starts"):
        windows.setdefault(row.trade, []).append(
            {
                "starts": row.starts.isoformat("minutes")
                if not row.starts.second
                else row.starts.isoformat("seconds"),
                "ends": row.ends.isoformat("minutes")
                if not row.ends.second
                else row.ends.isoformat("seconds"),
                "weekdays": sorted(row.weekdays),
                "workdays_only": row.workdays_only,
                "source": row.source,
            }
        )
    RuleChange.objects.bulk_create(
        RuleChange(
            kind="windows",
            subject=trade,
            value=value,
            effective_from=ALWAYS,
            recorded_at=ALWAYS,
            actor="system:defaults",
        )
        for trade, value in windows.items()
    )


class Migration(migrations.Migration):
    dependencies = [("policy", "0002_defaults"), ("foundation", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="RuleChange",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=10)),
                ("subject", models.CharField(blank=True, max_length=20)),
                ("value", models.JSONField()),
                ("effective_from", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("actor", models.CharField(max_length=150)),
                ("why", models.CharField(blank=True, max_length=200)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("withdrawn_by", models.CharField(blank=True, max_length=150)),
            ],
            options={
                "db_table": "rule_change",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("withdrawn_at__isnull", True),
                            ("withdrawn_at__lt", models.F("effective_from")),
                            _connector="OR",
                        ),
                        name="rule_change_withdrawn_in_time",
                    )
                ],
            },
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
        migrations.DeleteModel(name="SendWindow"),
    ]
