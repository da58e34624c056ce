"""Numbers that went over to somebody else, and whose they had been.

When a number is found reassigned, the row of its former owner gives it up, so that whoever comes with it next is
somebody new: she inherits nothing of his. What remembers it is `former_number`: the proof of past messages can still
name it, a mistake can be undone, and a source that goes on sending his member id with his old number (as a CRM does
every night) is understood, not followed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from xinfeng.contacts import copying
from xinfeng.foundation.database import Connection

Pair = tuple[bytes, int]
"""A number's index, and the contact that speaks for its former owner."""

_REMEMBER = """\
insert into former_number (contact_id, phone_index, phone_sealed, tail_index, carrier, released_at, actor)
select id, phone_index, phone_sealed, tail_index, carrier, %(now)s, %(actor)s from contact
where id = any(%(ids)s::bigint[]) and phone_index is not null and phone_sealed is not null order by id
on conflict do nothing"""

_GIVE_UP = """\
update contact set phone_index = null, phone_sealed = null, tail_index = null, carrier = 0, updated_at = %(now)s
where id = any(%(ids)s::bigint[]) and phone_index is not null"""

_LOST = """\
select f.phone_index, coalesce(c.merged_into, c.id) from former_number f join contact c on c.id = f.contact_id
where f.returned_at is null and f.phone_index = any(%s::bytea[])"""

_LATEST = """\
select id, phone_index from former_number where contact_id = %s and returned_at is null
order by released_at desc, id desc limit 1 for update"""

_TAKE_BACK = """\
update contact c set phone_index = f.phone_index, phone_sealed = f.phone_sealed, tail_index = f.tail_index,
  carrier = f.carrier, updated_at = %(now)s
from former_number f where f.id = %(id)s and c.id = f.contact_id and c.phone_index is null"""

_CONTRADICTED = """\
select exists (
  select from former_number f join contact c on c.phone_index = f.phone_index
  where f.returned_at is null and (
    f.contact_id = any(%(ones)s::bigint[]) and c.id = any(%(others)s::bigint[])
    or f.contact_id = any(%(others)s::bigint[]) and c.id = any(%(ones)s::bigint[])))"""


@dataclass(frozen=True, slots=True)
class Returned:
    """A number that was not reassigned after all. `holder`: who came with it in the meantime and keeps it, or None:
    it is back at the row it had been taken from."""

    phone_index: bytes
    holder: int | None


def release_numbers(
    connection: Connection, contact_ids: Collection[int], *, actor: str, now: datetime
) -> None:
    """Take the numbers of these rows from them. The caller has taken the turn for writing contacts."""
    if contact_ids:
        given = {"ids": copying.integers(sorted(contact_ids)), "now": now, "actor": actor}
        connection.execute(_REMEMBER, given)
        connection.execute(_GIVE_UP, given)


def lost(connection: Connection, pairs: Collection[Pair]) -> set[Pair]:
    """Those of the pairs in which the number had been this person's and is not any more."""
    if not pairs:
        return set()
    indexes = list({index for index, _ in pairs})
    rows = connection.execute(_LOST, (copying.octet_array(indexes),)).fetchall()
    return {(bytes(index), contact_id) for index, contact_id in rows} & set(pairs)


def give_back(connection: Connection, contact_id: int, *, now: datetime) -> Returned | None:
    """Undo the latest release of a contact's number; None if there is none. The caller has taken the turn."""
    row = connection.execute(_LATEST, (contact_id,)).fetchone()
    if row is None:
        return None
    former_id, index = row[0], bytes(row[1])
    connection.execute("update former_number set returned_at = %s where id = %s", (now, former_id))
    held = connection.execute(
        "select coalesce(merged_into, id) from contact where phone_index = %s", (index,)
    ).fetchone()
    if held is not None:
        return Returned(index, int(held[0]))
    connection.execute(_TAKE_BACK, {"id": former_id, "now": now})
    return Returned(index, None)


def contradicted(connection: Connection, ones: Sequence[int], others: Sequence[int]) -> bool:
    """Whether one of these rows has a number that was taken from one of the others because it is somebody else's."""
    given = {"ones": copying.integers(ones), "others": copying.integers(others)}
    row = connection.execute(_CONTRADICTED, given).fetchone()
    assert row is not None
    return bool(row[0])


def was_lost(connection: Connection, contact_ids: Sequence[int], index: bytes) -> bool:
    """Whether this number was taken from one of these rows, and not given back."""
    row = connection.execute(
        "select exists (select from former_number where returned_at is null and phone_index = %s"
        " and contact_id = any(%s::bigint[]))",
        (index, copying.integers(contact_ids)),
    ).fetchone()
    assert row is not None
    return bool(row[0])


def hand_on(connection: Connection, from_id: int, to_id: int, index: bytes) -> None:
    """Two rows part, and the number that one had lost had been the other's."""
    connection.execute(
        "update former_number set contact_id = %s where contact_id = %s and phone_index = %s and returned_at is null",
        (to_id, from_id, index),
    )


def sealed_of(connection: Connection, contact_ids: Sequence[int]) -> list[bytes]:
    """The sealed numbers these rows once had, oldest loss first: for whoever must prove what was sent to them."""
    rows = connection.execute(
        "select phone_sealed from former_number where contact_id = any(%s::bigint[]) and returned_at is null"
        " order by released_at, id",
        (copying.integers(contact_ids),),
    ).fetchall()
    return [bytes(row[0]) for row in rows]
