"""What came back from the carriers is what number hygiene learns from, and what `consequences` follow from: each
matched receipt, and each refusal of a submit, is handed on once.

Gateways commit in any order, so neither ids nor times say what is new. A round reads what has committed since the
round before: rows whose transaction the former snapshot did not see and the present one does. Within a round, rows
go in the order of (xid, id), a batch at a time; the place reached is committed with what was learned from it, so a
crash repeats nothing and leaves nothing out.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from xinfeng.channels import codes
from xinfeng.channels.codes import Phase
from xinfeng.delivery.consequences import Drawn, draw
from xinfeng.foundation import stored
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.hygiene.actions import Learned, ReceiptNews, learn_from_receipts

log = logging.getLogger(__name__)

KEY = "delivery.number_news"
ACTOR = "system:receipts"
STEP = 50_000
FIRST_REACH = timedelta(days=180)
"""How far back the very first round looks; what is older says little about a number today."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a table was read. `seen`: the snapshot up to which all is read; `upto`: the one of the round under way,
    whose rows up to (`xid`, `id`) are. Empty: none."""

    seen: str = ""
    upto: str = ""
    xid: str = "0"
    id: int = 0


_RECEIPTS = """
select r.xid::text, r.id, r.message_id, r.stat, r.channel_id, extract(epoch from r.received_at)::float8
from receipt r
where {new} and r.message_id is not null and r.received_at >= %(since)s and r.received_at < %(until)s
  and (r.xid, r.id) > (%(xid)s::xid8, %(id)s)
order by r.xid, r.id limit %(step)s"""

_MATCHES = """
select r.xid::text, r.receipt_id, r.message_id, r.stat, coalesce((
    select x.channel_id from receipt x where x.id = r.receipt_id and x.received_at >= %(since)s limit 1
  ), 0), extract(epoch from r.at)::float8
from receipt_match r
where {new} and r.at >= %(since)s and r.at < %(until)s
  and (r.xid, r.receipt_id) > (%(xid)s::xid8, %(id)s)
order by r.xid, r.receipt_id limit %(step)s"""

_REFUSALS = """
select r.xid::text, r.message_id, r.message_id, r.code, r.channel_id, extract(epoch from r.at)::float8
from attempt r
where {new} and r.outcome = 2 and r.at >= %(since)s and r.at < %(until)s
  and (r.xid, r.message_id) > (%(xid)s::xid8, %(id)s)
order by r.xid, r.message_id limit %(step)s"""
"""Parts of one message that are refused together are one lesson."""

_NEW = """r.xid >= %(from)s::xid8 and r.xid < pg_snapshot_xmax(%(upto)s::pg_snapshot)
  and pg_visible_in_snapshot(r.xid, %(upto)s::pg_snapshot)
  and not pg_visible_in_snapshot(r.xid, %(seen)s::pg_snapshot)"""

_SOURCES = {
    "receipt": _RECEIPTS.format(new=_NEW),
    "receipt_match": _MATCHES.format(new=_NEW),
    "attempt": _REFUSALS.format(new=_NEW),
}

TABLES = tuple(_SOURCES)

_MESSAGES = """
select id, contact_id, extract(epoch from planned_at)::float8 from message
where id = any(%s::bigint[]) and id between %s and %s"""

_NOTHING_SEEN = "1:1:"
"""A snapshot that sees no transaction."""


def hand_on(*, now: datetime) -> Learned:
    """Learn from all receipts that have found their message since the last call; returns what it came to."""
    total = Learned()
    codes.refresh()
    for table in _SOURCES:
        more = True
        while more:
            learned, more = _hand_on_batch(table, now=now)
            total += learned
    return total


def _hand_on_batch(table: str, *, now: datetime) -> tuple[Learned, bool]:
    """One batch in a transaction of its own; whether the round goes on."""
    with bulk_transaction() as connection:
        places = stored.read(KEY, {})
        place = Place(**places.get(table, {}))
        place = place if place.upto else replace(place, upto=_snapshot(connection), xid="0", id=0)
        rows = _read(connection, table, place, now)
        learned, drawn = Learned(), Drawn()
        if rows:
            news = _with_contacts(connection, rows, Phase.SUBMIT if table == "attempt" else Phase.RECEIPT)
            learned = learn_from_receipts(connection, news, now=now)
            drawn = draw(connection, news, now=now)
        more = len(rows) == STEP
        after = replace(place, xid=rows[-1][0], id=rows[-1][1]) if more else Place(seen=place.upto)
        stored.write(KEY, places | {table: asdict(after)}, actor=ACTOR)
        if drawn != Drawn():
            log.info("numbers barred or ported", extra=asdict(drawn))
        return learned, more


_Row = tuple[str, int, int, str, int, float]
"""Transaction, id, message, state, channel, seconds since 1970 (a column of times takes ten times as long)."""


def _read(connection: Connection, table: str, place: Place, now: datetime) -> list[_Row]:
    seen = place.seen or _NOTHING_SEEN
    lowest = place.xid if int(place.xid) > int(seen.split(":")[0]) else seen.split(":")[0]
    # the times only spare looking into months that can't hold anything new
    given = {
        "seen": seen,
        "upto": place.upto,
        "from": lowest,
        "xid": place.xid,
        "id": place.id,
        "since": now - FIRST_REACH,
        "until": now + timedelta(days=2),
        "step": STEP,
    }
    return connection.execute(_SOURCES[table], given).fetchall()


def _with_contacts(connection: Connection, rows: list[_Row], phase: Phase) -> list[ReceiptNews]:
    ids = sorted({row[2] for row in rows})
    messages = {
        message_id: (contact_id, datetime.fromtimestamp(planned_s, UTC))
        for message_id, contact_id, planned_s in connection.execute(_MESSAGES, (ids, ids[0], ids[-1]))
    }
    kinds: dict[int, str] = dict(connection.execute("select id, kind from channel").fetchall())
    return [
        ReceiptNews(
            found[0],
            row[2],
            found[1],
            row[3],
            row[4],
            datetime.fromtimestamp(row[5], UTC),
            kinds.get(row[4], ""),
            phase,
        )
        for row in rows
        if (found := messages.get(row[2])) is not None
    ]


def _snapshot(connection: Connection) -> str:
    row = connection.execute("select pg_current_snapshot()::text").fetchone()
    assert row is not None
    return str(row[0])
