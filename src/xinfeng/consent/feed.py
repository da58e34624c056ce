"""What the lens sees of consent: where each contact stands now. The ledger with its evidence stays out."""

from __future__ import annotations

from xinfeng.lens.feeds import Column, ColumnType, Feed, Mode

FEEDS = (
    Feed(
        "standing",
        (
            Column("contact_id", ColumnType.BIGINT),
            Column("purpose", ColumnType.TEXT),
            Column("granted", ColumnType.BOOL),
            Column("entry_seq", ColumnType.BIGINT),
            Column("since", ColumnType.TIME),
            Column("source", ColumnType.TEXT),
            Column("suppressed", ColumnType.TEXT),
            Column("stale", ColumnType.BOOL),
        ),
        Mode.REPLACE,
        key=("contact_id", "purpose"),
    ),
)
