"""Files of complaints: csv or xlsx, columns mapped once for each source and remembered.

A row that cannot be taken is kept with its reason and can be downloaded, corrected and sent in again; a row that was
taken before changes nothing, so the whole file may be sent in again too. Rows are taken in runs, each in one short
transaction that says how far the file is: after a crash it goes on there.
"""

from __future__ import annotations

import csv
import io
import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection as django_connection
from django.db import transaction
from procrastinate.exceptions import AlreadyEnqueued

from xinfeng.complaints import settings
from xinfeng.complaints.deadlines import due_after
from xinfeng.complaints.intake import (
    AT_ONCE,
    Checked,
    NewComplaint,
    bar_numbers,
    check_row,
    write_checked,
)
from xinfeng.complaints.matches import match_waiting
from xinfeng.complaints.models import About, ComplaintFile, ComplaintFileRow, FileState, Source
from xinfeng.contacts.values import read_time
from xinfeng.foundation import audit, stored
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.jobs import app
from xinfeng.foundation.vault import Kind, vault
from xinfeng.intake import workbook
from xinfeng.intake.cells import protect, unprotect
from xinfeng.intake.files import BadRow, FileShape, Row, count_rows, examine, read_rows
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound, XinfengError
from xinfeng.kernel.phones import parse_mainland
from xinfeng.kernel.time import business_day, day_bounds
from xinfeng.policy import reads as policy

LARGEST_FILE = 200 << 20
MOST_ROWS = 2_000_000
ABANDONED_AFTER = timedelta(days=7)
MAPPINGS_KEY = "complaints.mappings"
SKIP = ""
_LOCK = 0x58_46_00_31  # with the file's id: who takes a file in holds it

FIELDS: dict[str, str] = {
    "phone": "手机号 手机号码 被投诉接收号码 投诉号码 投诉人号码 用户号码 号码 举报人号码 mobile phone",
    "complained_at": "投诉时间 举报时间 受理时间 时间 日期 complained_at time date",
    "reference": "工单号 投诉编号 举报编号 编号 流水号 受理编号 reference ticket id",
    "source": "来源 渠道 投诉渠道 source",
    "about": "投诉类型 类型 原因 投诉原因 about type reason",
    "said": "投诉内容 举报内容 描述 备注 内容 said description",
    "quoted": "短信内容 被投诉短信 短信原文 信息内容 quoted message_text",
    "names_message": "消息编号 短信编号 msgid msg_id message_id",
}
"""What a column may be, and how exports name it."""

NEEDED = ("phone", "complained_at")


@dataclass(frozen=True, slots=True)
class Preview:
    """What the mapping screen shows: numbers masked. `guess`: field by column."""

    file_id: int
    file_name: str
    header: tuple[str, ...]
    rows: list[list[str]]
    guess: dict[str, str]


def receive(chunks: Iterable[bytes], *, file_name: str, actor: str, now: datetime) -> ComplaintFile:
    """Keep a file and find out how it is written. Raises InvalidInput `file.too_large` and what
    `intake.files.examine` and `intake.workbook.convert` raise; then nothing is kept."""
    folder = xinfeng_settings.load().uploads
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{secrets.token_hex(16)}.complaints"
    try:
        _store(chunks, path)
        _convert_workbook(path)
        shape = examine(path)
        with transaction.atomic():
            kept = ComplaintFile.objects.create(
                file_name=Path(file_name.replace("\x00", "")).name[:255] or "upload",
                file_path=str(path),
                shape=shape.to_json(),
                created_by=actor,
                created_at=now,
            )
            audit.record(actor=actor, action="complaint.file", kind="complaint_file", subject=kept.pk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return kept


def _store(chunks: Iterable[bytes], path: Path) -> None:
    size = 0
    path.touch(mode=0o600)
    with path.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > LARGEST_FILE:
                raise InvalidInput("file.too_large", at_most=LARGEST_FILE)
            file.write(chunk)


def _convert_workbook(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":
            return
    converted = path.with_suffix(".csv")
    try:
        workbook.convert(path, converted)
        converted.replace(path)
    finally:
        converted.unlink(missing_ok=True)


def preview(file_id: int, *, source: str = "", limit: int = 6) -> Preview:
    """The first rows, and what the columns are: as they were last mapped for this source, else by their names."""
    kept = one(file_id)
    path, shape = Path(kept.file_path), FileShape.from_json(kept.shape)
    if not path.exists():
        raise NotFound("complaint.file_gone", id=file_id)
    rows = [row.cells for row in islice(read_rows(path, shape), 50) if isinstance(row, Row)][:limit]
    shown = [[_masked(cell) for cell in row] for row in rows]
    return Preview(file_id, kept.file_name, shape.header, shown, guess(shape.header, source=source))


def guess(header: Sequence[str], *, source: str = "") -> dict[str, str]:
    """Field by column; no field twice."""
    remembered = dict(stored.read(MAPPINGS_KEY, {})).get(source or "*", {})
    names = {_bare(word): field for field, words in FIELDS.items() for word in (field, *words.split())}
    found: dict[str, str] = {}
    for column in header:
        field = remembered.get(column, names.get(_bare(column), SKIP))
        found[column] = field if field in FIELDS and field not in found.values() else SKIP
    return found


def start(
    file_id: int, *, mapping: Mapping[str, str], source: str, remember: bool, actor: str, now: datetime
) -> None:
    """Take it in, by a job. Raises InvalidInput `mapping.unknown_column`, `mapping.unknown_field`, `mapping.twice`,
    `mapping.missing`, `complaint.source`; Conflict `complaint.file_state`."""
    with transaction.atomic():
        kept = ComplaintFile.objects.select_for_update().filter(pk=file_id).first()
        if kept is None:
            raise NotFound("complaint.file_unknown", id=file_id)
        if kept.state != FileState.MAPPING:
            raise Conflict("complaint.file_state", state=kept.state)
        chosen = {column: field for column, field in mapping.items() if field != SKIP}
        _check(chosen, FileShape.from_json(kept.shape).header, source)
        kept.mapping, kept.source, kept.state = chosen, source, FileState.QUEUED
        kept.save(update_fields=["mapping", "source", "state"])
        if remember:
            known = dict(stored.read(MAPPINGS_KEY, {}))
            stored.write(MAPPINGS_KEY, {**known, source or "*": chosen}, actor=actor)
        audit.record(
            actor=actor, action="complaint.file_start", kind="complaint_file", subject=file_id, source=source
        )
    _enqueue(file_id)


def _check(chosen: Mapping[str, str], header: Sequence[str], source: str) -> None:
    for column, field in chosen.items():
        if column not in header:
            raise InvalidInput("mapping.unknown_column", column=column[:60])
        if field not in FIELDS:
            raise InvalidInput("mapping.unknown_field", field=field[:60])
    fields = list(chosen.values())
    twice = next((field for field in fields if fields.count(field) > 1), None)
    if twice is not None:
        raise InvalidInput("mapping.twice", field=twice)
    for needed in NEEDED:
        if needed not in fields:
            raise InvalidInput("mapping.missing", fields=[needed])
    if source and source not in Source.values:
        raise InvalidInput("complaint.source", source=source[:20], known=Source.values)
    if not source and "source" not in fields:
        raise InvalidInput("mapping.missing", fields=["source"])


def run(file_id: int, *, now: datetime) -> str:
    """Do the work, or go on with it; returns the state. Whoever does it holds its lock."""
    with _turn(file_id) as mine:
        kept = one(file_id)
        if not mine or kept.state not in (FileState.QUEUED, FileState.RUNNING):
            return kept.state
        try:
            _take(kept, now=now)
        except XinfengError as fault:
            _finish(kept, FileState.FAILED, now=now, fault=fault.code)
        except (OSError, UnicodeError):
            _finish(kept, FileState.FAILED, now=now, fault="complaint.file_gone")
        else:
            _finish(kept, FileState.DONE, now=now)
    match_waiting(now=now)
    return one(file_id).state


def _take(kept: ComplaintFile, *, now: datetime) -> None:
    path, shape = Path(kept.file_path), FileShape.from_json(kept.shape)
    total = 0
    for total in count_rows(path, shape):
        if total > MOST_ROWS:
            raise InvalidInput("complaint.file_rows", at_most=MOST_ROWS)
    ComplaintFile.objects.filter(pk=kept.pk).update(state=FileState.RUNNING, rows_total=total)
    reader = _Reader(kept, shape, now=now)
    rules, calendar, zone = settings.current(), policy.calendar(), xinfeng_settings.load().zone
    due = {
        source: due_after(now, rules.workdays_of(source), calendar=calendar, zone=zone)
        for source in Source.values
    }
    rows = islice(read_rows(path, shape), kept.rows_done, None)
    while batch := list(islice(rows, AT_ONCE)):
        good: list[Checked] = []
        bad: list[tuple[BadRow, bytes | None]] = []
        for row in batch:
            read = reader.read(row)
            if isinstance(read, Checked):
                good.append(read)
            else:
                bad.append(read)
        with bulk_transaction() as connection:
            _keep_bad(kept.pk, bad)
            written = write_checked(
                connection, good, due=due, actor=kept.created_by, now=now, file_id=kept.pk
            )
            known = sum(one.known for one in written.taken)
            connection.execute(
                "update complaint_file set rows_done = rows_done + %s, taken = taken + %s, known = known + %s,"
                " refused = refused + %s where id = %s",
                (len(batch), len(written.taken) - known, known, len(bad), kept.pk),
            )
            # Last: once the wire is silent, the commit comes at once.
            bar_numbers(connection, written, actor=kept.created_by, now=now)


class _Reader:
    """Reads rows by the file's mapping."""

    def __init__(self, kept: ComplaintFile, shape: FileShape, *, now: datetime) -> None:
        self._at = {field: shape.header.index(column) for column, field in kept.mapping.items()}
        self._source = kept.source
        self._now = now
        self._zone = xinfeng_settings.load().zone

    def read(self, row: Row | BadRow) -> Checked | tuple[BadRow, bytes | None]:
        """The row as a complaint, or why it is none, with the index of its number where it has one."""
        if isinstance(row, BadRow):
            return row, None
        try:
            return check_row(self._stated(row.cells), now=self._now)
        except InvalidInput as fault:
            return BadRow(row.line, fault.code, _plain(fault.params), row.cells), self._index(row.cells)

    def _stated(self, cells: Sequence[str]) -> NewComplaint:
        at, day_only = read_moment(self._cell(cells, "complained_at"), now=self._now)
        return NewComplaint(
            source=read_source(self._cell(cells, "source")) or self._source,
            phone=self._cell(cells, "phone"),
            complained_at=at,
            day_only=day_only,
            about=read_about(self._cell(cells, "about")),
            reference=self._cell(cells, "reference"),
            said=self._cell(cells, "said"),
            quoted=self._cell(cells, "quoted"),
            names_message=self._cell(cells, "names_message"),
        )

    def _cell(self, cells: Sequence[str], field: str) -> str:
        at = self._at.get(field)
        return unprotect(cells[at].strip()) if at is not None and at < len(cells) else ""

    def _index(self, cells: Sequence[str]) -> bytes | None:
        try:
            return bytes(vault().phone_index(parse_mainland(self._cell(cells, "phone"))))
        except InvalidInput:
            return None


_only_a_day = re.compile(r"\d{4}\D{0,2}\d{1,2}\D{0,2}\d{1,2}日?\s*").fullmatch


def read_moment(text: str, *, now: datetime) -> tuple[datetime, bool]:
    """A time as files and people write it, and whether it is only a day: then its end, or now, since what was sent
    that day may be what is complained about. Raises InvalidInput `time.unreadable`."""
    zone = xinfeng_settings.load().zone
    at = read_time(text, zone)
    if not _only_a_day(text.strip()):
        return at, False
    end = day_bounds(business_day(at, zone), zone)[1] - timedelta(seconds=1)
    return min(end, max(now, at)), True


def read_source(text: str) -> str:
    """A source by its code or name; empty for an empty cell. Raises InvalidInput `complaint.source`."""
    return _one_of("complaint.source", "source", text, Source.choices)


def read_about(text: str) -> str:
    """What it is about, by code or name; what is not known is `other`."""
    try:
        return _one_of("complaint.about", "about", text, About.choices) or About.OTHER
    except InvalidInput:
        return About.OTHER


def _one_of(code: str, name: str, text: str, choices: Sequence[tuple[str, str]]) -> str:
    bare = _bare(text)
    if not bare:
        return ""
    for value, label in choices:
        if bare in (_bare(value), _bare(str(label))):
            return value
    raise InvalidInput(code, **{name: text[:20]}, known=[value for value, _ in choices])


def rejections_csv(file_id: int, *, language: str) -> Iterator[bytes]:
    """The refused rows to correct and send in again, line and reason behind; UTF-8 with BOM. Personal data: the door
    audits the download. Cells that a spreadsheet would execute are protected."""
    from xinfeng.complaints.reasons import in_words

    shape = FileShape.from_json(one(file_id).shape)
    buffer = io.StringIO()
    write = csv.writer(buffer).writerow
    yield b"\xef\xbb\xbf"
    last = ("Line", "Reason") if language.startswith("en") else ("行号", "原因")
    write([*map(protect, shape.header), *last])
    after = 0
    while True:
        page = list(ComplaintFileRow.objects.filter(file_id=file_id, pk__gt=after).order_by("pk")[:500])
        for row in page:
            after = row.pk
            cells = json.loads(vault().open(Kind.ROW, bytes(row.row_sealed)))
            fitted = [*cells[: len(shape.header)], *[""] * (len(shape.header) - len(cells))]
            reason = in_words(row.code, row.params, language=language)
            write([*map(protect, fitted), str(row.line), protect(reason)])
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
        if len(page) < 500:
            return


def resume_unfinished() -> int:
    """Queue again what was interrupted; returns how many."""
    waiting = ComplaintFile.objects.filter(state__in=(FileState.QUEUED, FileState.RUNNING))
    ids = list(waiting.values_list("pk", flat=True))
    for file_id in ids:
        _enqueue(file_id)
    return len(ids)


def drop_abandoned(*, now: datetime) -> int:
    """Delete files whose mapping nobody confirmed; returns how many."""
    old = ComplaintFile.objects.filter(state=FileState.MAPPING, created_at__lt=now - ABANDONED_AFTER)
    found = list(old)
    for kept in found:
        _finish(kept, FileState.FAILED, now=now, fault="complaint.file_abandoned")
    return len(found)


def one(file_id: int) -> ComplaintFile:
    """Raises NotFound `complaint.file_unknown`."""
    found = ComplaintFile.objects.filter(pk=file_id).first()
    if found is None:
        raise NotFound("complaint.file_unknown", id=file_id)
    return found


def _keep_bad(file_id: int, bad: Sequence[tuple[BadRow, bytes | None]]) -> None:
    sealed = vault().seal_many(Kind.ROW, [json.dumps(row.cells, ensure_ascii=False) for row, _ in bad])
    ComplaintFileRow.objects.bulk_create(
        ComplaintFileRow(
            file_id=file_id,
            line=row.line,
            code=row.code,
            params=_plain(row.params),
            phone_index=index,
            row_sealed=cells,
        )
        for (row, index), cells in zip(bad, sealed, strict=True)
    )


def _plain(params: Mapping[str, Any]) -> dict[str, Any]:
    """What may be kept with a refused row: nothing of what stood in it."""
    return {name: value for name, value in params.items() if isinstance(value, int | float)}


def _finish(kept: ComplaintFile, state: FileState, *, now: datetime, fault: str = "") -> None:
    with transaction.atomic():
        ComplaintFile.objects.filter(pk=kept.pk).update(state=state, finished_at=now, fault=fault)
        path = Path(kept.file_path)
        transaction.on_commit(lambda: path.unlink(missing_ok=True))


def _enqueue(file_id: int) -> None:
    try:
        with transaction.atomic():
            app.configure_task("complaints.take_file", queueing_lock=f"complaints.take_file/{file_id}").defer(
                file_id=file_id
            )
    except AlreadyEnqueued:
        return


@contextmanager
def _turn(file_id: int) -> Iterator[bool]:
    with django_connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s, %s)", (_LOCK, file_id))
        [mine] = cursor.fetchone()
    try:
        yield mine
    finally:
        if mine:
            with django_connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s, %s)", (_LOCK, file_id))


def _bare(text: str) -> str:
    return re.sub(r"[\s_\-./*：:（）()]+", "", text).lower()


def _masked(cell: str) -> str:
    digits = re.sub(r"\D", "", cell)
    return re.sub(r"(\d{3})\d{4}(\d{4})", r"\1****\2", cell) if len(digits) >= 11 else cell[:60]
