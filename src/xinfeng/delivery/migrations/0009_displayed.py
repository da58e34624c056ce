from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("delivery", "0008_parcels")]

    operations = [
        migrations.AddField("plantotals", name, models.IntegerField(default=0, db_default=0))
        for name in ("displayed", "displayed_of", "fell_back")
    ]
