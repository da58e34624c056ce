"""Archives for an inspection: asked for with a reason, drawn up by a job, kept for a week, everything audited.

Files lie in the data folder under `inspections`, readable by their owner only. What was handed out, to whom and why
stays (`retention`: three years).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction

from xinfeng.consent.bundle.writing import Written
from xinfeng.foundation import audit
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.database import connect
from xinfeng.foundation.jobs import app
from xinfeng.foundation.trail import TrailQuery
from xinfeng.inspection import audit_archive, writing
from xinfeng.inspection.models import ExportKind, ExportState, InspectionExport, Numbers
from xinfeng.inspection.period import Scope, read_scope
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound, XinfengError

KEPT = timedelta(days=7)
OPEN = (ExportState.QUEUED, ExportState.WRITING)
JOB = "inspection.draw_up"
LONGEST_REASON = 200
MOST_OPEN = 3


def request_inspection(
    asked: Scope, *, numbers: Numbers = Numbers.MASKED, reason: str, actor: str, now: datetime
) -> InspectionExport:
    """Ask for the archive of a period. With CLEAR numbers and texts are in the clear; the door has checked that this
    person may see them. Raises InvalidInput `export.reason`, Conflict `inspection.busy`."""
    return _request(ExportKind.INSPECTION, asked.as_json(), numbers, reason, actor, now)


def request_audit(asked: TrailQuery, *, reason: str, actor: str, now: datetime) -> InspectionExport:
    """Ask for the audit log, narrowed as on the screen. Raises as `request_inspection`."""
    return _request(ExportKind.AUDIT, audit_archive.as_json(asked), Numbers.MASKED, reason, actor, now)


def draw_up(export_id: int, *, now: datetime) -> InspectionExport:
    """The job's work: write the archive that was asked for; one that a crash interrupted is begun again."""
    export = of(export_id)
    if export.state not in OPEN:
        return export
    InspectionExport.objects.filter(pk=export_id).update(state=ExportState.WRITING, rows_done=0)
    target = folder() / f"{export.kind}-{export_id}.zip"
    target.unlink(missing_ok=True)
    try:
        with connect(autocommit=True) as aside:
            written = _write(export, target, partial(_tell, aside, export_id), now)
    except XinfengError as fault:
        InspectionExport.objects.filter(pk=export_id).update(
            state=ExportState.FAILED, fault=fault.code[:60], finished_at=now
        )
        return of(export_id)
    with transaction.atomic():
        InspectionExport.objects.filter(pk=export_id).update(
            state=ExportState.DONE,
            rows_total=sum(written.manifest["rows"].values()),
            rows_done=sum(written.manifest["rows"].values()),
            file_path=str(target),
            file_bytes=written.bytes,
            file_sha256=written.sha256,
            finished_at=now,
        )
        audit.record(
            actor=export.requested_by, action="inspection.drawn_up", kind="inspection", subject=export_id,
            sha256=written.sha256, rows=dict(written.manifest["rows"]),
        )  # fmt: skip
    return of(export_id)


def fetch(export_id: int, *, actor: str) -> Path:
    """The file, for a download; audited. Raises NotFound `inspection.unknown`, `inspection.file_gone`."""
    export = of(export_id)
    path = Path(export.file_path)
    if export.state != ExportState.DONE or not path.is_file():
        raise NotFound("inspection.file_gone", id=export_id)
    audit.record(
        actor=actor, action="inspection.fetch", kind="inspection", subject=export_id, what=export.kind,
        numbers=export.numbers, sha256=export.file_sha256,
    )  # fmt: skip
    return path


def remove_old(*, now: datetime) -> int:
    """Delete files older than KEPT; returns how many."""
    count = 0
    for one in InspectionExport.objects.filter(state=ExportState.DONE, finished_at__lt=now - KEPT):
        Path(one.file_path).unlink(missing_ok=True)
        count += InspectionExport.objects.filter(pk=one.pk).update(state=ExportState.REMOVED)
    return count


def of(export_id: int) -> InspectionExport:
    """Raises NotFound `inspection.unknown`."""
    found = InspectionExport.objects.filter(pk=export_id).first()
    if found is None:
        raise NotFound("inspection.unknown", id=export_id)
    return found


def listed(kind: ExportKind, *, limit: int = 20) -> list[InspectionExport]:
    """Those asked for, the latest first."""
    return list(InspectionExport.objects.filter(kind=kind).order_by("-pk")[:limit])


def folder() -> Path:
    """Where the files lie; made on first use."""
    path = xinfeng_settings.load().data / "inspections"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def check_reason(reason: str) -> str:
    """Raises InvalidInput `export.reason`."""
    reason = " ".join(reason.split())
    if not reason or "\x00" in reason:
        raise InvalidInput("export.reason")
    return reason[:LONGEST_REASON]


def _request(
    kind: ExportKind, about: dict[str, Any], numbers: Numbers, reason: str, actor: str, now: datetime
) -> InspectionExport:
    reason = check_reason(reason)
    with transaction.atomic():
        if InspectionExport.objects.filter(state__in=OPEN).count() >= MOST_OPEN:
            raise Conflict("inspection.busy", at_most=MOST_OPEN)
        made = InspectionExport.objects.create(
            kind=kind, about=about, numbers=numbers, reason=reason, requested_by=actor, requested_at=now
        )
        audit.record(
            actor=actor, action=f"inspection.export_{kind}", kind="inspection", subject=made.pk, reason=reason,
            numbers=numbers, about=about,
        )  # fmt: skip
        transaction.on_commit(partial(_enqueue, made.pk))
    return made


def _enqueue(export_id: int) -> None:
    app.configure_task(JOB, queueing_lock=f"{JOB}/{export_id}").defer(export_id=export_id)


def _write(
    export: InspectionExport, target: Path, tell: Callable[[int, int], None], now: datetime
) -> Written:
    drawn_up = writing.DrawnUp(now, export.requested_by, export.reason)
    if export.kind == ExportKind.AUDIT:
        return audit_archive.write(
            audit_archive.read_json(export.about), target=target, drawn_up=drawn_up, progress=tell
        )
    return writing.write(
        read_scope(export.about),
        numbers=Numbers(export.numbers),
        target=target,
        drawn_up=drawn_up,
        progress=tell,
    )


def _tell(aside: Any, export_id: int, done: int, in_all: int) -> None:
    aside.execute(
        "update inspection_export set rows_done = %s, rows_total = greatest(%s, %s) where id = %s",
        (done, in_all, done, export_id),
    )
