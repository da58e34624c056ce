"""Who may approve texts and campaigns; and that nobody approves what she wrote while somebody else could."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from xinfeng.foundation.models import Role, User
from xinfeng.kernel.errors import NotAllowed

REVIEWER_ROLES = (Role.REVIEWER, Role.ADMINISTRATOR)


@dataclass(frozen=True)
class Approver:
    """Who approves. `alone`: nobody else may, so the writer may; this is recorded and shown."""

    user: User
    alone: bool


def approvers() -> QuerySet[User]:
    """Active users who may approve."""
    return User.objects.filter(Q(role__in=REVIEWER_ROLES) | Q(is_superuser=True), is_active=True)


def may_approve(user: User) -> bool:
    return user.is_active and (user.is_superuser or user.role in REVIEWER_ROLES)


def reviewer(username: str) -> User:
    """The user, if she may review at all. Raises NotAllowed `approval.unknown_user`, `approval.role`."""
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise NotAllowed("approval.unknown_user", user=username)
    if not may_approve(user):
        raise NotAllowed("approval.role", role=user.role)
    return user


def approver_of(username: str, writers: Iterable[str], *, own: str) -> Approver:
    """The user as approver of what `writers` wrote. `own` is the code with which her own is refused.

    Raises NotAllowed as `reviewer` does, and `own`.
    """
    user = reviewer(username)
    wrote = set(writers)
    if user.username not in wrote:
        return Approver(user, alone=False)
    if approvers().exclude(username__in=wrote).exists():
        raise NotAllowed(own, user=username)
    return Approver(user, alone=True)
