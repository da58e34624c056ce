from django.db import migrations


class Migration(migrations.Migration):
    """A receipt that finds its message when it comes needs no index of the number: the message has it."""

    dependencies = [("delivery", "0003_replies_once")]

    operations = [
        migrations.RunSQL("alter table receipt alter column phone_index drop not null", migrations.RunSQL.noop)
    ]
