"""What changed since the last look becomes events, in batches of up to 500 changes of a kind.

The technique is that of `lens.truth`: one REPEATABLE READ transaction reads the rows whose transaction the last look's
snapshot did not see as ended, so a long transaction neither hides rows nor holds others back. Consent entries are read
by their number, which commits in order; contacts whose id is beyond the last look's are new, for the same reason. The
events, what is to be delivered to whom, and the new position commit together.

The look begins with a lock on the webhooks' keys, because deliveries refer to them: whoever removes one waits. Whoever
writes down an attempt locks the row without its key, so that neither waits for the other and no look fails at its
commit.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg
from psycopg import IsolationLevel

from xinfeng.contacts.models import ContactState, Tier
from xinfeng.foundation import database
from xinfeng.foundation.database import IDENTITY, Connection
from xinfeng.foundation.ids import take_block
from xinfeng.integrations.webhooks import kinds

log = logging.getLogger(__name__)

BATCH = 500
_LOCK = 0x58_46_00_12
_BEFORE_BEGIN = timedelta(seconds=10)
"""`now` is taken a little before a transaction begins, perhaps on another machine."""


class Position(NamedTuple):
    """How far a look saw. `next_contact`: ids from there on are of contacts that are new. `at`: what is committed
    after this look was begun no earlier than that, so a contact whose `updated_at` is older did not change herself."""

    identity: str
    snapshot: str
    ledger_seq: int
    next_contact: int
    at: datetime

    def follows(self, earlier: Position) -> bool:
        """False when this is another database, or the same one restored to an earlier time."""
        here, before = (int(one.snapshot.split(":")[1]) for one in (self, earlier))
        return self.identity == earlier.identity and here >= before


_HERE = f"""\
select {IDENTITY},
  pg_current_snapshot()::text, (select coalesce(max(seq), 0) from ledger_head),
  (select coalesce(max(next_id), 1) from id_block where name = 'contact'),
  (select min(xact_start) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid())"""  # noqa: S608

_HOLD = "select id from webhook order by id for key share"
_LAST = "select identity, snapshot, ledger_seq, next_contact, at from webhook_position"
_MOVE = """\
insert into webhook_position (id, identity, snapshot, ledger_seq, next_contact, at) values (1, %s, %s, %s, %s, %s)
on conflict (id) do update set identity = excluded.identity, snapshot = excluded.snapshot,
  ledger_seq = excluded.ledger_seq, next_contact = excluded.next_contact, at = excluded.at"""

_CHANGED = "xid >= pg_snapshot_xmin(%(since)s::pg_snapshot) and not pg_visible_in_snapshot(xid, %(since)s::pg_snapshot)"
_CONTACTS = f"""\
select id, state, merged_into, id >= %(next)s from contact
where {_CHANGED} and (id >= %(next)s or state <> %(alive)s or updated_at > %(updated_since)s)
order by id"""  # noqa: S608
_TIERS = f"select contact_id, before, tier, at from tier_fact where {_CHANGED} order by id"  # noqa: S608
_CONSENTS = """\
select granted, contact_id, purpose, seq, at from consent_entry where seq > %(after)s and seq <= %(head)s order by seq"""

_EVENT = "insert into webhook_event (id, seq, kind, at, changes, payload) values (%s, %s, %s, %s, %s, %s)"
_DELIVERIES = """\
insert into webhook_delivery (webhook_id, event_id, state, attempts, next_at, excerpt, history, created_at)
select w.id, e.id, 'waiting', 0, %(now)s, '', '[]', %(now)s from webhook_event e
join webhook w on w.enabled and e.kind = any(w.kinds)
where e.seq >= %(first)s order by e.seq, w.id"""


def gather(*, now: datetime) -> int:
    """Look once; returns how many changes became events. Without any webhook nothing is looked at or kept.

    The first look, and the first in a restored database, only remembers where it stood.
    """
    try:
        return _gather(now)
    except (
        psycopg.errors.SerializationFailure
    ):  # somebody wrote a webhook between our first look and its lock
        log.info("webhooks changed meanwhile: the next look tells")
        return 0


def _gather(now: datetime) -> int:
    with _look() as connection:
        connection.execute(_HOLD)
        [[alone]] = connection.execute("select pg_try_advisory_xact_lock(%s)", (_LOCK,)).fetchall()
        if not alone:
            return 0
        [[wanted]] = connection.execute("select array(select distinct unnest(kinds) from webhook)").fetchall()
        if not wanted:
            connection.execute("delete from webhook_position")
            return 0
        [row] = connection.execute(_HERE).fetchall()
        here = Position(row[0], row[1], row[2], row[3], min(now, row[4] or now) - _BEFORE_BEGIN)
        found = connection.execute(_LAST).fetchone()
        last = Position(*found) if found else None
        changes = 0
        if last is not None and here.follows(last):
            changes = _tell(connection, last, here, frozenset(wanted), now)
        elif last is not None:
            log.warning("the database was restored or replaced: webhooks begin anew")
        connection.execute(_MOVE, here)
    return changes


@contextmanager
def _look() -> Iterator[Connection]:
    connection = database.connect()
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    with connection:
        yield connection


def _tell(
    connection: Connection, last: Position, here: Position, wanted: frozenset[str], now: datetime
) -> int:
    writer = _Writer(connection, wanted, now)
    if wanted & {kinds.CREATED, kinds.UPDATED, kinds.MERGED, kinds.ERASED}:
        given = {
            "since": last.snapshot,
            "next": last.next_contact,
            "alive": int(ContactState.ALIVE),
            "updated_since": last.at,
        }
        _read(connection, _CONTACTS, given, writer, _of_contact)
    if wanted & {kinds.GRANTED, kinds.WITHDRAWN}:
        _read(connection, _CONSENTS, {"after": last.ledger_seq, "head": here.ledger_seq}, writer, _of_consent)
    if kinds.TIER in wanted:
        _read(connection, _TIERS, {"since": last.snapshot}, writer, _of_tier)
    return writer.close()


_Change = tuple[str, dict[str, Any]]


def _read(
    connection: Connection,
    statement: str,
    given: dict[str, Any],
    writer: _Writer,
    change_of: Callable[[Sequence[Any]], _Change],
) -> None:
    with connection.cursor(name="changes") as cursor:
        cursor.itersize = 5_000
        cursor.execute(statement, given)
        for row in cursor:
            writer.add(*change_of(row))


def _of_contact(row: Sequence[Any]) -> _Change:
    contact_id, state, merged_into, is_new = row
    if state == ContactState.MERGED:
        return kinds.MERGED, {"contact_id": contact_id, "merged_into": merged_into}
    if state == ContactState.ERASED:
        return kinds.ERASED, {"contact_id": contact_id}
    return (kinds.CREATED if is_new else kinds.UPDATED), {"contact_id": contact_id}


def _of_consent(row: Sequence[Any]) -> _Change:
    granted, contact_id, purpose, seq, at = row
    said = {"contact_id": contact_id, "purpose": purpose, "seq": seq, "at": at.isoformat()}
    return (kinds.GRANTED if granted else kinds.WITHDRAWN), said


def _of_tier(row: Sequence[Any]) -> _Change:
    contact_id, before, tier, at = row
    names = {"before": Tier(before).name.lower(), "tier": Tier(tier).name.lower()}
    return kinds.TIER, {"contact_id": contact_id, **names, "at": at.isoformat()}


class _Writer:
    """Collects changes by kind and writes them as events."""

    def __init__(self, connection: Connection, wanted: frozenset[str], now: datetime) -> None:
        self._connection, self._wanted, self._now = connection, wanted, now
        self._waiting: dict[str, list[dict[str, Any]]] = {kind: [] for kind in wanted}
        self._first: int | None = None
        self._count = 0

    def add(self, kind: str, change: dict[str, Any]) -> None:
        """Changes of kinds nobody asked for are passed over."""
        waiting = self._waiting.get(kind)
        if waiting is None:
            return
        waiting.append(change)
        if len(waiting) == BATCH:
            self._write(kind)

    def close(self) -> int:
        """Write the rest and say who is to be told; returns how many changes there were."""
        for kind in self._wanted:
            self._write(kind)
        if self._first is not None:
            self._connection.execute(_DELIVERIES, {"first": self._first, "now": self._now})
        return self._count

    def _write(self, kind: str) -> None:
        changes = self._waiting[kind]
        if not changes:
            return
        seq = take_block(self._connection, "webhook_event", 1)
        self._first = seq if self._first is None else self._first
        self._count += len(changes)
        event_id = uuid.uuid4()
        payload = payload_of(event_id, kind, changes, now=self._now)
        self._connection.execute(_EVENT, (event_id, seq, kind, self._now, len(changes), payload))
        self._waiting[kind] = []


def payload_of(event_id: uuid.UUID, kind: str, changes: Sequence[dict[str, Any]], *, now: datetime) -> str:
    """The text that is signed and sent."""
    told = {"id": str(event_id), "kind": kind, "at": now.isoformat(), "changes": list(changes)}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
