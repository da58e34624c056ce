"""Bulk appending of events, each taken once by its sender's id."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from xinfeng.contacts import copying
from xinfeng.contacts.records import EventRecord
from xinfeng.foundation import partitions
from xinfeng.foundation.database import Connection
from xinfeng.foundation.ids import take_block

_TAKE_KEYS = """\
insert into event_key (key, at) select * from unnest(%s::uuid[], %s::timestamptz[])
on conflict (key) do nothing returning encode(uuid_send(key), 'hex')"""

_COPY = """\
copy event (id, contact_id, kind, at, amount_fen, item, category, properties, source, source_id, received_at)
from stdin"""

OLDEST_PARTITION = timedelta(days=366 * 10)
"""Months are made for events up to this old; older ones (and ones in the future) share the default partition,
so that a file with absurd dates cannot make thousands of tables."""


_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def event_key(source: str, source_id: str) -> str:
    """The identity of a sender's event: SHA-256 of source and id in the shape of a version 5 UUID, as hex digits."""
    digest = hashlib.sha256(f"{source}\x00{source_id}".encode()).hexdigest()
    return f"{digest[:12]}5{digest[13:16]}{_VARIANT[digest[16]]}{digest[17:32]}"


def append_events(connection: Connection, events: Sequence[EventRecord], *, now: datetime) -> list[bool]:
    """Append what is not known yet; for each event whether it was new. Runs in the caller's transaction."""
    if not events:
        return []
    keys = [event_key(event.source, event.source_id) for event in events]
    first = dict(zip(reversed(keys), reversed(events), strict=True))
    times = ",".join([f'"{event.at}"' for event in first.values()])
    rows = connection.execute(_TAKE_KEYS, (f"{{{','.join(first)}}}", f"{{{times}}}")).fetchall()
    fresh = {row[0] for row in rows}
    taken: list[bool] = []
    new: list[EventRecord] = []
    for key, event in zip(keys, events, strict=True):
        is_new = key in fresh
        taken.append(is_new)
        if is_new:
            fresh.discard(key)
            new.append(event)
    if new:
        _cover(connection, new, now)
        _copy(connection, new, now)
    return taken


def _cover(connection: Connection, events: Sequence[EventRecord], now: datetime) -> None:
    months = {(at.year, at.month): at.date() for at in (event.at.astimezone(UTC) for event in events)}
    for day in sorted(months.values()):
        if (now - OLDEST_PARTITION).date() <= day <= now.astimezone(UTC).date():
            partitions.cover(connection, "event", day, day)


def _copy(connection: Connection, events: Sequence[EventRecord], now: datetime) -> None:
    text, plain, received = copying.text, copying.plain, str(now)
    first_id = take_block(connection, "event", len(events))
    rows = [
        f"{event_id}\t{event.contact_id}\t{int(event.kind)}\t{event.at}\t{plain(event.amount_fen)}"
        f"\t{text(event.item)}\t{text(event.category)}\t{copying.json_object(event.properties)}"
        f"\t{text(event.source)}\t{text(event.source_id)}\t{received}\n"
        for event_id, event in enumerate(events, start=first_id)
    ]
    with connection.cursor().copy(_COPY) as copy:
        copy.write("".join(rows))
