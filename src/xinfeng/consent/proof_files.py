"""Proof bundles that a job draws up: where they lie, who asked, and when their files go.

Files lie in the data folder under `proofs`, readable by their owner only, for `KEPT` after they were made: they hold
personal data, and whoever asked has fetched them by then. What was handed out, to whom and why stays.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction

from xinfeng.consent.bundle.writing import Written
from xinfeng.consent.bundles import check_reason
from xinfeng.consent.models import ProofFile, ProofState
from xinfeng.foundation import audit
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import Conflict, NotFound, XinfengError

KEPT = timedelta(days=7)
OPEN = (ProofState.QUEUED, ProofState.WRITING)


def folder() -> Path:
    """Where files of proofs lie; made on first use."""
    path = xinfeng_settings.load().data / "proofs"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def request(
    *, kind: str, subject_id: int, rows: int, reason: str, reveal: bool, actor: str, now: datetime
) -> ProofFile:
    """Note that a proof was asked for. Raises InvalidInput `proof.no_reason`, Conflict `proof.under_way`."""
    reason = check_reason(reason)
    with transaction.atomic():
        if ProofFile.objects.filter(kind=kind, subject_id=subject_id, state__in=OPEN).exists():
            raise Conflict("proof.under_way")
        made = ProofFile.objects.create(
            kind=kind,
            subject_id=subject_id,
            reason=reason,
            revealed=reveal,
            rows_total=rows,
            requested_by=actor,
            requested_at=now,
        )
        audit.record(
            actor=actor, action=f"proof.{kind}", kind=kind, subject=subject_id, reason=reason, revealed=reveal
        )
    return made


def write(proof_id: int, draw_up: Callable[[ProofFile, Path], Written], *, now: datetime) -> ProofFile:
    """Have a proof drawn up that was asked for; one that a crash interrupted is begun again."""
    proof = of(proof_id)
    if proof.state not in OPEN:
        return proof
    ProofFile.objects.filter(pk=proof_id).update(state=ProofState.WRITING, rows_done=0)
    target = folder() / f"{proof.kind}-{proof_id}.zip"
    target.unlink(missing_ok=True)
    try:
        written = draw_up(proof, target)
    except XinfengError as fault:
        ProofFile.objects.filter(pk=proof_id).update(
            state=ProofState.FAILED, fault=fault.code[:60], finished_at=now
        )
        return of(proof_id)
    with transaction.atomic():
        ProofFile.objects.filter(pk=proof_id).update(
            state=ProofState.DONE,
            rows_done=proof.rows_total,
            file_path=str(target),
            file_bytes=written.bytes,
            file_sha256=written.sha256,
            finished_at=now,
        )
        audit.record(
            actor=proof.requested_by, action="proof.drawn_up", kind=proof.kind, subject=proof.subject_id,
            sha256=written.sha256,
        )  # fmt: skip
    return of(proof_id)


def tell(proof_id: int, done: int) -> None:
    """How many rows are written."""
    ProofFile.objects.filter(pk=proof_id).update(rows_done=done)


def of(proof_id: int) -> ProofFile:
    """Raises NotFound `proof.unknown`."""
    found = ProofFile.objects.filter(pk=proof_id).first()
    if found is None:
        raise NotFound("proof.unknown", id=proof_id)
    return found


def proofs_of(kind: str, subject_id: int, *, limit: int = 10) -> list[ProofFile]:
    """Those asked for, the latest first."""
    return list(ProofFile.objects.filter(kind=kind, subject_id=subject_id).order_by("-pk")[:limit])


def fetch(proof_id: int, *, actor: str) -> Path:
    """The file, for a download; audited. Raises NotFound `proof.unknown`, `proof.file_gone`."""
    proof = of(proof_id)
    path = Path(proof.file_path)
    if proof.state != ProofState.DONE or not path.is_file():
        raise NotFound("proof.file_gone", id=proof_id)
    audit.record(
        actor=actor, action="proof.fetch", kind=proof.kind, subject=proof.subject_id, sha256=proof.file_sha256
    )
    return path


def remove_old(*, now: datetime) -> int:
    """Delete files older than KEPT; returns how many."""
    old = ProofFile.objects.filter(state=ProofState.DONE, finished_at__lt=now - KEPT)
    count = 0
    for proof in old:
        Path(proof.file_path).unlink(missing_ok=True)
        count += ProofFile.objects.filter(pk=proof.pk).update(state=ProofState.REMOVED)
    return count
