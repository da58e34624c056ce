from django.db import migrations, models

from xinfeng.foundation import partitions


class Migration(migrations.Migration):
    dependencies = [("delivery", "0007_lanes")]

    operations = [
        migrations.CreateModel(
            name="Parcel",
            fields=[
                ("first_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("last_id", models.BigIntegerField()),
                ("planned_at", models.DateTimeField()),
                ("plan_id", models.BigIntegerField()),
                ("body_sealed", models.BinaryField()),
            ],
            options={"db_table": "parcel", "managed": False},
        ),
        partitions.CreatePartitioned(
            "parcel",
            "planned_at",
            """
            first_id bigint not null,
            last_id bigint not null,
            planned_at timestamptz not null,
            plan_id bigint not null,
            body_sealed bytea not null,
            check (last_id >= first_id),
            primary key (first_id, planned_at)
            """,
            ("create index parcel_plan on parcel (plan_id, first_id)",),
        ),
        partitions.Immutable("parcel"),
    ]
