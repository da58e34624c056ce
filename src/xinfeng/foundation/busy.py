"""Whether something failed because the database had no room or no answer just then, so that asking again may help."""

from __future__ import annotations

import psycopg
from django.db import InterfaceError, OperationalError

RETRY_AFTER_S = 1
"""What callers are told to wait: connections come free in moments."""


def is_busy(error: BaseException | None) -> bool:
    """Whether the error, or what it was raised from, is the database's not having been there: no connection to be had,
    a lock that didn't come, a server that went away."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, OperationalError | InterfaceError | psycopg.OperationalError):
            return True
        seen.add(id(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return False
