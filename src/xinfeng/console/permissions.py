"""Who may do what in the console: one table from role to permission names.

Views say `@allowed("campaign.approve")`, templates ask `{% may "campaign.approve" as can_approve %}`. The
actions below keep their own rules (such as: nobody approves what they wrote); this table only opens doors.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xinfeng.kernel.errors import NotAllowed

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

LOOK = frozenset(
    {
        "dashboard.view",
        "contact.view",
        "import.view",
        "segment.view",
        "template.view",
        "campaign.view",
        "inbox.view",
        "channel.view",
        "form.view",
        "tier.view",
        "number.view",
        "consent.view",
    }
)
"""What everybody who works with campaigns may see; phone numbers stay masked."""

ROLES: dict[str, frozenset[str]] = {
    "operator": LOOK
    | {
        "contact.edit",
        "contact.merge",
        "tag.edit",
        "form.edit",
        "number.edit",
        "import.run",
        "segment.edit",
        "template.edit",
        "campaign.edit",
        "campaign.run",
        "campaign.export",
        "inbox.handle",
    },
    "reviewer": LOOK | {"template.approve", "campaign.approve", "campaign.run", "audit.view"},
    "compliance": LOOK
    | {
        "contact.reveal",
        "contact.erase",
        "consent.edit",
        "consent.prove",
        "contract.view",
        "contract.edit",
        "request.view",
        "request.handle",
        "suppression.edit",
        "campaign.run",
        "campaign.export",
        "inbox.handle",
        "settings.view",
        "audit.view",
    },
    "analyst": LOOK - {"import.view", "inbox.view"}
    | {"segment.edit", "tier.edit", "tag.edit", "campaign.export"},
    "developer": frozenset(
        {
            "dashboard.view",
            "channel.view",
            "channel.edit",
            "template.view",
            "settings.view",
            "api.view",
            "api.edit",
        }
    ),
}

ALL: frozenset[str] = frozenset().union(*ROLES.values()) | {"settings.edit", "user.edit", "ui.view"}
"""Every permission there is; an administrator has all of them."""

ROLES["administrator"] = ALL

ROLE_LABELS: dict[str, Promise] = {
    "operator": _("运营"),
    "reviewer": _("审核"),
    "compliance": _("合规"),
    "analyst": _("分析"),
    "developer": _("开发"),
    "administrator": _("管理员"),
}


def role_label(role: str) -> Promise | str:
    """The role's name in the reader's language."""
    return ROLE_LABELS.get(role, role)


def may(user: Any, permission: str) -> bool:
    """Whether `user` (a signed-in `foundation.User`, or anybody else, who may nothing) has `permission`."""
    if permission not in ALL:
        raise LookupError(f"no permission named {permission!r}")
    if not (user.is_authenticated and user.is_active):
        return False
    return user.is_superuser or permission in ROLES.get(user.role, frozenset())


def allowed(permission: str) -> Callable[[View], View]:
    """A view only for those who have `permission`; others get the 403 page (`permission.missing`)."""
    if permission not in ALL:
        raise LookupError(f"no permission named {permission!r}")

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not may(request.user, permission):
                raise NotAllowed("permission.missing", permission=permission)
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate
