"""What channels take and demand. A new channel demands filed signatures; those that exist demand nothing until somebody
says so, or a deployment that was sending would stop with the upgrade."""

from django.db import migrations, models

NOT_DEMANDED = '{"signature_filing": false, "bulk_filing": false}'


class Migration(migrations.Migration):

    dependencies = [
        ('channels', '0002_hours'),
    ]

    operations = [
        migrations.AddField(
            model_name='channel',
            name='capabilities',
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.RunSQL(f"update channel set capabilities = '{NOT_DEMANDED}'", migrations.RunSQL.noop),
    ]
