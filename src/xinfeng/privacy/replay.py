"""Carrying the journal of erasures out again: at every start, because the database may have come from a backup.

One set-based look finds who is there again, by id and time of making, and whose number lacks its suppression. Whoever
signed up anew after the erasure has a row of her own, made later, and is left alone; so is a suppression that her own
later consent has lifted.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.privacy import journal
from xinfeng.privacy.journal import Fault, Journal, Line
from xinfeng.privacy.models import Erasure

log = logging.getLogger(__name__)

ACTOR = "system:journal"

_TABLES = """\
create temp table journalled (seq bigint, at timestamptz, contact_id bigint, made_at timestamptz) on commit drop;
create temp table journalled_phone (seq bigint, phone_index bytea) on commit drop"""

_BACK = """\
select j.seq, c.id from journalled j join contact c on c.id = j.contact_id
where c.state <> 2 and c.created_at <= j.at and (
  c.created_at = j.made_at
  or exists (select from journalled_phone p where p.seq = j.seq and p.phone_index = c.phone_index))
order by j.seq, c.id"""

_UNSUPPRESSED = """\
select distinct p.phone_index from journalled_phone p
where not exists (select from suppression s where s.phone_index = p.phone_index and s.reason = 'erased')"""

_STEP = 1_000


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay found: lines in the journal, people erased again, numbers suppressed again, and what is wrong."""

    lines: int
    people: int
    numbers: int
    faults: tuple[Fault, ...]


def replay(*, now: datetime, actor: str = ACTOR) -> Replayed:
    """Carry out every line that the database doesn't know of. Does nothing where all is as it should be."""
    read = journal.read()
    faults = (*read.faults, *_against_database(read))
    for fault in faults:
        log.error("the journal of erasures is damaged", extra={"fault": fault.code, "line": fault.line})
    if not read.lines:
        return Replayed(0, 0, 0, faults)
    back, numbers = _look(read.lines)
    if not back and not numbers:
        return Replayed(len(read.lines), 0, 0, faults)
    # It brings the lens with it, which takes longer to load than most commands to run.
    from xinfeng.privacy.erasing import erase_again, suppress

    by_seq = {line.seq: line for line in read.lines}
    people = 0
    for seq, ids in back.items():
        people += erase_again(by_seq[seq], ids, actor=actor, now=now) is not None
    for start in range(0, len(numbers), _STEP):
        suppress(numbers[start : start + _STEP], source="journal:erasure", actor=actor, now=now)
    if people or numbers:
        log.warning(
            "a backup had brought people back who were erased; they are erased again",
            extra={"people": people, "numbers": len(numbers)},
        )
    return Replayed(len(read.lines), people, len(numbers), faults)


def check() -> tuple[Fault, ...]:
    """What is wrong with the journal; empty when it is whole."""
    read = journal.read()
    return (*read.faults, *_against_database(read))


def _against_database(read: Journal) -> tuple[Fault, ...]:
    """The last erasure that the database knows of must be in the journal."""
    last = Erasure.objects.order_by("-journal_seq").values_list("journal_seq", "journal_mac").first()
    if last is None:
        return ()
    if not journal.path().exists():
        return (Fault("missing"),)
    seq, mac = last
    known = {line.seq: line.mac for line in read.lines if line.seq >= seq}
    if seq not in known and not read.faults:
        return (Fault("cut"),)
    if seq in known and known[seq] != bytes(mac):
        return (Fault("changed"),)
    return ()


def _look(lines: tuple[Line, ...]) -> tuple[dict[int, list[int]], list[bytes]]:
    """Who is back, by line, and the numbers without their suppression."""
    with bulk_transaction() as connection:
        connection.execute(_TABLES)
        _pour(connection, lines)
        back: dict[int, list[int]] = defaultdict(list)
        for seq, contact_id in connection.execute(_BACK).fetchall():
            back[seq].append(contact_id)
        numbers = [bytes(row[0]) for row in connection.execute(_UNSUPPRESSED).fetchall()]
        connection.execute("drop table journalled, journalled_phone")
    return back, numbers


def _pour(connection: Connection, lines: tuple[Line, ...]) -> None:
    with connection.cursor().copy("copy journalled (seq, at, contact_id, made_at) from stdin") as copy:
        for line in lines:
            for person in line.people:
                copy.write_row((line.seq, line.at, person.contact_id, person.made_at))
    with connection.cursor().copy("copy journalled_phone (seq, phone_index) from stdin") as copy:
        for line in lines:
            for phone in line.phones:
                copy.write_row((line.seq, phone))
    connection.execute("analyze journalled; analyze journalled_phone")
