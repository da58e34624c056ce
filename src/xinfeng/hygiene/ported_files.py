"""Who serves ported numbers now, from a file: what a number portability database, a vendor or the carriers give out.

The file names numbers; only those of contacts are looked at and nothing of the others is kept (law 7). A row says who
serves the number now; "none" (无) that it is back with the carrier of its range. What was learned since the file was drawn up
(a lookup, a person, a receipt) is known better and stays. Consent is a person's: it does not change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

from xinfeng.contacts import prefixes
from xinfeng.contacts.finding import look_up_numbers
from xinfeng.contacts.number_files import RowFaults, rows
from xinfeng.foundation import audit
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.vault import vault
from xinfeng.hygiene import carriers, sql
from xinfeng.hygiene.models import Source
from xinfeng.hygiene.sql import Fact
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import Carrier, parse_mainland
from xinfeng.kernel.prefixes import LONGEST_SOURCE

COLUMNS = {
    "number": ("number", "phone", "mobile", "msisdn", "手机号", "号码", "手机", "手机号码"),
    "carrier": ("carrier", "运营商", "现运营商", "现在的运营商", "当前运营商", "转入运营商", "携入运营商"),
}
MOST_ROWS = 2_000_000
STEP = 5_000


@dataclass(frozen=True, slots=True)
class TakenIn:
    """`rows` of the file, of them about `contacts`; `changed` of these, and `newer`: left, as more is known since."""

    rows: int
    contacts: int
    changed: int
    newer: int


Tell = Callable[[int, TakenIn], None]
"""Hears, in the transaction of each step, how many rows are done and what came of them; `rows` is of the whole file."""


def _not_told(_: int, __: TakenIn) -> None:
    return


def check_terms(*, drawn_up: date, source: str, now: datetime) -> str:
    """The source on one line. Raises InvalidInput `ported.source`, `ported.future`, `ported.too_old` (days)."""
    said = " ".join(source.split())
    if not said or len(said) > LONGEST_SOURCE or not said.isprintable():
        raise InvalidInput("ported.source", longest=LONGEST_SOURCE)
    zone = xinfeng_settings.load().zone
    today = now.astimezone(zone).date()
    if drawn_up > today:
        raise InvalidInput("ported.future", day=drawn_up.isoformat(), today=today.isoformat())
    if drawn_up <= today - timedelta(days=carriers.believed_days()):
        raise InvalidInput("ported.too_old", day=drawn_up.isoformat(), days=carriers.believed_days())
    return said


def take_in(
    path: Path,
    *,
    drawn_up: date,
    source: str,
    actor: str,
    now: datetime,
    begun: tuple[int, TakenIn] = (0, TakenIn(0, 0, 0, 0)),
    tell: Tell = _not_told,
) -> TakenIn:
    """Read the whole file, then take it in, in steps; what was done stays when it is cut short, and again changes nothing.

    `begun`: what `tell` heard last, to go on from there with the same file. Raises InvalidInput `ported.rows`
    (`contacts.number_files.faults_of`), `ported.unreadable`, `ported.empty`, `ported.too_large`, `ported.too_many`,
    and what `check_terms` raises.
    """
    said = check_terms(drawn_up=drawn_up, source=source, now=now)
    zone = xinfeng_settings.load().zone
    at = min(datetime.combine(drawn_up, time(12), zone), now)
    served = _read(path)
    done, (_, found, changed, newer) = begun[0], astuple(begun[1])
    waiting = islice(served.items(), done, None)
    while some := dict(islice(waiting, STEP)):
        with bulk_transaction() as connection:
            counts = _take_some(connection, some, source=said, actor=actor, at=at, now=now)
            found, changed, newer = found + counts[0], changed + counts[1], newer + counts[2]
            done += len(some)
            tell(done, TakenIn(len(served), found, changed, newer))
    audit.record(
        actor=actor,
        action="number.ported_file",
        kind="setting",
        subject=carriers.KEY,
        drawn_up=drawn_up.isoformat(),
        source=said,
        rows=len(served),
        contacts=found,
        changed=changed,
        newer=newer,
    )
    return TakenIn(len(served), found, changed, newer)


def _read(path: Path) -> dict[str, Carrier]:
    faults = RowFaults()
    found: dict[str, Carrier] = {}
    for line, cells in rows(path, COLUMNS, optional=frozenset(), code="ported"):
        if cells is None:
            faults.add(line, "columns")
            continue
        carrier = prefixes.carrier_named(cells["carrier"])
        try:
            number = parse_mainland(cells["number"])
        except InvalidInput:
            faults.add(line, "number")  # what stands there may be somebody's number: it is not shown
            continue
        if carrier is None:
            faults.add(line, "carrier", cells["carrier"] if _tells_nobody(cells["carrier"]) else "")
        elif found.setdefault(number, carrier) is not carrier:
            faults.add(line, "twice")
        if len(found) > MOST_ROWS:
            raise InvalidInput("ported.too_many", at_most=MOST_ROWS)
    if faults.count:
        faults.refuse("ported.rows")
    if not found:
        raise InvalidInput("ported.empty")
    return found


def _tells_nobody(cell: str) -> bool:
    """Whether a cell may be shown: it is no number that came into the wrong column."""
    return sum(sign.isdigit() for sign in cell) < 7


def _take_some(
    connection: Connection,
    served: Mapping[str, Carrier],
    *,
    source: str,
    actor: str,
    at: datetime,
    now: datetime,
) -> tuple[int, int, int]:
    by_index: dict[bytes, tuple[str, Carrier]] = {
        vault().phone_index(number): (number, carrier) for number, carrier in served.items()
    }
    found, _merged = look_up_numbers(connection, list(by_index))
    sql.take_turn(connection)
    numbers = {  # a number of a row that was merged leads to somebody whose own it need not be
        contact_id: number
        for contact_id, number in sql.numbers_of(connection, found.values()).items()
        if number.phone_index in by_index
    }
    of_contact = {contact_id: by_index[number.phone_index] for contact_id, number in numbers.items()}
    learned_at: dict[int, datetime] = dict(
        connection.execute(
            "select contact_id, carrier_at from number_state where contact_id = any(%s) and carrier_at is not null",
            (list(of_contact),),
        ).fetchall()
    )
    table = prefixes.table()
    changed, facts, newer = {}, [], 0
    carrier_of: dict[int, int] = {}
    for contact_id, number in numbers.items():
        bare, carrier = of_contact[contact_id]
        given = table.carrier_of(bare)
        ported = carrier is not Carrier.UNKNOWN and carrier is not given
        after = number.known._replace(ported=ported, carrier_now=int(carrier) if ported else 0)
        if after == number.known:
            continue
        if learned_at.get(contact_id, at) > at or (number.since is not None and number.since > at):
            newer += 1
            continue
        changed[contact_id] = (number.phone_index, after)
        carrier_of[contact_id] = int(carrier if ported else given)
        facts.append(
            Fact(
                contact_id,
                number.phone_index,
                Source.IMPORT.value,
                source[:60],
                carrier.name.lower(),
                int(after.state),
                after.quarantined,
                at,
                actor,
                "ported" if ported else "",
            )
        )
    sql.put(connection, changed)
    sql.append_facts(connection, facts)
    connection.execute(  # as old as the file: `carriers.forget_old` counts from there
        "update number_state set carrier_at = %s where contact_id = any(%s) and carrier_at is not null",
        (at, list(changed)),
    )
    connection.execute(
        "update contact c set carrier = w.carrier, updated_at = %s"
        " from unnest(%s::bigint[], %s::smallint[]) as w (id, carrier) where c.id = w.id and c.carrier <> w.carrier",
        (now, list(carrier_of), list(carrier_of.values())),
    )
    return len(numbers), len(changed), newer
