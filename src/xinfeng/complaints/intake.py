"""Taking complaints in, set-based: read, recognise what is known, write the facts, suppress, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from xinfeng.complaints import texts
from xinfeng.complaints.models import About, Source
from xinfeng.consent.actions import record_complaints
from xinfeng.contacts.sql import find_by_phone_indexes
from xinfeng.foundation import audit
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.database import Connection
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import parse_mainland
from xinfeng.kernel.time import business_day

OLDEST = timedelta(days=3 * 366)
AHEAD = timedelta(minutes=10)
"""How far a source's clock may be ahead of ours."""

AT_ONCE = 100
"""Rows of a file for which the wire waits at a time: milliseconds, so that sending goes on in between."""


@dataclass(frozen=True, slots=True)
class NewComplaint:
    """What a door or a file states. `phone`: as people write it; `said`: what was said; `quoted`: the message as the
    complainant quotes it; `names_message`: a message's or a carrier's id; `day_only`: the source gives no time."""

    source: str
    phone: str
    complained_at: datetime
    about: str = About.OTHER
    reference: str = ""
    said: str = ""
    quoted: str = ""
    names_message: str = ""
    reply_id: int | None = None
    day_only: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """`known`: it had been taken in before, as `complaint_id`."""

    complaint_id: int
    known: bool


@dataclass(frozen=True, slots=True)
class Checked:
    """A row that can be taken in."""

    given: NewComplaint
    number: str
    words: texts.Words


def check_row(given: NewComplaint, *, now: datetime) -> Checked:
    """What a row comes to; raises InvalidInput as `actions.take_complaint`."""
    if given.source not in Source.values:
        raise InvalidInput("complaint.source", source=given.source[:20], known=Source.values)
    if given.about not in About.values:
        raise InvalidInput("complaint.about", about=given.about[:20], known=About.values)
    number = parse_mainland(given.phone)
    if given.complained_at > now + AHEAD:
        raise InvalidInput("complaint.in_future")
    if given.complained_at < now - OLDEST:
        raise InvalidInput("complaint.too_old", days=OLDEST.days)
    for field, value, longest in (
        ("reference", given.reference, 80),
        ("names_message", given.names_message, 64),
    ):
        if len(value) > longest or not value.isprintable():
            raise InvalidInput("complaint.too_long", field=field, longest=longest)
    said = texts.clean(given.said, longest=texts.LONGEST_WORDS, field="said")
    quoted = texts.clean(given.quoted, longest=texts.LONGEST_QUOTED, field="quoted")
    return Checked(given, number, texts.Words(said, quoted))


def take_rows(
    connection: Connection,
    rows: Sequence[NewComplaint],
    *,
    due: Mapping[str, datetime],
    actor: str,
    now: datetime,
    file_id: int | None,
) -> list[Taken]:
    """Take these in; the outcome of each, in their order."""
    checked = [check_row(one, now=now) for one in rows]
    return take_checked(connection, checked, due=due, actor=actor, now=now, file_id=file_id)


_INSERT = """
insert into complaint (source, reference, about, complained_at, taken_at, due_at, phone_sealed, phone_index,
  contact_id, text_sealed, names_message, reply_id, file_id, once, actor)
select u.source, u.reference, u.about, u.complained_at, %(now)s, u.due_at, u.phone_sealed, u.phone_index,
  nullif(u.contact_id, 0), u.text_sealed, u.names_message, nullif(u.reply_id, 0), %(file)s, u.once, %(actor)s
from unnest(%(sources)s::text[], %(references)s::text[], %(abouts)s::text[], %(ats)s::timestamptz[],
    %(dues)s::timestamptz[], %(sealed)s::bytea[], %(indexes)s::bytea[], %(contacts)s::bigint[], %(texts)s::bytea[],
    %(names)s::text[], %(replies)s::bigint[], %(onces)s::bytea[]) with ordinality
  as u(source, reference, about, complained_at, due_at, phone_sealed, phone_index, contact_id, text_sealed,
    names_message, reply_id, once, nr)
order by u.nr
on conflict (once) do nothing
returning id, once"""

_BEGIN = """
with fresh as (
  insert into complaint_standing (complaint_id, source, about, complained_at, taken_at, contact_id, due_at, state,
    dismissal, assigned_to, certainty)
  select id, source, about, complained_at, taken_at, contact_id, due_at, 'open', '', '', ''
  from complaint where id = any(%(ids)s::bigint[])
)
insert into complaint_step (complaint_id, at, actor, action, detail)
select unnest(%(ids)s::bigint[]), %(now)s, %(actor)s, 'take', '{}'::jsonb"""

_KNOWN = "select once, id from complaint where once = any(%s::bytea[])"


def take_checked(
    connection: Connection,
    rows: Sequence[Checked],
    *,
    due: Mapping[str, datetime],
    actor: str,
    now: datetime,
    file_id: int | None,
) -> list[Taken]:
    """`take_rows`, once they were checked."""
    written = write_checked(connection, rows, due=due, actor=actor, now=now, file_id=file_id)
    bar_numbers(connection, written, actor=actor, now=now)
    return written.taken


@dataclass(frozen=True, slots=True)
class Written:
    """Complaints that are written down; `to_bar`: numbers of the new ones, each with when and by which source."""

    taken: list[Taken]
    to_bar: list[tuple[bytes, datetime, str]]


def bar_numbers(connection: Connection, written: Written, *, actor: str, now: datetime) -> None:
    """The last thing before the commit: the wire is silent from here on."""
    if written.to_bar:
        record_complaints(connection, written.to_bar, actor=actor, now=now)


def write_checked(
    connection: Connection,
    rows: Sequence[Checked],
    *,
    due: Mapping[str, datetime],
    actor: str,
    now: datetime,
    file_id: int | None,
) -> Written:
    """All of `take_checked` that comes before `bar_numbers`."""
    if not rows:
        return Written([], [])
    numbers = [one.number for one in rows]
    indexes = [bytes(one) for one in vault().phone_indexes(numbers)]
    onces = vault().indexes([_once(one) for one in rows])
    people = find_by_phone_indexes(connection, list(set(indexes)))
    given = {
        "now": now,
        "actor": actor,
        "file": file_id,
        "sources": [one.given.source for one in rows],
        "references": [one.given.reference for one in rows],
        "abouts": [one.given.about for one in rows],
        "ats": [one.given.complained_at for one in rows],
        "dues": [due[one.given.source] for one in rows],
        "sealed": vault().seal_many(Kind.PHONE, numbers),
        "indexes": indexes,
        "contacts": [people.get(index, 0) for index in indexes],
        "texts": texts.sealed_many([one.words for one in rows]),
        "names": [one.given.names_message for one in rows],
        "replies": [one.given.reply_id or 0 for one in rows],
        "onces": onces,
    }
    inserted = connection.execute(_INSERT, given).fetchall()
    fresh = {bytes(once): int(id_) for id_, once in inserted}
    known = {bytes(once): int(id_) for once, id_ in connection.execute(_KNOWN, (onces,)).fetchall()}
    if fresh:
        connection.execute(_BEGIN, {"ids": sorted(fresh.values()), "now": now, "actor": actor})
        audit.record(
            actor=actor,
            action="complaint.take",
            kind="complaint",
            subject=next(iter(fresh.values())) if len(fresh) == 1 else "",
            count=len(fresh),
            file=file_id,
        )
    taken, seen = [], set(known) - set(fresh)
    for once in onces:
        taken.append(Taken(known[once], once in seen))
        seen.add(once)
    return Written(taken, _to_bar(rows, indexes, onces, fresh=set(fresh), now=now))


def _to_bar(
    rows: Sequence[Checked],
    indexes: Sequence[bytes],
    onces: Sequence[bytes],
    *,
    fresh: set[bytes],
    now: datetime,
) -> list[tuple[bytes, datetime, str]]:
    """The numbers of what is new. One that was taken before may have been lifted since, by people, with a reason."""
    said: dict[bytes, tuple[bytes, datetime, str]] = {}
    for row, index, once in zip(rows, indexes, onces, strict=True):
        if once in fresh:
            before = said.get(index)
            at = min(row.given.complained_at, now)
            if before is None or before[1] < at:
                said[index] = (index, at, f"complaint:{row.given.source}")
    return list(said.values())


def _once(row: Checked) -> str:
    """Source and reference; without one, source, number and time."""
    given = row.given
    if given.reference:
        return f"complaint|{given.source}|{given.reference}"
    at = given.complained_at
    when = business_day(at, xinfeng_settings.load().zone) if given.day_only else at.astimezone(UTC)
    return f"complaint|{given.source}||{row.number}|{when.isoformat()}"
