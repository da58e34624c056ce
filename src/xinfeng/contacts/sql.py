"""Bulk writing of contacts: set-based statements and COPY, all inside the caller's transaction.

Writers of contacts take their turn on the id series `contact`, so that between looking a number up and
inserting it nobody else can. Lock order: this series, then `locks.LEDGER`, then `locks.WIRE`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from xinfeng.contacts import copying
from xinfeng.contacts.events import append_events
from xinfeng.contacts.models import TagKind
from xinfeng.contacts.records import Change, ContactRecord, Upserted
from xinfeng.foundation.database import Connection
from xinfeng.foundation.ids import take_block
from xinfeng.foundation.vault import Kind, Vault, vault
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import carrier_by_prefix

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
  city, carrier, language, level, tags, attrs, joined_at, created_at, updated_at) from stdin"""

_COPY_FACTS = "copy tag_fact (contact_id, tag_id, added, at, actor, reason) from stdin"

_CREATE_STAGE = """\
create temp table if not exists staged_contact (
  id bigint, external_id text, phone_sealed bytea, phone_index bytea, name_sealed bytea, name_index bytea,
  gender smallint, birthday date, province text, city text, carrier smallint, language text, level text,
  tags int[], attrs jsonb, joined_at timestamptz
) on commit delete rows"""

_COPY_STAGE = """\
copy staged_contact (id, external_id, phone_sealed, phone_index, name_sealed, name_index, gender, birthday,
  province, city, carrier, language, level, tags, attrs, joined_at) from stdin"""

# Sealed bytes differ at every sealing, so "the same" is decided by the keyed hashes beside them.
_MERGE_STAGED = """\
with incoming as (
  select s.*, array(select t from unnest(s.tags) with ordinality as u(t, o)
                    where t <> all (c.tags) order by o) as missing
  from staged_contact s join contact c on c.id = s.id
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
  where c.id = i.id and (
    (coalesce(i.external_id, c.external_id), coalesce(i.phone_index, c.phone_index),
     coalesce(i.name_index, c.name_index), coalesce(i.gender, c.gender), coalesce(i.birthday, c.birthday),
     coalesce(i.province, c.province), coalesce(i.city, c.city), coalesce(i.language, c.language),
     coalesce(i.level, c.level), coalesce(i.joined_at, c.joined_at), c.attrs || i.attrs)
    is distinct from
    (c.external_id, c.phone_index, c.name_index, c.gender, c.birthday, c.province, c.city, c.language,
     c.level, c.joined_at, c.attrs)
    or i.missing <> '{}')
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
    if any(not record.phone and not record.external_id for record in records):
        raise InvalidInput("contact.unidentified")
    safe = vault()
    phones = [record.phone for record in records]
    names = [record.name for record in records]
    return list(
        map(
            PreparedContact,
            records,
            [safe.phone_index(phone) if phone else None for phone in phones],
            _seal(safe, Kind.PHONE, phones),
            [safe.index(name) if name else None for name in names],
            _seal(safe, Kind.NAME, names),
        )
    )


def _seal(safe: Vault, kind: Kind, texts: Sequence[str | None]) -> list[bytes | None]:
    sealed = iter(safe.seal_many(kind, [text for text in texts if text]))
    return [next(sealed) if text else None for text in texts]


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
    writer = _Writer(connection, tags, on_all, actor=actor, now=now, reason=reason)
    waiting, folded = _fold_repeats(prepared)
    results: dict[int, Upserted] = {}
    while waiting:
        waiting = writer.write_round(waiting, results)
    for at, (first, change) in folded.items():
        result = results[first]
        results[at] = result if result.contact_id is None else Upserted(result.contact_id, change)
    return [results[at] for at in range(len(prepared))]


@dataclass(slots=True)
class _Waiting:
    """A record and its place in the caller's order."""

    at: int
    contact: PreparedContact

    def keys(self) -> list[bytes | str]:
        phone, external = self.contact.phone_index, self.contact.record.external_id
        if phone is None:
            return [] if external is None else [external]
        return [phone] if external is None else [phone, external]


def _fold_repeats(
    prepared: Sequence[PreparedContact],
) -> tuple[list[_Waiting], dict[int, tuple[int, Change]]]:
    """Merge a record into the one right before it when both name the very same person.

    Only neighbours: whether a record further back may be overtaken depends on what is in the database. The
    second value says of each record that was merged: into which, and whether it added anything.
    """
    waiting: list[_Waiting] = []
    folded: dict[int, tuple[int, Change]] = {}
    before: list[bytes | str] = []
    for at, contact in enumerate(prepared):
        item = _Waiting(at, contact)
        keys = item.keys()
        if keys == before:
            earlier = waiting[-1]
            merged = _merge(earlier.contact, contact)
            folded[at] = earlier.at, "same" if merged.record == earlier.contact.record else "changed"
            earlier.contact = merged
        else:
            waiting.append(item)
            before = keys
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


class _Writer:
    """Writes rounds of records that have nothing to do with each other."""

    def __init__(
        self,
        connection: Connection,
        tags: Mapping[str, int],
        on_all: list[int],
        *,
        actor: str,
        now: datetime,
        reason: str,
    ) -> None:
        self._connection = connection
        self._tags = tags
        self._on_all = on_all
        self._combined: dict[tuple[str, ...], list[int]] = {(): on_all}
        self._actor, self._now, self._reason = actor, now, reason

    def write_round(self, waiting: list[_Waiting], results: dict[int, Upserted]) -> list[_Waiting]:
        """Write what can be written in any order; returns what must wait for it, still in order.

        Two records must keep their order if they share a phone or external id, or lead to the same contact.
        """
        first, later = _disjoint(waiting)
        by_phone = find_by_phone_indexes(
            self._connection,
            [item.contact.phone_index for item in first if item.contact.phone_index is not None],
        )
        by_external = find_by_external_ids(
            self._connection, [ext for item in first if (ext := item.contact.record.external_id) is not None]
        )
        new: list[_Waiting] = []
        known: list[tuple[int, _Waiting]] = []
        touched: set[int] = set()
        for item in first:
            index, external = item.contact.phone_index, item.contact.record.external_id
            one = by_phone.get(index) if index is not None else None
            other = by_external.get(external) if external is not None else None
            ids = [found for found in (one, other) if found is not None]
            if not ids:
                new.append(item)
            elif not touched.isdisjoint(ids):
                later.append(item)
            elif len(set(ids)) > 1:
                results[item.at] = Upserted(None, "conflict")
            else:
                known.append((ids[0], item))
            touched.update(ids)
        if new:
            self._insert(new, results)
        if known:
            self._update(known, results)
        later.sort(key=lambda item: item.at)
        return later

    def _tag_ids(self, record: ContactRecord) -> list[int]:
        names = record.tags
        known = self._combined.get(names)
        if known is None:
            known = list(dict.fromkeys((*self._on_all, *(self._tags[name] for name in names))))
            self._combined[names] = known
        return known

    def _insert(self, items: list[_Waiting], results: dict[int, Upserted]) -> None:
        first_id = take_block(self._connection, "contact", len(items))
        ids = range(first_id, first_id + len(items))
        now = str(self._now)
        contacts = [item.contact for item in items]
        tags = [self._tag_ids(contact.record) for contact in contacts]
        always = [now] * len(items)
        joined = [str(contact.record.joined_at or now) for contact in contacts]
        columns = _columns(contacts, tags, gender="0", language="zh-hans")
        with self._connection.cursor().copy(_COPY_NEW) as copy:
            copy.write(copying.lines(map(str, ids), *columns, joined, always, always))
        end = f"\tt\t{now}\t{copying.text(self._actor)}\t{copying.text(self._reason)}\n"
        ends = {tag: f"\t{tag}{end}" for of_one in tags for tag in of_one}
        facts = [
            f"{contact_id}{ends[tag]}" for contact_id, of_one in zip(ids, tags, strict=True) for tag in of_one
        ]
        if facts:
            with self._connection.cursor().copy(_COPY_FACTS) as copy:
                copy.write("".join(facts))
        for contact_id, item in zip(ids, items, strict=True):
            results[item.at] = Upserted(contact_id, "new")

    def _update(self, known: list[tuple[int, _Waiting]], results: dict[int, Upserted]) -> None:
        self._connection.execute(_CREATE_STAGE)
        self._connection.execute("truncate staged_contact")
        contacts = [item.contact for _, item in known]
        tags = [self._tag_ids(contact.record) for contact in contacts]
        columns = _columns(contacts, tags, gender=copying.NULL, language=copying.NULL)
        joined = [copying.plain(contact.record.joined_at) for contact in contacts]
        with self._connection.cursor().copy(_COPY_STAGE) as copy:
            copy.write(copying.lines([str(contact_id) for contact_id, _ in known], *columns, joined))
        given = {"now": self._now, "actor": self._actor, "reason": self._reason}
        changed = {row[0] for row in self._connection.execute(_MERGE_STAGED, given).fetchall()}
        for contact_id, item in known:
            results[item.at] = Upserted(contact_id, "changed" if contact_id in changed else "same")


def _disjoint(waiting: list[_Waiting]) -> tuple[list[_Waiting], list[_Waiting]]:
    """The records none of whose keys an earlier one has, and the others."""
    seen: set[bytes | str] = set()
    first: list[_Waiting] = []
    later: list[_Waiting] = []
    for item in waiting:
        keys = item.keys()
        (first if seen.isdisjoint(keys) else later).append(item)
        seen.update(keys)
    return first, later


def _columns(
    contacts: Sequence[PreparedContact], tags: Sequence[list[int]], *, gender: str, language: str
) -> list[list[str]]:
    """The columns from `external_id` to `attrs`, in the order of the COPY statements; `gender` and `language`
    stand in where a record states none."""
    records = [contact.record for contact in contacts]
    regions = copying.Spelt(copying.text)
    days = copying.Spelt(copying.plain)
    arrays = copying.Spelt(lambda of_one: copying.integers(of_one))
    return [
        copying.texts([record.external_id for record in records]),
        copying.octet_column([contact.phone_sealed for contact in contacts]),
        copying.octet_column([contact.phone_index for contact in contacts]),
        copying.octet_column([contact.name_sealed for contact in contacts]),
        copying.octet_column([contact.name_index for contact in contacts]),
        [gender if record.gender is None else str(int(record.gender)) for record in records],
        [days[record.birthday] for record in records],
        [regions[record.province] for record in records],
        [regions[record.city] for record in records],
        [str(int(carrier_by_prefix(record.phone))) if record.phone else "0" for record in records],
        [language if record.language is None else regions[record.language] for record in records],
        [regions[record.level] for record in records],
        [arrays[tuple(of_one)] for of_one in tags],
        [copying.json_object(record.attrs) if record.attrs else "{}" for record in records],
    ]


def _tags_of(
    connection: Connection, prepared: Sequence[PreparedContact], source_tags: Sequence[str]
) -> dict[str, int]:
    kinds: dict[str, TagKind] = {}
    for contact in prepared:
        for name in contact.record.tags:
            kinds.setdefault(name, TagKind.MANUAL)
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
        "select external_id, id from contact where external_id = any(%s)", (wanted,)
    ).fetchall()
    return dict(rows)
