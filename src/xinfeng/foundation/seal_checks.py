"""Checking the audit log against its seals, nightly or on demand: how far it is, and what the last check found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from xinfeng.foundation import audit, stored
from xinfeng.foundation.checks import CheckProgress, LongCheck
from xinfeng.foundation.seal_verifying import SealReport, verify

STORED_KEY = "foundation.seal_check"
JOB = "foundation.check_seals"
_ACTOR = "system:audit"
_CHECK = LongCheck(JOB, "foundation.seal_check_progress", _ACTOR, 50_000)


@dataclass(frozen=True, slots=True)
class SealCheck:
    """What the last finished check found; see `seal_verifying.SealReport`."""

    at: datetime
    entries: int
    seals: int
    head_seq: int
    head_digest: str
    head_at: datetime | None
    deposited: bool
    unsealed: int
    backdated: list[int]
    dropped: list[str]
    fault: str | None
    where: int | None

    @property
    def whole(self) -> bool:
        return self.fault is None


def last_check() -> SealCheck | None:
    """None until one has finished."""
    found: dict[str, Any] | None = stored.read(STORED_KEY, None)
    if not found:
        return None
    head_at = found["head_at"]
    return SealCheck(
        **{
            **found,
            "at": datetime.fromisoformat(found["at"]),
            "head_at": datetime.fromisoformat(head_at) if head_at else None,
        }
    )


def progress() -> CheckProgress | None:
    """None when no check is waiting or under way."""
    return _CHECK.progress()


def request_check(*, actor: str) -> None:
    """Let a worker check the log; one that waits already is enough."""
    _CHECK.request(actor=actor, action="audit.check", kind="audit")


def run_check(*, now: datetime) -> SealReport:
    """Check everything and remember what came of it."""
    report = _CHECK.run(verify)
    remember(report, now=now)
    return report


def remember(report: SealReport, *, now: datetime) -> None:
    """Keep what a check found; a fault is an entry of the log itself."""
    found = SealCheck(
        now,
        report.entries,
        report.seals,
        report.head.seq,
        report.head.digest.hex(),
        report.head.at,
        report.deposited,
        report.unsealed,
        list(report.backdated),
        list(report.dropped),
        report.fault,
        report.where,
    )
    head_at = report.head.at.isoformat() if report.head.at else None
    with transaction.atomic():
        stored.write(STORED_KEY, {**asdict(found), "at": now.isoformat(), "head_at": head_at}, actor=_ACTOR)
        _CHECK.finished()
        if not report.whole:
            audit.record(
                actor=_ACTOR, action="audit.broken", kind="audit", subject=report.where, fault=report.fault
            )
