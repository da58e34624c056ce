"""How often a password may be guessed. Kept in PostgreSQL, so that it binds every process and survives restarts.

A try is counted before it is judged and given back when it was right: tries that come all at once are no more than
tries one after the other. They count for one user name from one address, so that nobody can lock out a colleague from
elsewhere; an address as a whole has a higher limit against guessing many names. Wrong passwords for one name from very
many addresses add up too: then strange addresses have one try a minute between them. Where the person has signed in
lately is no strange address, so whoever guesses from elsewhere slows down strangers only, and locks nobody out for
good: she goes on from where she always is, takes one of the tries, or has an administrator set a new password. Who has an IPv6 address has 2^64 of
them: their network counts. After the limit the address waits; a successful login forgets the failures of that name.
Wrong codes of a second factor count with wrong passwords, and also for the person from wherever they come: who may
guess codes knows her password already. The audit log never holds what was typed as a user name, unless it is one:
people type passwords into the wrong field.
"""

from __future__ import annotations

import hashlib
import ipaddress
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction

from xinfeng.foundation import audit
from xinfeng.foundation.models import AuditEntry, LoginFailures, User
from xinfeng.kernel.errors import NotAllowed

MOST_FAILURES = 5
"""Per user name and address (GB/T 22239—2019 asks for a limit and names none; five is usual)."""
MOST_FAILURES_OF_ADDRESS = 50
MOST_WRONG_CODES = 20
"""Per person, from all addresses together: one in 17,000 of guessing a code that way in a quarter of an hour."""
MOST_FAILURES_FROM_ANYWHERE = 40
"""Per user name, from all strange addresses together; then one try for each SLOWED_FOR. With it no name has more than
100 wrong passwords an hour (OWASP ASVS 4.0.3, 2.2.1)."""
SLOWED_FOR = timedelta(minutes=1)
SUMMED_FOR = timedelta(hours=1)
"""Failures from anywhere count together while each comes within this time after the one before."""
KNOWN_FOR = timedelta(days=90)
"""For so long an address is known as a person's after she has signed in from there."""
COUNTED_FOR = timedelta(minutes=15)
"""Failures count together while each comes within this time after the one before."""
LOCKED_FOR = timedelta(minutes=15)


@contextmanager
def trying(username: str, address: str, *, now: datetime, factor: str = "password") -> Iterator[None]:
    """Around judging a password or, with factor `code`, a code. What raises NotAllowed in here was wrong.

    Raises NotAllowed `login.locked` with `minutes`, `login.slow` while this name may not be tried from this address.
    """
    begin(username, address, now=now, factor=factor)
    try:
        yield
    except NotAllowed:
        record_failure(username, address, now=now, factor=factor)
        raise
    except BaseException:
        give_back(username, address, now=now, factor=factor)
        raise
    give_back(username, address, now=now, factor=factor)


def begin(username: str, address: str, *, now: datetime, factor: str = "password") -> None:
    """Count a try that is about to be judged. Raises NotAllowed `login.locked` with `minutes`, `login.slow`; then
    nothing counts.

    What follows is `record_failure`, `record_success` or `give_back`.
    """
    counters = _counters(username, address, factor, now)
    with transaction.atomic():
        for one in counters:
            with connection.cursor() as cursor:
                cursor.execute(
                    _COUNT,
                    {
                        "key": one.key,
                        "now": now,
                        "forget": now - one.counted_for,
                        "at_most": one.at_most,
                        "until": now + one.locked_for,
                    },
                )
                counted = cursor.rowcount > 0
            if not counted:
                if one.locked_for == SLOWED_FOR:
                    raise NotAllowed("login.slow")
                raise NotAllowed("login.locked", minutes=_minutes_left([each.key for each in counters], now))


def give_back(username: str, address: str, *, now: datetime, factor: str = "password") -> None:
    """The try was right, or could not be judged: it counts for nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        for one in _counters(username, address, factor, now):
            cursor.execute(_GIVE_BACK, {"key": one.key, "at_most": one.at_most})


def record_failure(username: str, address: str, *, now: datetime, factor: str = "password") -> None:
    """The try was wrong: it stays counted, and the audit log says whether that locked."""
    known = User.objects.filter(username=username) if "\x00" not in username else User.objects.none()
    user = known.only("pk", "username").first()
    keys = [one.key for one in _counters(username, address, factor, now)]
    with transaction.atomic():
        audit.record(
            actor=user.username if user else "system:login",
            action="login.failed",
            kind="user",
            subject=user.pk if user else "",
            address=address or None,
            locked=LoginFailures.objects.filter(key__in=keys, locked_until__isnull=False).exists(),
            factor=factor,
        )


def record_success(user: User, address: str, *, factor: str = "password") -> None:
    """Forget the failures of this name from this address, and note the login. `factor`: the last one given."""
    with transaction.atomic():
        keys = [_of_name(user.username, address).key, _codes_of(user.username).key]
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
    old = LoginFailures.objects.filter(last_at__lt=now - max(COUNTED_FOR + LOCKED_FOR, SUMMED_FOR))
    return old.delete()[0]


def forget(username: str) -> None:
    """Lift the lock of a name, wherever it was tried from: an administrator has set a new password."""
    LoginFailures.objects.filter(key__startswith=_prefix(username)).delete()
    LoginFailures.objects.filter(key__in=[_codes_of(username).key, _from_anywhere(username).key]).delete()


class _Counter(NamedTuple):
    """A row that counts, its limit, how long its failures count together, and how long it locks."""

    key: str
    at_most: int
    counted_for: timedelta = COUNTED_FOR
    locked_for: timedelta = LOCKED_FOR


def _counters(username: str, address: str, factor: str, now: datetime) -> list[_Counter]:
    """The counters a try belongs to; always in the same order, so that no two wait for each other."""
    counters = [
        _of_name(username, address),
        _Counter(f"address:{_network(address)}", MOST_FAILURES_OF_ADDRESS),
    ]
    if factor != "password":
        return [*counters, _codes_of(username)]
    return counters if _is_known(username, address, now) else [*counters, _from_anywhere(username)]


def _of_name(username: str, address: str) -> _Counter:
    return _Counter(_prefix(username) + _network(address), MOST_FAILURES)


def _from_anywhere(username: str) -> _Counter:
    return _Counter("anywhere:" + _prefix(username), MOST_FAILURES_FROM_ANYWHERE, SUMMED_FOR, SLOWED_FOR)


def _is_known(username: str, address: str, now: datetime) -> bool:
    """Whether the person of this name has signed in from there lately."""
    if "\x00" in username:
        return False
    came = AuditEntry.objects.filter(
        actor=_plain(username), action="login", at__gt=now - KNOWN_FOR, address__isnull=False
    )
    network = _network(address)
    return any(
        _network(str(one)) == network for one in came.values_list("address", flat=True).distinct()[:200]
    )


def _network(address: str) -> str:
    """What one sender has for certain: an IPv4 address, or the /64 network of an IPv6 address (RFC 6177)."""
    try:
        given = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:60]
    if isinstance(given, ipaddress.IPv4Address):
        return str(given)
    if given.ipv4_mapped is not None:
        return str(given.ipv4_mapped)
    return str(ipaddress.ip_network((given, 64), strict=False))


def _minutes_left(keys: list[str], now: datetime) -> int:
    until = (
        LoginFailures.objects.filter(key__in=keys, locked_until__gt=now)
        .order_by("-locked_until")
        .values_list("locked_until", flat=True)
        .first()
    )
    return 1 if until is None else -(-int((until - now).total_seconds()) // 60)


def _codes_of(username: str) -> _Counter:
    """The counter of wrong codes of a person, from anywhere."""
    return _Counter("code:" + _prefix(username), MOST_WRONG_CODES)


def _prefix(username: str) -> str:
    """Hashed: what was typed as a user name may be a password. Folded as names are when somebody signs in: else each
    way to write a name (full-width letters, capitals) would have tries of its own."""
    plain = _plain(username).casefold()
    return "name:" + hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:32] + ":"


def _plain(username: str) -> str:
    return unicodedata.normalize("NFKC", username).strip()


_COUNT = """
insert into login_failures as known (key, failures, last_at) values (%(key)s, 1, %(now)s)
on conflict (key) do update set
  failures = case when known.last_at < %(forget)s then 1 else known.failures + 1 end,
  last_at = %(now)s,
  locked_until = case
    when (case when known.last_at < %(forget)s then 1 else known.failures + 1 end) >= %(at_most)s
    then %(until)s else null end
where known.locked_until is null or known.locked_until <= %(now)s
"""
_GIVE_BACK = """
update login_failures set
  failures = greatest(failures - 1, 0),
  locked_until = case when failures - 1 < %(at_most)s then null else locked_until end
where key = %(key)s
"""
