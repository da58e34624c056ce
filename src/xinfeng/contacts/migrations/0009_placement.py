"""Tiers get a table of their own (ADR 9); everybody keeps hers."""

import django.db.models.deletion
from django.db import migrations, models

TIERS = [(0, "未分层"), (1, "新客"), (2, "活跃"), (3, "沉睡"), (4, "潜在"), (5, "同业")]


class Migration(migrations.Migration):
    dependencies = [("contacts", "0008_former_number")]

    operations = [
        migrations.CreateModel(
            name="Placement",
            fields=[
                (
                    "contact",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="placement",
                        serialize=False,
                        to="contacts.contact",
                    ),
                ),
                ("tier", models.SmallIntegerField(choices=TIERS)),
            ],
            options={"db_table": "placement"},
        ),
        migrations.RunSQL("alter table placement set (fillfactor = 45)", migrations.RunSQL.noop),
        migrations.RunSQL(
            "insert into placement (contact_id, tier) select id, tier from contact where tier <> 0 order by id",
            "update contact c set tier = p.tier from placement p where p.contact_id = c.id and p.tier <> 0",
        ),
        migrations.RemoveIndex(model_name="contact", name="contact_tier"),
        migrations.RemoveField(model_name="contact", name="tier"),
    ]
