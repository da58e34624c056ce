"""What the lens sees of delivery: plans and all facts about messages, without bodies, numbers and carrier ids."""

from __future__ import annotations

from xinfeng.delivery.outcomes import message_state
from xinfeng.lens.feeds import Column, ColumnType, Feed, Mode, View

_PLAN = Feed(
    "plan",
    (
        Column("id", ColumnType.BIGINT),
        Column("purpose", ColumnType.TEXT),
        Column("channel_id", ColumnType.BIGINT),
        Column("state", ColumnType.TEXT),
        Column("planned_at", ColumnType.TIME),
        Column("finished_at", ColumnType.TIME),
    ),
    Mode.REPLACE,
    key=("id",),
)

_PLAN_CHANNEL = Feed(
    "plan_channel",
    (
        Column("id", ColumnType.BIGINT),
        Column("plan_id", ColumnType.BIGINT),
        Column("channel_id", ColumnType.BIGINT),
        Column("price_li", ColumnType.INT),
        Column("messages", ColumnType.INT),
        Column("parts", ColumnType.INT),
    ),
)

_MESSAGE = Feed(
    "message",
    (
        Column("id", ColumnType.BIGINT),
        Column("plan_id", ColumnType.BIGINT),
        Column("contact_id", ColumnType.BIGINT),
        Column("variant", ColumnType.SMALLINT),
        Column("parts", ColumnType.SMALLINT),
        Column("cost_li", ColumnType.INT),
        Column("planned_at", ColumnType.TIME),
        Column("consent_seq", ColumnType.BIGINT),
    ),
)

_LEFT_OUT = Feed(
    "left_out",
    (
        Column("plan_id", ColumnType.BIGINT),
        Column("contact_id", ColumnType.BIGINT),
        Column("reason", ColumnType.TEXT),
        Column("at", ColumnType.TIME),
    ),
)

_WITHHELD = Feed(
    "withheld",
    (
        Column("message_id", ColumnType.BIGINT),
        Column("reason", ColumnType.TEXT),
        Column("at", ColumnType.TIME),
    ),
)

_ATTEMPT = Feed(
    "attempt",
    (
        Column("message_id", ColumnType.BIGINT),
        Column("part", ColumnType.SMALLINT),
        Column("channel_id", ColumnType.BIGINT),
        Column("outcome", ColumnType.SMALLINT),
        Column("code", ColumnType.TEXT),
        Column("sent_at", ColumnType.TIME),
        Column("at", ColumnType.TIME),
    ),
)

_RECEIPT = Feed(
    "receipt",
    (
        Column("id", ColumnType.BIGINT),
        Column("received_at", ColumnType.TIME),
        Column("channel_id", ColumnType.BIGINT),
        Column("stat", ColumnType.TEXT),
        Column("done_at", ColumnType.TIME),
        Column("message_id", ColumnType.BIGINT),
        Column("part", ColumnType.SMALLINT),
    ),
)

_RECEIPT_MATCH = Feed(
    "receipt_match",
    (
        Column("receipt_id", ColumnType.BIGINT),
        Column("message_id", ColumnType.BIGINT),
        Column("part", ColumnType.SMALLINT),
        Column("stat", ColumnType.TEXT),
        Column("at", ColumnType.TIME),
    ),
)

_REPLY = Feed(
    "reply",
    (
        Column("id", ColumnType.BIGINT),
        Column("received_at", ColumnType.TIME),
        Column("channel_id", ColumnType.BIGINT),
        Column("contact_id", ColumnType.BIGINT),
        Column("message_id", ColumnType.BIGINT),
        Column("plan_id", ColumnType.BIGINT),
        Column("meaning", ColumnType.TEXT),
    ),
)

FEEDS = (_PLAN, _PLAN_CHANNEL, _MESSAGE, _LEFT_OUT, _WITHHELD, _ATTEMPT, _RECEIPT, _RECEIPT_MATCH, _REPLY)
VIEWS = (View("message_state", message_state),)
