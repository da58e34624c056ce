"""How often a password may be guessed. Kept in PostgreSQL, so that it binds every process and survives restarts.

Failures count for one user name from one address, so that nobody can lock out a colleague from elsewhere; an
address as a whole has a higher limit against guessing many names. After the limit the address waits; a
successful login forgets the failures of that name. The audit log never holds what was typed as a user name,
unless it is one: people type passwords into the wrong field.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db import connection, transaction

from xinfeng.foundation import audit
from xinfeng.foundation.models import LoginFailures, User
from xinfeng.kernel.errors import NotAllowed

MOST_FAILURES = 5
"""Per user name and address (GB/T 22239—2019 asks for a limit and names none; five is usual)."""
MOST_FAILURES_OF_ADDRESS = 50
COUNTED_FOR = timedelta(minutes=15)
"""Failures count together while each comes within this time after the one before."""
LOCKED_FOR = timedelta(minutes=15)


def check(username: str, address: str, *, now: datetime) -> None:
    """Raises NotAllowed `login.locked` with `minutes` while this name may not be tried from this address."""
    keys = [key for key, _ in _keys(username, address)]
    until = (
        LoginFailures.objects.filter(key__in=keys, locked_until__gt=now)
        .order_by("-locked_until")
        .values_list("locked_until", flat=True)
        .first()
    )
    if until is not None:
        raise NotAllowed("login.locked", minutes=-(-int((until - now).total_seconds()) // 60))


def record_failure(username: str, address: str, *, now: datetime) -> None:
    """Count a wrong password, lock when there were too many, and write both into the audit log."""
    user = User.objects.filter(username=username).only("pk", "username").first()
    with transaction.atomic():
        locked = False
        for key, at_most in _keys(username, address):
            with connection.cursor() as cursor:
                cursor.execute(
                    _COUNT,
                    {
                        "key": key,
                        "now": now,
                        "forget": now - COUNTED_FOR,
                        "at_most": at_most,
                        "until": now + LOCKED_FOR,
                    },
                )
                row = cursor.fetchone()
            locked = locked or bool(row and row[0])
        audit.record(
            actor=user.username if user else "system:login",
            action="login.failed",
            kind="user",
            subject=user.pk if user else "",
            address=address or None,
            locked=locked,
        )


def record_success(user: User, address: str) -> None:
    """Forget the failures of this name from this address, and note the login."""
    with transaction.atomic():
        LoginFailures.objects.filter(key=_keys(user.username, address)[0][0]).delete()
        audit.record(
            actor=user.username, action="login", kind="user", subject=user.pk, address=address or None
        )


def forget_old(*, now: datetime) -> int:
    """Remove what no longer counts; returns how many rows."""
    old = LoginFailures.objects.filter(last_at__lt=now - COUNTED_FOR - LOCKED_FOR)
    return old.delete()[0]


def forget(username: str) -> None:
    """Lift the lock of a name, wherever it was tried from: an administrator has set a new password."""
    LoginFailures.objects.filter(key__startswith=_prefix(username)).delete()


def _keys(username: str, address: str) -> list[tuple[str, int]]:
    """The counters a try belongs to, with their limits."""
    return [(_prefix(username) + address, MOST_FAILURES), (f"address:{address}", MOST_FAILURES_OF_ADDRESS)]


def _prefix(username: str) -> str:
    """Hashed: what was typed as a user name may be a password."""
    return "name:" + hashlib.sha256(username.strip().casefold().encode()).hexdigest()[:32] + ":"


_COUNT = """
insert into login_failures as known (key, failures, last_at) values (%(key)s, 1, %(now)s)
on conflict (key) do update set
  failures = case when known.last_at < %(forget)s then 1 else known.failures + 1 end,
  last_at = %(now)s,
  locked_until = case
    when (case when known.last_at < %(forget)s then 1 else known.failures + 1 end) >= %(at_most)s
    then %(until)s else known.locked_until end
returning locked_until is not null and locked_until > %(now)s
"""
