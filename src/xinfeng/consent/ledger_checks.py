"""Checking the whole ledger, nightly or on demand: how far it is, and what the last check found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from xinfeng.consent.bundle.form import spell_time
from xinfeng.consent.models import LedgerHead
from xinfeng.consent.verify import LedgerReport, verify_ledger
from xinfeng.foundation import audit, stored
from xinfeng.foundation.checks import CheckProgress, LongCheck

STORED_KEY = "consent.ledger_check"
JOB = "consent.check_ledger"
_ACTOR = "system:consent"
_CHECK = LongCheck(JOB, "consent.ledger_check_progress", _ACTOR, 100_000)


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """What the last finished check found; `fault` as in `consent.verify.LedgerReport`."""

    at: datetime
    entries: int
    head_seq: int
    fault: str | None
    broken_seq: int | None

    @property
    def whole(self) -> bool:
        return self.fault is None


def last_check() -> LedgerCheck | None:
    """None until one has finished."""
    found: dict[str, Any] | None = stored.read(STORED_KEY, None)
    return LedgerCheck(**{**found, "at": datetime.fromisoformat(found["at"])}) if found else None


def progress() -> CheckProgress | None:
    """None when no check is waiting or under way."""
    return _CHECK.progress()


def request_check(*, actor: str) -> None:
    """Let a worker check the ledger; one that waits already is enough."""
    head: int = LedgerHead.objects.values_list("seq", flat=True).get(pk=1)
    _CHECK.request(actor=actor, action="consent.check", kind="ledger", in_all=head)


def run_check(*, now: datetime) -> LedgerReport:
    """Check every entry and remember what came of it."""
    report = _CHECK.run(verify_ledger)
    remember(report, now=now)
    return report


def remember(report: LedgerReport, *, now: datetime) -> None:
    """Keep what a check found."""
    found = LedgerCheck(now, report.entries, report.head_seq, report.fault, report.broken_seq)
    with transaction.atomic():
        stored.write(STORED_KEY, {**asdict(found), "at": now.isoformat()}, actor=_ACTOR)
        _CHECK.finished()
        if not report.whole:
            audit.record(
                actor=_ACTOR, action="consent.ledger_broken", kind="ledger", subject=report.broken_seq,
                fault=report.fault,
            )  # fmt: skip


def for_manifest() -> dict[str, Any] | None:
    """The last check as a bundle's manifest tells it."""
    found = last_check()
    if found is None:
        return None
    return {
        "at": spell_time(found.at),
        "entries": found.entries,
        "head_seq": found.head_seq,
        "whole": found.whole,
        "broken_seq": found.broken_seq,
    }
