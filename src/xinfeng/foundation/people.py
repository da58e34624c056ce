"""Actions on users. Every change is audited; passwords are checked by the rules of `foundation.passwords`.

Who gets a password from somebody else changes it before anything else. A new password, another role and being
switched off end every session at once.
"""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from xinfeng.foundation import audit, logins, passwords, sessions
from xinfeng.foundation.models import Role, User
from xinfeng.foundation.security import SecuritySettings
from xinfeng.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from xinfeng.kernel.time import utc_now

INITIAL_PASSWORD_LIVES = timedelta(days=7)
"""A password made for somebody else is good for so long (OWASP ASVS 4.0.3, 2.3.1)."""


@dataclass(frozen=True)
class FirstUser:
    username: str
    password: str


def add_user(
    *, username: str, role: str, name: str, password: str, actor: str, must_change: bool = True
) -> User:
    """Raises InvalidInput (`user.role`, `user.username`, or why the password is not taken: `password.…`) or Conflict `user.exists`.

    `must_change`: the person chooses a password of her own when she signs in first.
    """
    if role not in Role.values:
        raise InvalidInput("user.role", role=role, known=", ".join(Role.values))
    plain = unicodedata.normalize("NFKC", username).strip()  # as the sign-in page folds what is typed there
    if User.objects.filter(username__iexact=plain).exists():
        raise Conflict("user.exists", username=plain)
    user = User(username=plain, role=role, name=name.strip(), must_change_password=must_change)
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as fault:
        raise InvalidInput("user.username", username=username, reasons=" ".join(fault.messages)) from None
    _set_checked_password(user, password)
    try:
        with transaction.atomic():
            user.save()
            audit.record(actor=actor, action="user.add", kind="user", subject=user.pk, role=role)
    except IntegrityError:
        raise Conflict("user.exists", username=username) from None
    return user


def change_user(*, user_id: int, role: str, name: str, active: bool, actor: str) -> User:
    """Change role, name or activity; the last active administrator can't be taken away (`user.last_administrator`)."""
    if role not in Role.values:
        raise InvalidInput("user.role", role=role, known=", ".join(Role.values))
    with transaction.atomic():
        administrators = set(
            User.objects.select_for_update()
            .filter(role=Role.ADMINISTRATOR, is_active=True)
            .values_list("pk", flat=True)
        )
        user = User.objects.select_for_update().filter(pk=user_id).first()
        if user is None:
            raise NotFound("user.unknown", username=user_id)
        stays_administrator = role == Role.ADMINISTRATOR and active
        if administrators == {user.pk} and not stays_administrator:
            raise Conflict("user.last_administrator")
        before = (user.role, user.is_active)
        user.role, user.name, user.is_active = role, name.strip(), active
        user.save(update_fields=["role", "name", "is_active"])
        audit.record(
            actor=actor, action="user.change", kind="user", subject=user.pk, role=role, active=active
        )
        if before != (role, active):
            sessions.end_all(user.pk, actor=actor, why="role" if active else "switched_off")
    return user


def set_password(*, username: str, password: str, actor: str, keep_session: int | None = None) -> None:
    """Raises NotFound `user.unknown` or InvalidInput (`user.same_password`, or as `passwords.check`).

    Ends every session of the person but `keep_session`. Set by somebody else, it must be changed at the next login.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().filter(username=username).first()
        if user is None:
            raise NotFound("user.unknown", username=username)
        if actor == username and user.check_password(password):
            raise InvalidInput("user.same_password")
        _set_checked_password(user, password)
        user.must_change_password = actor != username
        user.save(update_fields=["password", "password_changed_at", "must_change_password"])
        logins.forget(username)
        audit.record(actor=actor, action="user.password", kind="user", subject=user.pk)
        sessions.end_all(user.pk, actor=actor, why="password", but=keep_session)


def list_users(*, search: str = "", role: str = "", active: bool | None = None) -> list[User]:
    """Everybody by user name; a deployment has tens of people, not thousands."""
    found = User.objects.order_by("-is_active", "username")
    if search:
        found = found.filter(Q(username__icontains=search) | Q(name__icontains=search))
    if role:
        found = found.filter(role=role)
    if active is not None:
        found = found.filter(is_active=active)
    return list(found)


def user(user_id: int) -> User:
    """Raises NotFound `user.unknown`."""
    found = User.objects.filter(pk=user_id).first()
    if found is None:
        raise NotFound("user.unknown", username=user_id)
    return found


def must_change_password(user: User, rules: SecuritySettings, *, now: datetime) -> bool:
    """Whether the password in force was chosen by somebody else, or is older than the settings allow."""
    if user.must_change_password:
        return True
    since = user.password_changed_at or user.date_joined
    return rules.password_days > 0 and since < now - timedelta(days=rules.password_days)


def check_initial_password(user: User, *, now: datetime) -> None:
    """Raises NotAllowed `login.initial_lapsed` (days) for a password somebody else set too long ago."""
    since = user.password_changed_at
    if user.must_change_password and since is not None and since < now - INITIAL_PASSWORD_LIVES:
        raise NotAllowed("login.initial_lapsed", days=INITIAL_PASSWORD_LIVES.days)


def is_stale(user: User, rules: SecuritySettings, *, now: datetime) -> bool:
    """Whether nobody has signed in to an account that is in use for too long."""
    return user.is_active and (user.last_login or user.date_joined) < now - timedelta(days=rules.stale_days)


def disable_stale(rules: SecuritySettings, *, now: datetime) -> list[str]:
    """Switch off the accounts nobody uses, where the settings say so; never the last administrator."""
    done: list[str] = []
    if not rules.disable_stale:
        return done
    for one in list_users(active=True):
        if not is_stale(one, rules, now=now):
            continue
        try:
            change_user(
                user_id=one.pk, role=one.role, name=one.name, active=False, actor="system:stale accounts"
            )
        except Conflict:
            continue
        done.append(one.username)
    return done


def roles_held() -> dict[str, list[User]]:
    """Who has which role, of those who may sign in."""
    held: dict[str, list[User]] = {role: [] for role in Role.values}
    for one in User.objects.filter(is_active=True).order_by("username"):
        held.setdefault(one.role, []).append(one)
    return held


def make_first_user() -> FirstUser | None:
    """Make `admin` with a random password where nobody exists yet."""
    if User.objects.exists():
        return None
    password = fresh_password()
    add_user(
        username="admin",
        role=Role.ADMINISTRATOR,
        name="管理员",
        password=password,
        actor="system:first start",
    )
    return FirstUser("admin", password)


def fresh_password() -> str:
    """A password for somebody else: 96 random bits, to be changed at the first login."""
    return secrets.token_urlsafe(12)


def _set_checked_password(user: User, password: str) -> None:
    passwords.check(password, own=(user.username, user.name))
    user.set_password(password)
    user.password_changed_at = utc_now()
