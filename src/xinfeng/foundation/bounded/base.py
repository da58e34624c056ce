"""A thread that asks for one connection too many waits a while, then fails with a sentence that says why.

Each request has a thread and each thread a connection; without a bound, a rush of requests would take all that
PostgreSQL has, and the gateway and the jobs would stand there without. Connections that are closed, or forgotten by a
thread that ended, give their seat back.
"""

from __future__ import annotations

import threading
import weakref
from typing import Any

from django.db import OperationalError
from django.db.backends.postgresql import base

from xinfeng.foundation import settings as xinfeng_settings

PATIENCE_S = 10.0
"""How long a thread waits for another to be done."""


class Seats:
    """`count` seats, for as many connections."""

    def __init__(self, count: int, *, patience_s: float = PATIENCE_S) -> None:
        self._count = count
        self._free = threading.BoundedSemaphore(count)
        self._patience_s = patience_s

    def take(self) -> None:
        """Raises OperationalError when none comes free in time."""
        if not self._free.acquire(timeout=self._patience_s):
            raise OperationalError(
                f"all {self._count} database connections of this process are in use; nothing came free in "
                f"{self._patience_s:g} s (XINFENG_DATABASE_CONNECTIONS)"
            )

    def give_back(self) -> None:
        self._free.release()


_seats = Seats(xinfeng_settings.load().database_connections)


class DatabaseWrapper(base.DatabaseWrapper):
    """What Django calls a connection."""

    seats = _seats
    _leave: weakref.finalize[Any, Any] | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self.seats.take()
        try:
            raw = super().get_new_connection(conn_params)
        except BaseException:
            self.seats.give_back()
            raise
        self._leave = weakref.finalize(raw, self.seats.give_back)
        return raw

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]
        finally:
            if self._leave is not None:
                self._leave()  # at most once, whoever comes first
                self._leave = None
