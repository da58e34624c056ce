from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0002_facts'),
    ]

    operations = [
        migrations.RunSQL(
            [
                "alter table reply add column source_index bytea",
                "create index reply_source on reply (source_index) where source_index is not null",
            ],
            ["alter table reply drop column source_index"],
        ),
        migrations.CreateModel(
            name='OptOutConfirmation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('suppression_id', models.BigIntegerField(unique=True)),
                ('contact_id', models.BigIntegerField()),
                ('reply_id', models.BigIntegerField()),
                ('queued_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(null=True)),
                ('plan_id', models.BigIntegerField(null=True)),
            ],
            options={
                'db_table': 'opt_out_confirmation',
            },
        ),
        migrations.RemoveIndex(
            model_name='chunk',
            name='chunk_open',
        ),
        migrations.RemoveIndex(
            model_name='chunk',
            name='chunk_plan',
        ),
        migrations.AddIndex(
            model_name='chunk',
            index=models.Index(condition=models.Q(('state', 'done'), _negated=True), fields=['plan', 'id'], name='chunk_open'),
        ),
        migrations.AddIndex(
            model_name='optoutconfirmation',
            index=models.Index(condition=models.Q(('settled_at', None)), fields=['id'], name='opt_out_confirmation_open'),
        ),
    ]
