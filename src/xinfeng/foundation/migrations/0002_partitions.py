from django.db import migrations

from xinfeng.foundation import partitions


class Migration(migrations.Migration):
    dependencies = [('foundation', '0001_initial')]

    operations = [
        migrations.RunSQL(partitions.BOOTSTRAP, partitions.DROP_BOOTSTRAP),
        partitions.CreatePartitioned(
            "audit_entry",
            "at",
            """
            id bigint generated always as identity,
            at timestamptz not null,
            actor varchar(150) not null,
            action varchar(60) not null,
            object_kind varchar(40) not null default '',
            object_id varchar(60) not null default '',
            detail jsonb not null default '{}',
            address inet
            """,
            (
                "create index audit_entry_recent on audit_entry (at desc, id desc)",
                "create index audit_entry_object on audit_entry (object_kind, object_id)",
            ),
        ),
        partitions.Immutable("audit_entry"),
    ]
