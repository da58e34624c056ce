from django.db import migrations


class Migration(migrations.Migration):
    """Old keys are let go of by their time (`contacts.retention`); a range index is small and enough for that."""

    dependencies = [("contacts", "0009_placement")]

    operations = [
        migrations.RunSQL(
            "create index event_key_at on event_key using brin (at)", "drop index event_key_at"
        )
    ]
