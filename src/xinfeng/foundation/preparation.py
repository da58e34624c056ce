"""Bring a database to the state this version needs: migrations, partitions around now.

Versions may run beside each other while hosts are upgraded one after the other. Migrations only add (what is no longer
used goes a version later), so a process of the former version that runs goes on. One that starts anew on a database
that a newer version has migrated does not start: it would read and write by rules that may have changed. A migration
waits a few seconds at most for a table that is in use, then lets everybody pass and tries again: nothing queues up
behind it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection

import psycopg
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from xinfeng.foundation.locks import hold_for_transaction
from xinfeng.foundation.partitions import cover_around
from xinfeng.kernel.errors import Conflict
from xinfeng.kernel.time import utc_now

_PREPARING = 0x58_46_00_06

RESTORING = "xinfeng_restoring"
"""A table that stands while a restore is under way; where one was broken off, it stays."""

OLDEST_SERVER = 17
"""Major version of PostgreSQL: `merge … returning` came with it."""


def check_server(version: int) -> None:
    """`version` as libpq gives it, for example 180001. Raises Conflict `database.too_old`."""
    if version // 10_000 < OLDEST_SERVER:
        raise Conflict("database.too_old", version=version // 10_000, at_least=OLDEST_SERVER)


_IN_THE_WAY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)
"""A table in use; a table that somebody uses who waits for one that the migration has."""

LOCK_TIMEOUT_S = 3
PATIENCE_S = 120.0
"""How long a migration tries to get its turn at a table before it gives up."""
REST_S = 1.0


def check_version(applied: Collection[tuple[str, str]], known: Collection[tuple[str, str]]) -> None:
    """Raises Conflict `database.newer` (missing) when a newer version has migrated the database.

    Newer is a migration whose number lies beyond all we know of its app; one we once had and no longer have is not.
    """
    newest: dict[str, int] = {}
    for app, name in known:
        newest[app] = max(newest.get(app, 0), _number(name))
    beyond = [
        f"{app}.{name}" for app, name in sorted(applied) if app in newest and _number(name) > newest[app]
    ]
    if beyond:
        raise Conflict("database.newer", missing=beyond[:5])


def _number(name: str) -> int:
    digits = re.match(r"\d+", name)
    return int(digits.group()) if digits else 0


def prepare() -> None:
    """Migrate and make the months ahead. Safe to call from several processes at once: they take turns.

    Raises Conflict `database.too_old`, `database.newer` (missing), `backup.unfinished` before anything is changed,
    `database.busy` (seconds).
    """
    with connection.cursor() as cursor:
        check_server(connection.connection.info.server_version)
        cursor.execute("select to_regclass(%s) is not null", (RESTORING,))
        if cursor.fetchone() == (True,):  # it looks like a new one: nobody should begin to work in it
            raise Conflict("backup.unfinished")
        cursor.execute("select pg_advisory_lock(%s)", (_PREPARING,))
    try:
        check_version(
            MigrationRecorder(connection).applied_migrations(),
            MigrationLoader(None, ignore_no_migrations=True).disk_migrations,
        )
        _migrate()
        cover_partitions()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", (_PREPARING,))


def _migrate() -> None:
    """What a table in use has held up is tried again from where it stopped: each migration is a transaction."""
    until = time.monotonic() + PATIENCE_S
    with connection.cursor() as cursor:
        cursor.execute("select set_config('lock_timeout', %s, false)", (f"{LOCK_TIMEOUT_S}s",))
    try:
        while True:
            try:
                call_command("migrate", verbosity=0, interactive=False)
                return
            except OperationalError as fault:
                if not isinstance(fault.__cause__, _IN_THE_WAY):
                    raise
                if time.monotonic() > until:
                    raise Conflict("database.busy", seconds=int(PATIENCE_S)) from None
            time.sleep(REST_S)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select set_config('lock_timeout', '0', false)")


def cover_partitions() -> None:
    """Make the partitions of the months around now; nightly, and at every start."""
    with transaction.atomic(), connection.cursor() as cursor:
        hold_for_transaction(cursor, _PREPARING)
        cover_around(cursor, utc_now())
