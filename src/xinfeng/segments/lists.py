"""Uploaded lists (feature B3): rows that name people by number or external id become the members of a segment.

Rows come from a door that read a file; they are matched set by set. A row that leads to nobody is kept, sealed, so
that it can be downloaded and corrected; nobody is added to the database by this.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from django.db import transaction

from xinfeng.contacts.finding import find_by_external_ids, find_by_phone_indexes
from xinfeng.foundation import audit
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import parse_mainland
from xinfeng.segments.models import ListMiss, Segment, SegmentKind
from xinfeng.segments.saving import add_members, insert_segment

STEP = 10_000
KEPT = timedelta(days=30)
"""How long rows that led to nobody are kept."""
LONGEST_CELL = 200
_ACTS = ("=", "+", "-", "@", "\t", "\r")


class Miss(StrEnum):
    """Why a row led to nobody."""

    EMPTY = "empty"
    UNKNOWN = "unknown"
    UNREADABLE = "unreadable"


class Named(NamedTuple):
    """A row that names somebody: its line, a number or external id (or both), empty where there is none.
    `unreadable`: the file could not be read there."""

    line: int
    phone: str = ""
    external_id: str = ""
    unreadable: bool = False


@dataclass(frozen=True)
class Uploaded:
    """The new segment; `rows` read, `members` found (each once), `missed` rows that led to nobody."""

    segment: Segment
    rows: int
    members: int
    missed: int


def create_list_from(
    rows: Iterable[Named], *, name: str, actor: str, description: str = "", at_most: int | None = None
) -> Uploaded:
    """Save a list of the people that the rows name, in one transaction.

    Raises InvalidInput `segment.list_too_long` (at_most), `segment.list_empty` when there are no rows,
    `segment.bad_name`, Conflict `segment.name_taken`.
    """
    source = iter(rows)
    members: set[int] = set()
    count = missed = 0
    with transaction.atomic():
        segment = insert_segment(name, description, actor, kind=SegmentKind.LIST, rule=None)
        while batch := list(islice(source, STEP)):
            count += len(batch)
            if at_most is not None and count > at_most:
                raise InvalidInput("segment.list_too_long", at_most=at_most)
            with bulk_transaction() as connection:
                found, misses = _match(connection, batch)
                _keep(connection, segment.pk, misses)
            members.update(found)
            missed += len(misses)
        if not count:
            raise InvalidInput("segment.list_empty")
        add_members(segment.pk, sorted(members))
        audit.record(
            actor=actor,
            action="segment.upload",
            kind="segment",
            subject=segment.pk,
            rows=count,
            size=len(members),
            missed=missed,
        )
    return Uploaded(segment, count, len(members), missed)


def _match(connection: Connection, batch: list[Named]) -> tuple[set[int], list[tuple[Named, Miss]]]:
    indexes = {row.line: index for row in batch if (index := _index(row.phone)) is not None}
    by_phone = find_by_phone_indexes(connection, set(indexes.values()))
    ids = {cell for row in batch for cell in (row.external_id, row.phone) if 0 < len(cell) <= LONGEST_CELL}
    by_id = find_by_external_ids(connection, sorted(each for each in ids if "\0" not in each))
    found: set[int] = set()
    misses: list[tuple[Named, Miss]] = []
    for row in batch:
        index = indexes.get(row.line)
        hit = by_phone.get(index) if index is not None else None
        hit = hit or by_id.get(row.external_id) or by_id.get(row.phone)
        if hit is not None:
            found.add(hit)
        elif row.unreadable:
            misses.append((row, Miss.UNREADABLE))
        else:
            misses.append((row, Miss.UNKNOWN if row.phone or row.external_id else Miss.EMPTY))
    return found, misses


def _index(cell: str) -> bytes | None:
    try:
        return bytes(vault().phone_index(parse_mainland(cell)))
    except InvalidInput:
        return None


def _keep(connection: Connection, segment_id: int, misses: list[tuple[Named, Miss]]) -> None:
    texts = [
        json.dumps([row.phone[:LONGEST_CELL], row.external_id[:LONGEST_CELL]], ensure_ascii=False)
        for row, _ in misses
    ]
    sealed = vault().seal_many(Kind.ROW, texts)
    with (
        connection.cursor() as cursor,
        cursor.copy("copy segment_list_miss (segment_id, line, reason, row_sealed) from stdin") as rows,
    ):
        for (row, why), sealed_row in zip(misses, sealed, strict=True):
            rows.write_row((segment_id, row.line, why.value, sealed_row))


def misses_of(segment_id: int) -> int:
    """How many rows of an uploaded list led to nobody, as far as they are still kept."""
    return ListMiss.objects.filter(segment=segment_id).count()


WORDS = {
    Miss.EMPTY: ("没有号码，也没有会员号", "neither a number nor a member id"),
    Miss.UNKNOWN: ("客户库里没有这个人", "nobody in the database"),
    Miss.UNREADABLE: ("这一行读不出来", "the row could not be read"),
}


def misses_csv(segment_id: int, *, language: str) -> Iterator[bytes]:
    """The rows that led to nobody as CSV in UTF-8 with BOM, safe for spreadsheets, to be corrected and uploaded
    again. Holds personal data: the door audits the download."""
    english = language.startswith("en")
    buffer = io.StringIO()
    write = csv.writer(buffer).writerow
    yield b"\xef\xbb\xbf"
    write(["Phone", "Member id", "Line", "Reason"] if english else ["手机号", "会员号", "行号", "原因"])
    after = 0
    while True:
        page = list(ListMiss.objects.filter(segment=segment_id, pk__gt=after).order_by("pk")[:STEP])
        opened = vault().open_many(Kind.ROW, [bytes(row.row_sealed) for row in page])
        for row, text in zip(page, opened, strict=True):
            after = row.pk
            cells = [_harmless(cell) for cell in json.loads(text)]
            write([*cells, str(row.line), WORDS[Miss(row.reason)][1 if english else 0]])
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
        if len(page) < STEP:
            return


def drop_old_misses(*, now: datetime) -> int:
    """Forget rows that led to nobody after thirty days; returns how many."""
    old = ListMiss.objects.filter(segment__created_at__lt=now - KEPT)
    return old.delete()[0]


def _harmless(cell: str) -> str:
    """As `intake.cells.protect`, a neighbour: reading the file again takes the apostrophe off."""
    return "'" + cell if cell.lstrip("'").startswith(_ACTS) else cell
