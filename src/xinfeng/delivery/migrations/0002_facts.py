from django.db import migrations

from xinfeng.foundation import partitions


class Migration(migrations.Migration):
    dependencies = [('delivery', '0001_initial'), ('foundation', '0002_partitions')]

    operations = [
        partitions.TouchXid("plan"),
        partitions.CreatePartitioned(
            "message",
            "planned_at",
            """
            id bigint not null,
            planned_at timestamptz not null,
            plan_id bigint not null,
            contact_id bigint not null,
            variant smallint not null,
            consent_seq bigint not null,
            parts smallint not null,
            cost_li int not null,
            body_sealed bytea not null,
            xid xid8 not null default pg_current_xact_id(),
            primary key (id, planned_at)
            """,
            (
                "create index message_contact on message (contact_id)",
                "create index message_xid on message (xid)",
            ),
        ),
        partitions.Immutable("message"),
        partitions.CreatePartitioned(
            "left_out",
            "at",
            """
            plan_id bigint not null,
            contact_id bigint not null,
            reason varchar(30) not null,
            at timestamptz not null,
            xid xid8 not null default pg_current_xact_id()
            """,
            (
                "create index left_out_contact on left_out (contact_id)",
                "create index left_out_xid on left_out (xid)",
            ),
        ),
        partitions.Immutable("left_out"),
        partitions.CreatePartitioned(
            "withheld",
            "at",
            """
            message_id bigint not null,
            reason varchar(30) not null,
            at timestamptz not null,
            xid xid8 not null default pg_current_xact_id()
            """,
            (
                "create index withheld_message on withheld (message_id)",
                "create index withheld_xid on withheld (xid)",
            ),
        ),
        partitions.Immutable("withheld"),
        partitions.CreatePartitioned(
            "attempt",
            "at",
            """
            message_id bigint not null,
            part smallint not null,
            channel_id bigint not null,
            outcome smallint not null,
            code varchar(20) not null default '',
            carrier_id bytea,
            sent_at timestamptz not null,
            at timestamptz not null,
            xid xid8 not null default pg_current_xact_id()
            """,
            (
                "create index attempt_message on attempt (message_id)",
                "create index attempt_carrier on attempt (carrier_id) where carrier_id is not null",
                "create index attempt_xid on attempt (xid)",
            ),
        ),
        partitions.Immutable("attempt"),
        partitions.CreatePartitioned(
            "receipt",
            "received_at",
            """
            id bigint not null,
            received_at timestamptz not null,
            channel_id bigint not null,
            carrier_id bytea not null,
            phone_index bytea not null,
            stat varchar(20) not null,
            done_at timestamptz,
            message_id bigint,
            part smallint,
            xid xid8 not null default pg_current_xact_id()
            """,
            (
                "create index receipt_message on receipt (message_id) where message_id is not null",
                "create index receipt_unmatched on receipt (carrier_id) where message_id is null",
                "create index receipt_xid on receipt (xid)",
            ),
        ),
        partitions.Immutable("receipt"),
        partitions.CreatePartitioned(
            "receipt_match",
            "at",
            """
            receipt_id bigint not null,
            message_id bigint not null,
            part smallint not null,
            stat varchar(20) not null,
            at timestamptz not null,
            xid xid8 not null default pg_current_xact_id()
            """,
            (
                "create index receipt_match_receipt on receipt_match (receipt_id)",
                "create index receipt_match_message on receipt_match (message_id)",
                "create index receipt_match_xid on receipt_match (xid)",
            ),
        ),
        partitions.Immutable("receipt_match"),
        partitions.CreatePartitioned(
            "reply",
            "received_at",
            """
            id bigint not null,
            received_at timestamptz not null,
            channel_id bigint not null,
            phone_sealed bytea not null,
            phone_index bytea not null,
            contact_id bigint,
            message_id bigint,
            plan_id bigint,
            to_number varchar(30) not null,
            body_sealed bytea not null,
            meaning varchar(20) not null,
            xid xid8 not null default pg_current_xact_id()
            """,
            (
                "create index reply_recent on reply (received_at desc, id desc)",
                "create index reply_contact on reply (contact_id)",
                "create index reply_xid on reply (xid)",
            ),
        ),
        partitions.Immutable("reply"),
    ]
