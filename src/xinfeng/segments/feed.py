"""What the lens sees of segments: who is in a snapshot or a list. Rules are asked, not copied."""

from __future__ import annotations

from xinfeng.lens.feeds import Column, ColumnType, Feed, Mode

FEEDS = (
    Feed(
        "segment_member",
        (Column("segment_id", ColumnType.BIGINT), Column("contact_id", ColumnType.BIGINT)),
        Mode.REPLACE,
        key=("segment_id", "contact_id"),
    ),
)
