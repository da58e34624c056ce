"""Status reports: which message they are about. Recent ones are known from memory, the rest from SQL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg

from xinfeng.delivery import rows
from xinfeng.foundation.vault import vault
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import parse_mainland
from xinfeng.protocols.traffic import Receipt

AsyncConnection = psycopg.AsyncConnection[tuple[Any, ...]]

REMEMBERED = 50_000
"""Carrier ids in one generation; two are kept, so between one and two times as many are known. About 35 MB."""

Matched = tuple[int, int]
"""Message id and part."""

Named = tuple[int, bytes]
"""Channel and carrier id: what one carrier calls a message is nothing to another, and many simply count."""


class RecentIds:
    """Carrier ids of what was accepted lately. Doubled reports are recognised.

    Two generations of each: when the younger is full, it becomes the older, and the older is forgotten as a whole.
    (Taking the oldest entry out of one dict, again and again, walks over all that were taken out before.)

    An id that a carrier gives out again (its counter began anew) is about the later message, whose reports repeat
    nothing.
    """

    __slots__ = ("_about", "_about_before", "_stats", "_stats_before")

    def __init__(self) -> None:
        self._about: dict[Named, int] = {}
        self._about_before: dict[Named, int] = {}
        self._stats: dict[Named, str] = {}
        self._stats_before: dict[Named, str] = {}

    def remember(self, channel_id: int, accepted: Iterable[tuple[bytes, int, int]]) -> None:
        """These (carrier id, message id, part) were accepted by the carrier of a channel."""
        fresh = {
            (channel_id, carrier_id): message_id << 8 | part for carrier_id, message_id, part in accepted
        }
        for stats in (self._stats, self._stats_before):
            for again in fresh.keys() & stats.keys() if stats else ():
                del stats[again]
        about = self._about
        about.update(fresh)
        if len(about) >= REMEMBERED:
            self._about_before, self._about = about, {}

    def find(self, wanted: Iterable[Named]) -> list[Matched | None]:
        """What each of these is about."""
        lately, before = self._about.get, self._about_before.get
        return [
            (packed >> 8, packed & 0xFF) if (packed := lately(one) or before(one)) else None for one in wanted
        ]

    def are_repeats(self, reports: Iterable[tuple[Named, str]]) -> list[bool]:
        """Whether exactly this was reported and committed lately, for each."""
        lately, before = self._stats.get, self._stats_before.get
        return [(lately(named) or before(named)) == stat for named, stat in reports]

    def reported(self, reports: Iterable[tuple[Named, str]]) -> None:
        """These are committed."""
        self._stats.update(reports)
        if len(self._stats) >= REMEMBERED:
            self._stats_before, self._stats = self._stats, {}


def index_of(number: str) -> bytes:
    """The index of the number a carrier named, in whatever form it is written."""
    try:
        return vault().phone_index(parse_mainland(number))
    except InvalidInput:
        return vault().phone_index(number)


async def find_in_attempts(
    connection: AsyncConnection, wanted: Iterable[tuple[int, bytes]]
) -> dict[tuple[int, bytes], Matched]:
    """The messages behind (channel, carrier id), where an attempt over a channel of the same carrier account names it."""
    pairs = list(dict.fromkeys(wanted))
    if not pairs:
        return {}
    cursor = connection.cursor(binary=True)
    await cursor.execute(
        "select distinct on (w.channel_id, a.carrier_id) w.channel_id, a.carrier_id, a.message_id, a.part"
        " from unnest(%s::bigint[], %s::bytea[]) as w (channel_id, carrier_id)"
        " join channel mine on mine.id = w.channel_id"
        " join attempt a on a.carrier_id = w.carrier_id"
        " join channel its on its.id = a.channel_id and its.carrier_account = mine.carrier_account"
        " order by w.channel_id, a.carrier_id, a.at desc",
        ([channel for channel, _ in pairs], [carrier_id for _, carrier_id in pairs]),
    )
    return {(row[0], bytes(row[1])): (row[2], row[3]) for row in await cursor.fetchall()}


def pack(
    receipt: Receipt, *, receipt_id: int, channel_id: int, received_at: int, found: Matched | None
) -> bytes:
    """A receipt as a row."""
    carrier_id, stat, done_at = receipt[2], receipt[3], rows.carrier_time(receipt[5])
    if found is not None:
        return rows.matched_receipt(receipt_id, received_at, channel_id, carrier_id, stat, done_at, *found)
    return rows.unmatched_receipt(
        receipt_id=receipt_id,
        received_at=received_at,
        channel_id=channel_id,
        carrier_id=carrier_id,
        phone_index=index_of(receipt[6]),
        stat=stat,
        done_at=done_at,
    )
