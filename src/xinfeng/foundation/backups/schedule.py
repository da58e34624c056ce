"""Backups that make themselves: every so many hours into a folder, of which the newest are kept.

One backup at a time, whoever makes it: an advisory lock that a process loses when it ends. What came of the last one
is remembered, good or bad, and audited; a failed one is tried again after `AGAIN`.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from procrastinate.contrib.django import app  # `jobs` calls us
from procrastinate.exceptions import AlreadyEnqueued

from xinfeng.foundation import audit, database, stored
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.backups.form import SUFFIX
from xinfeng.foundation.backups.writing import Made, create, file_for, name_begins
from xinfeng.kernel.errors import Conflict, InvalidInput, XinfengError

log = logging.getLogger(__name__)

RULES, LAST = "backup.schedule", "backup.last"
ACTOR = "system:backup"
JOB_NOW = "foundation.back_up_now"
AGAIN = timedelta(minutes=30)
SLACK = timedelta(minutes=5)
"""The job looks every ten minutes; a backup a little early keeps the hour."""
MOST_HOURS, MOST_KEPT = 168, 1000
_LOCK = 0x58_46_00_30
_HELD = """
select exists (select from pg_locks l join pg_database d on d.oid = l.database
  where d.datname = current_database() and l.locktype = 'advisory' and l.classid = 0 and l.objid = %s and l.granted)"""
_SPARE = 2**30
"""Stays free on the disk, which may be the database's own."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """`every_h` 0: none. `folder` is an absolute path on the host of `app`."""

    every_h: int = 0
    folder: str = ""
    keep: int = 7


@dataclass(frozen=True, slots=True)
class Standing:
    """How backups stand. `fault`: code of the last failure, when nothing has gone well since. `late`: a backup that
    should have been there for as long as one period is missing."""

    rules: Schedule
    last_good_at: datetime | None
    path: str
    bytes: int
    rows: int
    seconds: float
    fault: str
    failed_at: datetime | None
    late: bool

    @property
    def ok(self) -> bool:
        return not self.late and not self.fault


def current() -> Schedule:
    """The schedule in force."""
    said: dict[str, Any] = stored.read(RULES, {})
    return Schedule(int(said.get("every_h", 0)), str(said.get("folder", "")), int(said.get("keep", 7)))


def save(rules: Schedule, *, actor: str) -> None:
    """Audited. Raises InvalidInput `backup.every` (most), `backup.keep` (most), `backup.folder` (folder)."""
    if not 0 <= rules.every_h <= MOST_HOURS:
        raise InvalidInput("backup.every", most=MOST_HOURS)
    if not 1 <= rules.keep <= MOST_KEPT:
        raise InvalidInput("backup.keep", most=MOST_KEPT)
    if rules.every_h or rules.folder:
        _check_folder(rules.folder)
    with transaction.atomic():
        stored.write(RULES, asdict(rules), actor=actor)
        audit.record(actor=actor, action="backup.schedule", kind="backup", **asdict(rules))


def _check_folder(folder: str) -> None:
    """A folder that is there, that we may write to, and that is none of the live data's own."""
    path = Path(folder)
    if (
        not folder
        or "\0" in folder
        or not path.is_absolute()
        or not path.is_dir()
        or not os.access(path, os.W_OK)
    ):
        raise InvalidInput("backup.folder", folder=folder[:200])
    data = xinfeng_settings.load().data.resolve()
    if any(path.resolve().is_relative_to(data / name) for name in ("postgres", "keys", "uploads", "lens")):
        raise InvalidInput("backup.folder", folder=folder[:200])


def standing(*, now: datetime) -> Standing:
    """Asks two small rows."""
    rules = current()
    last: dict[str, Any] = stored.read(LAST, {})
    good, failed = _moment(last.get("good_at")), _moment(last.get("failed_at"))
    counts_from = good or _moment(last.get("first_due_at"))
    patience = timedelta(hours=2 * rules.every_h) + timedelta(hours=1)
    return Standing(
        rules=rules,
        last_good_at=good,
        path=str(last.get("path", "")),
        bytes=int(last.get("bytes", 0)),
        rows=int(last.get("rows", 0)),
        seconds=float(last.get("seconds", 0)),
        fault=str(last.get("fault", "")) if failed and (good is None or failed > good) else "",
        failed_at=failed,
        late=bool(rules.every_h and counts_from is not None and now - counts_from > patience),
    )


def make(
    path: Path, *, actor: str, now: datetime, passphrase: str | None = None, attended: bool = True
) -> Made:
    """`writing.create`, remembered and audited. Also raises Conflict `backup.under_way`, `backup.no_room`.

    A failure raises the alarm unless somebody is there to see it (`attended`): a person who mistyped a path knows."""
    began = time.monotonic()
    with _alone():
        try:
            _sweep(path.parent)
            _check_room(path.parent)
            made = create(path, now=now, passphrase=passphrase)
        except XinfengError as fault:
            if attended:
                audit.record(
                    actor=actor, action="backup.fail", kind="backup", subject=path.name[:60], fault=fault.code
                )
            else:
                _remember(actor, "backup.fail", {"failed_at": now.isoformat(), "fault": fault.code}, path)
            raise
        seconds = round(time.monotonic() - began, 1)
        facts = {
            "good_at": now.isoformat(),
            "path": str(made.path),
            "bytes": made.bytes,
            "rows": made.manifest.rows,
        }
        _remember(actor, "backup.make", facts | {"seconds": seconds, "fault": ""}, path)
    return made


def run_due(*, now: datetime) -> Made | None:
    """The job's: makes what is due and lets go of what is too many. A failure is remembered, not raised."""
    rules = current()
    if not rules.every_h:
        return None
    last: dict[str, Any] = stored.read(LAST, {})
    if not _is_due(rules, last, now):
        return None
    if "first_due_at" not in last:
        stored.write(LAST, last | {"first_due_at": now.isoformat()}, actor=ACTOR)
    return _make_in_folder(rules, actor=ACTOR, now=now)


def ask_now(*, actor: str) -> None:
    """One in the background, into the folder of the schedule, whether it is due or not. Raises InvalidInput
    `backup.folder` (folder), Conflict `backup.under_way`."""
    _check_folder(current().folder)
    if is_under_way():
        raise Conflict("backup.under_way")
    with suppress(AlreadyEnqueued), transaction.atomic():  # one that waits already will do
        app.configure_task(JOB_NOW, queueing_lock=JOB_NOW).defer(actor=actor)


def run_now(*, actor: str, now: datetime) -> Made | None:
    """The job's, asked for by somebody. A failure is remembered, not raised."""
    return _make_in_folder(current(), actor=actor, now=now)


def is_under_way() -> bool:
    """Whether some process is making one at this moment."""
    with database.connect() as connection:
        row = connection.execute(_HELD, (_LOCK,)).fetchone()
    return bool(row and row[0])


def _make_in_folder(rules: Schedule, *, actor: str, now: datetime) -> Made | None:
    try:
        _check_folder(rules.folder)
        made = make(file_for(Path(rules.folder), now=now), actor=actor, now=now, attended=False)
    except XinfengError as fault:
        if fault.code == "backup.under_way":
            return None
        log.error("no backup was made", extra={"fault": fault.code})
        if fault.code == "backup.folder":
            _remember(
                actor, "backup.fail", {"failed_at": now.isoformat(), "fault": fault.code}, Path(rules.folder)
            )
        return None
    _thin_out(Path(rules.folder), rules.keep)
    return made


def _is_due(rules: Schedule, last: dict[str, Any], now: datetime) -> bool:
    good, failed = _moment(last.get("good_at")), _moment(last.get("failed_at"))
    if failed is not None and (good is None or failed > good) and now - failed < AGAIN:
        return False
    return good is None or now - good >= timedelta(hours=rules.every_h) - SLACK


def _thin_out(folder: Path, keep: int) -> None:
    """The newest stay. Only what we named ourselves is touched."""
    for path in _ours(folder)[keep:]:
        path.unlink(missing_ok=True)
        log.info("an old backup was removed", extra={"file": path.name})


def _sweep(folder: Path) -> None:
    """What a crash left half written; nobody else is writing, we are alone."""
    for path in folder.glob(f".{name_begins()}*{SUFFIX}.partial"):
        path.unlink(missing_ok=True)


def _ours(folder: Path) -> list[Path]:
    ours = re.compile(re.escape(name_begins()) + r"\d{8}T\d{6}Z" + re.escape(SUFFIX)).fullmatch
    return sorted((path for path in folder.iterdir() if ours(path.name)), reverse=True)


@dataclass(frozen=True, slots=True)
class Lying:
    """A backup of ours in the folder."""

    name: str
    at: datetime
    bytes: int


def lying(*, most: int = 20) -> list[Lying]:
    """The newest backups in the folder of the schedule; none where it can't be read."""
    rules = current()
    if not rules.folder:
        return []
    found = []
    try:
        for path in _ours(Path(rules.folder))[:most]:
            made = datetime.strptime(path.name[len(name_begins()) :][:16], "%Y%m%dT%H%M%S%z")
            found.append(Lying(path.name, made, path.stat().st_size))
    except OSError:
        return []  # a folder that is away: the page says so by `standing`
    return found


@contextmanager
def _alone() -> Iterator[None]:
    connection = database.connect(autocommit=True)
    try:
        row = connection.execute("select pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
        if not (row and row[0]):
            raise Conflict("backup.under_way")
        yield
    finally:
        connection.close()


def _check_room(folder: Path) -> None:
    """A full disk would stop the database, where they share one."""
    last: dict[str, Any] = stored.read(LAST, {})
    try:
        free = shutil.disk_usage(folder).free
    except OSError as fault:
        raise Conflict("backup.cannot_write", file=str(folder), fault=fault.strerror or "") from None
    needed = int(last.get("bytes", 0) * 1.2) + _SPARE
    if free < needed:
        raise Conflict("backup.no_room", folder=str(folder), free_mb=free // 2**20, needed_mb=needed // 2**20)


def _remember(actor: str, action: str, facts: dict[str, Any], path: Path) -> None:
    with transaction.atomic():
        last: dict[str, Any] = stored.read(LAST, {})
        stored.write(LAST, last | facts, actor=actor)
        told = {name: value for name, value in facts.items() if name not in ("good_at", "failed_at", "path")}
        audit.record(actor=actor, action=action, kind="backup", subject=path.name[:60], **told)


def _moment(raw: Any) -> datetime | None:
    return datetime.fromisoformat(raw) if raw else None
