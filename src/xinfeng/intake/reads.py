"""Questions about imports."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from xinfeng.contacts.models import Attribute
from xinfeng.contacts.reads import mask_name
from xinfeng.foundation.vault import Kind, vault
from xinfeng.intake.actions import OPEN_STATES
from xinfeng.intake.cells import protect
from xinfeng.intake.files import BadRow, FileShape, read_rows
from xinfeng.intake.mapping import Guess, guess
from xinfeng.intake.models import ImportJob, ImportRejection, ImportState
from xinfeng.intake.reasons import in_words
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.phones import mask, parse_mainland

_REJECTIONS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class ImportRow:
    """An import as lists and progress bars show it. `part` is between 0 and 1; `fault` a code when it failed."""

    id: int
    kind: str
    state: str
    file_name: str
    source: str
    purpose: str
    contract_id: int | None
    rows_total: int
    rows_read: int
    rows_new: int
    rows_changed: int
    rows_same: int
    rows_rejected: int
    fault: str
    fault_params: dict[str, Any]
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def part(self) -> float:
        if self.state == ImportState.DONE:
            return 1.0
        return self.rows_read / self.rows_total if self.rows_total else 0.0

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


@dataclass(frozen=True, slots=True)
class Preview:
    """What the mapping screen shows. Numbers and names in `rows` are masked; `earlier` are imports of the same bytes."""

    job_id: int
    kind: str
    file_name: str
    encoding: str
    delimiter: str
    has_header: bool
    guesses: list[Guess]
    rows: list[list[str]]
    earlier: list[int]


@dataclass(frozen=True, slots=True)
class RejectionRow:
    """A row that was refused. `cells` are masked where they read as a number or hold a name."""

    line: int
    code: str
    params: dict[str, Any]
    cells: list[str]

    def reason(self, language: str) -> str:
        return in_words(self.code, self.params, language=language)


def preview(job_id: int, *, limit: int = 8) -> Preview:
    """The first rows of a received file and what its columns probably are.

    Raises NotFound `import.unknown`, or `import.file_gone` once the import is over.
    """
    job = _job(job_id)
    path = Path(job.file_path)
    if not path.exists():
        raise NotFound("import.file_gone", id=job_id)
    shape = FileShape.from_json(job.shape)
    found = (row.cells for row in islice(read_rows(path, shape), 200) if not isinstance(row, BadRow))
    rows = list(islice(found, 50))
    attributes = {one.key: [one.label, one.label_en] for one in Attribute.objects.all()}
    earlier = ImportJob.objects.filter(file_digest=job.file_digest, state=ImportState.DONE).exclude(pk=job_id)
    guesses = guess(job.kind, shape.header, rows, attributes=attributes)
    names = frozenset(at for at, one in enumerate(guesses) if one.field == "name")
    return Preview(
        job_id=job_id,
        kind=job.kind,
        file_name=job.file_name,
        encoding=shape.encoding,
        delimiter=shape.delimiter,
        has_header=shape.has_header,
        guesses=guesses,
        rows=[_masked_row(row, names) for row in rows[:limit]],
        earlier=list(earlier.order_by("-id").values_list("id", flat=True)[:5]),
    )


def progress(job_id: int) -> ImportRow:
    """How far an import is. Raises NotFound `import.unknown`."""
    return _import_row(_job(job_id))


def imports(*, before: int | None = None, limit: int = 50) -> list[ImportRow]:
    """Imports, newest first; `before` is the last id of the page before."""
    wanted = ImportJob.objects.select_related("created_by").order_by("-id")
    if before is not None:
        wanted = wanted.filter(pk__lt=before)
    return [_import_row(job) for job in wanted[:limit]]


def rejections(job_id: int, *, after_line: int = 0, limit: int = 50) -> list[RejectionRow]:
    """Refused rows in the order of the file; `after_line` is the last line of the page before."""
    job = _job(job_id)
    names = frozenset(at for at, column in enumerate(job.header) if job.mapping.get(column) == "name")
    return [
        RejectionRow(one.line, one.code, one.params, _masked_row(cells, names))
        for one, cells in _refused(job_id, after_line=after_line, limit=limit)
    ]


def rejection_counts(job_id: int) -> dict[str, int]:
    """How many rows were refused for which reason."""
    from django.db.models import Count

    counted = (
        ImportRejection.objects.filter(job_id=job_id)
        .values_list("code")
        .annotate(n=Count("pk"))
        .order_by("-n")
    )
    return dict(counted)


def rejections_csv(job_id: int, *, language: str) -> Iterator[bytes]:
    """A file of the refused rows to correct and import again: the columns as they were, line and reason behind.

    UTF-8 with BOM, which spreadsheets recognise. Cells that a spreadsheet would execute are protected
    (`intake.cells`); reading the file again takes that off. Holds personal data: the door audits the download.
    """
    job = _job(job_id)
    english = language.startswith("en")
    width = len(job.header)
    buffer = io.StringIO()
    write = csv.writer(buffer).writerow
    yield b"\xef\xbb\xbf"
    write([*map(protect, job.header), *(("Line", "Reason") if english else ("行号", "原因"))])
    line = 0
    while True:
        page = _refused(job_id, after_line=line, limit=_REJECTIONS_AT_ONCE)
        for one, cells in page:
            line = one.line
            fitted = (
                [*cells, *[""] * (width - len(cells))]
                if len(cells) <= width
                else [*cells[: width - 1], " ".join(cells[width - 1 :])]
            )
            write(
                [
                    *map(protect, fitted),
                    str(one.line),
                    protect(in_words(one.code, one.params, language=language)),
                ]
            )
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
        if len(page) < _REJECTIONS_AT_ONCE:
            return


def _refused(job_id: int, *, after_line: int, limit: int) -> list[tuple[ImportRejection, list[str]]]:
    found = list(ImportRejection.objects.filter(job_id=job_id, line__gt=after_line).order_by("line")[:limit])
    opened = vault().open_many(Kind.ROW, [bytes(one.row_sealed) for one in found])
    return [(one, json.loads(text)) for one, text in zip(found, opened, strict=True)]


def _masked_row(cells: list[str], names: frozenset[int]) -> list[str]:
    """Numbers masked wherever they stand, names in their columns."""
    return [
        mask_name(cell.strip()) if at in names and cell.strip() else _masked(cell)
        for at, cell in enumerate(cells)
    ]


def _masked(cell: str) -> str:
    try:
        return mask(parse_mainland(cell))
    except InvalidInput:
        return cell[:200]


def _import_row(job: ImportJob) -> ImportRow:
    fault = job.fault or {}
    return ImportRow(
        id=job.pk,
        kind=job.kind,
        state=job.state,
        file_name=job.file_name,
        source=job.source,
        purpose=(job.consent or {}).get("purpose", ""),
        contract_id=job.contract_id,
        rows_total=job.rows_total,
        rows_read=job.rows_read,
        rows_new=job.rows_new,
        rows_changed=job.rows_changed,
        rows_same=job.rows_same,
        rows_rejected=job.rows_rejected,
        fault=fault.get("code", ""),
        fault_params=fault.get("params", {}),
        created_by=job.created_by.username if job.created_by else "",
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def _job(job_id: int) -> ImportJob:
    job = ImportJob.objects.select_related("created_by").filter(pk=job_id).first()
    if job is None:
        raise NotFound("import.unknown", id=job_id)
    return job


def imports_under(key: str, version: str, *, limit: int) -> list[ImportRow]:
    """Imports whose batch claimed this version of a notice, newest first."""
    found = ImportJob.objects.select_related("created_by").filter(
        consent__notice_key=key, consent__notice_version=version
    )
    return [_import_row(job) for job in found.order_by("-id")[:limit]]


def imports_by_contract(contract_id: int, *, limit: int) -> list[ImportRow]:
    """Imports that leaned on a contract, newest first."""
    found = ImportJob.objects.select_related("created_by").filter(contract_id=contract_id)
    return [_import_row(job) for job in found.order_by("-id")[:limit]]
