"""What the lens sees of complaints: no number, no text, no reference."""

from __future__ import annotations

from xinfeng.lens.feeds import Column, ColumnType, Feed, Mode

FEEDS = (
    Feed(
        "complaint",
        (
            Column("complaint_id", ColumnType.BIGINT),
            Column("source", ColumnType.TEXT),
            Column("about", ColumnType.TEXT),
            Column("complained_at", ColumnType.TIME),
            Column("taken_at", ColumnType.TIME),
            Column("contact_id", ColumnType.BIGINT),
            Column("state", ColumnType.TEXT),
            Column("valid", ColumnType.BOOL),
            Column("certainty", ColumnType.TEXT),
            Column("message_id", ColumnType.BIGINT),
            Column("plan_id", ColumnType.BIGINT),
            Column("channel_id", ColumnType.BIGINT),
        ),
        Mode.REPLACE,
        key=("complaint_id",),
        relation="complaint_standing",
    ),
)
