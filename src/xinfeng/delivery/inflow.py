"""Receipts and replies that a vendor tells over HTTP, by callback or when asked: stored before anybody says thank you.

All of it may come twice, late, in any order, or before the answer to the request it is about. A receipt that was stored
lately, with the same code, is known again; its message is found by what was kept of the answer, and a vendor's one
receipt is about every part of a text. Replies go the way of all replies, so an opt-out binds like one over a carrier's
own connection: it is committed, behind the wire barrier, before these functions return.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from xinfeng.channels.vendors.exchange import kept
from xinfeng.content.marks import tapped
from xinfeng.delivery import replies, rows
from xinfeng.delivery.receipts import index_of
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.ids import take_block
from xinfeng.kernel.text import UserDataHeader
from xinfeng.protocols.vendor import VendorReceipt, VendorReply

REPEATED = timedelta(days=7)
"""How far back a receipt is looked for that may have come before; vendors repeat for hours and report for three days."""

_ONE_AT_A_TIME = 0x58_46_00_11
"""Advisory lock, with the channel: one receipt that comes twice at once is recognised."""


def take_receipts(channel_id: int, kind: str, receipts: Sequence[VendorReceipt], *, now: datetime) -> int:
    """Store status reports in a transaction of their own; returns how many were new."""
    if not receipts:
        return 0
    with bulk_transaction() as connection:
        return _store(connection, channel_id, kind, receipts, now=now)


def take_replies(channel_id: int, told: Sequence[VendorReply], *, now: datetime, taps: bool = False) -> int:
    """Store replies with the opt-outs among them, in a transaction of their own; returns how many were new. `taps`: some
    may be tapped buttons (`content.marks.tapped`)."""
    if not told:
        return 0
    batch = [_incoming(channel_id, one, taps=taps) for one in told]
    with bulk_transaction() as connection:
        return replies.store(connection, batch, now=now)


def _incoming(channel_id: int, told: VendorReply, *, taps: bool) -> replies.Incoming:
    delivery_id = sha256(told.id.encode("utf-8", "replace")).digest()[:12]
    text = told.text.encode("utf-8", "replace").decode()
    number = replies.bare(told.number)
    fragment = replies.Fragment(None, 0, delivery_id, number, told.to[:30], UserDataHeader(), text, 0.0)
    tap = tapped(text) if taps else None
    return replies.Incoming(
        channel_id, number, told.to[:30], tap.label if tap else text, (fragment,), tap.data if tap else ""
    )


def _store(
    connection: Connection, channel_id: int, kind: str, receipts: Sequence[VendorReceipt], *, now: datetime
) -> int:
    connection.execute("select pg_advisory_xact_lock(%s, %s)", (_ONE_AT_A_TIME, channel_id))
    told = {(kept(kind, one.reference, one.number), _word(one.stat)): one for one in receipts}
    known = _known(connection, channel_id, [carrier_id for carrier_id, _ in told], now=now)
    new = {key: one for key, one in told.items() if key not in known}
    if not new:
        return 0
    found = _messages(connection, channel_id, [carrier_id for carrier_id, _ in new])
    first_id = take_block(connection, "receipt", len(new))
    with connection.cursor() as cursor, cursor.copy(_COPY_RECEIPT) as copy:
        for receipt_id, ((carrier_id, stat), one) in enumerate(new.items(), start=first_id):
            done_us = rows.carrier_time(one.done)
            done_at = None if done_us is None else rows.as_datetime(done_us)
            copy.write_row((receipt_id, now, channel_id, carrier_id, index_of(one.number), stat, done_at))
    with connection.cursor() as cursor, cursor.copy(_COPY_MATCH) as copy:
        for receipt_id, (carrier_id, stat) in enumerate(new, start=first_id):
            for message_id, part in found.get(carrier_id, ()):
                copy.write_row((receipt_id, message_id, part, stat, now))
    return len(new)


def _word(stat: str) -> str:
    return stat.replace("\0", "").encode("ascii", "replace").decode()[:60]


def _known(
    connection: Connection, channel_id: int, carrier_ids: Sequence[bytes], *, now: datetime
) -> set[tuple[bytes, str]]:
    """Which receipts are there already. Vendors' receipts name no message themselves (`receipt_match` does), so the index
    of those that don't is the one to ask."""
    found = connection.execute(
        "select r.carrier_id, r.stat from receipt r"
        " join channel its on its.id = r.channel_id"
        " join channel mine on mine.carrier_account = its.carrier_account"
        " where r.message_id is null and r.carrier_id = any(%s) and mine.id = %s and r.received_at >= %s",
        (list(carrier_ids), channel_id, now - REPEATED),
    )
    return {(bytes(row[0]), row[1]) for row in found.fetchall()}


def _messages(
    connection: Connection, channel_id: int, carrier_ids: Sequence[bytes]
) -> dict[bytes, list[tuple[int, int]]]:
    """Message and part, every part, by what was kept of the answer."""
    rows_found = connection.execute(
        "select distinct a.carrier_id, a.message_id, a.part from attempt a"
        " join channel its on its.id = a.channel_id"
        " join channel mine on mine.carrier_account = its.carrier_account"
        " where a.carrier_id = any(%s) and mine.id = %s order by 1, 2, 3",
        (list(carrier_ids), channel_id),
    ).fetchall()
    found: dict[bytes, list[tuple[int, int]]] = {}
    for carrier_id, message_id, part in rows_found:
        found.setdefault(bytes(carrier_id), []).append((message_id, part))
    return found


_COPY_RECEIPT = (
    "copy receipt (id, received_at, channel_id, carrier_id, phone_index, stat, done_at) from stdin"
)
_COPY_MATCH = "copy receipt_match (receipt_id, message_id, part, stat, at) from stdin"
