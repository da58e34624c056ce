"""Faults of the machine around a command, as errors that have words: the disk, rights, the database.

What is none of these is a fault of ours, and keeps its traceback.
"""

from __future__ import annotations

import errno
import os
import pwd
import socket
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.db import Error as DjangoDatabaseError
from django.db import connection

from xinfeng.foundation.settings import Settings
from xinfeng.kernel.errors import Conflict

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)
_NO_FOLDER = (errno.ENOTDIR, errno.EEXIST)

FAULTS = (OSError, DjangoDatabaseError, psycopg.Error)
"""What `named` may know something about."""


def named(fault: BaseException, settings: Settings) -> Conflict | None:
    """The fault as a Conflict, or None when it is none of the surroundings'.

    Codes: `disk.full` (folder), `file.not_allowed` (file, fault, owner, user), `file.not_a_folder` (file),
    `database.unreachable` (where, fault), `database.rights` (fault), `database.older`.
    """
    if isinstance(fault, OSError):
        return _of_the_disk(fault, settings)
    cause = fault.__cause__ if isinstance(fault, DjangoDatabaseError) else fault
    return _of_the_database(cause, settings) if isinstance(cause, psycopg.Error) else None


def _of_the_disk(fault: OSError, settings: Settings) -> Conflict | None:
    if fault.errno in _FULL:
        return Conflict("disk.full", folder=str(fault.filename or settings.data))
    if not isinstance(fault.filename, str):
        return None
    file = Path(fault.filename)
    if fault.errno in _NOT_ALLOWED:
        return Conflict(
            "file.not_allowed",
            file=str(file),
            fault=os.strerror(fault.errno or 0),
            owner=_owner(
                settings.data if file.is_relative_to(settings.data) else file
            ),  # PostgreSQL's has another
            user=_name(os.geteuid()),
        )
    return Conflict("file.not_a_folder", file=str(file)) if fault.errno in _NO_FOLDER else None


def _of_the_database(fault: psycopg.Error, settings: Settings) -> Conflict | None:
    if isinstance(fault, psycopg.errors.DiskFull):
        return Conflict("disk.full", folder=str(settings.data))
    if isinstance(fault, psycopg.errors.InsufficientPrivilege):
        return Conflict("database.rights", fault=_first_line(fault))
    if isinstance(fault, psycopg.errors.UndefinedColumn | psycopg.errors.UndefinedTable):
        return Conflict("database.older") if _is_behind() else None
    if isinstance(fault, psycopg.OperationalError) and (
        fault.sqlstate is None or fault.sqlstate[:2] in ("08", "28", "3D", "53", "57")
    ):
        return Conflict("database.unreachable", where=_where(settings), fault=_first_line(fault))
    return None


def _is_behind() -> bool:
    """Whether this version knows migrations that the database has not had."""
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.recorder import MigrationRecorder

    connection.close()  # a transaction that has failed answers nothing
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    return bool(set(known) - set(MigrationRecorder(connection).applied_migrations()))


def _where(settings: Settings) -> str:
    """Which server, without the password."""
    if not settings.database_url:
        return str(settings.data / "postgres")
    parts = urlsplit(settings.database_url)
    try:
        port = parts.port or 5432
    except ValueError:
        port = 5432
    return f"{parts.hostname or socket.gethostname()}:{port}{parts.path}"


def _first_line(fault: psycopg.Error) -> str:
    return str(fault).strip().splitlines()[0] if str(fault).strip() else type(fault).__name__


def _owner(file: Path) -> str:
    """Whose the file is, or the nearest folder above it that we may look at."""
    for path in (file, *file.parents):
        try:
            return _name(path.stat().st_uid)
        except OSError:
            continue
    return "?"


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
