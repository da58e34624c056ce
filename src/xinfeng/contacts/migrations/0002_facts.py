from django.db import migrations

from xinfeng.foundation import partitions


class Migration(migrations.Migration):
    dependencies = [('contacts', '0001_initial'), ('foundation', '0002_partitions')]

    operations = [
        partitions.TouchXid("contact"),
        migrations.RunSQL("create index contact_tags on contact using gin (tags)", "drop index contact_tags"),
        partitions.CreatePartitioned(
            "tag_fact",
            "at",
            """
            id bigint generated always as identity,
            contact_id bigint not null,
            tag_id int not null,
            added boolean not null,
            at timestamptz not null,
            actor varchar(150) not null,
            reason varchar(200) not null default ''
            """,
            ("create index tag_fact_contact on tag_fact (contact_id)",),
        ),
        partitions.Immutable("tag_fact"),
        partitions.CreatePartitioned(
            "event",
            "at",
            """
            id bigint not null,
            contact_id bigint not null,
            kind smallint not null,
            at timestamptz not null,
            amount_fen bigint,
            item varchar(200),
            category varchar(60),
            properties jsonb,
            source varchar(60) not null,
            source_id varchar(100) not null,
            received_at timestamptz not null,
            xid xid8 not null default pg_current_xact_id()
            """,
            (
                "create index event_contact on event (contact_id, at)",
                "create index event_xid on event (xid)",
            ),
        ),
        partitions.Immutable("event"),
    ]
