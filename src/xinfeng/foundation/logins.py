"""How often a password may be guessed. Kept in PostgreSQL, so that it binds every process and survives restarts.

Failures count for one user name from one address, so that nobody can lock out a colleague from elsewhere; an
address as a whole has a higher limit against guessing many names. After the limit the address waits; a
successful login forgets the failures of that name. Wrong codes of a second factor count with wrong passwords, and
also for the person from wherever they come: who may guess codes knows her password already. The audit log never holds what was typed as a user name,
unless it is one: people type passwords into the wrong field.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from xinfeng.foundation import audit
from xinfeng.foundation.models import AuditEntry, LoginFailures, User
from xinfeng.kernel.errors import NotAllowed

MOST_FAILURES = 5
"""Per user name and address (GB/T 22239—2019 asks for a limit and names none; five is usual)."""
MOST_FAILURES_OF_ADDRESS = 50
MOST_WRONG_CODES = 20
"""Per person, from all addresses together: one in 17,000 of guessing a code that way in a quarter of an hour."""
COUNTED_FOR = timedelta(minutes=15)
"""Failures count together while each comes within this time after the one before."""
LOCKED_FOR = timedelta(minutes=15)


def check(username: str, address: str, *, now: datetime) -> None:
    """Raises NotAllowed `login.locked` with `minutes` while this name may not be tried from this address."""
    _refuse_locked(_keys(username, address), now)


def check_code(username: str, address: str, *, now: datetime) -> None:
    """As `check`, for a code of the second factor."""
    _refuse_locked([*_keys(username, address), _codes_of(username)], now)


def _refuse_locked(counters: list[tuple[str, int]], now: datetime) -> None:
    keys = [key for key, _ in counters]
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
    _record(username, address, _keys(username, address), "password", now)


def record_wrong_code(username: str, address: str, *, now: datetime) -> None:
    """As `record_failure`, for a code of the second factor."""
    _record(username, address, [*_keys(username, address), _codes_of(username)], "code", now)


def _record(username: str, address: str, counters: list[tuple[str, int]], factor: str, now: datetime) -> None:
    user = User.objects.filter(username=username).only("pk", "username").first()
    with transaction.atomic():
        locked = False
        for key, at_most in counters:
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
            factor=factor,
        )


def record_success(user: User, address: str, *, factor: str = "password") -> None:
    """Forget the failures of this name from this address, and note the login. `factor`: the last one given."""
    with transaction.atomic():
        keys = [_keys(user.username, address)[0][0], _codes_of(user.username)[0]]
        LoginFailures.objects.filter(key__in=keys).delete()
        audit.record(
            actor=user.username,
            action="login",
            kind="user",
            subject=user.pk,
            address=address or None,
            factor=factor,
        )


@dataclass(frozen=True)
class Since:
    """What happened to an account: logins that failed, changes of password or second factor by somebody else."""

    failures: int
    changes: int


def since(user: User, at: datetime) -> Since:
    """What the log says about an account after a time."""
    entries = AuditEntry.objects.filter(object_kind="user", object_id=str(user.pk), at__gt=at)
    changed = entries.filter(action__in=("user.password", "second_factor.reset")).exclude(actor=user.username)
    return Since(entries.filter(action="login.failed").count(), changed.count())


def forget_old(*, now: datetime) -> int:
    """Remove what no longer counts; returns how many rows."""
    old = LoginFailures.objects.filter(last_at__lt=now - COUNTED_FOR - LOCKED_FOR)
    return old.delete()[0]


def forget(username: str) -> None:
    """Lift the lock of a name, wherever it was tried from: an administrator has set a new password."""
    LoginFailures.objects.filter(key__startswith=_prefix(username)).delete()
    LoginFailures.objects.filter(key=_codes_of(username)[0]).delete()


def _keys(username: str, address: str) -> list[tuple[str, int]]:
    """The counters a try belongs to, with their limits."""
    return [(_prefix(username) + address, MOST_FAILURES), (f"address:{address}", MOST_FAILURES_OF_ADDRESS)]


def _codes_of(username: str) -> tuple[str, int]:
    """The counter of wrong codes of a person, from anywhere."""
    return "code:" + _prefix(username), MOST_WRONG_CODES


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
