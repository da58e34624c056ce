"""What the lens sees of consent: where each contact stands now, and of the ledger what has to be counted. What proves an
entry stays out; only whether there is something."""

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
    Feed(
        "consent_entry",
        (
            Column("seq", ColumnType.BIGINT),
            Column("contact_id", ColumnType.BIGINT),
            Column("purpose", ColumnType.TEXT),
            Column("granted", ColumnType.BOOL),
            Column("recorded_at", ColumnType.TIME),
            Column("source", ColumnType.TEXT),
            Column("notice_id", ColumnType.BIGINT),
            Column("proven", ColumnType.BOOL, "evidence <> ''"),
        ),
    ),
)
