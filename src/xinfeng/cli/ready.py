"""What a command needs before it touches data: PostgreSQL running and migrated, Django set up, logs quiet."""

from __future__ import annotations

import atexit
import fcntl
import os
from typing import IO

import django

from xinfeng.foundation import logs
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.postgres import EmbeddedPostgres
from xinfeng.kernel.errors import Conflict

_is_ready = False
_LASTING = ("up", "app", "gateway")
_in_use: IO[str] | None = None
"""Held shared for as long as this process uses the embedded PostgreSQL."""


def ready(*, process: str = "command", log_level: str | None = None) -> xinfeng_settings.Settings:
    """Make the house usable for this process; an embedded PostgreSQL that we had to start is stopped at exit."""
    global _is_ready
    settings = xinfeng_settings.load()
    if _is_ready:
        return settings
    logs.set_up(process, log_level or ("WARNING" if process == "command" else settings.log_level))
    start_postgres(settings, lasting=process in _LASTING)
    settings.uploads.mkdir(parents=True, exist_ok=True, mode=0o700)
    set_up_django()
    if process != "command" or not settings.door_socket.exists():  # a running app has prepared it
        from xinfeng.foundation.preparation import prepare

        prepare()
        check_keys(settings)
        erase_again()
    else:
        check_keys(settings)
    _is_ready = True
    return settings


def check_keys(settings: xinfeng_settings.Settings) -> None:
    """Raises Conflict `vault.keys_missing`, `vault.keys_other`, `vault.keys_unreadable`."""
    from xinfeng.foundation.keys import recognise, take_up
    from xinfeng.foundation.vault import vault

    if fault := recognise(settings.key_file):
        raise Conflict(f"vault.keys_{fault.value}", file=str(settings.key_file))
    take_up(vault())


def erase_again() -> None:
    """Before anything is read or sent: the database may have come from a backup, and with it people who were erased."""
    from xinfeng.kernel.time import utc_now
    from xinfeng.privacy.replay import replay

    replay(now=utc_now())


def start_postgres(settings: xinfeng_settings.Settings, *, lasting: bool = False) -> None:
    """Start the embedded server unless it runs already or a database URL is given.

    Who started it stops it at exit, unless others have come to use it; then the last `lasting` process does.
    """
    global _in_use
    if settings.database_url:
        return
    server = EmbeddedPostgres(settings)
    server.sockets.mkdir(exist_ok=True, mode=0o700)
    _in_use = (server.sockets / "in-use.lock").open("a")
    fcntl.flock(_in_use, fcntl.LOCK_SH)  # waits while somebody stops it
    started = server.pid() is None
    if started:
        server.start()
    if started or lasting:
        atexit.register(_stop_unless_used, server, _in_use)


def _stop_unless_used(server: EmbeddedPostgres, in_use: IO[str]) -> None:
    try:
        fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    server.stop()


def set_up_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xinfeng.foundation.django_settings")
    django.setup()
