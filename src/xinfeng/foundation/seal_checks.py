"""Checking the audit log against its seals, nightly or on demand: how far it is, and what the last check found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from xinfeng.foundation import audit, stored
from xinfeng.foundation.seal_verifying import SealReport, verify

STORED_KEY = "foundation.seal_check"
PROGRESS_KEY = "foundation.seal_check_progress"
JOB = "foundation.check_seals"
_ACTOR = "system:audit"
_TELL_EVERY = 50_000


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


@dataclass(frozen=True, slots=True)
class CheckProgress:
    """A check that is waiting or under way."""

    requested_by: str
    done: int
    in_all: int


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
    found: dict[str, Any] | None = stored.read(PROGRESS_KEY, None)
    return CheckProgress(**found) if found else None


def request_check(*, actor: str) -> None:
    """Let a worker check the log; one that waits already is enough."""
    with transaction.atomic():
        audit.record(actor=actor, action="audit.check", kind="audit")
        _tell(CheckProgress(actor, 0, 0))
    try:
        with transaction.atomic():
            app.configure_task(JOB, queueing_lock=JOB).defer(timestamp=0)
    except AlreadyEnqueued:
        return


def run_check(*, now: datetime) -> SealReport:
    """Check everything and remember what came of it."""
    asked = progress()
    who = asked.requested_by if asked else _ACTOR

    def tell(done: int, in_all: int) -> None:
        if done % _TELL_EVERY == 0:
            _tell(CheckProgress(who, done, in_all))

    try:
        report = verify(tell)
    except BaseException:
        stored.write(PROGRESS_KEY, {}, actor=_ACTOR)
        raise
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
        stored.write(PROGRESS_KEY, {}, actor=_ACTOR)
        if not report.whole:
            audit.record(
                actor=_ACTOR, action="audit.broken", kind="audit", subject=report.where, fault=report.fault
            )


def _tell(at: CheckProgress) -> None:
    stored.write(PROGRESS_KEY, asdict(at), actor=_ACTOR)
