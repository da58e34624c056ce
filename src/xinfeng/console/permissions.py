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

from xinfeng.foundation import security, sessions
from xinfeng.kernel.errors import NotAllowed
from xinfeng.kernel.time import utc_now

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

LOOK = frozenset(
    {
        "dashboard.view",
        "contact.view",
        "import.view",
        "segment.view",
        "template.view",
        "campaign.view",
        "pressure.view",
        "inbox.view",
        "channel.view",
        "form.view",
        "tier.view",
        "number.view",
        "consent.view",
        "complaint.view",
        "filing.view",
    }
)
"""What everybody who works with campaigns may see; phone numbers stay masked."""

ROLES: dict[str, frozenset[str]] = {
    "operator": LOOK
    | {
        "screening.view",
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
        "complaint.take",
        "filing.edit",
        "filing.download",
    },
    "reviewer": LOOK
    | {
        "screening.view",
        "filing.download",
        "template.approve",
        "campaign.approve",
        "campaign.run",
        "audit.view",
        "inspection.view",
    },
    "compliance": LOOK
    | {
        "screening.view",
        "screening.edit",
        "contact.reveal",
        "contact.erase",
        "consent.edit",
        "consent.prove",
        "complaint.take",
        "complaint.handle",
        "filing.edit",
        "filing.download",
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
        "inspection.view",
        "inspection.export",
        "retention.edit",
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

ALL: frozenset[str] = frozenset().union(*ROLES.values()) | {
    "settings.edit",
    "user.edit",
    "security.edit",
    "key.rotate",
    "ui.view",
}
"""Every permission there is; an administrator has all of them."""

ROLES["administrator"] = ALL

PROVEN: frozenset[str] = frozenset(
    {
        "contact.reveal",
        "contact.erase",
        "campaign.export",
        "consent.prove",
        "inspection.export",
        "user.edit",
        "security.edit",
        "key.rotate",
        "api.edit",
        "channel.edit",
        "filing.download",
    }
)
"""What is only done by somebody who has given her password or a code lately: to see or take out personal data in the
clear (licences and filing papers carry those of their holders), to change who may do what, keys, and where messages go.

`complaint.handle` and `request.handle` are not here: they are a day's work, and what of it shows a person in the clear
(revealing, letters, files, copies, erasing) asks by itself (`need_proof`)."""


class ProofNeeded(NotAllowed):
    """Its person is asked again who she is; `console.account` leads her there."""

    def __init__(self) -> None:
        super().__init__("login.prove_again")


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


def need_proof(request: HttpRequest) -> None:
    """Raises ProofNeeded unless the password or a code was given within the minutes of the settings."""
    stamp = sessions.stamp_of(request.session)
    if stamp is None or not stamp.counts_as_proof(security.current().prove_minutes, utc_now()):
        raise ProofNeeded


def allowed(permission: str) -> Callable[[View], View]:
    """A view only for those who have `permission`; others get the 403 page (`permission.missing`).

    For what is in PROVEN they are asked again who they are, if that was long ago.
    """
    if permission not in ALL:
        raise LookupError(f"no permission named {permission!r}")

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not may(request.user, permission):
                raise NotAllowed("permission.missing", permission=permission)
            if permission in PROVEN:
                need_proof(request)
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate
