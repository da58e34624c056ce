"""Bulk writing of contacts: set-based statements and COPY, all inside the caller's transaction.

Writers of contacts take their turn on the id series `contact`, so that between looking a number up and
inserting it nobody else can. Lock order: this series, then `locks.LEDGER`, then `locks.WIRE`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import chain
from operator import eq
from typing import NamedTuple

from xinfeng.contacts import copying, packing
from xinfeng.contacts.events import append_events
from xinfeng.contacts.models import TagKind
from xinfeng.contacts.records import Change, ContactRecord, Upserted
from xinfeng.foundation.database import Connection
from xinfeng.foundation.ids import take_block
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import Carrier, carrier_by_prefix

__all__ = [
    "PreparedContact",
    "append_events",
    "find_by_external_ids",
    "find_by_phone_indexes",
    "prepare_contacts",
    "tag_ids",
    "upsert_contacts",
    "upsert_prepared",
]

_COPY_NEW = """\
copy contact (id, external_id, phone_sealed, phone_index, name_sealed, name_index, gender, birthday, province,
  city, carrier, language, level, tags, attrs, joined_at, created_at, updated_at) from stdin (format binary)"""

_COPY_FACTS = "copy tag_fact (contact_id, tag_id, added, at, actor, reason) from stdin (format binary)"

_CREATE_STAGE = """\
create temp table if not exists staged_contact (
  id bigint, external_id text, phone_sealed bytea, phone_index bytea, name_sealed bytea, name_index bytea,
  gender smallint, birthday date, province text, city text, carrier smallint, language text, level text,
  tags int[], attrs jsonb, joined_at timestamptz
) on commit delete rows"""

_COPY_STAGE = """\
copy staged_contact (id, external_id, phone_sealed, phone_index, name_sealed, name_index, gender, birthday,
  province, city, carrier, language, level, tags, attrs, joined_at) from stdin (format binary)"""

# Sealed bytes differ at every sealing, so "the same" is decided by the keyed hashes beside them. It is decided
# where each staged row meets its contact by id; the update then only looks for those that differ, if any.
_MERGE_STAGED = """\
with incoming as (
  select s.*, m.missing, m.missing <> '{}' or
    (coalesce(s.external_id, c.external_id), coalesce(s.phone_index, c.phone_index),
     coalesce(s.name_index, c.name_index), coalesce(s.gender, c.gender), coalesce(s.birthday, c.birthday),
     coalesce(s.province, c.province), coalesce(s.city, c.city), coalesce(s.language, c.language),
     coalesce(s.level, c.level), coalesce(s.joined_at, c.joined_at), c.attrs || s.attrs)
    is distinct from
    (c.external_id, c.phone_index, c.name_index, c.gender, c.birthday, c.province, c.city, c.language,
     c.level, c.joined_at, c.attrs) as differs
  from staged_contact s join contact c on c.id = s.id
  cross join lateral (select case when s.tags <@ c.tags then '{}' else
    array(select t from unnest(s.tags) with ordinality as u(t, o) where t <> all (c.tags) order by o) end
    as missing) m
), changed as (
  update contact c set
    external_id = coalesce(i.external_id, c.external_id),
    phone_sealed = case when i.phone_index is null or i.phone_index = c.phone_index
                        then c.phone_sealed else i.phone_sealed end,
    phone_index = coalesce(i.phone_index, c.phone_index),
    carrier = case when i.phone_index is null or i.phone_index = c.phone_index then c.carrier else i.carrier end,
    name_sealed = case when i.name_index is null or i.name_index = c.name_index
                       then c.name_sealed else i.name_sealed end,
    name_index = coalesce(i.name_index, c.name_index),
    gender = coalesce(i.gender, c.gender),
    birthday = coalesce(i.birthday, c.birthday),
    province = coalesce(i.province, c.province),
    city = coalesce(i.city, c.city),
    language = coalesce(i.language, c.language),
    level = coalesce(i.level, c.level),
    tags = c.tags || i.missing,
    attrs = c.attrs || i.attrs,
    joined_at = coalesce(i.joined_at, c.joined_at),
    updated_at = %(now)s
  from incoming i
  where i.differs and c.id = i.id
  returning c.id
), facts as (
  insert into tag_fact (contact_id, tag_id, added, at, actor, reason)
  select i.id, t, true, %(now)s, %(actor)s, %(reason)s from incoming i, unnest(i.missing) as t
)
select id from changed"""


class PreparedContact(NamedTuple):
    """A record with its identifiers hashed and sealed; made without the database, so it can be made ahead."""

    record: ContactRecord
    phone_index: bytes | None
    phone_sealed: bytes | None
    name_index: bytes | None
    name_sealed: bytes | None


def prepare_contacts(records: Sequence[ContactRecord]) -> list[PreparedContact]:
    """Hash and seal the numbers and names of a batch.

    Raises InvalidInput `contact.unidentified` for a record that has neither phone nor external id.
    """
    phones = [record.phone for record in records]
    if not all(phones) and any(not record.phone and not record.external_id for record in records):
        raise InvalidInput("contact.unidentified")
    names = [record.name for record in records]
    safe = vault()
    return list(
        map(
            PreparedContact,
            records,
            _of_stated(safe.phone_indexes, phones),
            _of_stated(partial(safe.seal_many, Kind.PHONE), phones),
            _of_stated(safe.indexes, names),
            _of_stated(partial(safe.seal_many, Kind.NAME), names),
        )
    )


def _of_stated(
    make: Callable[[Sequence[str]], Sequence[bytes]], texts: Sequence[str | None]
) -> Sequence[bytes | None]:
    """What is made of each text, None where there is none."""
    stated = [text for text in texts if text]
    made = make(stated)
    if len(stated) == len(texts):
        return made
    rest = iter(made)
    return [next(rest) if text else None for text in texts]


def upsert_contacts(
    connection: Connection,
    records: Sequence[ContactRecord],
    *,
    source_tags: Sequence[str] = (),
    actor: str,
    now: datetime,
    reason: str = "",
) -> list[Upserted]:
    """Make or complete contacts, as if one after the other; the results are in the order given.

    A contact is found by its number, else by its external id. Only what a record states overwrites; a record
    that states nothing new changes nothing, not even `xid`. `source_tags` go on every contact; every tag that
    is put on leaves a tag fact with `actor` and `reason`. A few thousand records a call are best. Records hold
    what their columns can hold: who reads them from outside checks that (`contacts.values`).
    """
    prepared = prepare_contacts(records)
    return upsert_prepared(connection, prepared, source_tags=source_tags, actor=actor, now=now, reason=reason)


def upsert_prepared(
    connection: Connection,
    prepared: Sequence[PreparedContact],
    *,
    source_tags: Sequence[str] = (),
    actor: str,
    now: datetime,
    reason: str = "",
) -> list[Upserted]:
    """`upsert_contacts` for records that were prepared ahead."""
    if not prepared:
        return []
    take_block(connection, "contact", 0)
    tags = _tags_of(connection, prepared, source_tags)
    on_all = [tags[name] for name in dict.fromkeys(source_tags)]
    people = list(prepared)
    keys = [(contact.phone_index, contact.record.external_id) for contact in people]
    waiting, folded = _fold_repeats(people, keys)
    writer = _Writer(connection, people, keys, tags, on_all, actor=actor, now=now, reason=reason)
    while waiting:
        waiting = writer.write_round(waiting)
    results = writer.results
    for at, (first, change) in folded.items():
        result = results[first]
        results[at] = result if result.contact_id is None else Upserted(result.contact_id, change)
    return [results[at] for at in range(len(people))]


_Keys = tuple[bytes | None, str | None]
"""What a contact is found by: the index of its number, its external id."""


def _fold_repeats(
    people: list[PreparedContact], keys: Sequence[_Keys]
) -> tuple[list[int], dict[int, tuple[int, Change]]]:
    """Merge a record into the one right before it when both name the very same person.

    Only neighbours: whether a record further back may be overtaken depends on what is in the database. Returns
    the places of those left, and of each that was merged: into which, and whether it added anything.
    """
    if not any(map(eq, keys, keys[1:])):
        return list(range(len(people))), {}
    waiting: list[int] = []
    folded: dict[int, tuple[int, Change]] = {}
    for at, contact in enumerate(people):
        if at and keys[at] == keys[at - 1]:
            earlier = people[waiting[-1]]
            merged = _merge(earlier, contact)
            folded[at] = waiting[-1], "same" if merged.record == earlier.record else "changed"
            people[waiting[-1]] = merged
        else:
            waiting.append(at)
    return waiting, folded


def _merge(earlier: PreparedContact, later: PreparedContact) -> PreparedContact:
    """One record that says what the two say one after the other."""
    stated = {
        name: value
        for name in _SCALARS
        if (value := getattr(later.record, name)) is not None and value != getattr(earlier.record, name)
    }
    if later.record.attrs:
        stated["attrs"] = {**earlier.record.attrs, **later.record.attrs}
    if later.record.tags:
        stated["tags"] = tuple(dict.fromkeys((*earlier.record.tags, *later.record.tags)))
    named = later if later.name_index is not None else earlier
    return PreparedContact(
        earlier.record._replace(**stated),
        earlier.phone_index,
        earlier.phone_sealed,
        named.name_index,
        named.name_sealed,
    )


_SCALARS = ("name", "gender", "birthday", "province", "city", "level", "language", "joined_at")


class _Tags(NamedTuple):
    """The tags a record puts on, as they are written: packed array, and the end of each tag fact's row."""

    array: bytes
    facts: list[bytes]


class _Writer:
    """Writes rounds of records that have nothing to do with each other; `results` by place in `people`."""

    def __init__(
        self,
        connection: Connection,
        people: Sequence[PreparedContact],
        keys: Sequence[_Keys],
        tags: Mapping[str, int],
        on_all: list[int],
        *,
        actor: str,
        now: datetime,
        reason: str,
    ) -> None:
        self._connection = connection
        self._people, self._keys = people, keys
        self._tags = tags
        self._on_all = on_all
        self._combined: dict[tuple[str, ...], _Tags] = {}
        self._actor, self._now, self._reason = actor, now, reason
        self.results: dict[int, Upserted] = {}

    def write_round(self, waiting: list[int]) -> list[int]:
        """Write what can be written in any order; returns what must wait for it, still in order.

        Two records must keep their order if they share a phone or external id, or lead to the same contact.
        """
        first, later = _disjoint(self._keys, waiting)
        keys = [self._keys[at] for at in first]
        by_phone = find_by_phone_indexes(self._connection, [index for index, _ in keys if index is not None])
        by_external = find_by_external_ids(self._connection, [ext for _, ext in keys if ext is not None])
        if not by_phone and not by_external:
            self._insert(first)
            return later
        new: list[int] = []
        known: list[tuple[int, int]] = []
        touched: set[int] = set()
        for at, (index, external) in zip(first, keys, strict=True):
            one = by_phone.get(index) if index is not None else None
            other = by_external.get(external) if external is not None else None
            ids = {found for found in (one, other) if found is not None}
            if not ids:
                new.append(at)
                continue
            if not touched.isdisjoint(ids):
                later.append(at)
            elif len(ids) > 1:
                self.results[at] = Upserted(None, "conflict")
            else:
                known.append((min(ids), at))
            touched |= ids
        if new:
            self._insert(new)
        if known:
            self._update(known)
        later.sort()
        return later

    def _tags_on(self, names: tuple[str, ...]) -> _Tags:
        known = self._combined.get(names)
        if known is None:
            ids = list(dict.fromkeys((*self._on_all, *(self._tags[name] for name in names))))
            end = packing.boolean(True) + packing.moment(self._now)
            end += packing.text(self._actor) + packing.text(self._reason)
            facts = [packing.integer(tag) + end for tag in ids]
            known = self._combined[names] = _Tags(packing.integers(ids), facts)
        return known

    def _insert(self, places: Sequence[int]) -> None:
        first_id = take_block(self._connection, "contact", len(places))
        ids = range(first_id, first_id + len(places))
        now = packing.moment(self._now)
        contacts = [self._people[at] for at in places]
        tags = [self._tags_on(contact.record.tags) for contact in contacts]
        always = [now] * len(contacts)
        joined = packing.Packed(packing.moment)
        joined[None] = now
        self._copy(
            _COPY_NEW,
            packing.rows(
                list(map(packing.bigint, ids)),
                *_columns(contacts, tags, gender=packing.smallint(0), language=packing.text("zh-hans")),
                [joined[contact.record.joined_at] for contact in contacts],
                always,
                always,
            ),
        )
        begin = struct.Struct("!hiq").pack
        facts = [
            begin(6, 8, contact_id) + end
            for contact_id, on in zip(ids, tags, strict=True)
            for end in on.facts
        ]
        if facts:
            self._copy(_COPY_FACTS, packing.whole_rows(facts))
        self.results.update(zip(places, [Upserted(contact_id, "new") for contact_id in ids], strict=True))

    def _update(self, known: list[tuple[int, int]]) -> None:
        self._connection.execute(_CREATE_STAGE)
        self._connection.execute("truncate staged_contact")
        contacts = [self._people[at] for _, at in known]
        tags = [self._tags_on(contact.record.tags) for contact in contacts]
        joined = packing.Packed(packing.moment)
        self._copy(
            _COPY_STAGE,
            packing.rows(
                [packing.bigint(contact_id) for contact_id, _ in known],
                *_columns(contacts, tags, gender=packing.NULL, language=packing.NULL),
                [joined[contact.record.joined_at] for contact in contacts],
            ),
        )
        given = {"now": self._now, "actor": self._actor, "reason": self._reason}
        changed = {row[0] for row in self._connection.execute(_MERGE_STAGED, given).fetchall()}
        for contact_id, at in known:
            self.results[at] = Upserted(contact_id, "changed" if contact_id in changed else "same")

    def _copy(self, statement: str, rows: bytes) -> None:
        with self._connection.cursor().copy(statement) as copy:
            copy.write(rows)


def _disjoint(keys: Sequence[_Keys], waiting: list[int]) -> tuple[list[int], list[int]]:
    """The records none of whose keys an earlier one has, and the others."""
    every = [key for at in waiting for key in keys[at] if key is not None]
    seen = set(every)
    if len(seen) == len(every):
        return waiting, []
    seen.clear()
    first: list[int] = []
    later: list[int] = []
    for at in waiting:
        of_one = [key for key in keys[at] if key is not None]
        (first if seen.isdisjoint(of_one) else later).append(at)
        seen.update(of_one)
    return first, later


def _columns(
    contacts: Sequence[PreparedContact], tags: Sequence[_Tags], *, gender: bytes, language: bytes
) -> list[list[bytes]]:
    """The columns from `external_id` to `attrs`, in the order of the COPY statements; `gender` and `language`
    stand in where a record states none."""
    records = [contact.record for contact in contacts]
    words = packing.Packed(packing.text)
    days = packing.Packed(packing.day)
    genders = packing.Packed(packing.smallint)
    genders[None] = gender
    languages = packing.Packed(packing.text)
    languages[None] = language
    carriers = packing.Packed(lambda prefix: packing.smallint(carrier_by_prefix(prefix)))
    no_carrier, no_attrs = packing.smallint(Carrier.UNKNOWN), packing.json_object({})
    return [
        packing.text_column([record.external_id for record in records]),
        packing.octet_column([contact.phone_sealed for contact in contacts]),
        packing.octet_column([contact.phone_index for contact in contacts]),
        packing.octet_column([contact.name_sealed for contact in contacts]),
        packing.octet_column([contact.name_index for contact in contacts]),
        [genders[record.gender] for record in records],
        [days[record.birthday] for record in records],
        [words[record.province] for record in records],
        [words[record.city] for record in records],
        [carriers[record.phone[:5]] if record.phone else no_carrier for record in records],
        [languages[record.language] for record in records],
        [words[record.level] for record in records],
        [on.array for on in tags],
        [packing.json_object(record.attrs) if record.attrs else no_attrs for record in records],
    ]


def _tags_of(
    connection: Connection, prepared: Sequence[PreparedContact], source_tags: Sequence[str]
) -> dict[str, int]:
    names = chain.from_iterable({contact.record.tags for contact in prepared})
    kinds = dict.fromkeys(names, TagKind.MANUAL)
    kinds.update(dict.fromkeys(source_tags, TagKind.SOURCE))
    return tag_ids(connection, kinds)


def tag_ids(connection: Connection, kinds: Mapping[str, TagKind]) -> dict[str, int]:
    """Ids of tags by name; those that do not exist yet are made with the kind given."""
    names = sorted(kinds)
    if not names:
        return {}
    found: dict[str, int] = dict(
        connection.execute("select name, id from tag where name = any(%s)", (names,)).fetchall()
    )
    missing = [name for name in names if name not in found]
    if missing:
        connection.execute(
            "insert into tag (name, kind, created_at) select n, k, now() from unnest(%s::text[], %s::text[]) u(n, k) "
            "on conflict (name) do nothing",
            (missing, [kinds[name].value for name in missing]),
        )
        found.update(
            connection.execute("select name, id from tag where name = any(%s)", (missing,)).fetchall()
        )
    return found


def find_by_phone_indexes(connection: Connection, indexes: Iterable[bytes]) -> dict[bytes, int]:
    """Contact ids by phone index; unknown ones are missing."""
    wanted = list(indexes)
    if not wanted:
        return {}
    rows = connection.execute(
        "select phone_index, id from contact where phone_index = any(%s::bytea[])",
        (copying.octet_array(wanted),),
    ).fetchall()
    return {bytes(index): contact_id for index, contact_id in rows}


def find_by_external_ids(connection: Connection, ids: Iterable[str]) -> dict[str, int]:
    """Contact ids by external id; unknown ones are missing."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = connection.execute(
        "select external_id, id from contact where external_id = any(%s::text[])",
        (copying.text_array(wanted),),
    ).fetchall()
    return dict(rows)
