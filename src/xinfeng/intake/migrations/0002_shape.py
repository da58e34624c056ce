from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [('intake', '0001_initial')]

    operations = [
        migrations.AddField(
            model_name='importjob',
            name='shape',
            field=models.JSONField(default=dict),
        ),
    ]
