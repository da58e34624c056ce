"""Background entry points of consent."""

from __future__ import annotations

from django.db import close_old_connections

from xinfeng.consent import ledger_checks, notices, proof_files
from xinfeng.foundation.jobs import app
from xinfeng.kernel.time import utc_now


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="consent.retire_overtaken", queueing_lock="consent.retire_overtaken")  # type: ignore[untyped-decorator]
def retire_overtaken(timestamp: int) -> None:
    """Let consent to wordings that no longer stand go stale."""
    close_old_connections()
    notices.retire_overtaken(now=utc_now())


@app.periodic(cron="20 20 * * *")  # type: ignore[untyped-decorator]  # 04:20 in Shanghai
@app.task(name=ledger_checks.JOB, queueing_lock=ledger_checks.JOB)  # type: ignore[untyped-decorator]
def check_ledger(timestamp: int) -> None:
    """Check the whole ledger against its chain."""
    close_old_connections()
    ledger_checks.run_check(now=utc_now())


@app.periodic(cron="25 20 * * *")  # type: ignore[untyped-decorator]
@app.task(name="consent.remove_proofs", queueing_lock="consent.remove_proofs")  # type: ignore[untyped-decorator]
def remove_proofs(timestamp: int) -> None:
    """Delete the files of proofs that were drawn up a week ago."""
    close_old_connections()
    proof_files.remove_old(now=utc_now())
