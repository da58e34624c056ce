"""Statements over many numbers at once: what is known of them is read, and written back, in the order of contacts.

Everything that writes `number_state` first takes the turn for writing contacts (the id series `contact`), as imports
and merges do: a trigger on contacts writes the same rows, and so they are all locked one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from xinfeng.foundation.database import Connection
from xinfeng.foundation.ids import take_block
from xinfeng.foundation.partitions import cover
from xinfeng.hygiene.models import Quarantine, State
from xinfeng.hygiene.states import ALIVE_FOR, NOTHING, Known

_is_plain = re.compile(r"[0-9A-Za-z:_-]*").fullmatch
_NULL = "\\N"

STEP = 50_000
"""So many numbers are held in memory at a time."""


class Number(NamedTuple):
    """A contact's present number, and what is known of it. `since`: what was sent before says nothing about it."""

    contact_id: int
    phone_index: bytes
    since: datetime | None
    known: Known


class Fact(NamedTuple):
    """A row of number_fact; `state` and `quarantined` are what followed."""

    contact_id: int
    phone_index: bytes
    source: str
    provider: str
    code: str
    state: int
    quarantined: bool
    at: datetime
    actor: str
    detail: str


_READ = """
select c.id, c.phone_index, {number_since}, n.state, {since}, n.quarantine, {quarantined_at}, n.failures, {failed_at},
  n.failed_message, {alive_at}, {checked_at}, {asked_at}, n.carrier_now, n.ported, n.recheck
from unnest(%s::bigint[]) as w (id) join contact c using (id) left join number_state n on n.contact_id = c.id
where c.phone_index is not null""".format(
    **{
        column: f"extract(epoch from n.{column})::float8"
        for column in (
            "number_since",
            "since",
            "quarantined_at",
            "failed_at",
            "alive_at",
            "checked_at",
            "asked_at",
        )
    }
)
"""Times as seconds, exact to the microsecond: they are read ten times as fast as timestamps."""

_READ_ANY = _READ.removesuffix("where c.phone_index is not null")
"""Also of contacts whose number has left them."""

_SETTLED = """
select n.contact_id from unnest(%s::bigint[], %s::float8[]) as w (contact_id, at)
join number_state n using (contact_id)
where n.state = 1 and n.failures = 0 and n.quarantine in ('', 'manual')
  and n.alive_at > to_timestamp(w.at) - %s::interval"""

_STAGE = """
create temp table number_learned (
  contact_id bigint, phone_index bytea, state smallint, since timestamptz, quarantined bool, quarantine text,
  quarantined_at timestamptz, failures smallint, failed_at timestamptz, failed_message bigint, alive_at timestamptz,
  checked_at timestamptz, asked_at timestamptz, carrier_now smallint, ported bool, recheck bool
) on commit drop"""

_PUT = """
insert into number_state as n (contact_id, phone_index, state, since, quarantined, quarantine, quarantined_at, failures,
  failed_at, failed_message, alive_at, checked_at, asked_at, carrier_now, ported, recheck)
select * from number_learned order by contact_id
on conflict (contact_id) do update set
  phone_index = excluded.phone_index, state = excluded.state, since = excluded.since,
  quarantined = excluded.quarantined, quarantine = excluded.quarantine, quarantined_at = excluded.quarantined_at,
  failures = excluded.failures, failed_at = excluded.failed_at, failed_message = excluded.failed_message,
  alive_at = excluded.alive_at, checked_at = excluded.checked_at, asked_at = excluded.asked_at,
  carrier_now = excluded.carrier_now, ported = excluded.ported, recheck = excluded.recheck"""

_COPY_FACTS = """
copy number_fact (contact_id, phone_index, source, provider, code, state, quarantined, at, actor, detail) from stdin"""


def take_turn(connection: Connection) -> None:
    """Be the only one to write contacts and their numbers until the transaction ends."""
    take_block(connection, "contact", 0)


def numbers_of(connection: Connection, contact_ids: Iterable[int]) -> dict[int, Number]:
    """What is known of the numbers of these contacts, whatever their state; contacts without one are missing."""
    ids = sorted(set(contact_ids))
    found = {}
    for row in connection.execute(_READ, (ids,)):
        found[row[0]] = Number(row[0], bytes(row[1]), moment(row[2]), _known(row))
    return found


def known_of(connection: Connection, contact_id: int) -> Known:
    """What is known of a contact's number, also where the number itself has left her."""
    row = connection.execute(_READ_ANY, ([contact_id],)).fetchone()
    return NOTHING if row is None else _known(row)


def has_lost_its_number(connection: Connection, contact_id: int) -> bool:
    """Whether this living contact has no number because the one she had was reassigned."""
    row = connection.execute(
        "select 1 from contact c join number_state n on n.contact_id = c.id where c.id = %s and c.state = 0"
        " and c.phone_index is null and n.quarantine = 'reassigned'",
        (contact_id,),
    ).fetchone()
    return row is not None


def leave_without_number(connection: Connection, contact_ids: Iterable[int], *, gone: bool) -> None:
    """What is known stays with contacts whose number has left them, and nothing leads from it to the number; `gone`:
    it is nothing that lists should show."""
    connection.execute(
        "update number_state set phone_index = null, gone = %s where contact_id = any(%s::bigint[])"
        " and contact_id in (select id from contact where phone_index is null)",
        (gone, sorted(contact_ids)),
    )


def settled(connection: Connection, deliveries: Mapping[int, datetime]) -> set[int]:
    """Of contacts to whom something was delivered (at the latest then), those about whom that is no news.

    The first question of `states.after_receipt`, asked where the rows are: most of a campaign ends here.
    """
    ats = [at.timestamp() for at in deliveries.values()]
    rows = connection.execute(_SETTLED, (list(deliveries), ats, ALIVE_FOR))
    return {row[0] for row in rows}


def moment(seconds: float | None) -> datetime | None:
    """Seconds since 1970 as a time."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _known(row: Sequence[Any]) -> Known:
    if row[3] is None:
        return NOTHING
    return Known(
        State(row[3]),
        moment(row[4]),
        Quarantine(row[5]),
        moment(row[6]),
        row[7],
        moment(row[8]),
        row[9],
        moment(row[10]),
        moment(row[11]),
        moment(row[12]),
        *row[13:],
    )


def put(connection: Connection, changed: Mapping[int, tuple[bytes, Known]]) -> None:
    """Write what is known now of these contacts' numbers. The caller has taken the turn."""
    if not changed:
        return
    connection.execute("drop table if exists number_learned")
    connection.execute(_STAGE)
    with connection.cursor() as cursor, cursor.copy("copy number_learned from stdin") as copy:
        copy.write("".join(_line(contact_id, *changed[contact_id]) for contact_id in sorted(changed)))
    connection.execute(_PUT)


def append_facts(connection: Connection, facts: Sequence[Fact]) -> None:
    """Write down what was learned."""
    if not facts:
        return
    days = [fact.at for fact in facts]
    cover(connection, "number_fact", min(days).date(), max(days).date())
    with connection.cursor() as cursor, cursor.copy(_COPY_FACTS) as copy:
        copy.write("".join(map(_fact_line, facts)))


def _line(contact_id: int, phone_index: bytes, known: Known) -> str:
    (state, since, quarantine, quarantined_at, failures, failed_at, failed_message, alive_at, checked_at, asked_at,
     carrier_now, ported, recheck) = known  # fmt: skip
    return (
        f"{contact_id}\t\\\\x{phone_index.hex()}\t{int(state)}\t{_time(since)}\t{'t' if quarantine else 'f'}\t"
        f"{quarantine.value}\t{_time(quarantined_at)}\t{failures}\t{_time(failed_at)}\t"
        f"{_NULL if failed_message is None else failed_message}\t{_time(alive_at)}\t{_time(checked_at)}\t"
        f"{_time(asked_at)}\t{carrier_now}\t{'t' if ported else 'f'}\t{'t' if recheck else 'f'}\n"
    )


def _fact_line(fact: Fact) -> str:
    return (
        f"{fact.contact_id}\t\\\\x{fact.phone_index.hex()}\t{fact.source}\t{_text(fact.provider, 60)}\t"
        f"{_text(fact.code, 40)}\t{fact.state}\t{'t' if fact.quarantined else 'f'}\t{_time(fact.at)}\t"
        f"{_text(fact.actor, 150)}\t{_text(fact.detail, 200)}\n"
    )


def _time(at: datetime | None) -> str:
    return _NULL if at is None else at.isoformat()


def _text(text: str, longest: int) -> str:
    """As COPY's text format wants it; a NUL, which PostgreSQL can't hold, is left out."""
    if len(text) <= longest and _is_plain(text):
        return text
    cut = text.replace("\x00", "")[:longest].encode("utf-8", "replace").decode()
    return cut.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
