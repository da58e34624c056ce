"""Scripts that write the ledger and derive standings. Performed sync or async, see `consent.script`; suppressions
have a room of their own, `consent.suppressing`.

Standing is derived from facts alone, in any order they were recorded: for a contact and a purpose let W be the
latest `at` of her withdrawals. A grant counts if there is no withdrawal, or if it is later than W and did not
come from a file. The latest grant that counts decides; else the latest withdrawal; else the latest grant. A grant
that would count but was given to a wording that is outdated (`Notice.outdated`) leaves the standing stale.

A "no" is the person's: it is written for every row that was merged with the one it was said to, so it also binds
messages that were planned for them.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from xinfeng.consent.barrier import silence_wire, take_ledger
from xinfeng.consent.ledger import ChainedEntry, NewEntry, chain
from xinfeng.consent.models import Purpose, Scope, SuppressionReason
from xinfeng.consent.script import Ask, Pour, Script
from xinfeng.contacts import copying, packing
from xinfeng.kernel.purposes import MESSAGE_PURPOSES

COPY_ENTRIES = """\
copy consent_entry (seq, recorded_at, contact_id, purpose, granted, at, source, notice_id, evidence, actor,
  prev_hash, hash) from stdin (format binary)"""

COPY_STANDINGS = """\
copy standing (contact_id, purpose, granted, entry_seq, since, source, suppressed) from stdin (format binary)"""

SUPPRESSIONS_OF = """\
select c.id, s.scope, s.reason from suppression s join contact c on c.phone_index = s.phone_index
where s.lifted_at is null and c.id between %(first)s and %(last)s and c.id = any(%(contacts)s::bigint[])"""

STRENGTH = (
    SuppressionReason.ERASED,
    SuppressionReason.COMPLAINT,
    SuppressionReason.OPT_OUT,
    SuppressionReason.REASSIGNED,
    SuppressionReason.CARRIER,
    SuppressionReason.MANUAL,
)
"""Strongest first. One suppression is in force per number and scope; a stronger reason takes its place, so that
lifting what staff had blocked by hand never lifts what the person herself had said, and answering "T" after a
complaint doesn't make of it something that a sign-up form lifts, or that is asked about again after a while."""

STRENGTH_LIST = ", ".join(f"'{reason.value}'" for reason in STRENGTH)

_SUPPRESSED_BY = f"""
  (select s.reason from contact c join suppression s on s.phone_index = c.phone_index and s.lifted_at is null
   where c.id = d.contact_id and d.purpose in ('marketing', 'service') and (s.scope = 'all' or s.scope = d.purpose)
   order by array_position(array[{STRENGTH_LIST}], s.reason::text) limit 1)"""  # noqa: S608

_DERIVE = """
decided as (
  select distinct on (e.contact_id, e.purpose)
    e.contact_id, e.purpose, e.counts and not e.outdated as granted, e.counts and e.outdated as stale,
    e.seq, e.at, e.source
  from (
    select e.*, e.granted and (e.said_no is null or (e.at > e.said_no and e.source not like 'import:%%')) as counts
    from (
      select e.contact_id, e.purpose, e.granted, e.seq, e.at, e.source,
        (e.notice_id in (select id from notice where notice.outdated)) is true as outdated,
        max(e.at) filter (where not e.granted) over (partition by e.contact_id, e.purpose) as said_no
      from entries e
    ) e
  ) e
  order by e.contact_id, e.purpose, e.counts and not e.outdated desc, e.counts desc, e.granted, e.at desc, e.seq desc
)"""

_PUT_STANDING = """
insert into standing as old (contact_id, purpose, granted, entry_seq, since, source, suppressed, stale)
select contact_id, purpose, granted, seq, at, source, suppressed, stale from derived
on conflict (contact_id, purpose) do update set
  granted = excluded.granted, entry_seq = excluded.entry_seq, since = excluded.since,
  source = excluded.source, suppressed = excluded.suppressed, stale = excluded.stale
where (old.granted, old.entry_seq, old.since, old.source, old.suppressed, old.stale) is distinct from
  (excluded.granted, excluded.entry_seq, excluded.since, excluded.source, excluded.suppressed, excluded.stale)"""

# Contacts that had no standing: what was just appended is all there is about them.
STAND_FROM_NEW_ENTRIES = f"""\
with entries as (
  select contact_id, purpose, granted, seq, at, source, notice_id from consent_entry
  where recorded_at = %(recorded_at)s and seq between %(first)s and %(last)s and contact_id = any(%(contacts)s::bigint[])
), {_DERIVE}, derived as (
  select d.*, {_SUPPRESSED_BY} as suppressed from decided d
){_PUT_STANDING}"""  # noqa: S608

# Rows are kept, emptied, where nothing is left to say: the lens learns of changes, not of disappearances.
REFRESH_STANDING = f"""\
with wanted as (
  select distinct unnest(%(contacts)s::bigint[]) as contact_id
), entries as (
  select e.contact_id, e.purpose, e.granted, e.seq, e.at, e.source, e.notice_id
  from wanted w join consent_entry e using (contact_id)
), {_DERIVE}, pairs as (
  select w.contact_id, p.purpose from wanted w cross join unnest(array['marketing', 'service']) as p(purpose)
  union all select k.contact_id, k.purpose from decided k where k.purpose not in ('marketing', 'service')
), derived as (
  select d.contact_id, d.purpose, coalesce(k.granted, false) as granted, k.seq, k.at, coalesce(k.source, '') as source,
    d.suppressed, coalesce(k.stale, false) as stale
  from (select d.contact_id, d.purpose, {_SUPPRESSED_BY} as suppressed from pairs d) d
  left join decided k using (contact_id, purpose)
  left join standing s using (contact_id, purpose)
  where k.seq is not null or d.suppressed is not null or s.contact_id is not null
){_PUT_STANDING}"""  # noqa: S608

HAVE_STANDING = "select distinct contact_id from standing where contact_id = any(%s::bigint[])"

OUTDATED = "select id from notice where outdated"

# Everybody who is the same person as one of these, but for themselves.
SAME_PERSON = """\
with named as (
  select id, coalesce(merged_into, id) as speaker from contact where id = any(%s::bigint[])
)
select named.id, c.id from named join contact c on c.merged_into = named.speaker where c.id <> named.id
union
select id, speaker from named where speaker <> id"""


def append(entries: Sequence[NewEntry], *, now: datetime, newborn: Collection[int] = ()) -> Script[list[int]]:
    """`record`, and `silence` if one of them is a withdrawal: commit at once."""
    seqs = yield from record(entries, now=now, newborn=newborn)
    yield from silence(entries)
    return seqs


def silence(entries: Sequence[NewEntry]) -> Script[None]:
    """The last thing before the commit of what `record` wrote: the barrier, where somebody said no."""
    if not all(entry.granted for entry in entries):
        yield from silence_wire()


def record(entries: Sequence[NewEntry], *, now: datetime, newborn: Collection[int] = ()) -> Script[list[int]]:
    """Chain and append entries and bring the standing of their contacts up to date; returns their numbers.

    `newborn`: contacts that the caller's own transaction has made, so that nobody can have said anything about
    them. The caller goes on to `silence` or `bar` before it commits.
    """
    if not entries:
        return []
    yield from take_ledger()
    asked_for = len(entries)
    entries = [*entries, *(yield from _said_of_the_same_person(entries))]
    times_named = Counter([entry.contact_id for entry in entries])
    [[head_seq, head_hash]] = yield Ask("select seq, hash from ledger_head where id = 1")
    chained = chain(entries, after_seq=head_seq, after_hash=bytes(head_hash), recorded_at=now)
    yield Pour(COPY_ENTRIES, copy_rows(chained, recorded_at=now))
    last = chained[-1]
    yield Ask("update ledger_head set seq = %s, hash = %s where id = 1", (last.seq, last.hash))
    known = yield from _with_standing([one for one in times_named if one not in newborn])
    fresh = times_named.keys() - known
    outdated = yield from _outdated(entries)
    several = {contact_id for contact_id in fresh if times_named[contact_id] > 1}
    if outdated:
        several |= {one.contact_id for one in entries if one.notice_id in outdated} & fresh
    yield from _stand_first(
        [one for one in chained if one.entry.contact_id in fresh and one.entry.contact_id not in several]
    )
    if several:
        span = {
            "recorded_at": now,
            "first": head_seq + 1,
            "last": last.seq,
            "contacts": copying.integers(sorted(several)),
        }
        yield Ask(STAND_FROM_NEW_ENTRIES, span)
    if known:
        yield from _refresh(sorted(known))
    return [one.seq for one in chained[:asked_for]]


def _said_of_the_same_person(entries: Sequence[NewEntry]) -> Script[list[NewEntry]]:
    """The same "no" for the rows that are merged with those it is about, where it isn't among the entries itself."""
    said_no = [entry for entry in entries if not entry.granted]
    if not said_no:
        return []
    rows = yield Ask(SAME_PERSON, (copying.integers({entry.contact_id for entry in said_no}),))
    others: dict[int, list[int]] = {}
    for contact_id, other in rows:
        others.setdefault(contact_id, []).append(other)
    same = (
        entry._replace(contact_id=other) for entry in said_no for other in others.get(entry.contact_id, ())
    )
    return [entry for entry in dict.fromkeys(same) if entry not in said_no] if others else []


def _outdated(entries: Sequence[NewEntry]) -> Script[set[int]]:
    """Those of the wordings named here that no longer stand."""
    named = {entry.notice_id for entry in entries} - {None}
    if not named:
        return set()
    rows = yield Ask(OUTDATED)
    return {row[0] for row in rows if row[0] in named}


def _with_standing(contact_ids: Sequence[int]) -> Script[set[int]]:
    if not contact_ids:
        return set()
    rows = yield Ask(HAVE_STANDING, (copying.integers(contact_ids),))
    return {row[0] for row in rows}


def _stand_first(firsts: Sequence[ChainedEntry]) -> Script[None]:
    """Standing of contacts about whom a single entry is all that was ever said: it is that entry's word."""
    if not firsts:
        return
    ids = [one.entry.contact_id for one in firsts]
    span = {"first": min(ids), "last": max(ids), "contacts": copying.integers(ids)}
    suppressed: dict[tuple[int, str], str] = {}
    for contact_id, scope, reason in (yield Ask(SUPPRESSIONS_OF, span)):
        for purpose in purposes_of(scope):
            place = contact_id, purpose
            suppressed[place] = min(suppressed.get(place, reason), reason, key=STRENGTH.index)
    yield Pour(COPY_STANDINGS, standing_rows(firsts, suppressed))


def refresh(contact_ids: Sequence[int]) -> Script[None]:
    """Derive the standing of these contacts from the facts."""
    if contact_ids:
        yield from take_ledger()
        yield from _refresh(contact_ids)


def _refresh(contact_ids: Sequence[int]) -> Script[None]:
    yield Ask(REFRESH_STANDING, {"contacts": copying.integers(contact_ids)})


def purposes_of(scope: Scope) -> tuple[str, ...]:
    """What a suppression of this scope forbids."""
    return MESSAGE_PURPOSES if scope == Scope.ALL else (Purpose.MARKETING.value,)


_entry_begin = struct.Struct("!hiqiqiq").pack
_entry_end = struct.Struct("!i32si32s").pack
_entry_at = struct.Struct("!iq").pack
_standing_begin = struct.Struct("!hiq").pack
_standing_entry = struct.Struct("!iqiq").pack


def copy_rows(chained: Sequence[ChainedEntry], *, recorded_at: datetime) -> bytes:
    """Entries in the format of COPY_ENTRIES."""
    recorded = int.from_bytes(packing.moment(recorded_at)[4:], "big", signed=True)
    before = packing.Packed(lambda said: packing.text(said[0]) + packing.boolean(said[1]))
    behind = packing.Packed(_pack_words)
    rows: list[bytes] = []
    for seq, entry, at_us, prev_hash, hash_ in chained:
        contact_id, purpose, granted, _, source, notice_id, evidence, actor = entry
        rows += (
            _entry_begin(12, 8, seq, 8, recorded, 8, contact_id),
            before[purpose, granted],
            _entry_at(8, at_us - packing.EPOCH_US),
            behind[source, notice_id, evidence, actor],
            _entry_end(32, prev_hash, 32, hash_),
        )
    return packing.whole_rows(rows)


def _pack_words(said: tuple[str, int | None, str, str]) -> bytes:
    source, notice_id, evidence, actor = said
    return packing.text(source) + packing.bigint(notice_id) + packing.text(evidence) + packing.text(actor)


def standing_rows(firsts: Sequence[ChainedEntry], suppressed: Mapping[tuple[int, str], str]) -> bytes:
    """The standing that these entries amount to, in the format of COPY_STANDINGS."""
    words = packing.Packed(packing.text)
    words[None] = packing.NULL
    rows: list[bytes] = []
    for seq, entry, at_us, _, _ in firsts:
        contact_id, purpose, granted, _, source, _, _, _ = entry
        rows += (
            _standing_begin(7, 8, contact_id),
            words[purpose],
            packing.boolean(granted),
            _standing_entry(8, seq, 8, at_us - packing.EPOCH_US),
            words[source],
            words[suppressed.get((contact_id, purpose))],
        )
    return packing.whole_rows(rows)
