"""A file of ported numbers that somebody sent in: kept until a job has taken it in, one at a time.

    QUEUED → RUNNING → DONE | FAILED

How far it is is committed with each step, so after a crash it goes on there. The file names numbers of all kinds of
people; it is readable by its owner only and deleted when it is over. Of the last one its name and figures stay, and
what was wrong with it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from procrastinate.exceptions import AlreadyEnqueued

from xinfeng.contacts.number_files import LARGEST_FILE
from xinfeng.foundation import audit, stored
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.jobs import app
from xinfeng.hygiene.ported_files import TakenIn, check_terms, take_in
from xinfeng.kernel.errors import Conflict, InvalidInput

KEY = "hygiene.ported_file"
JOB = "hygiene.take_ported"
_SUFFIX = ".ported"
_LOCK = 0x58_46_00_32  # with 0: who hands in a file holds it; with 1: who takes it in
_LEFT_BEHIND = timedelta(days=1)
_is_id = re.compile(r"[0-9a-f]{32}").fullmatch


class UploadState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


OPEN_STATES = (UploadState.QUEUED, UploadState.RUNNING)


@dataclass(frozen=True, slots=True)
class Upload:
    """The last file. `done` of `rows` are taken in (0 rows: it is still being read); `fault` and `params` as in
    `kernel.errors`."""

    id: str
    file_name: str
    drawn_up: date
    source: str
    actor: str
    sent_at: datetime
    state: UploadState = UploadState.QUEUED
    done: int = 0
    rows: int = 0
    contacts: int = 0
    changed: int = 0
    newer: int = 0
    fault: str = ""
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def error(self) -> InvalidInput | None:
        """Why it failed."""
        return InvalidInput(self.fault, **self.params) if self.fault else None


def latest() -> Upload | None:
    """The file that waits, is under way or was the last; None: there never was one."""
    raw: dict[str, Any] | None = stored.read(KEY, None)
    if not raw:
        return None
    typed = {
        "drawn_up": date.fromisoformat(raw["drawn_up"]),
        "sent_at": datetime.fromisoformat(raw["sent_at"]),
        "state": UploadState(raw["state"]),
    }
    return Upload(**(raw | typed))


def receive(
    chunks: Iterable[bytes], *, file_name: str, drawn_up: date, source: str, actor: str, now: datetime
) -> Upload:
    """Keep a file and let a job take it in.

    Raises InvalidInput `ported.too_large` and what `ported_files.check_terms` raises, Conflict `ported.busy` (file):
    another one is not done yet. Then nothing is kept.
    """
    said = check_terms(drawn_up=drawn_up, source=source, now=now)
    folder = xinfeng_settings.load().uploads
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = Path(file_name.replace("\x00", "")).name[:255] or "upload"
    upload = Upload(secrets.token_hex(16), name, drawn_up, said, actor, now)
    path = _path(upload)
    try:
        _store(chunks, path)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_xact_lock(%s, 0)", (_LOCK,))
            before = latest()
            if before is not None and before.is_open:
                raise Conflict("ported.busy", file=before.file_name)
            _write(upload)
            audit.record(
                actor=actor,
                action="number.ported_upload",
                kind="setting",
                subject=KEY,
                file=name,
                source=said,
            )
            _enqueue(upload.id)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return upload


def run(upload_id: str, *, now: datetime) -> None:
    """Take a file in, or go on with it. Whoever does it holds its lock; one that is over is left alone."""
    with _turn() as mine:
        upload = latest()
        if not mine or upload is None or upload.id != upload_id or not upload.is_open:
            return
        try:
            _take(upload, now=now)
        except InvalidInput as fault:
            _end(_known(upload), UploadState.FAILED, fault=fault.code, params=fault.params)
        except FileNotFoundError:
            _end(_known(upload), UploadState.FAILED, fault="ported.file_gone")
        else:
            _end(_known(upload), UploadState.DONE)


def resume_unfinished(*, now: datetime) -> None:
    """Queue again what a crash has interrupted, and remove files that one has left behind before they were written down."""
    upload = latest()
    if upload is not None and upload.is_open:
        _enqueue(upload.id)
    for path in xinfeng_settings.load().uploads.glob(f"*{_SUFFIX}"):
        is_known = upload is not None and upload.is_open and path == _path(upload)
        if not is_known and path.stat().st_mtime < (now - _LEFT_BEHIND).timestamp():
            path.unlink(missing_ok=True)


def _take(upload: Upload, *, now: datetime) -> None:
    running = replace(upload, state=UploadState.RUNNING)
    _write(running)

    def tell(done: int, told: TakenIn) -> None:
        _write(replace(running, done=done, **asdict(told)))

    take_in(
        _path(upload),
        drawn_up=upload.drawn_up,
        source=upload.source,
        actor=upload.actor,
        now=now,
        begun=(upload.done, TakenIn(upload.rows, upload.contacts, upload.changed, upload.newer)),
        tell=tell,
    )


def _known(upload: Upload) -> Upload:
    """With the figures that were committed."""
    return latest() or upload


def _end(
    upload: Upload, state: UploadState, *, fault: str = "", params: dict[str, Any] | None = None
) -> None:
    with transaction.atomic():
        _write(replace(upload, state=state, fault=fault, params=params or {}))
        transaction.on_commit(lambda: _path(upload).unlink(missing_ok=True))


def _write(upload: Upload) -> None:
    value = asdict(upload) | {
        "drawn_up": upload.drawn_up.isoformat(),
        "sent_at": upload.sent_at.isoformat(),
        "state": upload.state.value,
    }
    stored.write(KEY, value, actor=upload.actor)


def _path(upload: Upload) -> Path:
    if not _is_id(upload.id):  # it was kept where people may write
        raise InvalidInput("ported.file_gone")
    return xinfeng_settings.load().uploads / f"{upload.id}{_SUFFIX}"


def _store(chunks: Iterable[bytes], path: Path) -> None:
    size = 0
    path.touch(mode=0o600)
    with path.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > LARGEST_FILE:
                raise InvalidInput("ported.too_large", at_most=LARGEST_FILE)
            file.write(chunk)


def _enqueue(upload_id: str) -> None:
    try:
        with transaction.atomic():
            app.configure_task(JOB, queueing_lock=f"{JOB}/{upload_id}").defer(upload_id=upload_id)
    except AlreadyEnqueued:
        return


@contextmanager
def _turn() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s, 1)", (_LOCK,))
        [mine] = cursor.fetchone()
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s, 1)", (_LOCK,))
