"""Exports of everything held about a person: where the files lie, who gets them, when they go."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from django.db import transaction
from procrastinate.exceptions import AlreadyEnqueued

from xinfeng.foundation import audit
from xinfeng.foundation.database import Connection
from xinfeng.foundation.jobs import app
from xinfeng.kernel.errors import Conflict, NotFound
from xinfeng.privacy.archive import Written, write_archive
from xinfeng.privacy.deadlines import deadlines
from xinfeng.privacy.models import ExportState, PrivacyRequest
from xinfeng.privacy.people import reference
from xinfeng.privacy.sealed import exports_folder, read_sealed

ORPHANED_AFTER = timedelta(days=1)
"""A file that no request names was left by a crash; it goes after that."""


@dataclass(frozen=True)
class Download:
    """An archive on its way out. `pieces` are opened one by one."""

    file_name: str
    size_bytes: int
    pieces: Iterator[bytes]


FIELDS = (
    "export_state",
    "export_path",
    "export_digest",
    "export_bytes",
    "export_rows",
    "export_made_at",
    "export_expires_at",
)
"""What `write` sets."""


def folder() -> Path:
    return exports_folder()


def enqueue(request_id: int, actor: str) -> None:
    """Let a worker make the export. After the commit, since a worker may be faster than that."""
    try:
        with transaction.atomic():
            app.configure_task("privacy.export", queueing_lock=f"privacy.export/{request_id}").defer(
                request_id=request_id, actor=actor
            )
    except AlreadyEnqueued:
        return


def write(request: PrivacyRequest, ids: Sequence[int], *, now: datetime) -> None:
    """Write the archive and note it on the request (not saved). A file that was half written is removed."""
    place = folder()
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = place / f"{secrets.token_hex(16)}.sealed"
    try:
        written: Written = write_archive(path, ids, reference=reference(request.pk), now=now)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    request.export_state = ExportState.READY
    request.export_path = str(path)
    request.export_digest = written.digest
    request.export_bytes = written.size_bytes
    request.export_rows = written.rows
    request.export_made_at = now
    request.export_expires_at = now + timedelta(days=deadlines().export_days)


def download(request_id: int, *, actor: str, address: str | None, now: datetime) -> Download:
    """Open the archive; leaves an audit entry. Whether `actor` may is for the door to say.

    Raises NotFound `request.unknown`, Conflict `request.no_export`.
    """
    request = PrivacyRequest.objects.filter(pk=request_id).first()
    if request is None:
        raise NotFound("request.unknown", id=request_id)
    expired = request.export_expires_at is not None and request.export_expires_at <= now
    path = Path(request.export_path)
    if request.export_state != ExportState.READY or expired or not path.exists():
        raise Conflict("request.no_export", id=request_id)
    audit.record(actor=actor, action="request.download", kind="request", subject=request_id, address=address)
    return Download(
        f"personal-data-{reference(request_id)}.zip", request.export_bytes or 0, read_sealed(path, path.stem)
    )


def discard(path: str) -> None:
    """Remove a file, if it is there."""
    if path:
        Path(path).unlink(missing_ok=True)


_TAKE_FILES = """
with gone as (
  select id, export_path from privacy_request where contact_id = any(%s) and export_path <> '' for update
)
update privacy_request r set export_state = 'gone', export_path = '' from gone g where r.id = g.id
returning g.export_path"""


def remove_files(connection: Connection, ids: Sequence[int]) -> int:
    """Remove the exports of these contacts once the transaction has committed; how many."""
    paths = [row[0] for row in connection.execute(_TAKE_FILES, (list(ids),)).fetchall()]
    for path in paths:
        transaction.on_commit(partial(discard, path))
    return len(paths)


def drop_expired(*, now: datetime) -> int:
    """Remove exports whose time is over, and files that no request names; how many."""
    due = PrivacyRequest.objects.filter(export_state=ExportState.READY, export_expires_at__lte=now)
    dropped = 0
    for request in due.order_by("pk"):
        discard(request.export_path)
        request.export_state, request.export_path = ExportState.GONE, ""
        request.save(update_fields=["export_state", "export_path"])
        dropped += 1
    known = set(PrivacyRequest.objects.exclude(export_path="").values_list("export_path", flat=True))
    for path in folder().glob("*.sealed"):
        if str(path) not in known and path.stat().st_mtime < (now - ORPHANED_AFTER).timestamp():
            path.unlink(missing_ok=True)
            dropped += 1
    return dropped
