"""How the parts of this deployment fare, asked in a few milliseconds."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max
from procrastinate.contrib.django.models import ProcrastinateWorker

from xinfeng.channels.models import Channel, ConnectionState
from xinfeng.channels.reads import channels
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.backups import schedule
from xinfeng.kernel.errors import XinfengError
from xinfeng.lens.engine import lens

WORKER_SEEN_WITHIN = timedelta(seconds=30)
"""A worker writes its heartbeat every 10 s."""
DISK_FREE = 2**30
"""Below a gibibyte PostgreSQL may stop at any time."""
GATEWAY_SEEN_WITHIN = timedelta(seconds=10)
"""A gateway writes the state of its connections every second."""


@dataclass(frozen=True)
class Part:
    """One part; `detail` holds plain values for a person or a monitor. `grave` False: worth an alarm, but the house goes
    on serving, so that nobody who restarts what is ill by /healthz restarts it for a carrier's fault."""

    name: str
    ok: bool
    grave: bool = field(default=True, kw_only=True)
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Health:
    parts: tuple[Part, ...]

    @property
    def ok(self) -> bool:
        return all(part.ok for part in self.parts)

    @property
    def serves(self) -> bool:
        return all(part.ok or not part.grave for part in self.parts)


def examine(*, now: datetime) -> Health:
    """Every part in turn; without a database the others can't be asked."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
        return Health(
            (
                Part("database", ok=True), _migrations(), _lens(), _worker(now), _gateway(now), _channels(now),
                _backup(now), _disk(),
            )
        )  # fmt: skip
    except DatabaseError as fault:
        return Health((Part("database", ok=False, detail={"fault": type(fault).__name__}),))


def _migrations() -> Part:
    applied = set(MigrationRecorder(connection).applied_migrations())
    missing = len(_known_migrations() - applied)
    return Part("migrations", ok=missing == 0, detail={"missing": missing})


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def _lens() -> Part:
    try:
        copy = lens()
    except XinfengError as fault:
        return Part("lens", ok=False, detail={"fault": fault.code})
    return Part(
        "lens", ok=True, detail={"age_s": round(copy.age_s, 1), "refresh_s": round(copy.last.seconds, 3)}
    )


def _worker(now: datetime) -> Part:
    seen = ProcrastinateWorker.objects.aggregate(seen=Max("last_heartbeat"))["seen"]
    ok = seen is not None and now - seen <= WORKER_SEEN_WITHIN
    return Part("worker", ok=ok, detail={"seen_s_ago": _ago(seen, now)})


def _gateway(now: datetime) -> Part:
    channels, seen = _gateway_seen()
    return Part(
        "gateway",
        ok=not _is_silent(channels, seen, now),
        detail={"channels": channels, "seen_s_ago": _ago(seen, now)},
    )


def gateway_is_silent(now: datetime) -> bool:
    """Whether channels are switched on and no gateway tells of any. Where none is, there is nothing for a gateway to show
    itself by."""
    channels, seen = _gateway_seen()
    return _is_silent(channels, seen, now)


def _gateway_seen() -> tuple[int, datetime | None]:
    channels = Channel.objects.filter(enabled=True).count()
    return channels, ConnectionState.objects.aggregate(seen=Max("seen_at"))["seen"]


def _is_silent(channels: int, seen: datetime | None, now: datetime) -> bool:
    return channels > 0 and (seen is None or now - seen > GATEWAY_SEEN_WITHIN)


def _channels(now: datetime) -> Part:
    """Those that are switched on and have no connection, by number; nobody outside learns their names here."""
    down = [row.id for row in channels(now=now) if row.enabled and not row.ready]
    return Part("channels", ok=not down, grave=False, detail={"down": down})


def _backup(now: datetime) -> Part:
    standing = schedule.standing(now=now)
    hours = (
        None
        if standing.last_good_at is None
        else round((now - standing.last_good_at).total_seconds() / 3600, 1)
    )
    detail = {
        "age_h": hours,
        "every_h": standing.rules.every_h,
        "fault": standing.fault,
        "late": standing.late,
    }
    return Part("backup", ok=standing.ok, grave=False, detail=detail)


def free_bytes() -> int:
    """On the disk of the data folder."""
    return shutil.disk_usage(xinfeng_settings.load().data).free


def _disk() -> Part:
    free = free_bytes()
    return Part("disk", ok=free >= DISK_FREE, detail={"free_mb": free // 2**20})


def _ago(seen: datetime | None, now: datetime) -> float | None:
    return None if seen is None else round((now - seen).total_seconds(), 1)
