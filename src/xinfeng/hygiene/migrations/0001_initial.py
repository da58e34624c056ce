import django.db.models.deletion
import xinfeng.foundation.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='NumberFact',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('contact_id', models.BigIntegerField()),
                ('phone_index', models.BinaryField(null=True)),
                ('source', models.CharField(choices=[('receipt', '回执'), ('lookup', '号码检测'), ('manual', '人工'), ('import', '导入')], max_length=10)),
                ('provider', models.CharField(blank=True, max_length=60)),
                ('code', models.CharField(blank=True, max_length=40)),
                ('state', models.SmallIntegerField(choices=[(0, '未知'), (1, '正常'), (2, '停机'), (3, '空号'), (4, '沉默'), (5, '风险'), (6, '关机'), (7, '易主')])),
                ('quarantined', models.BooleanField()),
                ('at', models.DateTimeField()),
                ('actor', models.CharField(max_length=150)),
                ('detail', models.CharField(blank=True, max_length=200)),
                ('xid', xinfeng.foundation.fields.Xid8Field()),
            ],
            options={
                'db_table': 'number_fact',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='LookupProvider',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, unique=True)),
                ('kind', models.CharField(choices=[('generic', '通用接口'), ('aliyun', '阿里云号码百科')], max_length=10)),
                ('config', models.JSONField()),
                ('secret_sealed', models.BinaryField()),
                ('price_li', models.IntegerField(default=0)),
                ('per_s', models.IntegerField(default=10)),
                ('per_day', models.IntegerField(default=0)),
                ('enabled', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'db_table': 'lookup_provider',
                'constraints': [models.CheckConstraint(condition=models.Q(('per_day__gte', 0), ('per_s__gte', 1), ('price_li__gte', 0)), name='lookup_provider_terms')],
            },
        ),
        migrations.CreateModel(
            name='LookupRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('question', models.CharField(max_length=12)),
                ('why', models.CharField(max_length=12)),
                ('day', models.DateField()),
                ('state', models.CharField(choices=[('running', '进行中'), ('waiting', '等待'), ('done', '完成'), ('stopped', '已停止')], default='running', max_length=10)),
                ('wanted', models.IntegerField(default=0)),
                ('asked', models.IntegerField(default=0)),
                ('answered', models.IntegerField(default=0)),
                ('unanswered', models.IntegerField(default=0)),
                ('quarantined', models.IntegerField(default=0)),
                ('cost_li', models.BigIntegerField(default=0)),
                ('fault', models.CharField(blank=True, max_length=40)),
                ('retry_at', models.DateTimeField(null=True)),
                ('actor', models.CharField(max_length=150)),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='hygiene.lookupprovider')),
            ],
            options={
                'db_table': 'lookup_run',
            },
        ),
        migrations.CreateModel(
            name='LookupItem',
            fields=[
                ('contact_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('place', models.IntegerField()),
                ('asked_at', models.DateTimeField(null=True)),
                ('run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='hygiene.lookuprun')),
            ],
            options={
                'db_table': 'lookup_item',
            },
        ),
        migrations.CreateModel(
            name='NumberState',
            fields=[
                ('contact_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('phone_index', models.BinaryField(null=True)),
                ('number_since', models.DateTimeField(null=True)),
                ('gone', models.BooleanField(db_default=False, default=False)),
                ('state', models.SmallIntegerField(choices=[(0, '未知'), (1, '正常'), (2, '停机'), (3, '空号'), (4, '沉默'), (5, '风险'), (6, '关机'), (7, '易主')], db_default=0, default=0)),
                ('since', models.DateTimeField(null=True)),
                ('quarantined', models.BooleanField(db_default=False, default=False)),
                ('quarantine', models.CharField(blank=True, choices=[('', '未隔离'), ('receipts', '回执连续永久失败'), ('lookup', '号码检测不可用'), ('reborn', '空号复活，待核易主'), ('reassigned', '号码已易主'), ('manual', '人工隔离')], db_default='', max_length=12)),
                ('quarantined_at', models.DateTimeField(null=True)),
                ('failures', models.SmallIntegerField(db_default=0, default=0)),
                ('failed_at', models.DateTimeField(null=True)),
                ('failed_message', models.BigIntegerField(null=True)),
                ('alive_at', models.DateTimeField(null=True)),
                ('checked_at', models.DateTimeField(null=True)),
                ('asked_at', models.DateTimeField(null=True)),
                ('carrier_now', models.SmallIntegerField(db_default=0, default=0)),
                ('ported', models.BooleanField(db_default=False, default=False)),
                ('recheck', models.BooleanField(db_default=False, default=False)),
                ('xid', xinfeng.foundation.fields.Xid8Field()),
            ],
            options={
                'db_table': 'number_state',
                'indexes': [models.Index(fields=['xid'], name='number_state_xid'), models.Index(fields=['state', '-contact_id'], name='number_state_list'), models.Index(condition=models.Q(('quarantined', True)), fields=['-contact_id'], name='number_state_quarantined'), models.Index(condition=models.Q(('recheck', True)), fields=['contact_id'], name='number_state_recheck'), models.Index(condition=models.Q(('ported', True)), fields=['-contact_id'], name='number_state_ported')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('quarantine', ''), ('quarantined', False)), models.Q(('quarantined', True), models.Q(('quarantine', ''), _negated=True)), _connector='OR'), name='number_quarantine_reason')],
            },
        ),
        migrations.AddIndex(
            model_name='lookuprun',
            index=models.Index(condition=models.Q(('state__in', ['running', 'waiting'])), fields=['id'], name='lookup_run_open'),
        ),
        migrations.AddIndex(
            model_name='lookuprun',
            index=models.Index(fields=['-day', '-id'], name='lookup_run_recent'),
        ),
        migrations.AddConstraint(
            model_name='lookuprun',
            constraint=models.UniqueConstraint(condition=models.Q(('why', 'plan')), fields=('day',), name='lookup_run_of_the_day'),
        ),
        migrations.AddIndex(
            model_name='lookupitem',
            index=models.Index(fields=['run', 'place'], name='lookup_item_turn'),
        ),
    ]
