"""A batch of events: whose they are is looked up in bulk, then they are appended in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from xinfeng.contacts.former_numbers import lost
from xinfeng.contacts.models import ContactState
from xinfeng.contacts.records import EventRecord
from xinfeng.contacts.sql import append_events, find_by_external_ids, find_by_phone_indexes
from xinfeng.foundation.database import Connection
from xinfeng.foundation.vault import vault
from xinfeng.integrations.ingest import tiers
from xinfeng.integrations.ingest.rows import (
    CLOCKS_MAY_DIFFER,
    EVENTS,
    KINDS,
    EventIn,
    Fault,
    Outcome,
    in_utc,
    sift,
)
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import parse_mainland

BIGGEST_PROPERTIES = 4096
"""Bytes of an event's properties as JSON."""


def take_events(connection: Connection, rows: Sequence[Any], *, source: str, now: datetime) -> list[Outcome]:
    """Append what is right and not known yet; an outcome for each row, in order. In the caller's transaction."""
    fit, faults = sift(EVENTS, rows)
    whose = _People(connection, [row for _, row in fit])
    latest = now + CLOCKS_MAY_DIFFER
    events: list[EventRecord] = []
    places: list[int] = []
    for at, row in fit:
        moment = in_utc(row["at"], latest=latest)
        if moment is None:
            faults[at] = Fault("time.out_of_range", "at")
            continue
        contact_id = whose.find(row)
        if isinstance(contact_id, Fault):
            faults[at] = contact_id
            continue
        properties = row.get("properties")
        if properties and len(to_json(properties)) > BIGGEST_PROPERTIES:
            faults[at] = Fault("event.properties_too_large", "properties", {"at_most": BIGGEST_PROPERTIES})
            continue
        places.append(at)
        events.append(
            EventRecord(
                contact_id,
                KINDS[row["kind"]],
                moment,
                source,
                row["id"],
                row.get("amount_fen"),
                row.get("item"),
                row.get("category"),
                properties or None,
            )
        )
    taken = append_events(connection, events, now=now)
    tiers.look_again(
        connection, {event.contact_id for event, is_new in zip(events, taken, strict=True) if is_new}, now=now
    )
    outcomes = [_SAME] * len(rows)
    for at, is_new in zip(places, taken, strict=True):
        if is_new:
            outcomes[at] = _NEW
    for at, fault in faults.items():
        outcomes[at] = Outcome("rejected", None, fault)
    return outcomes


_NEW, _SAME = Outcome("new"), Outcome("same")


class _People:
    """Who the rows of a batch are about, asked in three questions."""

    def __init__(self, connection: Connection, rows: Sequence[EventIn]) -> None:
        self._numbers: dict[str, str | None] = {}
        for text in {row["phone"] for row in rows if "phone" in row}:
            try:
                self._numbers[text] = parse_mainland(text)
            except InvalidInput:
                self._numbers[text] = None
        numbers = sorted({number for number in self._numbers.values() if number is not None})
        indexes = vault().phone_indexes(numbers)
        found = find_by_phone_indexes(connection, indexes)
        self._by_phone = {
            number: found[index] for number, index in zip(numbers, indexes, strict=True) if index in found
        }
        external = {row["external_id"] for row in rows if "external_id" in row}
        self._by_external = find_by_external_ids(connection, external)
        self._gone = self._lost(connection, rows, dict(zip(numbers, indexes, strict=True)))
        self._by_id = present(connection, {row["contact_id"] for row in rows if "contact_id" in row})

    def _lost(
        self, connection: Connection, rows: Sequence[EventIn], indexes: Mapping[str, bytes]
    ) -> set[tuple[str, int]]:
        """Numbers that had been somebody's whose external id still comes with them, and were found reassigned."""
        doubtful = {}
        for row in rows:
            if "phone" in row and "external_id" in row:
                number = self._numbers[row["phone"]]
                one = self._by_phone.get(number) if number is not None else None
                other = self._by_external.get(row["external_id"])
                if number is not None and one is not None and other is not None and one != other:
                    doubtful[indexes[number], other] = number
        return {(doubtful[pair], pair[1]) for pair in lost(connection, doubtful)}

    def find(self, row: EventIn) -> int | Fault:
        """The contact, or why there is none. Whatever a row says of the person must be of the same one."""
        found = set()
        other = self._by_external.get(row["external_id"]) if "external_id" in row else None
        if "external_id" in row:
            found.add(other)
        if "phone" in row:
            number = self._numbers[row["phone"]]
            if number is None:
                return Fault("phone.unreadable", "phone")
            if (number, other) not in self._gone:
                found.add(self._by_phone.get(number))
        if "contact_id" in row:
            found.add(self._by_id.get(row["contact_id"]))
        if not found:
            return Fault("contact.unidentified")
        if len(found) == 1:
            [contact_id] = found
            return Fault("event.contact_unknown") if contact_id is None else contact_id
        known = found - {None}
        return Fault("contact.conflict") if len(known) > 1 else next(iter(known))  # type: ignore[return-value]


def present(connection: Connection, ids: Iterable[int]) -> dict[int, int]:
    """Which of these contacts there are, each with the id of whoever speaks for her now."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = connection.execute(
        "select id, coalesce(merged_into, id) from contact where id = any(%s::bigint[]) and state <> %s",
        (wanted, int(ContactState.ERASED)),
    )
    return dict(rows.fetchall())
