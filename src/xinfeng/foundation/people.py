"""Actions on users. Every change is audited; passwords are checked by Django's validators."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from xinfeng.foundation import audit, logins
from xinfeng.foundation.models import Role, User
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound


@dataclass(frozen=True)
class FirstUser:
    username: str
    password: str


def add_user(*, username: str, role: str, name: str, password: str, actor: str) -> User:
    """Raises InvalidInput (`user.role`, `user.username`, `user.password`) or Conflict `user.exists`."""
    if role not in Role.values:
        raise InvalidInput("user.role", role=role, known=", ".join(Role.values))
    user = User(username=username.strip(), role=role, name=name.strip())
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
        user.role, user.name, user.is_active = role, name.strip(), active
        user.save(update_fields=["role", "name", "is_active"])
        audit.record(
            actor=actor, action="user.change", kind="user", subject=user.pk, role=role, active=active
        )
    return user


def set_password(*, username: str, password: str, actor: str) -> None:
    """Raises NotFound `user.unknown` or InvalidInput `user.password`."""
    with transaction.atomic():
        user = User.objects.select_for_update().filter(username=username).first()
        if user is None:
            raise NotFound("user.unknown", username=username)
        _set_checked_password(user, password)
        user.save(update_fields=["password"])
        logins.forget(username)
        audit.record(actor=actor, action="user.password", kind="user", subject=user.pk)


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


def make_first_user() -> FirstUser | None:
    """Make `admin` with a random password where nobody exists yet."""
    if User.objects.exists():
        return None
    password = secrets.token_urlsafe(12)
    add_user(
        username="admin",
        role=Role.ADMINISTRATOR,
        name="管理员",
        password=password,
        actor="system:first start",
    )
    return FirstUser("admin", password)


def _set_checked_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as fault:
        raise InvalidInput("user.password", reasons=" ".join(fault.messages)) from None
    user.set_password(password)
