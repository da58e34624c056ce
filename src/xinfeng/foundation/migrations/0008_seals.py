from django.db import migrations

from xinfeng.foundation import partitions

# Entries that were there before get the number of this transaction: the first seal takes them all.
ENTRIES = """
alter table audit_entry add column xid xid8 not null default pg_current_xact_id();
create index audit_entry_xid on audit_entry (xid);
create index audit_entry_id on audit_entry (id);
create index audit_entry_actor on audit_entry (actor, at desc, id desc);
create index audit_entry_action on audit_entry (action varchar_pattern_ops, at desc);
create index audit_entry_address on audit_entry (address, at desc) where address is not null;
"""

SEALS = """
create table audit_seal (
    seq bigint primary key,
    kind varchar(10) not null,
    at timestamptz not null,
    identity varchar(80) not null,
    snapshot text not null,
    ids int8multirange not null,
    entries bigint not null,
    parts jsonb not null,
    marks bytea not null,
    backdated bigint[] not null default '{}',
    note jsonb not null default '{}',
    previous bytea not null,
    digest bytea not null,
    signature bytea not null,
    public_key bytea not null
);
"""


class Migration(migrations.Migration):
    dependencies = [("foundation", "0007_resealing")]

    operations = [
        migrations.RunSQL(ENTRIES, "alter table audit_entry drop column xid"),
        migrations.RunSQL(SEALS, "drop table audit_seal"),
        partitions.Immutable("audit_seal"),
    ]
