"""One index less on every insert: a unique varchar field brings a second one, for LIKE, which nobody asks."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0002_facts")]

    operations = [
        migrations.AlterField("contact", "external_id", models.CharField(max_length=100, null=True)),
        migrations.AddConstraint(
            "contact", models.UniqueConstraint(fields=["external_id"], name="contact_external_id")
        ),
    ]
