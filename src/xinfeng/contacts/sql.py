"""Bulk writing of contacts: set-based statements and COPY, all inside the caller's transaction.

Writers of contacts take their turn on the id series `contact`, so that between looking a number up and
inserting it nobody else can. Lock order: this series, then `locks.LEDGER`, then `locks.WIRE`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from itertools import chain
from operator import eq
from typing import NamedTuple

from xinfeng.contacts import packing, prefixes, regions, statements
from xinfeng.contacts.events import append_events
from xinfeng.contacts.finding import (
    find_by_external_ids,
    find_by_phone_indexes,
    look_up_external_ids,
    look_up_numbers,
)
from xinfeng.contacts.former_numbers import Pair, lost
from xinfeng.contacts.models import TagKind
from xinfeng.contacts.records import Change, ContactRecord, Upserted
from xinfeng.contacts.tag_names import tag_ids
from xinfeng.foundation.database import Connection
from xinfeng.foundation.ids import take_block
from xinfeng.foundation.vault import Kind, Vault, vault
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import Carrier

CONFLICT_REASON, CONFLICT_SCORE = "phone_external_conflict", 90
"""Why two contacts are suggested for merging when a source says that one's number and the other's external id
belong to one person, and how sure that makes us."""

__all__ = [
    "CONFLICT_REASON",
    "PreparedContact",
    "append_events",
    "find_by_external_ids",
    "find_by_phone_indexes",
    "note_conflicts",
    "prepare_contacts",
    "tag_ids",
    "upsert_contacts",
    "upsert_prepared",
]


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

    A contact is found by its number, else by its external id; through a row that was merged, whoever speaks for
    that person now is found, and keeps her own number and id. A number that had been the person's whose external id
    stands beside it, and was found reassigned, is not given back by that: the record is hers, without it. Province and city are guessed from the number where
    no source states them. A conflict leaves a suggestion to merge the two. Only what a record states overwrites; a record
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


def note_conflicts(connection: Connection, pairs: Sequence[tuple[int, int]], *, now: datetime) -> None:
    """Suggest pairs for merging of whom one has a number that a source says is the other's; a person decides."""
    ones, others = zip(*(sorted(pair) for pair in pairs), strict=True)
    given = {"ones": list(ones), "others": list(others), "now": now}
    connection.execute(statements.NOTE_CONFLICTS, given | {"why": CONFLICT_REASON, "score": CONFLICT_SCORE})


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
        self._people, self._keys = list(people), keys
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
        by_phone, other_numbers = look_up_numbers(
            self._connection, [index for index, _ in keys if index is not None]
        )
        by_external, other_ids = look_up_external_ids(
            self._connection, [ext for _, ext in keys if ext is not None]
        )
        if not by_phone and not by_external:
            self._insert(first)
            return later
        gone = self._gone(keys, by_phone, by_external)
        new: list[int] = []
        known: list[tuple[int, int]] = []
        touched: set[int] = set()
        at_odds: set[tuple[int, int]] = set()
        for at, (index, external) in zip(first, keys, strict=True):
            one = by_phone.get(index) if index is not None else None
            other = by_external.get(external) if external is not None else None
            left = index is not None and other is not None and (index, other) in gone
            if left:
                one = None
            ids = {found for found in (one, other) if found is not None}
            if not ids:
                new.append(at)
                continue
            if not touched.isdisjoint(ids):
                later.append(at)
            elif len(ids) > 1:
                self.results[at] = Upserted(None, "conflict")
                at_odds.add((min(ids), max(ids)))
            else:
                if left or index in other_numbers or external in other_ids:
                    self._leave_keys(at, left or index in other_numbers, external in other_ids)
                known.append((min(ids), at))
            touched |= ids
        if new:
            self._insert(new)
        if known:
            self._update(known)
        if at_odds:
            note_conflicts(self._connection, sorted(at_odds), now=self._now)
        later.sort()
        return later

    def _gone(
        self, keys: Sequence[_Keys], by_phone: Mapping[bytes, int], by_external: Mapping[str, int]
    ) -> set[Pair]:
        """Numbers, and the people they had been, of records that still bring the two together.

        Asked only of records whose external id is known and whose number is not that person's: of few, in a file
        that comes again, and of none in a new one.
        """
        doubtful = [
            (index, by_external[external])
            for index, external in keys
            if index is not None
            and external is not None
            and external in by_external
            and by_phone.get(index) != by_external[external]
        ]
        return lost(self._connection, doubtful)

    def _leave_keys(self, at: int, number: bool, external_id: bool) -> None:
        """What led here through a row merged into this contact stays with that row."""
        contact = self._people[at]
        if number:
            contact = contact._replace(phone_index=None, phone_sealed=None)
        if external_id:
            contact = contact._replace(record=contact.record._replace(external_id=None))
        self._people[at] = contact

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
            statements.COPY_NEW,
            packing.rows(
                list(map(packing.bigint, ids)),
                *_columns(
                    contacts,
                    tags,
                    gender=packing.smallint(0),
                    language=packing.text("zh-hans"),
                    unplaced=packing.boolean(False),
                ),
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
            self._copy(statements.COPY_FACTS, packing.whole_rows(facts))
        self.results.update(zip(places, [Upserted(contact_id, "new") for contact_id in ids], strict=True))

    def _update(self, known: list[tuple[int, int]]) -> None:
        self._connection.execute(statements.CREATE_STAGE)
        self._connection.execute("truncate staged_contact")
        contacts = [self._people[at] for _, at in known]
        tags = [self._tags_on(contact.record.tags) for contact in contacts]
        joined = packing.Packed(packing.moment)
        self._copy(
            statements.COPY_STAGE,
            packing.rows(
                [packing.bigint(contact_id) for contact_id, _ in known],
                *_columns(
                    contacts,
                    tags,
                    gender=packing.NULL,
                    language=packing.NULL,
                    unplaced=packing.boolean(True),
                ),
                [joined[contact.record.joined_at] for contact in contacts],
            ),
        )
        given = {"now": self._now, "actor": self._actor, "reason": self._reason}
        changed = {row[0] for row in self._connection.execute(statements.MERGE_STAGED, given).fetchall()}
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
    contacts: Sequence[PreparedContact],
    tags: Sequence[_Tags],
    *,
    gender: bytes,
    language: bytes,
    unplaced: bytes,
) -> list[list[bytes]]:
    """The columns from `external_id` to `region_guessed`, in the order of the COPY statements; `gender` and
    `language` stand in where a record states none, `unplaced` where no region is known for the number."""
    records = [contact.record for contact in contacts]
    days = packing.Packed(packing.day)
    words = packing.Packed(packing.text)
    genders = packing.Packed(packing.smallint)
    genders[None] = gender
    languages = packing.Packed(packing.text)
    languages[None] = language
    ranges = prefixes.table()
    carriers, width = packing.Packed(lambda prefix: packing.smallint(ranges.carrier_of(prefix))), ranges.width
    no_carrier, no_attrs = packing.smallint(Carrier.UNKNOWN), packing.json_object({})
    tails = _packed_tails(vault())
    provinces, cities, guessed = _places(records, words, unplaced)
    return [
        packing.text_column([record.external_id for record in records]),
        packing.octet_column([contact.phone_sealed for contact in contacts]),
        packing.octet_column([contact.phone_index for contact in contacts]),
        packing.octet_column([contact.name_sealed for contact in contacts]),
        packing.octet_column([contact.name_index for contact in contacts]),
        [genders[record.gender] for record in records],
        [days[record.birthday] for record in records],
        provinces,
        cities,
        [carriers[record.phone[:width]] if record.phone else no_carrier for record in records],
        [languages[record.language] for record in records],
        [words[record.level] for record in records],
        [on.array for on in tags],
        [packing.json_object(record.attrs) if record.attrs else no_attrs for record in records],
        [tails[record.phone[-4:]] if record.phone else packing.NULL for record in records],
        guessed,
    ]


def _places(
    records: Sequence[ContactRecord], words: packing.Packed, unplaced: bytes
) -> tuple[list[bytes], list[bytes], list[bytes]]:
    """Province, city and whether they were guessed: read off the number where a record states neither."""
    provinces = [words[record.province] for record in records]
    cities = [words[record.city] for record in records]
    no, yes = packing.boolean(False), packing.boolean(True)
    guessed = [no] * len(records)
    known = regions.table()
    for at, record in enumerate(records):
        if record.province is None and record.city is None and record.phone:
            region = known.of(record.phone)
            if region is None:
                guessed[at] = unplaced
            else:
                provinces[at], cities[at], guessed[at] = words[region.province], words[region.city], yes
    return provinces, cities, guessed


@lru_cache(maxsize=1)
def _packed_tails(safe: Vault) -> packing.Packed:
    """The ten thousand last four digits there can be, by and by."""
    return packing.Packed(lambda tail: packing.integer(safe.tail_index(tail)))


def _tags_of(
    connection: Connection, prepared: Sequence[PreparedContact], source_tags: Sequence[str]
) -> dict[str, int]:
    names = chain.from_iterable({contact.record.tags for contact in prepared})
    kinds = dict.fromkeys(names, TagKind.MANUAL)
    kinds.update(dict.fromkeys(source_tags, TagKind.SOURCE))
    return tag_ids(connection, kinds)
