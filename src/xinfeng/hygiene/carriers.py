"""Whose network numbers are on, and for how long that is believed.

`contact.carrier` is the carrier that serves the number now: what a lookup, a person or a receipt taught, as of
`number_state.carrier_at`, from the source of the latest `number_fact`; and whom its range was given to
(`contacts.prefixes`) while nothing was learned or what was learned is too old. People move from carrier to carrier;
moving back is barred for 120 days (reference, section 10), so what is learned holds for 30 to 90.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from xinfeng.contacts import prefixes
from xinfeng.foundation import audit, stored
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.vault import Kind, vault
from xinfeng.hygiene import sql
from xinfeng.kernel.errors import InvalidInput

KEY = "hygiene.carriers"
DAYS = 60
FEWEST, MOST = 30, 90
STEP = 5_000


def believed_days() -> int:
    """For how many days what was learned about a carrier is believed."""
    return int(stored.read(KEY, {}).get("days", DAYS))


def believe_for(days: int, *, actor: str) -> None:
    """Raises InvalidInput `number.carrier_days`."""
    if not FEWEST <= days <= MOST:
        raise InvalidInput("number.carrier_days", at_least=FEWEST, at_most=MOST)
    stored.write(KEY, {"days": days}, actor=actor)
    audit.record(actor=actor, action="number.carrier_days", kind="setting", subject=KEY, days=days)


def forget_old(*, now: datetime) -> int:
    """Believe the prefix again where what was learned is too old; returns of how many numbers. Nightly."""
    before = now - timedelta(days=believed_days())
    forgotten = 0
    while True:
        with bulk_transaction() as connection:
            sql.take_turn(connection)
            ids = [row[0] for row in connection.execute(_OLD, (before, STEP))]
            if not ids:
                return forgotten
            connection.execute(
                "update number_state set carrier_now = 0, ported = false where contact_id = any(%s)", (ids,)
            )
            _as_prefixes_say(connection, ids, now=now)
            forgotten += len(ids)


def read_again(*, actor: str, now: datetime) -> int:
    """Read the carriers of all contacts off their numbers again, those aside of which more was learned: after the table
    of ranges was replaced. Returns how many changed. In steps; what was done stays when it is cut short."""
    after, changed = 0, 0
    while True:
        with bulk_transaction() as connection:
            sql.take_turn(connection)
            ids = [row[0] for row in connection.execute(_GUESSED, (after, STEP))]
            if not ids:
                break
            changed += _as_prefixes_say(connection, ids, now=now)
            after = ids[-1]
    audit.record(actor=actor, action="number.read_carriers", kind="setting", subject=KEY, changed=changed)
    return changed


def _as_prefixes_say(connection: Connection, contact_ids: list[int], *, now: datetime) -> int:
    rows = connection.execute(
        "select id, phone_sealed from contact where id = any(%s) and phone_sealed is not null order by id",
        (contact_ids,),
    ).fetchall()
    table = prefixes.table()
    numbers = vault().open_many(Kind.PHONE, [bytes(sealed) for _, sealed in rows])
    return connection.execute(
        "update contact c set carrier = w.carrier, updated_at = %s"
        " from unnest(%s::bigint[], %s::smallint[]) as w (id, carrier) where c.id = w.id and c.carrier <> w.carrier",
        (now, [row[0] for row in rows], [int(table.carrier_of(number)) for number in numbers]),
    ).rowcount


_OLD = """
select contact_id from number_state where carrier_at < %s order by carrier_at limit %s
"""

_GUESSED = """
select c.id from contact c
where c.id > %s and c.state = 0 and c.phone_sealed is not null
  and not exists (select from number_state n where n.contact_id = c.id and n.carrier_at is not null)
order by c.id limit %s
"""
