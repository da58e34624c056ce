import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('forms', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='submission',
            name='narrowed',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), db_default=[], default=list, size=None),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('narrowed', []), _negated=True), fields=['id'], name='submission_narrowed'),
        ),
    ]
