"""The audit log as an archive: its entries in the byte form that was sealed, the seals, and tables for people."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import IO, Any

import xlsxwriter
from django.db import transaction
from django.db.models import TextField
from django.db.models.expressions import RawSQL

from xinfeng.consent.bundle import form
from xinfeng.consent.bundle.writing import BundleWriter, Written
from xinfeng.foundation import database, seal_checks, seals
from xinfeng.foundation.database import Connection
from xinfeng.foundation.models import AuditEntry
from xinfeng.foundation.sealed_lines import seal_line
from xinfeng.foundation.signing import signer
from xinfeng.foundation.trail import TrailQuery, condition
from xinfeng.insights.cells import csv_lines, safe
from xinfeng.inspection import archive
from xinfeng.inspection.writing import DrawnUp, plain

MOST_SHEET_ROWS = 1_000_000
COLUMNS = ("id", "at", "actor", "action", "kind", "object", "address", "detail", "seal")
_TEXTS = ("actor", "action", "kind", "subject", "address")
_DAYS = ("day", "first", "last")
_AT_ONCE = 5_000

_RANGES = "select lower(r), upper(r), s.seq from audit_seal s, unnest(s.ids) r order by 1, 3"
_SEALS = """\
select seq, kind, at, identity, snapshot, ids::text as ids, entries, parts, marks, backdated, note, previous, digest,
  signature from audit_seal where seq = any(%s) order by seq"""


def as_json(asked: TrailQuery) -> dict[str, Any]:
    """The filters, for a job and for the manifest."""
    texts = {name: getattr(asked, name) for name in _TEXTS if getattr(asked, name)}
    days = {name: getattr(asked, name).isoformat() for name in _DAYS if getattr(asked, name) is not None}
    return texts | days


def read_json(value: dict[str, Any]) -> TrailQuery:
    """What `as_json` wrote."""
    texts = {name: str(value.get(name, "")) for name in _TEXTS}
    day, first, last = (date.fromisoformat(value[name]) if name in value else None for name in _DAYS)
    return TrailQuery(
        actor=texts["actor"],
        action=texts["action"],
        kind=texts["kind"],
        subject=texts["subject"],
        address=texts["address"],
        day=day,
        first=first,
        last=last,
    )


def write(
    asked: TrailQuery, *, target: Path, drawn_up: DrawnUp, progress: Callable[[int, int], None] | None = None
) -> Written:
    """Draw the archive up. Whoever calls has audited it (`exports`)."""
    wanted = AuditEntry.objects.filter(condition(asked))
    total = wanted.count()
    covering: set[int] = set()
    rows = 0
    connection = database.connect()
    try:
        with (
            transaction.atomic(),
            BundleWriter(target, signer(), shape=archive) as writer,
            tempfile.TemporaryFile("w+", encoding="utf-8") as aside,
        ):
            lines = wanted.annotate(line=RawSQL(seals.LINE, (), output_field=TextField())).order_by("id")
            found = lines.values_list("id", "line").iterator(chunk_size=_AT_ONCE)

            def entries() -> Iterator[bytes]:
                nonlocal rows
                for entry_id, line, seal in _with_seals(found, connection):
                    if seal is not None:
                        covering.add(seal)
                    rows += 1
                    aside.write(json.dumps([entry_id, line, seal]) + "\n")
                    if progress is not None and rows % _AT_ONCE == 0:
                        progress(rows, 2 * total)
                    yield form.canonical({"line": line, "seal": seal}) + b"\n"

            writer.add(archive.AUDIT_ENTRIES, entries())
            writer.add(archive.AUDIT_SEALS, _seals(connection, sorted(covering)))
            aside.seek(0)
            writer.add("entries.csv", csv_lines(COLUMNS, map(_cells, aside)))
            if rows <= MOST_SHEET_ROWS:
                aside.seek(0)
                with tempfile.TemporaryFile() as book:
                    _sheet(book, aside)
                    book.seek(0)
                    writer.add("entries.xlsx", iter(lambda: book.read(1 << 20), b""))
            return writer.seal(
                {
                    "kind": "audit",
                    "about": as_json(asked),
                    "drawn_up": drawn_up.as_json(),
                    "rows": {"entries": rows, "seals": len(covering)},
                    "audit": plain(seal_checks.last_check()),
                }
            )
    finally:
        connection.close()


def _with_seals(
    found: Iterator[tuple[int, str]], connection: Connection
) -> Iterator[tuple[int, str, int | None]]:
    """Each entry with the seal that covers it; both come by id."""
    ranges = seals.stream(connection, _RANGES, {}, name="export_ranges")
    low, high, seq = next(ranges, (None, None, None))
    for entry_id, line in found:
        while high is not None and entry_id >= high:
            low, high, seq = next(ranges, (None, None, None))
        yield entry_id, line, seq if low is not None and entry_id >= low else None


def _seals(connection: Connection, seqs: list[int]) -> Iterator[bytes]:
    for start in range(0, len(seqs), 500):
        cursor = connection.execute(_SEALS, (seqs[start : start + 500],))
        names = [one.name for one in cursor.description or ()]
        for row in cursor:
            yield seal_line(dict(zip(names, row, strict=True)))


def _cells(text: str) -> list[str | int | None]:
    entry_id, line, seal = json.loads(text)
    entry = json.loads(line)
    detail = json.dumps(entry["detail"], ensure_ascii=False)
    return [
        entry_id,
        entry["at"],
        entry["actor"],
        entry["action"],
        entry["kind"],
        entry["object"],
        entry["address"],
        detail,
        seal,
    ]


def _sheet(target: IO[bytes], lines: IO[str]) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, COLUMNS, book.add_format({"bold": True}))
        for number, line in enumerate(lines, start=1):
            sheet.write_row(number, 0, [str(safe(cell))[:32_000] for cell in _cells(line)])
