from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0007_merge_recent'),
    ]

    operations = [
        migrations.CreateModel(
            name='FormerNumber',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contact_id', models.BigIntegerField()),
                ('phone_index', models.BinaryField()),
                ('phone_sealed', models.BinaryField()),
                ('tail_index', models.IntegerField(null=True)),
                ('carrier', models.SmallIntegerField(db_default=0, default=0)),
                ('released_at', models.DateTimeField()),
                ('actor', models.CharField(max_length=150)),
                ('returned_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'former_number',
                'indexes': [models.Index(fields=['contact_id'], name='former_number_contact')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('returned_at', None)), fields=('phone_index', 'contact_id'), name='former_number_open')],
            },
        ),
    ]
