"""Bring a database to the state this version needs: migrations, partitions around now."""

from __future__ import annotations

from django.core.management import call_command
from django.db import connection, transaction

from xinfeng.foundation.locks import hold_for_transaction
from xinfeng.foundation.partitions import cover_around
from xinfeng.kernel.errors import Conflict
from xinfeng.kernel.time import utc_now

_PREPARING = 0x58_46_00_04

OLDEST_SERVER = 17
"""Major version of PostgreSQL: `merge … returning` came with it."""


def check_server(version: int) -> None:
    """`version` as libpq gives it, for example 180001. Raises Conflict `database.too_old`."""
    if version // 10_000 < OLDEST_SERVER:
        raise Conflict("database.too_old", version=version // 10_000, at_least=OLDEST_SERVER)


def prepare() -> None:
    """Migrate and make the months ahead. Safe to call from several processes at once: they take turns.

    Raises Conflict `database.too_old`, before anything is changed.
    """
    with connection.cursor() as cursor:
        check_server(connection.connection.info.server_version)
        cursor.execute("select pg_advisory_lock(%s)", (_PREPARING,))
    try:
        call_command("migrate", verbosity=0, interactive=False)
        cover_partitions()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", (_PREPARING,))


def cover_partitions() -> None:
    """Make the partitions of the months around now; nightly, and at every start."""
    with transaction.atomic(), connection.cursor() as cursor:
        hold_for_transaction(cursor, _PREPARING)
        cover_around(cursor, utc_now())
