from django.db import migrations

from xinfeng.foundation import partitions


class Migration(migrations.Migration):
    dependencies = [('consent', '0001_initial'), ('contacts', '0002_facts')]

    operations = [
        partitions.TouchXid("standing"),
        migrations.RunSQL(
            "insert into ledger_head (id, seq, hash) values (1, 0, decode(repeat('00', 32), 'hex'))", migrations.RunSQL.noop
        ),
        partitions.CreatePartitioned(
            "consent_entry",
            "recorded_at",
            """
            seq bigint not null,
            recorded_at timestamptz not null,
            contact_id bigint not null,
            purpose varchar(20) not null,
            granted boolean not null,
            at timestamptz not null,
            source varchar(80) not null,
            notice_id bigint,
            evidence varchar(500) not null default '',
            actor varchar(150) not null,
            prev_hash bytea not null,
            hash bytea not null,
            xid xid8 not null default pg_current_xact_id()
            """,
            (
                "create index consent_entry_seq on consent_entry (seq)",
                "create index consent_entry_contact on consent_entry (contact_id)",
            ),
        ),
        partitions.Immutable("consent_entry"),
    ]
