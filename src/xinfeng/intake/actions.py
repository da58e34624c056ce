"""The life of an import: receive, start, run, cancel.

    MAPPING → QUEUED → CHECKING → RUNNING → DONE
       └────────┴─────────┴──────────┴────→ CANCELLED | FAILED

The file is kept, readable by its owner only, until the import is over; then it is deleted. Rows that were refused
stay, sealed, with the job.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from procrastinate.exceptions import AlreadyEnqueued

from xinfeng.consent.models import Notice
from xinfeng.contacts.actions import declare_attribute
from xinfeng.contacts.models import Attribute
from xinfeng.contacts.tiers import ask_to_catch_up
from xinfeng.foundation import audit
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.jobs import app
from xinfeng.intake import mapping as mapping_rules
from xinfeng.intake import workbook
from xinfeng.intake.claims import ConsentClaim, check_claim
from xinfeng.intake.files import FileShape, count_rows, examine
from xinfeng.intake.importing import Course, Stopped, import_contacts, import_events
from xinfeng.intake.models import ImportJob, ImportKind, ImportState
from xinfeng.intake.partners import TAG_PREFIX, check_partner, tag_of
from xinfeng.intake.rows import AttributeSpec, ContactReader, EventReader
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound, XinfengError
from xinfeng.kernel.time import business_day

LARGEST_FILE = 1 << 30
LONGEST_SOURCE = 40
"""The source becomes a tag."""
ABANDONED_AFTER = timedelta(days=7)
"""An upload whose mapping nobody confirmed is deleted after that."""

OPEN_STATES = (ImportState.MAPPING, ImportState.QUEUED, ImportState.CHECKING, ImportState.RUNNING)
_LOCK = 0x58_46_00_13  # with the job's id: who runs an import holds it


def receive_file(
    chunks: Iterable[bytes], *, file_name: str, kind: str, actor: str, user_id: int | None, now: datetime
) -> ImportJob:
    """Keep an uploaded file and find out how it is written; returns a job in state MAPPING.

    Raises InvalidInput: `file.too_large`, `import.kind`, and what `files.examine` and `workbook.convert` raise;
    then nothing is kept.
    """
    if kind not in ImportKind.values:
        raise InvalidInput("import.kind", kind=kind[:20])
    folder = xinfeng_settings.load().uploads
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)  # whoever made it
    path = folder / f"{secrets.token_hex(16)}.upload"
    try:
        digest, size = _store(chunks, path)
        _convert_workbook(path)
        shape = examine(path)
        with transaction.atomic():
            job = ImportJob.objects.create(
                kind=kind,
                file_name=Path(file_name.replace("\x00", "")).name[:255] or "upload",
                file_path=str(path),
                file_digest=digest,
                file_bytes=size,
                encoding=shape.encoding,
                shape=shape.to_json(),
                header=list(shape.header),
                created_by_id=user_id,
            )
            audit.record(actor=actor, action="import.receive", kind="import", subject=job.pk, bytes=size)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return job


def _store(chunks: Iterable[bytes], path: Path) -> tuple[bytes, int]:
    digest = hashlib.sha256()
    size = 0
    path.touch(mode=0o600)
    with path.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > LARGEST_FILE:
                raise InvalidInput("file.too_large", at_most=LARGEST_FILE)
            digest.update(chunk)
            file.write(chunk)
    return digest.digest(), size


def _convert_workbook(path: Path) -> None:
    with path.open("rb") as file:
        is_archive = file.read(4) == b"PK\x03\x04"
    if not is_archive:
        return
    converted = path.with_suffix(".csv")
    try:
        workbook.convert(path, converted)
        converted.replace(path)
    finally:
        converted.unlink(missing_ok=True)


def start_import(
    job_id: int,
    *,
    mapping: Mapping[str, str],
    source: str,
    consent: ConsentClaim | None,
    actor: str,
    now: datetime,
    has_header: bool | None = None,
    contract_id: int | None = None,
) -> ImportJob:
    """Confirm what the columns mean, where the file is from and what is claimed about consent; queue the import.

    `mapping`: see `intake.mapping`; columns left out are skipped, columns mapped to `new:<kind>` become
    attributes. `source` becomes a tag on every contact (and the sender of events). `has_header` overrides what
    was found. `contract_id`: a partner passes the data on, under this contract; see `intake.partners`, whose faults
    are raised here too. Raises NotFound `import.unknown`, Conflict `import.state`, InvalidInput `import.source`,
    `consent.not_for_events`, `consent.without_claim` (columns about consent but no claim), `consent.notice_unknown`
    and what `mapping.check` and `claims.check_claim` raise.
    """
    source = " ".join(source.split())
    if not source or len(source) > LONGEST_SOURCE or "\x00" in source:
        raise InvalidInput("import.source", longest=LONGEST_SOURCE)
    if source.startswith(TAG_PREFIX):
        raise InvalidInput("import.source_reserved", prefix=TAG_PREFIX)
    with transaction.atomic():
        job = _job(job_id, locked=True)
        if job.state != ImportState.MAPPING:
            raise Conflict("import.state", state=job.state)
        mapping_rules.check(job.kind, job.header, mapping, attributes=_attributes())
        _check_consent(job.kind, mapping, consent, now=now)
        if contract_id is not None:
            _check_contract(job, contract_id, mapping, consent, now=now)
        job.mapping = _declare_new(mapping, actor=actor)
        job.source = source
        job.consent = consent.to_json() if consent else None
        if has_header is not None:
            job.shape = {**job.shape, "has_header": has_header}
        job.state = ImportState.QUEUED
        job.save(update_fields=["mapping", "source", "consent", "contract_id", "shape", "state"])
        audit.record(
            actor=actor,
            action="import.start",
            kind="import",
            subject=job_id,
            source=source,
            purpose=consent.purpose if consent else "",
            contract=contract_id,
        )
        transaction.on_commit(partial(enqueue, job_id))
    return job


def _check_consent(
    kind: str, mapping: Mapping[str, str], consent: ConsentClaim | None, *, now: datetime
) -> None:
    columns = frozenset(field for field in mapping.values() if field.startswith("consent_"))
    if consent is None:
        if columns:
            raise InvalidInput("consent.without_claim")
        return
    if kind != ImportKind.CONTACTS:
        raise InvalidInput("consent.not_for_events")
    check_claim(consent, columns=columns, now=now)
    if consent.notice_key and f"{consent.notice_key} {consent.notice_version}" not in _notices(
        consent.purpose
    ):
        raise InvalidInput("consent.notice_unknown")


def _check_contract(
    job: ImportJob,
    contract_id: int,
    mapping: Mapping[str, str],
    consent: ConsentClaim | None,
    *,
    now: datetime,
) -> None:
    if job.kind != ImportKind.CONTACTS:
        raise InvalidInput("partner.not_for_events")
    check_partner(contract_id, mapping=mapping, claim=consent, day=_today(now))
    job.contract_id = contract_id


def _today(now: datetime) -> date:
    return business_day(now, xinfeng_settings.load().zone)


def _declare_new(mapping: Mapping[str, str], *, actor: str) -> dict[str, str]:
    """The mapping with every `new:<kind>` declared."""
    settled = {}
    for column, field in mapping.items():
        if field.startswith("new:"):
            key = mapping_rules.attribute_key(column)
            declare_attribute(key=key, label=column[:60], kind=field[4:], actor=actor)
            field = f"attr:{key}"
        settled[column] = field
    return settled


def enqueue(job_id: int) -> None:
    """Let a worker run the import. After the commit, since a worker may be faster than that; a job that is lost
    in between is found by `resume_unfinished`."""
    try:
        with transaction.atomic():
            app.configure_task("intake.run_import", queueing_lock=f"intake.run_import/{job_id}").defer(
                job_id=job_id
            )
    except AlreadyEnqueued:
        return


def run_import(job_id: int, *, now: datetime) -> str:
    """Do the work of a queued import, or go on with one that was interrupted; returns its state.

    Whoever runs a job holds its lock; where somebody else does, nothing is done. A fault of the file ends in
    FAILED with its code; when the database or the machine fails, the job stays as it is and can be run again.
    """
    with _turn(job_id) as mine:
        if not mine or not _to_checking(job_id, now=now):
            return _job(job_id).state
        try:
            _check(job_id)
            _import(job_id, now=now)
            _finish(job_id, ImportState.DONE, now=now)
        except Stopped:
            pass
        except XinfengError as fault:
            _finish(job_id, ImportState.FAILED, now=now, fault={"code": fault.code, "params": fault.params})
        except (OSError, UnicodeError) as fault:
            _finish(
                job_id,
                ImportState.FAILED,
                now=now,
                fault={"code": "file.gone", "params": {"kind": type(fault).__name__}},
            )
    return _job(job_id).state


@contextmanager
def _turn(job_id: int) -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s, %s)", (_LOCK, job_id))
        [mine] = cursor.fetchone()
    try:
        yield mine
    finally:
        if mine and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s, %s)", (_LOCK, job_id))


def _to_checking(job_id: int, *, now: datetime) -> bool:
    running = ImportJob.objects.filter(
        pk=job_id, state__in=(ImportState.CHECKING, ImportState.RUNNING)
    ).exists()
    if running:
        return True
    queued = ImportJob.objects.filter(pk=job_id, state=ImportState.QUEUED)
    return bool(queued.update(state=ImportState.CHECKING, started_at=now))


def _check(job_id: int) -> None:
    """The first pass: the whole file is read before anything of it is written."""
    job = _job(job_id)
    if job.state != ImportState.CHECKING:
        return
    total = 0
    for total in count_rows(Path(job.file_path), FileShape.from_json(job.shape)):
        if not ImportJob.objects.filter(pk=job_id, state=ImportState.CHECKING).update(rows_total=total):
            raise Stopped
    if total == 0:
        raise InvalidInput("file.no_rows")
    if not ImportJob.objects.filter(pk=job_id, state=ImportState.CHECKING).update(state=ImportState.RUNNING):
        raise Stopped


def _import(job_id: int, *, now: datetime) -> None:
    job = _job(job_id)
    shape = FileShape.from_json(job.shape)
    actor = job.created_by.username if job.created_by else "system:import"
    contract = None
    if job.contract_id is not None:  # it may have ended since the import was queued
        claimed = ConsentClaim.from_json(job.consent) if job.consent else None
        contract = check_partner(job.contract_id, mapping=job.mapping, claim=claimed, day=_today(now))
    tags = (job.source, tag_of(contract)) if contract else (job.source,)
    course = Course(job_id, Path(job.file_path), shape, job.source, actor, tags)
    zone = xinfeng_settings.load().zone
    if job.kind == ImportKind.EVENTS:
        import_events(
            course, EventReader(job.header, job.mapping, zone=zone, now=now), skip=job.rows_read, now=now
        )
        return
    claim = ConsentClaim.from_json(job.consent) if job.consent else None
    reader = ContactReader(
        job.header,
        job.mapping,
        claim=claim,
        notices=_notices(claim.purpose) if claim else {},
        attributes=_attributes(),
        zone=zone,
        now=now,
        contract=contract.number if contract else "",
        source=job.source,
    )
    import_contacts(course, reader, skip=job.rows_read, now=now)


def _finish(job_id: int, state: ImportState, *, now: datetime, fault: dict[str, Any] | None = None) -> None:
    with transaction.atomic():
        job = _job(job_id, locked=True)
        if job.state not in (ImportState.CHECKING, ImportState.RUNNING):
            return
        job.state, job.fault, job.finished_at = state, fault, now
        job.save(update_fields=["state", "fault", "finished_at"])
        audit.record(
            actor="system:import",
            action=f"import.{state.value}",
            kind="import",
            subject=job_id,
            new=job.rows_new,
            changed=job.rows_changed,
            same=job.rows_same,
            rejected=job.rows_rejected,
        )
        transaction.on_commit(lambda: Path(job.file_path).unlink(missing_ok=True))
        if job.rows_new or job.rows_changed:
            ask_to_catch_up()


def cancel_import(job_id: int, *, actor: str, now: datetime) -> None:
    """Stop an import between two batches; what was taken stays. Raises Conflict `import.state` when it is over."""
    with transaction.atomic():
        job = _job(job_id, locked=True)
        if job.state not in OPEN_STATES:
            raise Conflict("import.state", state=job.state)
        job.state, job.finished_at = ImportState.CANCELLED, now
        job.save(update_fields=["state", "finished_at"])
        audit.record(
            actor=actor, action="import.cancel", kind="import", subject=job_id, rows_read=job.rows_read
        )
        transaction.on_commit(lambda: Path(job.file_path).unlink(missing_ok=True))


def resume_unfinished() -> int:
    """Queue every import again that was interrupted; called when the app starts. Returns how many."""
    waiting = (ImportState.QUEUED, ImportState.CHECKING, ImportState.RUNNING)
    ids = list(ImportJob.objects.filter(state__in=waiting).order_by("id").values_list("id", flat=True))
    for job_id in ids:
        enqueue(job_id)
    return len(ids)


def drop_abandoned(*, now: datetime) -> int:
    """Cancel imports whose mapping nobody confirmed, and delete their files; returns how many."""
    old = ImportJob.objects.filter(state=ImportState.MAPPING, created_at__lt=now - ABANDONED_AFTER)
    ids = list(old.values_list("id", flat=True))
    for job_id in ids:
        cancel_import(job_id, actor="system:import", now=now)
    return len(ids)


def _attributes() -> dict[str, AttributeSpec]:
    return {one.key: AttributeSpec(one.kind, one.choices) for one in Attribute.objects.all()}


def _notices(purpose: str) -> dict[str, int]:
    rows = Notice.objects.filter(purpose=purpose).values_list("key", "version", "id")
    return {f"{key} {version}": notice_id for key, version, notice_id in rows}


def _job(job_id: int, *, locked: bool = False) -> ImportJob:
    wanted = ImportJob.objects.select_for_update(of=("self",)) if locked else ImportJob.objects
    job = wanted.filter(pk=job_id).first()
    if job is None:
        raise NotFound("import.unknown", id=job_id)
    return job
