"""Background entry points of complaints."""

from __future__ import annotations

from django.db import close_old_connections

from xinfeng.complaints import actions, files, rates
from xinfeng.foundation.jobs import app
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import lens


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="complaints.match", queueing_lock="complaints.match")  # type: ignore[untyped-decorator]
def match(timestamp: int) -> None:
    """Every minute: look for the messages of complaints that came by file or API."""
    actions.match_waiting(now=utc_now())


@app.periodic(cron="*/10 * * * *")  # type: ignore[untyped-decorator]
@app.task(name="complaints.count", queueing_lock="complaints.count")  # type: ignore[untyped-decorator]
def count(timestamp: int) -> None:
    """Every ten minutes: count what was delivered of plans whose receipts still come."""
    rates.count_delivered(lens(), now=utc_now())


@app.task(name="complaints.take_file")  # type: ignore[untyped-decorator]
def take_file(file_id: int) -> None:
    """Take in the rows of a file that was confirmed."""
    close_old_connections()
    files.run(file_id, now=utc_now())


@app.periodic(cron="*/5 * * * *")  # type: ignore[untyped-decorator]
@app.task(name="complaints.resume_files", queueing_lock="complaints.resume_files")  # type: ignore[untyped-decorator]
def resume_files(timestamp: int) -> None:
    """Every five minutes: go on with files that a crash left behind, and remove what nobody confirmed."""
    files.resume_unfinished()
    files.drop_abandoned(now=utc_now())
