"""What the lens sees of hygiene: what is known of each contact's number, never the number or its hash."""

from __future__ import annotations

from xinfeng.lens.feeds import Column, ColumnType, Feed, Mode

FEEDS = (
    Feed(
        "number",
        (
            Column("contact_id", ColumnType.BIGINT),
            Column("state", ColumnType.SMALLINT),
            Column("quarantined", ColumnType.BOOL),
            Column("quarantine", ColumnType.TEXT),
            Column("ported", ColumnType.BOOL),
            Column("alive_at", ColumnType.TIME),
            Column("checked_at", ColumnType.TIME),
            Column("asked_at", ColumnType.TIME),
            Column("carrier_now", ColumnType.SMALLINT),
            Column("recheck", ColumnType.BOOL),
        ),
        Mode.REPLACE,
        key=("contact_id",),
        relation="number_state",
        gone_when="gone",
    ),
)
