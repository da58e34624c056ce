from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [('foundation', '0002_partitions')]

    operations = [
        migrations.CreateModel(
            name='LoginFailures',
            fields=[
                ('key', models.CharField(max_length=120, primary_key=True, serialize=False)),
                ('failures', models.IntegerField()),
                ('last_at', models.DateTimeField()),
                ('locked_until', models.DateTimeField(null=True)),
            ],
            options={'db_table': 'login_failures'},
        ),
    ]
