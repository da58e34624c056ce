"""Consent of people whose rows became one, or two again: the stricter side wins, and a "no" is never lost.

After a merge one row speaks for the person. Where any row, or any of her numbers, said no, the speaker gets a
withdrawal; where only a row that is no longer spoken to had agreed and nobody contradicts, its grant is written for
the speaker too. Undoing a merge leaves two people, and both keep the "no"; a grant that one of them had only from
the other is taken back, because it turned out to be somebody else's word.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from xinfeng.consent import sql
from xinfeng.consent.barrier import take_ledger
from xinfeng.consent.ledger import NewEntry
from xinfeng.consent.models import Scope
from xinfeng.consent.script import perform
from xinfeng.contacts import copying
from xinfeng.contacts.models import ContactState
from xinfeng.contacts.tiers import recompute_tiers_of
from xinfeng.foundation.database import Connection

SOURCE = "merge"
_TAKEN_OVER = "merge: entry {seq} of contact {contact}: {evidence}"
_is_taken_over = re.compile(r"merge: entry \d+ of contact (\d+): ").match

_STANDINGS = """\
select s.contact_id, s.purpose, s.granted, s.stale, s.entry_seq, e.at, e.source, e.notice_id, e.evidence
from standing s join consent_entry e on e.seq = s.entry_seq and e.contact_id = s.contact_id
where s.contact_id = any(%s::bigint[])"""

_REFUSING_NUMBERS = """\
select distinct s.scope from contact c join suppression s on s.phone_index = c.phone_index
where c.id = any(%s::bigint[]) and s.lifted_at is null and s.reason in ('opt_out', 'complaint')"""


@dataclass(frozen=True, slots=True)
class _Word:
    """What one row's standing rests on."""

    contact_id: int
    granted: bool
    stale: bool
    seq: int
    at: datetime
    source: str
    notice_id: int | None
    evidence: str

    @property
    def is_no(self) -> bool:
        return not self.granted and not self.stale

    @property
    def taken_from(self) -> int | None:
        """The contact whose grant this is a copy of."""
        found = _is_taken_over(self.evidence)
        return int(found[1]) if found else None


def reconcile_merge(connection: Connection, ids: Sequence[int], *, actor: str, now: datetime) -> None:
    """Make one of what the rows `ids` said, after they were merged (the survivor first) or parted again.

    In the caller's transaction, which already holds the rows' new state; commit soon after. Standing follows.
    """
    perform(connection, take_ledger())
    speakers = _speakers(connection, ids)
    words = _words(connection, ids)
    refused = _refused(connection, ids)
    belongs_to = _belong_to(connection, ids)
    entries: list[NewEntry] = []
    for purpose in sorted(words.keys() | refused):
        said = words.get(purpose, {})
        if purpose in refused or any(word.is_no for word in said.values()):
            who = [
                one
                for one in ids
                if not (one in said and said[one].is_no) and (one in said or one in speakers)
            ]
            reason = "number refused" if purpose in refused else _whose_no(said)
            entries += [_no(one, purpose, reason, actor=actor, now=now) for one in who]
        elif len(speakers) == 1:
            entries += _take_over(purpose, said, speakers[0], actor=actor)
        else:
            entries += _give_back(purpose, said, speakers, belongs_to, actor=actor, now=now)
    perform(connection, sql.record(list(dict.fromkeys(entries)), now=now))
    perform(connection, sql.refresh(list(ids)))
    recompute_tiers_of(connection, ids, now=now)  # one of them may have said no to profiling
    perform(connection, sql.silence(entries))


def _no(contact_id: int, purpose: str, reason: str, *, actor: str, now: datetime) -> NewEntry:
    return NewEntry(contact_id, purpose, False, now, SOURCE, None, f"merge: {reason}", actor)


def _whose_no(said: Mapping[int, _Word]) -> str:
    word = next(word for word in said.values() if word.is_no)
    return f"withdrawn by entry {word.seq} of contact {word.contact_id}"


def _take_over(purpose: str, said: Mapping[int, _Word], speaker: int, *, actor: str) -> list[NewEntry]:
    """The latest grant of a row that is no longer spoken to, where the speaker has none of her own."""
    if speaker in said and said[speaker].granted:
        return []
    granted = [word for word in said.values() if word.granted and word.contact_id != speaker]
    if not granted:
        return []
    word = max(granted, key=lambda one: (one.at, one.seq))
    evidence = word.evidence
    if word.taken_from is None:
        evidence = _TAKEN_OVER.format(seq=word.seq, contact=word.contact_id, evidence=evidence)[:500]
    return [NewEntry(speaker, purpose, True, word.at, word.source, word.notice_id, evidence, actor)]


def _give_back(
    purpose: str,
    said: Mapping[int, _Word],
    speakers: Sequence[int],
    belongs_to: Mapping[int, int],
    *,
    actor: str,
    now: datetime,
) -> list[NewEntry]:
    """A withdrawal for whoever stands granted by a word that another of these people gave, under whichever row."""
    return [
        _no(one, purpose, f"parted from contact {word.taken_from}", actor=actor, now=now)
        for one in speakers
        if (word := said.get(one)) is not None
        and word.granted
        and word.taken_from is not None
        and belongs_to.get(word.taken_from, one) != one
    ]


def _belong_to(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    """Who speaks now for each of the rows."""
    rows = connection.execute(
        "select id, coalesce(merged_into, id) from contact where id = any(%s::bigint[])",
        (copying.integers(ids),),
    ).fetchall()
    return dict(rows)


def _speakers(connection: Connection, ids: Sequence[int]) -> list[int]:
    """Those of the rows that speak for somebody now, in their order."""
    rows = connection.execute(
        "select id from contact where id = any(%s::bigint[]) and state = %s",
        (copying.integers(ids), ContactState.ALIVE.value),
    ).fetchall()
    alive = {row[0] for row in rows}
    return [one for one in ids if one in alive]


def _words(connection: Connection, ids: Sequence[int]) -> dict[str, dict[int, _Word]]:
    found: dict[str, dict[int, _Word]] = defaultdict(dict)
    for contact_id, purpose, *rest in connection.execute(_STANDINGS, (copying.integers(ids),)).fetchall():
        found[purpose][contact_id] = _Word(contact_id, *rest)
    return found


def _refused(connection: Connection, ids: Sequence[int]) -> set[str]:
    """Purposes for which one of the rows' numbers carries its owner's no."""
    rows = connection.execute(_REFUSING_NUMBERS, (copying.integers(ids),)).fetchall()
    return {purpose for [scope] in rows for purpose in sql.purposes_of(Scope(scope))}
